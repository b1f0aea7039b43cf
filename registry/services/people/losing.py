"""A second factor that was lost, and what its person is told by mail of any change in how they sign in."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import RuleBroken
from registry.domain.language import gettext_noop as _
from registry.domain.language import worded
from registry.publish.mail import Letter
from registry.services.notices import outbox
from registry.services.people import second_factor, sign_in
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.store import users
from registry.store.tables import Channel, Delivery, DeliveryKind, User

CHANGES: Mapping[str, tuple[str, str]] = {
    "joined": (
        _("You sign in to {registry} by another way now"),
        _("Your account was joined with one at {provider}. Whoever signs in there with it is you here."),
    ),
    "turned_off": (
        _("Your code for {registry} was turned off"),
        _("It was turned off with a code of yours. From now on your password signs you in by itself."),
    ),
    "recovery_code_used": (
        _("A recovery code of yours at {registry} was used"),
        _("Somebody, probably you, gave one of your recovery codes in place of a code of the app."),
    ),
    "wrong_codes": (
        _("Somebody is guessing your codes at {registry}"),
        _(
            "Several wrong codes were given for your account within a day. Whoever gave them knows your password, "
            "or has a sign-in link of yours. If it was not you, choose another password now: that ends it."
        ),
    ),
}
"""What was changed, or tried -> the subject and the sentence of the mail that tells it."""


def tell(session: Session, user_id: int, change: str, *, mails: bool, now: datetime) -> None:
    """Have somebody told of one of CHANGES, where mail is set up."""
    if mails:
        outbox.write(
            session, Channel.MAIL, DeliveryKind.SIGN_IN_CHANGED, user_id=user_id, about=change, now=now
        )


def reset_second_factor(session: Session, user_id: int, *, mails: bool, by: Actor, now: datetime) -> None:
    """They are signed out, and sign in by their password alone.

    Raises NotFound, RuleBroken where they have none, or for one's own, which takes a code.
    """
    if user_id == by.id:
        raise RuleBroken(
            worded("Turn your own code off at “My account”, by giving one; or ask another admin.")
        )
    second_factor.reset(session, user_id, by=by, now=now)
    sign_in.end_all(session, user_id, by=by, now=now)
    if mails:
        outbox.write(session, Channel.MAIL, DeliveryKind.FACTOR_RESET, about=str(user_id), now=now)


def letter_of(session: Session, row: Delivery, settings: Settings) -> tuple[User, Letter] | None:
    """To whom, and what; None for somebody who has no account any more."""
    user = users.get(session, int(row.about))
    if user.disabled_at is not None:
        return None
    return user, Letter(
        worded("An admin turned off your code for {registry}", registry=settings.name),
        [
            worded(
                "An admin turned off the code after your password, so that the password alone signs you in."
            ),
            worded("You were signed out everywhere. Sign in, and set up another one at “My account”."),
        ],
        action=(worded("Sign in"), f"{settings.base_url}/login"),
        closing=[
            worded("You did not ask for it? Tell an admin at once: somebody may be trying to come in as you.")
        ],
    )


def letter_of_change(session: Session, row: Delivery, settings: Settings) -> tuple[User, Letter] | None:
    """The same of one of CHANGES."""
    user = users.get(session, row.user_id or 0)
    if user.disabled_at is not None:
        return None
    subject, sentence = CHANGES[row.about]
    return user, Letter(
        worded(subject, registry=settings.name),
        [worded(sentence, provider=settings.provider_name)],
        action=(worded("My account"), f"{settings.base_url}/account"),
        closing=[worded("It was not you? Tell an admin at once: somebody may be coming in as you.")],
    )

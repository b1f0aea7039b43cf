"""A second factor that was lost: an admin takes it away, and its person is told by mail."""

from datetime import datetime

from sqlmodel import Session

from registry.domain.language import worded
from registry.publish.mail import Letter
from registry.services.notices import outbox
from registry.services.people import second_factor, sign_in
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.store import users
from registry.store.tables import Channel, Delivery, DeliveryKind, User


def reset_second_factor(session: Session, user_id: int, *, mails: bool, by: Actor, now: datetime) -> None:
    """They are signed out, and sign in by their password alone. Raises NotFound, RuleBroken where they have none."""
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
        worded("Your second factor at {registry} was reset", registry=settings.name),
        [
            worded("An admin took your second factor away, so that you sign in by your password alone."),
            worded("You were signed out everywhere. Sign in, and set up another one at “My account”."),
        ],
        action=(worded("Sign in"), f"{settings.base_url}/login"),
        closing=[
            worded("You did not ask for it? Tell an admin at once: somebody may be trying to come in as you.")
        ],
    )

"""Links by mail: an invitation by an admin, and what somebody asks for who forgot their password.

The value of such a link is made of the registry's own key when its mail is written, and stands in no table.
"""

from datetime import datetime, timedelta

from sqlmodel import Session

from registry.domain.errors import NotFound
from registry.domain.language import worded
from registry.publish.mail import Letter
from registry.services.notices import outbox
from registry.services.people import sign_in
from registry.services.people.acting import Actor
from registry.services.people.refusals import SOMEBODY
from registry.settings import Settings
from registry.store import users
from registry.store.tables import Channel, Delivery, DeliveryKind, User


def mail_link(
    session: Session,
    user_id: int,
    *,
    secret: bytes,
    by: Actor,
    now: datetime,
    life: timedelta,
    forgotten: bool = False,
) -> None:
    """Have somebody mailed a link by which they choose a password. Raises RuleBroken for a disabled person."""
    about = sign_in.FORGOTTEN if forgotten else ""
    delivery = outbox.write(session, Channel.MAIL, DeliveryKind.SIGN_IN, about=about, now=now)
    sign_in.make_link(
        session,
        user_id,
        secret=secret,
        valid_for=life,
        sets_password=True,
        value=_value(delivery, secret),
        by=by,
        now=now,
    )


def invite(session: Session, user_id: int, *, mails: bool, secret: bytes, by: Actor, now: datetime) -> str:
    """Let somebody choose a password: by mail, or by a link whose value is given here where there is no mail."""
    if mails:
        mail_link(session, user_id, secret=secret, by=by, now=now, life=sign_in.LINK_LIFE)
        return ""
    return sign_in.make_link(
        session,
        user_id,
        secret=secret,
        valid_for=sign_in.LINK_LIFE,
        sets_password=True,
        by=by,
        now=now,
    )


def mail_reset(session: Session, email: str, *, secret: bytes, now: datetime) -> None:
    """The same for whoever has this address; nothing where nobody has, or they sign in at the provider alone.

    It chooses a password and nothing else: see identities.may_join.
    """
    user = users.find_by_email(session, email)
    if user is None or user.id is None or user.disabled_at is not None:
        return
    if not user.password_hash and users.identities_of(session, user.id):
        return
    mail_link(session, user.id, secret=secret, by=SOMEBODY, now=now, life=sign_in.RESET_LIFE, forgotten=True)


def letter_of(
    session: Session, row: Delivery, settings: Settings, now: datetime
) -> tuple[User, Letter] | None:
    """To whom, and what; None where the link would not serve any more."""
    value = _value(row, settings.secret)
    try:
        user, _ = sign_in.get_link(session, value, secret=settings.secret, now=now)
    except NotFound:
        return None
    if user.disabled_at is not None:
        return None
    url = f"{settings.base_url}/sign-in/{value}"
    if user.password_hash:
        return user, Letter(
            worded("A new password for {registry}", registry=settings.name),
            [worded("Somebody, probably you, asked for a new password for {address}.", address=user.email)],
            action=(worded("Choose a new password"), url),
            closing=[
                worded(
                    "The link works once, and not for long. "
                    "If it was not you, do nothing: your password stays as it is."
                )
            ],
        )
    return user, Letter(
        worded("Your account at {registry}", registry=settings.name),
        [
            worded(
                "There is an account for {address} at {registry}. Choose a password, and you are signed in.",
                address=user.email,
                registry=settings.name,
            )
        ],
        action=(worded("Choose a password"), url),
        closing=[
            worded("The link works once, for three days. Ask an admin for another where it has expired.")
        ],
    )


def _value(row: Delivery, secret: bytes) -> str:
    return row.about + sign_in.digest_of("mailed link", row.uid, secret)

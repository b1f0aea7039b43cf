"""How people sign in: their sessions, sign-in links, and whoever is away at the provider or waits for a code."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, delete
from sqlalchemy import select as columns
from sqlalchemy.engine.default import DefaultDialect
from sqlmodel import Session, UTCDateTime, col, select

from registry.store import delegations, plain
from registry.store.tables import (
    CodeWanted,
    ProviderSignIn,
    Role,
    SecondFactor,
    SignInLink,
    SignInWay,
    User,
    UserRole,
    UserSession,
)

if TYPE_CHECKING:
    from registry.store.plain import Source


def find_session(session: Session, digest: str) -> UserSession | None:
    return session.get(UserSession, digest)


def sessions_of(session: Session, user_id: int, now: datetime) -> list[UserSession]:
    """Those that have not ended by themselves, latest used first."""
    query = select(UserSession).where(
        UserSession.user_id == user_id, UserSession.expires_at > now, UserSession.ends_at > now
    )
    return list(session.exec(query.order_by(col(UserSession.seen_at).desc(), col(UserSession.digest))))


class Holder(NamedTuple):
    """Whose session it is, and how that stands."""

    id: int
    name: str
    disabled_at: datetime | None
    how: SignInWay
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ends_at: datetime


def holder_of_session(
    source: "Source", digest: str, *, now: datetime
) -> tuple[Holder, frozenset[Role], bool, bool] | None:
    """Who holds a session with their roles, whether they have a second factor, and whether they are anybody's deputy,
    in one query."""
    statement, asked = _holder()
    given = {"digest": digest, "now": now}
    found = plain.rows(source, statement, *(given.get(name, value) for name, value in asked))
    if not found:
        return None
    number, name, disabled_at, how, *moments, _, set_up_at, stands_in = found[0]
    holder = Holder(
        number, name, plain.moment_or_none(disabled_at), SignInWay(how), *map(plain.moment, moments)
    )
    roles = frozenset(Role(row[-3]) for row in found if row[-3])
    return holder, roles, set_up_at is not None, bool(stands_in)


@cache
def _holder() -> tuple[str, Sequence[tuple[str, str]]]:
    """The statement and its values in order, each by name: every request of somebody who is signed in asks it."""
    deputy = delegations.is_deputy(col(UserSession.user_id), bindparam("now", None, type_=UTCDateTime()))
    user, kept = (col(User.id), col(User.name), col(User.disabled_at)), (col(UserSession.how),)
    moments = (UserSession.created_at, UserSession.seen_at, UserSession.expires_at, UserSession.ends_at)
    query = (
        columns(*user, *kept, *map(col, moments), col(UserRole.role), col(SecondFactor.set_up_at), deputy)
        .select_from(UserSession)
        .join(User, col(User.id) == col(UserSession.user_id))
        .outerjoin(UserRole, col(UserRole.user_id) == col(User.id))
        .outerjoin(SecondFactor, col(SecondFactor.user_id) == col(User.id))
        .where(col(UserSession.digest) == bindparam("digest", None))
    )
    made = query.compile(
        dialect=DefaultDialect(paramstyle="qmark"), compile_kwargs={"render_postcompile": True}
    )
    return str(made), [(name, str(made.params[name])) for name in made.positiontup or ()]


def find_link(session: Session, digest: str) -> SignInLink | None:
    return session.get(SignInLink, digest, populate_existing=True)


def drop(session: Session, user_id: int) -> None:
    """A person's sessions, links, and sign-ins that wait for a code."""
    for table in (UserSession, SignInLink, CodeWanted):
        session.execute(delete(table).where(col(table.user_id) == user_id))


def drop_sessions(session: Session, user_id: int) -> None:
    session.execute(delete(UserSession).where(col(UserSession.user_id) == user_id))


def drop_sessions_until(session: Session, now: datetime) -> None:
    """Those that ended because nobody used them."""
    session.execute(delete(UserSession).where(col(UserSession.expires_at) <= now))


def drop_waits(session: Session, user_id: int) -> None:
    """A person's sign-ins that wait for a code."""
    session.execute(delete(CodeWanted).where(col(CodeWanted.user_id) == user_id))


def drop_waits_until(session: Session, now: datetime) -> None:
    """Sign-ins whose time to give a code is over."""
    session.execute(delete(CodeWanted).where(col(CodeWanted.expires_at) <= now))


def drop_password_links(session: Session, user_id: int) -> None:
    """Those by which a person could choose a password."""
    links = (col(SignInLink.user_id) == user_id, col(SignInLink.sets_password).is_(True))
    session.execute(delete(SignInLink).where(*links))


def drop_away_until(session: Session, now: datetime) -> None:
    """Those who went to the provider and did not come back in time."""
    session.execute(delete(ProviderSignIn).where(col(ProviderSignIn.expires_at) <= now))

"""How people are here: sessions and sign-in links, each kept as a keyed digest.

Whether a password is right is passwords.py; cookies and headers belong to web/viewer.py.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlmodel import Session

from registry.domain.errors import NotFound, RuleBroken
from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.services.people.acting import Actor, record
from registry.services.people.reach import in_person
from registry.store import sign_ins, users
from registry.store.engine import serialise
from registry.store.tables import Role, SignInLink, SignInWay, User, UserSession

if TYPE_CHECKING:
    from registry.store.plain import Source

RENEW_AFTER = timedelta(minutes=15)
"""A session is written again at most this often, so that reading pages stays reading."""
LINK_LIFE = timedelta(days=3)
"""Of a link that an admin makes for somebody."""
RESET_LIFE = timedelta(hours=1)
"""Of a link that somebody who forgot their password asked for."""

FORGOTTEN = "forgotten_"
"""How the value of such a link begins, so that it is known for one that anybody may have asked for."""


@dataclass(frozen=True)
class Presence:
    """Who is here, and whether their session or token wants to be written again (`renew`)."""

    actor: Actor
    renewal_due: bool = False
    how: SignInWay | None = None
    """None for a token."""
    since: datetime | None = None
    """When they signed in."""
    unready: bool = False
    """Whether they must set up a second factor before anything else."""


@dataclass(frozen=True)
class Lives:
    """How long a session serves: without being used, and at all."""

    idle: timedelta = timedelta(hours=12)
    at_most: timedelta = timedelta(days=7)


@dataclass(frozen=True)
class Visit:
    """How and roughly from where somebody signs in, as they are told it later; see UserSession."""

    how: SignInWay = SignInWay.LINK
    device: str = ""
    place: str = ""


def as_actor(session: Session, user: User, *, scopes: frozenset[str] | None = None) -> Actor:
    assert user.id is not None
    return Actor(user.id, user.name, users.roles(session, user.id), scopes)


def start_session(
    session: Session,
    user: User,
    *,
    secret: bytes,
    now: datetime,
    visit: Visit = Visit(),
    lives: Lives = Lives(),
) -> str:
    """Sign a person in; gives the cookie's value, which is stored nowhere. Raises RuleBroken for a disabled one."""
    if user.id is None or user.disabled_at is not None:
        raise RuleBroken(worded("This account is disabled. Ask an admin."))
    sign_ins.drop_sessions_until(session, now)
    value = secrets.token_urlsafe(32)
    row = UserSession(
        digest=digest_of("session", value, secret),
        user_id=user.id,
        created_at=now,
        seen_at=now,
        expires_at=now + min(lives.idle, lives.at_most),
        ends_at=now + lives.at_most,
        how=visit.how,
        device=visit.device[:80],
        place=visit.place[:60],
    )
    session.add(row)
    record(session, "session.started", ("user", user.id), by=as_actor(session, user), now=now)
    return value


def find_by_session(
    source: "Source", value: str, *, secret: bytes, now: datetime, asked_of: frozenset[Role] = frozenset()
) -> Presence | None:
    """Who holds this cookie; None where it is unknown or ended, or its person is disabled.

    Who holds a role of `asked_of` must have a second factor, here or at their provider.
    """
    found = sign_ins.holder_of_session(source, digest_of("session", value, secret), now=now)
    if found is None:
        return None
    kept, roles, proven_twice, deputy = found
    if kept.disabled_at is not None or now >= kept.expires_at or now >= kept.ends_at:
        return None
    person = in_person(kept, roles, deputy=deputy)
    return Presence(
        person,
        kept.seen_at < now - RENEW_AFTER,
        kept.how,
        kept.created_at,
        unready=bool(person.roles & asked_of) and not proven_twice and kept.how is not SignInWay.PROVIDER,
    )


def renew_session(session: Session, value: str, *, secret: bytes, now: datetime, lives: Lives) -> None:
    """Let a session live on for another while, but never beyond its end."""
    kept = sign_ins.find_session(session, digest_of("session", value, secret))
    if kept is not None and now < kept.expires_at:
        kept.seen_at, kept.expires_at = now, min(now + lives.idle, kept.ends_at)


def end_session(session: Session, value: str, *, secret: bytes, now: datetime) -> SignInWay | None:
    """Sign out; gives how the session had begun, None where it is gone already."""
    kept = sign_ins.find_session(session, digest_of("session", value, secret))
    if kept is None:
        return None
    _end(session, kept, by=as_actor(session, users.get(session, kept.user_id)), now=now)
    return kept.how


def name_of(kept: UserSession) -> str:
    """What a session is called on pages and in addresses; it opens nothing."""
    return kept.digest[:16]


def name_of_value(value: str, *, secret: bytes) -> str:
    """The name of the session that a cookie's value belongs to."""
    return digest_of("session", value, secret)[:16]


def end_named(session: Session, user_id: int, name: str, *, by: Actor, now: datetime) -> None:
    """End one session of a person. Raises NotFound where they have none of that name."""
    kept = next((each for each in sign_ins.sessions_of(session, user_id, now) if name_of(each) == name), None)
    if kept is None:
        raise NotFound(worded("This session has ended already."))
    _end(session, kept, by=by, now=now)


def end_all(session: Session, user_id: int, *, keep: str = "", by: Actor, now: datetime) -> int:
    """End a person's sessions but the one that is named `keep`, and sign-ins that wait for a code; gives how many."""
    users.get(session, user_id)
    sign_ins.drop_waits(session, user_id)
    ended = [each for each in sign_ins.sessions_of(session, user_id, now) if name_of(each) != keep]
    for each in ended:
        session.delete(each)
    session.flush()
    if ended:
        record(session, "sessions.ended", ("user", user_id), by=by, now=now, after={"sessions": len(ended)})
    return len(ended)


def make_link(
    session: Session,
    user_id: int,
    *,
    secret: bytes,
    valid_for: timedelta,
    reusable: bool = False,
    sets_password: bool = False,
    value: str = "",
    by: Actor,
    now: datetime,
) -> str:
    """Make a link's value, `/sign-in/<value>`, shown this once; a reusable one serves until it expires.

    Earlier links by which this person could choose a password serve no more once there is a new one. `value` is one
    that nobody can guess, made by whoever must be able to make it again; none has one made.
    """
    user = users.get(session, user_id)
    if user.disabled_at is not None:
        raise RuleBroken(worded("{name} is disabled and cannot sign in.", name=user.name))
    if sets_password:
        sign_ins.drop_password_links(session, user_id)
    value = value or secrets.token_urlsafe(32)
    expires_at = now + valid_for
    session.add(
        SignInLink(
            digest=digest_of("link", value, secret),
            user_id=user_id,
            expires_at=expires_at,
            reusable=reusable,
            sets_password=sets_password,
        )
    )
    after = {"expires_at": expires_at.isoformat(), "reusable": reusable}
    record(session, "sign_in_link.made", ("user", user_id), by=by, now=now, after=after)
    return value


def get_link(session: Session, value: str, *, secret: bytes, now: datetime) -> tuple[User, bool]:
    """Whom a link would sign in, and whether they choose a password then.

    Raises NotFound where it is unknown, used up or expired.
    """
    link = usable_link(session, digest_of("link", value, secret), now)
    return users.get(session, link.user_id), link.sets_password


def take_link(session: Session, value: str, *, secret: bytes, now: datetime) -> tuple[User, bool]:
    """The same for whoever uses it now: of two who do at once the other finds it used up."""
    users.hold(session, get_link(session, value, secret=secret, now=now)[0].id or 0)
    return get_link(session, value, secret=secret, now=now)


def use_link(
    session: Session,
    value: str,
    *,
    secret: bytes,
    now: datetime,
    visit: Visit = Visit(),
    lives: Lives = Lives(),
) -> str:
    """Sign in by a link; gives the cookie's value. Raises NotFound."""
    user = use_up(session, digest_of("link", value, secret), now)
    return start_session(session, user, secret=secret, now=now, visit=visit, lives=lives)


def use_up(session: Session, digest: str, now: datetime) -> User:
    """Take a link as used; gives whose it is. Raises NotFound."""
    serialise(session, "sign-in link")
    link = usable_link(session, digest, now)
    link.used_at = now
    return users.get(session, link.user_id)


def usable_link(session: Session, digest: str, now: datetime) -> SignInLink:
    link = sign_ins.find_link(session, digest)
    if link is None or now >= link.expires_at or (link.used_at is not None and not link.reusable):
        raise NotFound(
            worded("This sign-in link was used already or has expired. Ask an admin for a new one.")
        )
    return link


def digest_of(kind: str, value: str, secret: bytes) -> str:
    # The kind goes in, so that a link's value can never serve as a cookie.
    return hmac.digest(secret, f"{kind}:{value}".encode(), "sha256").hex()


def _end(session: Session, kept: UserSession, *, by: Actor, now: datetime) -> None:
    session.delete(kept)
    session.flush()
    record(session, "session.ended", ("user", kept.user_id), by=by, now=now)

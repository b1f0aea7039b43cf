"""How people prove who they are: sessions, sign-in links and API tokens, each kept as a keyed digest.

Whether a password is right is accounts.py; cookies and headers belong to web/deps.py.
"""

import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import delete
from sqlmodel import Session, col

from registry.domain.errors import InvalidInput, NotFound, RuleBroken
from registry.domain.language import worded
from registry.services.people.acting import Actor, record
from registry.store import users
from registry.store.engine import serialise
from registry.store.tables import ApiToken, Role, SignInLink, User, UserSession

IDLE = timedelta(hours=12)
AT_MOST = timedelta(days=7)
RENEW_AFTER = timedelta(minutes=15)
"""A session is written again at most this often, so that reading pages stays reading."""
LINK_LIFE = timedelta(days=3)
"""Of a link that an admin makes for somebody."""
TOKEN_DAYS = 365
TOKEN_MARK = "reg_"  # noqa: S105 - the start of every token, so that secret scanners can know one

SCOPES: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "read": frozenset(Role),
        "request": frozenset(Role),
        "triage": frozenset({Role.REVIEWER, Role.APPROVER}),
        "score": frozenset({Role.REVIEWER}),
        "conditions": frozenset({Role.APPROVER, Role.ADMIN}),
        "sources": frozenset({Role.ADMIN}),
        "settings": frozenset({Role.ADMIN}),
        "audit": frozenset({Role.ADMIN, Role.AUDITOR}),
    }
)
"""What a token may be for, and who may hold such a one. Deciding and people are not among them."""


@dataclass(frozen=True)
class Presence:
    """Who is here, and whether their session or token wants to be written again (`renew`)."""

    actor: Actor
    renewal_due: bool = False


def as_actor(session: Session, user: User, *, scopes: frozenset[str] | None = None) -> Actor:
    assert user.id is not None
    return Actor(user.id, user.name, users.roles(session, user.id), scopes)


def start_session(session: Session, user: User, *, secret: bytes, now: datetime) -> str:
    """Sign a person in; gives the cookie's value, which is stored nowhere. Raises RuleBroken for a disabled one."""
    if user.id is None or user.disabled_at is not None:
        raise RuleBroken(worded("This account is disabled. Ask an admin."))
    session.execute(delete(UserSession).where(col(UserSession.expires_at) <= now))
    value = secrets.token_urlsafe(32)
    digest = _digest("session", value, secret)
    session.add(UserSession(digest=digest, user_id=user.id, created_at=now, expires_at=now + IDLE))
    record(session, "session.started", ("user", user.id), by=as_actor(session, user), now=now)
    return value


def find_by_session(session: Session, value: str, *, secret: bytes, now: datetime) -> Presence | None:
    """Who holds this cookie; None where it is unknown or ended, or its person is disabled."""
    found = users.holder_of_session(session, _digest("session", value, secret))
    if found is None:
        return None
    kept, user, roles = found
    if user.disabled_at is not None or now >= kept.expires_at or now >= kept.created_at + AT_MOST:
        return None
    return Presence(Actor(user.id, user.name, roles), kept.expires_at < now + IDLE - RENEW_AFTER)


def renew_session(session: Session, value: str, *, secret: bytes, now: datetime) -> None:
    """Let a session live on for another while, but never beyond AT_MOST."""
    kept = users.find_session(session, _digest("session", value, secret))
    if kept is not None and now < kept.expires_at:
        kept.expires_at = min(now + IDLE, kept.created_at + AT_MOST)


def end_session(session: Session, value: str, *, secret: bytes, now: datetime) -> None:
    """Sign out; does nothing where the session is gone already."""
    kept = users.find_session(session, _digest("session", value, secret))
    if kept is None:
        return
    user = users.get(session, kept.user_id)
    session.delete(kept)
    record(session, "session.ended", ("user", user.id), by=as_actor(session, user), now=now)


def make_link(
    session: Session,
    user_id: int,
    *,
    secret: bytes,
    valid_for: timedelta,
    reusable: bool = False,
    by: Actor,
    now: datetime,
) -> str:
    """Make a link's value, `/sign-in/<value>`, shown this once; a reusable one serves until it expires."""
    user = users.get(session, user_id)
    if user.disabled_at is not None:
        raise RuleBroken(worded("{name} is disabled and cannot sign in.", name=user.name))
    value = secrets.token_urlsafe(32)
    expires_at = now + valid_for
    digest = _digest("link", value, secret)
    session.add(SignInLink(digest=digest, user_id=user_id, expires_at=expires_at, reusable=reusable))
    after = {"expires_at": expires_at.isoformat(), "reusable": reusable}
    record(session, "sign_in_link.made", ("user", user_id), by=by, now=now, after=after)
    return value


def get_link(session: Session, value: str, *, secret: bytes, now: datetime) -> User:
    """Whom a link would sign in. Raises NotFound where it is unknown, used up or expired."""
    return users.get(session, _usable_link(session, value, secret, now).user_id)


def use_link(session: Session, value: str, *, secret: bytes, now: datetime) -> str:
    """Sign in by a link; gives the cookie's value. Raises NotFound."""
    serialise(session, "sign-in link")
    link = _usable_link(session, value, secret, now)
    link.used_at = now
    return start_session(session, users.get(session, link.user_id), secret=secret, now=now)


def create_token(
    session: Session,
    user_id: int,
    *,
    name: str,
    scopes: Collection[str],
    days: int,
    secret: bytes,
    by: Actor,
    now: datetime,
) -> tuple[ApiToken, str]:
    """Make an API token; its value is shown this once. Raises InvalidInput, NotFound, RuleBroken."""
    user = users.get(session, user_id)
    if user.disabled_at is not None:
        raise RuleBroken(f"{user.name} is disabled and cannot hold a token.")
    name = " ".join(name.split())
    faults = _token_faults(name, scopes, days, users.roles(session, user_id))
    if faults:
        raise InvalidInput("The token cannot be made: " + " ".join(faults.values()), faults)
    value = TOKEN_MARK + secrets.token_urlsafe(32)
    token = ApiToken(
        user_id=user_id,
        name=name,
        digest=_digest("token", value, secret),
        scopes=" ".join(sorted(set(scopes))),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    after = {
        "of": user.email,
        "name": name,
        "scopes": token.scopes,
        "expires_at": token.expires_at.isoformat(),
    }
    record(session, "token.created", ("token", token.id), by=by, now=now, after=after)
    return token, value


def revoke_token(session: Session, token_id: int, *, by: Actor, now: datetime) -> ApiToken:
    """End a token; once more does nothing. Raises NotFound."""
    token = users.get_token(session, token_id)
    if token.revoked_at is None:
        token.revoked_at = now
        record(session, "token.revoked", ("token", token.id), by=by, now=now, after={"name": token.name})
    return token


def find_by_token(session: Session, value: str, *, secret: bytes, now: datetime) -> Presence | None:
    """Whose token this is, cut to its scopes; None where it is unknown, revoked or expired, or its owner disabled."""
    found = users.holder_of_token(session, _digest("token", value, secret))
    if found is None:
        return None
    token, user, roles = found
    if user.disabled_at is not None or token.revoked_at is not None or now >= token.expires_at:
        return None
    actor = Actor(user.id, user.name, roles, frozenset(token.scopes.split()))
    return Presence(actor, token.last_used_at is None or token.last_used_at < now - RENEW_AFTER)


def note_use(session: Session, value: str, *, secret: bytes, now: datetime) -> None:
    """Write down when a token was last used."""
    token = users.find_token(session, _digest("token", value, secret))
    if token is not None:
        token.last_used_at = now


def _digest(kind: str, value: str, secret: bytes) -> str:
    # The kind goes in, so that a link's value can never serve as a cookie.
    return hmac.digest(secret, f"{kind}:{value}".encode(), "sha256").hex()


def _usable_link(session: Session, value: str, secret: bytes, now: datetime) -> SignInLink:
    link = users.find_link(session, _digest("link", value, secret))
    if link is None or now >= link.expires_at or (link.used_at is not None and not link.reusable):
        raise NotFound(
            worded("This sign-in link was used already or has expired. Ask an admin for a new one.")
        )
    return link


def _token_faults(name: str, scopes: Collection[str], days: int, roles: frozenset[Role]) -> dict[str, str]:
    faults: dict[str, str] = {}
    if not 0 < len(name) <= 80:
        faults["name"] = "Name what the token is for, in at most 80 letters."
    allowed = [scope for scope, holders in SCOPES.items() if roles & holders]
    if not scopes or not set(allowed).issuperset(scopes):
        faults["scopes"] = f"This person's tokens may be for {', '.join(allowed)}; choose at least one."
    if not 1 <= days <= TOKEN_DAYS:
        faults["days"] = f"A token lives for 1 to {TOKEN_DAYS} days."
    return faults

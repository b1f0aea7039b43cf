"""API tokens: each is its owner's rights cut to its scopes, for a time, and kept as a keyed digest."""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken
from registry.services.people.acting import Actor, await_acts, record
from registry.services.people.sign_in import RENEW_AFTER, Presence, digest_of
from registry.store import users
from registry.store.tables import ApiToken, Role

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
        digest=digest_of("token", value, secret),
        scopes=" ".join(sorted(set(scopes))),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    after = {
        "of": user_id,
        "name": name,
        "scopes": token.scopes,
        "expires_at": token.expires_at.isoformat(),
    }
    record(session, "token.created", ("token", token.id), by=by, now=now, after=after)
    return token, value


def revoke_token(session: Session, token_id: int, *, by: Actor, now: datetime) -> ApiToken:
    """End a token; once more does nothing. Raises NotFound."""
    token = users.get_token(session, token_id)
    await_acts(session, token.user_id, by=by)
    if token.revoked_at is None:
        token.revoked_at = now
        record(session, "token.revoked", ("token", token.id), by=by, now=now, after={"name": token.name})
    return token


def find_by_token(
    session: Session, value: str, *, secret: bytes, now: datetime, asked_of: frozenset[Role] = frozenset()
) -> Presence | None:
    """Whose token this is, cut to its scopes; None where it is unknown, revoked or expired, or its owner disabled.

    A token does nothing that its owner may not do yet: who holds a role of `asked_of` must have a second factor.
    """
    found = users.holder_of_token(session, digest_of("token", value, secret))
    if found is None:
        return None
    token, user, roles, proven_twice = found
    if user.disabled_at is not None or token.revoked_at is not None or now >= token.expires_at:
        return None
    actor = Actor(user.id, user.name, roles, frozenset(token.scopes.split()))
    renewal_due = token.last_used_at is None or token.last_used_at < now - RENEW_AFTER
    return Presence(actor, renewal_due, unready=bool(roles & asked_of) and not proven_twice)


def note_use(session: Session, value: str, *, secret: bytes, now: datetime) -> None:
    """Write down when a token was last used."""
    token = users.find_token(session, digest_of("token", value, secret))
    if token is not None:
        token.last_used_at = now


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

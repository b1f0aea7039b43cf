"""How often somebody may fail to sign in, per account and per network: kept in the store, where every process counts.

An attempt counts before it is known to fail, so that a thousand at once are not better than one after another. Nobody
is locked out for good: a window passes, a browser that has signed in before counts by itself, and links and the
provider are not limited by what strangers try.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from registry.domain.values import dataclass
from registry.services.people.sign_in import digest_of
from registry.store.engine import serialise
from registry.store.tables import SignInFailure

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 10
PER_NETWORK = 30
PER_RESET = 3
"""Mails to one account whose password somebody says to have forgotten."""
PER_STARTS = 60
"""Sign-ins that one network may begin at the provider."""


@dataclass(frozen=True)
class Held:
    """Attempts that count from now on, unless they are let go."""

    ids: Sequence[int] = ()


def hold(session: Session, limits: Mapping[str, int], *, secret: bytes, now: datetime) -> Held | None:
    """Count one attempt under each key; None, and nothing is counted, where one of them has had its number."""
    serialise(session, "sign-in limits")
    session.execute(delete(SignInFailure).where(col(SignInFailure.at) <= now - WINDOW))
    digests = {digest_of("limit", key, secret): most for key, most in limits.items()}
    query = select(SignInFailure.key, func.count()).where(col(SignInFailure.key).in_(digests))
    counts = dict(session.exec(query.group_by(col(SignInFailure.key))).all())
    if any(counts.get(key, 0) >= most for key, most in digests.items()):
        return None
    rows = [SignInFailure(key=key, at=now) for key in digests]
    session.add_all(rows)
    session.flush()
    return Held([row.id for row in rows if row.id is not None])


def let_go(session: Session, held: Held) -> None:
    """What was held did not fail."""
    session.execute(delete(SignInFailure).where(col(SignInFailure.id).in_(held.ids)))


def forget(session: Session, key: str, *, secret: bytes) -> None:
    """Nothing failed under this key."""
    digest = digest_of("limit", key, secret)
    session.execute(delete(SignInFailure).where(col(SignInFailure.key) == digest))


def account_key(email: str, known: str, user_id: int | None, *, secret: bytes) -> str:
    """What attempts on an account count under. A browser that has signed in to it counts by itself."""
    nonce, _, proof = known.partition(".")
    if user_id is not None and hmac.compare_digest(proof.encode(), _proof(nonce, user_id, secret).encode()):
        return f"account {email} in {nonce}"
    return f"account {email}"


def code_key(known: str, user_id: int, *, secret: bytes) -> str:
    """The same of attempts at somebody's code; no address that anybody types counts under it."""
    nonce, _, proof = known.partition(".")
    if hmac.compare_digest(proof.encode(), _proof(nonce, user_id, secret).encode()):
        return f"code of {user_id} in {nonce}"
    return f"code of {user_id}"


def known_browser(user_id: int, *, secret: bytes) -> str:
    """What a browser keeps to be known again as one that has signed in to this account. It signs nobody in."""
    nonce = secrets.token_hex(16)
    return f"{nonce}.{_proof(nonce, user_id, secret)}"


def network_of(host: str) -> str:
    """An address without what tells one machine or household from another: /24, or /48 of IPv6."""
    try:
        address = ip_address(host)
    except ValueError:
        return ""
    return str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))


def network_key(host: str) -> str:
    """What attempts from one place count under: an IPv4 address, or a /64 of IPv6, which is one household's."""
    try:
        address = ip_address(host)
    except ValueError:
        return f"network {host}"
    return f"network {ip_network(f'{address}/{32 if address.version == 4 else 64}', strict=False)}"


def _proof(nonce: str, user_id: int, secret: bytes) -> str:
    return digest_of("known browser", f"{user_id}:{nonce}", secret)

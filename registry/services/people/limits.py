"""How often somebody may fail to sign in, per account and per network: kept in the store, where every process counts.

An attempt counts before it is known to fail, so that a thousand at once are not better than one after another. Nobody
is locked out for good: a window passes, a browser that has signed in before counts by itself, and links and the
provider are not limited by what strangers try.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from sqlmodel import Session

from registry.domain.language import worded, worded_n
from registry.domain.values import dataclass
from registry.services.people.sign_in import digest_of
from registry.store import sign_in_failures as store
from registry.store.engine import serialise
from registry.store.tables import SignInFailure, User

WINDOW = timedelta(minutes=15)
DAY = timedelta(days=1)
PER_ACCOUNT = 10
PER_NETWORK = 30
PER_RESET = 3
"""Mails to one account whose password somebody says to have forgotten."""
PER_STARTS = 60
"""Sign-ins that one network may begin at the provider."""

Steps = Sequence[tuple[int, timedelta]]
"""So many may fail within such a time, and of each of these."""
Limits = Mapping[str, int | Steps]
"""What an attempt counts under -> how many may fail; a plain number is so many within WINDOW."""
CODES: Steps = ((5, WINDOW), (10, timedelta(hours=3)), (20, DAY), (60, 30 * DAY))
"""Of one account's codes: the more were wrong, the longer is the wait. A code is six digits, so that a run of guesses
must not go on for ever (NIST SP 800-63B, 5.2.2: at most 100); it is nobody's but whoever has the password."""
KNOWN_CODES: Steps = ((40, DAY),)
"""Of all browsers together that have signed in to it before, each of which is held to CODES by itself."""


@dataclass(frozen=True)
class Held:
    """Attempts that count from now on, unless they are let go."""

    ids: Sequence[int] = ()
    until: datetime | None = None
    """Until when nothing may be tried; nothing was counted then."""


def hold(session: Session, limits: Limits, *, secret: bytes, now: datetime) -> Held:
    """Count one attempt under each key, and under none where one of them has had its number."""
    serialise(session, "sign-in limits")
    store.drop_until(session, now)
    steps = {
        digest_of("limit", key, secret): ((most, WINDOW),) if isinstance(most, int) else most
        for key, most in limits.items()
    }
    before = store.moments(session, steps)
    ends = [
        before[key][most - 1] + within
        for key, each in steps.items()
        for most, within in each
        if len(before.get(key, ())) >= most
    ]
    until = max((each for each in ends if each > now), default=None)
    if until is not None:
        return Held(until=until)
    rows = [
        SignInFailure(key=key, at=now, expires_at=now + max(within for _, within in each))
        for key, each in steps.items()
    ]
    session.add_all(rows)
    session.flush()
    return Held([row.id for row in rows if row.id is not None])


def let_go(session: Session, held: Held) -> None:
    """What was held did not fail."""
    store.drop(session, held.ids)


def forget(session: Session, key: str, *, secret: bytes) -> None:
    """Nothing failed under this key."""
    store.drop_of(session, digest_of("limit", key, secret))


def wait_told(until: datetime, now: datetime) -> str:
    """How long that is, for a sentence to begin with."""
    minutes = -(-(until - now) // timedelta(minutes=1))
    hours = -(-minutes // 60)
    if minutes <= 90:
        wait = worded_n("{n} minute", "{n} minutes", minutes)
    elif hours <= 48:
        wait = worded_n("{n} hour", "{n} hours", hours)
    else:
        wait = worded_n("{n} day", "{n} days", -(-hours // 24))
    return worded("There were too many attempts. Wait for {time}.", time=wait)


def account_key(email: str, known: str, user_id: int | None, *, secret: bytes) -> str:
    """What attempts on an account count under. A browser that has signed in to it counts by itself."""
    nonce, _, proof = known.partition(".")
    if user_id is not None and hmac.compare_digest(proof.encode(), _proof(nonce, user_id, secret).encode()):
        return f"account {email} in {nonce}"
    return f"account {email}"


def code_limits(known: str, user: User, *, secret: bytes) -> Limits:
    """The same of attempts at somebody's code; no address that anybody types counts under it.

    With another password they begin anew: whoever guessed with the old one comes no further. One that was chosen by a
    link is no such sign, see `go_on`.
    """
    user_id = user.id or 0
    nonce, _, proof = known.partition(".")
    whose = f"code of {user_id} {user.password_hash}"
    if hmac.compare_digest(proof.encode(), _proof(nonce, user_id, secret).encode()):
        return {f"{whose} in {nonce}": CODES, f"{whose} in known": KNOWN_CODES}
    return {whose: CODES}


def go_on(session: Session, before: Limits, now_under: Limits, *, secret: bytes) -> None:
    """What failed under `before` counts under what stands at its place in `now_under`."""
    for old, new in zip(before, now_under, strict=True):
        store.rename(session, digest_of("limit", old, secret), digest_of("limit", new, secret))


def known_browser(user_id: int, *, secret: bytes) -> str:
    """What a browser keeps to be known again as one that has signed in to this account. It signs nobody in."""
    nonce = secrets.token_hex(16)
    return f"{nonce}.{_proof(nonce, user_id, secret)}"


def network_of(host: str) -> str:
    """An address without what tells one machine or household from another: /24, or /48 of IPv6."""
    address = _address(host)
    return _network(address, 24 if address.version == 4 else 48) if address else ""


def network_key(host: str) -> str:
    """What attempts from one place count under: an IPv4 address, or a /64 of IPv6, which is one household's."""
    address = _address(host)
    return f"network {_network(address, 32 if address.version == 4 else 64) if address else host}"


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """One of IPv4 as itself, also where it came over a socket of both kinds (`::ffff:192.0.2.1`)."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _network(address: IPv4Address | IPv6Address, length: int) -> str:
    return str(ip_network(f"{address}/{length}", strict=False))


def _proof(nonce: str, user_id: int, secret: bytes) -> str:
    return digest_of("known browser", f"{user_id}:{nonce}", secret)

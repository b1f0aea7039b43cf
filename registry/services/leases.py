"""Who reads which source now: a lease with a fencing number, safe for any number of processes on one database."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlmodel import Session

from registry.domain.errors import RuleBroken
from registry.store import sources
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Source

LEASE = timedelta(minutes=5)
HOST_PAUSE = timedelta(seconds=2)
LOOK_AT = 500


class LeaseLost(RuleBroken):
    """Somebody else holds the source by now, or it was removed: nothing may be written."""

    code = "lease_lost"


@dataclass(frozen=True)
class Lease:
    source_id: int
    fence: int
    url: str
    sick: bool = False
    """Its last visit failed, so that this one may well last until every limit is reached."""


def claim(
    session: Session,
    *,
    owner: str,
    now: datetime,
    limit: int,
    sick_limit: int | None = None,
    only: Collection[int] | None = None,
) -> list[Lease]:
    """Lease up to `limit` sources that are due, or, due or not, of `only`: each on a host that nobody reads now.

    Those whose last visit failed come after all others, and are at most `sick_limit`. A lease that has run out
    is anybody's. Hosts are left alone for two seconds after a visit, loopback excepted.
    """
    serialise(session, "leases")
    found = sources.due(session, now, LOOK_AT) if only is None else sources.free(session, only, now)
    busy = {_place(url) for url in sources.busy_urls(session, now, now)}
    resting = {_place(url) for url in sources.busy_urls(session, now, now - HOST_PAUSE)}
    leases: list[Lease] = []
    healthy = [source for source in found if not source.failures]
    sick = [source for source in found if source.failures]
    for source in (*healthy, *sick):
        if source.failures and sum(lease.sick for lease in leases) == sick_limit:
            break
        place = _place(source.url)
        if place in busy or (place in resting and not _is_loopback(place)):
            continue
        busy.add(place)
        leases.append(_lease(source, owner, now))
        if len(leases) == limit:
            break
    return leases


def held(session: Session, lease: Lease) -> Source:
    """The leased source, locked for this transaction. Raises LeaseLost for a number that is no longer the newest."""
    source = session.get(Source, lease.source_id, populate_existing=True, with_for_update=True)
    if source is None or source.removed_at is not None or source.fence != lease.fence:
        raise LeaseLost(f"Source {lease.source_id} is read by somebody else by now.")
    return source


def release(source: Source) -> None:
    source.lease_owner, source.lease_until = "", None


def _lease(source: Source, owner: str, now: datetime) -> Lease:
    source.fence += 1
    source.lease_owner, source.lease_until = owner[:80], now + LEASE
    return Lease(id_of(source), source.fence, source.url, sick=source.failures > 0)


def _place(url: str) -> str:
    return (urlsplit(url).hostname or "").lower().rstrip(".")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

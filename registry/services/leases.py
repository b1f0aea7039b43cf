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
LOOK_AT = 5_000
CLOCK_SLACK = timedelta(minutes=1)
RATE_LIMITED = "rate_limited"
"""The error code after which a whole host is left alone."""


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
    """Lease up to `limit` sources that are due, or, due or not, of `only`: each on hosts that nobody reads now.

    Those whose last visit failed come after all others, and are at most `sick_limit`.
    A lease that has run out is anybody's. Hosts are left alone for two seconds after a visit, loopback excepted, and
    for as long as one of them asked after too many visits (429).
    """
    serialise(session, "leases")
    _set_back(session, now)
    found = sources.due(session, now, LOOK_AT) if only is None else sources.free(session, only, now)
    if not found:
        return []
    busy = _taken(session, now)
    leases: list[Lease] = []
    for source in sorted(found, key=lambda source: source.failures > 0):
        if source.failures and sum(lease.sick for lease in leases) == sick_limit:
            break
        hosts = _hosts(source.url, source.moved_to)
        if hosts & busy:
            continue
        busy |= hosts
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


def _taken(session: Session, now: datetime) -> set[str]:
    """Hosts that are read at this moment, that were read just now, and that asked to be left alone."""
    taken: set[str] = set()
    for each in sources.leased(session, now):
        taken |= _hosts(each.url, each.moved_to)
    for url, moved_to in sources.visited(session, now - HOST_PAUSE, now):
        taken |= {host for host in _hosts(url, moved_to) if not _is_loopback(host)}
    for url in sources.resting_urls(session, RATE_LIMITED, now):
        taken |= _hosts(url)
    return taken


def _set_back(session: Session, now: datetime) -> None:
    """Undo what a clock that was ahead has written: nothing waits for hours that never came, nothing comes early."""
    for each in sources.from_the_future(session, now + CLOCK_SLACK):
        if each.fetched_at is None:
            each.due_at = now
            continue
        ahead = each.fetched_at - now
        each.due_at = each.due_at - ahead if each.due_at is not None else None
        each.wait_until = each.wait_until - ahead if each.wait_until is not None else None
        for name in ("fetched_at", "succeeded_at", "changed_at", "whole_at", "moved_since", "gone_since"):
            moment = getattr(each, name)
            setattr(each, name, min(moment, now) if moment is not None else None)
    for each in sources.leased(session, now + LEASE):
        each.lease_until = now + LEASE
    session.flush()


def _hosts(*urls: str) -> set[str]:
    """Where a visit goes: its address, and where that redirects to as far as it is known."""
    return {(urlsplit(url).hostname or "").lower().rstrip(".") for url in urls if url}


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""Who reads which source now: a lease with a fencing number, safe for any number of processes on one database."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from ipaddress import ip_address
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Session

from registry.domain.errors import RuleBroken
from registry.domain.values import dataclass
from registry.store import leasing, sources
from registry.store.columns import put
from registry.store.engine import serialise
from registry.store.leasing import Record, Spot
from registry.store.sources import Known, Polled
from registry.store.tables import Source

LEASE = timedelta(minutes=5)
HOST_PAUSE = timedelta(seconds=2)
NEW_SHARE = 4
CLOCK_SLACK = timedelta(minutes=1)
RATE_LIMITED = "rate_limited"
"""The error code after which a whole host is left alone."""


NO_MORE: Mapping[Record, int] = {}


class LeaseLost(RuleBroken):
    """Somebody else holds the source by now, or it was removed: nothing may be written."""

    code = "lease_lost"


@dataclass(frozen=True)
class Lease:
    source_id: int
    fence: int
    url: str
    record: Record = Record.WELL
    """Where its last visit failed, or none has worked yet, this one may well last until every limit is reached."""


def claim(
    session: Session,
    *,
    owner: str,
    now: datetime,
    limit: int,
    most: Mapping[Record, int] = NO_MORE,
    only: Collection[int] | None = None,
) -> list[tuple[Lease, Known]]:
    """Lease up to `limit` sources that are due, or, due or not, of `only`: each on hosts that nobody reads now.

    Those whose last visit worked come first, then new ones, then those whose last visit failed; but a quarter is for
    new ones, so that none waits for ever. Of a record that `most` names, so many at most.
    A lease that has run out is anybody's. Hosts are left alone for two seconds after a visit, and for as long as one
    of them asked after too many visits (429). Loopback is this very machine: nobody is spared by asking it for one
    thing at a time.
    """
    queue(session)
    _set_back(session, now)
    hosts = _Hosts(session, now)
    chosen: dict[int, Record] = {}
    for record, share in ((Record.NEW, limit // NEW_SHARE), *((each, limit) for each in Record)):
        spots = leasing.free(session, now, record, only=only)
        free = (spot for spot in spots if spot.id not in chosen and hosts.take(spot))
        here = sum(each is record for each in chosen.values())
        room = min(share, limit - len(chosen), most.get(record, limit) - here)
        for spot in islice(free, max(0, room)):
            chosen[spot.id] = record
    taken = leasing.lease(session, list(chosen), owner=owner[:80], until=now + LEASE)
    held = ((taken[source_id], record) for source_id, record in chosen.items() if source_id in taken)
    return [(Lease(known.id, fence, known.url, record), known) for (fence, known), record in held]


def queue(session: Session) -> None:
    """Wait for one's turn to claim. Whoever writes about sources before it claims queues first: no two wait for each
    other then."""
    serialise(session, "leases")


def next_chance(session: Session, now: datetime, *, only: Collection[int] | None = None) -> datetime | None:
    """When the first source that `claim` passes over for its host's sake may be leased; None where it passes none.

    Not known where somebody reads from the host at this moment: that is worth another look after the pause.
    """
    hosts = _Hosts(session, now)
    spots = (spot for record in Record for spot in leasing.free(session, now, record, only=only))
    return min((at for spot in spots if (at := hosts.free_at(spot)) is not None), default=None)


class _Hosts:
    """Which hosts may be asked now; who was there is looked up when it matters for the first time."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def take(self, spot: Spot) -> bool:
        """Whether its hosts may be asked now; they may not be for another source from then on."""
        hosts = _hosts(spot)
        if hosts & self._at_peace:
            return False
        public = {host for host in hosts if not _is_loopback(host)}
        if public and not public.isdisjoint(self._resting):
            return False
        if public:
            self._resting.update(dict.fromkeys(public, self._now + HOST_PAUSE))
        return True

    def free_at(self, spot: Spot) -> datetime | None:
        """When its hosts have rested; None where they may be asked now, or asked to be left alone for long."""
        hosts = _hosts(spot)
        if hosts & self._at_peace:
            return None
        waits = (self._resting.get(host) for host in hosts if not _is_loopback(host))
        return max((at for at in waits if at is not None), default=None)

    @cached_property
    def _at_peace(self) -> frozenset[str]:
        """Hosts that asked to be left alone."""
        urls = leasing.resting_urls(self._session, RATE_LIMITED, self._now)
        return frozenset(_host(url) for url in urls)

    @cached_property
    def _resting(self) -> dict[str, datetime]:
        """Hosts that are read at this moment, or were just now, and when they may be asked again."""
        found: dict[str, datetime] = {}
        for at, spot in leasing.visited(self._session, self._now - HOST_PAUSE, self._now):
            for host in _hosts(spot):
                found[host] = max(at + HOST_PAUSE, found.get(host, at))
        for spot in leasing.leased(self._session, self._now):
            found.update(dict.fromkeys(_hosts(spot), self._now + HOST_PAUSE))
        return found


def held(session: Session, lease: Lease) -> Source:
    """The leased source, locked for this transaction. Raises LeaseLost for a number that is no longer the newest."""
    source = session.get(Source, lease.source_id, populate_existing=True, with_for_update=True)
    if source is None or not holds(lease, source):
        raise lost(lease)
    return source


def lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"Source {lease.source_id} is read by somebody else by now.")


def held_of(session: Session, leases: Collection[Lease]) -> dict[Lease, Source]:
    """Of many leases those that still hold, each with its source, locked for this transaction."""
    found = sources.locked(session, [lease.source_id for lease in leases])
    return {
        lease: source
        for lease in leases
        if (source := found.get(lease.source_id)) is not None and holds(lease, source)
    }


RELEASED: Mapping[str, Any] = {"lease_owner": "", "lease_until": None}
"""Columns of a source that nobody holds."""


def release(source: Source) -> None:
    put(source, **RELEASED)


def hand_back(session: Session, leases: Collection[Lease]) -> None:
    """Let go of sources that were not visited after all."""
    for source in held_of(session, leases).values():
        release(source)


def holds(lease: Lease, source: Source | Polled) -> bool:
    """Whether it is still the newest lease of a source that was not removed."""
    return source.removed_at is None and source.fence == lease.fence


def _set_back(session: Session, now: datetime) -> None:
    """Undo what a clock that was ahead has written: nothing waits for hours that never came, nothing comes early."""
    for each in leasing.from_the_future(session, now + CLOCK_SLACK):
        if each.fetched_at is None:
            each.due_at = now
            continue
        ahead = each.fetched_at - now
        each.due_at = each.due_at - ahead if each.due_at is not None else None
        each.wait_until = each.wait_until - ahead if each.wait_until is not None else None
        for name in ("fetched_at", "succeeded_at", "changed_at", "whole_at", "moved_since", "gone_since"):
            moment = getattr(each, name)
            setattr(each, name, min(moment, now) if moment is not None else None)
    leasing.shorten_leases(session, now + LEASE)
    session.flush()


def _hosts(spot: Spot) -> set[str]:
    """Where a visit goes."""
    return {_host(url) for url in (spot.url, spot.moved_to) if url}


@lru_cache(maxsize=4096)  # the same sources are due again and again
def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower().rstrip(".")


@lru_cache(maxsize=4096)
def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""Who reads which source now: a lease with a fencing number, safe for any number of processes on one database."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlmodel import Session

from registry.domain.errors import RuleBroken
from registry.store import sources
from registry.store.engine import serialise
from registry.store.tables import Source

LEASE = timedelta(minutes=5)
HOST_PAUSE = timedelta(seconds=2)


class LeaseLost(RuleBroken):
    """Somebody else holds the source by now, or it was removed: nothing may be written."""

    code = "lease_lost"


@dataclass(frozen=True)
class Lease:
    source_id: int
    fence: int
    url: str


def claim(
    session: Session, *, owner: str, now: datetime, limit: int, only: Collection[int] | None = None
) -> list[Lease]:
    """Lease up to `limit` sources that are due, or, due or not, of `only`: each on a host that nobody reads now.

    A lease that has run out is anybody's. Hosts are left alone for two seconds after a visit. Loopback is this very
    machine: nobody is spared by asking it for one thing at a time.
    """
    serialise(session, "leases")
    hosts = _Hosts(session, now)
    chosen: list[int] = []
    for source_id, url in sources.free(session, now, only=only):
        if hosts.take(url):
            chosen.append(source_id)
        if len(chosen) == limit:
            break
    return [
        Lease(source_id, fence, url)
        for source_id, fence, url in sources.lease(session, chosen, owner=owner[:80], until=now + LEASE)
    ]


def next_chance(session: Session, now: datetime, *, only: Collection[int] | None = None) -> datetime | None:
    """When a host of a source that `claim` would like to lease has rested; None where nothing waits for a host.

    For a host that somebody reads at this moment nobody knows; it is worth another look after the pause.
    """
    hosts = _Hosts(session, now)
    chances = (hosts.free_at(url) for _, url in sources.free(session, now, only=only))
    return min((chance for chance in chances if chance is not None), default=None)


class _Hosts:
    """Which hosts are read at this moment or still rest; looked up when the first one that matters is asked for."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def take(self, url: str) -> bool:
        """Whether its host may be asked now; it may not be for another one from then on."""
        place = _place(url)
        if _is_loopback(place):
            return True
        if place in self._free_at:
            return False
        self._free_at[place] = self._now + HOST_PAUSE
        return True

    def free_at(self, url: str) -> datetime | None:
        place = _place(url)
        return None if _is_loopback(place) else self._free_at.get(place)

    @cached_property
    def _free_at(self) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        for url, fetched_at, read_now in sources.busy(self._session, self._now, self._now - HOST_PAUSE):
            place, since = _place(url), self._now if read_now or fetched_at is None else fetched_at
            found[place] = max(since + HOST_PAUSE, found.get(place, since))
        return found


def held(session: Session, lease: Lease) -> Source:
    """The leased source, locked for this transaction. Raises LeaseLost for a number that is no longer the newest."""
    source = session.get(Source, lease.source_id, populate_existing=True, with_for_update=True)
    if source is None or not _holds(lease, source):
        raise LeaseLost(f"Source {lease.source_id} is read by somebody else by now.")
    return source


def held_of(session: Session, leases: Collection[Lease]) -> dict[Lease, Source]:
    """Of many leases those that still hold, each with its source, locked for this transaction."""
    found = sources.locked(session, [lease.source_id for lease in leases])
    return {
        lease: source
        for lease in leases
        if (source := found.get(lease.source_id)) is not None and _holds(lease, source)
    }


def release(source: Source) -> None:
    source.lease_owner, source.lease_until = "", None


def hand_back(session: Session, leases: Collection[Lease]) -> None:
    """Let go of sources that were not visited after all."""
    for source in held_of(session, leases).values():
        release(source)


def _holds(lease: Lease, source: Source) -> bool:
    return source.removed_at is None and source.fence == lease.fence


def _place(url: str) -> str:
    return (urlsplit(url).hostname or "").lower().rstrip(".")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""Reads and writes of who may read which source now: those that are free, held, resting, or ahead of time."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, update
from sqlalchemy import select as sql_select
from sqlmodel import Session, and_, col, or_, select

from registry.store.columns import among
from registry.store.sources import is_due, is_free
from registry.store.tables import Source


class Record(StrEnum):
    """How a source's visits have gone so far; the most promising first."""

    WELL = "well"
    """The last one worked."""
    NEW = "new"
    """None has worked yet, and none has failed since."""
    SICK = "sick"
    """The last one failed."""


class Spot(NamedTuple):
    """Where a source is read: its address, and where that redirects to as far as it is known."""

    id: int
    url: str
    moved_to: str


SPOT: tuple[Any, ...] = tuple(getattr(Source, name) for name in Spot._fields)


FEW = 100
"""Rows fetched at a time where the reader may stop early."""


def free(
    session: Session, now: datetime, record: Record, *, only: Collection[int] | None = None
) -> Iterator[Spot]:
    """Those of this record that are free: due, the longest waiting first; or due or not, of `only`.

    They are read as they are asked for, however many there are.
    """
    query = sql_select(*SPOT).where(*is_free(now), *_RECORDS[record])
    if only is None:
        query = query.where(*is_due(now)).order_by(col(Source.due_at), col(Source.id))
    else:
        query = query.where(
            col(Source.id).in_(only), col(Source.removed_at).is_(None), col(Source.paused_at).is_(None)
        ).order_by(col(Source.id))
    with session.connection().execute(query.execution_options(yield_per=FEW)) as rows:
        yield from map(Spot._make, rows)


def lease(
    session: Session, source_ids: Sequence[int], *, owner: str, until: datetime
) -> Mapping[int, tuple[int, str]]:
    """Let `owner` hold them until then; gives the new fencing number and the address by id."""
    if not source_ids:
        return {}
    taken = (
        update(Source)
        .where(among(session, Source.id, source_ids))
        .values(fence=col(Source.fence) + 1, lease_owner=owner, lease_until=until)
        .returning(col(Source.id), col(Source.fence), col(Source.url))
    )
    return {row.id: (row.fence, row.url) for row in session.connection().execute(taken)}


def leased(session: Session, now: datetime) -> Sequence[Spot]:
    """Those that somebody reads at this moment."""
    query = sql_select(*SPOT).where(col(Source.lease_until) > now)
    return [Spot._make(row) for row in session.connection().execute(query)]


def shorten_leases(session: Session, until: datetime) -> None:
    """No lease lasts longer than that."""
    query = update(Source).where(col(Source.lease_until) > until).values(lease_until=until)
    session.connection().execute(query)


def visited(session: Session, since: datetime, now: datetime) -> Sequence[tuple[datetime, Spot]]:
    """Those read after `since` and not after `now`, each with the moment."""
    query = sql_select(col(Source.fetched_at), *SPOT).where(
        col(Source.fetched_at) > since, col(Source.fetched_at) <= now
    )
    return [(at, Spot(*spot)) for at, *spot in session.connection().execute(query)]


def resting_urls(session: Session, code: str, now: datetime) -> Sequence[str]:
    """Addresses whose last visit ended with this error code and which asked to be left alone until later."""
    query = select(Source.url).where(
        col(Source.wait_until) > now, Source.last_code == code, col(Source.removed_at).is_(None)
    )
    return session.exec(query).all()


def from_the_future(session: Session, now: datetime) -> Sequence[Source]:
    """Those read later than now, or never read and due later than now, neither of which can be."""
    never = and_(col(Source.fetched_at).is_(None), col(Source.due_at) > now)
    return session.exec(select(Source).where(or_(col(Source.fetched_at) > now, never))).all()


_RECORDS: Mapping[Record, tuple[ColumnElement[bool], ...]] = {
    Record.WELL: (col(Source.failures) == 0, col(Source.succeeded_at).is_not(None)),
    Record.NEW: (col(Source.failures) == 0, col(Source.succeeded_at).is_(None)),
    Record.SICK: (col(Source.failures) > 0,),
}

"""Reads and writes of who may read which source now: those that are free, held, resting, or ahead of time."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, update
from sqlalchemy import select as sql_select
from sqlmodel import Session, and_, col, or_, select

from registry.store.columns import among
from registry.store.sources import Known, is_due, is_free
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
    query = _DUE[record] if only is None else _NAMED[record].where(col(Source.id).in_(only))
    with session.connection().execute(query, {"now": now}) as rows:
        yield from map(Spot._make, rows)


def lease(
    session: Session, source_ids: Sequence[int], *, owner: str, until: datetime
) -> Mapping[int, tuple[int, Known]]:
    """Let `owner` hold them until then; gives the new fencing number and what is known of it, by id."""
    if not source_ids:
        return {}
    taken = (
        update(Source)
        .where(among(session, Source.id, source_ids))
        .values(fence=col(Source.fence) + 1, lease_owner=owner, lease_until=until)
        .returning(col(Source.fence), *(getattr(Source, name) for name in Known._fields))
    )
    rows = session.connection().execute(taken)
    return {row.id: (row.fence, Known._make(row[1:])) for row in rows}


def leased(session: Session, now: datetime) -> Sequence[Spot]:
    """Those that somebody reads at this moment."""
    return [Spot._make(row) for row in session.connection().execute(_LEASED, {"now": now})]


def shorten_leases(session: Session, until: datetime) -> None:
    """No lease lasts longer than that."""
    session.connection().execute(_SHORTENED, {"until": until})


def visited(session: Session, since: datetime, now: datetime) -> Sequence[tuple[datetime, Spot]]:
    """Those read after `since` and not after `now`, each with the moment."""
    rows = session.connection().execute(_VISITED, {"since": since, "now": now})
    return [(at, Spot(*spot)) for at, *spot in rows]


def resting_urls(session: Session, code: str, now: datetime) -> Sequence[str]:
    """Addresses whose last visit ended with this error code and which asked to be left alone until later."""
    return session.connection().execute(_RESTING, {"now": now, "code": code}).scalars().all()


def from_the_future(session: Session, now: datetime) -> Sequence[Source]:
    """Those read later than now, or never read and due later than now, neither of which can be."""
    return session.execute(_FROM_THE_FUTURE, {"now": now}).scalars().all()


# What every claim asks is made once: to write a statement out takes longer than to run it.

_NOW: Any = bindparam("now")
_RECORDS: Mapping[Record, tuple[ColumnElement[bool], ...]] = {
    Record.WELL: (col(Source.failures) == 0, col(Source.succeeded_at).is_not(None)),
    Record.NEW: (col(Source.failures) == 0, col(Source.succeeded_at).is_(None)),
    Record.SICK: (col(Source.failures) > 0,),
}
_FREE: Mapping[Record, Select[Any]] = {
    record: sql_select(*SPOT).where(*is_free(_NOW), *which).execution_options(yield_per=FEW)
    for record, which in _RECORDS.items()
}
_DUE = {
    record: free.where(*is_due(_NOW)).order_by(col(Source.due_at), col(Source.id))
    for record, free in _FREE.items()
}
_NAMED = {
    record: free.where(col(Source.removed_at).is_(None), col(Source.paused_at).is_(None)).order_by(
        col(Source.id)
    )
    for record, free in _FREE.items()
}
_LEASED = sql_select(*SPOT).where(col(Source.lease_until) > _NOW)
_SHORTENED = (
    update(Source).where(col(Source.lease_until) > bindparam("until")).values(lease_until=bindparam("until"))
)
_VISITED = sql_select(col(Source.fetched_at), *SPOT).where(
    col(Source.fetched_at) > bindparam("since"), col(Source.fetched_at) <= _NOW
)
_RESTING = sql_select(col(Source.url)).where(
    col(Source.wait_until) > _NOW,
    col(Source.last_code) == bindparam("code"),
    col(Source.removed_at).is_(None),
)
_FROM_THE_FUTURE = select(Source).where(
    or_(
        col(Source.fetched_at) > _NOW,
        and_(col(Source.fetched_at).is_(None), col(Source.due_at) > _NOW),
    )
)

"""All notices in memory by their facets: which ones a page or an archive of a feed holds is found and counted without
asking the store, however many there are. What they say is read from the store, of those that were found.

Notices are written once and never change, so what is new since the last look is all that there is to read.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from registry.domain.notice import NoticeKind
from registry.domain.outcome import Outcome
from registry.domain.validity import ValidityState
from registry.domain.values import dataclass
from registry.services.verdicts.order import Bits, Key, Mark, Order, cut, downward, order_of
from registry.store import annals as store
from registry.store import rubrics
from registry.store.engine import snapshot
from registry.store.tables import Notice

logger = logging.getLogger(__name__)

MOST_LET_IN = 300
"""Notices; when more of them are new, reading all anew is the better."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_UNLIMITED = ""
"""Under this value stand the verdicts that bind a facet to nothing."""


@dataclass(frozen=True)
class NoticeFilter:
    """What a notice and its verdict must be; what is empty asks nothing."""

    outcomes: frozenset[Outcome] = frozenset()
    categories: frozenset[str] = frozenset()
    """As `tags`: of the tool as it is now."""
    tags: frozenset[str] = frozenset()
    offices: frozenset[str] = frozenset()
    """A verdict for all offices is one for each."""
    tools: frozenset[str] = frozenset()
    ceilings: frozenset[str] | None = None
    """Highest classes of data of which one must be the verdict's, where it has any."""
    states: frozenset[ValidityState] = frozenset()
    rubrics: frozenset[str] = frozenset()
    """Hashes of rubrics by which it was judged."""
    older: bool = False
    """Judged by a rubric or a table that is in force no more."""
    words: tuple[str, ...] = ()
    kinds: frozenset[NoticeKind] = frozenset()


@dataclass(frozen=True)
class _Held:
    last: int = 0
    """The highest number."""
    told: Order = field(default_factory=lambda: order_of(()))
    """As they were told to followers."""
    filed: Order = field(default_factory=lambda: order_of(()))
    """As they came into our books."""
    again: Mapping[int, Sequence[tuple[int, datetime]]] = field(default_factory=dict)
    """Number of a notice -> number and moment of each that tells it anew."""


class Annals:
    """Of one process, for all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held = _Held()

    def reading(self, session: Session, wanted: NoticeFilter, *, now: datetime) -> "Reading":
        """What passes the filter of all that `session` sees and followers may read by now."""
        seen = store.last(session)
        with self._lock:
            if seen > self._held.last:
                self._held = _with_new(session, self._held)
            held = self._held
        return Reading(session, held, wanted, seen=seen, now=now)

    def warm(self, engine: Engine, now: datetime) -> None:
        """Read them ahead, so that nobody waits for it; where that fails, who asks reads them."""
        try:
            with snapshot(engine) as session:
                self.reading(session, NoticeFilter(), now=now)
        except SQLAlchemyError:
            logger.warning("notices not read ahead", exc_info=True)


class Reading:
    """The notices that pass a filter, as one session sees them and as followers may read them by one moment."""

    def __init__(
        self, session: Session, held: _Held, wanted: NoticeFilter, *, seen: int, now: datetime
    ) -> None:
        self.session, self.now = session, now
        self._held, self._wanted, self._seen = held, wanted, seen

    def newest(self, *, before: Notice | None = None, limit: int) -> list[int]:
        """Numbers, the newest first, each notice once and as it was last put."""
        found = self._told
        if before is not None:
            found &= self._held.told.before(_ticks(before.updated_at), before.number or 0)
        numbers: list[int] = []
        for place in downward(found):
            if len(numbers) == limit:
                break
            number = self._held.told.numbers[place]
            if not any(at <= self.now and by <= self._seen for by, at in self._held.again.get(number, ())):
                numbers.append(number)
        return numbers

    def count(self, since: datetime, until: datetime) -> int:
        """How many were filed from one moment on and before another, told anew later or not."""
        return self._between(since, until).bit_count()

    def filed(self, since: datetime, until: datetime, *, skip: int, limit: int) -> list[int]:
        """Numbers of so many of these, in the order in which they were filed."""
        places = cut(self._between(since, until), skip=skip, limit=limit)
        return [self._held.filed.numbers[place] for place in places]

    def last_before(self, moment: datetime) -> datetime | None:
        """When the last one was filed before a moment."""
        found = self._filed & self._held.filed.before(_ticks(moment))
        return self._moment(found.bit_length() - 1) if found else None

    def first_since(self, moment: datetime) -> datetime | None:
        """When the first one was filed from a moment on."""
        found = self._filed & ~self._held.filed.before(_ticks(moment))
        return self._moment((found & -found).bit_length() - 1) if found else None

    def _moment(self, place: int) -> datetime:
        return _EPOCH + self._held.filed.moments[place] * _TICK

    def _between(self, since: datetime, until: datetime) -> Bits:
        before = self._held.filed.before
        return self._filed & before(_ticks(until)) & ~before(_ticks(since))

    @cached_property
    def _told(self) -> Bits:
        return self._passing(self._held.told, lambda key: (_ticks(key.updated_at), key.number))

    @cached_property
    def _filed(self) -> Bits:
        return self._passing(self._held.filed, lambda key: (_ticks(key.filed_at), key.number))

    def _passing(self, order: Order, place: Callable[[store.Key], Key]) -> Bits:
        found = order.before(_ticks(self.now) + 1) & ~order.among(map(place, self._undone))
        if self._seen < self._held.last:  # another session has seen what this one does not
            found &= ~order.later_than(self._seen)
        for keys in self._looked_up:
            found &= order.among(map(place, keys))
        wanted = self._wanted
        asked: Mapping[str, Iterable[str]] = {
            "outcome": wanted.outcomes,
            "state": wanted.states,
            "kind": wanted.kinds,
            "office": {*wanted.offices, _UNLIMITED} if wanted.offices else (),
            "ceiling": {*wanted.ceilings, _UNLIMITED} if wanted.ceilings is not None else (),
        }
        for facet, values in asked.items():
            if values:
                found &= order.any(facet, values)
        if wanted.categories:
            moved = order.among(place(key) for key, _ in self._moved)
            moved_in = order.among(place(key) for key, into in self._moved if into in wanted.categories)
            found &= order.any("category", wanted.categories) & ~moved | moved_in
        if wanted.rubrics or wanted.older:
            found &= order.any("judged", (each for each in order.values("judged") if self._is_judged(each)))
        return found

    def _is_judged(self, judged: tuple[str, str | None]) -> bool:
        """Whether the filter asks for what was judged by this rubric and this table."""
        rubric, table = judged
        older = self._wanted.older and not self._in_force.issuperset({rubric, table or rubric})
        return older or rubric in self._wanted.rubrics

    @cached_property
    def _in_force(self) -> frozenset[str]:
        return rubrics.judges(self.session)[1]

    @cached_property
    def _undone(self) -> Sequence[store.Key]:
        return () if self._wanted.tools else store.undone(self.session)  # of tools none is looked up

    @cached_property
    def _moved(self) -> Sequence[tuple[store.Key, str]]:
        return store.moved(self.session)

    @cached_property
    def _looked_up(self) -> Sequence[Sequence[store.Key]]:
        """What only the store can tell: the notices of tools, of what bears a tag now, and those with the words."""
        tools, tags, words = self._wanted.tools, self._wanted.tags, self._wanted.words
        return [
            *([store.tagged(self.session, tags)] if tags else []),
            *([store.of_tools(self.session, tools)] if tools else []),
            *([store.saying(self.session, words)] if words else []),
        ]


def _with_new(session: Session, held: _Held) -> _Held:
    rows = store.recorded(session, after=held.last)
    if held.last and len(rows) > MOST_LET_IN:
        return _with_new(session, _Held())
    again = dict(held.again)
    for number, by, at in store.overtaken(session, after=held.last):
        again[number] = (*again.get(number, ()), (by, at))
    marks = [_marks(*row[3:]) for row in rows]
    told = [((_ticks(row.updated_at), row.number), each) for row, each in zip(rows, marks, strict=True)]
    filed = [((_ticks(row.filed_at), row.number), each) for row, each in zip(rows, marks, strict=True)]
    if held.last:
        return _Held(rows[-1].number, held.told.with_more(told), held.filed.with_more(filed), again)
    return _Held(rows[-1].number, order_of(told), order_of(filed), again)


@lru_cache(4_096)
def _marks(
    outcome: Outcome,
    category: str,
    kind: NoticeKind,
    state: ValidityState,
    offices: str,
    ceiling: str | None,
    rubric: str | None,
    table: str | None,
) -> tuple[Mark, ...]:
    """Of a notice by what is recorded of it; most are alike."""
    judged = [("judged", (rubric, table))] if rubric else []
    return (
        *(("outcome", outcome), ("category", category), ("kind", kind), ("state", state)),
        *(("office", code) for code in json.loads(offices) or (_UNLIMITED,)),
        ("ceiling", ceiling or _UNLIMITED),
        *judged,
    )


def _ticks(moment: datetime) -> int:
    return (moment - _EPOCH) // _TICK

"""Pages of notices as feeds show them: the newest, those before one of them, or a part of a month's archive."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from registry.domain.notice import NoticeKind
from registry.domain.outcome import Outcome
from registry.domain.validity import ValidityState
from registry.store.columns import among
from registry.store.notices import is_public
from registry.store.tables import (
    Alias,
    Evaluation,
    InForce,
    Notice,
    RubricFile,
    Supersession,
    Tool,
    ToolTag,
    Verdict,
    VerdictCondition,
)


@dataclass(frozen=True)
class NoticeFilter:
    """What a notice and its verdict must be; what is empty asks nothing."""

    outcomes: frozenset[Outcome] = frozenset()
    categories: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    """Of the tool as it is now."""
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

    @property
    def of_verdict(self) -> bool:
        """Whether it asks for what the verdict's own row says."""
        return bool(self.offices or self.ceilings is not None or self.rubrics or self.older or self.words)


@dataclass(frozen=True)
class Month:
    starts_at: datetime
    ends_at: datetime


Found = tuple[Notice, Verdict, Tool]


class Line(NamedTuple):
    """A notice as far as its place in a feed, and whether its entry is known already, depend on it."""

    number: int
    uid: str
    updated_at: datetime
    filed_at: datetime
    tool_id: int
    tool_name: str
    homepage: str
    vendor: str
    category: str
    """Of the tool as it is now, as the three before it are."""


_LINE = (
    *(col(each) for each in (Notice.number, Notice.uid, Notice.updated_at, Notice.filed_at, Notice.tool_id)),
    *(col(each) for each in (Tool.name, Tool.homepage, Tool.vendor, Tool.category)),
)
_NEWEST_FIRST = (col(Notice.updated_at).desc(), col(Notice.number).desc())
_AS_FILED = (col(Notice.filed_at), col(Notice.number))


def newest(
    session: Session, wanted: NoticeFilter, *, before: Notice | None = None, now: datetime, limit: int
) -> list[Line]:
    """What followers may read by now, each once and as it was last put, the newest first."""
    query = _rows(wanted).where(*is_public(now))
    if before is not None:
        at, number = col(Notice.updated_at), col(Notice.number)
        query = query.where(
            at <= before.updated_at, or_(at < before.updated_at, number < (before.number or 0))
        )
    return _lines(session, query.order_by(*_NEWEST_FIRST).limit(limit))


def newest_of_tools(
    session: Session, tool_ids: Collection[int], *, now: datetime
) -> Mapping[int, Sequence[Line]]:
    """Tool id -> all of it that followers may read by now, each once and as it was last put, the newest first."""
    of_them = among(session, col(Notice.tool_id), tool_ids)
    found: dict[int, list[Line]] = defaultdict(list)
    for each in _lines(
        session, _rows(NoticeFilter()).where(of_them, *is_public(now)).order_by(*_NEWEST_FIRST)
    ):
        found[each.tool_id].append(each)
    return found


def filed_of_tools(
    session: Session, tool_ids: Collection[int], *, now: datetime
) -> Mapping[int, Sequence[Line]]:
    """Tool id -> all that was filed of it, told anew later or not, in the order in which it was."""
    query = _rows(NoticeFilter()).where(among(session, col(Notice.tool_id), tool_ids), *_told(now))
    return _by_tool(_lines(session, query.order_by(*_AS_FILED)))


def find(session: Session, number: int, *, now: datetime) -> Notice | None:
    """One that followers have read, or could have."""
    query = columns(Notice).join(Verdict, col(Verdict.id) == col(Notice.verdict_id))
    return session.execute(query.where(col(Notice.number) == number, *_told(now))).scalars().first()


def filed(
    session: Session, wanted: NoticeFilter, month: Month, *, now: datetime, skip: int, limit: int
) -> list[Line]:
    """Of a month's archive so many, in the order in which they were filed, told anew later or not."""
    query = _rows(wanted).where(*_told(now), *_within(month)).order_by(*_AS_FILED)
    return _lines(session, query.offset(skip).limit(limit))


def of_verdict(session: Session, verdict_id: int) -> list[Line]:
    """All that is written of a verdict, public or not, the newest first."""
    query = _rows(NoticeFilter()).where(col(Notice.verdict_id) == verdict_id)
    return _lines(session, query.order_by(*_NEWEST_FIRST))


def whole(session: Session, numbers: Collection[int]) -> list[Found]:
    """The notices of these numbers with their verdicts and tools."""
    query: Select[Any] = columns(Notice, Verdict, Tool)  # type: ignore[assignment]
    found = session.execute(_joined(query).where(among(session, col(Notice.number), numbers)))
    return [(notice, verdict, tool) for notice, verdict, tool in found]


def count_filed(session: Session, wanted: NoticeFilter, month: Month, *, now: datetime) -> int:
    # All that was filed, less the few that were taken back: the first is a walk along an index alone.
    filed_by_now = (*_within(month), col(Notice.filed_at) <= now)
    every = columns(func.count()).select_from(Notice)
    if wanted.of_verdict:
        every = every.join(Verdict, col(Verdict.id) == col(Notice.verdict_id))
    if wanted.words:
        every = every.join(Tool, col(Tool.id) == col(Notice.tool_id))
    every = every.where(*filed_by_now, *_narrowing(wanted))
    count: int = session.connection().execute(every).scalar_one()
    undone = _undone(session, month)
    if undone:
        of_these = col(Notice.verdict_id).in_(undone)
        query = _joined(columns(func.count()).select_from(Notice))
        count -= (
            session.connection()
            .execute(query.where(of_these, *filed_by_now, *_narrowing(wanted)))
            .scalar_one()
        )
    return count


def _undone(session: Session, month: Month) -> Sequence[int]:
    """Ids of the verdicts that were taken back and would have gone out in that month."""
    query = columns(col(Verdict.id)).where(
        col(Verdict.published_at) >= month.starts_at,
        col(Verdict.published_at) < month.ends_at,
        col(Verdict.undone_at).is_not(None),
    )
    return session.connection().execute(query).scalars().all()  # type: ignore[return-value]


def filed_nearest(
    session: Session,
    wanted: NoticeFilter,
    *,
    before: datetime | None = None,
    after: datetime | None = None,
    now: datetime,
) -> datetime | None:
    """The last moment before one, or the first from one on, at which something was filed."""
    at = col(Notice.filed_at)
    query = _joined(columns(at)).where(*_narrowing(wanted), *_told(now))
    if before is not None:
        query = query.where(at < before).order_by(at.desc())
    if after is not None:
        query = query.where(at >= after).order_by(at)
    found: datetime | None = session.connection().execute(query.limit(1)).scalar()
    return found


def conditions(session: Session, verdict_ids: Collection[int]) -> dict[int, list[VerdictCondition]]:
    """Verdict id -> its conditions, in order."""
    query = columns(VerdictCondition).where(among(session, col(VerdictCondition.verdict_id), verdict_ids))
    found: dict[int, list[VerdictCondition]] = defaultdict(list)
    for row in session.execute(query.order_by(col(VerdictCondition.position))).scalars():
        found[row.verdict_id].append(row)
    return found


def superseded(session: Session, verdict_ids: Collection[int]) -> dict[int, list[int]]:
    """Verdict id -> the numbers that it supersedes, in order."""
    old = aliased(Verdict)
    query = (
        columns(col(Supersession.verdict_id), col(old.number))
        .join(old, col(old.id) == col(Supersession.superseded_id))
        .where(among(session, col(Supersession.verdict_id), verdict_ids))
        .order_by(col(old.number))
    )
    found: dict[int, list[int]] = defaultdict(list)
    for verdict_id, number in session.connection().execute(query):
        found[verdict_id].append(number)
    return found


def identifiers(session: Session, tool_ids: Collection[int]) -> dict[int, list[str]]:
    """Tool id -> all the ways to say it, in order."""
    query = columns(col(Alias.tool_id), col(Alias.text)).where(among(session, col(Alias.tool_id), tool_ids))
    found: dict[int, list[str]] = defaultdict(list)
    for tool_id, text in session.connection().execute(query.order_by(col(Alias.id))):
        found[tool_id].append(text)
    return found


def named_rubrics(session: Session) -> dict[str, str]:
    """Name and version, `standard-1`, -> content hash, of every rubric that judged something."""
    query = (
        columns(col(RubricFile.name), col(RubricFile.version), col(RubricFile.content_hash))
        .where(col(RubricFile.content_hash).in_(columns(col(Evaluation.rubric_hash))))
        .order_by(col(RubricFile.name), col(RubricFile.version))
    )
    return {f"{name}-{version}": key for name, version, key in session.connection().execute(query)}


def _rows(wanted: NoticeFilter) -> Select[Any]:
    query: Select[Any] = columns(*_LINE)  # type: ignore[assignment]
    return _joined(query).where(*_narrowing(wanted))


def _lines(session: Session, query: Select[Any]) -> list[Line]:
    return [Line(*row) for row in session.connection().execute(query)]


def _by_tool(lines: Iterable[Line]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = defaultdict(list)
    for each in lines:
        found[each.tool_id].append(each)
    return found


def _told(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return col(Notice.updated_at) <= now, col(Notice.filed_at) <= now, col(Verdict.undone_at).is_(None)


def _within(month: Month) -> tuple[ColumnElement[bool], ...]:
    return col(Notice.filed_at) >= month.starts_at, col(Notice.filed_at) < month.ends_at


def _joined(query: Select[Any]) -> Select[Any]:
    query = query.join(Verdict, col(Verdict.id) == col(Notice.verdict_id))
    return query.join(Tool, col(Tool.id) == col(Notice.tool_id))


def _narrowing(wanted: NoticeFilter) -> Iterator[ColumnElement[bool]]:
    either: tuple[tuple[Any, Collection[Any]], ...] = (
        (col(Notice.outcome), wanted.outcomes),
        (col(Notice.category), wanted.categories),
        (col(Notice.state), wanted.states),
        (col(Notice.kind), wanted.kinds),
    )
    yield from (column.in_(sorted(values)) for column, values in either if values)
    if wanted.tools:
        ids = columns(col(Tool.id)).where(col(Tool.slug).in_(sorted(wanted.tools)))
        yield col(Notice.tool_id).in_(ids.scalar_subquery())
    if wanted.tags:
        tagged = columns(col(ToolTag.tool_id)).where(col(ToolTag.tag).in_(sorted(wanted.tags)))
        yield col(Notice.tool_id).in_(tagged.scalar_subquery())
    if wanted.offices:
        yield _for_offices(wanted.offices)
    if wanted.ceilings is not None:
        ceiling = col(Verdict.data_ceiling)
        yield or_(ceiling.is_(None), ceiling.in_(sorted(wanted.ceilings)))
    if wanted.rubrics or wanted.older:
        yield _judged_by(wanted)
    yield from (_says(word) for word in wanted.words)


def _for_offices(offices: Collection[str]) -> ColumnElement[bool]:
    """The list is JSON text in both databases: empty, or with one of the codes in its quotes."""
    text = cast(col(Verdict.offices), String)
    return or_(text == "[]", *(text.contains(json.dumps(each), autoescape=True) for each in sorted(offices)))


def _judged_by(wanted: NoticeFilter) -> ColumnElement[bool]:
    in_force = columns(col(InForce.content_hash)).scalar_subquery()
    any_of = [col(Evaluation.rubric_hash).in_(sorted(wanted.rubrics))] if wanted.rubrics else []
    if wanted.older:
        any_of += [col(each).not_in(in_force) for each in (Evaluation.rubric_hash, Evaluation.table_hash)]
    judged = columns(col(Evaluation.id)).where(or_(*any_of))
    return and_(
        col(Verdict.evaluation_id).is_not(None), col(Verdict.evaluation_id).in_(judged.scalar_subquery())
    )


def _says(word: str) -> ColumnElement[bool]:
    """SQLite folds the case of ASCII alone, so other letters are looked for in the cases in which they are written."""
    cases = dict.fromkeys((word, word.lower(), word.upper(), word.capitalize()))
    places = (Notice.tool_name, Tool.vendor, Verdict.rationale)
    return or_(*(col(place).icontains(each, autoescape=True) for place in places for each in cases))

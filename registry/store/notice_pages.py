"""Pages of notices as feeds show them: the newest, those before one of them, or a part of a month's archive."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Text, cast
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from registry.store.columns import among
from registry.store.notices import is_public
from registry.store.tables import (
    Alias,
    Evaluation,
    Notice,
    RubricFile,
    Supersession,
    Tool,
    Verdict,
    VerdictCondition,
)

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
    replacement: str
    alternatives: str
    """Slugs as they are stored, in JSON."""

    @property
    def named(self) -> list[str]:
        """Slugs of other tools that it tells people to use."""
        return [each for each in (self.replacement, *json.loads(self.alternatives)) if each]


_LINE = (
    *(col(each) for each in (Notice.number, Notice.uid, Notice.updated_at, Notice.filed_at, Notice.tool_id)),
    *(col(each) for each in (Tool.name, Tool.homepage, Tool.vendor, Tool.category)),
    *(col(Notice.replacement), cast(col(Verdict.alternatives), Text)),
)
_NEWEST_FIRST = (col(Notice.updated_at).desc(), col(Notice.number).desc())
_AS_FILED = (col(Notice.filed_at), col(Notice.number))


def lines(session: Session, numbers: Sequence[int]) -> list[Line]:
    """Of the notices of these numbers, in their order."""
    query = _rows().where(among(session, col(Notice.number), numbers))
    found = {each.number: each for each in _lines(session, query)}
    return [found[number] for number in numbers]


def newest_of_tools(
    session: Session, tool_ids: Collection[int], *, now: datetime
) -> Mapping[int, Sequence[Line]]:
    """Tool id -> all of it that followers may read by now, each once and as it was last put, the newest first."""
    of_them = among(session, col(Notice.tool_id), tool_ids)
    found: dict[int, list[Line]] = defaultdict(list)
    for each in _lines(session, _rows().where(of_them, *is_public(now)).order_by(*_NEWEST_FIRST)):
        found[each.tool_id].append(each)
    return found


def filed_of_tools(
    session: Session, tool_ids: Collection[int], *, now: datetime
) -> Mapping[int, Sequence[Line]]:
    """Tool id -> all that was filed of it, told anew later or not, in the order in which it was."""
    query = _rows().where(among(session, col(Notice.tool_id), tool_ids), *_told(now))
    return _by_tool(_lines(session, query.order_by(*_AS_FILED)))


def find(session: Session, number: int, *, now: datetime) -> Notice | None:
    """One that followers have read, or could have."""
    query = columns(Notice).join(Verdict, col(Verdict.id) == col(Notice.verdict_id))
    return session.execute(query.where(col(Notice.number) == number, *_told(now))).scalars().first()


def of_verdict(session: Session, verdict_id: int) -> list[Line]:
    """All that is written of a verdict, public or not, the newest first."""
    query = _rows().where(col(Notice.verdict_id) == verdict_id)
    return _lines(session, query.order_by(*_NEWEST_FIRST))


def whole(session: Session, numbers: Collection[int]) -> list[Found]:
    """The notices of these numbers with their verdicts and tools."""
    query: Select[Any] = columns(Notice, Verdict, Tool)  # type: ignore[assignment]
    found = session.execute(_joined(query).where(among(session, col(Notice.number), numbers)))
    return [(notice, verdict, tool) for notice, verdict, tool in found]


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


def _rows() -> Select[Any]:
    query: Select[Any] = columns(*_LINE)  # type: ignore[assignment]
    return _joined(query)


def _lines(session: Session, query: Select[Any]) -> list[Line]:
    return [Line(*row) for row in session.connection().execute(query)]


def _by_tool(lines: Iterable[Line]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = defaultdict(list)
    for each in lines:
        found[each.tool_id].append(each)
    return found


def _told(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return col(Notice.updated_at) <= now, col(Notice.filed_at) <= now, col(Verdict.undone_at).is_(None)


def _joined(query: Select[Any]) -> Select[Any]:
    query = query.join(Verdict, col(Verdict.id) == col(Notice.verdict_id))
    return query.join(Tool, col(Tool.id) == col(Notice.tool_id))

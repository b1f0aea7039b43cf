"""Pages of notices as feeds show them: the newest, those before one of them, or a part of a month's archive."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from registry.store.columns import among
from registry.store.plain import moment, rows
from registry.store.tables import (
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


def lines(session: Session, numbers: Sequence[int]) -> list[Line]:
    """Of the notices of these numbers, in their order."""
    found = (
        {each.number: each for each in _lines(session, "notice.number IN (??)", numbers)} if numbers else {}
    )
    return [found[number] for number in numbers]


def newest_of_tools(
    session: Session, tool_ids: Collection[int], *, now: datetime
) -> Mapping[int, Sequence[Line]]:
    """Tool id -> all of it that followers may read by now, each once and as it was last put, the newest first."""
    return _by_tool(_lines(session, _PUBLIC + _NEWEST_FIRST, tool_ids, now, now))


def filed_of_tools(
    session: Session, tool_ids: Collection[int], *, now: datetime
) -> Mapping[int, Sequence[Line]]:
    """Tool id -> all that was filed of it, told anew later or not, in the order in which it was."""
    return _by_tool(_lines(session, _FILED, tool_ids, now, now))


def find(session: Session, number: int, *, now: datetime) -> Notice | None:
    """One that followers have read, or could have."""
    query = columns(Notice).join(Verdict, col(Verdict.id) == col(Notice.verdict_id))
    return session.execute(query.where(col(Notice.number) == number, *_told(now))).scalars().first()


def of_verdict(session: Session, verdict_id: int) -> list[Line]:
    """All that is written of a verdict, public or not, the newest first."""
    return _lines(session, "notice.verdict_id = ?" + _NEWEST_FIRST, verdict_id)


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
    found: dict[int, list[str]] = defaultdict(list)
    for tool_id, text in rows(session, _IDENTIFIERS, tool_ids):
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


def _lines(session: Session, which: str, *given: object) -> list[Line]:
    return [
        Line(number, uid, moment(updated_at), moment(filed_at), *rest)
        for number, uid, updated_at, filed_at, *rest in rows(session, _LINES + which, *given)
    ]


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


_LINES = """
SELECT notice.number, notice.uid, notice.updated_at, notice.filed_at, notice.tool_id,
    tool.name, tool.homepage, tool.vendor, tool.category, notice.replacement, CAST(verdict.alternatives AS TEXT)
FROM notice JOIN verdict ON verdict.id = notice.verdict_id JOIN tool ON tool.id = notice.tool_id WHERE
"""
_NEWEST_FIRST = " ORDER BY notice.updated_at DESC, notice.number DESC"
# As notices.is_public has it.
_PUBLIC = """notice.tool_id IN (??) AND notice.updated_at <= ? AND undone_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM notice AS later WHERE later.verdict_id = notice.verdict_id AND later.key = notice.key
    AND later.revision > notice.revision AND later.updated_at <= ?)"""
_FILED = """notice.tool_id IN (??) AND notice.updated_at <= ? AND notice.filed_at <= ? AND undone_at IS NULL
ORDER BY notice.filed_at, notice.number"""
_IDENTIFIERS = "SELECT tool_id, text FROM alias WHERE tool_id IN (??) ORDER BY id"

"""What must be known of every notice to find, count and order them all for feeds; short rows, read at once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, String, cast, or_
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from registry.domain.notice import NoticeKind
from registry.domain.outcome import Outcome
from registry.domain.validity import ValidityState
from registry.store.plain import Row, moment, rows
from registry.store.tables import Evaluation, Event, Notice, Tool, ToolTag, Verdict


class Recorded(NamedTuple):
    """One notice: when it was told, and by what it is found. None of it ever changes."""

    number: int
    updated_at: datetime
    filed_at: datetime
    outcome: Outcome
    category: str
    kind: NoticeKind
    state: ValidityState
    offices: str
    """As JSON text."""
    ceiling: str | None
    rubric: str | None
    table: str | None


class Key(NamedTuple):
    """By what a notice has its place: in the order in which they were told, and in that in which they were filed."""

    number: int
    updated_at: datetime
    filed_at: datetime


_KEY = (col(Notice.number), col(Notice.updated_at), col(Notice.filed_at))


def last(session: Session) -> int:
    """The number of the newest notice, 0 where there is none."""
    [(found,)] = rows(session, "SELECT max(number) FROM notice")
    return found or 0


def recorded(session: Session, *, after: int = 0) -> list[Recorded]:
    """All notices with a higher number, by number."""
    told = (
        *(col(each) for each in (Notice.outcome, Notice.category, Notice.kind, Notice.state)),
        *(cast(col(Verdict.offices), String), col(Verdict.data_ceiling)),
        *(col(Evaluation.rubric_hash), col(Evaluation.table_hash)),
    )
    query = (
        columns(*_KEY, *told)
        .join(Verdict, col(Verdict.id) == col(Notice.verdict_id))
        .outerjoin(Evaluation, col(Evaluation.id) == col(Verdict.evaluation_id))
        .where(col(Notice.number) > after)
        .order_by(col(Notice.number))
    )
    found: Iterable[Any] = session.connection().execute(query)
    return [Recorded(*row) for row in found]


def overtaken(session: Session, *, after: int = 0) -> Sequence[tuple[int, int, datetime]]:
    """Number of a notice, and number and moment of one with a higher number that tells it anew."""
    later = aliased(Notice)
    query = (
        columns(col(Notice.number), col(later.number), col(later.updated_at))
        .join(later, (col(later.verdict_id) == col(Notice.verdict_id)) & (col(later.key) == col(Notice.key)))
        .where(col(later.number) > after, col(later.revision) > 1, col(later.revision) > col(Notice.revision))
    )
    found: Iterable[Any] = session.connection().execute(query)
    return [(number, by, at) for number, by, at in found]


def undone(session: Session) -> list[Key]:
    """Of the notices whose verdict was taken back before anybody was told."""
    return [_key(row) for row in rows(session, _UNDONE)]


def of_tools(session: Session, slugs: Collection[str]) -> list[Key]:
    """Those of what was taken back are left out."""
    return [_key(row) for row in rows(session, _OF_TOOLS, slugs)]


def tagged(session: Session, tags: Collection[str]) -> list[Key]:
    """Of the tools that bear one of these tags now."""
    query: Select[Any] = columns(*_KEY)  # type: ignore[assignment]
    query = query.join(ToolTag, col(ToolTag.tool_id) == col(Notice.tool_id))
    return _keys(session, query.where(col(ToolTag.tag).in_(sorted(tags))))


def moved(session: Session) -> list[tuple[Key, str]]:
    """Of the tools that are in another category than when it was written, each with the one in which they are now."""
    edited = columns(col(Event.subject_id)).where(col(Event.action) == "tool.edited")
    query = (
        columns(*_KEY, col(Tool.category))
        .join(Tool, col(Tool.id) == col(Notice.tool_id))
        .where(col(Notice.tool_id).in_(edited), col(Notice.category) != col(Tool.category))
    )
    found: Iterable[Any] = session.connection().execute(query)
    return [(Key(*key), category) for *key, category in found]


def saying(session: Session, words: Sequence[str]) -> list[Key]:
    """Of those with every word in the tool's name, its vendor or the verdict's reasons."""
    query: Select[Any] = columns(*_KEY)  # type: ignore[assignment]
    query = query.join(Verdict, col(Verdict.id) == col(Notice.verdict_id))
    query = query.join(Tool, col(Tool.id) == col(Notice.tool_id))
    return _keys(session, query.where(*(_says(word) for word in words)))


def _key(row: Row) -> Key:
    number, updated_at, filed_at = row
    return Key(number, moment(updated_at), moment(filed_at))


def _keys(session: Session, query: Select[Any]) -> list[Key]:
    found: Iterable[Any] = session.connection().execute(query)
    return [Key(*row) for row in found]


def _says(word: str) -> Any:
    """SQLite folds the case of ASCII alone, so other letters are looked for in the cases in which they are written."""
    cases = dict.fromkeys((word, word.lower(), word.upper(), word.capitalize()))
    places = (Tool.name, Tool.vendor, Verdict.rationale)
    return or_(*(col(place).icontains(each, autoescape=True) for place in places for each in cases))


# By the short index of what was taken back; a join would look at every notice.
_UNDONE = """
SELECT number, updated_at, filed_at FROM notice
WHERE verdict_id IN (SELECT id FROM verdict WHERE undone_at IS NOT NULL)
"""
# Where there are few notices PostgreSQL would look at every tool for them.
_OF_TOOLS = """
WITH named AS MATERIALIZED (SELECT id FROM tool WHERE slug IN (??))
SELECT notice.number, updated_at, filed_at
FROM named JOIN notice ON notice.tool_id = named.id JOIN verdict ON verdict.id = verdict_id WHERE undone_at IS NULL
"""

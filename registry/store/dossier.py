"""What pages of tools and verdicts tell beside the answer, by plain SQL: what happened, reviews, mentions, names."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from registry.domain.announcement import EntryKind
from registry.domain.evaluation import EvaluationState
from registry.domain.tool import AliasKind
from registry.store.plain import moment, moment_or_none, rows, unpacked

if TYPE_CHECKING:
    from registry.store.plain import Source

T = TypeVar("T")


class Happened(NamedTuple):
    """An event, less who did it."""

    id: int
    at: datetime
    action: str
    subject_id: int
    after: Mapping[str, Any]


class Review(NamedTuple):
    """An evaluation, as far as everybody may know of it."""

    id: int
    edition: str
    state: EvaluationState
    opened_at: datetime
    closed_at: datetime | None


class Announced(NamedTuple):
    """An entry that speaks of a tool."""

    id: int
    title: str
    link: str
    kind: EntryKind
    published_at: datetime | None
    seen_at: datetime


class Called(NamedTuple):
    """One way to say a tool."""

    kind: AliasKind
    text: str
    key: str


def befell(source: "Source", verdict_ids: Collection[int]) -> Sequence[Happened]:
    """All that happened to these verdicts, oldest first."""
    return [_happened(row) for row in rows(source, _BEFELL, verdict_ids)] if verdict_ids else ()


def news(source: "Source", tool_ids: Collection[int], *, most: int) -> Mapping[int, Sequence[Happened]]:
    """Tool id -> so much that its sources told of it, newest first."""
    return _grouped((row[3], _happened(row)) for row in rows(source, _NEWS, tool_ids, most))


def reviews(source: "Source", tool_ids: Collection[int]) -> Mapping[int, Sequence[Review]]:
    """Tool id -> its evaluations, the newest first."""
    return _grouped(
        (tool_id, Review(row_id, edition, EvaluationState(state), moment(begun), moment_or_none(ended)))
        for tool_id, row_id, edition, state, begun, ended in rows(source, _REVIEWS, tool_ids)
    )


def mentions(source: "Source", tool_ids: Collection[int], *, most: int) -> Mapping[int, Sequence[Announced]]:
    """Tool id -> so many entries that speak of it through any of its candidates, newest first."""
    return _grouped((row[-1], _announced(row)) for row in rows(source, _MENTIONS, tool_ids, most))


def entries(source: "Source", ids: Collection[int]) -> Mapping[int, Announced]:
    """Those of these numbers that there are."""
    return {row[0]: _announced(row) for row in rows(source, _ENTRIES, ids)} if ids else {}


def names(source: "Source", tool_ids: Collection[int]) -> Mapping[int, Sequence[Called]]:
    """Tool id -> the ways to say it, by kind and text."""
    return _grouped(
        (tool_id, Called(AliasKind(kind), text, key))
        for tool_id, kind, text, key in rows(source, _NAMES, tool_ids)
    )


def _happened(row: Sequence[Any]) -> Happened:
    event_id, at, action, subject_id, after = row
    return Happened(event_id, moment(at), action, subject_id, unpacked(after))


def _announced(row: Sequence[Any]) -> Announced:
    entry_id, title, link, kind, published_at, seen_at = row[:6]
    return Announced(entry_id, title, link, EntryKind(kind), moment_or_none(published_at), moment(seen_at))


def _grouped(found: Iterable[tuple[int, T]]) -> dict[int, list[T]]:
    grouped: dict[int, list[T]] = {}
    for key, each in found:
        grouped.setdefault(key, []).append(each)
    return grouped


_BEFELL = """
SELECT id, at, action, subject_id, after FROM event
WHERE subject_kind = 'verdict' AND subject_id IN (??) ORDER BY id
"""
_NEWS = """
SELECT id, at, action, subject_id, after FROM (
    SELECT id, at, action, subject_id, after, row_number() OVER (PARTITION BY subject_id ORDER BY id DESC) AS place
    FROM event WHERE subject_kind = 'tool' AND subject_id IN (??) AND action = 'tool.mentioned') AS ranked
WHERE place <= ? ORDER BY id DESC
"""
_REVIEWS = """
SELECT tool_id, id, edition, state, opened_at, closed_at FROM evaluation WHERE tool_id IN (??) ORDER BY id DESC
"""
_MENTIONS = """
SELECT id, title, link, kind, published_at, seen_at, tool_id FROM (
    SELECT entry.id, title, entry.link, entry.kind, entry.published_at, entry.seen_at, candidate.tool_id,
        row_number() OVER (PARTITION BY candidate.tool_id ORDER BY entry.seen_at DESC, entry.id DESC) AS place
    FROM candidate JOIN mention ON mention.candidate_id = candidate.id JOIN entry ON entry.id = mention.entry_id
    WHERE candidate.tool_id IN (??)) AS ranked
WHERE place <= ? ORDER BY tool_id, place
"""
_ENTRIES = "SELECT id, title, link, kind, published_at, seen_at FROM entry WHERE id IN (??)"
_NAMES = "SELECT tool_id, kind, text, key FROM alias WHERE tool_id IN (??) ORDER BY kind, text"

"""All that an answer to "may I use it?" is made of, read by plain SQL; verdicts themselves are read by rulings.py."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from registry.domain.evaluation import EvaluationState
from registry.domain.outcome import MEANINGS
from registry.domain.tool import AliasKind, Tool
from registry.domain.values import dataclass
from registry.store.plain import day_or_none, moment, moment_or_none, parts, rows, unpacked

if TYPE_CHECKING:
    from registry.store.plain import Source

MOST_PERMITTED = 50
_CLOSED = [EvaluationState.DECIDED.value, EvaluationState.WITHDRAWN.value]
_PERMITS = [outcome.value for outcome, meaning in MEANINGS.items() if meaning.may_use]


class KnownBy(NamedTuple):
    """One way to say a tool."""

    kind: AliasKind
    key: str
    text: str
    tool_id: int


class WithPast(NamedTuple):
    """A tool, and of what there is anything about it, in whatever state."""

    tool: Tool
    decided: bool
    evaluated: bool
    told_of: bool
    """By other registries."""


@dataclass(frozen=True, slots=True)
class Running:
    """An evaluation under way, as an employee may hear of it."""

    since: datetime
    due_on: date
    tier: int
    until: datetime | None = None
    """When its verdict goes out, where it has one."""


class OfficeRule(NamedTuple):
    code: str
    name: str
    default_rule: str


class Told(NamedTuple):
    """A verdict of another registry, as it was read."""

    tool_id: int
    said: Any
    registry: str
    feeds: tuple[str, str]
    """Where it was read, and where that had moved to."""


def offices(source: "Source") -> list[OfficeRule]:
    """By name."""
    return [OfficeRule(*row) for row in rows(source, _OFFICES)]


def known_by(source: "Source", keys: Iterable[tuple[AliasKind, str]]) -> list[KnownBy]:
    """The aliases that have one of these keys; one query."""
    wanted: dict[AliasKind, list[str]] = {}
    for kind, key in keys:
        wanted.setdefault(kind, []).append(key)
    if not wanted:
        return []
    same = " OR ".join(["(kind = ? AND key IN (??))"] * len(wanted))
    given = [each for kind, found in wanted.items() for each in (kind.value, found)]
    query = f"SELECT kind, key, text, tool_id FROM alias WHERE {same}"  # noqa: S608 - the statement's own words
    return [KnownBy(AliasKind(kind), *rest) for kind, *rest in rows(source, query, *given)]


def with_past(source: "Source", tool_ids: Collection[int]) -> list[WithPast]:
    return [WithPast(Tool(*row[:8]), *map(bool, row[8:])) for row in rows(source, _WITH_PAST, tool_ids)]


def names_by_slug(source: "Source", slugs: Collection[str]) -> dict[str, str]:
    return dict(rows(source, "SELECT slug, name FROM tool WHERE slug IN (??)", slugs)) if slugs else {}


def categories_of(source: "Source", tool_ids: Collection[int]) -> list[str]:
    return [category for (category,) in rows(source, "SELECT category FROM tool WHERE id IN (??)", tool_ids)]


def permitted_in(source: "Source", category: str) -> list[int]:
    """Ids of at most 50 tools of a category that some verdict permits or once permitted, by name."""
    return [tool_id for (tool_id,) in rows(source, _PERMITTED_IN, category, _PERMITS, MOST_PERMITTED)]


def runs(source: "Source", tool_ids: Collection[int]) -> dict[int, list[Running]]:
    """Tool id -> its evaluations that are open or have a verdict that was not taken back, the first due first.

    One whose verdict has not gone out yet is under way still: nobody may tell by a gap that it was decided. One that
    was opened for an answer at once never was: nobody may tell by it that something was decided.
    """
    found: dict[int, list[Running]] = {}
    for tool_id, since, due_on, tier, state, until in rows(source, _RUNS, tool_ids, _CLOSED):
        # An open one has no verdict that goes out, whatever is on record of an earlier one.
        goes_out = moment_or_none(until) if state in _CLOSED else None
        due = day_or_none(due_on) or date.max
        found.setdefault(tool_id, []).append(Running(moment(since), due, tier, goes_out))
    return found


def took_days(source: "Source", *, most: int, before: datetime) -> dict[int, list[float]]:
    """Tier -> how many days its newest rounds took that were decided before that moment, a no at once left out."""
    took: dict[int, list[float]] = {}
    for tier, opened_at, closed_at in rows(source, _TOOK, before, most):
        took.setdefault(tier, []).append((moment(closed_at) - moment(opened_at)) / timedelta(days=1))
    return took


def told_of(source: "Source", tool_ids: Collection[int]) -> list[Told]:
    """What others decided on these tools, the newest first; what nobody follows any more is left out."""
    return [
        Told(tool_id, unpacked(said), name, (url, answered_url))
        for tool_id, said, name, url, answered_url in rows(source, _TOLD_OF, tool_ids)
    ]


def ours_among(source: "Source", uids: Collection[str]) -> set[str]:
    """Those of these random ids that are verdicts of this very registry."""
    return (
        {uid for (uid,) in rows(source, "SELECT uid FROM verdict WHERE uid IN (??)", uids)} if uids else set()
    )


def every_vendor(source: "Source") -> str:
    """Each tool's vendor where it has one, one a line, in any order."""
    [(lines,)] = rows(source, "SELECT LINES(vendor) FROM tool WHERE vendor <> ''")
    return lines or ""


def of_vendors(source: "Source", named: Collection[str]) -> list[int]:
    query = "SELECT id FROM tool WHERE vendor IN (??) ORDER BY id"
    return [tool_id for (tool_id,) in rows(source, query, named)]


def every_name_key(source: "Source") -> str:
    """One a line, in any order: very many come as one text in a fraction of the time that as many rows take."""
    [(lines,)] = rows(source, "SELECT LINES(key) FROM alias WHERE kind = 'name'")
    return lines or ""


def owners_of_names(source: "Source", keys: Collection[str]) -> dict[str, int]:
    """Name key -> its tool's id."""
    return dict(rows(source, "SELECT key, tool_id FROM alias WHERE kind = 'name' AND key IN (??)", keys))


def begun(source: "Source", key: str, *, limit: int) -> list[int]:
    """Ids of tools with a name key that begins so, the shortest such key first."""
    query = "SELECT tool_id FROM alias WHERE kind = 'name' AND substr(key, 1, ?) = ? ORDER BY length(key), key LIMIT ?"
    return [tool_id for (tool_id,) in rows(source, query, len(key), key, limit)]


def below(source: "Source", host: str, *, limit: int) -> list[int]:
    """Ids of tools that are known by a page of just this host, the shortest address first; of that many addresses."""
    query = "SELECT tool_id FROM alias WHERE kind = 'path' AND substr(key, 1, ?) = ? ORDER BY length(key), key LIMIT ?"
    start = f"{host}/"
    return list(dict.fromkeys(each for (each,) in rows(source, query, len(start), start, limit)))


def alias_keys(source: "Source", tool_ids: Collection[int] | None = None) -> Iterator[tuple[str, str, int]]:
    """Kind, key and tool's id of every alias, or of those of these tools, in the order in which they came."""
    yield from _of(
        source, "SELECT kind, key, tool_id FROM alias WHERE true", "tool_id", tool_ids, " ORDER BY id"
    )


def written(source: "Source", tool_ids: Collection[int] | None = None) -> Iterator[tuple[str, int]]:
    """Names that hold a stop, as hosts and mail addresses do, just as they are written, each with its tool's id."""
    # By the index over kinds to read all names one by one takes longer than to read through all aliases.
    query = "SELECT text, tool_id FROM alias WHERE kind || '' = 'name' AND text LIKE ?"
    yield from _of(source, query, "tool_id", tool_ids, "", "%.%")


def vendors_of(source: "Source", tool_ids: Collection[int] | None = None) -> Iterator[tuple[str, int]]:
    """Each tool's vendor with the tool's id, of all tools or of these, those without a vendor left out."""
    yield from _of(source, "SELECT vendor, id FROM tool WHERE vendor <> ''", "id", tool_ids)


def _of(
    source: "Source",
    query: str,
    column: str,
    tool_ids: Collection[int] | None,
    order: str = "",
    *given: object,
) -> Iterator[Any]:
    if tool_ids is not None:
        query, given = f"{query} AND {column} IN (??)", (*given, tool_ids)
    for part in parts(source, query + order, *given):
        yield from part


_OFFICES = "SELECT code, name, default_rule FROM office ORDER BY name, code"
_WITH_PAST = """
SELECT id, slug, name, vendor, category, homepage, description, guidance,
       EXISTS (SELECT 1 FROM verdict WHERE verdict.tool_id = tool.id),
       EXISTS (SELECT 1 FROM evaluation WHERE evaluation.tool_id = tool.id),
       EXISTS (SELECT 1 FROM outside_verdict WHERE outside_verdict.tool_id = tool.id)
FROM tool WHERE id IN (??)
"""
_PERMITTED_IN = """
SELECT id FROM tool WHERE category = ? AND EXISTS (
    SELECT 1 FROM verdict WHERE verdict.tool_id = tool.id AND outcome IN (??) AND undone_at IS NULL)
ORDER BY name LIMIT ?
"""
_RUNS = """
SELECT e.tool_id, e.opened_at, e.due_on, e.tier, e.state, v.published_at FROM evaluation AS e
LEFT JOIN verdict AS v ON v.tool_id = e.tool_id AND v.evaluation_id = e.id AND v.undone_at IS NULL
WHERE e.tool_id IN (??) AND (NOT e.state IN (??)
    OR v.id IS NOT NULL AND coalesce(CAST(v.assessment ->> 'opened_for_it' AS TEXT), '') NOT IN ('1', 'true'))
ORDER BY e.due_on, e.id
"""
_TOOK = """
SELECT tier, opened_at, closed_at FROM evaluation
WHERE state = 'decided' AND closed_at > opened_at AND closed_at <= ? ORDER BY closed_at DESC LIMIT ?
"""
_TOLD_OF = """
SELECT outside_verdict.tool_id, said, source.name, source.url, source.answered_url
FROM outside_verdict JOIN source ON source.id = outside_verdict.source_id
WHERE outside_verdict.tool_id IN (??) AND NOT outside_verdict.held AND source.removed_at IS NULL
ORDER BY outside_verdict.said_at DESC
"""

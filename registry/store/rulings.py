"""Verdicts as the rules see them, with conditions, marks and supersessions, read by plain SQL."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from registry.domain.condition import Check, Condition, ConditionKind, Duty
from registry.domain.evaluation import Alone
from registry.domain.outcome import Outcome
from registry.domain.validity import Mark, MarkKind, Ruling
from registry.domain.verdict import Pilot, Scope, Verdict
from registry.store.plain import day_or_none, moment, moment_or_none, rows, unpacked

if TYPE_CHECKING:
    from registry.store import tables
    from registry.store.plain import Source

MARK_ACTIONS = {f"verdict.{kind.value}": kind for kind in MarkKind}


class Decided(NamedTuple):
    """The columns of a verdict that rules ask for."""

    id: int
    number: int
    tool_id: int
    published_at: datetime
    outcome: Outcome
    edition: str
    offices: Sequence[str]
    versions: str
    deployment: str
    data_ceiling: str | None
    accounts: Sequence[str]
    audience: Sequence[str]
    rationale: str
    alternatives: Sequence[str]
    reason_code: str
    citation: str
    pilot: Mapping[str, str]
    decided_by: str
    decided_for: str
    decided_at: datetime
    starts_at: datetime
    valid_until: date | None
    imported: bool
    notes: Sequence[str]


class Recorded(NamedTuple):
    """A verdict as its own page and its tool's show it."""

    id: int
    number: int
    tool_id: int
    published_at: datetime
    outcome: Outcome
    edition: str
    offices: Sequence[str]
    versions: str
    deployment: str
    data_ceiling: str | None
    accounts: Sequence[str]
    audience: Sequence[str]
    rationale: str
    alternatives: Sequence[str]
    reason_code: str
    citation: str
    pilot: Mapping[str, str]
    decided_by: str
    decided_for: str
    decided_at: datetime
    starts_at: datetime
    valid_until: date | None
    imported: bool
    notes: Sequence[str]
    evaluation_id: int | None
    decided_by_id: int | None
    reference: str
    alone: Alone | None
    recommended: Outcome | None
    step_reason: str
    assessment: Mapping[str, Any]


class Named(NamedTuple):
    slug: str
    name: str


class Whole(NamedTuple):
    """A verdict with what is published of it beside the columns that rules ask for."""

    decided: Decided
    tool: Named
    adopted: Mapping[str, Any] | None
    """Whose verdict it took over."""


_READ_AS: dict[str, Any] = {
    **dict.fromkeys(("published_at", "decided_at", "starts_at"), moment),
    **dict.fromkeys(("offices", "accounts", "audience", "alternatives", "pilot", "notes"), unpacked),
    "outcome": Outcome,
    "valid_until": day_or_none,
    "imported": bool,
}
_PLACES = [(Decided._fields.index(name), read) for name, read in _READ_AS.items()]
_BESIDE = len(Decided._fields)
"""Where in a Recorded begins what a Decided has not."""


def decided(source: "Source", tool_ids: Collection[int]) -> list[Decided]:
    """Verdicts on these tools that were not taken back, in their undo window too; newest number first."""
    return [_decided(row) for row in rows(source, _DECIDED, tool_ids)]


def recorded(source: "Source", number: int) -> Recorded | None:
    """The verdict of a number that was not taken back, in its undo window too."""
    return next((_recorded(row) for row in rows(source, _RECORDED + "number = ?", number)), None)


def recorded_of(source: "Source", tool_ids: Collection[int], *, now: datetime) -> list[Recorded]:
    """Verdicts on these tools that have gone out and were not taken back, newest number first."""
    which = "tool_id IN (??) AND published_at <= ? ORDER BY number DESC"
    return [_recorded(row) for row in rows(source, _RECORDED + which, tool_ids, now)]


def whole(source: "Source", verdict_ids: Collection[int]) -> dict[int, Whole]:
    """By id."""
    return {
        row[0]: Whole(_decided(row[:-3]), Named(*row[-3:-1]), unpacked(row[-1]))
        for row in rows(source, _WHOLE, verdict_ids)
    }


def as_rulings(
    source: "Source",
    found: "Sequence[tables.Verdict | Decided | Recorded]",
    *,
    slugs: Mapping[int, str],
    now: datetime | None = None,
) -> list[Ruling]:
    """The rows as the rules see them, in their order, with conditions, marks and supersessions.

    `slugs` are those of their tools. With `now`, what is on record has happened by now, even where the clock was set
    back since, and a successor that has not gone out yet is none.
    """
    ids = [row.id for row in found if row.id is not None]
    if not ids:
        return []
    conditions, befell = _conditions(source, ids), marks(source, ids, now)
    names, starts = _supersessions(source, ids, now)
    return [
        Ruling(
            verdict=as_verdict(row, conditions.get(verdict_id, ()), slugs[row.tool_id], names[verdict_id]),
            marks=tuple(befell.get(verdict_id, ())),
            superseded_at=starts.get(verdict_id),
        )
        for verdict_id, row in zip(ids, found, strict=True)
    ]


def superseded_at(source: "Source", verdict_ids: Collection[int], now: datetime) -> dict[int, datetime]:
    """Verdict id -> when its earliest successor starts that has gone out and was not taken back."""
    return _supersessions(source, verdict_ids, now)[1]


def marks(
    source: "Source", verdict_ids: Collection[int], now: datetime | None = None
) -> dict[int, list[Mark]]:
    """Verdict id -> what befell it, in the order in which it was recorded; with `now`, by now at the latest."""
    found: dict[int, list[Mark]] = defaultdict(list)
    for verdict_id, action, at, actor, actor_id, after in rows(source, _MARKS, verdict_ids, [*MARK_ACTIONS]):
        mark = as_mark(action, moment(at), actor, actor_id, unpacked(after))
        found[verdict_id].append(mark if now is None else replace(mark, at=min(mark.at, now)))
    return found


def as_mark(action: str, at: datetime, actor: str, actor_id: int | None, after: Mapping[str, Any]) -> Mark:
    """The mark that an event tells; an imported one bears the moment of the registry it comes from."""
    effective_on = after.get("effective_on")
    return Mark(
        kind=MARK_ACTIONS[action],
        at=datetime.fromisoformat(after["at"]) if after.get("at") else at,
        by=after.get("by") or actor,
        reason=after.get("reason", ""),
        replacement=after.get("replacement", ""),
        effective_on=date.fromisoformat(effective_on) if effective_on else None,
        details=after.get("details") or {},
        by_id=None if after.get("by") else actor_id,
        for_id=after.get("for"),
    )


def as_verdict(
    row: "tables.Verdict | Decided | Recorded",
    conditions: Iterable[Condition],
    tool: str,
    supersedes: Iterable[int],
) -> Verdict:
    """`tool` is the tool's slug, `supersedes` the numbers that it names."""
    return Verdict(
        number=row.number,
        tool=tool,
        outcome=row.outcome,
        scope=Scope(
            edition=row.edition,
            offices=frozenset(row.offices),
            versions=row.versions,
            deployment=row.deployment,
            data_ceiling=row.data_ceiling,
            accounts=frozenset(row.accounts),
            audience=frozenset(row.audience),
        ),
        conditions=tuple(conditions),
        rationale=row.rationale,
        alternatives=tuple(row.alternatives),
        reason_code=row.reason_code,
        citation=row.citation,
        pilot=Pilot(**row.pilot) if row.pilot else None,
        decided_by=row.decided_by,
        decided_for=row.decided_for,
        decided_at=row.decided_at,
        starts_at=row.starts_at,
        valid_until=row.valid_until,
        supersedes=tuple(sorted(supersedes)),
        imported=row.imported,
        notes=tuple(row.notes),
    )


def _recorded(row: Sequence[Any]) -> Recorded:
    evaluation_id, decided_by_id, reference, alone, recommended, step_reason, assessment = row[_BESIDE:]
    return Recorded(
        *_decided(row[:_BESIDE]),
        evaluation_id,
        decided_by_id,
        reference,
        alone and Alone(alone),
        recommended and Outcome(recommended),
        step_reason,
        unpacked(assessment),
    )


def _decided(row: Iterable[Any]) -> Decided:
    told = list(row)
    for place, read in _PLACES:
        told[place] = read(told[place])
    return Decided(*told)


def _conditions(source: "Source", verdict_ids: Collection[int]) -> dict[int, list[Condition]]:
    found: dict[int, list[Condition]] = defaultdict(list)
    for row in rows(source, _CONDITIONS, verdict_ids):
        verdict_id, text, kind, duty, checked, mitigates, standing, due_on, wording_id, *later = row
        met_on, waived_reason, evidence = later
        found[verdict_id].append(
            Condition(
                text=text,
                kind=ConditionKind(kind),
                duty=duty and Duty(duty),
                check=checked and Check(checked),
                mitigates=frozenset(mitigates.split()),
                standing=bool(standing),
                due_on=day_or_none(due_on),
                wording_id=wording_id,
                met_on=day_or_none(met_on),
                waived_reason=waived_reason,
                evidence=evidence,
            )
        )
    return found


def _supersessions(
    source: "Source", verdict_ids: Collection[int], now: datetime | None
) -> tuple[defaultdict[int, list[int]], dict[int, datetime]]:
    """Verdict id -> the numbers that it supersedes, and verdict id -> when its earliest standing successor starts.

    With `now`, one in its undo window is no successor yet.
    """
    names: defaultdict[int, list[int]] = defaultdict(list)
    starts: dict[int, datetime] = {}
    for verdict_id, superseded_id, number, starts_at, published_at, undone_at in rows(
        source, _TIES, verdict_ids, verdict_ids
    ):
        names[verdict_id].append(number)
        if undone_at is None and (now is None or moment(published_at) <= now):
            begins = moment(starts_at)
            starts[superseded_id] = min(starts.get(superseded_id, begins), begins)
    return names, starts


def next_moment(source: "Source", *, now: datetime) -> datetime | None:
    """The first moment after this one at which a verdict or a notice goes out, or a verdict starts."""
    [found] = rows(source, _NEXT_MOMENT, now, now, now, now)
    return min((each for each in map(moment_or_none, found) if each is not None), default=None)


def turned(source: "Source", *, after: datetime, until: datetime) -> set[int]:
    """Ids of the tools about which such a moment came after the one and not after the other."""
    return {tool_id for (tool_id,) in rows(source, _TURNED, *[after, until] * 5)}


_DECIDED = f"""
SELECT {", ".join(Decided._fields)} FROM verdict
WHERE undone_at IS NULL AND tool_id IN (??) ORDER BY number DESC
"""  # noqa: S608 - names of columns
_RECORDED = f"SELECT {', '.join(Recorded._fields)} FROM verdict WHERE undone_at IS NULL AND "  # noqa: S608 - the same
_WHOLE = f"""
SELECT {", ".join(f"verdict.{each}" for each in Decided._fields)}, slug, name, assessment -> 'adopted'
FROM verdict JOIN tool ON tool.id = tool_id WHERE verdict.id IN (??)
"""  # noqa: S608 - names of columns
_CONDITIONS = """
SELECT verdict_id, text, kind, duty, checked, mitigates, standing, due_on, wording_id, met_on, waived_reason, evidence
FROM verdict_condition WHERE verdict_id IN (??) ORDER BY position
"""
_MARKS = """
SELECT subject_id, action, at, actor, actor_id, after FROM event
WHERE subject_kind = 'verdict' AND subject_id IN (??) AND action IN (??) ORDER BY id
"""
_TIES = """
SELECT tie.verdict_id, tie.superseded_id, old.number, new.starts_at, new.published_at, new.undone_at
FROM supersession AS tie
JOIN verdict AS old ON old.id = tie.superseded_id
JOIN verdict AS new ON new.id = tie.verdict_id
WHERE tie.verdict_id IN (??) OR tie.superseded_id IN (??)
"""
_NEXT_MOMENT = """
SELECT (SELECT min(published_at) FROM verdict WHERE published_at > ?),
       (SELECT min(starts_at) FROM verdict WHERE starts_at > ?),
       (SELECT min(decided_at) FROM verdict WHERE decided_at > ?),
       (SELECT min(updated_at) FROM notice WHERE updated_at > ?)
"""
_TURNED = """
SELECT tool_id FROM verdict WHERE published_at > ? AND published_at <= ?
UNION SELECT tool_id FROM verdict WHERE starts_at > ? AND starts_at <= ?
UNION SELECT tool_id FROM verdict WHERE decided_at > ? AND decided_at <= ?
UNION SELECT tool_id FROM notice WHERE updated_at > ? AND updated_at <= ?
UNION SELECT old.tool_id FROM supersession AS tie
JOIN verdict AS new ON new.id = tie.verdict_id
JOIN verdict AS old ON old.id = tie.superseded_id
WHERE new.starts_at > ? AND new.starts_at <= ?
"""

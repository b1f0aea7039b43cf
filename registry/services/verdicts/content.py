"""What a verdict said when it was published, as two hashes that its event in the log bears; whether it still says so.

`content` is over what everybody may read, so that an outsider can hold a verdict against the log; `inner` over the
rest. The event itself names the tool and the numbers that the verdict supersedes, in words.
What may change later, such as whether a condition was met, is in neither: events of their own tell it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from enum import Enum
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from registry.domain.log_line import moment
from registry.domain.values import dataclass
from registry.services.people.accounts import ERASED
from registry.store import verdicts
from registry.store.log import Line

FIELDS = (
    *("number", "uid", "outcome", "edition", "versions", "deployment", "data_ceiling", "accounts", "offices"),
    *(
        "audience",
        "rationale",
        "reason_code",
        "citation",
        "alternatives",
        "pilot",
        "decided_at",
        "published_at",
    ),
    *("starts_at", "valid_until", "imported", "reference", "notes", "alone", "recommended", "step_reason"),
)
OF_CONDITION = ("position", "text", "kind", "duty", "checked", "mitigates", "standing", "due_on")
INNER_BEFORE = ("tool_id", "evaluation_id", "decided_by_id", "internal_note", "assessment")
"""What `inner` was over at first, and of verdicts of our own making alone."""
INNER = (*INNER_BEFORE, "decided_by")
FOR_ANOTHER = ("decided_for_id", "decided_for")
"""Of a verdict by an approver's deputy as well."""
PUBLISHED = frozenset({"verdict.published", "verdict.imported"})
ACTIONS = PUBLISHED | {"verdict.undone", "condition.met", "condition.waived", "condition.reopened"}
OPEN = {"met_on": None, "waived_reason": "", "evidence": ""}
"""The state of a condition that nothing befell."""
LEFT_OUT = {"imported": False, "alone": None, "recommended": None, "step_reason": ""}
"""What the column has where nothing is said."""
AT_ONCE = 2_000


def told(verdict: Mapping[str, Any], conditions: Sequence[Mapping[str, Any]]) -> str:
    """What everybody may read, as JSON of one form: keys in order, ASCII, no spaces. The order of conditions counts."""
    values = {name: verdict.get(name, LEFT_OUT.get(name)) for name in FIELDS}
    values["conditions"] = [{name: each.get(name) for name in OF_CONDITION} for each in conditions]
    return _json(values)


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def hashes(session: Session, verdict_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Id -> `content` and `inner` of verdicts that are stored."""
    return {of: hashes_of(row, conditions) for of, row, conditions in verdicts.columns(session, verdict_ids)}


def hashes_of(verdict: Mapping[str, Any], conditions: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {"content": hash_of(told(verdict, conditions)), "inner": _inner(verdict)}


def settled(conditions: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Position -> what became of it, JSON-ready, of conditions that came with a state from elsewhere."""
    states = {str(each["position"]): _state(each) for each in conditions}
    return {position: state for position, state in states.items() if state != OPEN}


def text_of(session: Session, verdict_id: int) -> str:
    """What `content` is the hash of."""
    return next(told(row, conditions) for _, row, conditions in verdicts.columns(session, [verdict_id]))


@dataclass
class Said:
    """What the log tells of verdicts."""

    published: dict[int, "Published"] = field(default_factory=dict)
    """By the verdict's id."""
    undone: set[int] = field(default_factory=set)
    states: dict[tuple[int, int], dict[str, Any] | None] = field(default_factory=dict)
    """Verdict id and position -> what became of the condition, if anything; None where an old event says less."""

    def hear(self, line: Line) -> None:
        of, after = line.subject_id, json.loads(line.after)
        if line.action == "verdict.undone":
            self.undone.add(of)
        elif line.action in PUBLISHED:
            self.published[of] = Published(
                line.number,
                after.get("content", ""),
                after.get("inner", ""),
                after.get("tool"),
                None if after.get("supersedes") is None else tuple(sorted(set(after["supersedes"]))),
                line.actor if line.actor_id is not None and not after.get("imported") else None,
                not after.get("imported") or "settled" in after,
            )
            for position, state in after.get("settled", {}).items():
                self.states[of, int(position)] = state
        else:
            self._settle(line.action, (of, after.get("position", 0)), after)

    def _settle(self, action: str, condition: tuple[int, int], after: Mapping[str, Any]) -> None:
        if action == "condition.reopened":
            self.states[condition] = dict(OPEN)
        elif (state := self.states.setdefault(condition, dict(OPEN))) is None:
            return
        elif action == "condition.waived" and "reason" in after:
            state["waived_reason"] = after["reason"]
        elif action == "condition.met" and "evidence" in after:
            state |= {name: after[name] for name in ("met_on", "evidence")}
        else:
            self.states[condition] = None


class Published(NamedTuple):
    """What the event tells by which a verdict was published; older ones tell less."""

    number: int
    content: str
    inner: str
    tool: str | None
    supersedes: tuple[int, ...] | None
    by: str | None
    """Who decided; None for what was imported."""
    from_open: bool
    """Whether every state of its conditions can be told from the log."""


def otherwise(session: Session, said: Said) -> Iterator[tuple[int | None, str]]:
    """Where the verdicts are not what the log tells of them: the number in the log, and a sentence."""
    ids = verdicts.ids(session)
    for verdict_id in sorted(said.published.keys() - set(ids)):
        number = said.published[verdict_id].number
        yield number, f"The verdict that number {number} published is gone."
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        slugs, superseded = verdicts.slugs_of(session, part), verdicts.superseded_by(session, part)
        for of, row, conditions in _readable(session, part):
            published = said.published.get(of)
            if row is None:
                yield (
                    published and published.number,
                    f"The verdict with the id {of} cannot be read: a column holds what it never does.",
                )
                continue
            called = f"Verdict {row['number']}"
            if published is None:
                yield None, f"{called} is not in the log: it was put in past it."
                continue
            for sentence in _differs(
                published, called, row, conditions, slugs.get(of), superseded.get(of, ())
            ):
                yield published.number, sentence
            if (row["undone_at"] is not None) != (of in said.undone):
                yield published.number, f"{called} is taken back, or is not, otherwise than the log tells."
            for each in conditions if published.from_open else ():
                state = said.states.get((of, each["position"]), OPEN)
                if state is not None and state != _state(each):
                    yield (
                        published.number,
                        f"Condition {each['position']} of {called.lower()} is met, waived or open otherwise than the "
                        "log tells.",
                    )


def _differs(
    published: Published,
    called: str,
    row: Mapping[str, Any],
    conditions: Sequence[Mapping[str, Any]],
    slug: str | None,
    supersedes: Sequence[int],
) -> Iterator[str]:
    number = published.number
    if published.content and published.content != hash_of(told(row, conditions)):
        yield f"{called} does not say any more what number {number} published."
    elif published.tool is not None and published.tool != slug:
        yield f"{called} is on “{slug}”, but number {number} published it on “{published.tool}”."
    elif published.by is not None and row["decided_by"] != published.by != ERASED:
        yield f"{called} names “{row['decided_by']}” as who decided, but number {number} is by “{published.by}”."
    elif published.inner and published.inner not in (_inner(row), _inner(row, INNER_BEFORE)):
        yield (
            f"{called} is of another tool, assessment, note or person than when number {number} published it."
        )
    if published.supersedes is not None and published.supersedes != tuple(supersedes):
        yield f"{called} supersedes other verdicts than number {number} says."


def _readable(
    session: Session, verdict_ids: Sequence[int]
) -> Iterator[tuple[int, Mapping[str, Any] | None, Sequence[Mapping[str, Any]]]]:
    """As the store gives them; without a row where a column holds what none of its kind can be."""
    try:
        yield from list(verdicts.columns(session, verdict_ids))
    except (LookupError, TypeError, ValueError, DBAPIError):
        if len(verdict_ids) == 1:
            yield verdict_ids[0], None, ()
            return
        for each in verdict_ids:
            yield from _readable(session, [each])


def _inner(row: Mapping[str, Any], names: Sequence[str] = INNER) -> str:
    if row.get("decided_for") or row.get("decided_for_id") is not None:
        names = (*names, *FOR_ANOTHER)
    return hash_of(_json({name: row.get(name, "" if name == "internal_note" else None) for name in names}))


def _state(condition: Mapping[str, Any]) -> dict[str, Any]:
    return {name: condition[name] for name in OPEN} | {
        "met_on": condition["met_on"] and condition["met_on"].isoformat()
    }


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):  # of SQLite, which takes anything in any column
        return value.hex()
    raise TypeError(f"no plain value of {type(value).__name__}")

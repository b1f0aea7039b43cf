"""What a verdict said when it was published, as two hashes that its event in the log bears; whether it still says so.

`content` is over what everybody may read, so that an outsider can hold a verdict against the log; `inner` over the
rest.
What may change later, such as whether a condition was met, is in neither: events of their own tell it.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from hashlib import sha256
from typing import Any

from sqlalchemy import inspect
from sqlmodel import Session, select

from registry.domain.log_line import moment
from registry.store.tables import Verdict, VerdictCondition

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
INNER = ("tool_id", "evaluation_id", "decided_by_id", "internal_note", "assessment")
ACTIONS = frozenset({"verdict.published", "verdict.imported", "verdict.undone"})
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
    """Id -> `content` and, unless it was imported, `inner`, of verdicts that are stored."""
    return {
        of: {"content": hash_of(told(row, conditions)), **({} if row["imported"] else {"inner": _inner(row)})}
        for of, row, conditions in _stored(session, verdict_ids)
    }


def text_of(session: Session, verdict_id: int) -> str:
    """What `content` is the hash of."""
    return next(told(row, conditions) for _, row, conditions in _stored(session, [verdict_id]))


@dataclass
class Said:
    """What the log tells of verdicts."""

    published: dict[int, tuple[int, str, str]] = field(default_factory=dict)
    """Verdict id -> number in the log, content and inner, which are empty where an older event tells none."""
    undone: set[int] = field(default_factory=set)

    def hear(self, number: int, action: str, verdict_id: int, after: str) -> None:
        if action == "verdict.undone":
            self.undone.add(verdict_id)
            return
        after_it = json.loads(after)
        self.published[verdict_id] = (number, after_it.get("content", ""), after_it.get("inner", ""))


def otherwise(session: Session, said: Said) -> Iterator[tuple[int | None, str]]:
    """Where the verdicts are not what the log tells of them: the number in the log, and a sentence."""
    ids = session.exec(select(Verdict.id).order_by(Verdict.id)).all()  # type: ignore[arg-type]
    for verdict_id in sorted(said.published.keys() - set(ids)):
        number = said.published[verdict_id][0]
        yield number, f"The verdict that number {number} published is gone."
    for start in range(0, len(ids), AT_ONCE):
        part = [each for each in ids[start : start + AT_ONCE] if each is not None]
        for of, row, conditions in _stored(session, part):
            called = f"Verdict {row['number']}"
            if of not in said.published:
                yield None, f"{called} is not in the log: it was put in past it."
                continue
            number, content, inner = said.published[of]
            if content and content != hash_of(told(row, conditions)):
                yield number, f"{called} does not say any more what number {number} published."
            elif inner and inner != _inner(row):
                yield (
                    number,
                    f"{called} stands on another assessment or note than when number {number} published it.",
                )
            if (row["undone_at"] is not None) != (of in said.undone):
                yield number, f"{called} is taken back, or is not, otherwise than the log tells."


def _stored(
    session: Session, verdict_ids: Sequence[int]
) -> Iterator[tuple[int, Mapping[str, Any], Sequence[Mapping[str, Any]]]]:
    connection = session.connection()
    verdict, condition = inspect(Verdict).local_table, inspect(VerdictCondition).local_table
    of_them = condition.c.verdict_id.in_(verdict_ids)
    found = connection.execute(condition.select().where(of_them).order_by(condition.c.position))
    conditions = defaultdict(list)
    for each in found.mappings():
        conditions[each["verdict_id"]].append(dict(each))
    rows = connection.execute(verdict.select().where(verdict.c.id.in_(verdict_ids)).order_by(verdict.c.id))
    for row in rows.mappings():
        yield row["id"], dict(row), conditions[row["id"]]


def _inner(row: Mapping[str, Any]) -> str:
    return hash_of(_json({name: row[name] for name in INNER}))


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"no plain value of {type(value).__name__}")

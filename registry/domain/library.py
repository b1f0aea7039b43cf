"""The conditions that an office uses again and again, as the rules see them; keeping them is the service's."""

from datetime import date, timedelta

from registry.domain.condition import Check, Condition, ConditionKind, Duty
from registry.domain.values import dataclass

LONGEST_DAYS = 1096


@dataclass(frozen=True, kw_only=True)
class Wording:
    """One wording of a reusable condition."""

    text: str
    kind: ConditionKind = ConditionKind.OTHER
    duty: Duty | None = None
    check: Check | None = None
    mitigates: frozenset[str] = frozenset()
    standing: bool = True
    due_days: int | None = None
    """For a dated one: how many days after the decision it is due."""


def as_condition(wording: Wording, *, wording_id: int | None, on: date) -> Condition:
    """The condition as a verdict of that day would carry it."""
    return Condition(
        text=wording.text,
        kind=wording.kind,
        duty=wording.duty,
        check=wording.check,
        mitigates=wording.mitigates,
        standing=wording.standing,
        due_on=None
        if wording.standing or wording.due_days is None
        else on + timedelta(days=wording.due_days),
        wording_id=wording_id,
    )


def faults(wording: Wording, *, known: frozenset[str]) -> dict[str, str]:
    """Field -> what keeps it out of the library; `known` are the rubric's ids."""
    found = {}
    text = wording.text.strip()
    if not text:
        found["text"] = "Say what must be done."
    elif len(text) > 500:
        found["text"] = f"At most 500 characters; this has {len(text):,}."
    if wording.duty is None:
        found["duty"] = "Say who must do it."
    if wording.check is None:
        found["check"] = "Say how it is checked."
    if unknown := sorted(wording.mitigates - known):
        found["mitigates"] = f"The rubric has no {', '.join(unknown)}."
    if wording.standing and wording.due_days is not None:
        found["due_days"] = "What always holds has no day. Choose “until it is done”."
    if not wording.standing and not 1 <= (wording.due_days or 0) <= LONGEST_DAYS:
        found["due_days"] = f"Give the days that there are to do it, 1 to {LONGEST_DAYS}."
    return found

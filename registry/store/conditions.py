"""Conditions between rule and row, alike for those that are proposed and those that a verdict carries."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from registry.domain.condition import Condition
from registry.store.tables import ProposedCondition, VerdictCondition


def columns_of(condition: Condition) -> dict[str, Any]:
    """What both tables hold of a condition, by column."""
    return {
        "text": condition.text.strip(),
        "kind": condition.kind,
        "duty": condition.duty,
        "checked": condition.check,
        "mitigates": " ".join(sorted(condition.mitigates)),
        "standing": condition.standing,
        "due_on": condition.due_on,
        "wording_id": condition.wording_id,
    }


def rows_of(verdict_id: int, conditions: Sequence[Condition]) -> list[VerdictCondition]:
    """A verdict's conditions as rows, numbered from 1 in their order."""
    return [VerdictCondition(**each) for each in values_of(verdict_id, conditions)]


def values_of(verdict_id: int, conditions: Sequence[Condition]) -> list[dict[str, Any]]:
    """The same as values by column, to be written at one go with others."""
    return [
        {
            "verdict_id": verdict_id,
            "position": position,
            "met_on": each.met_on,
            "waived_reason": each.waived_reason,
            "evidence": each.evidence,
            **columns_of(each),
        }
        for position, each in enumerate(conditions, start=1)
    ]


def as_condition(row: ProposedCondition | VerdictCondition) -> Condition:
    said = Condition(
        text=row.text,
        kind=row.kind,
        duty=row.duty,
        check=row.checked,
        mitigates=frozenset(row.mitigates.split()),
        standing=row.standing,
        due_on=row.due_on,
        wording_id=row.wording_id,
    )
    if isinstance(row, VerdictCondition):
        return replace(said, met_on=row.met_on, waived_reason=row.waived_reason, evidence=row.evidence)
    return said

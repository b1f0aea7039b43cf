"""A condition that says less than the scope allows is told, whatever way round it says so."""

import pytest

from registry.domain.condition import Condition, ConditionKind
from registry.domain.contradiction import contradictions
from registry.domain.verdict import Scope

CLASSES = ("public", "internal", "sensitive", "regulated")


def permits(text: str, ceiling: str | None, kind: ConditionKind = ConditionKind.DATA_CEILING) -> list[str]:
    return [
        told for _, told in contradictions([Condition(text, kind=kind)], Scope(data_ceiling=ceiling), CLASSES)
    ]


@pytest.mark.parametrize(
    ("text", "ceiling", "told"),
    [
        ("Enter only public information.", "internal", ["public"]),
        ("Enter only public information.", "public", []),
        ("Enter only public information.", None, ["public"]),  # no ceiling allows every class
        ("Public and internal information only.", "internal", []),
        ("Public and internal information only.", "regulated", ["internal"]),
        ("Never enter sensitive or regulated information.", "sensitive", ["internal"]),
        ("Never enter sensitive or regulated information.", "internal", []),
        ("Do not enter public information.", "public", [""]),  # then nothing may be entered at all
        ("Enter nothing that names a citizen.", "regulated", []),  # it names no class
        ("Publicly known facts only.", "internal", []),  # another word than the class
    ],
)
def test_a_data_ceiling_below_the_scope_is_told(text: str, ceiling: str | None, told: list[str]) -> None:
    assert permits(text, ceiling) == told


def test_a_condition_of_another_kind_is_not_read_for_classes() -> None:
    assert permits("Keep a public log.", "internal", ConditionKind.RECORDS_CAPTURE) == []

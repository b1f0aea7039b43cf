from dataclasses import replace
from datetime import date

import pytest

from registry.domain.condition import Condition, ConditionKind
from registry.domain.outcome import Outcome
from registry.domain.succession import Change, changes
from registry.domain.verdict import Verdict
from tests.domain.verdict_builders import a_verdict


def bound(text: str) -> Condition:
    return Condition(text=text, kind=ConditionKind.DATA_CEILING, standing=True)


OLD: Verdict = a_verdict(
    outcome=Outcome.APPROVED_WITH_CONDITIONS,
    data_ceiling="public",
    offices={"hq", "field"},
    conditions=(
        bound("Enter only public information."),
        bound("Delete recordings after 30 days."),
        bound("Ask first."),
    ),
    valid_until=date(2026, 11, 3),
)


def test_the_same_again_changes_nothing() -> None:
    assert changes(OLD, OLD) == []
    assert changes(OLD, replace(OLD, number=9, rationale="Otherwise.", conditions=OLD.conditions[::-1])) == []


@pytest.mark.parametrize(
    ("given", "change"),
    [
        ({"outcome": Outcome.REJECTED}, Change("outcome", "approved_with_conditions", "rejected")),
        ({"valid_until": None}, Change("valid_until", date(2026, 11, 3), None)),
        (
            {"scope": replace(OLD.scope, data_ceiling="internal")},
            Change("data_ceiling", "public", "internal"),
        ),
        ({"scope": replace(OLD.scope, data_ceiling=None)}, Change("data_ceiling", "public", None)),
        ({"scope": replace(OLD.scope, offices=frozenset({"hq"}))}, Change("offices", "field, hq", "hq")),
        ({"scope": replace(OLD.scope, edition="Business")}, Change("edition", None, "Business")),
    ],
)
def test_it_says_from_what_to_what(given: dict[str, object], change: Change) -> None:
    assert changes(OLD, replace(OLD, **given)) == [change]  # type: ignore[arg-type]


def test_conditions_are_added_removed_or_reworded() -> None:
    new = (
        bound("Delete recordings after 14 days."),
        bound("Enter only public information."),
        bound("Sign in with your work account."),
    )
    assert changes(OLD, replace(OLD, conditions=new)) == [
        Change("condition", "Delete recordings after 30 days.", "Delete recordings after 14 days."),
        Change("condition", None, "Sign in with your work account."),
        Change("condition", "Ask first.", None),
    ]


def test_one_condition_is_reworded_into_one_alone() -> None:
    new = (bound("Delete recordings after 14 days."), bound("Delete recordings after 31 days."))
    found = changes(
        replace(OLD, conditions=(bound("Delete recordings after 30 days."),)), replace(OLD, conditions=new)
    )
    assert [each.before for each in found] == [None, "Delete recordings after 30 days."]

"""Two versions side by side: every kind of difference is told, and cases are weighed anew by both."""

import pytest

from registry.domain.comparison import (
    Case,
    Rules,
    Sort,
    cell_changes,
    effect,
    row_differences,
    rubric_differences,
    unanswered,
)
from registry.domain.condition import Check, Condition, Duty
from registry.domain.decision_table import DecisionTable, parse_decision_table
from registry.domain.outcome import Outcome
from registry.domain.rubric import KnockOutAnswer, Rating, Rubric, parse_rubric
from registry.services.rubrics.rubric_files import SUPPLIED

RUBRIC = (SUPPLIED / "technology-1.toml").read_text()
TABLE = (SUPPLIED / "decision-1.toml").read_text()
R13 = """
[criteria.R13]
side = "risk"
name = "Energy"
question = "What does it use?"
weight = 4
ordinary_guidance = "Switch it off."
anchors.0 = "a"
anchors.1 = "b"
anchors.2 = "c"
anchors.3 = "d"
anchors.4 = "e"
"""


def rubric(*changes: tuple[str, str], more: str = "") -> Rubric:
    text = RUBRIC
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return parse_rubric((text + more).encode())


def table(*changes: tuple[str, str]) -> DecisionTable:
    text = TABLE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return parse_decision_table(text.encode())


WITH_R13 = rubric(("weight = 14", "weight = 10"), more=R13)
WITHOUT_R12 = rubric(
    (RUBRIC[RUBRIC.index("[criteria.R12]") : RUBRIC.index("[criteria.F1]")], ""),
    ("weight = 14", "weight = 17"),
)


def a_case(risk: str = "1", fit: str = "4", conditions: tuple[Condition, ...] = (), **ratings: str) -> Case:
    given = {
        each.id: Rating(ratings.get(each.id, fit if each.id.startswith("F") else risk))
        for each in rubric().criteria
    }
    return Case(given, {each.id: KnockOutAnswer.NO for each in rubric().knock_outs}, conditions)


def told(before: Rubric, after: Rubric) -> list[tuple[Sort, str, list[tuple[str, str, str]]]]:
    return [
        (each.sort, each.what, [(detail.label, detail.before, detail.after) for detail in each.details])
        for each in rubric_differences(before, after)
    ]


def test_what_is_the_same_differs_in_nothing():
    assert rubric_differences(rubric(), rubric()) == ()
    assert row_differences(table(), table()) == cell_changes(table(), table()) == ()


def test_an_added_criterion_says_all_of_itself_and_whose_weight_it_took():
    weight, added = told(rubric(), WITH_R13)
    assert weight == (Sort.CHANGED, "R1 Privacy", [("Weight", "14", "10")])
    assert added[:2] == (Sort.ADDED, "R13 Energy")
    assert ("Question", "", "What does it use?") in added[2]
    assert ("What 4 means", "", "e") in added[2]


def test_a_removed_criterion_is_named():
    assert (Sort.REMOVED, "R12 Artificial intelligence", []) in told(rubric(), WITHOUT_R12)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('name = "Privacy"', 'name = "Data"', (Sort.CHANGED, "R1 Data", [("Name", "R1 Privacy", "R1 Data")])),
        (
            "It sells personal data or builds profiles",
            "It builds profiles",
            "What 4 means",
        ),
        ("What personal data does it take", "Which data does it take", "Question"),
        ("quick_no = true\n\n[knock_outs.K2]", "\n[knock_outs.K2]", "Allows a no on the same day"),
        ("forbids = true\n", "", "Forbids the tool"),
        ("reopens_after_days = 180", "reopens_after_days = 90", "Opens the case again"),
        ("Is it without a privacy policy?", "Has it no privacy policy?", "Question"),
        ("may_not_apply = true\n", "", "May be not applicable"),
        ('title = "Technology rubric, version 1"', 'title = "Ours"', "Title"),
    ],
)
def test_each_change_is_told_with_before_and_after(old: str, new: str, expected: object):
    (found,) = told(rubric(), rubric((old, new)))
    assert found == expected if isinstance(expected, tuple) else [each[0] for each in found[2]] == [expected]


def test_a_new_question_that_nobody_was_asked_counts_as_unknown_and_is_named_as_the_cause():
    case = a_case()
    found = effect(case, Rules(rubric(), table()), Rules(WITH_R13, table()))
    assert unanswered(case, WITH_R13) == ("R13",)
    assert (found.before.outcome, found.after.outcome) == (Outcome.APPROVED, Outcome.REJECTED)
    assert found.unanswered == ("R13",)
    assert found.only_unanswered
    assert found.stricter
    assert "Risk is moderate: R13 (energy) is unknown, which counts as 3. It was low." in found.causes
    assert found.causes[-1].endswith("It was row 8.")


def test_a_case_that_changes_for_another_reason_too_is_not_put_down_to_the_new_question():
    case = a_case(fit="2", F1="1", F2="1", F3="3", F4="3", F5="3", F6="3", F7="3", F8="3")
    light = rubric(
        ('weight = 25\nanchors.0 = "It serves', 'weight = 60\nanchors.0 = "It serves'),
        ("weight = 15", "weight = 2"),
        ('weight = 10\nanchors.0 = "Nothing, or', 'weight = 2\nanchors.0 = "Nothing, or'),
        ('weight = 12\nanchors.0 = "More', 'weight = 4\nanchors.0 = "More'),
        ('weight = 12\nanchors.0 = "So much', 'weight = 4\nanchors.0 = "So much'),
        ('weight = 10\nanchors.0 = "It does not run', 'weight = 12\nanchors.0 = "It does not run'),
        ("weight = 14", "weight = 10"),
        more=R13,
    )
    found = effect(case, Rules(rubric(), table()), Rules(light, table()))
    assert found.changes
    assert not found.only_unanswered


def test_a_question_that_is_asked_no_more_is_left_out():
    found = effect(a_case(R12="4"), Rules(rubric(), table()), Rules(WITHOUT_R12, table()))
    assert (found.before.outcome, found.after.outcome) == (Outcome.REJECTED, Outcome.APPROVED)
    assert not found.unanswered
    assert not found.only_unanswered


def test_not_applicable_where_the_new_rubric_has_none_is_no_answer():
    always = rubric(("may_not_apply = true\n", ""))
    assert unanswered(a_case(R12="NA"), always) == ("R12",)
    assert unanswered(a_case(R12="NA"), rubric()) == ()


def test_conditions_of_the_verdict_cover_as_they_did():
    cover = Condition(
        "Only public data.", duty=Duty.USER, check=Check.EVIDENCE, standing=True, mitigates=frozenset({"R5"})
    )
    found = effect(a_case(R5="3", conditions=(cover,)), Rules(rubric(), table()), Rules(rubric(), table()))
    assert found.after.outcome is Outcome.APPROVED_WITH_CONDITIONS
    assert not found.changes
    assert found.causes == ()


def test_a_changed_outcome_of_a_row_shows_in_its_cells_and_in_the_cases():
    stricter = table(('outcome = "pilot"', 'outcome = "rejected"'))
    (row,) = row_differences(table(), stricter)
    assert (row.what, row.details[0].before, row.details[0].after) == (
        "Risk high, fit strong, mitigation full",
        "pilot",
        "rejected",
    )
    (cell,) = cell_changes(table(), stricter)
    assert [str(each) for each in cell.cell] == ["high", "strong", "full"]
    found = effect(
        a_case(
            **dict.fromkeys(("R1", "R2", "R3"), "3"),
            conditions=tuple(
                Condition(
                    "x", duty=Duty.USER, check=Check.EVIDENCE, standing=True, mitigates=frozenset({each})
                )
                for each in ("R1", "R2", "R3")
            ),
        ),
        Rules(rubric(), table()),
        Rules(rubric(), stricter),
    )
    assert (found.before.outcome, found.after.outcome) == (Outcome.PILOT, Outcome.REJECTED)
    assert len(found.causes) == 1


def test_an_inserted_row_is_added_and_the_ones_below_it_do_not_count_as_changed():
    new = table(
        (
            '[[rows]]\nrisk = "moderate"\nfit = "any"',
            '[[rows]]\nrisk = "moderate"\nfit = "adequate"\nmitigation = "partial"\noutcome = "rejected"\n\n'
            '[[rows]]\nrisk = "moderate"\nfit = "any"',
        )
    )
    assert [(each.sort, each.what) for each in row_differences(table(), new)] == [
        (Sort.ADDED, "Risk moderate, fit adequate, mitigation partial")
    ]
    assert cell_changes(table(), new) == ()

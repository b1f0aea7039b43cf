"""What is recommended, what is within reach, what would flip it and why."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain.assessment import NOT_MODERATED, Moderated, assess
from registry.domain.decision_table import Mitigation, with_outcomes
from registry.domain.outcome import STRICTNESS, Outcome
from registry.domain.recommendation import explain, flips, reachable, recommend
from registry.domain.rubric import KnockOutAnswer, Rating
from tests.builders_domain import a_cover, a_scorecard, the_decision_table, the_rubric
from tests.walks_domain import Case, random_case, worsened


def recommended(*conditions, **card):
    return recommend(assess(the_rubric(), [a_scorecard(**card)], conditions), the_decision_table())


def within_reach(*conditions, **card):
    return reachable(the_rubric(), [a_scorecard(**card)], conditions, NOT_MODERATED, the_decision_table())


def flipped(*conditions, moderated=NOT_MODERATED, **card):
    return flips(the_rubric(), [a_scorecard(**card)], conditions, moderated, the_decision_table())


def told(*conditions, **card):
    assessment = assess(the_rubric(), [a_scorecard(**card)], conditions)
    return explain(the_rubric(), assessment, recommend(assessment, the_decision_table()))


@pytest.mark.parametrize(
    ("conditions", "card", "row", "outcome"),
    [
        ((), {"knocked_out": "K1"}, 1, Outcome.PROHIBITED),
        ((), {"knocked_out": "K9"}, 2, Outcome.REJECTED),
        ((a_cover("R2"),), {"R2": 4}, 2, Outcome.REJECTED),
        ((a_cover("R1", "R2", "R3"),), {"R1": 3, "R2": 3, "R3": 3}, 3, Outcome.PILOT),
        ((a_cover("R1", "R2"),), {"R1": 3, "R2": 3, "R3": 3}, 4, Outcome.REJECTED),
        ((a_cover("R1", "R2", "R3"),), {"R1": 3, "R2": 3, "R3": 3, "all_fits": 2}, 4, Outcome.REJECTED),
        ((a_cover("R2"),), {"R2": 3, "all_fits": 2}, 5, Outcome.APPROVED_WITH_CONDITIONS),
        ((a_cover("R2", complete=False),), {"R2": 3}, 6, Outcome.PILOT),
        ((), {"R2": 3}, 7, Outcome.REJECTED),
        ((a_cover("R2"),), {"R2": 3, "all_fits": 1}, 7, Outcome.REJECTED),
        ((), {"all_fits": 2}, 8, Outcome.APPROVED),
        ((), {"all_fits": 1}, 9, Outcome.APPROVED_WITH_CONDITIONS),
    ],
)
def test_the_recommendation_names_its_row(conditions, card, row, outcome):
    result = recommended(*conditions, **card)
    assert (result.row.number, result.outcome) == (row, outcome)
    assert result.note == the_decision_table().rows[row - 1].note


def test_a_harmless_tool_of_little_use_may_be_used_without_support_and_without_spending():
    result = recommended(all_fits=1)
    assert len(result.preset_conditions) == 2
    assert all(each.standing and each.complete for each in result.conditions)


def test_a_conditional_approval_through_five_2s_alone_has_their_guidance_as_conditions():
    result = recommended(all_risks=2)
    assert result.outcome is Outcome.APPROVED_WITH_CONDITIONS
    assert result.preset_conditions == tuple(each.ordinary_guidance for each in the_rubric().risks)


def test_a_rejection_brings_no_ordinary_guidance():
    assert recommended(all_risks=2, all_fits=0).preset_conditions == ()


def test_an_office_with_its_own_outcomes_gets_its_own_recommendation():
    office = with_outcomes(the_decision_table(), {6: Outcome.REJECTED})
    drafted = assess(the_rubric(), [a_scorecard(R2=3)], [a_cover("R2", complete=False)])
    assert recommend(drafted, the_decision_table()).outcome is Outcome.PILOT
    assert recommend(drafted, office).outcome is Outcome.REJECTED


def test_the_best_within_reach_is_what_complete_conditions_would_give():
    assert recommended(R2=3).outcome is Outcome.REJECTED
    assert within_reach(R2=3).outcome is Outcome.APPROVED_WITH_CONDITIONS
    assert within_reach(R1=3, R2="U", unknown="K5").outcome is Outcome.PILOT


def test_no_condition_reaches_past_a_4_or_a_knock_out():
    assert within_reach(R2=4, R1=3).outcome is Outcome.REJECTED
    assert within_reach(knocked_out="K1").outcome is Outcome.PROHIBITED


# --- flips


def test_one_rating_may_flip_a_plain_approval():
    first = flipped(R2=2)[0]
    assert (first.id, first.before, first.after, first.outcome, first.distance) == (
        "R2",
        Rating.TWO,
        Rating.THREE,
        Outcome.REJECTED,
        1,
    )


def test_flips_go_both_ways():
    outcomes = {each.outcome for each in flipped(a_cover("R2"), R2=3) if each.id == "R2"}
    assert outcomes == {Outcome.APPROVED, Outcome.REJECTED}


def test_the_nearest_flips_come_first():
    distances = [each.distance for each in flipped(R2=3, R7=2)]
    assert distances == sorted(distances)
    assert distances[0] == 1


def test_a_single_4_is_the_only_thing_that_can_flip_its_rejection():
    assert [(each.id, each.after, each.outcome) for each in flipped(R2=4)] == [
        ("R2", Rating.TWO, Outcome.APPROVED)
    ]
    assert [(each.id, each.after) for each in flipped(a_cover("R2"), R2=4)] == [("R2", Rating.THREE)]


def test_two_4s_leave_nothing_that_could_flip_alone():
    assert flipped(R2=4, R3=4) == ()


def test_a_fit_may_flip_it():
    near = flipped(all_fits=2)
    assert ("F1", Rating.ONE, Outcome.APPROVED_WITH_CONDITIONS) in [
        (each.id, each.after, each.outcome) for each in near
    ]


def test_a_knock_out_that_turns_out_not_to_hold_may_flip_it():
    assert [(each.id, each.before, each.after) for each in flipped(knocked_out="K2")] == [
        ("K2", KnockOutAnswer.YES, KnockOutAnswer.NO)
    ]


def test_a_flip_starts_from_the_moderated_value():
    cards = [a_scorecard("Rosa", R2=1), a_scorecard("Ravi", R2=4)]
    found = flips(the_rubric(), cards, [], Moderated(ratings={"R2": Rating.TWO}), the_decision_table())
    assert next(each for each in found if each.id == "R2").before is Rating.TWO


@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_each_flip_comes_true_when_the_only_reviewer_changes_it(random):
    case = random_case(random, the_rubric(), reviewers=1)
    card = case.scorecards[0]
    for flip in flips(the_rubric(), [card], case.conditions, NOT_MODERATED, the_decision_table()):
        changed = (
            replace(card, knock_outs={**card.knock_outs, flip.id: flip.after})
            if flip.id in card.knock_outs
            else replace(card, ratings={**card.ratings, flip.id: flip.after})
        )
        now = recommend(assess(the_rubric(), [changed], case.conditions), the_decision_table())
        assert now.outcome is flip.outcome


# --- in words


def test_it_is_explained_in_four_plain_sentences():
    assert told(a_cover("R2", complete=False), R2=3) == (
        "Risk is moderate: R2 (security) is rated 3.",
        "Fit is strong: 400 of 400 points, where 200 is adequate and 300 strong.",
        "Mitigation is partial: who, check or date is missing in what covers R2 (security).",
        "Row 6 of the decision table recommends: Pilot. A strong case whose conditions are not yet complete: "
        "try it small. Name owner, size, measure and exit rule.",
    )


@pytest.mark.parametrize(
    ("conditions", "card", "sentence"),
    [
        ((), {"knocked_out": ("K1", "K2")}, "Risk is forbidden: K1 (banned by law or policy) holds."),
        (
            (),
            {"knocked_out": "K2", "R2": 4},
            "Risk is extreme: K2 (no privacy policy) holds; R2 (security) is rated 4.",
        ),
        ((), {"R2": "U"}, "Risk is moderate: R2 (security) is unknown, which counts as 3."),
        ((), {"unknown": "K5"}, "Risk is moderate: K5 (records cannot be got out) is unknown."),
        ((), {}, "Risk is low: nothing is significant or unknown, and fewer than five risks need guidance."),
        ((), {}, "Mitigation is full: nothing needs a condition that covers it."),
        ((a_cover("R2"),), {"R2": 3}, "Mitigation is full: complete conditions cover R2 (security)."),
        ((), {"R2": 3}, "Mitigation is none: no condition covers R2 (security)."),
    ],
)
def test_the_sentences_name_what_made_the_band(conditions, card, sentence):
    assert sentence in told(*conditions, **card)


def test_five_2s_are_explained_by_naming_them():
    assert told(all_risks=2)[0].startswith(
        "Risk is moderate: 12 risks are rated 2: R1 (privacy), R2 (security),"
    )


# --- never more permissive


def strictness(case: Case) -> int:
    return STRICTNESS[
        recommend(assess(the_rubric(), case.scorecards, case.conditions), the_decision_table()).outcome
    ]


@settings(max_examples=settings().max_examples ** 2 // 25)  # 25, and 400 in the long form
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_making_a_rating_an_answer_or_a_cover_worse_never_makes_the_recommendation_more_permissive(
    random, reviewers
):
    case = random_case(random, the_rubric(), reviewers=reviewers)
    for _ in range(12):
        worse = worsened(random, the_rubric(), case)
        assert strictness(worse) >= strictness(case)
        case = worse


@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_what_is_within_reach_is_never_stricter_than_what_is_drafted(random, reviewers):
    case = random_case(random, the_rubric(), reviewers=reviewers)
    best = reachable(the_rubric(), case.scorecards, case.conditions, NOT_MODERATED, the_decision_table())
    assert STRICTNESS[best.outcome] <= strictness(case)
    assert best.mitigation is Mitigation.FULL

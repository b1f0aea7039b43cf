"""How ratings are weighed: medians, knock-outs, moderation, bands and mitigation."""

from dataclasses import replace

import pytest

from registry.domain.assessment import Moderated, Scorecard, assess
from registry.domain.condition import Check, Condition, Duty
from registry.domain.decision_table import FitBand, Mitigation, RiskBand
from registry.domain.errors import NoScorecards, RatingOutOfRange, RuleBroken, UnknownCriterion
from registry.domain.rubric import KnockOutAnswer, Rating
from tests.builders_domain import FITS, KNOCK_OUTS, RISKS, a_cover, a_scorecard, the_rubric


def rated(criterion_id, *ratings, moderated=None):
    """The result of one criterion that several reviewers rated."""
    cards = [a_scorecard(f"reviewer {number}", **{criterion_id: each}) for number, each in enumerate(ratings)]
    resolved = Moderated(ratings={} if moderated is None else {criterion_id: Rating(str(moderated))})
    result = assess(the_rubric(), cards, [], resolved)
    return next(each for each in result.criteria if each.criterion_id == criterion_id)


def answered(*answers, moderated=None):
    """The result of K5, which several reviewers answered."""
    cards = [replace(a_scorecard(), knock_outs={"K5": KnockOutAnswer(each)}) for each in answers]
    resolved = Moderated(knock_outs={} if moderated is None else {"K5": KnockOutAnswer(moderated)})
    return next(each for each in assess(the_rubric(), cards, [], resolved).knock_outs if each.id == "K5")


def assessed(*conditions, **card):
    return assess(the_rubric(), [a_scorecard(**card)], conditions)


# --- medians and spread


@pytest.mark.parametrize(
    ("ratings", "median"),
    [
        ((2,), "2"),
        ((0, 1, 4), "1"),
        ((4, 0, 1), "1"),
        ((1, 3), "3"),
        ((1, 2, 3, 4), "3"),
        (("U", 3), "U"),
        (("U", 4), "4"),
        ((2, "U", 4), "U"),
        ((2, 3, "U"), "3"),
    ],
)
def test_a_risk_is_the_median_and_of_an_even_number_the_worse_one(ratings, median):
    assert rated("R2", *ratings).rating == median


@pytest.mark.parametrize(
    ("ratings", "median"),
    [
        ((3,), "3"),
        ((4, 0, 1), "1"),
        ((1, 3), "1"),
        ((4, 3, 2, 1), "2"),
        (("U", 4), "U"),
        (("U", 1), "U"),
        (("U", 0), "0"),
    ],
)
def test_a_fit_is_the_median_and_of_an_even_number_the_lower_one(ratings, median):
    assert rated("F1", *ratings).rating == median


@pytest.mark.parametrize(("ratings", "median"), [(("NA", "NA", 4), "NA"), (("NA", 0), "0"), (("NA", 3), "3")])
def test_what_does_not_apply_ranks_as_better_than_no_risk(ratings, median):
    assert rated("R12", *ratings).rating == median


@pytest.mark.parametrize(
    ("criterion_id", "ratings", "expected"),
    [
        ("R2", (2,), 0),
        ("R2", (0, 1, 4), 4),
        ("R2", ("U", 3), 0),
        ("R2", ("U", 1), 2),
        ("F1", ("U", 1), 0),
        ("F1", ("U", 4), 3),
        ("R12", ("NA", 2), 2),
    ],
)
def test_the_spread_lies_between_the_lowest_and_the_highest_number_counted(criterion_id, ratings, expected):
    assert rated(criterion_id, *ratings).spread == expected


def test_what_was_given_stands_in_the_order_of_the_scorecards():
    assert rated("R2", 3, 0, 1).given == (Rating.THREE, Rating.ZERO, Rating.ONE)


def test_a_criterion_that_nobody_rated_is_unknown_and_not_0():
    result = assessed(without=("R2", "F1"))
    assert result.rating("R2") is Rating.UNKNOWN
    assert result.rating("F1") is Rating.UNKNOWN
    assert result.needs_cover == ("R2",)


def test_a_criterion_that_one_reviewer_left_out_is_the_median_of_the_others():
    cards = [a_scorecard("Rosa", R2=2), a_scorecard("Ravi", without=("R2",))]
    assert assess(the_rubric(), cards, []).rating("R2") is Rating.TWO


# --- knock-outs


@pytest.mark.parametrize(
    ("answers", "worst"),
    [
        (("no", "no"), "no"),
        (("no", "unknown"), "unknown"),
        (("unknown", "yes"), "yes"),
        (("yes", "no", "no"), "yes"),
    ],
)
def test_of_a_knock_out_the_worst_answer_holds(answers, worst):
    assert answered(*answers).answer == worst


def test_a_knock_out_that_nobody_answered_is_unknown():
    assert assessed(without=("K5",)).answer("K5") is KnockOutAnswer.UNKNOWN


# --- moderation


def test_a_moderated_value_replaces_the_median_and_keeps_the_spread():
    result = rated("R2", 1, 4, moderated=2)
    assert (result.rating, result.spread, result.moderated) == (Rating.TWO, 3, True)


def test_a_moderated_answer_replaces_the_worst_one():
    assert answered("no", "yes", moderated="no").answer is KnockOutAnswer.NO


@pytest.mark.parametrize(
    ("criterion_id", "ratings", "moderated"),
    [
        ("R2", (1, 2), 3),
        ("R2", (1, 2), 0),
        ("R2", (3, 3), "U"),
        ("R2", ("U", 4), 3),
        ("F1", (1, 3), "U"),
        ("F1", (2, 4), 1),
        ("R12", (0, 2), "NA"),
    ],
)
def test_a_moderated_value_outside_what_was_given_is_refused(criterion_id, ratings, moderated):
    with pytest.raises(RuleBroken, match=f"{criterion_id} was moderated to {moderated}; the reviewers gave"):
        rated(criterion_id, *ratings, moderated=moderated)


@pytest.mark.parametrize(
    ("criterion_id", "ratings", "moderated"),
    [("R2", (3, 4), "U"), ("R2", (2, "U"), 3), ("F1", (0, 1), "U"), ("R12", ("NA", 2), 1)],
)
def test_a_moderated_value_may_be_any_that_ranks_between_those_given(criterion_id, ratings, moderated):
    assert rated(criterion_id, *ratings, moderated=moderated).rating == str(moderated)


@pytest.mark.parametrize(("answers", "moderated"), [(("no", "no"), "yes"), (("unknown", "yes"), "no")])
def test_a_moderated_answer_outside_what_was_given_is_refused(answers, moderated):
    with pytest.raises(RuleBroken, match=f"K5 was moderated to {moderated}"):
        answered(*answers, moderated=moderated)


def test_what_nobody_rated_cannot_be_moderated_away():
    with pytest.raises(RuleBroken, match="R2 was moderated to 1"):
        assess(the_rubric(), [a_scorecard(without=("R2",))], [], Moderated(ratings={"R2": Rating.ONE}))


# --- risk band


def test_a_ban_is_forbidden_whatever_else_holds():
    assert assessed(all_ratings=0, knocked_out="K1").risk is RiskBand.FORBIDDEN
    assert assessed(all_ratings=4, knocked_out=("K1", "K2")).risk is RiskBand.FORBIDDEN


@pytest.mark.parametrize("knock_out", KNOCK_OUTS[1:])
def test_any_other_knock_out_is_extreme_however_good_the_ratings(knock_out):
    assert assessed(all_risks=0, knocked_out=knock_out).risk is RiskBand.EXTREME


@pytest.mark.parametrize("risk", RISKS)
def test_a_single_4_is_extreme_whatever_its_weight(risk):
    assert assessed(all_risks=0, ratings={risk: 4}).risk is RiskBand.EXTREME


@pytest.mark.parametrize(
    ("card", "band"),
    [
        ({"R1": 3, "R2": 3, "R3": 3}, RiskBand.HIGH),
        ({"R1": 3, "R2": 3, "R3": "U"}, RiskBand.HIGH),
        ({"R1": 3, "R2": "U", "unknown": "K1"}, RiskBand.HIGH),
        ({"unknown": ("K1", "K2", "K3")}, RiskBand.HIGH),
        ({"all_risks": 3}, RiskBand.HIGH),
        ({"R1": 3, "R2": 3}, RiskBand.MODERATE),
        ({"R12": "U"}, RiskBand.MODERATE),
        ({"unknown": "K10"}, RiskBand.MODERATE),
        ({"R1": 2, "R2": 2, "R3": 2, "R4": 2, "R5": 2}, RiskBand.MODERATE),
        ({"all_risks": 2}, RiskBand.MODERATE),
        ({"R1": 2, "R2": 2, "R3": 2, "R4": 2}, RiskBand.LOW),
        ({"all_risks": 1}, RiskBand.LOW),
        ({"all_risks": 0, "R12": "NA"}, RiskBand.LOW),
    ],
)
def test_the_risk_band(card, band):
    assert assessed(**card).risk is band


def test_fit_ratings_do_not_touch_the_risk_band():
    assert assessed(all_fits=0).risk is RiskBand.LOW


# --- fit band


@pytest.mark.parametrize(
    ("card", "fit_sum", "band"),
    [
        ({"all_fits": 4}, 400, FitBand.STRONG),
        ({"all_fits": 3}, 300, FitBand.STRONG),
        ({"all_fits": 3, "F8": 2}, 292, FitBand.ADEQUATE),
        ({"all_fits": 2}, 200, FitBand.ADEQUATE),
        ({"all_fits": 2, "F7": 1}, 192, FitBand.WEAK),
        ({"all_fits": "U"}, 100, FitBand.WEAK),
        ({"all_fits": 0}, 0, FitBand.WEAK),
    ],
)
def test_fit_is_strong_from_three_times_the_weights_and_adequate_from_twice(card, fit_sum, band):
    result = assessed(**card)
    assert (result.fit_sum, result.fit) == (fit_sum, band)


# --- cover and mitigation


def test_each_3_each_u_and_each_unknown_knock_out_needs_cover_in_the_order_of_the_rubric():
    result = assessed(R9=3, R2="U", R1=2, unknown=("K5", "K2"), F1="U")
    assert result.needs_cover == ("R2", "R9", "K2", "K5")


def test_a_4_and_a_knock_out_that_holds_need_no_cover():
    result = assessed(R2=4, knocked_out="K2")
    assert (result.needs_cover, result.mitigation) == ((), Mitigation.FULL)


def test_mitigation_is_full_where_nothing_needs_cover():
    assert assessed().mitigation is Mitigation.FULL


def test_a_condition_with_who_check_and_date_covers_what_it_names():
    result = assessed(a_cover("R2", "K5"), R2=3, unknown="K5")
    assert (result.mitigation, result.uncovered) == (Mitigation.FULL, ())


def test_a_standing_condition_needs_no_date_to_be_complete():
    standing = Condition(
        "Public data only.",
        duty=Duty.USER,
        check=Check.SELF_ATTESTED,
        mitigates=frozenset({"R1"}),
        standing=True,
    )
    assert assessed(standing, R1=3).mitigation is Mitigation.FULL


@pytest.mark.parametrize("lack", [{"duty": None}, {"check": None}, {"due_on": None}])
def test_a_condition_that_lacks_who_check_or_date_is_incomplete(lack):
    result = assessed(replace(a_cover("R2"), **lack), R2=3)
    assert (result.mitigation, result.uncovered) == (Mitigation.PARTIAL, ("R2",))


def test_without_a_condition_that_names_it_there_is_no_mitigation():
    result = assessed(a_cover("R1"), R2=3)
    assert (result.mitigation, result.uncovered) == (Mitigation.NONE, ("R2",))


def test_mitigation_is_the_worst_cover():
    covers = (a_cover("R1"), a_cover("R2", complete=False))
    assert assessed(*covers, R1=3, R2=3).mitigation is Mitigation.PARTIAL
    result = assessed(*covers, R1=3, R2=3, R3="U")
    assert (result.mitigation, result.uncovered) == (Mitigation.NONE, ("R2", "R3"))


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_conditions_for_one_criterion_the_better_one_counts(order):
    both = (a_cover("R2"), a_cover("R2", complete=False))[::order]
    assert assessed(*both, R2=3).mitigation is Mitigation.FULL


def test_a_condition_stays_with_its_criterion_when_the_rating_changes():
    cover = a_cover("R2")
    assert assessed(cover, R2=1).mitigation is Mitigation.FULL
    assert assessed(cover, R2=3).mitigation is Mitigation.FULL


def test_a_condition_that_names_what_the_rubric_lacks_covers_nothing():
    assert assessed(a_cover("R99"), R2=3).mitigation is Mitigation.NONE


def test_five_2s_alone_bring_the_ordinary_guidance_of_each_as_standing_conditions():
    result = assessed(all_risks=0, R1=2, R3=2, R5=2, R7=2, R9=2)
    assert [each.text for each in result.guidance] == [
        the_rubric().criterion(each).ordinary_guidance for each in ("R1", "R3", "R5", "R7", "R9")
    ]
    assert all(each.standing and each.complete and each.duty is Duty.USER for each in result.guidance)


def test_a_3_beside_five_2s_brings_no_ordinary_guidance():
    assert assessed(all_risks=2, R1=3).guidance == ()


# --- what is refused


def test_without_a_scorecard_there_is_nothing_to_weigh():
    with pytest.raises(NoScorecards):
        assess(the_rubric(), [], [])


def test_a_rating_of_an_unknown_criterion_is_refused():
    with pytest.raises(UnknownCriterion):
        assessed(ratings={"R13": 1})


def test_an_answer_to_an_unknown_knock_out_is_refused():
    with pytest.raises(UnknownCriterion):
        assessed(unknown="K11")


@pytest.mark.parametrize("criterion_id", [*RISKS[:-1], *FITS])
def test_not_applicable_is_refused_where_the_rubric_does_not_say_so(criterion_id):
    with pytest.raises(RatingOutOfRange, match=criterion_id):
        assessed(ratings={criterion_id: "NA"})


def test_what_is_no_rating_is_refused():
    with pytest.raises(RatingOutOfRange):
        assess(the_rubric(), [Scorecard("Rosa", {"R1": 5}, {})], [])
    with pytest.raises(RatingOutOfRange):
        assess(the_rubric(), [Scorecard("Rosa", {}, {"K1": "perhaps"})], [])


def test_an_assessment_has_no_rating_for_what_the_rubric_does_not_ask():
    with pytest.raises(UnknownCriterion):
        assessed().rating("R13")

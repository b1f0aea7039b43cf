"""What is flagged for moderation, and how agreement on a criterion is measured."""

import pytest

from registry.domain.disagreement import DisagreementKind, agreement, disagreements, ordinal_alpha
from registry.domain.rubric import Rating, Side
from tests.builders_domain import a_scorecard, the_rubric


def flagged(rosa, ravi):
    cards = [a_scorecard("Rosa", **rosa), a_scorecard("Ravi", **ravi)]
    return {each.id: each for each in disagreements(the_rubric(), cards)}


def test_ratings_that_differ_by_2_are_flagged_with_who_gave_what():
    found = flagged({"R2": 0}, {"R2": 2})
    assert list(found) == ["R2"]
    assert found["R2"].kind is DisagreementKind.RATING
    assert found["R2"].given == {"Rosa": "0", "Ravi": "2"}
    assert found["R2"].spread == 2


def test_ratings_that_differ_by_1_are_not_flagged():
    assert flagged({"R2": 1, "F1": 4}, {"R2": 2, "F1": 3}) == {}


def test_unknown_counts_as_a_risk_of_3_and_a_fit_of_1():
    assert "R2" not in flagged({"R2": 2}, {"R2": "U"})
    assert "R2" in flagged({"R2": 1}, {"R2": "U"})
    assert "F8" in flagged({"F8": 4}, {"F8": "U"})


def test_a_knock_out_that_splits_is_flagged():
    found = flagged({}, {"unknown": "K5"})["K5"]
    assert (found.kind, found.given, found.spread) == (
        DisagreementKind.KNOCK_OUT,
        {"Rosa": "no", "Ravi": "unknown"},
        1,
    )


def test_bands_that_differ_between_reviewers_are_flagged_though_no_rating_is():
    found = flagged({"R2": 2}, {"R2": 3})
    assert list(found) == ["risk_band"]
    assert found["risk_band"].kind is DisagreementKind.BAND
    assert found["risk_band"].given == {"Rosa": "low", "Ravi": "moderate"}
    assert list(flagged({"all_fits": 3}, {"all_fits": 2})) == ["fit_band"]


def test_knock_outs_come_first_then_criteria_in_the_order_of_the_rubric_then_bands():
    found = flagged({}, {"R9": 4, "R2": 3, "F1": 0, "F2": 3, "knocked_out": "K5"})
    assert list(found) == ["K5", "R2", "R9", "F1", "risk_band", "fit_band"]


def test_one_reviewer_alone_disagrees_with_nobody():
    assert disagreements(the_rubric(), [a_scorecard()]) == ()
    assert disagreements(the_rubric(), []) == ()


# Four observers, twelve units: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C.
PUBLISHED = [
    [1, 1, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [5, 5, 5],
    [1, 1],
    [3],
]


def test_ordinal_alpha_of_the_published_example():
    assert ordinal_alpha(PUBLISHED) == pytest.approx(0.815, abs=0.0005)


def test_only_the_order_of_the_numbers_counts():
    stretched = [[10**each for each in unit] for unit in PUBLISHED]
    assert ordinal_alpha(stretched) == ordinal_alpha(PUBLISHED)


def test_full_agreement_is_1_and_systematic_disagreement_is_below_0():
    assert agreement(Side.RISK, [[Rating.ONE, Rating.ONE], [Rating.FOUR, Rating.FOUR]]) == 1
    assert (agreement(Side.RISK, [[Rating.ZERO, Rating.FOUR], [Rating.FOUR, Rating.ZERO]]) or 0) < 0


@pytest.mark.parametrize(
    "units", [[], [[Rating.ONE]], [[Rating.ONE, Rating.ONE]], [[Rating.NOT_APPLICABLE, Rating.ONE]]]
)
def test_agreement_is_undefined_without_two_ratings_that_could_have_differed(units):
    assert agreement(Side.RISK, units) is None

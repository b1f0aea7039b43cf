"""What is flagged for moderation, in which order, and in which words."""

from registry.domain.disagreement import DisagreementKind, by_severity, disagreements, dissenting, in_words
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


def test_split_knock_outs_come_first_then_the_widest_ratings_then_bands():
    cards = [a_scorecard("Rosa"), a_scorecard("Ravi", R2=3, R9=4, knocked_out="K5")]
    found = by_severity(disagreements(the_rubric(), cards))
    assert [each.id for each in found][:3] == ["K5", "R9", "R2"]
    assert found[-1].kind is DisagreementKind.BAND


def test_a_disagreement_is_told_in_words_with_its_ratings_in_order_and_no_names():
    found = flagged({"R2": 4, "R9": 0}, {"R2": 1, "R9": 2})
    assert in_words(found["R2"], "security") == "Strong disagreement on security: 1, 4"
    assert in_words(found["R9"], "selves") == "Disagreement on selves: 0, 2"


def test_who_gave_something_else_than_what_was_resolved_dissents():
    found = flagged({"R2": 1}, {"R2": 4})["R2"]
    assert [dissenting(found, value) for value in ("1", "2", "")] == [1, 2, 0]

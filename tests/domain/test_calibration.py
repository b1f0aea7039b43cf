"""How a reviewer's scores compare with agreed ones, and what counts."""

import pytest

from registry.domain.calibration import Way, calibrate, is_trained
from tests.builders_domain import the_rubric

AGREED = {"R1": "1", "R2": "3", "R3": "2", "R4": "0", "F1": "4", "K5": "no"}


def test_scores_as_agreed_are_full_agreement():
    found = calibrate(the_rubric(), AGREED, AGREED)
    assert (found.near, found.of, found.agreement, found.passed) == (5, 5, 1, True)
    assert {each.way for each in found.differences} == {Way.SAME}


@pytest.mark.parametrize(
    ("item", "given", "apart", "way"),
    [
        ("R2", "1", 2, Way.MILDER),
        ("R1", "3", 2, Way.HARSHER),
        ("F1", "1", 3, Way.HARSHER),
        ("R2", "U", 0, Way.HARSHER),
        ("K5", "yes", 2, Way.HARSHER),
    ],
)
def test_milder_sees_less_risk_or_more_fit(item, given, apart, way):
    found = calibrate(the_rubric(), AGREED | {item: given}, AGREED)
    one = next(each for each in found.differences if each.item == item)
    assert (one.apart, one.way, one.agreed) == (apart, way, AGREED[item])


def test_four_of_five_within_a_step_pass_and_three_do_not():
    assert calibrate(the_rubric(), AGREED | {"R1": "4"}, AGREED).passed
    assert not calibrate(the_rubric(), AGREED | {"R1": "4", "R4": "3"}, AGREED).passed


def test_a_missed_knock_out_fails_however_near_the_ratings():
    agreed = AGREED | {"K5": "yes"}
    found = calibrate(the_rubric(), AGREED, agreed)
    assert (found.near, found.missed, found.passed) == (5, ("K5",), False)


def test_what_was_not_agreed_is_not_compared():
    assert [each.item for each in calibrate(the_rubric(), AGREED, {"R2": "3"}).differences] == ["R2"]


def test_an_office_that_asks_for_none_trusts_all():
    assert is_trained(0, 0)
    assert not is_trained(1, 2)

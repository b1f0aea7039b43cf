from datetime import date

import pytest

from registry.domain.answer import AnswerCode
from registry.domain.errors import InvalidInput
from registry.domain.radar import RINGS, Move, Quarter, Ring, moved, quarter_of, quarters, read_day

TODAY = date(2026, 11, 29)


def test_every_answer_about_a_known_tool_has_a_ring_but_that_nobody_reviewed_it() -> None:
    assert set(AnswerCode) - RINGS.keys() == {AnswerCode.NOT_REVIEWED, AnswerCode.UNKNOWN_TOOL}


def test_what_lapsed_or_is_suspended_is_a_no_and_a_pilot_a_yes_if() -> None:
    assert RINGS[AnswerCode.LAPSED] is RINGS[AnswerCode.SUSPENDED] is Ring.NO
    assert RINGS[AnswerCode.PILOT] is Ring.YES_IF


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (None, Ring.NO, Move.NEW),
        (Ring.NO, Ring.YES_IF, Move.IN),
        (Ring.YES, Ring.YES_IF, Move.OUT),
        (Ring.IN_REVIEW, Ring.IN_REVIEW, Move.NONE),
    ],
)
def test_towards_yes_is_in_and_towards_no_is_out(before: Ring | None, now: Ring, said: Move) -> None:
    assert moved(before, now) is said


def test_the_quarters_that_are_over_are_told_newest_first() -> None:
    found = list(quarters(date(2025, 12, 31), TODAY, 12))
    assert [each.label for each in found] == ["Q3 2026", "Q2 2026", "Q1 2026", "Q4 2025"]
    assert [each.last_day for each in found[:2]] == [date(2026, 9, 30), date(2026, 6, 30)]
    assert len(list(quarters(date(2000, 1, 1), TODAY, 5))) == 5


def test_every_day_lies_in_its_quarter() -> None:
    for month in range(1, 13):
        quarter = quarter_of(date(2026, month, 28))
        assert quarter.first_day <= date(2026, month, 28) <= quarter.last_day
        assert quarter.next.before == quarter


def test_a_day_is_read_as_a_quarter_or_as_itself() -> None:
    assert read_day("", TODAY) is None
    assert read_day("2026-Q3", TODAY) == Quarter(2026, 3).last_day == read_day("2026-09-30", TODAY)


@pytest.mark.parametrize(
    "said", ["2026-Q4", "2026-11-30", "2026-Q5", "Q3", "x", "2026-13-01", "26-Q3", "20260930"]
)
def test_what_is_no_day_of_the_past_is_refused(said: str) -> None:
    with pytest.raises(InvalidInput, match="no day of the past"):
        read_day(said, TODAY)

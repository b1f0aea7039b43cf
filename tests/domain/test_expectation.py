"""When a decision is expected: what like cases took lately, not what was promised."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.expectation import ENOUGH, expected_on

OPENED, DUE = date(2026, 3, 2), date(2026, 3, 30)
TOOK = [10, 30, 40, 50, 90]


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (OPENED, date(2026, 4, 11)),
        (date(2026, 4, 11), date(2026, 4, 11)),
        (date(2026, 4, 12), date(2026, 5, 31)),
        (date(2026, 6, 1), date(2026, 5, 31)),
    ],
    ids=["half of them took", "on that day still", "slower ones took", "longer than all"],
)
def test_it_is_what_half_of_the_like_took_and_then_what_slow_ones_took(today, expected):
    assert expected_on(OPENED, DUE, TOOK, today=today) == expected


def test_where_few_were_decided_the_day_that_was_set_stands():
    assert expected_on(OPENED, DUE, TOOK[: ENOUGH - 1], today=OPENED) == DUE


def test_a_later_day_that_was_set_is_believed_once_all_others_are_past():
    far = OPENED + timedelta(days=400)
    assert expected_on(OPENED, far, TOOK, today=date(2026, 9, 1)) == far


@given(st.lists(st.floats(0, 1000), max_size=30), st.integers(0, 1000))
def test_it_never_comes_nearer_as_time_goes_by(took, days):
    today = OPENED + timedelta(days=days)
    first = expected_on(OPENED, DUE, took, today=today)
    assert first >= OPENED
    assert expected_on(OPENED, DUE, took, today=today + timedelta(days=1)) >= min(first, DUE)

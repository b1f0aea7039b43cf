from datetime import timedelta
from itertools import pairwise

import pytest

from registry.services.sources import polling
from registry.services.sources.polling import DAY, HOUR, WEEK
from scrapers.fetch import Validators
from tests.conftest import NOW
from tests.feeds import some_entries
from tests.visiting import Visited

URL = "https://publisher.example/feed"


def every(hours: float, count: int = 30) -> list:
    return [NOW - timedelta(hours=hours) * place for place in range(count)]


def interval(published, *, asked_s: int = 0, has_validators: bool = True) -> int:
    return polling.interval_s(published, asked_s=asked_s, has_validators=has_validators)


@pytest.mark.parametrize(
    ("gap_hours", "seconds"), [(0.1, HOUR), (1, HOUR), (4, 2 * HOUR), (20, 10 * HOUR), (48, DAY), (900, DAY)]
)
def test_a_source_is_read_every_half_of_its_usual_gap_between_an_hour_and_a_day(gap_hours, seconds):
    assert interval(every(gap_hours)) == seconds


def test_only_the_last_twenty_gaps_count():
    fast = every(4, count=21)
    assert interval([*fast, *(fast[-1] - timedelta(days=100) * n for n in range(1, 60))]) == 2 * HOUR


def test_a_date_in_the_future_or_far_past_changes_nothing():
    assert interval([*every(4), NOW + timedelta(days=9999), NOW - timedelta(days=9999)]) == 2 * HOUR


@pytest.mark.parametrize("count", [0, 1])
def test_where_dates_do_not_tell_it_is_twice_a_day(count):
    assert interval(every(4, count=count)) == DAY // 2


@pytest.mark.parametrize(
    ("asked", "seconds"), [(60, 2 * HOUR), (5 * HOUR, 5 * HOUR), (WEEK, WEEK), (9 * WEEK, WEEK)]
)
def test_never_sooner_than_headers_or_feed_ask_for_up_to_a_week(asked, seconds):
    assert interval(every(4), asked_s=asked) == seconds


def test_without_validators_at_most_once_a_day():
    assert interval(every(4), has_validators=False) == DAY


def failed(times: int, *, interval_s: int = HOUR, days: float = 1, retry_after_s: int = 0) -> timedelta:
    due = polling.after_failure(
        1,
        interval_s,
        failures=times,
        failing_since=NOW - timedelta(days=days),
        retry_after_s=retry_after_s,
        now=NOW,
    )
    return due - NOW


def near(wait: timedelta, seconds: int) -> bool:
    """So much and up to a tenth more."""
    return timedelta(seconds=seconds) <= wait <= timedelta(seconds=seconds * 1.1)


@pytest.mark.parametrize(("times", "hours"), [(1, 2), (2, 4), (3, 8), (4, 16), (5, 24), (50, 24)])
def test_failures_double_the_pause_up_to_a_day(times, hours):
    assert near(failed(times), hours * HOUR)


@pytest.mark.parametrize(("days", "seconds"), [(29, DAY), (31, WEEK), (3000, WEEK)])
def test_after_thirty_days_it_is_tried_weekly_and_never_given_up(days, seconds):
    assert near(failed(500, days=days), seconds)


def test_a_failure_shortens_no_pause_that_the_feed_asks_for():
    assert near(failed(1, interval_s=WEEK), WEEK)


@pytest.mark.parametrize(("said", "seconds"), [(60, 2 * HOUR), (2 * DAY, 2 * DAY), (99 * DAY, WEEK)])
def test_retry_after_counts_where_it_is_longer_up_to_a_week(said, seconds):
    assert near(failed(1, retry_after_s=said), seconds)


def test_sources_that_were_added_together_drift_apart_by_always_the_same():
    first, again = (
        [polling.after_success(number, 10 * HOUR, NOW) for number in range(1, 100)] for _ in range(2)
    )
    assert first == again
    assert all(near(due - NOW, 10 * HOUR) for due in first)
    assert len(set(first)) > 60


@pytest.fixture
def source(engine, now) -> Visited:
    return Visited(engine, URL, now)


@pytest.mark.parametrize("status", [200, 304])
def test_what_an_unchanged_reply_asks_for_counts_too(source, now, status):
    source.brings(now, some_entries(30, every=timedelta(hours=4)))
    later = now + timedelta(days=1)
    source.is_unchanged(later, status=status, fresh_for_s=3 * DAY)
    assert near(source.row().due_at - later, 3 * DAY)


def test_a_feed_that_gives_no_validators_any_more_is_read_once_a_day(source, now):
    source.brings(now, some_entries(30, every=timedelta(hours=4)))
    source.is_unchanged(now + timedelta(days=1), status=200, validators=Validators())
    assert near(source.row().due_at - now - timedelta(days=1), DAY)


def test_retry_after_counts_with_a_good_answer_too(source, now):
    source.brings(now, retry_after_s=5 * DAY)
    assert near(source.row().due_at - now, 5 * DAY)


def test_what_the_feed_asks_for_holds_as_long_as_it_says_no_other(source, now):
    source.brings(now, ttl_s=3 * DAY)
    for visit in range(1, 4):
        due = source.row().due_at
        assert near(due - now, 3 * DAY), visit
        now = due
        source.is_unchanged(now)


@pytest.mark.whole
def test_a_server_that_fails_for_a_year_is_tried_all_the_year(source, now):
    tried = [now]
    while tried[-1] < now + timedelta(days=365):
        source.fails(tried[-1], "server_error")
        tried.append(source.row().due_at)
    gaps = [later - earlier for earlier, later in pairwise(tried)]
    assert 70 < len(tried) < 90
    assert max(gaps) < timedelta(days=7.2)

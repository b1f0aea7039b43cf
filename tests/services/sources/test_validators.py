from datetime import timedelta

import pytest

from registry.services.sources.polling import DAY as DAY_S
from registry.store.changes import Trail
from scrapers.fetch import Validators
from tests.feeds import an_entry
from tests.visiting import GIVEN, Visited

DAY = timedelta(days=1)
URL = "https://publisher.example/feed"


@pytest.fixture
def source(engine, now) -> Visited:
    """A source whose body came fourteen days ago, and 304 ever since."""
    source = Visited(engine, URL, now)
    source.brings(now - 14 * DAY, [an_entry("1")], body="first")
    for day in range(13, 0, -1):
        source.is_unchanged(now - day * DAY)
    return source


def sent(source: Visited, at) -> Validators:
    """Less the address they are for."""
    validators = source.asking(at).validators
    return Validators(validators.etag, validators.last_modified)


def kept_back(now):
    """News that was there two days ago, when the publisher said 304."""
    return [an_entry("2", published_at=now - 2 * DAY), an_entry("1")]


def test_after_fourteen_days_of_304_they_stay_at_home_once(source, now):
    assert sent(source, now - timedelta(seconds=1)) == GIVEN
    assert sent(source, now) == Validators()
    source.brings(now, [an_entry("1")], body="first")
    assert sent(source, now + 13 * DAY) == GIVEN


def test_the_same_body_shows_that_they_told_the_truth(source, now):
    source.is_unchanged(now, status=200, body_hash="first")
    assert source.row().distrusted_at is None
    assert sent(source, now + DAY) == GIVEN


def test_news_that_were_kept_back_show_that_they_lie(source, now):
    source.brings(now, kept_back(now), body="second")
    assert source.row().distrusted_at == now
    assert sent(source, now + DAY) == Validators()
    assert source.asking(now + DAY).body_hash == "second"


def test_an_edit_that_was_kept_back_shows_it_too(source, now):
    source.brings(now, [an_entry("1", title="Plumeria - Another tagline")], body="second")
    assert source.row().distrusted_at == now


@pytest.mark.parametrize("hours", [1, 23])
def test_news_younger_than_the_last_304_were_kept_back_by_nobody(source, now, hours):
    young = an_entry("2", published_at=now - timedelta(hours=hours))
    source.brings(now, [young, an_entry("1")], body="second")
    assert source.row().distrusted_at is None


def test_another_body_without_news_is_no_lie(source, now):
    source.brings(now, [an_entry("1")], body="with another date of its making")
    assert source.row().distrusted_at is None


def test_news_that_come_with_a_200_in_time_are_no_lie(source, now):
    source.brings(now - timedelta(hours=1), kept_back(now), body="second")
    assert source.row().distrusted_at is None


def test_who_lied_is_asked_at_most_once_a_day_whatever_it_sends(source, now):
    source.brings(now, kept_back(now), body="second")
    source.is_unchanged(now + DAY, status=200, body_hash="second")
    assert source.row().due_at >= now + 2 * DAY
    source.brings(now + 2 * DAY, [an_entry("3"), *kept_back(now)], body="third")
    assert source.row().interval_s == DAY_S
    assert sent(source, now + 60 * DAY) == Validators()


def test_another_parser_version_begins_to_trust_anew(source, now):
    source.brings(now, kept_back(now), body="second")
    source.change(parser_version="0")
    assert source.asking(now + DAY).body_hash == ""
    source.brings(now + DAY, kept_back(now), body="second")
    assert source.row().distrusted_at is None
    assert sent(source, now + 2 * DAY) == GIVEN


def test_they_are_for_the_address_that_gave_them(source, now):
    elsewhere = "https://elsewhere.example/feed"
    source.brings(now, [an_entry("1")], body="first", to=elsewhere, by=(302,))
    assert source.asking(now + DAY).validators.url == elsewhere


def test_they_are_for_the_address_of_the_source_where_nothing_led_elsewhere(source, now):
    assert source.asking(now - timedelta(minutes=1)).validators.url == URL


def test_a_first_visit_changes_nothing_that_public_pages_show_of_every_tool(engine, now):
    source = Visited(engine, URL, now)
    trail = Trail(engine)
    source.brings(now, [an_entry("1")])
    news = trail.news()
    trail.close()
    assert news is None or not news.of_any


@pytest.mark.parametrize("code", ["not_modified_unasked", "empty_body", "server_error", "not_a_feed"])
def test_a_failure_of_any_kind_forgets_nothing(source, now, code):
    before = source.row()
    source.fails(now - timedelta(hours=1), code)
    after = source.row()
    assert (after.failures, after.error_code) == (1, code)
    for name in ("etag", "last_modified", "answered_url", "body_hash", "whole_at", "url"):
        assert getattr(after, name) == getattr(before, name)
    assert sent(source, now - timedelta(minutes=1)) == GIVEN


def test_a_validator_too_long_to_keep_is_left_out_and_the_other_kept(source, now):
    source.brings(now, validators=Validators('"' + "x" * 1100 + '"', "Sun, 01 Nov 2026 09:00:00 GMT"))
    assert sent(source, now + DAY) == Validators("", "Sun, 01 Nov 2026 09:00:00 GMT")

from datetime import timedelta

import pytest

from registry.services.sources import sources
from registry.store.engine import transaction
from tests.visiting import ADA, Visited, actions

DAY = timedelta(days=1)
OLD, NEW = "https://old.example/feed", "https://new.example/feed"


@pytest.fixture
def source(engine, now) -> Visited:
    return Visited(engine, OLD, now)


def follow(source: Visited, start, *days: float, to: str = NEW, by=(301,)) -> None:
    for day in days:
        source.is_unchanged(start + day * DAY, to=to, by=by)


def undo(engine, source: Visited, now) -> None:
    with transaction(engine) as session:
        sources.undo_move(session, source.id, by=ADA, now=now)


@pytest.mark.parametrize("by", [(301,), (308,), (301, 308, 301)])
def test_five_visits_over_seven_days_that_were_sent_on_for_good_are_a_move(engine, source, now, by):
    follow(source, now, 0, 2, 4, 6, by=by)
    assert source.row().url == OLD
    follow(source, now, 7, by=by)
    row = source.row()
    assert (row.url, row.former_url, row.moved_to) == (NEW, OLD, "")
    assert actions(engine) == ["source.moved"]


@pytest.mark.parametrize("days", [(0, 1, 2, 3, 4, 5, 6), (0, 3, 6, 9)])
def test_fewer_visits_or_days_are_none(source, now, days):
    follow(source, now, *days)
    assert source.row().url == OLD


@pytest.mark.parametrize("by", [(302,), (303,), (307,), (301, 302), (302, 301)])
def test_one_hop_that_is_not_for_good_keeps_the_address(source, now, by):
    follow(source, now, *range(0, 20, 2), by=by)
    assert (source.row().url, source.row().moved_to) == (OLD, "")


def test_another_target_on_the_way_begins_anew(source, now):
    follow(source, now, 0, 2, 4, 6)
    follow(source, now, 7, to="https://third.example/feed")
    follow(source, now, 8, 9, 10, 11)
    assert source.row().url == OLD
    follow(source, now, 15)
    assert source.row().url == NEW


def test_a_visit_that_was_not_sent_on_begins_anew(source, now):
    follow(source, now, 0, 2, 4, 6)
    source.is_unchanged(now + 7 * DAY)
    follow(source, now, 8)
    assert (source.row().url, source.row().moved_count) == (OLD, 1)


def test_a_target_that_is_no_feed_begins_anew_and_silence_does_not(source, now):
    follow(source, now, 0, 2, 4)
    source.fails(now + 5 * DAY, "timeout")
    assert source.row().moved_count == 3
    source.fails(now + 6 * DAY, "not_a_feed")
    assert source.row().moved_count == 0


def test_an_address_that_another_source_has_is_not_taken(engine, source, now):
    Visited(engine, NEW, now)
    follow(source, now, *range(0, 20, 2))
    assert source.row().url == OLD


def test_a_move_drops_what_was_learnt_at_the_former_address(source, now):
    source.brings(now - DAY)
    source.change(distrusted_at=now)
    follow(source, now, 0, 2, 4, 6, 8)
    row = source.row()
    assert (row.url, row.etag, row.last_modified, row.distrusted_at) == (NEW, "", "", None)
    assert not source.asking(now + 9 * DAY).validators


def test_a_move_that_was_undone_is_not_made_again_and_another_one_may_be(engine, source, now):
    follow(source, now, 0, 2, 4, 6, 8)
    undo(engine, source, now + 9 * DAY)
    assert (source.row().url, source.row().etag) == (OLD, "")
    follow(source, now, *range(10, 40, 2))
    assert source.row().url == OLD
    third = "https://third.example/feed"
    follow(source, now, *range(40, 50, 2), to=third)
    assert source.row().url == third


def test_a_password_moves_along_on_its_own_host_and_never_to_another(engine, now):
    for number, (target, kept) in enumerate(
        [
            ("https://old.example/new-feed", "https://me:secret@old.example/new-feed"),
            ("https://old.example:8443/feed", "https://old.example:8443/feed"),
            (NEW, NEW),
        ]
    ):
        source = Visited(engine, f"https://me:secret@OLD.example:443/{number}", now)
        follow(source, now + 20 * DAY * number, 0, 2, 4, 6, 8, to=target)
        assert source.row().url == kept

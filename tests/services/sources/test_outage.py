from datetime import timedelta

import pytest

from tests.visiting import Visited, actions

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def hosts(engine, now) -> list[Visited]:
    """Five sources on five hosts, all of which answered an hour ago."""
    found = [Visited(engine, f"https://host{number}.example/feed", now) for number in range(5)]
    for each in found:
        each.brings(now - HOUR)
    return found


def all_fail(hosts: list[Visited], at, code: str = "name_not_found") -> None:
    for number, each in enumerate(hosts):
        each.fails(at + MINUTE * number, code)


@pytest.mark.both_databases
@pytest.mark.parametrize("code", ["name_not_found", "connect_failed", "timeout", "cut_off", "tls_failed"])
def test_when_nobody_can_be_reached_it_counts_against_nobody_the_first_included(engine, hosts, now, code):
    all_fail(hosts, now, code)
    assert [each.row().failures for each in hosts] == [0] * 5
    assert [each.row().error_code for each in hosts] == [""] * 5
    assert all(each.row().due_at <= now + 25 * MINUTE for each in hosts)


def test_the_log_tells_an_outage_once_and_its_end_once(engine, hosts, now):
    all_fail(hosts, now)
    all_fail(hosts, now + HOUR)
    for each in hosts:
        each.brings(now + 2 * HOUR)
    assert actions(engine) == ["outage.noticed", "outage.over"]


def test_whoever_could_not_be_reached_is_read_at_once_when_an_outage_is_over(hosts, now):
    for hour in range(12):
        all_fail(hosts, now + hour * HOUR)
    assert hosts[4].row().due_at > now + 13 * HOUR
    hosts[0].brings(now + 12 * HOUR)
    assert [each.row().due_at for each in hosts[1:]] == [now + 12 * HOUR] * 4


def test_the_longer_an_outage_lasts_the_less_it_is_tried_up_to_once_a_day(hosts, now):
    waits = []
    for at in (now, now + 4 * HOUR, now + 2 * DAY, now + 30 * DAY):
        all_fail(hosts, at)
        waits.append(hosts[4].row().due_at - at)
    assert 15 * MINUTE <= waits[0] < waits[1] < 2 * HOUR < waits[2] < DAY <= waits[3] < 1.2 * DAY


def test_two_hosts_that_fail_may_be_two_that_are_down(engine, hosts, now):
    for each in hosts[:2]:
        each.fails(now, "timeout")
        each.fails(now + 3 * HOUR, "timeout")
    assert [each.row().failures for each in hosts[:2]] == [2, 2]
    assert actions(engine) == ["source.failed"] * 2


def test_one_host_with_many_feeds_that_is_down_is_no_outage_of_ours(engine, now):
    feeds = [Visited(engine, f"https://one.example/{number}", now) for number in range(5)]
    for minutes in (0, 60, 180):
        for number, each in enumerate(feeds):
            each.fails(now + MINUTE * (minutes + number), "connect_failed")
    assert [each.row().failures for each in feeds] == [3] * 5


def test_an_answer_in_between_shows_that_it_is_not_our_network(hosts, now):
    hosts[0].fails(now, "timeout")
    hosts[1].fails(now + MINUTE, "timeout")
    hosts[4].fails(now + 2 * MINUTE, "http_404", status=404)
    hosts[2].fails(now + 3 * MINUTE, "timeout")
    hosts[3].fails(now + 4 * MINUTE, "timeout")
    assert [each.row().failures for each in hosts] == [1] * 5


def test_a_failure_that_had_been_told_before_is_kept_when_an_outage_is_taken_back(engine, hosts, now):
    sick = hosts[0]
    sick.fails(now - MINUTE, "server_error", status=500)
    hosts[4].is_unchanged(now)
    all_fail(hosts[:3], now + 3 * HOUR)
    assert (sick.row().failures, sick.row().error_code) == (1, "server_error")
    assert [each.row().failures for each in hosts[1:3]] == [0, 0]
    sick.brings(now + 4 * HOUR)
    assert actions(engine) == ["source.failed", "outage.noticed", "source.recovered", "outage.over"]


def test_sources_that_were_dead_before_are_no_sign_of_an_outage_and_keep_their_pace(hosts, now):
    dead, well = hosts[:3], hosts[3]
    for days in range(1, 4):
        for number, each in enumerate(dead):
            each.fails(now + days * DAY + number * MINUTE, "name_not_found")
            well.is_unchanged(now + days * DAY + number * MINUTE + MINUTE / 2)
    all_fail(dead, now + 5 * DAY)
    assert [each.row().failures for each in dead] == [4, 4, 4]


def test_a_single_silence_is_no_news_a_second_one_is(engine, hosts, now):
    first = hosts[0]
    first.fails(now, "timeout")
    assert actions(engine) == []
    first.fails(now + 3 * HOUR, "timeout")
    first.fails(now + 9 * HOUR, "timeout")
    assert actions(engine) == ["source.failed"]
    first.brings(now + DAY)
    assert actions(engine) == ["source.failed", "source.recovered"]


def test_a_silence_that_passes_is_told_neither_when_it_begins_nor_when_it_ends(engine, hosts, now):
    hosts[0].fails(now, "timeout")
    hosts[0].brings(now + 3 * HOUR)
    assert actions(engine) == []

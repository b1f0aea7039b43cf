from datetime import datetime, timedelta

import pytest

from registry.domain.errors import RuleBroken
from registry.domain.proposal import Announcer
from registry.services.sources import sources
from registry.services.sources.leases import Lease, claim
from registry.store.engine import transaction
from registry.store.leasing import Record
from registry.store.tables import Source
from tests.visiting import ADA, Visited

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def claims(engine):
    def claims(at: datetime, limit: int = 10, **more) -> list[int]:
        with transaction(engine) as session:
            return [each.source_id for each, _ in claim(session, owner="test", now=at, limit=limit, **more)]

    return claims


@pytest.fixture
def add(engine, now):
    return lambda url, at=now: Visited(engine, url, at)


def test_many_sources_of_one_host_do_not_keep_others_waiting(engine, add, claims, now):
    with transaction(engine) as session:
        session.add_all(
            Source(
                name=f"{number}",
                url=f"https://crowd.example/{number}",
                announcer=Announcer.LAUNCH_FEED,
                created_at=now - DAY,
                due_at=now - DAY,
            )
            for number in range(700)
        )
    other = add("https://other.example/feed", now)
    assert other.id in claims(now, 2)


def test_where_a_source_is_known_to_redirect_counts_as_its_host(add, claims, now):
    old, there = add("https://old.example/feed"), add("https://new.example/other")
    old.is_unchanged(now - HOUR, to="https://new.example/feed")
    old.change(due_at=now)
    assert claims(now) == [there.id]
    there.change(lease_until=None, fetched_at=now, due_at=now + DAY)
    assert claims(now + SECOND) == []
    assert claims(now + 2 * SECOND) == [old.id]


def test_new_sources_wait_for_those_that_do_well_but_not_for_ever(add, claims, now):
    well = [add(f"https://well{number}.example/feed") for number in range(8)]
    for each in well:
        each.is_unchanged(now - DAY)
        each.change(due_at=now - HOUR)
    new = [add(f"https://new{number}.example/feed") for number in range(4)]
    assert claims(now, 4) == [new[0].id, *(each.id for each in well[:3])]
    assert claims(now, 20) == [each.id for each in (*new[1:], *well[3:])]


def test_of_new_sources_no_more_are_leased_than_are_asked_for(add, claims, now):
    new = [add(f"https://new{number}.example/feed") for number in range(9)]
    assert claims(now, 8, most={Record.NEW: 3}) == [each.id for each in new[:3]]
    assert claims(now, 8, most={Record.NEW: -1}) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/{}", "http://[::1]:8000/{}", "http://localhost/{}"])
def test_loopback_needs_no_rest(add, claims, now, url):
    first, second = add(url.format(1)), add(url.format(2))
    first.brings(now)
    assert claims(now) == [second.id]


def test_a_host_name_is_one_whatever_its_letters_and_port(add, claims, now):
    add("https://host.example/a")
    add("https://HOST.example.:8443/b")
    assert len(claims(now)) == 1


def test_a_host_rests_for_as_long_as_a_429_asks_and_no_other_reply_does_that(add, claims, now):
    first, second = add("https://host.example/a"), add("https://host.example/b")
    first.fails(now, "rate_limited", status=429, retry_after_s=2 * 86_400)
    assert claims(now + 2 * DAY - SECOND) == []
    assert claims(now + 2 * DAY - SECOND, only=[second.id]) == []
    assert claims(now + 3 * DAY)
    third, fourth = add("https://elsewhere.example/a"), add("https://elsewhere.example/b")
    third.fails(now, "server_error", status=503, retry_after_s=2 * 86_400)
    assert claims(now + DAY, only=[third.id]) == []
    assert claims(now + DAY, only=[fourth.id]) == [fourth.id]


def test_who_asked_us_to_stay_away_is_not_read_at_a_persons_wish(engine, add, claims, now):
    source = add("https://host.example/feed")
    source.fails(now, "server_error", status=503, retry_after_s=86_400)
    with transaction(engine) as session, pytest.raises(RuleBroken, match="stay away until 2026-11-04"):
        sources.fetch_now(session, source.id, by=ADA, now=now + HOUR)
    with transaction(engine) as session:
        sources.fetch_now(session, source.id, by=ADA, now=now + DAY)
    assert claims(now + DAY) == [source.id]


def test_pausing_and_resuming_makes_nobody_come_earlier_than_was_asked(engine, add, claims, now):
    source = add("https://host.example/feed")
    source.fails(now, "server_error", status=503, retry_after_s=86_400)
    with transaction(engine) as session:
        sources.pause(session, source.id, by=ADA, now=now + HOUR)
        sources.resume(session, source.id, by=ADA, now=now + HOUR)
    assert claims(now + 2 * HOUR) == []


def test_a_restart_reads_nothing_early(add, claims, now):
    source = add("https://host.example/feed")
    source.brings(now)
    due = source.row().due_at
    assert claims(due - SECOND) == []
    assert claims(due) == [source.id]


def test_when_the_clock_steps_back_sources_are_read_after_their_usual_pause(add, claims, now):
    source = add("https://host.example/feed")
    source.brings(now)
    wait = source.row().due_at - now
    back = now - 2 * HOUR
    assert claims(back) == []
    assert source.row().due_at == back + wait
    assert claims(back + wait - SECOND) == []
    assert claims(back + wait) == [source.id]


def test_a_clock_that_was_ten_years_ahead_stops_nothing_for_ten_years(add, claims, now):
    later = now + 3650 * DAY
    source, asked_to_wait = add("https://host.example/feed", later), add("https://wait.example/feed", later)
    source.brings(later)
    asked_to_wait.fails(later, "rate_limited", status=429, retry_after_s=86_400)
    source.lease(later + DAY)
    claims(now)
    assert source.row().whole_at == source.row().fetched_at == now
    assert claims(now + 2 * DAY) == [source.id, asked_to_wait.id]


def test_a_lease_from_a_clock_that_was_ahead_runs_out_in_time(add, claims, now):
    source = add("https://host.example/feed", now - DAY)
    killed = source.lease(now + 2 * HOUR)
    assert claims(now) == []
    assert claims(now + timedelta(minutes=6)) == [source.id]
    assert source.row().fence > killed.fence


def test_what_was_never_read_is_read_though_the_clock_stepped_back(add, claims, now):
    source = add("https://host.example/feed", now + 2 * HOUR)
    assert claims(now) == [source.id]


def test_a_host_does_not_rest_for_hours_because_the_clock_stepped_back(add, claims, now):
    first, second = add("https://host.example/a"), add("https://host.example/b")
    first.brings(now + 2 * HOUR)
    claims(now)
    assert claims(now + 2 * SECOND, only=[second.id]) == [second.id]


def test_when_the_clock_steps_forward_each_source_is_read_once_and_hosts_keep_their_rest(add, claims, now):
    sources = [add(f"https://host{number % 3}.example/{number}") for number in range(9)]
    for number, each in enumerate(sources):
        each.brings(now + SECOND * 3 * number)
    later, read = now + 30 * HOUR, []
    for tick in range(40):
        for source_id in claims(later + SECOND * tick):
            read.append(source_id)
            next(each for each in sources if each.id == source_id).change(
                lease_until=None, fetched_at=later + SECOND * tick, due_at=later + DAY
            )
    assert sorted(read) == sorted(each.id for each in sources)


def test_a_lease_names_its_number(add, now):
    lease = Lease(1, 1, "https://host.example/feed", Record.NEW)
    assert add("https://host.example/feed").lease(now) == lease

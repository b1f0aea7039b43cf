import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from registry import jobs, rounds, trying
from registry.domain.proposal import Announcer
from registry.domain.visit import visits
from registry.services.people.acting import Actor
from registry.services.sources import sources
from registry.services.sources.leases import Lease, LeaseLost
from registry.store.engine import snapshot, transaction
from registry.store.tables import Candidate, Entry, Event, Source
from scrapers.errors import FetchError, ParseError
from scrapers.fetch import Fetcher
from scrapers.workers import Workers
from tests.feeds import a_feed
from tests.scrapers.hostile import HostileServer, conditional, in_turn, redirect, reply

ADA = Actor(None, "Ada")
PLUMERIA = ("1", "Plumeria - Minutes", "https://plumeria.example/")
PLUMO = ("2", "Plumo - Notes", "https://plumo.example/")
FEED = a_feed(PLUMERIA, PLUMO)


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(agent="registry tests", allow_cidrs=("127.0.0.0/8",)) as fetcher:
        yield fetcher


class CountedWorkers(Workers):
    """Real child processes, and how often they were asked."""

    asked = 0

    def parse(self, *args, **kwargs):
        type(self).asked += 1
        return super().parse(*args, **kwargs)


@pytest.fixture(scope="module")
def pool() -> Iterator[CountedWorkers]:
    with CountedWorkers(count=1) as workers:
        yield workers


@pytest.fixture
def workers(pool: CountedWorkers) -> CountedWorkers:
    CountedWorkers.asked = 0
    return pool


def add(engine: Engine, url: str, now: datetime, **more) -> int:
    with transaction(engine) as session:
        more.setdefault("announcer", Announcer.LAUNCH_FEED)
        return sources.add_source(session, url=url, by=ADA, now=now, **more).id or 0


def claim(engine: Engine, now: datetime, source_id: int) -> Lease:
    (lease,) = jobs.claim_due(engine, "test", now, 1, only=[source_id])
    return lease


@contextmanager
def the_source(engine: Engine, source_id: int) -> Iterator[Source]:
    with snapshot(engine) as session:
        yield session.get_one(Source, source_id)


def all_of(engine: Engine, column) -> list:
    with snapshot(engine) as session:
        return list(session.exec(select(column)).all())


class Visitor:
    """Refreshes one source at moments of the test's choice."""

    def __init__(self, engine: Engine, fetcher: Fetcher, workers: Workers, source_id: int) -> None:
        self._parts = (fetcher, workers)
        self._engine = engine
        self.source_id = source_id

    def __call__(self, now: datetime) -> jobs.Refreshed:
        return jobs.refresh_source(self._engine, claim(self._engine, now, self.source_id), *self._parts, now)


@pytest.fixture
def visitor(engine, fetcher, workers, server, now) -> Visitor:
    server.plays("/feed", conditional(FEED, etag='W/"1"', last_modified="Sun, 01 Nov 2026 09:00:00 GMT"))
    return Visitor(engine, fetcher, workers, add(engine, server.url("/feed"), now))


@pytest.mark.both_databases
def test_a_source_is_read_from_network_to_table(engine, visitor, now):
    refreshed = visitor(now)
    assert (refreshed.ok, refreshed.brought.new, refreshed.brought.candidates) == (True, 2, 2)
    assert sorted(all_of(engine, Candidate.name)) == ["Plumeria", "Plumo"]
    with the_source(engine, visitor.source_id) as source:
        assert (source.succeeded_at, source.failures, source.lease_until) == (now, 0, None)
        assert source.due_at > now


def test_both_validators_go_back_byte_for_byte_and_a_304_is_not_parsed(engine, visitor, server, workers, now):
    visitor(now)
    refreshed = visitor(now + timedelta(hours=1))
    asked = server.asked("/feed")[-1].headers
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('W/"1"', "Sun, 01 Nov 2026 09:00:00 GMT")
    assert (refreshed.ok, refreshed.unchanged, workers.asked) == (True, True, 1)
    with the_source(engine, visitor.source_id) as source:
        assert [visit.status for visit in visits(source.strip)] == [200, 304]


def test_the_very_same_bytes_are_a_success_and_are_not_parsed_again(engine, visitor, server, workers, now):
    server.plays("/feed", reply(FEED))
    visitor(now)
    assert visitor(now + timedelta(hours=1)).unchanged
    assert workers.asked == 1


def test_another_parser_version_asks_without_validators_and_parses_again(
    engine, visitor, server, workers, now
):
    visitor(now)
    with transaction(engine) as session:
        session.get_one(Source, visitor.source_id).parser_version = "0"
    visitor(now + timedelta(hours=1))
    assert "if-none-match" not in server.asked("/feed")[-1].headers
    assert workers.asked == 2


def test_after_fourteen_days_of_304_it_asks_once_without_validators(visitor, server, now):
    for day in (0, 7, 13, 14, 15):
        visitor(now + timedelta(days=day))
    assert ["if-none-match" in visit.headers for visit in server.asked("/feed")] == [
        False,
        True,
        True,
        False,
        True,
    ]


def test_entries_are_there_once_after_replays_and_edits(engine, visitor, server, now):
    edited = a_feed(("1", "Plumeria - Better minutes", "https://plumeria.example/"), PLUMO)
    for hour, body in enumerate([FEED, edited, FEED, edited]):
        server.plays("/feed", reply(body))
        visitor(now + timedelta(hours=hour))
    assert len(all_of(engine, Entry.id)) == 2
    assert sorted(all_of(engine, Entry.revision)) == [1, 4]


def test_a_poll_without_news_writes_no_event(engine, visitor, now):
    visitor(now)
    before = all_of(engine, Event.id)
    visitor(now + timedelta(hours=1))
    assert all_of(engine, Event.id) == before


def test_a_failure_is_news_once_and_so_is_the_recovery(engine, visitor, server, now):
    server.plays("/feed", in_turn(reply(status=500), reply(status=500), reply(FEED)))
    results = [visitor(now + timedelta(hours=hour)) for hour in range(3)]
    assert [each.error_code for each in results] == ["server_error", "server_error", ""]
    actions = [
        action for action in all_of(engine, Event.action) if action in ("source.failed", "source.recovered")
    ]
    assert actions == ["source.failed", "source.recovered"]


def test_failures_space_the_visits_out_up_to_a_day_and_weekly_after_thirty(engine, visitor, server, now):
    server.plays("/feed", reply(status=404))
    waits = []
    for days in (0, 1, 2, 31):
        at = now + timedelta(days=days)
        visitor(at)
        with the_source(engine, visitor.source_id) as source:
            waits.append(source.due_at - at)
    assert waits[0] < waits[1] < timedelta(days=1.2)
    assert timedelta(days=7) <= waits[3] < timedelta(days=7.2)


def test_retry_after_is_honoured_up_to_seven_days(engine, visitor, server, now):
    for said, waited in (("172800", timedelta(days=2)), ("9999999", timedelta(days=7))):
        server.plays("/feed", reply(status=503, Retry_After=said))
        visitor(now)
        with the_source(engine, visitor.source_id) as source:
            assert waited <= source.due_at - now < waited * 1.1
        now = source.due_at


def test_after_a_429_the_whole_host_is_left_alone_and_after_a_503_the_feed_alone(
    engine, visitor, server, now
):
    add(engine, server.url("/other"), now)
    server.plays("/feed", reply(status=429, Retry_After="86400"))
    visitor(now)
    later = now + timedelta(hours=23)
    newcomer = add(engine, server.url("/newcomer"), later)
    assert jobs.claim_due(engine, "test", later, 5) == []
    assert jobs.claim_due(engine, "test", later, 5, only=[newcomer]) == []
    server.plays("/feed", reply(status=503, Retry_After="86400"))
    tomorrow = now + timedelta(days=1, hours=3)
    visitor(tomorrow)
    assert len(jobs.claim_due(engine, "test", tomorrow, 5, only=[newcomer])) == 1


def test_retry_after_is_honoured_on_a_page_that_is_no_feed(engine, visitor, server, now):
    server.plays(
        "/feed", reply(b"<!doctype html><p>Back soon", Content_Type="text/html", Retry_After="172800")
    )
    assert not visitor(now).ok
    with the_source(engine, visitor.source_id) as source:
        assert source.due_at >= now + timedelta(days=2)
        assert visits(source.strip)[-1].status == 200


def test_a_410_twice_a_day_apart_ends_the_visits(engine, visitor, server, now):
    server.plays("/feed", reply(status=410))
    visitor(now)
    visitor(now + timedelta(hours=2))
    with the_source(engine, visitor.source_id) as source:
        assert source.gone_at is None
    visitor(now + timedelta(hours=25))
    with the_source(engine, visitor.source_id) as source:
        assert (source.gone_at, source.due_at) == (now + timedelta(hours=25), None)
    assert "source.gone" in all_of(engine, Event.action)


def test_a_permanent_redirect_is_adopted_after_five_visits_over_seven_days(engine, visitor, server, now):
    server.plays("/new", reply(FEED))
    server.plays("/feed", redirect("/new", status=301))
    for day in (0, 2, 4, 6):
        visitor(now + timedelta(days=day))
    with the_source(engine, visitor.source_id) as source:
        assert source.url == server.url("/feed")
    visitor(now + timedelta(days=8))
    with the_source(engine, visitor.source_id) as source:
        assert (source.url, source.former_url) == (server.url("/new"), server.url("/feed"))


def test_a_temporary_redirect_is_followed_and_never_kept(engine, visitor, server, now):
    server.plays("/new", reply(FEED))
    server.plays("/feed", redirect("/new", status=302))
    for day in range(0, 20, 2):
        assert visitor(now + timedelta(days=day)).ok
    with the_source(engine, visitor.source_id) as source:
        assert (source.url, source.moved_to) == (server.url("/feed"), "")


@pytest.mark.parametrize(("status", "code"), [(304, "not_modified_unasked"), (200, "empty_body")])
def test_an_answer_without_a_body_that_nobody_asked_for_is_a_soft_error(
    engine, visitor, server, now, status, code
):
    visitor(now)
    with transaction(engine) as session:
        session.get_one(Source, visitor.source_id).whole_at = now - timedelta(days=14)
    server.plays("/feed", reply(status=status))
    assert visitor(now + timedelta(hours=3)).error_code == code
    with the_source(engine, visitor.source_id) as source:
        assert (source.failures, source.etag) == (1, 'W/"1"')
    server.plays("/feed", conditional(FEED, etag='W/"1"'))
    assert visitor(now + timedelta(days=1)).ok


def test_a_redirect_to_a_page_that_is_no_feed_changes_nothing(engine, visitor, server, now):
    server.plays("/page", reply(b"<!doctype html><title>Moved</title>", Content_Type="text/html"))
    visitor(now)
    server.plays("/feed", redirect("/page", status=301))
    for day in range(1, 12):
        assert not visitor(now + timedelta(days=day)).ok
    with the_source(engine, visitor.source_id) as source:
        assert (source.url, source.moved_to, source.etag) == (server.url("/feed"), "", 'W/"1"')


def test_a_redirect_to_a_network_inside_changes_nothing(engine, visitor, server, now):
    server.plays("/feed", redirect("http://10.0.0.1/feed", status=301))
    for day in range(9):
        assert visitor(now + timedelta(days=day)).error_code == "private_address"
    with the_source(engine, visitor.source_id) as source:
        assert (source.url, source.moved_to) == (server.url("/feed"), "")


def test_a_page_that_is_no_feed_is_an_error_in_words(engine, visitor, server, now):
    server.plays("/feed", reply(b"<!doctype html><title>Hello</title>", Content_Type="text/html"))
    refreshed = visitor(now)
    assert not refreshed.ok
    with the_source(engine, visitor.source_id) as source:
        assert (source.failures, source.error_code, source.etag) == (1, refreshed.error_code, "")
        assert source.error


def test_a_lease_that_ran_out_is_taken_over_and_the_late_one_may_not_write(
    engine, visitor, fetcher, workers, now
):
    killed = claim(engine, now, visitor.source_id)
    assert jobs.claim_due(engine, "other", now + timedelta(minutes=1), 5) == []
    later = now + timedelta(minutes=10)
    (taken,) = jobs.claim_due(engine, "other", later, 5)
    assert taken.fence > killed.fence
    with pytest.raises(LeaseLost):
        jobs.refresh_source(engine, killed, fetcher, workers, now)
    assert all_of(engine, Entry.id) == []
    assert all_of(engine, Source.strip) == [[]]
    assert jobs.refresh_source(engine, taken, fetcher, workers, later).brought.new == 2


def test_a_source_that_was_removed_while_it_was_read_is_not_written(
    engine, visitor, fetcher, workers, server, now
):
    lease = claim(engine, now, visitor.source_id)

    def remove_and_reply(visit):
        with transaction(engine) as session:
            sources.remove(session, visitor.source_id, by=ADA, now=now)
        reply(FEED)(visit)

    server.plays("/feed", remove_and_reply)
    with pytest.raises(LeaseLost):
        jobs.refresh_source(engine, lease, fetcher, workers, now)
    assert all_of(engine, Entry.id) == []


@pytest.mark.both_databases
def test_any_number_of_claimants_get_disjoint_sources(engine, now):
    ids = {add(engine, f"https://host{number}.example/feed", now) for number in range(24)}
    barrier = threading.Barrier(4)

    def take(owner: int) -> list[int]:
        barrier.wait()
        return [
            lease.source_id for _ in range(3) for lease in jobs.claim_due(engine, f"owner{owner}", now, 2)
        ]

    with ThreadPoolExecutor(4) as pool:
        taken = [source_id for each in pool.map(take, range(4)) for source_id in each]
    assert len(taken) == 24
    assert set(taken) == ids


def test_one_host_is_read_by_one_at_a_time_and_rests_two_seconds(engine, now):
    for path in ("a", "b"):
        add(engine, f"https://host.example/{path}", now)
    (first,) = jobs.claim_due(engine, "one", now, 10)
    assert jobs.claim_due(engine, "two", now, 10) == []
    with transaction(engine) as session:
        source = session.get_one(Source, first.source_id)
        source.lease_until, source.fetched_at, source.due_at = None, now, now + timedelta(hours=1)
    assert jobs.claim_due(engine, "two", now + timedelta(seconds=1), 10) == []
    assert len(jobs.claim_due(engine, "two", now + timedelta(seconds=3), 10)) == 1


def test_a_broken_source_is_news_and_the_others_go_on(engine, fetcher, workers, server, now):
    server.plays("/good", reply(FEED))
    server.plays("/bad", reply(b"what is this"))
    good, bad = add(engine, server.url("/good"), now), add(engine, server.url("/bad"), now)
    results = {each.source_id: each for each in rounds.refresh_due(engine, fetcher, workers, lambda: now)}
    assert (results[good].ok, results[bad].ok) == (True, False)


def test_an_error_nobody_thought_of_stops_neither_the_round_nor_the_source(engine, fetcher, server, now):
    class Breaks:
        def parse(self, kind, body, *, url, headers, given):
            raise ZeroDivisionError

    server.plays("/feed", reply(FEED))
    source_id = add(engine, server.url("/feed"), now)
    (result,) = rounds.refresh_due(engine, fetcher, Breaks(), lambda: now)
    assert not result.ok
    with the_source(engine, source_id) as source:
        assert (source.error_code, source.failures, source.lease_until) == ("internal", 1, None)


def test_when_every_host_fails_it_is_our_outage_and_counts_against_nobody(engine, workers, now):
    class Unplugged:
        def get(self, url, *, validators=None):
            raise FetchError("connect_failed", "Nobody answers there.")

    ids = [add(engine, f"https://host{number}.example/feed", now) for number in range(5)]
    list(rounds.refresh_due(engine, Unplugged(), workers, lambda: now, threads=1, only=ids))
    with snapshot(engine) as session:
        failures = [session.get_one(Source, source_id).failures for source_id in ids]
    assert failures == [0, 0, 0, 0, 0]


def test_a_check_tells_what_would_come_in_and_stores_nothing(engine, fetcher, workers, server):
    url = server.plays("/feed", reply(FEED))
    checked = trying.check_source(url, fetcher, workers, announcer=Announcer.LAUNCH_FEED)
    assert [each.name for each in checked.entries] == ["Plumeria", "Plumo"]
    assert all_of(engine, Entry.id) == all_of(engine, Event.id) == []


def test_a_check_of_a_web_page_suggests_its_feeds(fetcher, workers, server):
    page = b"<!doctype html><html><head><link rel=alternate type='application/rss+xml' href='/feed'></head></html>"
    url = server.plays("/", reply(page, Content_Type="text/html"))
    with pytest.raises(ParseError) as refused:
        trying.check_source(url, fetcher, workers)
    assert server.url("/feed") in refused.value.suggested


def test_what_is_being_read_is_told_as_it_begins(engine, visitor, fetcher, workers, now):
    begun: list[int] = []
    read = rounds.refresh_due(
        engine, fetcher, workers, lambda: now, on_start=lambda lease: begun.append(lease.source_id)
    )
    refreshed = next(iter(read))
    assert begun == [refreshed.source_id] == [visitor.source_id]
    assert refreshed.wire_bytes > len(FEED)


def test_the_feeds_that_a_page_names_where_a_feed_was_are_kept_for_whoever_puts_it_right(
    engine, visitor, server, now
):
    visitor(now)
    page = b"<!doctype html><html><head><link rel=alternate type='application/rss+xml' href='/new'></head></html>"
    server.plays("/feed", reply(page, Content_Type="text/html"))
    assert visitor(now + timedelta(days=1)).error_code == "web_page_not_feed"
    with snapshot(engine) as session:
        failed = session.exec(select(Event).where(Event.action == "source.failed")).one()
    assert failed.after["feeds"] == [server.url("/new")]


def test_the_usual_gap_between_entries_is_learnt_from_their_dates(engine, visitor, now):
    visitor(now)
    with the_source(engine, visitor.source_id) as source:
        assert source.usual_gap_s == 3_600


def test_what_was_odd_about_a_document_is_kept_until_it_is_no_more(engine, visitor, server, now):
    server.plays("/feed", reply(FEED.replace(b"Notes", b"Notes & plans")))
    visitor(now)
    with the_source(engine, visitor.source_id) as source:
        assert source.note
    server.plays("/feed", reply(FEED))
    visitor(now + timedelta(days=2))
    with the_source(engine, visitor.source_id) as source:
        assert source.note == ""

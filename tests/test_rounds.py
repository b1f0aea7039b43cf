import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine, event
from sqlmodel import select

from registry import ahead, jobs, rounds
from registry.domain.proposal import Announcer
from registry.services.people.acting import Actor
from registry.services.sources import leases, sources, visits
from registry.services.sources.visits import Success
from registry.store import schema
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import Entry, Event, Source
from scrapers.entry import Draft, Parsed, entries_of
from scrapers.errors import FetchError
from scrapers.fetch import Fetched, Redirect, Validators

ADA = Actor(None, "Ada")
HOUR = timedelta(hours=1)
LOOPBACK = "http://127.0.0.1:8000/{}"
SPREAD = "https://host{}.example/feed"


def a_reply(url: str, *, status: int = 304, etag: str = '"1"', **more) -> Fetched:
    same = {"url": url, "body": b"", "headers": {}, "redirects": (), "wire_bytes": 99, "elapsed_s": 0.25}
    same |= {"body_hash": "h" if status == 200 else "", "fresh_for_s": None}
    return Fetched(**{**same, "status": status, "validators": Validators(etag), **more})


class Publisher:
    """Answers at once and in memory; `news` are the addresses with an entry that nobody knows."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.news: set[str] = set()
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()

    def get(self, url: str, *, validators: Validators | None = None) -> Fetched:
        with self._lock:
            self.asked.append(url)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self.answer(url)
        finally:
            with self._lock:
                self.at_once -= 1

    def answer(self, url: str) -> Fetched:
        return a_reply(url, status=200) if url in self.news else a_reply(url)


class OneEntry:
    """A parser of feeds that hold one entry each, and how often it was asked."""

    asked = 0

    def parse(self, kind, body, *, url, headers, given) -> Parsed:
        self.asked += 1
        title = f"Plumeria {self.asked} - Minutes"
        return Parsed(entries_of([Draft(id=url, link=f"{url}#x", title=title)]))


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def parser() -> OneEntry:
    return OneEntry()


def add(engine: Engine, now: datetime, urls: list[str]) -> list[int]:
    """Sources that have been read, so that they have a validator, and are due again."""
    with transaction(engine) as session:
        added = [
            sources.add_source(session, url=url, announcer=Announcer.LAUNCH_FEED, by=ADA, now=now)
            for url in urls
        ]
        for source in added:
            source.whole_at = source.succeeded_at = source.fetched_at = now - HOUR
            source.etag, source.parser_version = '"1"', visits.PARSER_VERSION
        return [source.id or 0 for source in added]


def addresses(pattern: str, count: int) -> list[str]:
    return [pattern.format(number) for number in range(count)]


def rows(engine: Engine) -> list[dict[str, object]]:
    with snapshot(engine) as session:
        return [each.model_dump() for each in session.exec(select(Source).order_by(Source.id)).all()]


@pytest.fixture
def statements(engine: Engine) -> Iterator[Counter[str]]:
    """How many rows each kind of statement was given."""
    seen: Counter[str] = Counter()

    def count(_connection, _cursor, statement, parameters, _context, many):
        rows = len(parameters) if many and isinstance(parameters, list) else 1
        seen[" ".join(statement.split()[:2])] += rows

    event.listen(engine, "before_cursor_execute", count)
    yield seen
    event.remove(engine, "before_cursor_execute", count)


SAME_FOR_ALL = {
    "nothing changed": {},
    "another validator": {"etag": '"2"'},
    "the same bytes": {"status": 200},
    "asked to wait": {"retry_after_s": 90_000},
    "fresh for a day": {"fresh_for_s": 86_400},
    "moved for good": {"redirects": (Redirect(301, "https://elsewhere.example/feed"),)},
}


@pytest.mark.both_databases
@pytest.mark.parametrize("before", ["well", "failed", "silent", "gone"])
@pytest.mark.parametrize("reply", SAME_FOR_ALL)
def test_visits_that_are_written_as_plain_rows_give_what_an_object_gives(
    engine, now, monkeypatch, before, reply
):
    ids = add(engine, now, ["https://one.example/a", "https://two.example/a"])
    state = {
        "well": {},
        "failed": {"failures": 3, "error_code": "not_found", "error": "No.", "last_code": "not_found"},
        "silent": {"failures": 1, "error_code": "timeout", "error": "No.", "last_code": "timeout"},
        "gone": {"failures": 1, "error_code": "gone", "gone_since": now - HOUR, "last_code": "gone"},
    }[before]
    with transaction(engine) as session:
        for source_id in ids:
            session.get_one(Source, source_id).sqlmodel_update(state)
    alone, together = jobs.claim_due(engine, "test", now, 5)
    answer = a_reply("https://elsewhere.example/feed" if "moved" in reply else "", **SAME_FOR_ALL[reply])
    with transaction(engine) as session, monkeypatch.context() as objects_alone:
        objects_alone.setattr(visits, "_note_unchanged", lambda *_: set())
        visits.succeed(session, Success(alone, answer, None, now))
    with transaction(engine) as session:
        assert set(visits.succeed_each(session, [Success(together, answer, None, now)])) == {together}
    own = {"id": 0, "name": "", "url": "", "due_at": None}
    one, other = ({**row, **own} for row in rows(engine))
    assert one == other
    with snapshot(engine) as session:
        told = Counter(each.subject_id for each in session.exec(select(Event)).all())
    assert told[ids[0]] == told[ids[1]]


@pytest.mark.both_databases
def test_of_many_visits_written_together_one_that_lost_its_lease_writes_nothing(engine, now):
    ids = add(engine, now, addresses(SPREAD, 3))
    leased = jobs.claim_due(engine, "test", now, 5)
    lost = replace(leased[1], fence=leased[1].fence - 1)
    with transaction(engine) as session:
        held = visits.succeed_each(
            session, [Success(each, a_reply(each.url), None, now) for each in (leased[0], lost, leased[2])]
        )
    assert set(held) == {leased[0], leased[2]}
    assert [bool(row["strip"]) for row in rows(engine)] == [source_id != lost.source_id for source_id in ids]


def test_a_poll_in_which_nothing_changed_parses_nothing_and_writes_one_row_a_source(
    engine, now, publisher, parser, statements
):
    add(engine, now, addresses(LOOPBACK, 40))
    statements.clear()
    seen = list(rounds.refresh_due(engine, publisher, parser, lambda: now))
    assert (len(seen), parser.asked) == (40, 0)
    assert all(each.unchanged for each in seen)
    assert not [kind for kind in statements if kind.startswith(("INSERT", "DELETE"))]
    leases = sum(count for kind, count in statements.items() if kind == "UPDATE source") - 40
    assert leases <= 10  # statements, each of which leases many


def test_the_cost_follows_what_changed_and_not_what_is_subscribed(engine, now, publisher, parser, statements):
    urls = addresses(LOOPBACK, 60)
    add(engine, now, urls)
    publisher.news = set(urls[:2])
    statements.clear()
    seen = list(rounds.refresh_due(engine, publisher, parser, lambda: now))
    assert (len(seen), parser.asked, sum(each.brought.new for each in seen)) == (60, 2, 2)
    assert (
        statements["INSERT INTO"] <= 2 * 7
    )  # an entry, a candidate, its mention and two events with their lines in the log


def test_one_that_breaks_what_is_written_together_leaves_the_others(
    engine, now, publisher, parser, monkeypatch
):
    ids = add(engine, now, addresses(LOOPBACK, 5))
    answered = visits._answered

    def breaks(source, *rest):
        if source.id == ids[2]:
            raise ZeroDivisionError
        return answered(source, *rest)

    monkeypatch.setattr(visits, "_answered", breaks)
    seen = {each.source_id: each.ok for each in rounds.refresh_due(engine, publisher, parser, lambda: now)}
    assert seen == {source_id: source_id != ids[2] for source_id in ids}
    assert [row["error_code"] for row in rows(engine)] == ["", "", "internal", "", ""]


def test_a_claim_that_breaks_loses_nothing_of_what_was_read_before_it(
    engine, now, publisher, parser, monkeypatch
):
    add(engine, now, addresses(LOOPBACK, 9))
    claim, claims = leases.claim, list[int]()

    def breaks_once(*who, **how):
        claims.append(how["limit"])
        if len(claims) == 2:
            raise RuntimeError("the database went away for a moment")
        return claim(*who, **how)

    monkeypatch.setattr(leases, "claim", breaks_once)
    seen = list(rounds.refresh_due(engine, publisher, parser, lambda: now, threads=2))
    assert [each.ok for each in seen] == [True] * 9
    assert len(set(publisher.asked)) == len(publisher.asked) == 9


def test_failures_and_news_of_one_moment_are_all_written(engine, now, publisher, parser):
    urls = addresses(LOOPBACK, 30)
    add(engine, now, urls)
    publisher.news = set(urls[:10])

    def answer(url: str) -> Fetched:
        if url in urls[10:20]:
            raise FetchError("not_found", "There is nothing at this address.", status=404)
        return Publisher.answer(publisher, url)

    publisher.answer = answer
    seen = Counter(
        "failed" if not each.ok else "unchanged" if each.unchanged else "news"
        for each in rounds.refresh_due(engine, publisher, parser, lambda: now)
    )
    assert seen == {"failed": 10, "unchanged": 10, "news": 10}
    with snapshot(engine) as session:
        assert len(session.exec(select(Entry)).all()) == 10


def test_loopback_is_asked_for_many_things_at_once_and_others_for_one(engine, now, publisher, parser):
    together = threading.Barrier(3, timeout=10)

    def answer(url: str) -> Fetched:
        together.wait()
        return a_reply(url)

    publisher.answer = answer
    add(engine, now, addresses(LOOPBACK, 3))
    assert len(list(rounds.refresh_due(engine, publisher, parser, lambda: now, threads=3))) == 3
    publisher.answer, publisher.most_at_once = a_reply, 0
    add(engine, now, addresses("https://host.example/{}", 3))
    list(rounds.refresh_due(engine, publisher, parser, lambda: now, threads=3, patience_s=0))
    assert publisher.most_at_once == 1


class Clock:
    """Goes on by what somebody waits, without anybody waiting."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.waited: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def is_set(self) -> bool:
        return False

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        self.now += timedelta(seconds=seconds)
        return False


@pytest.mark.parametrize("failures", [0, 1])
def test_new_or_sick_sources_that_hang_leave_a_thread_to_those_that_do_well(
    engine, now, publisher, parser, failures
):
    slow, well = addresses(LOOPBACK, 12), addresses("http://127.0.0.1:8001/{}", 9)
    add(engine, now, slow)
    add(engine, now, well)
    with transaction(engine) as session:
        for source in session.exec(select(Source)):
            if source.url in slow:
                source.succeeded_at, source.failures = None, failures
            else:
                source.due_at = now + timedelta(seconds=30)
    hanging, released, begun = threading.Event(), threading.Event(), list[str]()

    def answer(url: str) -> Fetched:
        if url in slow:
            begun.append(url)
            if len(begun) == 2:  # of three threads
                hanging.set()
            released.wait(5)
        return a_reply(url)

    publisher.answer = answer
    clock = lambda: now + timedelta(minutes=1 if hanging.is_set() else 0)  # noqa: E731
    listening = rounds.refresh_due(engine, publisher, parser, clock, threads=3)
    first = {next(listening).url for _ in well}
    released.set()
    assert first == set(well)
    assert {each.url for each in listening} == set(slow)


def test_a_round_goes_on_while_a_source_waits_for_nothing_but_its_hosts_rest(engine, now, publisher, parser):
    clock = Clock(now)
    add(engine, now, addresses("https://host.example/{}", 4))
    seen = list(rounds.refresh_due(engine, publisher, parser, clock, stop=clock))
    assert len(seen) == 4
    assert clock.waited == [2, 2, 2]


def test_a_round_rests_no_longer_than_it_is_given(engine, now, publisher, parser):
    clock = Clock(now)
    add(engine, now, addresses("https://host.example/{}", 4))
    seen = list(rounds.refresh_due(engine, publisher, parser, clock, stop=clock, rests_for_s=1))
    assert (len(seen), clock.waited) == (1, [])


def test_a_round_does_not_wait_for_a_host_that_asked_for_peace(engine, now, publisher, parser):
    clock = Clock(now)
    first, _ = add(engine, now, addresses("https://host.example/{}", 2))
    with transaction(engine) as session:
        source = session.get_one(Source, first)
        source.last_code, source.wait_until = "rate_limited", now + HOUR
    assert list(rounds.refresh_due(engine, publisher, parser, clock, stop=clock)) == []
    assert clock.waited == []


@pytest.mark.both_databases
def test_a_round_that_is_stopped_writes_what_it_read_and_lets_go_of_the_rest(engine, now, publisher, parser):
    stop = threading.Event()
    add(engine, now, addresses(LOOPBACK, 50))

    def answer(url: str) -> Fetched:
        stop.set()
        return a_reply(url)

    publisher.answer = answer
    list(rounds.refresh_due(engine, publisher, parser, lambda: now, threads=2, stop=stop))
    read = [row for row in rows(engine) if row["strip"]]
    assert len(read) == len(publisher.asked) < 50
    assert not [row["id"] for row in rows(engine) if row["lease_until"] is not None]


def test_a_round_whose_listener_leaves_ends_its_threads_and_leases(engine, now, publisher, parser):
    add(engine, now, addresses(LOOPBACK, 50))
    listening = rounds.refresh_due(engine, publisher, parser, lambda: now, threads=2)
    next(listening)
    listening.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("refresh")]
    assert not [row["id"] for row in rows(engine) if row["lease_until"] is not None]


def test_a_source_whose_turn_comes_too_late_for_its_lease_is_not_asked(engine, now, parser, publisher):
    moments = iter([now, now + timedelta(minutes=4)])
    add(engine, now, addresses(LOOPBACK, 1))
    assert list(rounds.refresh_due(engine, publisher, parser, lambda: next(moments, now))) == []
    assert publisher.asked == []


@pytest.mark.parametrize("only", [None, range(1, 3)])
def test_what_is_due_is_found_without_reading_every_source(tmp_path, now, only):
    """By SQLite's own account of how it looks for them; PostgreSQL reads a table as small as this whole."""
    engine = make_engine(f"sqlite:///{tmp_path}/registry.sqlite3")
    schema.upgrade(engine)
    add(engine, now, addresses(SPREAD, 3))
    plans = _plans(engine, lambda: jobs.claim_due(engine, "test", now, 2, only=only))
    assert plans
    assert not [plan for plan in plans if plan.startswith("SCAN source") and "INDEX" not in plan]
    engine.dispose()


def _plans(engine: Engine, act) -> list[str]:
    asked: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        if " source" in statement and statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    act()
    event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        return [
            row[3]
            for statement, parameters in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


@pytest.mark.both_databases
def test_news_written_together_is_what_each_source_brings_alone(engine, now):
    """Two announce one tool, and one of them another: each is told what came of its own entries."""
    ids = add(engine, now, ["https://one.example/feed", "https://two.example/feed"])
    drafts = [
        Draft(id="1", link="https://plumbline.example/", title="Plumbline - Levels"),
        Draft(id="2", link="https://quillmark.example/", title="Quillmark - Notes"),
    ]
    leases = jobs.claim_due(engine, "test", now, 5)
    seen = [
        Success(lease, a_reply(lease.url, status=200), Parsed(entries_of(drafts[:many])), now)
        for lease, many in zip(leases, (1, 2), strict=True)
    ]
    with transaction(engine) as session:
        told = visits.succeed_each(session, seen)
    assert [(told[lease].new, told[lease].candidates, told[lease].mentions) for lease in leases] == [
        (1, 1, 1),
        (2, 1, 2),
    ]
    with snapshot(engine) as session:
        assert [each.source_id for each in session.exec(select(Entry).order_by(Entry.id))] == [
            ids[0],
            ids[1],
            ids[1],
        ]


def test_others_wait_for_no_more_than_some_entries_written_together():
    reads = [SimpleNamespace(entries=count) for count in (30, 30, 30, 30, 500, 1, *[0] * 9)]
    together = [[each.entries for each in batch] for batch in ahead.batches(reads)]
    assert together == [[30, 30, 30], [30], [500], [1, *[0] * 7], [0, 0]]

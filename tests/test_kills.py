"""A reader is killed at any point; another takes over, and each entry is there exactly once, with what it led to."""

import hashlib
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from registry.domain.proposal import Announcer
from registry.services.people.acting import Actor
from registry.services.sources import sources
from registry.store.engine import snapshot, transaction
from registry.store.tables import Candidate, Entry, Mention, Source
from tests.feeds import THEN, a_feed
from tests.reading import LEASE_IS_OVER, Point, a_signal, read_for_ever, read_until, started
from tests.scrapers.hostile import HostileServer, conditional

ADA = Actor(None, "Ada")
HOUR = timedelta(hours=1)
ROUNDS = int(os.environ.get("KILL_ROUNDS", "8"))
"""More of them by hand."""


@dataclass
class Publisher:
    """Serves one item more with each document, and none ever leaves."""

    server: HostileServer
    items: int = 0
    edition: int = 0

    def writes(self, more: int = 3) -> None:
        self.items += more
        self.edition += 1
        rows = (
            (f"{n}", f"Product{n} - Edition {self.edition if n == 1 else 1}", f"https://product{n}.example/")
            for n in range(self.items, 0, -1)
        )
        body = a_feed(*rows)
        self.server.plays("/feed", conditional(body, etag=f'"{self.items}"', last_modified=self.stamp(body)))

    def stamp(self, body: bytes) -> str:
        return f"Sun, 01 Nov 2026 09:00:00 GMT {hashlib.sha256(body).hexdigest()[:9]}"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with HostileServer() as server:
        yield Publisher(server)


def added(engine: Engine, publisher: Publisher) -> int:
    with transaction(engine) as session:
        url = publisher.server.url("/feed")
        source = sources.add_source(session, url=url, announcer=Announcer.LAUNCH_FEED, by=ADA, now=THEN)
        return source.id or 0


def address(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def stored(session: Session) -> list[int]:
    """The numbers of the items that are stored, each as often as it is."""
    titles = session.exec(select(Entry.title)).all()
    return sorted(int(re.findall(r"Product(\d+) ", title)[0]) for title in titles)


def check_that_nothing_is_by_halves(engine: Engine) -> None:
    """Each item once; what is stored has proposed; the validators speak of no item that is not stored."""
    with snapshot(engine) as session:
        (source,) = session.exec(select(Source)).all()
        numbers = stored(session)
        assert len(set(numbers)) == len(numbers)
        rows = session.exec(select(Entry)).all()
        proposing = sum(not (row.held or row.only_seen) for row in rows)
        assert len(session.exec(select(Mention)).all()) == proposing
        assert len(session.exec(select(Candidate)).all()) == proposing
        promised = int(source.etag.strip('"') or 0)
        assert numbers == list(range(1, promised + 1))
        assert bool(source.body_hash) == bool(source.last_modified) == bool(promised)


@pytest.mark.whole
def test_killed_at_any_named_point_it_is_done_by_another_after_its_lease(
    engine: Engine, publisher: Publisher
):
    source_id, now = added(engine, publisher), THEN
    for point in Point:
        publisher.writes()
        now += HOUR
        killed = started(read_until, address(engine), now, [source_id], point, 1, "kill")
        killed.join(30)
        assert killed.exitcode == -9, point
        check_that_nothing_is_by_halves(engine)
        with snapshot(engine) as session:
            was_stored = stored(session)[-1:] == [publisher.items]
        assert was_stored == (point is Point.COMMITTED)
        another = started(read_until, address(engine), now + LEASE_IS_OVER, [source_id], None, 0, "kill")
        another.join(30)
        assert another.exitcode == 0
        with snapshot(engine) as session:
            assert stored(session) == list(range(1, publisher.items + 1))
        check_that_nothing_is_by_halves(engine)


def rounds_of_kills(engine: Engine, publisher: Publisher, rounds: int, *, seed: int) -> None:
    dice = random.Random(seed)
    source_id, now = added(engine, publisher), THEN
    ends: Counter[bool] = Counter()
    most_s = 0.5
    for _ in range(rounds):
        publisher.writes(dice.randrange(1, 8))
        now += timedelta(days=30)  # later than whatever the one before has reached
        begins = a_signal()
        reader = started(read_for_ever, address(engine), now, [source_id], begins)
        assert begins.wait(30)
        time.sleep(dice.uniform(0, most_s))
        reader.kill()
        reader.join(30)
        check_that_nothing_is_by_halves(engine)
        with snapshot(engine) as session:
            in_time = stored(session)[-1:] == [publisher.items]
        ends[in_time] += 1
        most_s *= 0.6 if in_time else 1.7  # about half of them, however busy the machine is
    assert ends.total() == rounds
    assert min(ends[True], ends[False]) > 0, ends  # some died too early to store anything, some did not
    last = started(read_until, address(engine), now + timedelta(days=60), [source_id], None, 0, "kill")
    last.join(30)
    with snapshot(engine) as session:
        assert stored(session) == list(range(1, publisher.items + 1))
    check_that_nothing_is_by_halves(engine)


@pytest.mark.whole
def test_killed_at_random_moments_it_stores_nothing_twice_and_forgets_nothing(
    engine: Engine, publisher: Publisher
):
    rounds_of_kills(engine, publisher, ROUNDS, seed=5)


@pytest.mark.both_databases
def test_one_that_was_paused_longer_than_its_lease_writes_nothing_when_it_goes_on(
    engine: Engine, publisher: Publisher
):
    source_id = added(engine, publisher)
    publisher.writes()
    paused = started(read_until, address(engine), THEN, [source_id], Point.FETCHED, 1, "stop")
    try:
        wait_until_it_stands(paused.pid or 0)
    except AssertionError:
        paused.kill()
        raise
    publisher.writes()
    another = started(read_until, address(engine), THEN + LEASE_IS_OVER, [source_id], None, 0, "kill")
    another.join(30)
    with snapshot(engine) as session:
        before = session.exec(select(Source)).one().model_dump()
    os.kill(paused.pid or 0, signal.SIGCONT)
    paused.join(30)
    assert paused.exitcode == 0
    check_that_nothing_is_by_halves(engine)
    with snapshot(engine) as session:
        assert session.exec(select(Source)).one().model_dump() == before
        assert stored(session) == list(range(1, publisher.items + 1))


def wait_until_it_stands(pid: int) -> None:
    for _ in range(1000):
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return
        time.sleep(0.02)
    raise AssertionError("it never got there")

"""Hostile publishers cost their own sources a failure in words, and the others not a second."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlmodel import select

from registry import rounds
from registry.services.people.acting import Actor
from registry.services.sources import sources
from registry.store.engine import snapshot, transaction
from registry.store.tables import Entry, Source
from scrapers.fetch import Fetcher
from scrapers.workers import Workers
from tests.feeds import a_feed
from tests.scrapers import hostile
from tests.scrapers.hostile import AGENT, HostileServer, reply
from tests.scrapers.hostile_kinds import KINDS

ADA = Actor(None, "Ada")
FEED = a_feed(("1", "Plumeria - Minutes", "https://plumeria.example/"))
DEADLINE_S = 30.0
"""Nobody waits for it here: the servers end when the test has seen enough."""
BUSY = ("says nothing", "headers by the line", "a body by the byte")


@pytest.fixture
def network() -> Iterator["Network"]:
    with ExitStack() as stack:
        yield Network(stack)


class Network:
    """Publishers, each on a host of its own, since a host is asked one thing at a time."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._hosts = 0
        self.end = stack.close

    def add(self, play: hostile.Play) -> str:
        self._hosts += 1
        server = self._stack.enter_context(HostileServer(host=f"127.0.7.{self._hosts}"))
        return server.plays("/feed", play)


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], deadline_s=DEADLINE_S) as running:
        yield running


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(count=1) as running:
        yield running


def add(engine, url, now, *, failures=0, worked_at=None):
    with transaction(engine) as session:
        source = sources.add_source(session, url=url, by=ADA, now=now)
        source.failures, source.succeeded_at = failures, worked_at
        return source.id


def all_of(engine, table):
    with snapshot(engine) as session:
        return session.exec(select(table)).all()


def test_a_good_source_is_read_while_hostile_ones_use_up_their_time(engine, network, fetcher, workers, now):
    hostile_ids = {add(engine, network.add(KINDS[name].play), now) for name in BUSY}
    good = add(engine, network.add(reply(FEED)), now)
    threads = len(BUSY) + 2  # one is for those that did well the last time, and all here are new
    read = rounds.refresh_due(engine, fetcher, workers, lambda: now, threads=threads)
    first = next(read)
    assert (first.source_id, first.brought.new) == (good, 1)
    assert len(all_of(engine, Entry)) == 1
    network.end()
    assert {refreshed.source_id for refreshed in read if not refreshed.ok} == hostile_ids


def test_those_that_failed_before_come_last_and_leave_a_thread_to_those_that_worked(
    engine, network, fetcher, workers, now
):
    for _ in range(6):
        add(engine, network.add(hostile.silence), now, failures=1)
    at_first = add(engine, network.add(reply(FEED)), now, worked_at=now)
    stop, began = threading.Event(), time.monotonic()
    read = []
    for refreshed in rounds.refresh_due(engine, fetcher, workers, lambda: now, threads=3, stop=stop):
        read.append(refreshed.source_id)
        if len(read) == 1:  # hostile ones run by now, and more of them wait
            later = add(engine, network.add(reply(FEED)), now, worked_at=now)
        if len(read) == 2:
            assert time.monotonic() - began < DEADLINE_S, "none of the hostile ones had to be given up for it"
            stop.set()
            network.end()
    assert read[:2] == [at_first, later]


def test_every_kind_is_told_on_its_source_in_words(engine, network, fetcher, workers, now):
    names = (
        "a bomb",
        "endless headers",
        "noise",
        "a reset in the body",
        "a redirect to itself",
        "nothing in it",
    )
    kinds = {add(engine, network.add(KINDS[name].play), now): KINDS[name] for name in names}
    list(rounds.refresh_due(engine, fetcher, workers, lambda: now))
    for source in all_of(engine, Source):
        assert source.error_code in kinds[source.id].ends
        assert source.error.endswith(".")
        assert source.failures == 1


def test_a_hostile_document_costs_its_own_source_alone(engine, network, fetcher, now):
    deep = add(engine, network.add(reply(b"<rss version='2.0'><channel><item>" + b"<a>" * 900_000)), now)
    bomb = add(
        engine,
        network.add(reply(b'{"version":"https://jsonfeed.org/version/1","items":[' + b"[]," * 1_500_000)),
        now,
    )
    good = add(engine, network.add(reply(FEED)), now)
    with Workers(count=2, cpu_s=1, memory_mb=300) as workers:
        read = {each.source_id: each for each in rounds.refresh_due(engine, fetcher, workers, lambda: now)}
    assert read[good].brought.new == 1
    for each in (deep, bomb):
        assert read[each].error_code in ("parser_killed", "unreadable_feed", "not_a_feed")

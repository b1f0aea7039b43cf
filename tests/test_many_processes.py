"""Any number of processes read on one database: each due source once, a killed one's work by another."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from registry.domain.proposal import Announcer
from registry.domain.visit import visits
from registry.store.engine import snapshot, transaction
from registry.store.tables import Entry, Mention, Source
from tests.feeds import THEN, a_feed
from tests.reading import LEASE_IS_OVER, Point, read_until, started
from tests.scrapers.hostile import HostileServer, reply

WAIT_S = 300
MANY = int(os.environ.get("DUE_AT_ONCE", "150"))
"""More sources by hand."""


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


def add_due(engine: Engine, server: HostileServer, count: int) -> None:
    """As many publishers, each on a host of its own and with two products of its own."""
    with transaction(engine) as session:
        for number in range(count):
            path = f"/feed{number}"
            made = [
                (f"{each}", f"Tool{number}{each} - New", f"https://t{number}{each}.example/") for each in "ab"
            ]
            server.plays(path, reply(a_feed(*made)))
            host = f"publisher{number}.example"
            session.add(
                Source(
                    name=host,
                    url=server.url(path, host=host),
                    announcer=Announcer.LAUNCH_FEED,
                    created_at=THEN,
                    due_at=THEN,
                )
            )


def address(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def asked(server: HostileServer) -> Counter[str]:
    return Counter(visit.target for visit in server.visits)


def check_that_each_was_read_once(engine: Engine, count: int) -> None:
    with snapshot(engine) as session:
        sources = session.exec(select(Source)).all()
        assert [len(visits(source.strip)) for source in sources] == [1] * count
        assert all(source.lease_until is None and source.failures == 0 for source in sources)
        titles = Counter(session.exec(select(Entry.title)).all())
        assert (len(titles), set(titles.values())) == (2 * count, {1})
        assert len(session.exec(select(Mention)).all()) == 2 * count


def read_together(engine: Engine, server: HostileServer, *, processes: int, count: int) -> None:
    add_due(engine, server, count)
    readers = [started(read_until, address(engine), THEN, None, None, 0, "kill") for _ in range(processes)]
    for reader in readers:
        reader.join(WAIT_S)
        assert reader.exitcode == 0
    assert asked(server) == {f"/feed{number}": 1 for number in range(count)}
    check_that_each_was_read_once(engine, count)


@pytest.mark.both_databases
def test_three_processes_read_each_due_source_exactly_once(engine: Engine, server: HostileServer):
    read_together(engine, server, processes=3, count=60)


@pytest.mark.whole
def test_four_processes_read_each_of_many_due_sources_exactly_once(engine: Engine, server: HostileServer):
    read_together(engine, server, processes=4, count=MANY)


def lose_one(engine: Engine, server: HostileServer, *, processes: int, count: int, kill_at: int) -> None:
    add_due(engine, server, count)
    killed = started(read_until, address(engine), THEN, None, Point.FETCHED, kill_at, "kill")
    killed.join(WAIT_S)
    assert killed.exitcode == -9
    with snapshot(engine) as session:
        leased = {each.url for each in session.exec(select(Source)) if each.lease_until is not None}
    assert leased
    for now, left in ((THEN + timedelta(seconds=3), leased), (THEN + LEASE_IS_OVER, set())):
        others = [started(read_until, address(engine), now, None, None, 0, "kill") for _ in range(processes)]
        for other in others:
            other.join(WAIT_S)
            assert other.exitcode == 0
        with snapshot(engine) as session:
            assert {each.url for each in session.exec(select(Source)) if not each.strip} == left
    check_that_each_was_read_once(engine, count)
    twice = {path for path, times in asked(server).items() if times > 1}
    assert twice <= {url[url.rindex("/") :] for url in leased}
    assert max(asked(server).values()) <= 2


@pytest.mark.whole
def test_what_a_killed_process_held_is_read_by_another_after_its_lease(engine: Engine, server: HostileServer):
    lose_one(engine, server, processes=2, count=24, kill_at=9)


@pytest.mark.whole
def test_so_it_is_with_many_sources(engine: Engine, server: HostileServer):
    lose_one(engine, server, processes=3, count=MANY, kill_at=MANY // 2)

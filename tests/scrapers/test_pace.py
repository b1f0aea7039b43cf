import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from scrapers.errors import FetchError
from scrapers.fetch import Fetcher
from scrapers.pace import Pace
from tests.scrapers.hostile import AGENT, FEED, HostileServer, redirect, reply

PAUSE_S = 0.2


@pytest.fixture
def named() -> Fetcher:
    """Every name leads to this machine."""
    with Fetcher(
        agent=AGENT,
        allow_cidrs=["127.0.0.0/8"],
        host_pause_s=PAUSE_S,
        resolver=lambda host, port: ["127.0.0.1"],
    ) as fetcher:
        yield fetcher


def gaps(server: HostileServer, play) -> list[float]:
    """How long after the end of the request before, in seconds, each request began; filled as they come."""
    ended, found = [0.0], []

    def timed(visit) -> None:
        found.append(time.monotonic() - ended[0])
        play(visit)
        ended[0] = time.monotonic()

    for path in ("/", "/feed"):
        server.plays(path, timed)
    return found


def test_threads_visit_one_host_one_after_the_other_with_a_pause(server, named):
    found = gaps(server, reply(FEED))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(named.get, [server.url("/feed", host="publisher.example")] * 4))
    assert all(gap > PAUSE_S * 0.95 for gap in found)


def test_where_a_redirect_leads_gets_its_pause_too(server, named):
    found = gaps(server, reply(FEED))
    there = server.url("/feed", host="there.example")
    server.plays("/a", redirect(there))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(named.get, [server.url("/a", host=f"{name}.example") for name in "abc"]))
    assert all(gap > PAUSE_S * 0.95 for gap in found)


def test_a_redirect_within_a_host_is_one_visit(server, named):
    server.plays("/a", redirect("/feed"))
    server.plays("/feed", reply(FEED))
    assert named.get(server.url("/a", host="publisher.example")).elapsed_s < PAUSE_S


def test_other_hosts_and_loopback_wait_for_nobody(server, named):
    server.plays("/feed", reply(FEED))
    began = time.monotonic()
    for host in ("a.example", "b.example", "127.0.0.1", "127.0.0.1", "localhost", "localhost"):
        named.get(server.url("/feed", host=host))
    assert time.monotonic() - began < PAUSE_S


def test_whose_turn_does_not_come_in_time_gives_up_and_others_are_let_through():
    pace, entered, leave = Pace(0), threading.Event(), threading.Event()

    def stay() -> None:
        with pace.turn("host.example", been_at=(), patience_s=5):
            entered.set()
            leave.wait(5)

    thread = threading.Thread(target=stay)
    thread.start()
    entered.wait(5)
    with pytest.raises(FetchError), pace.turn("host.example", been_at=(), patience_s=0.05):
        pass
    leave.set()
    thread.join()
    with pace.turn("host.example", been_at=(), patience_s=0.05):
        pass


def test_a_request_that_fails_gives_its_turn_away(server, named):
    for _ in range(2):
        with pytest.raises(FetchError) as refused:
            named.get(server.url("/nothing", host="publisher.example"))
        assert refused.value.code == "http_404"


def test_a_name_that_nobody_knows_is_no_visit():
    pace = Pace(60)
    for _ in range(2):
        with pytest.raises(FetchError), pace.turn("host.example", been_at=(), patience_s=0.05):
            raise FetchError("name_not_found", "There is no such name.")

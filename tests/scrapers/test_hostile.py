"""Every kind of hostile server ends in time and in words, whatever it does, and spoils nothing for the others."""

import json
import subprocess
import sys
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scrapers.errors import FetchError
from scrapers.fetch import Fetcher
from tests.scrapers.hostile import AGENT, HostileServer
from tests.scrapers.hostile_kinds import KINDS, served

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 0.7
"""For those who keep one waiting for ever."""
PATIENCE_S = 60.0
"""For those who end by themselves, however much else the machine does; the servers run in this very process too."""


def the_end_of(fetcher: Fetcher, url: str) -> tuple[str, str, float]:
    """Code (empty where a body came), sentence, seconds. Whatever is no FetchError breaks the test."""
    began = time.monotonic()
    try:
        fetcher.get(url)
        code, sentence = "", "It came."
    except FetchError as error:
        code, sentence = error.code, error.sentence
    return code, sentence, time.monotonic() - began


@pytest.fixture(scope="module")
def ends():
    """How each kind ended, asked for by eight at a time."""
    with (
        served() as urls,
        Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], deadline_s=DEADLINE_S) as hasty,
        Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], deadline_s=PATIENCE_S) as patient,
        ThreadPoolExecutor(8) as pool,
    ):
        fetchers = [hasty if "timeout" in KINDS[name].ends else patient for name in urls]
        came = pool.map(the_end_of, fetchers, urls.values())
        yield dict(zip(urls, came, strict=True))


def test_there_are_many_kinds():
    assert len(KINDS) >= 100


@pytest.mark.parametrize("name", KINDS)
def test_it_ends_in_time_and_in_words(ends, name):
    code, sentence, seconds = ends[name]
    assert code in KINDS[name].ends
    assert seconds < PATIENCE_S / 2
    assert sentence.endswith(".")
    assert len(sentence) < 250
    assert sentence.isprintable()


@pytest.mark.parametrize(
    "name", ["a bomb", "a bomb in many parts", "a bomb of as much as may be", "an endless body"]
)
def test_no_bomb_takes_more_than_50_mb(name):
    with HostileServer() as server, Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"]) as fetcher:
        url = server.plays("/feed", KINDS[name].play)
        tracemalloc.start()
        try:
            the_end_of(fetcher, url)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert 1_000_000 < peak < 50_000_000


@pytest.mark.whole
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is looked up in /proc")
def test_no_kind_adds_more_than_50_mb():
    told = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "hostile.py", "--at-once", "3", "--json"],
        capture_output=True,
        check=False,
    )
    assert json.loads(told.stdout)["wrong"] == []

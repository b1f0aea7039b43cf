"""Spoilt feeds give entries or a ParseError, and nothing that a database would refuse.

benchmarks/mutate.py reads thousands of them.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sample_files import SAMPLES, URL

from scrapers.catalogue import SCRAPERS
from scrapers.entry import Parsed
from scrapers.errors import ParseError
from scrapers.workers import Workers
from tests.scrapers.mutations import MUTATIONS, generated, spoilt, unstorable

SEED = 7
BODIES = [path.read_bytes() for path in sorted(SAMPLES.iterdir()) if ".expected." not in path.name]
BODIES += generated(SEED, 5)
LARGEST = 50_000
"""The short form leaves the large ones to the sweep."""


@pytest.fixture(scope="module")
def workers():
    with Workers(count=1) as pool:
        yield pool


@pytest.mark.parametrize("mutation", range(len(MUTATIONS)), ids=[each.__name__ for each in MUTATIONS])
def test_a_spoilt_feed_is_read_or_refused(workers, mutation):
    numbers = range(mutation, 4 * len(MUTATIONS), len(MUTATIONS))
    for document in (spoilt(SEED, number, BODIES) for number in numbers):
        if len(document.body) > LARGEST:
            continue
        code, parsed = "", Parsed(())
        try:
            parsed = workers.parse("feed", document.body, url=URL, headers=document.headers)
        except ParseError as refused:
            code = refused.code
        assert code != "parser_killed", document.how
        assert unstorable(parsed) == []


@pytest.mark.whole
def test_of_two_hundred_spoilt_feeds_none_breaks_a_scraper():
    sweep = Path(__file__).resolve().parents[2] / "benchmarks" / "mutate.py"
    told = subprocess.run(
        [sys.executable, sweep, "--count", "200", "--seed", "5", "--cpu", "1", "--json"],
        capture_output=True,
        check=False,
    )
    report = json.loads(told.stdout)
    assert (report["documents"], report["crashes"], report["broken_scrapers"]) == (200, [], [])


def test_the_same_number_gives_the_same_document():
    assert spoilt(SEED, 3, BODIES) == spoilt(SEED, 3, BODIES)
    assert spoilt(SEED, 3, BODIES) != spoilt(SEED + 1, 3, BODIES)


def test_a_number_for_a_character_that_there_is_none_of_spoils_nothing_else():
    body = b"<rss version='2.0'><channel><item><title>A &#99999999999999; B</title><link>https://a.example/"
    assert (
        "A"
        in SCRAPERS["feed"](body + b"</link></item></channel></rss>", url=URL, headers={}).entries[0].title
    )


@pytest.mark.parametrize("odd", ["\ud800", "\0", "\x1b"])
@pytest.mark.parametrize("key", ["id", "url", "title", "summary", "content_html", "external_url"])
def test_what_a_database_refuses_is_left_out_of_every_field(odd, key):
    item = {"id": "1", "url": "https://a.example/b", "title": "A", key: f"https://a.example/{odd}c"}
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": odd,
        "home_page_url": f"https://a.example/{odd}",
    }
    parsed = SCRAPERS["feed"](
        json.dumps({**feed, "items": [{**item, "tags": [odd]}]}).encode(), url=URL, headers={}
    )
    assert len(parsed.entries) == 1
    assert unstorable(parsed) == []

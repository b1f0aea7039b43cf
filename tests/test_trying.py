"""Trying an address out: what would come in, or which feeds its site offers; politely, and storing nothing."""

from collections.abc import Iterator

import pytest

from registry.trying import check_source, look
from scrapers.errors import ParseError, ScrapeError
from scrapers.fetch import Fetcher
from scrapers.workers import Workers
from tests.feeds import a_feed
from tests.scrapers.hostile import AGENT, HostileServer, redirect, reply

FEED = a_feed(("1", "Plumeria - Minutes", "https://plumeria.example/"))
BARE = b"<!doctype html><html><head><title>Harbour</title></head><body>Hello</body></html>"
NAMING = BARE.replace(b"</head>", b"<link rel=alternate type='application/rss+xml' href='/news.rss'></head>")


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"]) as fetcher:
        yield fetcher


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(count=1) as workers:
        yield workers


def asked(server: HostileServer) -> list[str]:
    return [visit.target for visit in server.visits]


def test_the_feeds_that_a_page_names_are_offered_and_nothing_else_is_asked_for(server, fetcher, workers):
    url = server.plays("/", reply(NAMING, Content_Type="text/html"))
    with pytest.raises(ParseError) as caught:
        look(url, fetcher, workers)
    assert caught.value.suggested == (server.url("/news.rss"),)
    assert caught.value.sentence.endswith("Pick the feed below.")
    assert asked(server) == ["/"]


def test_the_link_header_of_a_page_names_feeds_too(server, fetcher, workers):
    link = '</atom>; rel="alternate"; type="application/atom+xml"'
    url = server.plays("/", reply(BARE, Content_Type="text/html", Link=link))
    with pytest.raises(ParseError) as caught:
        look(url, fetcher, workers)
    assert caught.value.suggested == (server.url("/atom"),)


def test_where_a_page_names_none_usual_addresses_are_tried_until_one_holds_a_feed(server, fetcher, workers):
    url = server.plays("/blog", reply(BARE, Content_Type="text/html"))
    server.plays("/blog/feed", reply(BARE, Content_Type="text/html"))
    server.plays("/blog/index.xml", reply(FEED))
    server.plays("/feed", reply(FEED))
    with pytest.raises(ParseError) as caught:
        look(url, fetcher, workers)
    assert caught.value.suggested == (server.url("/blog/index.xml"),)
    assert asked(server) == ["/blog", "/blog/feed", "/blog/rss.xml", "/blog/index.xml"]


def test_a_site_without_a_feed_is_asked_seven_times_at_most(server, fetcher, workers):
    url = server.plays("/", reply(BARE, Content_Type="text/html"))
    with pytest.raises(ParseError) as caught:
        look(url, fetcher, workers)
    assert caught.value.code == "web_page_not_feed"
    assert caught.value.suggested == ()
    assert len(asked(server)) == 7


def test_a_host_that_has_had_enough_is_asked_no_further(server, fetcher, workers):
    url = server.plays("/", reply(BARE, Content_Type="text/html"))
    server.plays("/feed", reply(status=429, Retry_After=60))
    with pytest.raises(ParseError):
        look(url, fetcher, workers)
    assert asked(server) == ["/", "/feed"]


def test_between_two_visits_a_public_host_is_left_alone_for_two_seconds(workers):
    class Publisher:
        def get(self, url, *, validators=None):
            raise ScrapeError("http_404", "There is nothing at this address.")

    waits: list[float] = []
    with pytest.raises(ScrapeError):
        look("https://a.example/", Publisher(), workers, pause=waits.append)
    assert waits == [2.0] * 6


def test_an_address_without_scheme_is_asked_for_over_https_and_then_over_http(server, fetcher, workers):
    server.plays("/feed", reply(FEED))
    checked = look(f"127.0.0.1:{server.port}/feed", fetcher, workers)
    assert checked.asked == server.url("/feed")
    assert len(checked.entries) == 1


def test_a_feed_that_moved_is_found_where_it_is_and_known_by_what_was_asked(server, fetcher, workers):
    server.plays("/feed", reply(FEED))
    url = server.plays("/old", redirect("/feed"))
    checked = check_source(url, fetcher, workers)
    assert (checked.asked, checked.url) == (url, server.url("/feed"))

"""The demo's sources behave as real hosts do, so that what reads them is tried in earnest."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import feedparser
import httpx2
import pytest

from registry.demo.publisher import Publisher, SampleSource, fill_in
from registry.domain.proposal import Announcer, EntryKind, Proposal, propose
from scrapers.catalogue import parse_feed
from scrapers.entry import Entry, Parsed
from scrapers.errors import ParseError
from scrapers.links import identity_key

NOW = datetime(2026, 11, 23, 9, 41, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def publisher() -> Iterator[Publisher]:
    with Publisher(NOW, slow_s=0.3) as opened:
        yield opened


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False) as opened:
        yield opened


def source(publisher: Publisher, name: str) -> SampleSource:
    return next(each for each in publisher.sources if each.name == name)


def read(client: httpx2.Client, each: SampleSource) -> Parsed:
    reply = client.get(each.url, follow_redirects=True)
    return parse_feed(reply.content, url=str(reply.url), headers=dict(reply.headers))


@pytest.fixture(scope="module")
def scraped(publisher: Publisher, client: httpx2.Client) -> dict[str, tuple[Entry, ...]]:
    """What the scrapers read from each source that can be read."""
    legible = [each for each in publisher.sources if each.fault in ("", "malformed")]
    return {each.name: read(client, each).entries for each in legible}


def test_at_least_fourteen_sources_of_every_announcer_kind(publisher):
    assert len(publisher.sources) >= 14
    assert len({each.url for each in publisher.sources}) == len({each.name for each in publisher.sources})
    kinds = "launch_feed discussion releases package_index vendor_blog advisories other_registry news"
    assert {each.announcer for each in publisher.sources} == set(kinds.split())


def test_at_least_two_hundred_entries_come_out_of_them(scraped):
    assert all(scraped.values())
    assert sum(map(len, scraped.values())) >= 200


def test_every_entry_is_dated_in_the_past_and_linked(scraped):
    for name, entries in scraped.items():
        assert all(entry.link.startswith("http") for entry in entries), name
        assert all(entry.published_at and entry.published_at < NOW for entry in entries), name


def test_every_format_is_served(publisher, client):
    feeds = [feedparser.parse(client.get(each.url).content) for each in publisher.sources]
    versions = {each.get("version") for each in feeds}
    assert {"rss20", "rss10", "atom10"} <= versions
    assert (
        client.get(source(publisher, "The Pebble").url).json()["version"].startswith("https://jsonfeed.org/")
    )


def test_one_tool_is_announced_in_six_sources_in_different_ways_and_is_one_candidate(publisher, scraped):
    announced = {
        (each.name, entry.link, proposal.name, proposal.sure)
        for each in publisher.sources
        for entry in scraped.get(each.name, ())
        for proposal in [proposal_of(each, entry)]
        if proposal.name == "Quillmark" or identity_key(entry.link) == "quillmark.example"
    }
    names, links = {name for name, *_ in announced}, {link for _, link, *_ in announced}
    assert (len(announced), len(names), len(links)) == (6, 6, 6)
    assert {tuple(said) for _, _, *said in announced} == {("Quillmark", True)}


def test_releases_are_known_by_their_repository(publisher, scraped):
    for each in publisher.sources:
        if each.announcer == "releases":
            keys = {identity_key(entry.link) for entry in scraped[each.name]}
            assert len(keys) == 1, each.name
            assert keys.pop().count("/") == 2, each.name
            assert {proposal_of(each, entry).kind for entry in scraped[each.name]} == {EntryKind.VERSION}


def test_digests_news_versions_and_risks_are_among_them(publisher, scraped):
    kinds = {
        proposal_of(each, entry).kind for each in publisher.sources for entry in scraped.get(each.name, ())
    }
    assert kinds == set(EntryKind)


def proposal_of(each: SampleSource, entry: Entry) -> Proposal:
    key = identity_key(entry.link)
    return propose(title=entry.title, link=entry.link, identity_key=key, announcer=Announcer(each.announcer))


@pytest.mark.parametrize("name", ["Dawn Launches", "The Pebble", "Open Shelf"])
def test_a_feed_that_is_known_is_not_sent_again(publisher, client, name):
    url = source(publisher, name).url
    first = client.get(url)
    assert first.status_code == 200
    by_tag = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    by_date = client.get(url, headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert (by_tag.status_code, by_tag.content) == (304, b"")
    assert (by_date.status_code, by_date.content) == (304, b"")
    assert by_tag.headers["ETag"] == first.headers["ETag"]


def test_another_tag_gets_the_feed_whatever_the_date_says(publisher, client):
    url = source(publisher, "Firstlook").url
    modified = client.get(url).headers["Last-Modified"]
    reply = client.get(url, headers={"If-None-Match": '"another"', "If-Modified-Since": modified})
    assert reply.status_code == 200


def test_a_source_that_moved_sends_readers_on_for_good(publisher, client):
    moved = client.get(source(publisher, "The Copperleaf journal").url)
    assert moved.status_code == 301
    followed = client.get(source(publisher, "The Copperleaf journal").url, follow_redirects=True)
    assert followed.status_code == 200
    assert len(feedparser.parse(followed.content).entries) == 5


def test_a_slow_source_answers_after_its_time(publisher, client):
    started = time.monotonic()
    assert client.get(source(publisher, "Lantern Board: tools").url).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_a_slow_source_does_not_hold_up_the_closing():
    with Publisher(NOW, slow_s=60) as opened:
        url = source(opened, "Lantern Board: tools").url
        with pytest.raises(httpx2.TimeoutException):
            httpx2.get(url, timeout=0.2, trust_env=False)
        started = time.monotonic()
    assert time.monotonic() - started < 5


def test_broken_xml_can_still_be_read_and_is_told(publisher, client):
    parsed = read(client, source(publisher, "Civic Clippings"))
    assert parsed.malformed
    assert len(parsed.entries) == 6


def test_a_page_in_place_of_a_feed_is_told_apart(publisher, client):
    page = source(publisher, "Millrace Today")
    assert client.get(page.url).headers["content-type"].startswith("text/html")
    with pytest.raises(ParseError, match="Millrace Today"):
        read(client, page)


@pytest.mark.parametrize(("name", "status"), [("Gable Street Wire", 500), ("Old Harbour Notes", 410)])
def test_what_is_dead_or_gone_says_so(publisher, client, name, status):
    assert client.get(source(publisher, name).url).status_code == status


def test_an_address_that_nobody_serves_is_not_found(publisher, client):
    assert client.get(publisher.base_url + "/../office.toml").status_code == 404


def test_dates_are_told_from_the_hour_of_the_start():
    text = "{{iso -3d4h}} {{rfc822 -3d4h}} {{date -3d}}"
    assert fill_in(text, NOW) == "2026-11-20T05:00:00Z Fri, 20 Nov 2026 05:00:00 +0000 2026-11-20"


def test_no_placeholder_is_left(publisher):
    assert not [path for path, reply in publisher.replies.items() if b"{{" in reply.body]


def test_the_same_hour_gives_the_same_bytes_and_tags():
    again, later = Publisher(NOW.replace(minute=2)), Publisher(NOW.replace(hour=11))
    first = Publisher(NOW)
    assert first.replies == again.replies
    assert first.replies["/firstlook/rss.xml"].etag != later.replies["/firstlook/rss.xml"].etag


def test_everything_named_in_the_samples_is_invented(scraped):
    for name, entries in scraped.items():
        for entry in entries:
            assert httpx2.URL(entry.link).host.endswith((".example", "example.org")), (name, entry.link)


@pytest.mark.parametrize(("error", "told"), [(BrokenPipeError(), False), (ValueError("a fault"), True)])
def test_a_reader_that_goes_away_is_no_fault_of_the_publisher(
    error: Exception, told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with Publisher(NOW) as publisher:
        try:
            raise error
        except Exception:
            publisher._server.handle_error(None, ("127.0.0.1", 1))
    assert bool(capsys.readouterr().err) is told

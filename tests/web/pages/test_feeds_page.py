import re
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

import feedparser
import pytest
from starlette.testclient import TestClient

pytestmark = pytest.mark.usefixtures("decided")


def titles(client: TestClient, address: str) -> list[str]:
    parsed = feedparser.parse(client.get(address).content)
    assert not parsed.bozo
    return [entry.title for entry in parsed.entries]


@pytest.mark.parametrize(
    ("ending", "media"), [("atom", "application/atom+xml"), ("rss", "application/rss+xml")]
)
@pytest.mark.parametrize("path", ["/feeds/verdicts", "/tools/murmur-notes/verdicts"])
def test_a_feed_is_valid_and_names_its_kind(client: TestClient, path: str, ending: str, media: str) -> None:
    reply = client.get(f"{path}.{ending}")
    assert reply.headers["content-type"].startswith(media)
    parsed = feedparser.parse(reply.content)
    assert not parsed.bozo
    assert parsed.entries
    assert all(entry.id.startswith("urn:uuid:") and entry.link for entry in parsed.entries)


def test_a_json_feed_says_the_same(client: TestClient) -> None:
    feed = client.get("/feeds/verdicts.json").json()
    assert feed["version"].startswith("https://jsonfeed.org/version/1")
    atom = feedparser.parse(client.get("/feeds/verdicts.atom").content)
    assert [item["id"] for item in feed["items"]] == [entry.id for entry in atom.entries]


def test_who_has_the_newest_feed_gets_nothing_again(client: TestClient) -> None:
    reply = client.get("/feeds/verdicts.atom")
    for asked in (
        {"If-None-Match": reply.headers["etag"]},
        {"If-Modified-Since": reply.headers["last-modified"]},
    ):
        again = client.get("/feeds/verdicts.atom", headers=asked)
        assert (again.status_code, again.content) == (304, b"")


def test_a_follower_hears_that_a_verdict_was_withdrawn_or_replaced(client: TestClient) -> None:
    shown = titles(client, "/feeds/verdicts.atom")
    assert "Withdrawn" in shown[0].title()
    assert shown[0].startswith("Gonefish")
    assert any("replaced" in title for title in shown)


def test_conditional_approvals_include_pilots_and_rejections_prohibitions(client: TestClient) -> None:
    from registry.domain.outcome import Outcome, members

    assert members(Outcome.APPROVED_WITH_CONDITIONS) >= {Outcome.PILOT}
    shown = titles(client, "/feeds/verdicts.atom?outcome=approved_with_conditions")
    assert shown
    assert all(title.startswith("Murmur") for title in shown)
    assert titles(client, "/feeds/verdicts.rss?outcome=rejected&category=Assistants")
    assert titles(client, "/feeds/verdicts.atom?category=Assistants&category=Drawing&validity=lapsed")


def test_ids_stay_whatever_the_filter(client: TestClient) -> None:
    whole = feedparser.parse(client.get("/feeds/verdicts.atom").content)
    part = feedparser.parse(client.get("/feeds/verdicts.atom?outcome=rejected").content)
    assert {entry.id for entry in part.entries} < {entry.id for entry in whole.entries}
    assert part.feed.id != whole.feed.id


def test_an_unknown_format_or_facet_is_refused(client: TestClient) -> None:
    assert client.get("/feeds/verdicts.xml").status_code == 404
    assert client.get("/feeds/verdicts.atom?outcome=maybe").status_code == 422
    assert client.get("/tools/nothing/verdicts.atom").status_code == 404


def test_every_feed_of_the_directory_and_of_its_opml_is_there(client: TestClient) -> None:
    shown = client.get("/feeds").text
    listed = ET.fromstring(client.get("/feeds.opml").content).findall(".//outline[@xmlUrl]")
    assert len(listed) > 8
    for outline in listed:
        parts = urlsplit(outline.attrib["xmlUrl"])
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        assert path.replace("&", "&amp;") in shown
        assert client.get(path).status_code == 200
        assert client.get(outline.attrib["htmlUrl"].removeprefix("http://testserver")).status_code == 200


def test_an_entry_tells_the_limits_that_an_employee_reads_and_days_in_words(client: TestClient) -> None:
    feed = client.get("/feeds/verdicts.json").json()
    told = {
        item["title"].split(":")[0]: item["content_html"]
        for item in feed["items"]
        if "replaced" not in item["title"]
    }
    assert "Only with data up to internal." in told["Murmur Notes"]
    assert "Only with" not in told["Quillmark"]
    for text in told.values():
        assert not re.search(r"\d{4}-\d{2}-\d{2}", text)
    assert re.search(r"Valid until \d{1,2} [A-Z][a-z]+ \d{4}\.", told["Quillmark"])
    assert "It was sold." in told["Gonefish"]
    assert "Ended on " in told["Gonefish"]

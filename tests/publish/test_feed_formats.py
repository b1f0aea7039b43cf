"""Notices come out of every format as a feed reader understands them."""

import io
import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import feedparser
import pytest

from registry.publish.formats import FORMATS
from registry.publish.notice import Channel, Notice

MORNING = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
EVENING = datetime(2026, 11, 3, 18, 0, tzinfo=UTC)
CHANNEL = Channel(
    "urn:uuid:0",
    "Verdicts",
    "All of them",
    "https://r.example/verdicts",
    "https://r.example/feeds/verdicts.json",
    EVENING,
)


def a_notice(**changes: object) -> Notice:
    values: dict[str, object] = {
        "id": "urn:uuid:11111111-1111-4111-8111-111111111111",
        "url": "https://r.example/verdicts/12",
        "title": "Quillmark: approved with conditions",
        "summary": "Verdict 12 on Quillmark.",
        "paragraphs": ["Only public <data> & nothing else.", "1. Tell everyone."],
        "author": "Amir",
        "published_at": MORNING,
        "updated_at": EVENING,
        "categories": ["Approved with conditions", "Writing"],
        "verdict": {"number": 12, "outcome": "approved_with_conditions"},
    }
    return Notice(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_a_feed_reader_reads_back_what_was_published(ending: str) -> None:
    feed = feedparser.parse(io.BytesIO(FORMATS[ending].render(CHANNEL, [a_notice()])))
    assert not feed.bozo
    [entry] = feed.entries
    assert entry.id == "urn:uuid:11111111-1111-4111-8111-111111111111"
    assert entry.link == "https://r.example/verdicts/12"
    assert entry.title == "Quillmark: approved with conditions"
    assert entry.published_parsed[:5] == (2026, 11, 3, 9, 30)
    assert [tag.term for tag in entry.tags] == ["Approved with conditions", "Writing"]


def test_json_feed_carries_the_machine_readable_verdict() -> None:
    feed = json.loads(FORMATS["json"].render(CHANNEL, [a_notice()]))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://r.example/feeds/verdicts.json"
    [item] = feed["items"]
    assert item["_verdict"] == {"number": 12, "outcome": "approved_with_conditions"}
    assert item["date_modified"] == "2026-11-03T18:00:00Z"


@pytest.mark.parametrize("ending", FORMATS)
def test_markup_in_a_rationale_stays_text(ending: str) -> None:
    body = FORMATS[ending].render(CHANNEL, [a_notice(paragraphs=["<script>alert(1)</script>"])]).decode()
    assert "<script>" not in body
    assert "alert(1)" in body


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_characters_that_xml_forbids_are_left_out(ending: str) -> None:
    root = ET.fromstring(FORMATS[ending].render(CHANNEL, [a_notice(title="Quill\x00mark\x0b\ufffe")]))
    assert any(element.text == "Quillmark" for element in root.iter())


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_notices_give_the_same_bytes(ending: str) -> None:
    render = FORMATS[ending].render
    assert render(CHANNEL, [a_notice()]) == render(CHANNEL, [a_notice()])

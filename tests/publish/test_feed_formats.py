"""Notices come out of every format as a feed reader understands them."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.publish.formats import FORMATS, Texts
from registry.publish.notice import (
    NAMESPACE,
    Category,
    Channel,
    Link,
    Notice,
    Numbered,
    Paragraph,
    Places,
)
from tests.feed_rules import faults

MORNING = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
EVENING = datetime(2026, 11, 3, 18, 0, tzinfo=UTC)
HOME = "https://r.example"
LONG = "All that was said about it. " * 2_000
DRESSED = "𝕼𝖚𝖎𝖑𝖑 ＭＡＲＫ ﷽ 👩‍💻 \u202eltr\u202c e\u0301\u0327 <b>&amp;</b> ]]> \u2028 \u0085"
CONTROLS = "".join(map(chr, range(32))) + "\x7f\x80\x9f\ufffe\uffff\ufdd0\ud800tail"


def a_channel(ending: str = "atom", **changes: Any) -> Channel:
    values: dict[str, Any] = {
        "id": "tag:r.example,2026-11-01:feeds/verdicts",
        "title": "Verdicts",
        "description": "All of them",
        "home_url": f"{HOME}/verdicts",
        "url": f"{HOME}/feeds/verdicts.{ending}",
        "author": "The registry",
        "updated_at": EVENING,
        "about_url": f"{HOME}/feeds",
    }
    return Channel(**(values | changes))


def a_notice(**changes: Any) -> Notice:
    values: dict[str, Any] = {
        "id": "tag:r.example,2026-11-01:notice/11111111-1111-4111-8111-111111111111",
        "url": f"{HOME}/verdicts/12",
        "title": "Quillmark: approved with conditions",
        "summary": "Verdict 12 on Quillmark.",
        "blocks": [
            Paragraph("Only public <data> & nothing else.", "Why:"),
            Numbered("Conditions", ["Tell everyone.", "Export monthly."]),
            Link("Verdict 12", f"{HOME}/verdicts/12"),
        ],
        "author": "Amir",
        "published_at": MORNING,
        "updated_at": EVENING,
        "categories": [
            Category("outcome", "approved_with_conditions", "Approved with conditions"),
            Category("category", "Writing", "Writing"),
        ],
        "verdict": {
            "number": 12,
            "outcome": "approved_with_conditions",
            "ends_on": None,
            "imported": False,
            "scope": {"offices": ["hq", "field"], "accounts": [], "edition": ""},
            "conditions": [{"text": "Tell everyone.", "standing": True}],
        },
    }
    return Notice(**(values | changes))


def render(ending: str, *notices: Notice, **changes: Any) -> bytes:
    return FORMATS[ending].render(a_channel(ending, **changes), notices)


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_feedparser_gives_back_every_field(ending: str) -> None:
    parsed = feedparser.parse(io.BytesIO(render(ending, a_notice())))
    assert not parsed.bozo
    head = parsed.feed
    assert (head.title, head.subtitle, head.link) == ("Verdicts", "All of them", f"{HOME}/verdicts")
    assert head.updated_parsed[:5] == (2026, 11, 3, 18, 0)
    [own] = [each.href for each in head.links if each.rel == "self"]
    assert own == f"{HOME}/feeds/verdicts.{ending}"
    [entry] = parsed.entries
    assert entry.id == "tag:r.example,2026-11-01:notice/11111111-1111-4111-8111-111111111111"
    assert (entry.link, entry.author) == (f"{HOME}/verdicts/12", "Amir")
    assert entry.title == "Quillmark: approved with conditions"
    assert entry.summary == "Verdict 12 on Quillmark."
    assert entry.published_parsed[:5] == (2026, 11, 3, 9, 30)
    assert entry.updated_parsed[:5] == (2026, 11, 3, 18, 0)
    [content] = entry.content
    assert "Only public &lt;data&gt; &amp; nothing else." in content.value
    assert "<li>Tell everyone.</li>" in content.value
    labels = [tag.label or tag.term for tag in entry.tags]
    assert labels == ["Approved with conditions", "Writing"]
    assert [tag.scheme for tag in entry.tags] == [f"{NAMESPACE}#outcome", f"{NAMESPACE}#category"]


def test_atom_gives_codes_as_terms_beside_their_labels() -> None:
    [entry] = feedparser.parse(io.BytesIO(render("atom", a_notice()))).entries
    assert [tag.term for tag in entry.tags] == ["approved_with_conditions", "Writing"]


def test_json_feed_carries_the_machine_readable_verdict() -> None:
    feed = json.loads(render("json", a_notice(), places=Places(next=f"{HOME}/feeds/verdicts.json?before=7")))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{HOME}/feeds/verdicts.json"
    assert feed["next_url"] == f"{HOME}/feeds/verdicts.json?before=7"
    [item] = feed["items"]
    assert item["_registry"]["scope"] == {"offices": ["hq", "field"], "accounts": [], "edition": ""}
    assert item["_registry"]["ends_on"] is None
    assert item["date_modified"] == "2026-11-03T18:00:00Z"


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_the_xml_formats_carry_all_that_the_machine_readable_verdict_says(ending: str) -> None:
    root = ET.fromstring(render(ending, a_notice()))
    [told] = root.iter(f"{{{NAMESPACE}}}verdict")
    assert as_values(told) == {
        "number": "12",
        "outcome": "approved_with_conditions",
        "imported": "false",
        "scope": {"offices": ["hq", "field"], "accounts": "", "edition": ""},
        "conditions": [{"text": "Tell everyone.", "standing": "true"}],
    }


def as_values(element: ET.Element) -> Any:
    children = [(each.tag.rpartition("}")[2], as_values(each)) for each in element]
    if not children:
        return (element.text or "").strip()
    names = {name for name, _ in children}
    return [value for _, value in children] if names == {"item"} else dict(children)


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_pages_and_archives_are_linked_as_rfc_5005_says(ending: str) -> None:
    places = Places(
        first=f"{HOME}/a",
        next=f"{HOME}/b",
        current=f"{HOME}/c",
        prev_archive=f"{HOME}/d",
        next_archive=f"{HOME}/e",
    )
    body = render(ending, a_notice(), places=places, archive=True)
    links = {each.rel: each.href for each in feedparser.parse(io.BytesIO(body)).feed.links}
    assert {name: links[name] for name in ("first", "next", "current", "prev-archive", "next-archive")} == {
        "first": f"{HOME}/a",
        "next": f"{HOME}/b",
        "current": f"{HOME}/c",
        "prev-archive": f"{HOME}/d",
        "next-archive": f"{HOME}/e",
    }
    assert ET.fromstring(body).find(".//{http://purl.org/syndication/history/1.0}archive") is not None
    assert faults(ending, body) == []


@pytest.mark.parametrize("ending", FORMATS)
def test_markup_in_a_rationale_stays_text(ending: str) -> None:
    body = render(ending, a_notice(blocks=[Paragraph("<script>alert(1)</script>")])).decode()
    assert "<script>" not in body
    assert "alert(1)" in body


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize(
    "notices",
    [
        [],
        [a_notice()],
        [a_notice(title=LONG, summary=LONG, blocks=[Paragraph(LONG)], verdict={"rationale": LONG})],
        [a_notice(title=DRESSED, summary=DRESSED, blocks=[Paragraph(DRESSED, DRESSED)], author=DRESSED)],
        [a_notice(title=CONTROLS, summary=CONTROLS, blocks=[Paragraph(CONTROLS)], verdict={"a": [CONTROLS]})],
        [a_notice(categories=[Category("category", DRESSED, CONTROLS)])],
    ],
    ids=["empty", "plain", "long", "dressed", "controls", "categories"],
)
def test_the_rules_of_the_format_hold_for_whatever_is_told(ending: str, notices: list[Notice]) -> None:
    channel = a_channel(ending, title=notices[0].title if notices else "Empty")
    assert faults(ending, FORMATS[ending].render(channel, notices)) == []


@given(st.text(min_size=1), st.text())
@pytest.mark.parametrize("ending", FORMATS)
def test_the_rules_hold_for_any_text(ending: str, one: str, other: str) -> None:
    notice = a_notice(
        title=f"Q{one}",
        summary=f"S{other}",
        blocks=[Paragraph(one, other)],
        verdict={"x": {"y": [one, other]}},
    )
    assert faults(ending, render(ending, notice)) == []


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_notices_give_the_same_bytes(ending: str) -> None:
    assert render(ending, a_notice()) == render(ending, a_notice())


def test_what_is_of_no_verdict_says_nothing_of_one() -> None:
    bare = replace(a_notice(), verdict={})
    assert "registry" not in render("atom", bare).decode().split("<entry>")[1].lower().replace(
        "tag:r.example", ""
    )
    assert "_registry" not in json.loads(render("json", bare))["items"][0]


@pytest.mark.parametrize("ending", FORMATS)
def test_an_entry_that_was_written_before_reads_as_if_it_were_new(ending: str) -> None:
    form, texts = FORMATS[ending], Texts(most=2)
    english, spanish = a_channel(ending), a_channel(ending, language="es", about_url=f"{HOME}/es/feeds")
    notices = [a_notice(title=f"Quillmark {number}") for number in range(3)]
    for _again in range(2):
        for channel in (english, spanish):
            written = [texts.of(form, channel, each) for each in notices]
            assert form.whole(channel, written) == form.render(channel, notices)


def test_what_was_written_is_not_written_again() -> None:
    texts, notice = Texts(), a_notice()
    first, again = (texts.of(FORMATS["atom"], a_channel(), notice) for _ in range(2))
    assert first is again

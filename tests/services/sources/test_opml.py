"""OPML: every list that a feed reader writes is read, what we write is valid and comes back as it was."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from lxml import etree
from sqlmodel import Session, func, select

from registry.domain.errors import InvalidInput
from registry.domain.proposal import Announcer
from registry.services.people.acting import REGISTRY
from registry.services.sources import sources
from registry.services.sources.opml import as_wanted, read_opml, write_opml
from registry.store import sources as store
from registry.store.tables import Source

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "technology.opml"


def opml(body: str, *, declaration: str = "") -> str:
    return f'{declaration}<opml version="1.0"><head><title>My feeds</title></head><body>{body}</body></opml>'


def test_a_feed_in_nested_folders_bears_the_names_of_all_of_them():
    text = opml(
        '<outline text="Tools"><outline text="Plans" title=""><outline xmlUrl="https://a.example/f"/></outline>'
        '</outline><outline xmlUrl="https://b.example/f"/>'
    )
    assert [each.group for each in read_opml(text.encode())] == ["Tools / Plans", ""]


@pytest.mark.parametrize(
    "attributes",
    [
        'xmlUrl="https://a.example/f"',
        'xmlurl="https://a.example/f"',
        'XMLURL=" https://a.example/f "',
        'type="RSS" url="https://a.example/f"',
        'type="atom" xmlUrl="feed://a.example/f"',
        'xmlUrl="feed:https://a.example/f"',
        'xmlUrl="a.example/f"',
    ],
)
def test_the_address_is_found_however_it_is_written(attributes):
    (found,) = read_opml(opml(f"<outline {attributes}/>").encode())
    assert found.url == "https://a.example/f"


def test_the_name_is_the_title_else_the_text_without_markup():
    text = opml(
        '<outline title="A &amp;amp; B" text="x" xmlUrl="https://a.example/"/>'
        '<outline text="&lt;b&gt;Bold&lt;/b&gt; feed" xmlUrl="https://b.example/"/>'
        '<outline xmlUrl="https://c.example/"/>'
    )
    assert [each.name for each in read_opml(text.encode())] == ["A & B", "Bold feed", ""]


@pytest.mark.parametrize(
    "body",
    [
        opml('<outline text="Café" xmlUrl="https://a.example/"/>').encode("utf-8-sig"),
        opml(
            '<outline text="Café" xmlUrl="https://a.example/"/>',
            declaration='<?xml version="1.0" encoding="utf-16"?>',
        ).encode("utf-16"),
        opml('<outline text="Café" xmlUrl="https://a.example/"/>').encode("utf-16"),
        opml(
            '<outline text="Café" xmlUrl="https://a.example/"/>',
            declaration='<?xml version="1.0" encoding="iso-8859-1"?>',
        ).encode("latin-1"),
        opml(
            '<outline text="Café" xmlUrl="https://a.example/"/>',
            declaration='<?xml version="1.0" encoding="utf-8"?>',
        ).encode("cp1252"),
        opml(
            '<outline text="Café" xmlUrl="https://a.example/"/>',
            declaration='<?xml version="1.0" encoding="no-such-thing"?>',
        ).encode(),
        b"\n\n" + opml('<outline text="Caf&#233;\x0b" xmlUrl="https://a.example/"/>').encode(),
    ],
    ids=["bom", "utf-16", "utf-16 unsaid", "latin-1", "misnamed", "unknown", "control character"],
)
def test_odd_and_misnamed_encodings_are_read(body):
    (found,) = read_opml(body)
    assert (found.name, found.url) == ("Café", "https://a.example/")


def test_an_ampersand_that_nobody_escaped_spoils_nothing():
    text = opml(
        '<outline text="A & B" xmlUrl="https://a.example/?x=1&y=2"/><outline xmlUrl="https://b.example/"/>'
    )
    assert [each.url for each in read_opml(text.encode())] == [
        "https://a.example/?x=1&y=2",
        "https://b.example/",
    ]


def test_quotes_and_brackets_that_nobody_escaped_spoil_nothing():
    text = opml(
        '<outline text="Tools & plans"><outline text="A" description=""A > B" - said <i>she</i>." '
        'xmlUrl="https://a.example/f" /></outline><outline text="B" xmlUrl="https://b.example/f"/>'
    )
    found = [(each.name, each.url, each.group) for each in read_opml(text.encode())]
    assert found == [("A", "https://a.example/f", "Tools & plans"), ("B", "https://b.example/f", "")]


@pytest.mark.parametrize(
    "hostile",
    [
        "<outline ",
        '<outline a="',
        " " * 19_000 + "<outline ",
        "<outline " + 'a="' * 6_000,
        "<outline/>",
    ],
    ids=["no end", "no value", "spaces", "many names", "many"],
)
@pytest.mark.whole
def test_a_broken_file_costs_no_more_than_its_size(hostile):
    body = ("<opml>&" + hostile * (2_000_000 // len(hostile))).encode()
    with suppress(InvalidInput):
        read_opml(body)  # what grows with the square of the size would take hours


@pytest.mark.parametrize("broken", ["", " & "])
def test_a_file_that_declares_entities_is_refused_broken_or_not(broken):
    listed = opml(f'<outline text="x{broken}" xmlUrl="&a;"/>')
    text = f'<!DOCTYPE opml [<!ENTITY a "https://a.example/">]>{listed}'
    with pytest.raises(InvalidInput, match="entities"):
        read_opml(text.encode())


@pytest.mark.parametrize("body", [b"", b"PDF", b"<rss/>", b"<html><body>", b"{}", b"\0\0\0"])
def test_what_is_no_opml_is_refused_in_words(body):
    with pytest.raises(InvalidInput, match="no OPML"):
        read_opml(body)


def test_what_is_written_is_valid_and_comes_back_as_it_was(session: Session, now: datetime):
    for number, announcer in enumerate(Announcer):
        sources.add_source(
            session,
            url=f"https://a{number}.example/feed?a=1&b=2",
            name=f"<Feed> {number} & “more”",
            announcer=announcer,
            group="Tools / Plans" if number % 2 else "",
            kind="known_exploited" if number == 1 else "feed",
            by=REGISTRY,
            now=now,
        )
    rows = store.sources(session)
    written = write_opml(rows, title="Sources of Café", now=now)
    root = etree.fromstring(written)
    assert root.get("version") == "2.0"
    assert root.findtext("head/dateCreated") == "Tue, 03 Nov 2026 14:02:00 +0000"
    assert all(each.get("text") for each in root.iter("outline"))
    assert all(each.get("type") == "rss" for each in root.iter("outline") if each.get("xmlUrl"))
    kept = {(each.url, each.name, each.group, each.announcer, each.kind) for each in read_opml(written)}
    assert kept == {(each.url, each.name, each.group, each.announcer, each.kind) for each in rows}


@pytest.mark.parametrize("count", [1_000, pytest.param(4_000, marks=pytest.mark.whole)])
def test_thousands_of_outlines_come_in_and_doubles_once(count: int, session: Session, now: datetime):
    rows = "".join(
        f'<outline text="Feed {n}" xmlUrl="https://host{n % 700}.example/{n}"/>' for n in range(count)
    )
    body = opml(rows + '<outline xmlUrl="http://www.host1.example/1/"/>').encode()
    wanted = as_wanted(read_opml(body), Announcer.NEWS)
    added, left_out = sources.add_all(session, wanted, by=REGISTRY, now=now)
    session.flush()
    assert (len(added), [each.why for each in left_out]) == (
        count,
        ["This address stands in the list twice."],
    )
    assert session.exec(select(func.count()).select_from(Source)).one() == count


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus is not here")
def test_a_real_list_of_technology_feeds_imports_wholly(session: Session, now: datetime):
    body = CORPUS.read_bytes()
    wanted = as_wanted(read_opml(body), Announcer.NEWS)
    added, left_out = sources.add_all(session, wanted, by=REGISTRY, now=now)
    assert len(wanted) == body.count(b"xmlUrl=")
    assert left_out == []
    assert all(each.name and each.group == "Tech" for each in added)

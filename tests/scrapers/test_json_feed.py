"""JSON Feed, read forgivingly, and the JSON catalogue of exploited vulnerabilities."""

import json

import pytest
from sample_files import URL

from scrapers import known_exploited
from scrapers.catalogue import parse_feed
from scrapers.errors import ParseError


def feed(*items, **head):
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "Heron", "items": list(items), **head}
    return json.dumps(document).encode()


def refusal(body, parse=parse_feed):
    with pytest.raises(ParseError) as caught:
        parse(body, url=URL, headers={})
    return caught.value.code


def test_json_is_recognised_by_the_document_and_not_by_the_header():
    parsed = parse_feed(feed({"id": "1", "title": "A"}), url=URL, headers={"content-type": "text/xml"})
    assert [entry.title for entry in parsed.entries] == ["A"]


def test_utf_16_with_a_byte_order_mark_is_read():
    body = feed({"id": "1", "title": "Größe"}).decode().encode("utf-16")
    assert parse_feed(body, url=URL, headers={}).entries[0].title == "Größe"


def test_a_link_that_is_no_web_address_is_left_out():
    assert (
        parse_feed(feed({"id": "1", "url": "javascript:alert(1)"}), url=URL, headers={}).entries[0].link == ""
    )


def test_an_empty_feed_is_in_order():
    assert parse_feed(feed(), url=URL, headers={}).entries == ()


@pytest.mark.parametrize("broken", [b'{"items": [', b"{" * 5, b'{"items":' + b"[" * 200_000])
def test_broken_json_says_so(broken):
    assert refusal(broken) == "unreadable_feed"


@pytest.mark.parametrize("other", [b"[]", b"{}", b'{"items": 3}', b'{"vulnerabilities": []}'])
def test_json_that_is_no_feed_says_so(other):
    assert refusal(other) == "not_a_feed"


@pytest.mark.parametrize("strange", [None, 3, [], {}, True, "x"])
def test_values_of_the_wrong_kind_do_no_harm(strange):
    names = ("id", "url", "title", "summary", "content_html", "authors", "author", "tags", "date_published")
    parsed = parse_feed(feed({"id": "sound"}, dict.fromkeys(names, strange)), url=URL, headers={})
    assert "sound" in {entry.key for entry in parsed.entries}


def test_a_catalogue_without_rows_says_so():
    assert refusal(b'{"items": []}', known_exploited.parse) == "not_a_feed"
    assert refusal(b'{"vulnerabilities": [{}]}', known_exploited.parse) == "unreadable_feed"

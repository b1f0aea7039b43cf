"""A web page where a feed was expected says what it is and which feeds it knows."""

import pytest
from sample_files import URL

from scrapers.catalogue import parse_feed
from scrapers.errors import ParseError
from scrapers.web_page import read_page

PAGE = b"""<!-- a page --><!DOCTYPE html><html><head><title>Plumbline &amp; <b>friends</b></title>
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
<link rel="alternate" type="application/rss+xml" href="/feed.rss">
<link rel="Alternate" type="application/atom+xml; charset=utf-8" href="/feed.atom">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
<link rel="alternate" hreflang="de" href="/de"><link rel="stylesheet" type="text/css" href="/x.css"></head>
<body><a href="/other/feed">RSS</a></body></html>"""


def test_a_page_instead_of_a_feed_names_itself_and_suggests_its_feeds_best_first():
    with pytest.raises(ParseError) as caught:
        parse_feed(PAGE, url="https://plumbline.example/news", headers={})
    error = caught.value
    assert error.code == "web_page_not_feed"
    assert "Plumbline" in error.sentence
    assert error.suggested == (
        "https://plumbline.example/feed.atom",
        "https://plumbline.example/feed.rss",
        "https://plumbline.example/comments/feed",
    )


def test_the_link_header_counts_too():
    headers = {"Link": '</atom>; rel="alternate"; type="application/atom+xml", </x>; rel="next"'}
    assert read_page(b"<html></html>", url=URL, headers=headers).feeds == ("https://feeds.example/atom",)


def test_a_base_element_moves_the_links():
    page = b'<html><head><base href="https://base.example/x/"><link rel=feed type=text/xml href=f></head>'
    assert read_page(page, url=URL, headers={}).feeds == ("https://base.example/x/f",)


def test_where_the_head_is_silent_links_in_the_text_are_suggested():
    page = b'<html><body><a href="/blog">Blog</a><a href="/blog/rss.xml">Follow</a><a href="/f?x">RSS</a>'
    assert read_page(page, url=URL, headers={}).feeds == (
        "https://feeds.example/blog/rss.xml",
        "https://feeds.example/f?x",
    )


def test_a_page_without_feeds_suggests_none():
    assert read_page(b"<html><title>X</title></html>", url=URL, headers={}).feeds == ()


def test_a_feed_that_begins_with_a_fragment_of_html_is_still_a_feed():
    body = b"<div>notice</div><rss version='2.0'><channel><item><title>A</title></item></channel></rss>"
    assert [entry.title for entry in parse_feed(body, url=URL, headers={}).entries] == ["A"]


@pytest.mark.parametrize(
    "broken", [b"<html", b"<html><head><title>", b"<!doctype html>", b"<html>\x00\xff</html>"]
)
def test_broken_pages_are_a_typed_refusal(broken):
    with pytest.raises(ParseError):
        parse_feed(broken, url=URL, headers={})

"""A web page where a feed was expected: its title, and the feeds it links to, best first."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree, html

from scrapers.errors import ParseError
from scrapers.links import absolute_url, canonical_url
from scrapers.text import plain_text, shorten

FEED_TYPES = (
    "application/atom+xml",
    "application/rss+xml",
    "application/feed+json",
    "application/rdf+xml",
    "text/xml",
    "application/xml",
    "application/json",
)
"""Best first: Atom keeps its ids, JSON Feed comes after the two that everybody serves."""
FEED_PATH = re.compile(
    r"(?:\.(?:rss|atom|rdf)|/(?:feed|feeds|rss|atom)(?:\.(?:xml|json))?/?|/(?:index|feed|rss)\.xml)$", re.I
)
FEED_WORDS = re.compile(r"\b(?:rss|atom|feed)\b", re.IGNORECASE)
COMMENTS = re.compile(r"comment", re.IGNORECASE)
HTML_START = re.compile(
    r"html|head|body|title|meta|base|style|div|p|br|b|a|span|img|font|script|h[1-6]|center|table"
)
MOST = 20


@dataclass(frozen=True)
class Page:
    title: str
    feeds: tuple[str, ...]
    """Absolute addresses, best first, at most 20."""


def looks_like_web_page(body: bytes) -> bool:
    """Whether the first tag of the document is one of HTML's."""
    return HTML_START.fullmatch(first_tag(body)) is not None


def read_page(body: bytes, *, url: str, headers: Mapping[str, str]) -> Page:
    """The title, and the feeds named in the `Link` header and the head or, failing these, in the text."""
    try:
        root = html.fromstring(body, parser=html.HTMLParser(recover=True, no_network=True, huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, LookupError, AssertionError):
        return Page("", tuple(_linked(headers, url)))
    base = absolute_url(url, next(iter(root.xpath("//base/@href")), "")) or url
    found = [*_linked(headers, url), *_alternates(root, base)] or list(_anchors(root, base))
    title = next((each.text_content() for each in root.iter("title")), "")
    unique = {canonical_url(address): address for address in reversed(found) if canonical_url(address)}
    own = canonical_url(url)
    return Page(
        shorten(plain_text(title), 200),
        tuple(each for key, each in list(unique.items())[::-1] if key != own)[:MOST],
    )


def not_a_feed_but_a_page(body: bytes, *, url: str, headers: Mapping[str, str]) -> ParseError:
    """The error that names the page and what to try instead."""
    page = read_page(body, url=url, headers=headers)
    what = (
        f"This is a web page (“{page.title}”) and not a feed."
        if page.title
        else "This is a web page, not a feed."
    )
    next_step = (
        f"It links to {len(page.feeds)} feed{'s' * (len(page.feeds) > 1)}; pick one."
        if page.feeds
        else "It names no feed; look on the site for RSS or Atom."
    )
    return ParseError("web_page_not_feed", f"{what} {next_step}", suggested=page.feeds)


def first_tag(body: bytes) -> str:
    """The name of the first element in lower case, comments, declarations and text before it passed over."""
    text = body[:100_000].replace(b"\0", b"").decode("latin-1")
    place = 0
    while (place := text.find("<", place)) >= 0:
        for opening, closing in (("<!--", "-->"), ("<?", "?>"), ("<!", ">")):
            if text.startswith(opening, place):
                end = text.find(closing, place)
                if end < 0:
                    return ""
                place = end + len(closing)
                break
        else:
            found = re.compile(r"<([a-zA-Z][\w:.-]*)").match(text, place)
            if found:
                return found[1].lower()
            place += 1
    return ""


def _alternates(root: html.HtmlElement, base: str) -> Iterator[str]:
    """Feeds of `<link rel=alternate>`, by the rank of their type, feeds of comments last."""
    ranked: list[tuple[bool, int, int, str]] = []
    for link in root.iter("link"):
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        rels = (link.get("rel") or "").lower().split()
        if (
            {"alternate", "feed"} & set(rels)
            and kind in FEED_TYPES
            and (address := absolute_url(base, link.get("href") or ""))
        ):
            about_comments = bool(COMMENTS.search(f"{link.get('title') or ''} {address}"))
            ranked.append((about_comments, FEED_TYPES.index(kind), len(ranked), address))
    yield from (address for *_, address in sorted(ranked))


def _anchors(root: html.HtmlElement, base: str) -> Iterator[str]:
    for anchor in root.iter("a"):
        address = absolute_url(base, anchor.get("href") or "")
        if address and (
            FEED_PATH.search(address.partition("?")[0])
            or FEED_WORDS.fullmatch(plain_text(anchor.text_content()))
        ):
            yield address


def _linked(headers: Mapping[str, str], url: str) -> Iterator[str]:
    value = next((value for name, value in headers.items() if name.lower() == "link"), "")[:10_000]
    for target, rest in re.findall(r"<([^<>]*)>([^<]*)", value):
        kind = re.search(r"type\s*=\s*[\"']?([\w/+.-]+)", rest)
        is_alternate = re.search(r"rel\s*=\s*[\"']?[\w\s-]*\balternate\b", rest)
        if is_alternate and kind and kind[1].lower() in FEED_TYPES and (address := absolute_url(url, target)):
            yield address

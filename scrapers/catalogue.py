"""Which scraper reads which kind of source; a new kind is one line here."""

import codecs
from collections.abc import Mapping

from scrapers.entry import Parsed, Scraper

PARSER_VERSION = "4"
"""Goes up when the same bytes would give other entries; validators and body hashes belong to one version."""


def parse_feed(body: bytes, *, url: str, headers: Mapping[str, str]) -> Parsed:
    """RSS, RDF, Atom or JSON Feed, told apart by the document itself. Raises ParseError."""
    # Imported where they are called: who only asks which kinds there are need not load feedparser and lxml.
    from scrapers import json_feed, rss_atom

    start = body[:2_000].replace(b"\0", b"").lstrip(codecs.BOM_UTF8 + b"\xff\xfe \t\r\n")
    read = json_feed.parse if start.startswith((b"{", b"[")) else rss_atom.parse
    return read(body, url=url, headers=headers)


def parse_known_exploited(body: bytes, *, url: str, headers: Mapping[str, str]) -> Parsed:
    """The catalogue of known-exploited vulnerabilities. Raises ParseError."""
    from scrapers import known_exploited

    return known_exploited.parse(body, url=url, headers=headers)


def parse_verdicts(body: bytes, *, url: str, headers: Mapping[str, str]) -> Parsed:
    """Another registry's feed of verdicts, in any format. Raises ParseError."""
    from scrapers import verdict_feed

    return verdict_feed.checked(parse_feed(body, url=url, headers=headers))


SCRAPERS: dict[str, Scraper] = {
    "feed": parse_feed,
    "known_exploited": parse_known_exploited,
    "verdicts": parse_verdicts,
}

"""RSS, RDF and Atom, by feedparser: strictly, then loosely, then after lxml has mended the document.

Meant to run in a child process (workers.py): some inputs take feedparser quadratic time.
"""

import codecs
import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import feedparser
from lxml import etree

from scrapers import verdict_xml, well_formed
from scrapers.dates import read_date, sane
from scrapers.entry import Draft, Parsed, entries_of
from scrapers.errors import ParseError
from scrapers.links import absolute_url
from scrapers.stated import read_stated
from scrapers.text import as_markup, plain_text, shorten
from scrapers.verdict_xml import Statements
from scrapers.web_page import first_tag, looks_like_web_page, not_a_feed_but_a_page

FEED_START = re.compile(rb"<\?xml\b|<(?:rss|feed|rdf:RDF|(?:\w+:)?feed)\b", re.IGNORECASE)
FEED_END = re.compile(rb"</(?:rss|(?:\w+:)?(?:feed|rdf))\s*>\s*(?:<!--.*)?$", re.IGNORECASE | re.DOTALL)
WIDE_MARKS = (
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
    codecs.BOM_UTF32_LE,
    codecs.BOM_UTF32_BE,
    b"\0",
    b"<\0",
)
ILLEGAL = bytes(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D))
BASE = re.compile(rb"\sxml:base\s*=")
CDF = ("channel",)
HTML_TYPES = ("text/html", "application/xhtml+xml")
PERIODS_S = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
LONGEST_TTL_S = 2_592_000
FEEDPARSER_FAILS = (
    ArithmeticError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
)


def parse(body: bytes, *, url: str, headers: Mapping[str, str]) -> Parsed:
    """Read RSS 0.9x, 1.0 and 2.0, CDF and Atom 0.3 and 1.0.

    One entry or more is a success, marked malformed where rules were broken. `url` is the final address.
    Raises ParseError: empty_body, entity_refused, web_page_not_feed, not_a_feed, unreadable_feed.
    """
    if not body.strip(b" \t\r\n\0"):
        raise ParseError("empty_body", "The address answered with an empty document. Try again later.")
    if b"<!entity" in body.replace(b"\0", b"").lower():
        raise ParseError(
            "entity_refused",
            "The document declares XML entities, which can be used to attack its readers, so it is not read."
            " Ask the publisher for a feed without them.",
        )
    plain = _without_junk(body)
    result = well_formed.read(plain) if _is_utf_8(plain, headers) else None
    result = result or _read(plain, url, headers)
    if not result.entries and (mended := _mended(plain)):
        again = _read(mended, url, {})
        result = again if again.entries else result
    if not result.entries and looks_like_web_page(body):
        raise not_a_feed_but_a_page(body, url=url, headers=headers)
    if not result.entries and not result.get("version") and first_tag(body) not in CDF:
        raise ParseError(
            "not_a_feed",
            "The document is neither RSS nor Atom nor JSON Feed. Check the address of the source.",
        )
    fault = _fault(result)
    if not result.entries and fault and not FEED_END.search(plain[-200:]):
        raise ParseError(
            "unreadable_feed", f"The feed is cut off or broken and no entry could be read: {fault}."
        )
    told = verdict_xml.read(plain, url=url)
    return _parsed(result, url, fault or ("there was junk in the document" if plain != body else ""), told)


def _parsed(result: Any, url: str, fault: str, told: Statements) -> Parsed:
    feed = result.feed
    home = absolute_url(url, str(feed.get("link") or ""))
    alike = len(told.verdicts) == len(result.entries)
    said = told.verdicts if alike else (None,) * len(result.entries)
    entries = entries_of(
        _draft(entry, home or url, verdict) for entry, verdict in zip(result.entries, said, strict=True)
    )
    note = f"Read in spite of an error: {fault}." if fault else ""
    return Parsed(
        entries=entries,
        title=shorten(plain_text(_markup(feed.get("title"), feed.get("title_detail"))), 200),
        home=home,
        malformed=bool(fault),
        note=note if entries else note or "The feed is in order and holds no entries.",
        ttl_s=_ttl(feed),
        older=told.older,
    )


def _read(body: bytes, url: str, headers: Mapping[str, str]) -> Any:
    """feedparser's result; its sanitiser stays off, since every text passes through plain_text anyway."""
    charset = _charset(body, headers)
    told = {"content-type": "application/xml" + (f"; charset={charset}" if charset else "")}
    if BASE.search(body):  # it may be relative; elsewhere a link counts from the channel's
        told["content-location"] = url
    try:
        return feedparser.parse(
            BytesIO(body),
            response_headers=told,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except FEEDPARSER_FAILS as fault:
        return feedparser.FeedParserDict(
            entries=[], feed=feedparser.FeedParserDict(), version="", bozo=True, bozo_exception=fault
        )


def _mended(body: bytes) -> bytes:
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError, AssertionError):
        return b""
    return b"" if root is None else bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _without_junk(body: bytes) -> bytes:
    """The document from its first feed-like tag on, without characters that XML forbids."""
    if body.startswith(WIDE_MARKS):
        return body
    start = FEED_START.search(body[:20_000])
    before = body[: start.start()].removeprefix(codecs.BOM_UTF8).strip() if start else b""
    if start and before and not before.startswith((b"<!", b"<?")):
        body = body[start.start() :]
    elif start and not before:
        body = body[start.start() :] if not body.startswith(codecs.BOM_UTF8) else body
    return body.translate(None, ILLEGAL)


def _charset(body: bytes, headers: Mapping[str, str]) -> str:
    """UTF-8 wherever the bytes prove it, else what the header says, else "" (let the document speak)."""
    if not body.startswith(WIDE_MARKS) and not body.isascii():
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return "utf-8"
    content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", content_type, re.IGNORECASE)
    try:
        # a header that says UTF-8 over bytes that are not is a wrong header: let the document speak
        name = codecs.lookup(found[1]).name if found else ""
    except LookupError:
        return ""
    return "" if name == "utf-8" and not body.isascii() else name


def _is_utf_8(body: bytes, headers: Mapping[str, str]) -> bool:
    charset = _charset(body, headers)
    return charset == "utf-8" or (charset in ("", "ascii", "iso8859-1") and body.isascii())


def _fault(result: Any) -> str:
    if not result.get("bozo"):
        return ""
    fault = result.get("bozo_exception")
    text = getattr(fault, "getMessage", lambda: str(fault))()
    line = getattr(fault, "getLineNumber", lambda: None)()
    return shorten(plain_text(str(text)), 150) + (f" in line {line}" if line else "")


def _draft(entry: Any, base: str, said: Any) -> Draft:
    """`said` is what stands in the entry of a verdict of another registry."""
    link = next((link for link in _links(entry, base) if link), "")
    content = "\n".join(_markup(part.get("value"), part) for part in _dicts(entry.get("content")))
    copied = content and not dict.get(entry, "summary_detail")  # feedparser gives the content for a summary
    return Draft(
        id=str(entry.get("id") or ""),
        link=link,
        title=_markup(entry.get("title"), dict.get(entry, "title_detail")),
        summary="" if copied else _markup(entry.get("summary"), dict.get(entry, "summary_detail")),
        content=content,
        author=str(entry.get("author") or ""),
        tags=tuple(str(tag.get("term") or tag.get("label") or "") for tag in _dicts(entry.get("tags"))),
        published_at=_date(entry),
        stated=read_stated(said, base=base, said_at=_updated(entry)) if said else None,
        related=next((each for each in _linked(entry, base, "related") if each != link), ""),
    )


def _markup(text: object, detail: Any) -> str:
    """A text as HTML, whether it was published as such or as plain text."""
    found = str(text or "")
    is_plain = isinstance(detail, dict) and detail.get("type") not in HTML_TYPES
    return as_markup(found) if is_plain else found


def _dicts(found: object) -> list[dict[str, Any]]:
    """feedparser's list of values; none where an element of the publisher's own took its name."""
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _linked(entry: Any, base: str, rel: str) -> Iterator[str]:
    """The absolute addresses that the entry links to in a role, empty ones left out."""
    for each in _dicts(entry.get("links")):
        if each.get("rel") == rel and (address := absolute_url(base, str(each.get("href") or ""))):
            yield address


def _links(entry: Any, base: str) -> Iterator[str]:
    """Where the entry leads, best first; what is no address of the web comes out empty."""
    yield absolute_url(base, str(entry.get("feedburner_origlink") or ""))
    guid, link = str(entry.get("id") or ""), str(entry.get("link") or "")
    if link != guid or link.startswith(
        ("http:", "https:", "/")
    ):  # a guid is only a link where it looks like one
        yield absolute_url(base, link)
    for rel in ("alternate", "related", "via"):
        yield from (address for address in _linked(entry, base, rel) if address != guid)
    if guid.startswith(("http:", "https:")) and entry.get("guidislink", True):  # isPermaLink="false": no link
        yield absolute_url(base, guid)
    yield from _linked(entry, base, "enclosure")


def _date(entry: Any) -> datetime | None:
    for name in ("published", "created", "updated"):
        # feedparser's own reading comes second: it takes 2026/09/28 for the first of November; its own get()
        # answers for a missing date with another one
        if moment := read_date(str(dict.get(entry, name) or "")):
            return moment
        if (parsed := dict.get(entry, f"{name}_parsed")) and (moment := _moment(parsed)):
            return moment
    return None


def _updated(entry: Any) -> datetime | None:
    return read_date(str(dict.get(entry, "updated") or "")) or _date(entry)


def _moment(parsed: Any) -> datetime | None:
    try:
        return sane(datetime.fromtimestamp(timegm(parsed), UTC))
    except (ValueError, TypeError, OverflowError):
        return None


def _ttl(feed: Any) -> int | None:
    """The longer of `ttl` (minutes) and `sy:updatePeriod` over `sy:updateFrequency`; at most 30 days."""
    waits = []
    ttl = str(feed.get("ttl") or "").strip()
    if re.fullmatch(r"\d{1,7}", ttl) and int(ttl):
        waits.append(int(ttl) * 60)
    period = PERIODS_S.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    if period:
        frequency = str(feed.get("sy_updatefrequency") or "1").strip()
        waits.append(period // max(1, int(frequency) if re.fullmatch(r"\d{1,6}", frequency) else 1))
    return min(max(waits), LONGEST_TTL_S) if waits else None

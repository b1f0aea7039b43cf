"""What a public feed validator would say of a feed, errors and warnings alike, from the texts of the rules:
RFC 4287, RFC 5005, RFC 4151, RSS 2.0 with the practices of the RSS Advisory Board, JSON Feed 1.1."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
XML = "{http://www.w3.org/XML/1998/namespace}"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RFC_822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT"
)
TAG = re.compile(
    r"tag:[a-z0-9]([a-z0-9.-]*[a-z0-9])?,\d{4}(-\d\d(-\d\d)?)?:([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*"
)
URI = re.compile(r"[a-z][a-z0-9+.-]*:([A-Za-z0-9._~!$&'()*+,;=:@/?#\[\]-]|%[0-9A-Fa-f]{2})+")
MEDIA = re.compile(r"[a-z]+/[a-z0-9.+-]+")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
PAGING = {"first", "last", "next", "previous"}
ARCHIVES = {"current", "prev-archive", "next-archive"}
DANGEROUS = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "form",
    "base",
    "meta",
    "link",
    "applet",
    "frame",
}
VOID = {"br", "img", "hr"}
ONCE_OF_A_FEED = ("id", "title", "updated", "subtitle", "generator", "icon", "logo", "rights")
ONCE_OF_AN_ENTRY = ("id", "title", "updated", "published", "summary", "content", "rights", "source")
OF_CHANNEL = {
    *("title", "link", "description", "language", "copyright", "managingEditor", "webMaster", "pubDate"),
    *("lastBuildDate", "category", "generator", "docs", "cloud", "ttl", "image", "textInput", "skipHours"),
    *("skipDays", "item"),
}
OF_ITEM = {
    "title",
    "link",
    "description",
    "author",
    "category",
    "comments",
    "enclosure",
    "guid",
    "pubDate",
    "source",
}
OF_ATOM_IN_RSS = {
    "link",
    "id",
    "updated",
    "published",
    "author",
    "category",
    "content",
    "contributor",
    "rights",
}


def faults(ending: str, body: bytes, *, url: str | None = None) -> list[str]:
    """All that is wrong with a feed of this format, or doubtful; `url` is where it was fetched."""
    return list({"atom": _atom, "rss": _rss, "json": _json}[ending](body, url))


def _parsed(body: bytes) -> ET.Element:
    text = body.decode("utf-8")
    assert not CONTROL.search(text), "a character that should not stand in XML"
    return ET.fromstring(body)


def _atom(body: bytes, url: str | None) -> Iterator[str]:
    feed = _parsed(body)
    if feed.tag != f"{ATOM}feed":
        yield f"the root is {feed.tag}"
        return
    if not body.startswith(b"<?xml version='1.0' encoding='utf-8'?>"):
        yield "no XML declaration"
    yield from _once(feed, ONCE_OF_A_FEED, needed=("id", "title", "updated"))
    yield from _identity(feed.findtext(f"{ATOM}id", ""))
    yield from _moment(feed.findtext(f"{ATOM}updated", ""))
    yield from _atom_links(feed, url)
    yield from _persons(feed)
    if not feed.get(f"{XML}lang"):
        yield "no language"
    yield from _atom_places(feed, f"{ATOM}link")
    entries = feed.findall(f"{ATOM}entry")
    places = [place for place, each in enumerate(feed) if each.tag == f"{ATOM}entry"]
    if places and places != list(range(places[0], len(feed))):
        yield "something stands between or after the entries"
    for entry in entries:
        yield from _atom_entry(entry, has_author=feed.find(f"{ATOM}author") is not None)
    ids = Counter(each.findtext(f"{ATOM}id") for each in entries)
    yield from (f"two entries with the id {each}" for each, count in ids.items() if count > 1)
    newest = max((each.findtext(f"{ATOM}updated", "") for each in entries), default="")
    if newest and feed.findtext(f"{ATOM}updated") != newest:
        yield "the feed was not updated when its newest entry was"
    moments = [each.findtext(f"{ATOM}updated", "") for each in entries]
    if moments != sorted(moments, reverse=True):
        yield "the newest entry is not the first"


def _atom_entry(entry: ET.Element, *, has_author: bool) -> Iterator[str]:
    yield from _once(entry, ONCE_OF_AN_ENTRY, needed=("id", "title", "updated"))
    yield from _identity(entry.findtext(f"{ATOM}id", ""))
    updated, published = entry.findtext(f"{ATOM}updated", ""), entry.findtext(f"{ATOM}published", "")
    yield from _moment(updated)
    yield from _moment(published)
    if published > updated:
        yield "published after it was updated"
    if entry.find(f"{ATOM}author") is None and not has_author:
        yield "an entry without an author"
    yield from _persons(entry)
    yield from _atom_links(entry, None)
    alternates = [
        each for each in entry.findall(f"{ATOM}link") if each.get("rel", "alternate") == "alternate"
    ]
    if len(alternates) != 1:
        yield "not one alternate link"
    for tag in ("title", "summary"):
        element = entry.find(f"{ATOM}{tag}")
        if element is not None:
            yield from _plain(element.text or "", tag)
            if element.get("type", "text") != "text":
                yield f"{tag} is no plain text"
    content = entry.find(f"{ATOM}content")
    if content is None or content.get("type") != "html":
        yield "no content as html"
    else:
        yield from _markup(content.text or "")
    for category in entry.findall(f"{ATOM}category"):
        if not category.get("term"):
            yield "a category without a term"
        yield from _uri(category.get("scheme", ""), "scheme")
        if not (category.get("label") or "").strip():
            yield "a category without a label"
    seen = Counter((each.get("term"), each.get("scheme")) for each in entry.findall(f"{ATOM}category"))
    yield from (f"the category {each} twice" for each, count in seen.items() if count > 1)


def _atom_links(parent: ET.Element, url: str | None) -> Iterator[str]:
    seen: Counter[tuple[str, str, str]] = Counter()
    for link in parent.findall(f"{ATOM}link"):
        rel, href, media = link.get("rel", "alternate"), link.get("href", ""), link.get("type", "")
        yield from _address(href)
        if rel != "hub" and not MEDIA.fullmatch(media):
            yield f"a link without a media type: {rel}"
        seen[rel, media, link.get("hreflang", "")] += 1
    yield from (f"two links {each}" for each, count in seen.items() if count > 1)
    if parent.tag == f"{ATOM}feed":
        own = [each.get("href") for each in parent.findall(f"{ATOM}link") if each.get("rel") == "self"]
        if len(own) != 1:
            yield "not one link to itself"
        elif url is not None and own[0] != url:
            yield f"the link to itself is {own[0]}, not {url}"


def _atom_places(head: ET.Element, link: str) -> Iterator[str]:
    rels = {each.get("rel", "") for each in head.findall(link)}
    archive = head.find(f"{HISTORY}archive")
    if archive is not None and (len(archive) or (archive.text or "").strip()):
        yield "fh:archive is not empty"
    if archive is not None and "current" not in rels:
        yield "an archive that does not say where the current feed is"
    if archive is None and "next-archive" in rels:
        yield "next-archive outside an archive"
    if rels - (PAGING | ARCHIVES | {"self", "alternate", "hub"}):
        yield f"unknown relations: {rels}"


def _persons(parent: ET.Element) -> Iterator[str]:
    for author in parent.findall(f"{ATOM}author"):
        if not (author.findtext(f"{ATOM}name") or "").strip():
            yield "an author without a name"


def _once(parent: ET.Element, names: tuple[str, ...], needed: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        count = len(parent.findall(f"{ATOM}{name}"))
        if count > 1:
            yield f"{name} stands {count} times"
        if name in needed and not (parent.findtext(f"{ATOM}{name}") or "").strip():
            yield f"no {name}"


def _rss(body: bytes, url: str | None) -> Iterator[str]:
    root = _parsed(body)
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None or len(root) != 1:
        yield "no RSS 2.0"
        return
    counts = Counter(each.tag for each in channel)
    for name in ("title", "link", "description"):
        if not (channel.findtext(name) or "").strip():
            yield f"no {name}"
    yield from (
        f"{tag} is none of a channel's elements" for tag in counts if "}" not in tag and tag not in OF_CHANNEL
    )
    yield from (f"{tag} stands twice" for tag, count in counts.items() if count > 1 and tag not in _SEVERAL)
    yield from _address(channel.findtext("link", ""))
    yield from _rfc_822(channel.findtext("lastBuildDate", ""))
    links = list(channel.findall(f"{ATOM}link"))
    own = [each.get("href", "") for each in links if each.get("rel") == "self"]
    if len(own) != 1:
        yield "not one atom:link to itself"
    elif url is not None and own[0] != url:
        yield f"the link to itself is {own[0]}, not {url}"
    for link in links:
        yield from _address(link.get("href", ""))
    yield from _atom_places(channel, f"{ATOM}link")
    guids = Counter(each.findtext("guid") for each in channel.findall("item"))
    yield from (f"two items with the guid {each}" for each, count in guids.items() if count > 1)
    for item in channel.findall("item"):
        yield from _item(item)


_SEVERAL = {"item", "category", f"{ATOM}link"}


def _item(item: ET.Element) -> Iterator[str]:
    counts = Counter(each.tag for each in item)
    yield from (
        f"{tag} is none of an item's elements" for tag in counts if "}" not in tag and tag not in OF_ITEM
    )
    yield from (f"{tag} stands twice" for tag, count in counts.items() if count > 1 and tag != "category")
    for tag in counts:
        if tag.startswith(ATOM) and tag.removeprefix(ATOM) not in OF_ATOM_IN_RSS:
            yield f"{tag} is none of Atom's elements for an item"
    for name in ("title", "link", "guid", "pubDate", "description"):
        if not (item.findtext(name) or "").strip():
            yield f"an item without {name}"
    yield from _plain(item.findtext("title", ""), "title")
    yield from _address(item.findtext("link", ""))
    guid = item.find("guid")
    if guid is not None:
        yield from _identity(guid.text or "")
        if guid.get("isPermaLink") != "false":
            yield "a guid that is no address and does not say so"
    yield from _rfc_822(item.findtext("pubDate", ""))
    yield from _moment(item.findtext(f"{ATOM}updated", ""))
    names = [each.tag for each in item]
    if "description" in names[names.index(f"{CONTENT}encoded") :]:
        yield "content:encoded stands before the description"
    yield from _markup(item.findtext(f"{CONTENT}encoded", ""))
    if not (item.findtext(f"{DC}creator") or "").strip():
        yield "an item without a creator"
    for category in item.findall("category"):
        if not (category.text or "").strip():
            yield "an empty category"
        yield from _uri(category.get("domain", ""), "domain")
    seen = Counter((each.text, each.get("domain")) for each in item.findall("category"))
    yield from (f"the category {each} twice" for each, count in seen.items() if count > 1)


TYPES: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("title", "description", "user_comment", "language"), lambda each: isinstance(each, str)),
    **dict.fromkeys(
        ("home_page_url", "feed_url", "next_url", "icon", "favicon"),
        lambda each: isinstance(each, str) and not list(_address(each)),
    ),
    "version": lambda each: each == "https://jsonfeed.org/version/1.1",
    "authors": lambda each: bool(each) and all(author.get("name", "").strip() for author in each),
    "expired": lambda each: isinstance(each, bool),
    "items": lambda each: isinstance(each, list),
    "hubs": lambda each: all({"type", "url"} <= hub.keys() for hub in each),
}
OF_JSON_ITEM = {
    *(
        "id",
        "url",
        "external_url",
        "title",
        "content_html",
        "content_text",
        "summary",
        "image",
        "banner_image",
    ),
    *("date_published", "date_modified", "authors", "tags", "language", "attachments"),
}


def _json(body: bytes, url: str | None) -> Iterator[str]:
    text = body.decode("utf-8")
    if CONTROL.search(text):
        yield "a character that should not stand in text"
    feed = json.loads(text)
    yield from (
        f"no {name}"
        for name in ("version", "title", "items", "feed_url", "home_page_url")
        if name not in feed
    )
    for name, value in feed.items():
        if name.startswith("_"):
            yield from _extension(name, value)
        elif name not in TYPES:
            yield f"{name} is none of a feed's names"
        elif not TYPES[name](value):
            yield f"{name} is {value!r}"
    if url is not None and feed["feed_url"] != url:
        yield f"its feed_url is {feed['feed_url']}, not {url}"
    if feed.get("next_url") == feed["feed_url"]:
        yield "its next_url is its own"
    ids = Counter(each["id"] for each in feed["items"])
    yield from (f"two items with the id {each}" for each, count in ids.items() if count > 1)
    for item in feed["items"]:
        yield from _json_item(item)


def _json_item(item: dict[str, Any]) -> Iterator[str]:
    if not isinstance(item.get("id"), str):
        yield "an item whose id is no text"
    yield from _identity(item["id"])
    if not ({"content_html", "content_text"} & item.keys()):
        yield "an item without content"
    yield from _markup(item.get("content_html", ""))
    for name in ("date_published", "date_modified"):
        yield from _moment(item.get(name, ""))
    if item["date_published"] > item["date_modified"]:
        yield "published after it was modified"
    yield from _address(item.get("url", ""))
    for name in ("title", "summary"):
        yield from _plain(item.get(name, ""), name)
    tags = item.get("tags", [])
    if not all(isinstance(each, str) and each.strip() for each in tags) or len(set(tags)) < len(tags):
        yield f"the tags are {tags}"
    for name, value in item.items():
        if name.startswith("_"):
            yield from _extension(name, value)
        elif name not in OF_JSON_ITEM:
            yield f"{name} is none of an item's names"


def _extension(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{name} is no object"
    elif "." in name:
        yield f"{name} has a dot"
    else:
        yield from _address(value.get("about", ""))


def _identity(text: str) -> Iterator[str]:
    # RFC 4287 4.2.6: an IRI as it should always be written; a feed's own id here is a tag or a UUID
    if not (
        TAG.fullmatch(text) or re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", text) or text.startswith("https://")
    ):
        yield f"“{text}” is no tag URI"


def _moment(text: str) -> Iterator[str]:
    if not MOMENT.fullmatch(text):
        yield f"“{text}” is no moment"
    else:
        yield from _plausible(datetime.fromisoformat(text.replace("Z", "+00:00")), text)


def _rfc_822(text: str) -> Iterator[str]:
    if not RFC_822.fullmatch(text):
        yield f"“{text}” is no date of RFC 822"
        return
    moment = parsedate_to_datetime(text)
    if moment.strftime("%a") != text[:3]:
        yield f"“{text}” was another day of the week"
    yield from _plausible(moment, text)


def _plausible(moment: datetime, text: str) -> Iterator[str]:
    if not datetime(1980, 1, 1, tzinfo=UTC) <= moment <= datetime(2100, 1, 1, tzinfo=UTC):
        yield f"“{text}” is not a plausible day"


def _address(text: str) -> Iterator[str]:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or not URI.fullmatch(text):
        yield f"“{text}” is no whole address of the web"


def _uri(text: str, what: str) -> Iterator[str]:
    if not URI.fullmatch(text):
        yield f"{what} “{text}” is no URI"


def _plain(text: str, what: str) -> Iterator[str]:
    if not text.strip():
        yield f"an empty {what}"
    if "\n" in text or text != text.strip():
        yield f"{what} is more than one line"


def _markup(text: str) -> Iterator[str]:
    if not text.strip():
        yield "empty content"
        return
    reader = _Markup()
    reader.feed(text)
    reader.close()
    yield from reader.faults
    if reader.open:
        yield f"not closed: {reader.open}"


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DANGEROUS:
            self.faults.append(f"<{tag}> in content")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "id"):
                self.faults.append(f"{name}= in content")
            if name in ("href", "src"):
                self.faults += _address(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

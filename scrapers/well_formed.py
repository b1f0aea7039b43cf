"""The quick way through plain feeds: well-formed RSS 2.0 and Atom 1.0 in UTF-8, as most publishers write them.

Gives what feedparser gives for all that drafts are made of, or None for anything unusual, which feedparser reads.
tests/scrapers/test_well_formed.py holds the two together.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

from feedparser import FeedParserDict
from feedparser.html import _cp1252
from feedparser.mixin import _FeedParserMixin
from lxml import etree

from scrapers.dates import read_date

RSS, ATOM = "rss", "{http://www.w3.org/2005/Atom}feed"
UNUSUAL = (b"<!DOCTYPE", b"xml:base", b":///", b"backend.userland.com/rss")
ENCODING = re.compile(rb"<\?xml\b[^>]*?\sencoding\s*=\s*[\"'](?!utf-?8[\"'])", re.IGNORECASE)
XMLNS = re.compile(rb"xmlns:([\w.-]+)\s*=\s*[\"']([^\"']*)")
PREFIXES = {uri.lower(): prefix.lower() for uri, prefix in _FeedParserMixin.namespaces.items()}
"""The prefix under which feedparser knows a namespace, whatever the document calls it."""
TYPES = {"text": "text/plain", "text/plain": "text/plain", "html": "text/html", "text/html": "text/html"}
HTML_LINKS = ("html", "xhtml", "text/html", "application/xhtml+xml")
NONE: frozenset[str] = frozenset()
PEOPLE = frozenset(("name", "email", "uri", "url", "homepage"))
PICTURE = frozenset(("title", "link", "url", "width", "height", "description"))
HARMLESS = {
    **dict.fromkeys(("cloud", "comments", "copyright", "expirationdate", "generator", "language"), NONE),
    **dict.fromkeys(
        ("rights", "subtitle", "webmaster", "dc_contributor", "dc_language", "dc_publisher"), NONE
    ),
    **dict.fromkeys(
        ("dc_rights", "itunes_block", "itunes_explicit", "itunes_image", "itunes_subtitle"), NONE
    ),
    **dict.fromkeys(("media_credit", "media_player", "media_rating", "media_thumbnail"), NONE),
    "creativecommons_license": NONE,
    "contributor": PEOPLE,
    "media_content": frozenset(("media_title", "media_thumbnail", "media_credit", "media_rating")),
}
"""What feedparser knows in an entry and no draft is made of, with the elements that may stand in it."""
HEAD = frozenset(("title", "dc_title", "link", "id", "guid", "ttl", "sy_updateperiod", "sy_updatefrequency"))
ENTANGLED = frozenset(
    ("body", "channel", "content", "content_encoded", "entry", "feed", "fullitem", "item", "itunes_summary")
) | frozenset(("media_description", "media_title", "rss", "source", "summary", "textinput", "xhtml_body"))
"""What feedparser lets reach from the head of a feed into its entries."""

Node = Any
Found = dict[str, Any]
Handler = Callable[[Found, Node], None]


class _Unusual(Exception):
    """The document holds something that only feedparser reads."""


def read(body: bytes) -> FeedParserDict | None:
    """feedparser's result for a document with entries, in the keys that drafts ask for; None where unusual."""
    if any(mark in body for mark in UNUSUAL) or ENCODING.match(body) or _renames(body):
        return None
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
        if root.tag == RSS and len(root) == 1 and root[0].tag == "channel" and not root[0].attrib:
            feed, entries = _channel(root[0], "item")
        elif root.tag == ATOM and "base" not in root.attrib:
            feed, entries = _channel(root, ATOM.replace("feed", "entry"))
        else:
            return None
    except (etree.XMLSyntaxError, ValueError, _Unusual):
        return None
    return FeedParserDict(feed=feed, entries=entries, version="known", bozo=False) if entries else None


def _renames(body: bytes) -> bool:
    """Whether a prefix that feedparser gives to one namespace it knows stands for another one here."""
    for prefix, uri in set(XMLNS.findall(body)):
        name, known_as = prefix.decode().lower(), PREFIXES.get(uri.decode("utf-8", "replace").lower())
        if known_as not in (None, name) and name in PREFIXES.values():
            return True
    return False


def _channel(channel: Node, entry_tag: str) -> tuple[Found, list[Found]]:
    feed: Found = {}
    entries: list[Found] = []
    for node in channel:
        name = "" if node.tag == entry_tag else _name(node.tag, node.prefix)
        if not name:
            entries.append(_entry(node))
        elif name in HEAD and not entries:  # behind entries feedparser remembers things of the last one
            HANDLERS[name](feed, node)
        elif name == "image":
            feed.pop("titled", None)  # from here on feedparser takes another title
            _only(node, PICTURE)
        elif name in HEAD or name in ENTANGLED:
            raise _Unusual
        else:
            _only(node, PEOPLE)
    return feed, entries


def _entry(node: Node) -> Found:
    if any(not name.startswith("{") or "rdf-syntax" in name for name in node.keys()):  # noqa: SIM118
        raise _Unusual
    entry: Found = {}
    for child in node:
        name = _name(child.tag, child.prefix)
        if name in HANDLERS:
            HANDLERS[name](entry, child)
        elif name not in HARMLESS and not _is_unknown(name):
            raise _Unusual
        elif len(child):
            _only(child, HARMLESS.get(name, NONE))
            if not entry.get("titled"):
                raise _Unusual
    return entry


@lru_cache(maxsize=2_000)
def _name(tag: str, prefix: str | None) -> str:
    """What feedparser calls an element: `pubdate`, `dc_creator`."""
    namespace, _, local = tag.rpartition("}")
    known_as = PREFIXES.get(namespace[1:].lower(), prefix)
    if known_as is None:
        raise _Unusual
    return "_".join(part.lower() for part in (known_as, local) if part)


@lru_cache(maxsize=2_000)
def _is_unknown(name: str) -> bool:
    """Whether feedparser only keeps an element's text, under its name, and the name is of no other use."""
    handled = hasattr(_FeedParserMixin, f"_start_{name}") or hasattr(_FeedParserMixin, f"_end_{name}")
    return (
        not handled
        and name not in ("links", "authors", "guidislink")
        and name[-7:] not in ("_detail", "_parsed")
    )


def _only(node: Node, names: frozenset[str]) -> None:
    if not all(_name(child.tag, child.prefix) in names and not len(child) for child in node):
        raise _Unusual


def _text(node: Node) -> str:
    """An element's text, mended as feedparser mends it."""
    if len(node):
        raise _Unusual
    text = (node.text or "").strip()
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return str(text.translate(_cp1252))


def _attributes(node: Node) -> dict[str, str]:
    given = {name.lower(): value for name, value in node.items()}
    if "base" in given:
        raise _Unusual
    return given


def _part(node: Node, default: str) -> dict[str, str]:
    """A text and whether it is HTML."""
    if any(name != "type" and not name.startswith("{") for name in node.keys()):  # noqa: SIM118
        raise _Unusual
    kind = node.get("type")
    if kind is not None and kind.lower() not in TYPES:
        raise _Unusual
    return {"type": default if kind is None else TYPES[kind.lower()], "value": _text(node)}


def _title(found: Found, node: Node) -> None:
    part = _part(node, "text/plain")
    if not found.get("titled"):
        found.update(title=part["value"], title_detail=part, titled=bool(part["value"]))


def _link(found: Found, node: Node) -> None:
    given, text = _attributes(node), _text(node)
    rel, address = given.get("rel", "alternate").lower(), _address(given)
    if address and rel == "alternate" and given.get("type", "text/html").lower() in HTML_LINKS:
        found["link"] = address
    elif not address and (given or "&amp;" in text):
        raise _Unusual
    elif not address:
        address = found["link"] = re.sub(r"&([A-Za-z0-9_]+);", r"&\1", text)
    found.setdefault("links", []).append({"rel": rel, "href": address})


def _address(given: dict[str, str]) -> str:
    return given.get("url", given.get("uri", given.get("href", "")))


def _id(found: Found, node: Node) -> None:
    text, is_link = _text(node), _attributes(node).get("ispermalink", "true") == "true"
    found["id"] = text
    found.setdefault("guidislink", is_link and "link" not in found)
    if is_link:
        found.setdefault("link", text)


def _summary(default: str) -> Handler:
    def summary(found: Found, node: Node) -> None:
        if "summary" in found and not found.get("content"):
            _content("text/plain")(found, node)
        else:
            part = _part(node, default)
            found.update(summary=part["value"], summary_detail=part)

    return summary


def _content(default: str) -> Handler:
    def content(found: Found, node: Node) -> None:
        part = _part(node, default)
        found.setdefault("content", []).append(part)
        found.setdefault("summary", part["value"])

    return content


def _date(key: str) -> Handler:
    def date(found: Found, node: Node) -> None:
        found[key] = _text(node)
        if found[key] and read_date(found[key]) is None:  # feedparser may know better
            raise _Unusual

    return date


def _word(key: str) -> Handler:
    def word(found: Found, node: Node) -> None:
        found[key] = _text(node)
        if node.attrib:
            raise _Unusual

    return word


def _author(found: Found, node: Node) -> None:
    """A name, or Atom's name and mail address; of several people the last."""
    people: dict[str, str] = {}
    for child in node:
        name = _name(child.tag, child.prefix)
        if len(child) or not (name in PEOPLE or _is_unknown(name)) or (child.tail or node.text or "").strip():
            raise _Unusual
        people[name] = (child.text or "").strip()
    name, mail = people.get("name", ""), people.get("email", "")
    before = found.get("author", "")
    if people and ("@" in before or (not name and (mail or before))):  # feedparser mixes such people up
        raise _Unusual
    found["author"] = (f"{name} ({mail})" if name and mail else name or mail) if people else _text(node)


def _tag(found: Found, node: Node) -> None:
    given, text, tags = _attributes(node), _text(node), found.setdefault("tags", [])
    tag = {
        "term": given.get("term"),
        "scheme": given.get("scheme", given.get("domain")),
        "label": given.get("label"),
    }
    if any(tag.values()) and tag not in tags:
        tags.append(tag)
    if text and tags and not tags[-1]["term"]:
        tags[-1]["term"] = text
    elif text and (tag := {"term": text, "scheme": None, "label": None}) not in tags:
        tags.append(tag)


def _enclosure(found: Found, node: Node) -> None:
    found.setdefault("links", []).append({"rel": "enclosure", "href": _address(_attributes(node))})
    _only(node, NONE)


def _source(found: Found, node: Node) -> None:
    found.pop("titled", None)  # from here on feedparser takes another title
    _only(node, NONE)


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("title", "dc_title"), _title),
    **dict.fromkeys(("id", "guid"), _id),
    **dict.fromkeys(("description", "dc_description"), _summary("text/html")),
    **dict.fromkeys(("summary", "itunes_summary"), _summary("text/plain")),
    **dict.fromkeys(("pubdate", "published", "issued", "dcterms_issued"), _date("published")),
    **dict.fromkeys(
        ("updated", "modified", "dc_date", "lastbuilddate", "dcterms_modified"), _date("updated")
    ),
    **dict.fromkeys(("created", "dcterms_created"), _date("created")),
    **dict.fromkeys(("author", "dc_creator", "dc_author", "itunes_author", "managingeditor"), _author),
    **dict.fromkeys(("category", "dc_subject", "keywords"), _tag),
    **{key: _word(key) for key in ("ttl", "sy_updateperiod", "sy_updatefrequency", "feedburner_origlink")},
    "content": _content("text/plain"),
    "content_encoded": _content("text/html"),
    "enclosure": _enclosure,
    "link": _link,
    "source": _source,
}
"""What each element is made into, by the name that feedparser gives it."""

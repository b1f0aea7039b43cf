"""The quick way through the plainest feeds: well-formed RSS 2.0 and Atom 1.0 in UTF-8, as most publishers write them.

Gives what feedparser gives for all that drafts are made of, or None for anything unusual, which feedparser reads.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from feedparser import FeedParserDict
from feedparser.html import _cp1252
from feedparser.mixin import _FeedParserMixin
from lxml import etree

from scrapers.dates import read_date

ATOM = "{http://www.w3.org/2005/Atom}"
UNUSUAL = (b"<!DOCTYPE", b":///")
BASE = re.compile(rb"base\s*=\s*[\"']")
ENCODING = re.compile(rb"<\?xml\b[^>]*?\sencoding\s*=\s*[\"'](?!utf-?8[\"'])", re.IGNORECASE)
XMLNS = re.compile(rb"xmlns:([\w.-]+)\s*=\s*[\"']([^\"']*)")
PREFIXES = {uri.lower(): prefix for uri, prefix in _FeedParserMixin.namespaces.items()}
"""The prefix under which feedparser knows a namespace, whatever the document calls it."""
USERLAND = b"backend.userland.com/rss"
KINDS = {
    "": "",
    "text": "text/plain",
    "text/plain": "text/plain",
    "html": "text/html",
    "text/html": "text/html",
}
PICTURE = frozenset(("title", "link", "url", "width", "height", "description"))
PEOPLE = frozenset(("name", "email", "uri", "url", "homepage"))
HARMLESS = frozenset(
    """
    cloud comments contributor copyright creativecommons_license dc_contributor dc_language dc_publisher dc_rights
    expirationdate generator itunes_block itunes_explicit itunes_image itunes_subtitle language media_content
    media_credit media_player media_rating media_restriction media_thumbnail rights subtitle webmaster
    """.split()
)
"""What feedparser knows in an entry and no draft is made of."""
ENTANGLED = frozenset(
    """
    body channel content content_encoded entry feed fullitem item itunes_summary media_description media_title rss
    source summary textinput xhtml_body
    """.split()
)
"""What feedparser lets reach from the head of a feed into its entries."""

Node = Any
Found = dict[str, Any]
Handler = Callable[[Found, Node], None]


class _Unusual(Exception):
    """The document holds something that only feedparser reads."""


def read(body: bytes) -> FeedParserDict | None:
    """feedparser's result for a document with entries, in the keys that drafts ask for; None where unusual."""
    if any(mark in body for mark in UNUSUAL) or BASE.search(body) or ENCODING.match(body) or _renames(body):
        return None
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
        if root.tag == "rss" and len(root) == 1 and root[0].tag == "channel" and not root[0].attrib:
            feed, entries = _channel(root[0], "item")
        elif root.tag == ATOM + "feed":
            feed, entries = _channel(root, ATOM + "entry")
        else:
            return None
    except (etree.XMLSyntaxError, ValueError, _Unusual):
        return None
    return FeedParserDict(feed=feed, entries=entries, version="known", bozo=False) if entries else None


def _renames(body: bytes) -> bool:
    """Whether a prefix that feedparser gives to one namespace stands for another one here."""
    for prefix, uri in set(XMLNS.findall(body)):
        name, known_as = prefix.decode().lower(), PREFIXES.get(uri.decode("utf-8", "replace").lower())
        if USERLAND in uri.lower() or (name != known_as and name in PREFIXES.values()):
            return True
    return False


def _channel(channel: Node, entry_tag: str) -> tuple[Found, list[Found]]:
    feed: Found = {}
    entries: list[Found] = []
    for node in channel:
        name = "" if node.tag == entry_tag else _name(node.tag, node.prefix)
        if not name:
            entries.append(_entry(node))
        elif name in ("title", "dc_title", "link", "id", "guid"):
            if entries:  # feedparser carries things over from the entry before
                raise _Unusual
            HANDLERS[name](feed, node)
        elif name in ("ttl", "sy_updateperiod", "sy_updatefrequency") and not node.attrib:
            feed[name] = _text(node)
        elif name == "image":
            feed.pop("titled", None)  # from here on feedparser takes another title
            _only(node, PICTURE)
        else:
            _only(node, PEOPLE)
            if name in ENTANGLED:
                raise _Unusual
    return feed, entries


def _entry(node: Node) -> Found:
    if any(not name.startswith("{") or "rdf-syntax" in name for name in node.keys()):
        raise _Unusual
    entry: Found = {}
    for child in node:
        name = _name(child.tag, child.prefix)
        handler = HANDLERS.get(name)
        if handler:
            handler(entry, child)
        elif name in HARMLESS or _is_unknown(name):
            _only(child, PEOPLE if name == "contributor" else frozenset())
        else:
            raise _Unusual
    return entry


@lru_cache(maxsize=2_000)
def _name(tag: str, prefix: str | None) -> str:
    """What feedparser calls an element: `pubdate`, `dc_creator`."""
    namespace, _, local = tag.rpartition("}")
    known_as = PREFIXES.get(namespace[1:].lower())
    if known_as is None:
        if not prefix or USERLAND.decode() in namespace.lower():
            raise _Unusual
        known_as = prefix
    return "_".join(part.lower() for part in (known_as, local) if part)


@lru_cache(maxsize=2_000)
def _is_unknown(name: str) -> bool:
    """Whether feedparser only keeps an element's text, under its name, and the name is of no other use."""
    handled = hasattr(_FeedParserMixin, f"_start_{name}") or hasattr(_FeedParserMixin, f"_end_{name}")
    return (
        not handled
        and name not in ("links", "authors", "guidislink")
        and "_" + name[-6:] not in ("_detail", "_parsed")
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
    try:
        text = text.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        pass
    return str(text.translate(_cp1252))


def _attributes(node: Node) -> dict[str, str]:
    return {name.lower(): value for name, value in node.items()}


def _detail(node: Node, default: str) -> dict[str, str]:
    if any(name != "type" and not name.startswith("{") for name in node.keys()):
        raise _Unusual
    if (kind := KINDS.get(node.get("type", "").lower())) is None:
        raise _Unusual
    return {"type": kind or default}


def _title(found: Found, node: Node) -> None:
    detail, text = _detail(node, "text/plain"), _text(node)
    if not found.get("titled"):
        found.update(title=text, title_detail=detail, titled=bool(text))


def _link(found: Found, node: Node) -> None:
    given = _attributes(node)
    rel, kind = given.get("rel", "alternate").lower(), given.get("type", "text/html").lower()
    links, text = found.setdefault("links", []), _text(node)
    if address := _address(given):
        if rel == "alternate" and kind in ("html", "xhtml", "text/html", "application/xhtml+xml"):
            found["link"] = address
    elif given or "&amp;" in text:
        raise _Unusual
    else:
        address = found["link"] = re.sub(r"&([A-Za-z0-9_]+);", r"&\1", text)
    links.append({"rel": rel, "href": address})


def _address(given: Mapping[str, str]) -> str:
    return given.get("url", given.get("uri", given.get("href", "")))


def _id(found: Found, node: Node) -> None:
    text, is_link = _text(node), _attributes(node).get("ispermalink", "true") == "true"
    found["id"] = text
    found.setdefault("guidislink", is_link and "link" not in found)
    if is_link:
        found.setdefault("link", text)


def _summary(default: str) -> Handler:
    def summary(found: Found, node: Node) -> None:
        if "summary" in found and not found.get("has_content"):
            _content("text/plain")(found, node)
        else:
            found.update(summary_detail=_detail(node, default), summary=_text(node))

    return summary


def _content(default: str) -> Handler:
    def content(found: Found, node: Node) -> None:
        part = {**_detail(node, default), "value": _text(node)}
        found.setdefault("content", []).append(part)
        found.setdefault("summary", part["value"])
        found["has_content"] = True

    return content


def _date(key: str) -> Handler:
    def date(found: Found, node: Node) -> None:
        found[key] = _text(node)
        if found[key] and read_date(found[key]) is None:  # feedparser may know better
            raise _Unusual

    return date


def _author(found: Found, node: Node) -> None:
    """A name, or Atom's name and mail address; of several people the last."""
    if not len(node):
        found["author"] = _text(node)
        return
    people: dict[str, str] = {}
    for child in node:
        name = _name(child.tag, child.prefix)
        if len(child) or not (name in PEOPLE or _is_unknown(name)) or (child.tail or node.text or "").strip():
            raise _Unusual
        people[name] = (child.text or "").strip()
    name, mail = people.get("name"), people.get("email")
    found["author"] = f"{name} ({mail})" if name and mail else name or mail or ""


def _tag(found: Found, node: Node) -> None:
    given, text, tags = _attributes(node), _text(node), found.setdefault("tags", [])
    term, scheme, label = given.get("term"), given.get("scheme", given.get("domain")), given.get("label")
    tag = {"term": term, "scheme": scheme, "label": label}
    if (term or scheme or label) and tag not in tags:
        tags.append(tag)
    if text and tags and not tags[-1]["term"]:
        tags[-1]["term"] = text
    elif text and (tag := {"term": text, "scheme": None, "label": None}) not in tags:
        tags.append(tag)


def _enclosure(found: Found, node: Node) -> None:
    found.setdefault("links", []).append({"rel": "enclosure", "href": _address(_attributes(node))})
    _only(node, frozenset())


def _source(found: Found, node: Node) -> None:
    found.pop("titled", None)  # from here on feedparser takes another title
    _only(node, frozenset())


def _original(found: Found, node: Node) -> None:
    found["feedburner_origlink"] = _text(node)
    if node.attrib:
        raise _Unusual


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
    "content": _content("text/plain"),
    "content_encoded": _content("text/html"),
    "enclosure": _enclosure,
    "feedburner_origlink": _original,
    "link": _link,
    "source": _source,
}
"""What each element of an entry is made into, by the name that feedparser gives it."""

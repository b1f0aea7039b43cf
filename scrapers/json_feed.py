"""JSON Feed 1.0 and 1.1, read forgivingly: what is of the wrong kind is left out."""

import json
from collections.abc import Mapping
from typing import Any

from scrapers.dates import read_date
from scrapers.entry import Draft, Parsed, entries_of
from scrapers.errors import ParseError
from scrapers.links import absolute_url
from scrapers.stated import read_stated
from scrapers.text import as_markup, escaped, plain_text, shorten


def parse(body: bytes, *, url: str, headers: Mapping[str, str]) -> Parsed:  # noqa: ARG001
    """Read a JSON Feed; `url` is its final address. Raises ParseError: unreadable_feed, not_a_feed."""
    feed = load_object(body)
    items = feed.get("items")
    version = _text(feed.get("version"))
    if not isinstance(items, list) or not (items or "jsonfeed.org" in version or "title" in feed):
        raise ParseError(
            "not_a_feed", "The document is JSON and no JSON Feed: it has no list of items. Check the address."
        )
    home = absolute_url(url, _text(feed.get("home_page_url")))
    sound = [item for item in items if isinstance(item, dict)]
    entries = entries_of(_draft(item, home or url) for item in sound)
    fault = _fault(version, dropped=len(items) - len(sound))
    if items and not entries:
        raise ParseError(
            "unreadable_feed", "The JSON Feed's items are not objects, so no entry could be read."
        )
    return Parsed(
        entries=entries,
        title=shorten(plain_text(_text(feed.get("title"))), 200),
        home=home,
        malformed=bool(fault),
        note=fault if entries else fault or "The feed is in order and holds no entries.",
        older=_older(feed, url),
    )


def load_object(body: bytes) -> dict[str, Any]:
    """A document's JSON object, whatever its Unicode encoding and byte-order mark. Raises ParseError."""
    try:
        text = body.decode(json.detect_encoding(body), "replace").lstrip("\ufeff")
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError) as fault:
        raise ParseError(
            "unreadable_feed", f"The document is broken JSON: {shorten(plain_text(str(fault)), 150)}."
        ) from fault
    if not isinstance(found, dict):
        raise ParseError(
            "not_a_feed", "The document is JSON and no JSON Feed: it is no object. Check the address."
        )
    return found


def _draft(item: Mapping[str, Any], base: str) -> Draft:
    identity = _text(item.get("id"))
    related = absolute_url(base, _text(item.get("external_url")))
    links = (_text(item.get("url")), related, identity if identity.startswith("http") else "")
    link = next((link for each in links if (link := absolute_url(base, each))), "")
    published_at, modified_at = (
        read_date(_text(item.get(name))) for name in ("date_published", "date_modified")
    )
    return Draft(
        id=identity,
        link=link,
        title=as_markup(_text(item.get("title"))),
        summary=as_markup(_text(item.get("summary"))),
        content=_text(item.get("content_html")) or escaped(_text(item.get("content_text"))),
        author=_author(item),
        tags=tuple(_text(tag) for tag in _list(item.get("tags"))),
        published_at=published_at or modified_at,
        related=related if related != link else "",
        stated=read_stated(item.get("_registry"), base=base, said_at=modified_at or published_at),
    )


def _older(feed: Mapping[str, Any], url: str) -> str:
    ours = feed.get("_registry")
    links = ours.get("links") if isinstance(ours, dict) else None
    archive = links.get("prev-archive") if isinstance(links, dict) else None
    return absolute_url(url, _text(feed.get("next_url"))) or absolute_url(url, _text(archive))


def _author(item: Mapping[str, Any]) -> str:
    people = [*_list(item.get("authors")), item.get("author")]  # 1.1 has a list, 1.0 had one
    names = [_text(person.get("name")) for person in people if isinstance(person, dict)]
    return ", ".join(dict.fromkeys(name for name in names if name))


def _fault(version: str, dropped: int) -> str:
    if dropped:
        return f"Left out {dropped} of the feed's items, which are no objects."
    return "" if "jsonfeed.org" in version else "The feed does not say which version of JSON Feed it is."


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []

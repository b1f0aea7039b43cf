"""Notices as an Atom feed (RFC 4287)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from registry.publish.notice import Channel, Notice
from registry.publish.text import as_html, as_xml, printable

ATOM = "http://www.w3.org/2005/Atom"


def render(channel: Channel, notices: Sequence[Notice]) -> bytes:
    ET.register_namespace("", ATOM)
    feed = ET.Element(_name("feed"))
    _text(feed, "id", channel.id)
    _text(feed, "title", channel.title)
    _text(feed, "subtitle", channel.description)
    _text(feed, "updated", _moment(channel.updated_at))
    _link(feed, "self", channel.url, "application/atom+xml")
    _link(feed, "alternate", channel.home_url, "text/html")
    for notice in notices:
        _entry(feed, notice)
    return as_xml(feed)


def _entry(feed: ET.Element, notice: Notice) -> None:
    entry = ET.SubElement(feed, _name("entry"))
    _text(entry, "id", notice.id)  # RFC 4287 4.2.6: an id never changes
    _text(entry, "title", notice.title)
    _text(entry, "published", _moment(notice.published_at))
    _text(entry, "updated", _moment(notice.updated_at))
    _text(ET.SubElement(entry, _name("author")), "name", notice.author)
    _link(entry, "alternate", notice.url, "text/html")
    for category in notice.categories:
        ET.SubElement(entry, _name("category"), term=printable(category))
    _text(entry, "summary", notice.summary)
    _text(entry, "content", as_html(notice.paragraphs)).set("type", "html")


def _name(tag: str) -> str:
    return f"{{{ATOM}}}{tag}"


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, _name(tag))
    element.text = printable(text)
    return element


def _link(parent: ET.Element, rel: str, href: str, media_type: str) -> None:
    ET.SubElement(parent, _name("link"), rel=rel, href=href, type=media_type)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

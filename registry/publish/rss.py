"""Notices as an RSS 2.0 feed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree as ET

from registry.publish.notice import Channel, Notice
from registry.publish.text import as_html, as_xml, printable

ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"


def render(channel: Channel, notices: Sequence[Notice]) -> bytes:
    ET.register_namespace("atom", ATOM)
    ET.register_namespace("dc", DC)
    rss = ET.Element("rss", version="2.0")
    body = ET.SubElement(rss, "channel")
    _text(body, "title", channel.title)
    _text(body, "link", channel.home_url)
    _text(body, "description", channel.description)
    _text(body, "lastBuildDate", _moment(channel.updated_at))
    ET.SubElement(body, f"{{{ATOM}}}link", rel="self", href=channel.url, type="application/rss+xml")
    for notice in notices:
        _item(body, notice)
    return as_xml(rss)


def _item(body: ET.Element, notice: Notice) -> None:
    item = ET.SubElement(body, "item")
    _text(item, "title", notice.title)
    _text(item, "link", notice.url)
    _text(item, "guid", notice.id).set("isPermaLink", "false")
    _text(item, "pubDate", _moment(notice.published_at))
    _text(item, f"{{{DC}}}creator", notice.author)
    for category in notice.categories:
        _text(item, "category", category)
    _text(item, "description", as_html(notice.paragraphs))


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = printable(text)
    return element


def _moment(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)

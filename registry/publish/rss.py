"""Notices as an RSS 2.0 feed, by the practices of the RSS Advisory Board."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree as ET

from registry.publish import vocabulary
from registry.publish.notice import Channel, Notice
from registry.publish.text import as_html, as_xml, line, moment, printable

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
SPECIFICATION = "https://www.rssboard.org/rss-specification"
MEDIA_TYPE = "application/rss+xml"


def render(channel: Channel, notices: Sequence[Notice]) -> bytes:
    for prefix, namespace in (("atom", ATOM), ("content", CONTENT), ("dc", DC), ("fh", HISTORY)):
        ET.register_namespace(prefix, namespace)
    rss = ET.Element("rss", version="2.0")
    body = ET.SubElement(rss, "channel")
    _text(body, "title", line(channel.title))
    _text(body, "link", channel.home_url)
    _text(body, "description", line(channel.description))
    _text(body, "language", "en")
    _text(body, "lastBuildDate", _date(channel.updated_at))
    _text(body, "docs", SPECIFICATION)
    for rel, url in (("self", channel.url), *channel.places.links):
        ET.SubElement(body, f"{{{ATOM}}}link", rel=rel, href=url, type=MEDIA_TYPE)
    if channel.hub:
        ET.SubElement(body, f"{{{ATOM}}}link", rel="hub", href=channel.hub)
    if channel.archive:
        ET.SubElement(body, f"{{{HISTORY}}}archive")
    for notice in notices:
        _item(body, notice)
    return as_xml(rss)


def _item(body: ET.Element, notice: Notice) -> None:
    item = ET.SubElement(body, "item")
    _text(item, "title", line(notice.title))
    _text(item, "link", notice.url)
    _text(item, "guid", notice.id).set("isPermaLink", "false")
    _text(item, "pubDate", _date(notice.published_at))
    _text(item, f"{{{ATOM}}}updated", moment(notice.updated_at))
    _text(item, f"{{{DC}}}creator", line(notice.author))
    for each in notice.categories:
        _text(item, "category", line(each.label)).set("domain", each.scheme_uri)
    _text(item, "description", line(notice.summary))
    _text(item, f"{{{CONTENT}}}encoded", as_html(notice.blocks))
    if notice.verdict:
        vocabulary.add(item, notice.verdict)


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = printable(text)
    return element


def _date(value: datetime) -> str:
    return format_datetime(value.astimezone(UTC), usegmt=True)

"""Notices as an Atom feed (RFC 4287), paged and archived as RFC 5005 says."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from registry.publish import vocabulary
from registry.publish.notice import Channel, Notice
from registry.publish.text import as_html, as_xml, line, moment, printable

ATOM = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"
MEDIA_TYPE = "application/atom+xml"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def render(channel: Channel, notices: Sequence[Notice]) -> bytes:
    ET.register_namespace("", ATOM)
    ET.register_namespace("fh", HISTORY)
    feed = ET.Element(_name("feed"), {LANG: "en"})
    _text(feed, "id", channel.id)
    _text(feed, "title", line(channel.title))
    _text(feed, "subtitle", line(channel.description))
    _text(feed, "updated", moment(channel.updated_at))
    _text(ET.SubElement(feed, _name("author")), "name", line(channel.author))
    _link(feed, "self", channel.url, MEDIA_TYPE)
    _link(feed, "alternate", channel.home_url, "text/html")
    for rel, url in channel.places.links:
        _link(feed, rel, url, MEDIA_TYPE)
    if channel.hub:
        ET.SubElement(feed, _name("link"), rel="hub", href=channel.hub)
    if channel.archive:
        ET.SubElement(feed, f"{{{HISTORY}}}archive")
    for notice in notices:
        _entry(feed, notice)
    return as_xml(feed)


def _entry(feed: ET.Element, notice: Notice) -> None:
    entry = ET.SubElement(feed, _name("entry"))
    _text(entry, "id", notice.id)  # RFC 4287 4.2.6: an id never changes
    _text(entry, "title", line(notice.title))
    _text(entry, "published", moment(notice.published_at))
    _text(entry, "updated", moment(notice.updated_at))
    _text(ET.SubElement(entry, _name("author")), "name", line(notice.author))
    _link(entry, "alternate", notice.url, "text/html")
    for each in notice.categories:
        terms = {"term": line(each.term), "scheme": each.scheme_uri, "label": line(each.label)}
        ET.SubElement(entry, _name("category"), terms)
    _text(entry, "summary", line(notice.summary))
    _text(entry, "content", as_html(notice.blocks)).set("type", "html")
    if notice.verdict:
        vocabulary.add(entry, notice.verdict)


def _name(tag: str) -> str:
    return f"{{{ATOM}}}{tag}"


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, _name(tag))
    element.text = printable(text)
    return element


def _link(parent: ET.Element, rel: str, href: str, media_type: str) -> None:
    ET.SubElement(parent, _name("link"), rel=rel, href=href, type=media_type)

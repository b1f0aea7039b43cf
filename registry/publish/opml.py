"""A list of feeds in OPML 2.0, as feed readers import it."""

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as ET

from registry.publish.text import as_xml, printable


def render(title: str, groups: Mapping[str, Iterable[tuple[str, str, str]]]) -> bytes:
    """Group -> (title, address of the feed, address of its page)."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = printable(title)
    body = ET.SubElement(root, "body")
    for group, feeds in groups.items():
        outline = ET.SubElement(body, "outline", text=printable(group))
        for name, feed_url, page_url in feeds:
            ET.SubElement(
                outline, "outline", type="rss", text=printable(name), xmlUrl=feed_url, htmlUrl=page_url
            )
    return as_xml(root)

"""What every XML and HTML renderer needs of text: no character that XML forbids, and paragraphs as markup."""

import re
from collections.abc import Sequence
from html import escape
from xml.etree import ElementTree as ET

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    # XML 1.0, 2.2: these characters may not stand in a document, not even escaped
    return _UNPRINTABLE.sub("", text)


def as_html(paragraphs: Sequence[str]) -> str:
    return "".join(f"<p>{escape(printable(paragraph))}</p>" for paragraph in paragraphs)


def as_xml(root: ET.Element) -> bytes:
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body

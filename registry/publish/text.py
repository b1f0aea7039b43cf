"""What every renderer needs of text: no character that XML forbids, titles in one line, blocks as markup."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any
from xml.etree import ElementTree as ET

from registry.publish.notice import Block, Link, Numbered

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def printable(text: str) -> str:
    # XML 1.0, 2.2: these characters may not stand in a document, not even escaped; or should not
    return _UNPRINTABLE.sub("", text)


def line(text: str) -> str:
    """Printable, and in one line."""
    return " ".join(printable(text).split())


def clean(value: Any) -> Any:
    """A JSON-ready value with every text in it printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {name: clean(each) for name, each in value.items()}
    return [clean(each) for each in value] if isinstance(value, list | tuple) else value


def moment(value: datetime) -> str:
    """RFC 3339, in UTC and whole seconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def as_html(blocks: Sequence[Block]) -> str:
    return "\n".join(_markup(each) for each in blocks)


def _markup(block: Block) -> str:
    if isinstance(block, Link):
        return f'<p><a href="{_escaped(block.url)}">{_escaped(block.text)}</a></p>'
    lead = f"<strong>{_escaped(block.lead)}</strong>" if block.lead else ""
    if isinstance(block, Numbered):
        items = "".join(f"<li>{_escaped(each)}</li>" for each in block.items)
        return f"<p>{lead}</p>\n<ol>{items}</ol>"
    text = "<br>".join(_escaped(each) for each in block.text.splitlines())
    return f"<p>{lead} {text}</p>" if lead else f"<p>{text}</p>"


def _escaped(text: str) -> str:
    return escape(printable(text))


def as_xml(root: ET.Element) -> bytes:
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body

"""The machine-readable verdict as XML, one element for each field, under a namespace of our own: docs/feeds.md."""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from registry.publish.notice import NAMESPACE
from registry.publish.text import printable

PREFIX = "registry"
VERDICT, ITEM = f"{{{NAMESPACE}}}verdict", f"{{{NAMESPACE}}}item"


def add(parent: ET.Element, verdict: Mapping[str, Any]) -> None:
    """The verdict as a child of an entry or item. What is null is left out; a list has one `item` for each value."""
    ET.register_namespace(PREFIX, NAMESPACE)
    _fill(ET.SubElement(parent, VERDICT), verdict)


def _fill(element: ET.Element, value: Any) -> None:
    if isinstance(value, Mapping):
        for name, each in value.items():
            if each is not None:
                _fill(ET.SubElement(element, f"{{{NAMESPACE}}}{name}"), each)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            _fill(ET.SubElement(element, ITEM), each)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    else:
        element.text = printable(str(value))

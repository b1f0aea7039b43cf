"""The machine-readable verdicts that stand in Atom and RSS under their own namespace, and where the older pages are."""

from dataclasses import dataclass
from typing import Any

from lxml import etree

from scrapers.links import absolute_url

NAMESPACE = "urn:uuid:7d3ff4c1-5a1f-4f0e-9a4e-6b1f0c7f2d51"
"""As docs/feeds.md names it: one element for each field, and in a list one `item` for each value."""
VERDICT, ITEM = f"{{{NAMESPACE}}}verdict", f"{{{NAMESPACE}}}item"
ENTRIES = ("entry", "item")
MOST_DEEP = 6
OLDER = ("next", "prev-archive")


@dataclass(frozen=True)
class Statements:
    """Of one document: for each of its entries, in its order, what stands there of a verdict, or None."""

    verdicts: tuple[Any, ...] = ()
    older: str = ""


def read(body: bytes, *, url: str) -> Statements:
    """What a document tells besides what every feed reader sees; nothing where the namespace is not in it."""
    if NAMESPACE.encode() not in body:
        return Statements()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, remove_comments=True)
    root = etree.fromstring(body, parser)
    if root is None:
        return Statements()
    entries = [each for each in root.iter() if _name(each) in ENTRIES and each.tag != ITEM]
    found = [next(iter(each.findall(VERDICT)), None) for each in entries]
    head = root if _name(root) == "feed" else root.find("channel")
    links = [each for each in (head if head is not None else ()) if _name(each) == "link"]
    led = {each.get("rel"): absolute_url(url, each.get("href") or "") for each in links if each.get("rel")}
    older = next((led[rel] for rel in OLDER if led.get(rel)), "")
    return Statements(tuple(None if each is None else _value(each, 0) for each in found), older)


def _value(element: Any, depth: int) -> Any:
    children = [each for each in element if isinstance(each.tag, str)]
    if not children or depth == MOST_DEEP:
        return element.text or ""
    if all(each.tag == ITEM for each in children):
        return [_value(each, depth + 1) for each in children]
    return {_name(each): _value(each, depth + 1) for each in children}


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""

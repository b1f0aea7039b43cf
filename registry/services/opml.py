"""Lists of sources as other feed readers write and read them: OPML in, OPML out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from lxml import etree

from registry.domain.errors import InvalidInput
from registry.domain.proposal import Announcer
from registry.store.tables import Source

MAX_BYTES = 5_000_000
ANNOUNCER = "announcer"


@dataclass(frozen=True)
class Outline:
    url: str
    name: str
    group: str
    """The name of the folder it stands in, or ""."""
    announcer: Announcer | None
    """None where the file was not written by a registry."""


def read_opml(body: bytes) -> list[Outline]:
    """The feeds of an OPML file, in its order, each address once.

    Raises InvalidInput for what is no OPML, is larger than 5 MB, or declares entities, which can be used for attacks.
    """
    if len(body) > MAX_BYTES:
        raise InvalidInput("This file is larger than 5 MB. Import it in parts.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise InvalidInput(
            f"This file is no OPML: {error.msg}. Export it again from your feed reader."
        ) from error
    document = root.getroottree().docinfo
    if document.internalDTD is not None and any(True for _ in document.internalDTD.iterentities()):
        raise InvalidInput(
            "This file declares XML entities and is not read. Export it again from your feed reader."
        )
    if etree.QName(root).localname != "opml":
        raise InvalidInput("This file is no OPML. Export your subscriptions from your feed reader as OPML.")
    found = list(_outlines(root))
    return list({each.url: each for each in reversed(found)}.values())[::-1]


def write_opml(sources: Sequence[Source], *, title: str) -> bytes:
    """The sources in their groups; a registry that reads it back knows who announces what."""
    root = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = title
    body = ElementTree.SubElement(root, "body")
    folders = {"": body}
    for source in sources:
        if source.group not in folders:
            folders[source.group] = ElementTree.SubElement(
                body, "outline", text=source.group, title=source.group
            )
        ElementTree.SubElement(
            folders[source.group],
            "outline",
            {
                "type": "rss",
                "text": source.name,
                "title": source.name,
                "xmlUrl": source.url,
                ANNOUNCER: source.announcer.value,
            },
        )
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _outlines(root: etree._Element) -> Iterator[Outline]:
    for outline in root.iter("outline"):
        url = (outline.get("xmlUrl") or outline.get("xmlurl") or "").strip()
        if not url:
            continue
        parent = outline.getparent()
        folder = parent if parent is not None and parent.tag == "outline" else None
        said = outline.get(ANNOUNCER, "")
        yield Outline(
            url=url,
            name=(outline.get("title") or outline.get("text") or "").strip(),
            group=((folder.get("title") or folder.get("text") or "") if folder is not None else "").strip(),
            announcer=Announcer(said) if said in set(Announcer) else None,
        )

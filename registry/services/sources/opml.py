"""Lists of sources as other feed readers write and read them: OPML in, OPML 2.0 out."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import format_datetime

from lxml import etree

from registry.domain.errors import InvalidInput
from registry.domain.proposal import Announcer
from registry.domain.values import dataclass
from registry.services.sources.sources import Wanted
from registry.store.sources import Standing
from registry.store.tables import Source
from scrapers.catalogue import SCRAPERS
from scrapers.discovery import read_as
from scrapers.links import public_url
from scrapers.text import plain_text

MAX_BYTES = 5_000_000
MAX_OUTLINES = 20_000
OURS = "urn:registry:sources:1"
"""Namespace of what other readers pass over: who announces, and which scraper reads it."""
BETWEEN_FOLDERS = " / "
FEED_TYPES = frozenset({"rss", "rss1", "rss2", "atom", "feed", "rdf", "json"})
ENTITIES = re.compile(r"<!ENTITY", re.IGNORECASE)
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
BARE_AMPERSAND = re.compile(r"&(?!#?\w+;)")
OUTLINE = re.compile(r"(<outline\b)", re.IGNORECASE)
TAG_ENDS = re.compile(r"/?>\s*(?=<|$)")
ATTRIBUTE = re.compile(
    r"""(?<![\w:.-])([\w:.-]{1,50})\s{0,9}=\s{0,9}(["'])(.{0,2000}?)\2"""
    r"""(?=\s{1,99}[\w:.-]{1,50}\s{0,9}=\s{0,9}["']|\s{0,99}$)""",
    re.DOTALL,
)
"""A value ends at a quote before the next name, or before the tag's end: those inside it were not escaped."""
LONGEST_TAG = 20_000


@dataclass(frozen=True)
class Outline:
    url: str
    name: str
    group: str
    """The names of the folders it stands in, the outermost first, or ""."""
    announcer: Announcer | None
    """None where the file was not written by a registry."""
    kind: str = "feed"


def read_opml(body: bytes) -> list[Outline]:
    """The feeds of an OPML file, in its order.

    Broken encodings and bare ampersands are borne with. Raises InvalidInput for what is no OPML, is larger than
    5 MB, or declares entities, which can be used for attacks.
    """
    if len(body) > MAX_BYTES:
        raise InvalidInput("This file is larger than 5 MB. Import it in parts.")
    root = _root(body)
    if root is None or _local(root) != "opml":
        raise InvalidInput("This file is no OPML. Export your subscriptions from your feed reader as OPML.")
    return [each for _, each in zip(range(MAX_OUTLINES), _outlines(root), strict=False)]


def as_wanted(outlines: Sequence[Outline], announcer: Announcer) -> list[Wanted]:
    """What a file asks for; `announcer` holds where the file itself does not say."""
    return [
        Wanted(each.url, each.name, each.announcer or announcer, each.group, each.kind) for each in outlines
    ]


def write_opml(sources: Sequence[Source | Standing], *, title: str, now: datetime) -> bytes:
    """The sources in their groups; a registry that reads it back knows who announces what, and what reads it."""
    root = etree.Element("opml", {"version": "2.0"}, nsmap={"registry": OURS})
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = _xml_text(title)
    etree.SubElement(head, "dateCreated").text = format_datetime(now)
    body = etree.SubElement(root, "body")
    folders = {"": body}
    for source in sources:
        if source.group not in folders:
            name = _xml_text(source.group)
            folders[source.group] = etree.SubElement(body, "outline", {"text": name, "title": name})
        etree.SubElement(
            folders[source.group],
            "outline",
            {
                "type": "rss",
                "text": _xml_text(source.name),
                "title": _xml_text(source.name),
                "xmlUrl": _xml_text(public_url(source.url)),
                f"{{{OURS}}}announcer": source.announcer.value,
                f"{{{OURS}}}kind": source.kind,
            },
        )
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True))


def _root(body: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return _mended(body)
    document = root.getroottree().docinfo
    if document.internalDTD is not None and any(True for _ in document.internalDTD.iterentities()):
        raise _entities()
    return root


def _mended(body: bytes) -> etree._Element | None:
    """What can be made of a file that breaks the rules: misnamed encodings, signs that nobody escaped."""
    text = _decoded(body)
    if ENTITIES.search(text):
        raise _entities()
    text = NOT_XML.sub("", DECLARATION.sub("", text.lstrip("\ufeff")))
    head, *pieces = OUTLINE.split(text)
    tags = (_escaped(piece) for piece in pieces[1::2])
    text = BARE_AMPERSAND.sub("&amp;", head + "".join(f"<outline{tag}" for tag in tags))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True
    )
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _escaped(piece: str) -> str:
    """What follows `<outline`, up to the next one, with the quotes and brackets inside its values escaped."""
    end = TAG_ENDS.search(piece)
    if end is None or end.start() > LONGEST_TAG:
        return piece
    values = {name: value for name, _, value in ATTRIBUTE.findall(piece[: end.start()])}
    attributes = "".join(f" {name}={_quoted(value)}" for name, value in values.items())
    return attributes + piece[end.start() :]


def _quoted(value: str) -> str:
    return '"' + value.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;") + '"'


def _decoded(body: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"<\0", "utf-16-le")):
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _entities() -> InvalidInput:
    return InvalidInput(
        "This file declares XML entities and is not read. Export it again from your feed reader."
    )


def _outlines(root: etree._Element) -> Iterator[Outline]:
    for element in root.iter():
        if _local(element) != "outline":
            continue
        said = {_plain_name(name): str(value) for name, value in element.attrib.items()}
        url = said.get("xmlurl", "").strip()
        if not url and said.get("type", "").lower() in FEED_TYPES:
            url = said.get("url", "").strip()
        if not url:
            continue
        announcer, kind = said.get("announcer", ""), said.get("kind", "")
        yield Outline(
            url=read_as(url),
            name=said.get("title", "").strip() if announcer else _name(said),
            group=BETWEEN_FOLDERS.join(_folders(element))[:80],
            announcer=Announcer(announcer) if announcer in set(Announcer) else None,
            kind=kind if kind in SCRAPERS else "feed",
        )


def _folders(element: etree._Element) -> list[str]:
    names = [
        _name({_plain_name(name): str(value) for name, value in each.attrib.items()})
        for each in element.iterancestors()
        if _local(each) == "outline"
    ]
    return [name for name in reversed(names) if name]


def _name(said: dict[str, str]) -> str:
    return plain_text(said.get("title", "") or said.get("text", ""))


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _plain_name(name: object) -> str:
    return str(name).rpartition("}")[2].lower()


def _xml_text(text: str) -> str:
    return NOT_XML.sub("", text)

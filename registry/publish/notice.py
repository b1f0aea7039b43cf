"""A notice as it is published: plain text, moments and one value for machines, ready for any feed format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

NAMESPACE = "urn:uuid:7d3ff4c1-5a1f-4f0e-9a4e-6b1f0c7f2d51"
"""Of the machine-readable verdict in Atom and RSS, and the beginning of every scheme of categories: docs/feeds.md."""


@dataclass(frozen=True)
class Category:
    scheme: str
    """What sort it is, a word such as `outcome`."""
    term: str
    """A code or a name, for machines."""
    label: str
    """For people."""

    @property
    def scheme_uri(self) -> str:
        return f"{NAMESPACE}#{self.scheme}"


@dataclass(frozen=True)
class Paragraph:
    text: str
    lead: str = ""
    """Stands before it in bold, such as `Why:`."""


@dataclass(frozen=True)
class Numbered:
    lead: str
    items: Sequence[str]


@dataclass(frozen=True)
class Link:
    text: str
    url: str


Block = Paragraph | Numbered | Link


@dataclass(frozen=True)
class Notice:
    id: str
    """A tag URI (RFC 4151), the same in every format and wherever the registry moves."""
    url: str
    title: str
    summary: str
    """One plain sentence."""
    blocks: Sequence[Block]
    """The whole text."""
    author: str
    published_at: datetime
    updated_at: datetime
    categories: Sequence[Category]
    verdict: Mapping[str, Any] = field(default_factory=dict)
    """The machine-readable verdict, JSON-ready; empty where the notice is about none."""
    language: str = "en"
    """Of its sentences."""


@dataclass(frozen=True)
class Places:
    """Where the other documents of the same feed are (RFC 5005), whole addresses; empty where there is none."""

    first: str = ""
    next: str = ""
    """The older ones, page by page."""
    current: str = ""
    """Of an archive: the feed itself."""
    prev_archive: str = ""
    next_archive: str = ""

    @property
    def links(self) -> Sequence[tuple[str, str]]:
        """Relation and address of each that there is."""
        every = (
            ("first", self.first),
            ("next", self.next),
            ("current", self.current),
            ("prev-archive", self.prev_archive),
            ("next-archive", self.next_archive),
        )
        return [(rel, url) for rel, url in every if url]


@dataclass(frozen=True)
class Channel:
    """A feed's own head; `url` is that of the document itself."""

    id: str
    title: str
    description: str
    home_url: str
    url: str
    author: str
    updated_at: datetime
    about_url: str
    """Where people read what the feeds are."""
    language: str = "en"
    places: Places = field(default_factory=Places)
    archive: bool = False
    """Whether it is an archive, which does not change any more."""
    hub: str = ""
    """The WebSub hub that is told when this document changes."""

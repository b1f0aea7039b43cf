"""FORMATS: every feed format we publish; routes, links and the feeds page follow from this table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from registry.publish import atom, jsonfeed, rss
from registry.publish.notice import Channel, Notice


@dataclass(frozen=True)
class Format:
    name: str
    media_type: str
    render: Callable[[Channel, Sequence[Notice]], bytes]


FORMATS: dict[str, Format] = {
    "atom": Format("Atom", "application/atom+xml", atom.render),
    "rss": Format("RSS", "application/rss+xml", rss.render),
    "json": Format("JSON Feed", "application/feed+json", jsonfeed.render),
}
"""By the ending of their addresses."""

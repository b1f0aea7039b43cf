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
    "atom": Format("Atom", atom.MEDIA_TYPE, atom.render),
    "rss": Format("RSS", rss.MEDIA_TYPE, rss.render),
    "json": Format("JSON Feed", jsonfeed.MEDIA_TYPE, jsonfeed.render),
}
"""By the ending of their addresses."""

"""FORMATS: every feed format we publish; routes, links and the feeds page follow from this table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from registry.publish import atom, jsonfeed, rss
from registry.publish.notice import Channel, Notice


@dataclass(frozen=True)
class Format:
    name: str
    media_type: str
    entry: Callable[[Channel, Notice], str]
    """One entry: the same text in every channel of one language and one page about feeds."""
    whole: Callable[[Channel, Sequence[str]], bytes]

    def render(self, channel: Channel, notices: Sequence[Notice]) -> bytes:
        return self.whole(channel, [self.entry(channel, each) for each in notices])


FORMATS: dict[str, Format] = {
    "atom": Format("Atom", atom.MEDIA_TYPE, atom.entry, atom.whole),
    "rss": Format("RSS", rss.MEDIA_TYPE, rss.entry, rss.whole),
    "json": Format("JSON Feed", jsonfeed.MEDIA_TYPE, jsonfeed.entry, jsonfeed.whole),
}
"""By the ending of their addresses."""

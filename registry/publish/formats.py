"""FORMATS: every feed format we publish; routes, links and the feeds page follow from this table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

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


Key: TypeAlias = tuple[str, str, str, int]


@dataclass(frozen=True)
class Texts:
    """Entries that were written, for what shows the same ones again: the newest of a feed stay when one comes. Of one
    process, for all its threads."""

    most: int = 256
    """Some kilobytes each."""
    _kept: dict[Key, tuple[Notice, str]] = field(default_factory=dict)

    def of(self, form: Format, channel: Channel, notice: Notice) -> str:
        key = (form.name, channel.language, channel.about_url, id(notice))
        of_notice, text = self._kept.get(key, (None, ""))
        if of_notice is not notice:
            text = form.entry(channel, notice)
            if len(self._kept) >= self.most:
                self._kept.clear()
            self._kept[key] = notice, text
        return text


FORMATS: dict[str, Format] = {
    "atom": Format("Atom", atom.MEDIA_TYPE, atom.entry, atom.whole),
    "rss": Format("RSS", rss.MEDIA_TYPE, rss.entry, rss.whole),
    "json": Format("JSON Feed", jsonfeed.MEDIA_TYPE, jsonfeed.entry, jsonfeed.whole),
}
"""By the ending of their addresses."""

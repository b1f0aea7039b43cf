"""What an entry proposes: a tool, a version of one, a risk, or nothing but news; rules over title and link.

The strong key of a link comes in as a value; whether the tool is known already is services/entries/proposing.py's.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from registry.domain.announcement import Announcer, Confidence, EntryKind, Found, Proposal, Signal
from registry.domain.building import Seen, nothing
from registry.domain.discussions import discussion
from registry.domain.signals import signal_of
from registry.domain.spelling import agrees, letters
from registry.domain.title_rules import (
    advisory,
    launch,
    other_registry,
    package,
    press,
    release,
    vendor,
)

__all__ = [
    "EXTRACTOR_VERSION",
    "Announcer",
    "Confidence",
    "EntryKind",
    "Found",
    "Proposal",
    "Signal",
    "agrees",
    "propose",
]

EXTRACTOR_VERSION = "2"
"""Goes up when the same entry would give another proposal, so that stored entries can be read again."""

RULES: dict[Announcer, Callable[[Seen], Proposal]] = {
    Announcer.LAUNCH_FEED: launch,
    Announcer.DISCUSSION: discussion,
    Announcer.RELEASES: release,
    Announcer.PACKAGE_INDEX: package,
    Announcer.VENDOR_BLOG: vendor,
    Announcer.ADVISORIES: advisory,
    Announcer.OTHER_REGISTRY: other_registry,
    Announcer.NEWS: press,
}


def propose(
    *,
    title: str,
    link: str,
    identity_key: str,
    announcer: Announcer,
    tags: Sequence[str] = (),
    related: str = "",
    exploited: bool = False,
) -> Proposal:
    """Read one entry. `identity_key` is the strong key of `link`, "" where it identifies no product.

    `tags` may tell an advisory's vendor and product (`vendor:...`, `product:...`), `related` is where another
    registry's entry leads, and `exploited` says that the source lists nothing but what is being exploited.
    Deterministic; a list of many proposes none.
    """
    title = " ".join(title.split())
    said = RULES[announcer](Seen(title, link, identity_key, tuple(tags), related))
    if said.kind in (EntryKind.TOOL, EntryKind.VERSION) and not letters(said.name):
        said = nothing(EntryKind.NEWS, "Neither the title nor the link holds a name.")
    signal = signal_of(title, said.kind, exploited=exploited)
    return said if signal is said.signal else replace(said, signal=signal)

"""What one entry says by itself: what it proposes, and the keys under which that may be known already.

The children that parse call it, so nothing is looked up here; proposing.py does.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from registry.domain.identity import name_key
from registry.domain.proposal import (
    Announcer,
    Confidence,
    EntryKind,
    Found,
    Proposal,
    Signal,
    propose,
)
from registry.domain.values import dataclass
from registry.services.entries.keys import alias_keys, is_site, product_key, strong_key
from scrapers import verdict_feed
from scrapers.entry import Entry
from scrapers.links import identity_key, untracked

IN_CHILDREN = f"{__name__}:row_of"
"""How the children that parse are told to read."""
HEADLINES = frozenset({Announcer.VENDOR_BLOG, Announcer.NEWS, Announcer.RELEASES, Announcer.OTHER_REGISTRY})
"""Sources whose link is an article unless a home page was found: its domain tells nothing."""
EXPLOITED_KIND = "known_exploited"
"""The kind of scraper whose sources list nothing but what is being exploited."""


class Announced(Protocol):
    """What the rules read of an entry; one just scraped and one in the store both are it."""

    @property
    def title(self) -> str: ...
    @property
    def link(self) -> str: ...
    @property
    def tags(self) -> Sequence[str]: ...
    @property
    def related(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What an entry of one sort of source says."""

    announcer: Announcer
    kind: str
    """Of the source's scraper."""
    proposal: Proposal
    identity: str
    """The strong key of what is proposed; "" where it has none."""
    name_key: str
    """Of the name that is proposed; at most 120 characters."""
    owner_keys: tuple[str, ...]
    """Every key under which a tool may own the proposed home page, then the link; the most telling first."""


def read(entry: Announced, announcer: Announcer, kind: str = "") -> Reading:
    """Read an entry, just scraped or stored. `kind` is its source's kind of scraper."""
    proposal = proposal_of(entry, announcer, kind)
    name, homepage = proposal.name, proposal.homepage
    keys = [*alias_keys(homepage)] if homepage and homepage != entry.link else []
    return Reading(
        announcer,
        kind,
        proposal,
        _identity(entry.link, proposal, announcer),
        name_key(name)[:120],
        tuple(dict.fromkeys([*keys, *alias_keys(entry.link)])),
    )


def reading_of(entry: Entry, announcer: Announcer, kind: str) -> Reading:
    """What a child has read, where it read it as an entry of this sort of source; else it is read now."""
    if entry.reading is not None and entry.reading[:2] == [announcer, kind]:
        return _from_row(*entry.reading)
    return read(entry, announcer, kind)


def proposal_of(entry: Announced, announcer: Announcer, kind: str = "") -> Proposal:
    """What an entry, just scraped or stored, proposes. `kind` is its source's kind of scraper."""
    if kind == verdict_feed.KIND:
        return Proposal(EntryKind.NEWS, why="It tells what another registry decided.")
    return propose(
        title=entry.title,
        link=untracked(entry.link),
        identity_key=identity_key(entry.link),
        announcer=announcer,
        tags=entry.tags,
        related=untracked(entry.related),
        exploited=kind == EXPLOITED_KIND,
    )


def row_of(entry: Entry, *, announcer: str, kind: str) -> list[Any]:
    """`read`, ready for JSON."""
    said = read(entry, Announcer(announcer), kind)
    findings = [
        (each.field, each.value, each.method, each.confidence, each.reason) for each in said.proposal.findings
    ]
    proposal = (said.proposal.kind, findings, said.proposal.why, said.proposal.signal)
    return [announcer, kind, proposal, said.identity, said.name_key, said.owner_keys]


def _from_row(
    announcer: str, kind: str, proposal: list[Any], identity: str, name: str, owner_keys: list[str]
) -> Reading:
    entry_kind, findings, why, signal = proposal
    found = tuple(
        Found(field, value, method, Confidence(confidence), reason)
        for field, value, method, confidence, reason in findings
    )
    return Reading(
        Announcer(announcer),
        kind,
        Proposal(EntryKind(entry_kind), found, why, Signal(signal)),
        identity,
        name,
        tuple(owner_keys),
    )


def _identity(link: str, proposal: Proposal, announcer: Announcer) -> str:
    """The strong key of what is proposed: of its home page, else of its launch page, repository or package.

    A vendor announces many tools on one site, so that a headline's link tells nothing.
    """
    if proposal.homepage:
        return product_key(proposal.homepage, proposal.name)
    identity = strong_key(link)
    # Where no home page was found, a site tells nothing: the link may be any page on it.
    return "" if is_site(identity) or announcer in HEADLINES else identity

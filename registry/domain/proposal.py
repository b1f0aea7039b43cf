"""What an entry proposes: a tool, a version of one, a risk, or nothing but news; rules over title and link.

The strong key of a link comes in as a value; whether the tool is known already is intake's business.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from registry.domain.title_patterns import (
    ADDED,
    AFFECTED,
    AFFIXES,
    AFTER_NAME,
    AVAILABLE,
    BATCH,
    COLON,
    DIGEST,
    GENERIC,
    INTRODUCING,
    NO_NAME,
    NO_TOOL,
    OUR,
    POSTED,
    RELEASED,
    RISK_NUMBER,
    SEPARATOR,
    SLUG_NUMBER,
)
from registry.domain.version_name import split_version

EXTRACTOR_VERSION = "1"
"""Goes up when the same entry would give another proposal, so that stored entries can be read again."""


class EntryKind(StrEnum):
    TOOL = "tool"
    VERSION = "version"
    NEWS = "news"
    DIGEST = "digest"
    RISK = "risk"


class Announcer(StrEnum):
    """What sort of source speaks; each has its own way to put a name into a title."""

    LAUNCH_FEED = "launch_feed"
    DISCUSSION = "discussion"
    RELEASES = "releases"
    PACKAGE_INDEX = "package_index"
    VENDOR_BLOG = "vendor_blog"
    ADVISORIES = "advisories"
    OTHER_REGISTRY = "other_registry"
    NEWS = "news"


@dataclass(frozen=True)
class Proposal:
    kind: EntryKind
    name: str
    """At most 120 characters; "" where the entry names no tool."""
    homepage: str
    """"" where the link is an article, a launch page or a discussion."""
    tagline: str
    method: str
    """before_separator, show, repository, package, introducing, available, affected, link or none."""
    sure: bool
    """The form is certain, or title and link name the same thing; where not, a person picks."""
    reasons: tuple[str, ...]
    version: str = ""


MAX_NAME = 120
MAX_TAGLINE = 500


def propose(*, title: str, link: str, identity_key: str, announcer: Announcer) -> Proposal:
    """Read one entry. `identity_key` is the strong key of `link`, "" where it identifies no product.

    Deterministic; the name comes from the title unless the link is certain. A list of many proposes none.
    """
    title = " ".join(title.split())
    proposal = RULES[announcer](_Seen(title, link, identity_key))
    if proposal.kind in (EntryKind.TOOL, EntryKind.VERSION) and not _letters(proposal.name):
        return _nothing(EntryKind.NEWS, "Neither the title nor the link holds a name.")
    return proposal


@dataclass(frozen=True)
class _Seen:
    title: str
    link: str
    key: str

    @property
    def home(self) -> str:
        return self.link if self.key and not _is_launch_page(self.key) else ""


def _launch(seen: _Seen) -> Proposal:
    splits = list(_splits(seen.title))
    if not splits:
        return _tool(
            seen, seen.title, "", "none", ("The title has no separator; all of it is taken as the name.",)
        )
    named = [split for split in splits if agrees(split[0], seen.key)]
    name, tagline = named[-1] if named else splits[-1]
    return _tool(
        seen, name, tagline, "before_separator", ("The name stands before the last separator of the title.",)
    )


def _discussion(seen: _Seen) -> Proposal:
    posted = POSTED.match(seen.title)
    if DIGEST.search(seen.title) and not posted:
        return _nothing(EntryKind.DIGEST, "A list of many tools proposes none.")
    if not posted:
        return _from_repository(seen) or _news(seen)
    text = BATCH.sub("", seen.title[posted.end() :]).strip()
    name, tagline = next(_splits(text, first=True), (text, ""))
    if ", " in name:
        name, tagline = text.split(", ", 1)
    if _short_name(name, words=4 if tagline else 3):
        return _tool(seen, name, tagline, "show", ("The poster shows it under this name.",))
    return _from_link(seen, text)


def _releases(seen: _Seen) -> Proposal:
    found = _from_repository(seen)
    _, version = split_version(f"x {seen.title}" if seen.title[:1].lower() in "v0123456789" else seen.title)
    if found:
        return _with(found, EntryKind.VERSION, version)
    name, version = split_version(seen.title)
    reason = ("The title is all there is; the link leads to no repository.",)
    return _with(_tool(seen, name, "", "none", reason), EntryKind.VERSION, version)


def _package_index(seen: _Seen) -> Proposal:
    added = ADDED.match(seen.title)
    name, version = (added["name"], "") if added else split_version(seen.title)
    method = "package"
    if not seen.key.startswith("pkg:"):
        found = _tool(seen, name, "", method, ("The index names it.",))
    else:
        own = _last_part(seen.key)
        shown = name if _letters(name) == _letters(own) else own
        found = Proposal(
            EntryKind.TOOL, shown, seen.link, "", method, True, ("The link leads to this package.",)
        )
    return found if added or not version else _with(found, EntryKind.VERSION, version)


def _vendor_blog(seen: _Seen) -> Proposal:
    if DIGEST.search(seen.title):
        return _nothing(EntryKind.DIGEST, "A list of many things proposes no tool.")
    if RISK_NUMBER.search(seen.title):
        return _advisory(seen)
    for pattern, method in ((AVAILABLE, "available"), (INTRODUCING, "introducing"), (RELEASED, "available")):
        found = pattern.match(seen.title)
        if not found:
            continue
        introduced = INTRODUCING.match(found["name"]) or found
        text = OUR.sub("", introduced["name"])
        bare, version = split_version(text)
        name = AFTER_NAME.sub("", bare if version else text).strip(" “”\"'")
        if (
            _short_name(name, words=5)
            and _capital(name)
            and not GENERIC.match(name)
            and not NO_TOOL.search(name)
        ):
            tagline = text[text.find(name) + len(name) :].replace(version, "", 1).strip(" ,:.-–—|!“”\"'")
            proposal = _tool(
                seen, name, tagline, method, ("The vendor's headline announces it by this name.",)
            )
            return _with(proposal, EntryKind.VERSION, version) if version else proposal
    return _news(seen)


def _advisory(seen: _Seen) -> Proposal:
    found = AFFECTED.match(seen.title)
    if not found:
        return Proposal(
            EntryKind.RISK, "", "", seen.title[:MAX_TAGLINE], "none", False, ("A warning of a risk.",)
        )
    tagline = (found["tagline"] or "")[:MAX_TAGLINE]
    reasons = ("The advisory names vendor and product.",)
    return Proposal(EntryKind.RISK, found["name"][:MAX_NAME], "", tagline, "affected", True, reasons)


def _other_registry(seen: _Seen) -> Proposal:
    name, tagline = next(_splits(seen.title, first=True), (seen.title, ""))
    return _tool(seen, name, tagline, "before_separator", ("Another registry lists it under this name.",))


def _news(seen: _Seen) -> Proposal:
    if DIGEST.search(seen.title):
        return _nothing(EntryKind.DIGEST, "A list of many things proposes no tool.")
    if RISK_NUMBER.search(seen.title):
        return _advisory(seen)
    return _nothing(EntryKind.NEWS, "Nothing in the title or the link announces a tool.")


RULES: dict[Announcer, Callable[[_Seen], Proposal]] = {
    Announcer.LAUNCH_FEED: _launch,
    Announcer.DISCUSSION: _discussion,
    Announcer.RELEASES: _releases,
    Announcer.PACKAGE_INDEX: _package_index,
    Announcer.VENDOR_BLOG: _vendor_blog,
    Announcer.ADVISORIES: _advisory,
    Announcer.OTHER_REGISTRY: _other_registry,
    Announcer.NEWS: _news,
}


def _letters(name: str) -> str:
    """Letters and digits alone, case folded, by which two spellings of a name are one."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def agrees(name: str, identity_key: str) -> bool:
    """Whether a strong key spells the name: as repository, package, slug (number aside) or domain label."""
    said = _letters(name)
    if not said or not identity_key:
        return False
    last = _last_part(identity_key)
    spelled = {_letters(last), _letters(SLUG_NUMBER.sub("", last))}
    if "/" not in identity_key:
        spelled |= {_letters(AFFIXES.sub("", last)), _letters(identity_key)}
    return said in spelled or AFFIXES.sub("", said) in spelled - {""}


def _tool(seen: _Seen, name: str, tagline: str, method: str, reasons: tuple[str, ...]) -> Proposal:
    name = name.strip()[:MAX_NAME]
    sure = agrees(name, seen.key)
    if sure:
        reasons += ("The link spells the same name.",)
    elif seen.key:
        reasons += (f"The link says “{_last_part(seen.key)}”.",)
    return Proposal(EntryKind.TOOL, name, seen.home, tagline[:MAX_TAGLINE], method, sure, reasons)


def _with(proposal: Proposal, kind: EntryKind, version: str) -> Proposal:
    return Proposal(
        kind,
        proposal.name,
        proposal.homepage,
        proposal.tagline,
        proposal.method,
        proposal.sure,
        proposal.reasons,
        version,
    )


def _nothing(kind: EntryKind, reason: str) -> Proposal:
    return Proposal(kind, "", "", "", "none", False, (reason,))


def _from_repository(seen: _Seen) -> Proposal | None:
    if seen.key.count("/") < 2 or seen.key.startswith("pkg:") or _is_launch_page(seen.key):
        return None
    spelled = re.search(re.escape(seen.key), seen.link, re.IGNORECASE)
    key = spelled[0] if spelled else seen.key
    home = f"https://{key}"
    reasons = ("The link leads to this repository.",)
    return Proposal(
        EntryKind.TOOL, _last_part(key), home, seen.title[:MAX_TAGLINE], "repository", True, reasons
    )


def _from_link(seen: _Seen, text: str) -> Proposal:
    if not seen.key:
        return _nothing(EntryKind.NEWS, "The title holds no short name and the link leads to no product.")
    reasons = ("The title holds no short name; this one comes from the link.",)
    return Proposal(
        EntryKind.TOOL, _last_part(seen.key), seen.home, text[:MAX_TAGLINE], "link", False, reasons
    )


def _splits(text: str, first: bool = False) -> Iterator[tuple[str, str]]:
    """Every (name, rest) that a separator makes, in order; a colon counts if alone, or for `first`."""
    found = list(SEPARATOR.finditer(text))
    if not found or first:
        found = sorted([*found, *COLON.finditer(text)], key=lambda each: each.start())
    for each in found:
        if text[: each.start()].strip() and text[each.end() :].strip():
            yield text[: each.start()].strip(), text[each.end() :].strip()


def _short_name(name: str, words: int) -> bool:
    return bool(_letters(name)) and len(name) <= 50 and len(name.split()) <= words and not NO_NAME.match(name)


def _capital(name: str) -> bool:
    """A product's name has a capital, a digit or a dot somewhere; `faster builds` has none."""
    return any(letter.isupper() or letter.isdigit() or letter == "." for letter in name)


def _last_part(key: str) -> str:
    if key.startswith("pkg:") or "/" in key:
        return key.rsplit("/", 1)[-1]
    return key.split(".", 1)[0]


def _is_launch_page(key: str) -> bool:
    return re.search(r"/(?:posts|products|startups|software)/[^/]+$", key) is not None

"""What an entry proposes: a tool, a version of one, a risk, or nothing but news; pure rules over title and link.

What needs a library, the strong key of a link, comes in as a value. Whether the tool is known already is intake's business.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

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
    """How the name was found: before_separator, show, repository, package, introducing, available, affected, link, none."""
    sure: bool
    """The form is certain, or title and link name the same thing; where not, a person picks."""
    reasons: tuple[str, ...]
    version: str = ""


MAX_NAME = 120
MAX_TAGLINE = 500
SEPARATOR = re.compile(r"\s+[-–—|]\s+|\s+--\s+")
COLON = re.compile(r":\s+")
POSTED = re.compile(r"^(?:show|launch)\s+hn\s*[:–—-]\s*", re.IGNORECASE)
BATCH = re.compile(r"\s*\((?:YC\s)?[A-Z]{1,2}\d{2}\)|\s*\[(?:pdf|video)\]|\s*\((?:19|20)\d\d\)", re.IGNORECASE)
ADDED = re.compile(r"^(?P<name>\S+) (?:was )?(?:added|published) to ", re.IGNORECASE)
RISK_NUMBER = re.compile(r"\b(?:CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3})\b", re.IGNORECASE)
AFFECTED = re.compile(r"^(?P<name>.+?) [-–—] (?:CVE|GHSA)-[\w-]+(?::\s*(?P<tagline>.*))?$", re.IGNORECASE)
NO_NAME = re.compile(
    r"^(?:an?|the|i|i'm|i've|my|we|we're|our|your|how|why|what|when|where|who|is|are|do|does|can|open[- ]?source|"
    r"free|yet another|using|building|build|making|make|turn|create|this|that|these|it|some|new|simple|self-hosted)\b",
    re.IGNORECASE,
)
DIGEST = re.compile(
    r"^(?:the\s+)?(?:top\s+)?\d+\s+(?:\w+\s+){0,3}?(?:best|top|great(?:est)?|free|essential|useful|popular|tools?|apps?|"
    r"ways|things|reasons|tips|alternatives|open[- ]source|plugins|extensions|libraries|startups)\b"
    r"|^(?:the\s+)?(?:best|top)\s+(?:\d+\s+)?.*\b(?:tools|apps|alternatives|software|platforms|services|of\s+20\d\d|in\s+20\d\d)\b"
    r"|\b(?:this|last|the)\s+(?:week|month|year)\s+(?:in|at|on)\b|\b(?:week|month|year)\s+in\s+review\b"
    r"|\b(?:weekly|monthly|daily)\s+(?:\w+\s+)?(?:digest|roundup|round-up|update|newsletter|links|news|recap)\b"
    r"|\b(?:round-?up|link\s?dump|newsletter|digest)\b(?:\s*[#:–—-]|\s+\d|$)|\b(?:weekly|issue|edition)\s*#?\s?\d+"
    r"|^links\s+(?:for|from|of)\b|^(?:what['’]s|everything)\s+new\s+(?:in|at|on|with|from|we)\b",
    re.IGNORECASE,
)
INTRODUCING = re.compile(
    r"^(?:we(?:['’]re|\s+are)\s+)?(?:excited\s+to\s+)?"
    r"(?:introduc(?:ing|e)|announc(?:ing|e)|launch(?:ing)?|meet|say\s+hello\s+to|hello|welcome\s+to|unveiling|releasing|"
    r"presenting|now\s+available)\s*:?\s+(?P<name>.+)$",
    re.IGNORECASE,
)
AVAILABLE = re.compile(
    r"^(?P<name>.+?)\s+(?:is|are|has|have|comes?|reach(?:es|ed))\s+(?:now\s+|finally\s+|been\s+)*"
    r"(?:generally\s+available|available|here|live|out|released|launched|open\s+source(?:d)?|general\s+availability)\b",
    re.IGNORECASE,
)
RELEASED = re.compile(r"^(?P<name>.+?)\s+(?:released|launched|launches|release)\s*$", re.IGNORECASE)
AFTER_NAME = re.compile(
    r"(?:,|:|\.|!|\?|;|\s[-–—|(]|\s+(?:for|in|on|with|to|from|by|at|a|an|and|is|are|that|which|your|our|powered|now|"
    r"into|as|as\spart)\b).*$",
    re.IGNORECASE,
)
OUR = re.compile(r"^(?:(?:the|our|all[- ]new|new|brand[- ]new|updated)\s+)+", re.IGNORECASE)
NO_TOOL = re.compile(
    r"\b(?:program(?:me)?|council|board|conference|policy|fund|partnership|fellowship|fellows|grants?|office|team|plan|"
    r"initiative|awards?|summit|webinar|event|report|survey|community|university|institute|foundation|hub|round)$",
    re.IGNORECASE,
)
GENERIC = re.compile(
    r"^(?:changes?|updates?|improvements?|support|features?|winners?|partnership|team|api|apps?|office|program|"
    r"pricing|results|results?\s.*|winter|summer|our\b.*|we\b.*|more\b.*|better\b.*|us|you)$",
    re.IGNORECASE,
)
SLUG_NUMBER = re.compile(r"-(?:\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$")
AFFIXES = re.compile(r"^(?:get|use|try|go|my|join|with|hey|the)|(?:app|hq|io|ai|labs?|tech|software|dev|so|inc)$")


def propose(*, title: str, link: str, identity_key: str, announcer: Announcer) -> Proposal:
    """Read one entry. `identity_key` is the strong key of `link`, "" where it identifies no product.

    Deterministic; the name comes from the title unless the link alone is certain. A list of many tools proposes none.
    """
    title = " ".join(title.split())
    return RULES[announcer](_Seen(title, link, identity_key))


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
        return _tool(seen, seen.title, "", "none", ("The title has no separator; all of it is taken as the name.",))
    named = [split for split in splits if agrees(split[0], seen.key)]
    name, tagline = named[-1] if named else splits[-1]
    return _tool(seen, name, tagline, "before_separator", ("The name stands before the last separator of the title.",))


def _discussion(seen: _Seen) -> Proposal:
    posted = POSTED.match(seen.title)
    if DIGEST.search(seen.title) and not posted:
        return _nothing(EntryKind.DIGEST, "A list of many tools proposes none.")
    if not posted:
        return _from_repository(seen) or _news(seen)
    text = BATCH.sub("", seen.title[posted.end() :]).strip()
    name, tagline = next(_splits(text, first=True), (text, ""))
    name = name.split(", ")[0]
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
        shown = name if name_key(name) == name_key(own) else own
        found = Proposal(EntryKind.TOOL, shown, seen.link, "", method, True, ("The link leads to this package.",))
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
        if _short_name(name, words=5) and _capital(name) and not GENERIC.match(name) and not NO_TOOL.search(name):
            tagline = text[text.find(name) + len(name) :].replace(version, "", 1).strip(" ,:.-–—|!“”\"'")
            proposal = _tool(seen, name, tagline, method, ("The vendor's headline announces it by this name.",))
            return _with(proposal, EntryKind.VERSION, version) if version else proposal
    return _news(seen)


def _advisory(seen: _Seen) -> Proposal:
    found = AFFECTED.match(seen.title)
    if not found:
        return Proposal(EntryKind.RISK, "", "", seen.title[:MAX_TAGLINE], "none", False, ("A warning of a risk.",))
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


def name_key(name: str) -> str:
    """Letters and digits alone, case folded, by which two spellings of a name are one."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def agrees(name: str, identity_key: str) -> bool:
    """Whether a strong key spells the name: as repository, package, slug (without its number) or domain label."""
    said = name_key(name)
    if not said or not identity_key:
        return False
    last = _last_part(identity_key)
    spelled = {name_key(last), name_key(SLUG_NUMBER.sub("", last))}
    if "/" not in identity_key:
        spelled |= {name_key(AFFIXES.sub("", last)), name_key(identity_key)}
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
        kind, proposal.name, proposal.homepage, proposal.tagline, proposal.method, proposal.sure, proposal.reasons, version
    )


def _nothing(kind: EntryKind, reason: str) -> Proposal:
    return Proposal(kind, "", "", "", "none", False, (reason,))


def _from_repository(seen: _Seen) -> Proposal | None:
    if seen.key.count("/") < 2 or seen.key.startswith("pkg:") or _is_launch_page(seen.key):
        return None
    home = f"https://{seen.key}"
    reasons = ("The link leads to this repository.",)
    return Proposal(EntryKind.TOOL, _last_part(seen.key), home, seen.title[:MAX_TAGLINE], "repository", True, reasons)


def _from_link(seen: _Seen, text: str) -> Proposal:
    if not seen.key:
        return _nothing(EntryKind.NEWS, "The title holds no short name and the link leads to no product.")
    reasons = ("The title holds no short name; this one comes from the link.",)
    return Proposal(EntryKind.TOOL, _last_part(seen.key), seen.home, text[:MAX_TAGLINE], "link", False, reasons)


def _splits(text: str, first: bool = False) -> Iterator[tuple[str, str]]:
    """Every (name, rest) that a separator makes, in order; a colon counts where there is none else, or for `first`."""
    found = list(SEPARATOR.finditer(text))
    if not found or first:
        found = sorted([*found, *COLON.finditer(text)], key=lambda each: each.start())
    for each in found:
        if text[: each.start()].strip() and text[each.end() :].strip():
            yield text[: each.start()].strip(), text[each.end() :].strip()


def _short_name(name: str, words: int) -> bool:
    return bool(name_key(name)) and len(name) <= 50 and len(name.split()) <= words and not NO_NAME.match(name)


def _capital(name: str) -> bool:
    """A product's name has a capital, a digit or a dot somewhere; `faster builds` has none."""
    return any(letter.isupper() or letter.isdigit() or letter == "." for letter in name)


def _last_part(key: str) -> str:
    if key.startswith("pkg:") or "/" in key:
        return key.rsplit("/", 1)[-1]
    return key.split(".", 1)[0]


def _is_launch_page(key: str) -> bool:
    return re.search(r"/(?:posts|products|startups|software)/[^/]+$", key) is not None

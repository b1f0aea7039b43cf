"""What an entry proposes: a tool, a version of one, a risk, or nothing but news; rules over title and link.

The strong key of a link comes in as a value; whether the tool is known already is services/proposing.py's.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from registry.domain.announcement import (
    Announcer,
    Confidence,
    EntryKind,
    Found,
    Proposal,
    Signal,
)
from registry.domain.headlines import Headline, announced, bare, is_name, splits, version_out
from registry.domain.signals import signal_of
from registry.domain.spelling import (
    NOTHING_SAID,
    SLUG_NUMBER,
    agrees,
    begins,
    is_launch_page,
    last_part,
    letters,
    place_of,
    spelled_words,
)
from registry.domain.title_patterns import (
    ADDED,
    AFFECTED,
    BATCH,
    CODE_HOST,
    DIGEST,
    FLAW_IN,
    NUMBER_FIRST,
    ODD_CASE,
    POSTED,
    RELEASE_PAGE,
    RISK_NUMBER,
    TALK,
    TALK_OF_REPOSITORY,
)
from registry.domain.version_name import split_version, version_in, version_in_package

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

MAX_NAME = 120
MAX_TAGLINE = 500
MAX_HOMEPAGE = 2_000


def propose(
    *,
    title: str,
    link: str,
    identity_key: str,
    announcer: Announcer,
    author: str = "",
    related: Sequence[str] = (),
    exploited: bool = False,
) -> Proposal:
    """Read one entry. `identity_key` is the strong key of `link`, "" where it identifies no product.

    `author` may tell an advisory's vendor from its product, `related` is where another registry's entry leads,
    and `exploited` says that the source lists nothing but what is being exploited. Deterministic; a list of
    many proposes none.
    """
    title = " ".join(title.split())
    said = RULES[announcer](_Seen(title, link, identity_key, author, tuple(related)))
    if said.kind in (EntryKind.TOOL, EntryKind.VERSION) and not letters(said.name):
        said = _nothing(EntryKind.NEWS, "Neither the title nor the link holds a name.")
    return replace(said, signal=signal_of(title, said.kind, exploited=exploited))


@dataclass(frozen=True, slots=True)
class _Seen:
    title: str
    link: str
    key: str
    author: str
    related: tuple[str, ...]

    @property
    def home(self) -> str:
        """The link where it is a product's own page, the repository's front page, or ""."""
        if not self.key or is_launch_page(self.key):
            return ""
        if not self.on_code_host:
            return self.link
        spelled = re.search(re.escape(self.key), self.link, re.IGNORECASE)
        return f"https://{spelled[0] if spelled else self.key}"

    @property
    def on_code_host(self) -> bool:
        return CODE_HOST.match(self.key) is not None

    @property
    def spelled(self) -> str:
        """The name that the link spells: repository, package, slug, subdomain or domain; "" where it has none."""
        if self.on_code_host:
            return last_part(self.home)
        if "/" in self.key or not self.key:
            return SLUG_NUMBER.sub("", last_part(self.key))
        labels = self.labels
        below = labels[: -len(self.key.split("."))]
        return below[0] if below and below[0] not in NOTHING_SAID else last_part(self.key)

    @property
    def labels(self) -> list[str]:
        try:
            host = urlsplit(self.link).hostname or ""
        except ValueError:
            host = ""
        return host.lower().removeprefix("www.").split(".")

    @property
    def at_the_front(self) -> bool:
        """Whether the link is the front page of its site, or of what the key names."""
        try:
            parts = urlsplit(self.link)
        except ValueError:
            return False
        place = f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}"
        return not parts.path.strip("/") or place.lower() == self.key


def _launch(seen: _Seen) -> Proposal:
    found = list(splits(seen.title))
    if not found:
        why = "The title has no separator; all of it is taken as the name."
        return _tool(seen, _named(seen, seen.title, "none", why))
    name, tagline = next((each for each in reversed(found) if agrees(each[0], seen.key)), found[-1])
    why = "The name stands before the last separator of the title."
    return _tool(seen, _named(seen, name, "before_separator", why), tagline)


def _discussion(seen: _Seen) -> Proposal:
    posted = POSTED.match(seen.title)
    if posted:
        batch = BATCH.search(seen.title) is not None and posted["form"].lower() == "launch"
        return _shown(seen, BATCH.sub("", seen.title[posted.end() :]).strip(), certain=batch)
    if TALK.search(seen.title):
        return _nothing(EntryKind.NEWS, "A question or a job, and no tool.")
    if DIGEST.search(seen.title):
        return _nothing(EntryKind.DIGEST, "A list of many tools proposes none.")
    if RISK_NUMBER.search(seen.title):
        return _advisory(seen)
    if seen.on_code_host or seen.key.startswith("pkg:"):
        return _discussed_repository(seen)
    headline = announced(seen.title) or version_out(seen.title)
    if headline:
        return _headline(seen, headline, seen.home if seen.at_the_front else "")
    return _discussed_site(seen) if seen.key else _discussed_article(seen)


def _shown(seen: _Seen, text: str, *, certain: bool) -> Proposal:
    """`Show HN: X - does Y`: what makers show to other makers."""
    name, tagline = next(splits(text, first=True), (text, ""))
    if ", " in name:
        name, tagline = text.split(", ", 1)
    short = is_name(name, words=4 if tagline else 3)
    whole, version = split_version(name) if short else (name, "")
    if seen.on_code_host or seen.key.startswith("pkg:"):
        names = _beside_repository(seen, text, name if short else "", bool(tagline))
        return _with_version(_tool(seen, names, tagline or text), version)
    if not short:
        if not seen.key:
            return _nothing(EntryKind.NEWS, "The title holds no short name and the link leads to no product.")
        why = "The title holds no short name; this one comes from the link."
        names = (Found("name", seen.spelled, "link", Confidence.GUESS, why),)
        return _tool(seen, names, text)
    names = _named(seen, whole, "show", "The poster shows it under this name.", certain=certain)
    return _with_version(_tool(seen, names, tagline), version)


def _beside_repository(seen: _Seen, text: str, name: str, parted: bool) -> tuple[Found, ...]:
    """Names of what is shown with a link to its repository or package; `parted`: a tagline stands behind the name."""
    name, _ = split_version(name)
    if name and (agrees(name, seen.key) or place_of(name, seen.link) or begins(name, seen.key)):
        return _named(seen, name, "show", "The poster shows it under this name.")
    beginning = spelled_words(text, seen.key)
    if beginning:
        why = "The title begins with the name of the repository."
        return (Found("name", beginning, "show", Confidence.SURE, why),)
    own = Found("name", seen.spelled, "repository", Confidence.SURE, "The link leads to this repository.")
    if not name:
        return (own,)
    own = replace(own, confidence=Confidence.GUESS, reason=f"The link says “{seen.spelled}”.")
    shown = Found("name", name, "show", Confidence.GUESS, "The poster shows it under this name.")
    return (shown, own) if parted and " for " not in name else (own, shown)


def _discussed_repository(seen: _Seen) -> Proposal:
    if RELEASE_PAGE.search(seen.link):
        return _releases(seen)
    if TALK_OF_REPOSITORY.search(seen.link):
        return _nothing(EntryKind.NEWS, "The link leads to talk about a repository.")
    name, tagline = next(splits(seen.title, first=True), (seen.title, ""))
    bare_name, version = split_version(name)
    spelled = bare_name if agrees(bare_name, seen.key) else spelled_words(seen.title, seen.key)
    why = "The link leads to this repository."
    names = (Found("name", spelled or seen.spelled, "repository", Confidence.SURE, why),)
    return _with_version(_tool(seen, names, tagline or seen.title), version if spelled else "")


def _discussed_site(seen: _Seen) -> Proposal:
    """A title that is a name, or begins with one, and a link to a site that may be the product's own."""
    name, tagline = next(splits(seen.title, first=True), (seen.title, ""))
    if ", " in name:
        name, tagline = name.split(", ", 1)[0], seen.title
    if is_name(name, words=4):
        if agrees(name, seen.key) or (place_of(name, seen.link) and (tagline or seen.at_the_front)):
            return _tool(
                seen, _named(seen, name, "before_separator", "It is discussed under this name."), tagline
            )
        if seen.at_the_front or (tagline and begins(name, seen.key)):
            return _tool(
                seen, _named(seen, name, "before_separator", "It is discussed under this name."), tagline
            )
    beginning = spelled_words(seen.title, seen.key) if seen.at_the_front else ""
    if beginning:
        why = "The title begins with the name of the site."
        return _tool(seen, (Found("name", beginning, "link", Confidence.LIKELY, why),), seen.title)
    return _news(seen)


def _discussed_article(seen: _Seen) -> Proposal:
    for name, tagline in splits(seen.title, first=True):
        makers = len(name.split()) > 1 and letters(name.split()[0]) in map(letters, seen.labels)
        if is_name(name, words=3) and (makers or ODD_CASE.match(name)):
            why = "The headline begins with a name."
            return _tool(seen, (Found("name", name, "bare", Confidence.GUESS, why),), tagline, home="")
        break
    return _news(seen)


def _releases(seen: _Seen) -> Proposal:
    version = version_in(seen.title, seen.link)
    if seen.on_code_host or seen.key.startswith("pkg:"):
        why = "The link leads to this repository."
        names = (Found("name", seen.spelled, "repository", Confidence.SURE, why),)
        return _with_version(_tool(seen, names, seen.title), version, always=True)
    name, _ = split_version(seen.title)
    why = "The title is all there is; the link leads to no repository."
    names = (Found("name", name, "before_separator", Confidence.LIKELY, why),)
    return _with_version(_tool(seen, names, home=""), version, always=True)


def _package_index(seen: _Seen) -> Proposal:
    added = ADDED.match(seen.title)
    name = added["name"] if added else split_version(seen.title)[0]
    version = "" if added else version_in(seen.title, "") or version_in_package(seen.link)
    if not seen.key.startswith("pkg:"):
        names = (Found("name", name, "package", Confidence.LIKELY, "The index names it."),)
    else:
        own = last_part(seen.key)
        shown = name if letters(name) == letters(own) else own
        names = (Found("name", shown, "package", Confidence.SURE, "The link leads to this package."),)
    return _with_version(_tool(seen, names), version)


def _vendor_blog(seen: _Seen) -> Proposal:
    if DIGEST.search(seen.title):
        return _nothing(EntryKind.DIGEST, "A list of many things proposes no tool.")
    if RISK_NUMBER.search(seen.title):
        return _advisory(seen)
    maker = seen.labels[-2] if len(seen.labels) > 1 else ""
    headline = announced(seen.title) or version_out(seen.title) or bare(seen.title, maker)
    return _headline(seen, headline, "") if headline else _news(seen)


def _headline(seen: _Seen, headline: Headline, home: str) -> Proposal:
    why = {
        "introducing": "The headline announces it by this name.",
        "available": "The headline says that it is there.",
    }.get(headline.method, "The headline is its name.")
    spelled = letters(headline.name) in map(letters, seen.labels) or (
        home and agrees(headline.name, seen.key)
    )
    sure = (
        Confidence.SURE if spelled else Confidence.GUESS if headline.method == "bare" else Confidence.LIKELY
    )
    reason = f"{why} The link spells the same name." if spelled else why
    names = (Found("name", headline.name, headline.method, sure, reason),)
    return _with_version(_tool(seen, names, headline.tagline, home=home), headline.version)


def _advisory(seen: _Seen) -> Proposal:
    for pattern, confidence in (
        (AFFECTED, Confidence.SURE),
        (NUMBER_FIRST, Confidence.LIKELY),
        (FLAW_IN, Confidence.GUESS),
    ):
        found = pattern.match(seen.title) if pattern is not FLAW_IN else pattern.search(seen.title)
        if found:
            break
    else:
        return _nothing(EntryKind.RISK, "A warning of a risk.")
    name = found["name"].strip()[:MAX_NAME]
    findings = [Found("name", name, "affected", confidence, "The advisory names what is affected.")]
    vendor = seen.author.strip()
    if vendor and f"{name} ".casefold().startswith(f"{vendor} ".casefold()):
        findings.append(
            Found("vendor", vendor, "affected", Confidence.SURE, "The advisory names the vendor.")
        )
    tagline = (found.groupdict().get("tagline") or "")[:MAX_TAGLINE]
    if tagline:
        findings.append(
            Found("tagline", tagline, "affected", Confidence.SURE, "It stands behind the number.")
        )
    return Proposal(EntryKind.RISK, tuple(findings))


def _other_registry(seen: _Seen) -> Proposal:
    name, _, outcome = seen.title.rpartition(": ")
    if not name.strip() or len(outcome.split()) > 4:
        name, outcome = next(splits(seen.title, first=True), (seen.title, ""))
    why = "Another registry lists it under this name."
    home = next((link for link in seen.related if link), "")
    confidence = Confidence.LIKELY if letters(name) else Confidence.GUESS
    said = _tool(seen, (Found("name", name, "before_separator", confidence, why),), outcome, home="")
    if not home:
        return said
    found = Found(
        "homepage", home[:MAX_HOMEPAGE], "related", Confidence.LIKELY, "The other registry links to it."
    )
    return replace(said, findings=(*said.findings, found))


def _news(seen: _Seen) -> Proposal:
    return _nothing(EntryKind.NEWS, "Nothing in the title or the link announces a tool.")


def _press(seen: _Seen) -> Proposal:
    if DIGEST.search(seen.title):
        return _nothing(EntryKind.DIGEST, "A list of many tools proposes none.")
    if RISK_NUMBER.search(seen.title):
        return _advisory(seen)
    headline = announced(seen.title) or version_out(seen.title)
    return _headline(seen, headline, "") if headline and headline.version else _news(seen)


RULES: dict[Announcer, Callable[[_Seen], Proposal]] = {
    Announcer.LAUNCH_FEED: _launch,
    Announcer.DISCUSSION: _discussion,
    Announcer.RELEASES: _releases,
    Announcer.PACKAGE_INDEX: _package_index,
    Announcer.VENDOR_BLOG: _vendor_blog,
    Announcer.ADVISORIES: _advisory,
    Announcer.OTHER_REGISTRY: _other_registry,
    Announcer.NEWS: _press,
}


def _named(seen: _Seen, name: str, method: str, why: str, *, certain: bool = False) -> tuple[Found, ...]:
    """The title's name, sure where the link spells it too; where they differ the link's name beside it."""
    name = name.strip()[:MAX_NAME]
    if agrees(name, seen.key) or place_of(name, seen.link):
        return (Found("name", name, method, Confidence.SURE, f"{why} The link spells the same name."),)
    if begins(name, seen.key):
        return (Found("name", name, method, Confidence.SURE, f"{why} The link spells how it begins."),)
    if certain:
        return (Found("name", name, method, Confidence.SURE, f"{why} The form is certain."),)
    spelled = seen.spelled
    if not spelled:
        return (Found("name", name, method, Confidence.LIKELY, why),)
    shown = Found("name", name, method, Confidence.GUESS, why)
    other = Found("name", spelled, "link", Confidence.GUESS, f"The link says “{spelled}”.")
    return (other, shown) if " for " in name and method == "show" else (shown, other)


def _tool(seen: _Seen, names: tuple[Found, ...], tagline: str = "", home: str | None = None) -> Proposal:
    findings = [replace(each, value=each.value.strip()[:MAX_NAME]) for each in names]
    homepage = seen.home if home is None else home
    if homepage and len(homepage) <= MAX_HOMEPAGE:
        method = "repository" if seen.on_code_host else "package" if seen.key.startswith("pkg:") else "link"
        certain = method != "link" or names[0].confidence is Confidence.SURE
        why = "The link leads to it." if certain else "The link leads to a site that may be its own."
        confidence = Confidence.SURE if certain else Confidence.LIKELY
        findings.append(Found("homepage", homepage, method, confidence, why))
    if tagline:
        why = "It stands behind the name."
        findings.append(Found("tagline", tagline[:MAX_TAGLINE], names[0].method, Confidence.LIKELY, why))
    return Proposal(EntryKind.TOOL, tuple(findings))


def _with_version(said: Proposal, version: str, *, always: bool = False) -> Proposal:
    """The same as news of a version; `always` where even one without a number is a version."""
    if not version:
        return replace(said, kind=EntryKind.VERSION) if always else said
    found = Found("version", version, said.method, Confidence.SURE, "The title or the link says so.")
    return replace(said, kind=EntryKind.VERSION, findings=(*said.findings, found))


def _nothing(kind: EntryKind, why: str) -> Proposal:
    return Proposal(kind, (), why)

"""One announcement as it was seen, and the proposal put together from it; which rule applies is not decided here."""

import re
from dataclasses import replace
from urllib.parse import urlsplit

from registry.domain.announcement import Confidence, EntryKind, Found, Proposal
from registry.domain.spelling import (
    NOTHING_SAID,
    SLUG_NUMBER,
    agrees,
    begins,
    is_launch_page,
    last_part,
    place_of,
)
from registry.domain.title_patterns import CODE_HOST
from registry.domain.values import dataclass

MAX_NAME = 120
MAX_TAGLINE = 500
MAX_HOMEPAGE = 2_000


@dataclass(frozen=True, slots=True)
class Seen:
    title: str
    link: str
    key: str
    tags: tuple[str, ...]
    related: str

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


def named(seen: Seen, name: str, method: str, why: str, *, certain: bool = False) -> tuple[Found, ...]:
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


def tool(seen: Seen, names: tuple[Found, ...], tagline: str = "", home: str | None = None) -> Proposal:
    findings = [_fitting(each) for each in names]
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


def _fitting(name: Found) -> Found:
    value = name.value.strip()[:MAX_NAME]
    return name if value == name.value else replace(name, value=value)


def with_version(said: Proposal, version: str, *, always: bool = False) -> Proposal:
    """The same as news of a version; `always` where even one without a number is a version."""
    if not version:
        return replace(said, kind=EntryKind.VERSION) if always else said
    found = Found("version", version, said.method, Confidence.SURE, "The title or the link says so.")
    return replace(said, kind=EntryKind.VERSION, findings=(*said.findings, found))


def nothing(kind: EntryKind, why: str) -> Proposal:
    return Proposal(kind, (), why)

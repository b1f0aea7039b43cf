"""What a scraper gives: entries with keys that stay the same from one fetch to the next.

How bytes become drafts is each scraper's business; how drafts become entries is the same for all.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from scrapers.links import canonical_url
from scrapers.text import plain_text, shorten

UNSTORABLE = re.compile(r"[\x00-\x08\x0e-\x1b\ud800-\udfff]")
"""What JSON can hold and a database cannot."""
MAX_ENTRIES = 5_000
MAX_KEY = 500
MAX_SUMMARY = 2_000
MAX_TITLE = 500
MAX_LINK = 2_000
MAX_TAGS = 30


@dataclass(frozen=True)
class Entry:
    """One announcement; every text is plain, every link absolute, every moment UTC."""

    key: str
    """The id, else the canonical link, else a hash of title, date and content; at most 500 characters."""
    second_key: str
    """The key without scheme and host, for a feed that moves; equal to `key` where it has none."""
    title: str
    link: str
    """As the publisher wrote it, made absolute; "" only where there is none."""
    canonical_link: str
    summary: str
    """At most 2,000 characters."""
    author: str
    tags: tuple[str, ...]
    published_at: datetime | None
    """None where missing, unreadable or before 1995."""
    content_hash: str
    """Over title, link and text; dates and counters do not count, so that another hash is a revision."""
    related: str = ""
    """What the entry speaks of, where the publisher names its address beside `link`; absolute, else ""."""
    stated: Mapping[str, Any] | None = field(default=None, compare=False)
    """The verdict of another registry that it tells of, as scrapers.stated.read_stated gives it."""
    reading: Any = field(default=None, compare=False)
    """What the reader of the parsing children made of it, in JSON's own types; None where none was asked for."""


@dataclass(frozen=True)
class Parsed:
    """What one document held: at most 5,000 entries, newest first, keys unique."""

    entries: tuple[Entry, ...]
    title: str = ""
    home: str = ""
    malformed: bool = False
    """It broke its format's rules and was read all the same."""
    note: str = ""
    """One sentence for the source's page, or ""."""
    ttl_s: int | None = None
    """How long the publisher asks us to wait between fetches."""
    older: str = ""
    """Where the document says that the entries before these stand; absolute, else ""."""

    @property
    def tells_verdicts(self) -> bool:
        """Whether this is another registry's feed."""
        return any(entry.stated for entry in self.entries)


Scraper = Callable[..., Parsed]
"""`parse(body: bytes, *, url: str, headers: Mapping[str, str]) -> Parsed`; raises ParseError."""


@dataclass(frozen=True)
class Draft:
    """What a scraper found of one entry, markup and all; `link` is absolute, or "" where there is none."""

    id: str = ""
    link: str = ""
    title: str = ""
    summary: str = ""
    content: str = ""
    author: str = ""
    tags: Sequence[str] = field(default_factory=tuple)
    published_at: datetime | None = None
    related: str = ""
    stated: Mapping[str, Any] | None = None


def entries_of(drafts: Iterable[Draft]) -> tuple[Entry, ...]:
    """Finish drafts: plain text, keys, newest first (undated ones last, in their order), at most 5,000."""
    finished = [_finish(draft) for draft in drafts]
    finished.sort(key=lambda entry: entry.published_at or datetime.min.replace(tzinfo=UTC), reverse=True)
    return tuple(_tell_apart(finished)[:MAX_ENTRIES])


def _finish(draft: Draft) -> Entry:
    title = shorten(plain_text(draft.title), MAX_TITLE)
    summary, content = plain_text(draft.summary), plain_text(draft.content)
    text = content if len(content) > len(summary) else summary
    canonical = canonical_url(draft.link)
    date = draft.published_at.isoformat() if draft.published_at else ""
    key = " ".join(UNSTORABLE.sub("", draft.id).split()) or canonical or _digest(title, date, text)
    return Entry(
        key=_short_key(key),
        second_key=_short_key(without_host(key)),
        title=title,
        link=draft.link if canonical and len(draft.link) <= MAX_LINK else canonical[:MAX_LINK],
        canonical_link=canonical,
        summary=shorten(summary or content, MAX_SUMMARY),
        author=shorten(plain_text(draft.author), 200),
        tags=_tags(draft.tags),
        published_at=draft.published_at,
        content_hash=_digest(_steady(title), canonical, _steady(text)),
        related=draft.related if len(draft.related) <= MAX_LINK else "",
        stated=draft.stated,
    )


def _tell_apart(entries: Sequence[Entry]) -> list[Entry]:
    """Make both keys unique: one key for many is told apart by link, then by title; what is left is one."""
    entries = _once(entries, lambda entry: (entry.key, entry.canonical_link, entry.title))
    for apart in ("canonical_link", "title"):
        times = Counter(entry.key for entry in entries)
        entries = [
            told_apart(entry, str(getattr(entry, apart))) if times[entry.key] > 1 else entry
            for entry in entries
        ]
    unique = _once(entries, lambda entry: entry.key)
    times = Counter(entry.second_key for entry in unique)
    return [
        _with_keys(entry, entry.key, entry.key) if times[entry.second_key] > 1 else entry for entry in unique
    ]


def _once(entries: Iterable[Entry], by: Callable[[Entry], Hashable]) -> list[Entry]:
    first: dict[Hashable, Entry] = {}
    for entry in entries:
        first.setdefault(by(entry), entry)
    return list(first.values())


def told_apart(entry: Entry, by: str) -> Entry:
    """The entry under keys that `by`, its link or title, tells apart from others of the same id."""
    if not by or by == entry.key:
        return entry
    return _with_keys(
        entry, _short_key(f"{entry.key} {by}"), _short_key(f"{entry.second_key} {without_host(by)}")
    )


def _with_keys(entry: Entry, key: str, second_key: str) -> Entry:
    return replace(entry, key=key, second_key=second_key)


def without_host(key: str) -> str:
    """What follows the host in `https://a.example/p?x=1` or `tag:a.example,2026:/p?x=1`, else the key."""
    found = re.match(r"(?:https?:)?//[^/?#]+/?|tag:[^,:/]+,[\d-]+:", key, re.IGNORECASE)
    return (key[found.end() :] if found else "") or key


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    plain = (shorten(plain_text(tag), 100) for tag in tags)
    return tuple(dict.fromkeys(tag for tag in plain if tag))[:MAX_TAGS]


def _short_key(key: str) -> str:
    return key if len(key) <= MAX_KEY else "sha256:" + _digest(key)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()


COUNTED = re.compile(
    r"\d[\d.,]*k?\s+(?:points?|comments?|views?|likes?|(?:up)?votes?|replies|reads|shares)\b", re.IGNORECASE
)
COUNTER = re.compile(
    r"(?:#\s*)?\b(?:points|comments|views|likes|votes|upvotes|score|replies|reads)\s*:\s*\d[\d.,]*k?",
    re.IGNORECASE,
)
AGO = re.compile(r"\b(?:an?|\d+)\s+(?:second|minute|hour|day|week|month|year)s?\s+ago\b", re.IGNORECASE)
NUMBERED = re.compile(r":\s*\d")


def _steady(text: str) -> str:
    """A plain text without the counters and relative times that change from fetch to fetch."""
    steady = COUNTED.sub(" ", text)
    if NUMBERED.search(steady):  # the other two take long, and few texts need them
        steady = COUNTER.sub(" ", steady)
    if "ago" in steady:
        steady = AGO.sub(" ", steady)
    return text if steady == text else " ".join(steady.split())

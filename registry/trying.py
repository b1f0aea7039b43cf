"""Trying an address out: what would come in from it, or which feeds its site offers instead. Stores nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic, sleep

from sqlalchemy import Engine

from registry.domain.proposal import Announcer, EntryKind
from registry.domain.values import dataclass
from registry.jobs import make_fetcher
from registry.services.entries import intake
from registry.services.entries.recognition import recognise
from registry.services.sources.sources import OWN_FEED
from registry.settings import Settings
from registry.store.columns import id_of
from registry.store.engine import snapshot
from registry.store.tables import Source
from scrapers import verdict_feed
from scrapers.discovery import known_feeds, likely_feeds, readings
from scrapers.entry import Entry
from scrapers.errors import FetchError, ParseError, ScrapeError
from scrapers.history import Fetches, Parses
from scrapers.links import canonical_url, host_of, is_within
from scrapers.workers import Workers

SAME_HOST_PAUSE = timedelta(seconds=2)
LOOKING = timedelta(seconds=40)
"""A person waits meanwhile: no further well-known path is tried after that long."""
PATIENCE_S = 8
"""For all that is fetched while somebody waits before a page, which a browser, or they, would not do much longer."""
PARSING_S = 10
SLOW = (
    f"It did not answer in full within {PATIENCE_S} seconds, so this look was ended. Try it again in a moment. "
    "When the registry reads a source by itself it waits a minute."
)
HOST_REFUSES = frozenset(
    {"bad_address", "private_address", "name_not_found", "connect_failed", "tls_failed", "timeout"}
    | {"rate_limited", "bot_challenge", "http_401", "http_403"}
)
"""What ends the search, since the next address on this host would fare no better."""
WORTH_LOOKING = frozenset({"web_page_not_feed", "http_404", "gone", "not_a_feed"})


@dataclass(frozen=True)
class Announced:
    """One entry as it would come in."""

    entry: Entry
    kind: EntryKind
    name: str
    homepage: str
    is_new: bool = True
    """False where the source that was tried has it already."""


@dataclass(frozen=True)
class Checked:
    """What an address holds, read and not stored."""

    asked: str
    """The address that was asked for, with its scheme."""
    url: str
    """Where it was found, redirects followed."""
    title: str
    entries: tuple[Announced, ...]
    note: str
    malformed: bool
    kind: str = "feed"
    """Which scraper reads it: what was asked for, or `verdicts` where it turned out to be another registry."""
    verdicts: int = 0
    """How many of its entries tell a verdict of another registry."""

    @property
    def new(self) -> int:
        return sum(each.is_new for each in self.entries)


Pause = Callable[[float], None]


def check_source(
    url: str, fetcher: Fetches, workers: Parses, *, kind: str = "feed", announcer: Announcer = Announcer.NEWS
) -> Checked:
    """What would come in from an address, storing nothing. Raises ScrapeError; a ParseError may suggest feeds."""
    fetched = fetcher.get(url)
    parsed = workers.parse(kind, fetched.body, url=fetched.url, headers=dict(fetched.headers))
    kind = verdict_feed.KIND if parsed.tells_verdicts else kind
    announced = tuple(
        Announced(entry, proposal.kind, proposal.name, proposal.homepage)
        for entry, proposal in intake.would_propose(parsed.entries, announcer, kind)
    )
    told = sum(entry.stated is not None for entry in parsed.entries)
    return Checked(url, fetched.url, parsed.title, announced, parsed.note, parsed.malformed, kind, told)


def check_address(
    settings: Settings, typed: str, *, kind: str = "feed", announcer: Announcer = Announcer.NEWS
) -> Checked:
    """What comes in from an address as a person typed it: without scheme, `feed:`, or the page of a site.

    Raises ScrapeError. Where it is no feed, a ParseError suggests those that the page names, those that a well-known
    host has for it, or the first of a few usual addresses that holds one.
    """
    with _in_a_moment(settings) as (fetcher, workers):
        checked = look(typed, fetcher, workers, kind=kind, announcer=announcer)
    if checked.kind == verdict_feed.KIND and is_within(checked.url, settings.base_url):
        raise ParseError("own_feed", OWN_FEED)
    return checked


def look(
    typed: str,
    fetcher: Fetches,
    workers: Parses,
    *,
    kind: str = "feed",
    announcer: Announcer = Announcer.NEWS,
    pause: Pause = sleep,
) -> Checked:
    """`check_address` with parts of its own; `pause` waits that many seconds between two visits to one host."""
    addresses = readings(typed)
    for url in addresses[:-1]:
        try:
            return _looked(url, fetcher, workers, kind, announcer, pause)
        except ScrapeError as error:
            if error.code not in HOST_REFUSES:
                raise
    return _looked(addresses[-1], fetcher, workers, kind, announcer, pause)


def try_source(
    engine: Engine, source: Source, fetcher: Fetches, workers: Parses, now: datetime, *, looking: bool = False
) -> Checked:
    """What a stored source would bring at this moment, what is new in it marked; stores nothing.

    Raises ScrapeError, also for as long as its publisher asked us to stay away; a ParseError may suggest feeds to take
    instead, which are looked for on the site where a person is `looking`.
    """
    if source.wait_until is not None and source.wait_until > now:
        until = f"{source.wait_until:%Y-%m-%d %H:%M} UTC"
        raise ScrapeError("asked_to_wait", f"Its publisher asked us to stay away until {until}. Try it then.")
    if looking:
        checked = _looked(source.url, fetcher, workers, source.kind, source.announcer, sleep)
    else:
        checked = check_source(source.url, fetcher, workers, kind=source.kind, announcer=source.announcer)
    with snapshot(engine) as session, session.no_autoflush:
        fresh, _ = recognise(session, id_of(source), [each.entry for each in checked.entries])
    new = {(each.title, each.link, each.published_at) for each in fresh}
    marked = tuple(
        replace(each, is_new=(each.entry.title, each.entry.link, each.entry.published_at) in new)
        for each in checked.entries
    )
    return replace(checked, entries=marked)


def try_stored(engine: Engine, settings: Settings, source: Source, now: datetime) -> Checked:
    """`try_source` for a person who is looking, with a fetcher and a child of its own."""
    with _in_a_moment(settings) as (fetcher, workers):
        return try_source(engine, source, fetcher, workers, now, looking=True)


@contextmanager
def _in_a_moment(settings: Settings) -> Iterator[tuple[Fetches, Parses]]:
    """A fetcher and a child for who waits before a page, whom it is told in words where that takes too long."""
    with (
        make_fetcher(settings, patience_s=PATIENCE_S) as fetcher,
        Workers(count=1, timeout_s=PARSING_S) as workers,
    ):
        try:
            yield fetcher, workers
        except FetchError as error:
            if error.code != "timeout":
                raise
            raise FetchError(error.code, SLOW) from error


def _looked(
    url: str, fetcher: Fetches, workers: Parses, kind: str, announcer: Announcer, pause: Pause
) -> Checked:
    try:
        return check_source(url, fetcher, workers, kind=kind, announcer=announcer)
    except ScrapeError as error:
        named = error.suggested if isinstance(error, ParseError) else ()
        feeds = _unique([*known_feeds(url), *named], url)
        if not feeds and error.code in WORTH_LOOKING:
            feeds = tuple(_found(url, fetcher, workers, pause))
        if not feeds:
            raise
        raise _with_feeds(error, feeds) from error


def _found(url: str, fetcher: Fetches, workers: Parses, pause: Pause) -> Iterator[str]:
    """The first usual address of a feed that holds one; before each the host is left alone for a while."""
    began = monotonic()
    wait_s = 0 if host_of(url) in ("localhost", "127.0.0.1", "::1") else SAME_HOST_PAUSE.total_seconds()
    for address in likely_feeds(url):
        if monotonic() - began > LOOKING.total_seconds():
            return
        pause(wait_s)
        try:
            yield check_source(address, fetcher, workers).url
            return
        except ScrapeError as error:
            if error.code in HOST_REFUSES:
                return


def _unique(feeds: Sequence[str], own: str) -> tuple[str, ...]:
    by_key = {canonical_url(each): each for each in reversed(feeds)}
    by_key.pop(canonical_url(own), None)
    return tuple(by_key.values())[::-1]


def _with_feeds(error: ScrapeError, feeds: tuple[str, ...]) -> ParseError:
    """The same trouble, and what to pick instead."""
    what = error.sentence.split(". ")[0].rstrip(".")
    pick = "Pick the feed below." if len(feeds) == 1 else f"Pick one of these {len(feeds)} feeds."
    return ParseError(error.code, f"{what}. {pick}", suggested=feeds, status=error.status)

"""From the entries of one visit to rows, each entry once for ever, however often it is served or edited.

What they propose is proposing.py's; what the visit did to its source (validators, due time, health) is
services/sources/visits.py's.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.domain.proposal import EXTRACTOR_VERSION, Announcer, Proposal
from registry.domain.values import dataclass
from registry.services.entries.judging import Judge
from registry.services.entries.proposing import Proposed, Read, propose_all
from registry.services.entries.reading import proposal_of, read, reading_of
from registry.services.entries.recognition import recognise
from registry.services.people.acting import REGISTRY, record
from registry.services.sources import polling
from registry.store import intake_rules, tables
from registry.store.columns import id_of
from registry.store.engine import reserve_ids, write_all
from registry.store.entries import NewEntry
from registry.store.tables import EntryRevision, Source
from scrapers.entry import MAX_ENTRIES, Entry
from scrapers.links import repository_number

NEWEST_AT_FIRST = 50
DAYS_AT_FIRST = 90
FLOOD_COUNT = 50
FLOOD_SHARE = 0.8
MAX_REVISIONS = 20
MAX_LINK = 2_000


@dataclass
class Brought:
    """What one visit added. `held` counts new entries held back because there were suspiciously many."""

    entries: int = 0
    new: int = 0
    revised: int = 0
    candidates: int = 0
    mentions: int = 0
    tool_events: int = 0
    held: int = 0
    verdicts: int = 0
    """Of another registry: how many are new, or say something else now."""
    note: str = ""

    def add(self, proposed: Proposed) -> None:
        self.candidates += proposed.candidates
        self.mentions += proposed.mentions
        self.tool_events += proposed.tool_events

    @property
    def anything(self) -> bool:
        return bool(self.new or self.revised or self.verdicts)


@dataclass(frozen=True)
class Arrival:
    """The entries that one visit found, newest first. `first`: nothing of their source is stored yet."""

    source: Source
    found: Sequence[Entry]
    at: datetime
    first: bool
    home: str = ""


def record_entries(
    session: Session, source: Source, found: Sequence[Entry], *, first: bool, home: str = "", now: datetime
) -> Brought:
    """`record_arrivals` of one visit."""
    return record_arrivals(session, [Arrival(source, found, now, first, home)], now)[0]


def record_arrivals(session: Session, arrivals: Sequence[Arrival], now: datetime) -> list[Brought]:
    """Store what was not yet there and propose candidates from it; replaying the same entries changes nothing.

    Of a source's first visit the newest 50 and those of the last 90 days propose candidates; the rest is recorded as
    seen. A flood of new keys in a source that is known is held back. Gives what each visit added, in their order.
    """
    came = [_sorted_out(session, arrival) for arrival in arrivals]
    reads = [own for each in came for own in each.reads]
    for each, entry_id in zip(reads, reserve_ids(session, tables.Entry, len(reads)), strict=True):
        each.row.id = entry_id
    rules = intake_rules.standing(session) if reads else []
    judges = [Judge(session, each.source_id, now, rules) for each in came]
    let_in = [judge.let_in(each.proposing) for judge, each in zip(judges, came, strict=True)]
    write_all(session, tables.Entry, [vars(each.row) for each in reads])
    proposed = propose_all(session, [own for some in let_in for own in some], now=now)
    for judge, own, some in zip(judges, let_in, came, strict=True):
        judge.label(own)
        some.brought.add(proposed[some.source_id])
    return [each.brought for each in came]


@dataclass(frozen=True)
class _SortedOut:
    """One visit's entries, those known already written down as what they are now."""

    source_id: int
    reads: Sequence[Read]
    """What is new, oldest first, its rows without their ids."""
    brought: Brought

    @property
    def proposing(self) -> list[Read]:
        return [] if self.brought.held else [each for each in self.reads if not each.row.only_seen]


def _sorted_out(session: Session, arrival: Arrival) -> _SortedOut:
    source, first, now = arrival.source, arrival.first, arrival.at
    found = [_storable(entry) for entry in arrival.found[:MAX_ENTRIES]]
    brought = Brought(entries=len(found))
    fresh, known = recognise(session, id_of(source), found, home=arrival.home, first=first)
    for entry, row in known:
        row.published_at = row.published_at or entry.published_at
        brought.revised += _revise(session, entry, row, now)
    brought.new = len(fresh)
    if not first and len(fresh) > max(FLOOD_COUNT, FLOOD_SHARE * len(found), _expected(source, fresh, now)):
        brought.held = len(fresh)
        after = {"new": len(fresh), "entries": len(found)}
        record(session, "source.flooded", ("source", source.id), by=REGISTRY, now=now, after=after)
    only_seen = _only_seen(fresh, now) if first else frozenset()
    reads = [
        _new(entry, source, now, held=bool(brought.held), only_seen=entry.key in only_seen)
        for entry in reversed(fresh)
    ]
    return _SortedOut(id_of(source), reads, brought)


def _expected(source: Source, fresh: Sequence[Entry], now: datetime) -> float:
    """How many it may have brought out since it was last read: at twice its usual pace, at most two an hour.

    None where most of them are older by their own dates: these are known ones under other keys, or were kept back.
    A source read once a day gains nothing by it, however small the gaps between its entries.
    """
    since = source.succeeded_at
    if since is None or not source.usual_gap_s:
        return 0
    younger = sum(each.published_at is not None and each.published_at >= since for each in fresh)
    if younger < FLOOD_SHARE * len(fresh):
        return 0
    return 2 * (now - since).total_seconds() / max(source.usual_gap_s, polling.HOUR)


def would_propose(
    found: Sequence[Entry], announcer: Announcer, kind: str = ""
) -> list[tuple[Entry, Proposal]]:
    """What each entry would propose, without touching the store; `kind` is its source's kind of scraper."""
    return [(entry, proposal_of(entry, announcer, kind)) for entry in found]


def read_again(row: tables.Entry, source: Source) -> Read:
    """A stored entry as if it were just read, by today's extractor."""
    entry = Entry(
        key=row.key,
        second_key=row.second_key,
        title=row.title,
        link=row.link,
        canonical_link=row.canonical_link,
        summary=row.summary,
        author=row.author,
        tags=tuple(row.tags),
        related=row.related,
        published_at=row.published_at,
        content_hash=row.content_hash,
    )
    said = read(entry, source.announcer, source.kind)
    return Read(entry, row, said, repository_number(entry.key, source.url))


def take_reading(read: Read) -> None:
    """Write down what today's extractor says the entry is."""
    read.row.kind, read.row.signal = read.proposal.kind, read.proposal.signal.value
    read.row.extractor_version = EXTRACTOR_VERSION


def _storable(entry: Entry) -> Entry:
    """Without what a database refuses: characters that no text holds, and addresses longer than any real one."""
    longest = max(len(entry.link), len(entry.canonical_link), len(entry.related))
    texts = (entry.key, entry.second_key, entry.title, entry.link, entry.canonical_link, entry.summary)
    text = "".join((*texts, entry.author, entry.related, *entry.tags))
    if longest <= MAX_LINK and entry.second_key and _plain(text) == text:
        return entry
    fits = len(entry.canonical_link) <= MAX_LINK
    return replace(
        entry,
        key=_plain(entry.key)[:500],
        second_key=_plain(entry.second_key or entry.key)[:500],
        title=_plain(entry.title)[:1000],
        link=_plain(entry.link) if len(entry.link) <= MAX_LINK else "",
        canonical_link=_plain(entry.canonical_link) if fits else "",
        summary=_plain(entry.summary)[:2000],
        author=_plain(entry.author)[:200],
        tags=tuple(_plain(tag) for tag in entry.tags),
        related=_plain(entry.related) if len(entry.related) <= MAX_LINK else "",
        reading=None,
    )


def _plain(text: str) -> str:
    plain = text.isascii() and "\0" not in text
    return text if plain else text.replace("\0", "").encode("utf-8", "replace").decode()


def _revise(session: Session, entry: Entry, row: tables.Entry, now: datetime) -> bool:
    """Keep what an entry said before it was edited; after 20 edits it is frozen."""
    if row.content_hash == entry.content_hash or row.revision > MAX_REVISIONS:
        return False
    session.add(
        EntryRevision(
            entry_id=id_of(row),
            number=row.revision,
            title=row.title,
            link=row.link,
            summary=row.summary,
            content_hash=row.content_hash,
            replaced_at=now,
        )
    )
    row.title, row.link, row.summary = entry.title, entry.link, entry.summary
    row.tags, row.related = list(entry.tags), entry.related
    row.canonical_link, row.content_hash = entry.canonical_link, entry.content_hash
    row.revision += 1
    session.add(row)
    return True


def _new(entry: Entry, source: Source, now: datetime, *, held: bool, only_seen: bool) -> Read:
    """An entry that nobody knew, beside the row that it will have."""
    said = reading_of(entry, source.announcer, source.kind)
    row = NewEntry(
        source_id=id_of(source),
        key=entry.key,
        second_key=entry.second_key,
        title=entry.title,
        link=entry.link,
        canonical_link=entry.canonical_link,
        summary=entry.summary,
        author=entry.author,
        tags=entry.tags,
        related=entry.related,
        published_at=entry.published_at,
        seen_at=now,
        content_hash=entry.content_hash,
        kind=said.proposal.kind,
        signal=said.proposal.signal.value,
        extractor_version=EXTRACTOR_VERSION,
        held=held,
        only_seen=only_seen,
    )
    return Read(entry, row, said, repository_number(entry.key, source.url))


def _only_seen(fresh: Sequence[Entry], now: datetime) -> frozenset[str]:
    """Keys of those that propose nothing on a first visit: older than 90 days and not among the newest 50."""
    since = now - timedelta(days=DAYS_AT_FIRST)
    return frozenset(
        entry.key
        for entry in fresh[NEWEST_AT_FIRST:]
        if entry.published_at is None or entry.published_at < since
    )

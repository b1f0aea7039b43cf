"""From the entries of one visit to rows, each entry once for ever, however often it is served or edited.

What they propose is services/proposing.py's; what the visit did to its source (validators, due time, health) is
services/visits.py's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.domain.proposal import EXTRACTOR_VERSION, Announcer, Proposal
from registry.services.acting import REGISTRY, record
from registry.services.judging import Judge
from registry.services.proposing import Read, proposal_of, propose_all
from registry.services.recognition import recognise
from registry.store import tables
from registry.store.columns import id_of
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

    @property
    def anything(self) -> bool:
        return bool(self.new or self.revised)


def record_entries(
    session: Session, source: Source, found: Sequence[Entry], *, first: bool, home: str = "", now: datetime
) -> Brought:
    """Store what was not yet there and propose candidates from it; replaying the same entries changes nothing.

    `found` is newest first. Of a source's first visit the newest 50 and those of the last 90 days propose
    candidates; the rest is recorded as seen. A flood of new keys in a source that is known is held back.
    """
    found = [_storable(entry) for entry in found[:MAX_ENTRIES]]
    brought = Brought(entries=len(found))
    fresh, known = recognise(session, id_of(source), found, home=home)
    for entry, row in known:
        row.published_at = row.published_at or entry.published_at
        brought.revised += _revise(session, entry, row, now)
    reads = [_add(session, source, entry, now) for entry in reversed(fresh)]
    brought.new = len(reads)
    session.flush()
    proposing = _proposing(reads, first, now)
    if not first and len(fresh) > FLOOD_COUNT and len(fresh) > FLOOD_SHARE * len(found):
        brought.held = len(fresh)
        for read in reads:
            read.row.held = True
        record(
            session,
            "source.flooded",
            ("source", source.id),
            by=REGISTRY,
            now=now,
            after={"new": len(fresh), "entries": len(found)},
        )
    judge = Judge(session, id_of(source), now)
    proposing = judge.let_in([] if brought.held else proposing)
    proposed = propose_all(session, proposing, now=now)
    judge.label(proposing)
    brought.candidates, brought.mentions = proposed.candidates, proposed.mentions
    brought.tool_events = proposed.tool_events
    return brought


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
    return _read(entry, row, proposal_of(entry, source.announcer, source.kind), source)


def take_reading(read: Read) -> None:
    """Write down what today's extractor says the entry is."""
    read.row.kind, read.row.signal = read.proposal.kind, read.proposal.signal.value
    read.row.extractor_version = EXTRACTOR_VERSION


def _storable(entry: Entry) -> Entry:
    """Without what a database refuses: characters that no text holds, and addresses longer than any real one."""
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
    )


def _plain(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


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


def _add(session: Session, source: Source, entry: Entry, now: datetime) -> Read:
    proposal = proposal_of(entry, source.announcer, source.kind)
    row = tables.Entry(
        source_id=id_of(source),
        key=entry.key,
        second_key=entry.second_key,
        title=entry.title,
        link=entry.link,
        canonical_link=entry.canonical_link,
        summary=entry.summary,
        author=entry.author,
        tags=list(entry.tags),
        related=entry.related,
        published_at=entry.published_at,
        seen_at=now,
        content_hash=entry.content_hash,
        kind=proposal.kind,
        signal=proposal.signal.value,
        extractor_version=EXTRACTOR_VERSION,
    )
    session.add(row)
    return _read(entry, row, proposal, source)


def _read(entry: Entry, row: tables.Entry, proposal: Proposal, source: Source) -> Read:
    return Read(entry, row, proposal, source.announcer, repository_number(entry.key, source.url))


def _proposing(reads: Sequence[Read], first: bool, now: datetime) -> list[Read]:
    """Those that may propose, oldest first as they came; of a first visit the others are marked as only seen."""
    if not first:
        return list(reads)
    since = now - timedelta(days=DAYS_AT_FIRST)
    newest = len(reads) - NEWEST_AT_FIRST
    proposing = []
    for place, read in enumerate(reads):
        published = read.entry.published_at
        read.row.only_seen = place < newest and (published is None or published < since)
        if not read.row.only_seen:
            proposing.append(read)
    return proposing

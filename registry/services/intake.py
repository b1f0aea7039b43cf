"""From the entries of one visit to rows: each entry once for ever, its mention, the candidate or tool it speaks of.

What the visit itself did to its source (validators, due time, health) is services/visits.py's.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.domain.identity import name_key
from registry.domain.proposal import EXTRACTOR_VERSION, Announcer, EntryKind, Proposal, propose
from registry.domain.triage import CandidateStatus, is_due, move
from registry.services.acting import REGISTRY, record
from registry.services.ownership import alias_kind, standing, strong_key, tool_by_name, tools_by_link
from registry.store import candidates, entries, tables
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import AliasKind, Candidate, EntryRevision, Mention, Source
from scrapers.entry import MAX_ENTRIES, Entry
from scrapers.links import identity_key

NEWEST_AT_FIRST = 50
DAYS_AT_FIRST = 90
FLOOD_COUNT = 50
FLOOD_SHARE = 0.8
MAX_REVISIONS = 20
MAX_LINK = 2_000
PROPOSING = frozenset({EntryKind.TOOL, EntryKind.VERSION})
ONE_VOICE = frozenset({Announcer.VENDOR_BLOG, Announcer.OTHER_REGISTRY})
"""Sources in which the same name is the same tool, whichever article speaks of it."""


@dataclass
class Brought:
    """What one visit added. `held` counts new entries recorded as seen because there were suspiciously many."""

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


@dataclass(frozen=True)
class _Read:
    """A new entry beside its row and what it proposes."""

    entry: Entry
    row: tables.Entry
    proposal: Proposal
    announcer: Announcer


@dataclass
class _Known:
    """What the proposals of one visit may meet: tools by link, candidates by strong key and by canonical link."""

    tools: Mapping[str, tables.Alias]
    by_identity: dict[str, Candidate]
    by_link: dict[str, Candidate]
    by_name: dict[str, Candidate]
    """Of one vendor's own blog, or of one other registry: there a name means one thing."""
    touched: set[int] = field(default_factory=set)


def record_entries(
    session: Session, source: Source, found: Sequence[Entry], *, first: bool, home: str = "", now: datetime
) -> Brought:
    """Store what was not yet there and propose candidates from it; replaying the same entries changes nothing.

    `found` is newest first. Of a source's first visit the newest 50 and those of the last 90 days propose
    candidates; the rest is recorded as seen, and so is a flood of new keys in a source that is known.
    """
    found = [_storable(entry) for entry in found[:MAX_ENTRIES]]
    brought = Brought(entries=len(found))
    fresh, known = _parted(session, source, found, home)
    for entry, row in known:
        brought.revised += _revise(session, entry, row, now)
    reads = [_add(session, source, entry, now) for entry in reversed(fresh)]
    brought.new = len(reads)
    session.flush()
    proposing = _proposing(reads, first, now)
    if not first and len(fresh) > FLOOD_COUNT and len(fresh) > FLOOD_SHARE * len(found):
        brought.held, proposing = len(fresh), []
        record(
            session,
            "source.flooded",
            ("source", source.id),
            by=REGISTRY,
            now=now,
            after={"new": len(fresh), "entries": len(found)},
        )
    _propose_all(session, proposing, brought, now)
    return brought


def would_propose(found: Sequence[Entry], announcer: Announcer) -> list[tuple[Entry, Proposal]]:
    """What each entry would propose, without touching the store."""
    return [(entry, _proposal(entry, announcer)) for entry in found]


def _parted(
    session: Session, source: Source, found: Sequence[Entry], home: str
) -> tuple[list[Entry], list[tuple[Entry, tables.Entry]]]:
    """Parts what is new from what is known, by key, second key, or a canonical link that stands for one entry alone."""
    rows = entries.known(
        session,
        id_of(source),
        {entry.key for entry in found},
        {_second(entry) for entry in found},
        {entry.canonical_link for entry in found},
    )
    by_key = {row.key: row for row in rows}
    by_second = {row.second_key: row for row in rows}
    present = {entry.key for entry in found} | {_second(entry) for entry in found}
    times = Counter(entry.canonical_link for entry in found)
    # An entry whose old key still stands in the feed did not change its key: then one link serves two entries.
    by_link = {
        row.canonical_link: row
        for row in rows
        if row.key not in present and row.second_key not in present and times[row.canonical_link] == 1
    }
    by_link.pop(home, None)
    fresh: list[Entry] = []
    known: list[tuple[Entry, tables.Entry]] = []
    seen_keys: set[str] = set()
    matched: set[int | None] = set()
    for entry in found:
        row = (
            by_key.get(entry.key) or by_second.get(_second(entry)) or by_link.get(entry.canonical_link or " ")
        )
        if row is not None:
            if row.id not in matched:
                known.append((entry, row))
            matched.add(row.id)
        elif entry.key not in seen_keys and _second(entry) not in seen_keys:
            fresh.append(entry)
            seen_keys |= {entry.key, _second(entry)}
    return fresh, known


def _storable(entry: Entry) -> Entry:
    """Without what a database refuses: characters that no text holds, and addresses longer than any real one."""
    fits = len(entry.canonical_link) <= MAX_LINK
    return replace(
        entry,
        key=_plain(entry.key)[:500],
        second_key=_plain(entry.second_key)[:500],
        title=_plain(entry.title)[:1000],
        link=_plain(entry.link) if len(entry.link) <= MAX_LINK else "",
        canonical_link=_plain(entry.canonical_link) if fits else "",
        summary=_plain(entry.summary)[:2000],
        author=_plain(entry.author)[:200],
    )


def _plain(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _second(entry: Entry) -> str:
    return entry.second_key or entry.key


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
    row.canonical_link, row.content_hash = entry.canonical_link, entry.content_hash
    row.revision += 1
    session.add(row)
    return True


def _add(session: Session, source: Source, entry: Entry, now: datetime) -> _Read:
    proposal = _proposal(entry, source.announcer)
    row = tables.Entry(
        source_id=id_of(source),
        key=entry.key,
        second_key=_second(entry),
        title=entry.title,
        link=entry.link,
        canonical_link=entry.canonical_link,
        summary=entry.summary,
        author=entry.author,
        published_at=entry.published_at,
        seen_at=now,
        content_hash=entry.content_hash,
        kind=proposal.kind,
        extractor_version=EXTRACTOR_VERSION,
    )
    session.add(row)
    return _Read(entry, row, proposal, source.announcer)


def _proposal(entry: Entry, announcer: Announcer) -> Proposal:
    return propose(
        title=entry.title, link=entry.link, identity_key=identity_key(entry.link), announcer=announcer
    )


def _proposing(reads: Sequence[_Read], first: bool, now: datetime) -> list[_Read]:
    """`reads` is oldest first, and so is what is given."""
    if not first:
        return list(reads)
    since = now - timedelta(days=DAYS_AT_FIRST)
    newest = len(reads) - NEWEST_AT_FIRST
    return [
        read
        for place, read in enumerate(reads)
        if place >= newest or (read.entry.published_at is not None and read.entry.published_at >= since)
    ]


def _propose_all(session: Session, reads: Sequence[_Read], brought: Brought, now: datetime) -> None:
    if not reads:
        return
    serialise(session, "candidates")
    known = _what_is_known(session, reads)
    for read in reads:
        tool_id = _tool_of(session, read, known)
        if tool_id is not None:
            _tell_tool(session, tool_id, read, now)
            brought.tool_events += 1
        elif read.proposal.kind in PROPOSING and read.proposal.name:
            brought.candidates += _mention(session, read, known, now)
            brought.mentions += 1
    session.flush()
    _wake(session, known.touched, now)


def _what_is_known(session: Session, reads: Sequence[_Read]) -> _Known:
    links = {link for read in reads for link in (read.entry.link, read.proposal.homepage) if link}
    by_link = entries.candidates_by_link(session, {read.entry.canonical_link for read in reads})
    named = candidates.by_id(session, set(by_link.values()))
    return _Known(
        tools=tools_by_link(session, links),
        by_identity=dict(candidates.by_identity(session, {_identity(read) for read in reads})),
        by_link={link: named[candidate_id] for link, candidate_id in by_link.items()},
        by_name=candidates.by_name_in_source(
            session, reads[0].row.source_id, {_name(read) for read in reads}
        ),
    )


def _name(read: _Read) -> str:
    """The name key by which a source of one voice knows what it speaks of; empty in any other source."""
    return name_key(read.proposal.name)[:120] if read.announcer in ONE_VOICE else ""


def _identity(read: _Read) -> str:
    """The strong key of what is proposed: of its home page, else of its launch page, repository or package.

    A vendor announces many tools on one domain, so that the domain of a headline's link tells nothing.
    """
    identity = strong_key(read.proposal.homepage or read.entry.link)
    headline = read.announcer in (Announcer.VENDOR_BLOG, Announcer.NEWS)
    return "" if headline and alias_kind(identity) is AliasKind.DOMAIN else identity


def _tool_of(session: Session, read: _Read, known: _Known) -> int | None:
    alias = known.tools.get(read.proposal.homepage) or known.tools.get(read.entry.link)
    only_tells = read.proposal.kind is EntryKind.RISK or read.announcer is Announcer.OTHER_REGISTRY
    if alias is None and only_tells and read.proposal.name:
        # Its link leads to a register of risks or of verdicts and not to the tool; it tells, and merges nothing.
        alias = tool_by_name(session, name_key(read.proposal.name))
    return alias.tool_id if alias else None


def _tell_tool(session: Session, tool_id: int, read: _Read, now: datetime) -> None:
    record(
        session,
        "tool.mentioned",
        ("tool", tool_id),
        by=REGISTRY,
        now=now,
        after={
            "entry": read.row.id,
            "kind": read.proposal.kind.value,
            "title": read.entry.title[:300],
            "link": read.entry.link,
        },
    )


def _mention(session: Session, read: _Read, known: _Known, now: datetime) -> bool:
    """Attach the entry to its candidate; True where the candidate is a new one."""
    identity, link = _identity(read), read.entry.canonical_link
    candidate = (
        known.by_identity.get(identity)
        if identity
        else known.by_link.get(link) or known.by_name.get(_name(read))
    )
    made = candidate is None
    if candidate is None:
        candidate = _propose(session, read.proposal, identity, now)
    if identity:
        known.by_identity[identity] = candidate
    elif _name(read):
        known.by_name.setdefault(_name(read), candidate)
    if link:
        known.by_link.setdefault(link, candidate)
    first_id, candidate = id_of(candidate), standing(session, candidate)
    candidate_id = id_of(candidate)
    session.add(
        Mention(entry_id=id_of(read.row), candidate_id=candidate_id, first_candidate_id=first_id, at=now)
    )
    if candidate.status is CandidateStatus.ACCEPTED and candidate.tool_id is not None:
        _tell_tool(session, candidate.tool_id, read, now)
    if candidate.status is CandidateStatus.WATCH:
        known.touched.add(candidate_id)
    return made


def _propose(session: Session, proposal: Proposal, identity: str, now: datetime) -> Candidate:
    candidate = Candidate(
        name=proposal.name[:120],
        name_key=name_key(proposal.name)[:120],
        homepage=proposal.homepage[:2000] if identity else "",
        identity=identity or None,
        tagline=proposal.tagline[:500],
        method=proposal.method[:60],
        sure=proposal.sure,
        seen_at=now,
    )
    session.add(candidate)
    session.flush()
    record(
        session,
        "candidate.proposed",
        ("candidate", candidate.id),
        by=REGISTRY,
        now=now,
        after={"name": candidate.name, "homepage": candidate.homepage},
    )
    return candidate


def _wake(session: Session, candidate_ids: Collection[int], now: datetime) -> None:
    """Candidates on watch become new again when enough fresh mentions came in."""
    interest = candidates.fresh_interest(session, candidate_ids)
    for candidate in candidates.by_id(session, candidate_ids).values():
        mentions, requests = interest[id_of(candidate)]
        if is_due(candidate.status, candidate.watch_until, now.date(), mentions, requests):
            wake(session, candidate, cause=f"{mentions} fresh mentions and {requests} requests", now=now)


def wake(session: Session, candidate: Candidate, *, cause: str, now: datetime) -> None:
    """Make a candidate on watch new again by itself; the event names what woke it."""
    before = {"status": candidate.status.value, "watch_until": str(candidate.watch_until)}
    candidate.status = move(candidate.status, "reopen")
    candidate.watch_until, candidate.closed_at, candidate.closed_by_id = None, None, None
    candidate.version += 1
    session.add(candidate)
    record(
        session,
        "candidate.woke",
        ("candidate", candidate.id),
        by=REGISTRY,
        now=now,
        before=before,
        after={"status": candidate.status.value, "cause": cause},
    )

"""Stored entries read again by today's extractor: what they say of tools gets better, what people decided stays.

What an entry proposes is the domain's; how a proposal finds its tool or candidate is proposing.py's.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.domain.proposal import EXTRACTOR_VERSION
from registry.domain.triage import CandidateStatus
from registry.domain.values import dataclass
from registry.services.entries.intake import read_again, take_reading
from registry.services.entries.judging import Judge
from registry.services.entries.proposing import PROPOSING, Read, as_candidate, propose_all
from registry.services.people.acting import REGISTRY, record
from registry.store import candidates, entries, events
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.entries import NewEntry
from registry.store.tables import Candidate, Entry, Source

AT_ONCE = 100
"""Whoever asks for a tool meanwhile waits for so many."""
BETTERED = ("name", "homepage", "tagline", "method", "sure", "findings")
"""Fields of a candidate that come from the extractor; name key and identity follow from the first two."""
TOLD = ("name", "homepage", "tagline")


@dataclass(frozen=True)
class Change:
    """What is otherwise than before, for one entry or one candidate."""

    entry_id: int | None
    candidate_id: int | None
    title: str
    """Of the entry, or the candidate's name as it was."""
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass
class Reread:
    """What one batch, or all of them, came to."""

    entries: int = 0
    kinds: int = 0
    """Entries of another kind, or with another meaning for tools in use, than before."""
    candidates: int = 0
    mentions: int = 0
    tool_events: int = 0
    bettered: int = 0
    """Candidates that nobody has touched and that are called otherwise now."""
    changes: list[Change] = field(default_factory=list)

    def add(self, other: "Reread") -> None:
        for name in ("entries", "kinds", "candidates", "mentions", "tool_events", "bettered"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.changes += other.changes


def ahead(session: Session, *, source_ids: Collection[int] | None = None) -> int:
    """How many entries another version of the extractor has read."""
    return entries.count_outdated(session, EXTRACTOR_VERSION, source_ids=source_ids)


def read_batch(
    session: Session, *, source_ids: Collection[int] | None = None, after: int = 0, now: datetime
) -> tuple[Reread, int]:
    """Read the next ones again, beyond the entry `after`; gives what came of it and the last entry's id, 0 at the end.

    An entry that is something else than it was proposes what it names, unless it is held, blocked, recorded as
    seen alone, or has been heard before. An entry that speaks of a candidate goes on to speak of that one.
    """
    rows = entries.outdated(session, EXTRACTOR_VERSION, source_ids=source_ids, after=after, limit=AT_ONCE)
    if not rows:
        return Reread(), 0
    serialise(session, "candidates")
    owners = {source_id: session.get_one(Source, source_id) for source_id in {row.source_id for row in rows}}
    before = {id_of(row): _described(row) for row in rows}
    reads = [read_again(row, owners[row.source_id]) for row in rows]
    spoken = entries.spoken_of(session, before)
    found = Reread(entries=len(rows))
    changed = []
    for read in reads:
        take_reading(read)
        session.add(read.row)
        was, is_now = before[id_of(read.row)], _described(read.row)
        if was != is_now:
            changed.append(read)
            found.changes.append(Change(id_of(read.row), None, read.row.title, was, is_now))
    found.kinds = len(changed)
    session.flush()
    _propose(session, _silent(session, changed, spoken), found, now)
    for change in _better(session, set(spoken.values()), now):
        found.bettered += 1
        found.changes.append(change)
    return found, id_of(rows[-1])


def _described(row: Entry | NewEntry) -> dict[str, str]:
    return {"kind": row.kind.value, "signal": row.signal}


def _silent(session: Session, reads: Iterable[Read], spoken: Collection[int]) -> list[Read]:
    """Those that may propose and never did: neither a candidate nor a tool has heard of them."""
    may = [
        read
        for read in reads
        if id_of(read.row) not in spoken
        and not (read.row.held or read.row.only_seen or read.row.blocked_by_id is not None)
    ]
    if not may:
        return []
    told = events.told_of(session, "tool.mentioned", "entry", {id_of(read.row) for read in may})
    return [read for read in may if id_of(read.row) not in told]


def _propose(session: Session, reads: Sequence[Read], found: Reread, now: datetime) -> None:
    by_source: dict[int, list[Read]] = {}
    for read in reads:
        by_source.setdefault(read.row.source_id, []).append(read)
    for source_id, own in by_source.items():
        judge = Judge(session, source_id, now)
        passed = judge.let_in(own)
        session.flush()
        proposed = propose_all(session, passed, now=now)[source_id]
        judge.label(passed)
        found.candidates += proposed.candidates
        found.mentions += proposed.mentions
        found.tool_events += proposed.tool_events
        made = entries.spoken_of(session, [id_of(read.row) for read in passed])
        found.changes += [
            Change(
                id_of(read.row), made[id_of(read.row)], read.entry.title, {}, {"proposes": read.proposal.name}
            )
            for read in passed
            if id_of(read.row) in made
        ]


def _better(session: Session, candidate_ids: Collection[int], now: datetime) -> Iterable[Change]:
    """Candidates that are new, that nobody has touched, and of which every entry says the same by now."""
    waiting = {
        candidate_id: each
        for candidate_id, each in candidates.by_id(session, candidate_ids).items()
        if each.status is CandidateStatus.NEW
    }
    touched = events.of_people(session, "candidate", set(waiting), registry=REGISTRY.name)
    speaking = entries.speaking_of(session, set(waiting) - touched)
    for candidate_id in sorted(speaking):
        wanted = _agreed([read_again(*each) for each in speaking[candidate_id]], now)
        if wanted is not None and (change := _renew(session, waiting[candidate_id], wanted, now)):
            yield change


def _agreed(reads: Sequence[Read], now: datetime) -> Candidate | None:
    """What the first of them says, where all of them propose the same tool at the same place."""
    if any(read.proposal.kind not in PROPOSING or not read.proposal.name for read in reads):
        return None
    said = [as_candidate(read, now) for read in reads]
    first = said[0]
    same = all((each.name_key, each.identity) == (first.name_key, first.identity) for each in said)
    return first if same else None


def _renew(session: Session, candidate: Candidate, wanted: Candidate, now: datetime) -> Change | None:
    if wanted.identity and wanted.identity != candidate.identity:
        owner = candidates.find_by_identity(session, wanted.identity)
        if owner is not None and owner.id != candidate.id:
            return None  # two candidates for one tool: a person merges them
    before = _fields(candidate)
    if before == _fields(wanted):
        return None
    for name in (*BETTERED, "name_key", "identity"):
        setattr(candidate, name, getattr(wanted, name))
    candidate.version += 1
    session.add(candidate)
    session.flush()
    was = {name: str(before[name]) for name in TOLD if before[name] != getattr(candidate, name)}
    is_now = {name: str(getattr(candidate, name)) for name in was}
    subject = ("candidate", candidate.id)
    record(session, "candidate.reread", subject, by=REGISTRY, now=now, before=was, after=is_now)
    return Change(None, candidate.id, str(before["name"]), was, is_now)


def _fields(candidate: Candidate) -> dict[str, Any]:
    return {name: getattr(candidate, name) for name in (*BETTERED, "identity")}

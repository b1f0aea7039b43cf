"""From entries just read to what they speak of: a mention of a candidate, a new candidate, or a tool told of it.

Which entries may propose is services/intake.py's.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from registry.domain.identity import name_key
from registry.domain.proposal import Announcer, EntryKind, Proposal
from registry.domain.triage import CandidateStatus, is_due, move
from registry.services.acting import REGISTRY, record
from registry.services.ownership import alias_kind, standing, strong_key, tool_by_name, tools_by_link
from registry.store import candidates, entries, tables
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import AliasKind, Candidate, Mention
from scrapers.entry import Entry

PROPOSING = frozenset({EntryKind.TOOL, EntryKind.VERSION})
ONE_VOICE = frozenset({Announcer.VENDOR_BLOG, Announcer.OTHER_REGISTRY})
"""Sources in which the same name is the same tool, whichever article speaks of it."""


@dataclass
class Proposed:
    """How many candidates are new, mentions were added to candidates, and tools were told."""

    candidates: int = 0
    mentions: int = 0
    tool_events: int = 0


@dataclass(frozen=True)
class Read:
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


def propose_all(session: Session, reads: Sequence[Read], *, now: datetime) -> Proposed:
    """Lead each entry, oldest first, to the tool or the candidate it speaks of, making candidates where none is."""
    told = Proposed()
    if not reads:
        return told
    serialise(session, "candidates")
    known = _what_is_known(session, reads)
    for read in reads:
        tool_id = _tool_of(session, read, known)
        if tool_id is not None:
            _tell_tool(session, tool_id, read, now)
            told.tool_events += 1
        elif read.proposal.kind in PROPOSING and read.proposal.name:
            told.candidates += _mention(session, read, known, now)
            told.mentions += 1
    session.flush()
    _wake(session, known.touched, now)
    return told


def _what_is_known(session: Session, reads: Sequence[Read]) -> _Known:
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


def _name(read: Read) -> str:
    """The name key by which a source of one voice knows what it speaks of; empty in any other source."""
    return name_key(read.proposal.name)[:120] if read.announcer in ONE_VOICE else ""


def _identity(read: Read) -> str:
    """The strong key of what is proposed: of its home page, else of its launch page, repository or package.

    A vendor announces many tools on one domain, so that the domain of a headline's link tells nothing.
    """
    identity = strong_key(read.proposal.homepage or read.entry.link)
    headline = read.announcer in (Announcer.VENDOR_BLOG, Announcer.NEWS)
    return "" if headline and alias_kind(identity) is AliasKind.DOMAIN else identity


def _tool_of(session: Session, read: Read, known: _Known) -> int | None:
    alias = known.tools.get(read.proposal.homepage) or known.tools.get(read.entry.link)
    only_tells = read.proposal.kind is EntryKind.RISK or read.announcer is Announcer.OTHER_REGISTRY
    if alias is None and only_tells and read.proposal.name:
        # Its link leads to a register of risks or of verdicts and not to the tool; it tells, and merges nothing.
        alias = tool_by_name(session, name_key(read.proposal.name))
    return alias.tool_id if alias else None


def _tell_tool(session: Session, tool_id: int, read: Read, now: datetime) -> None:
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


def _mention(session: Session, read: Read, known: _Known, now: datetime) -> bool:
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


def as_candidate(read: Read, now: datetime) -> Candidate:
    """The candidate that this entry would make if nothing of it were known; stored by nobody."""
    proposal, identity = read.proposal, _identity(read)
    return Candidate(
        name=proposal.name[:120],
        name_key=name_key(proposal.name)[:120],
        homepage=proposal.homepage[:2000] if identity else "",
        identity=identity or None,
        tagline=proposal.tagline[:500],
        method=proposal.method[:60],
        sure=proposal.sure,
        findings=[found.as_row() for found in proposal.findings],
        seen_at=now,
    )


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

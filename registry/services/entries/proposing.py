"""From entries just read to what they speak of: a mention of a candidate, a new candidate, or a tool told of it.

Which entries may propose is intake.py's. Its queries do not grow with the number of entries.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.domain.identity import name_key
from registry.domain.proposal import Announcer, EntryKind, Proposal, Signal
from registry.domain.triage import CandidateStatus
from registry.domain.values import dataclass
from registry.domain.version_name import is_major
from registry.services.candidates.waking import wake_much_spoken_of
from registry.services.entries.affected import (
    Makers,
    affected,
    domain_label,
    makers,
    names_to_ask,
    told_by_its_maker,
)
from registry.services.entries.learning import Repository, learn
from registry.services.entries.ownership import aliases_of, all_standing
from registry.services.entries.reading import Reading
from registry.services.people.acting import REGISTRY, event_of, record_all
from registry.store import candidates, entries, events, tables, tools
from registry.store.columns import id_of
from registry.store.engine import reserve_ids, serialise, write_all
from registry.store.entries import NewEntry
from registry.store.tables import Alias, AliasKind, Candidate, Mention, Tool
from scrapers.entry import Entry

PROPOSING = frozenset({EntryKind.TOOL, EntryKind.VERSION})
ONE_VOICE = frozenset({Announcer.VENDOR_BLOG, Announcer.RELEASES, Announcer.OTHER_REGISTRY})
"""Sources in which the same name is the same tool, whichever article speaks of it."""
VERSIONS_LOOKED_AT = 500


@dataclass
class Proposed:
    """How many candidates are new, mentions were added to candidates, and tools were told."""

    candidates: int = 0
    mentions: int = 0
    tool_events: int = 0


@dataclass(frozen=True)
class Read:
    """An entry that may propose something, beside its row and what it says."""

    entry: Entry
    row: tables.Entry | NewEntry
    reading: Reading
    number: str = ""
    """The repository's number at its code host, `github.com/repositories/12345`, which survives renames."""

    @property
    def proposal(self) -> Proposal:
        return self.reading.proposal

    @property
    def announcer(self) -> Announcer:
        return self.reading.announcer

    @property
    def spoken(self) -> tuple[int, str]:
        """Source and name key, where its source means one thing by a name; the name is empty in any other source."""
        return self.row.source_id, self.reading.name_key if self.announcer in ONE_VOICE else ""


@dataclass(eq=False)
class _New:
    """A candidate that is not written yet, and the source that made it."""

    source_id: int
    values: dict[str, Any]


@dataclass
class _Known:
    """What the proposals of some visits may meet: tools by key, candidates by strong key and by canonical link."""

    tools: Mapping[str, Alias]
    owners: Mapping[int, Tool]
    makers: Makers
    by_number: dict[str, int]
    """Repository number to the tool that has it."""
    by_identity: dict[str, Candidate | _New]
    by_link: dict[str, Candidate | _New]
    by_name: dict[tuple[int, str], Candidate | _New]
    """Of one vendor's own blog, or of one other registry: there a name means one thing."""
    by_repository: dict[str, Candidate | _New]
    standing: Mapping[int, Candidate]


@dataclass
class _Led:
    """Where one entry was led to."""

    read: Read
    tool_id: int | None = None
    candidate: Candidate | _New | None = None


def propose_all(session: Session, reads: Sequence[Read], *, now: datetime) -> Mapping[int, Proposed]:
    """Lead each entry, oldest first, to the tool or the candidate it speaks of, making candidates where none is.

    Gives what came of each source's entries, by its id; every id is in it.
    """
    told = defaultdict[int, Proposed](Proposed)
    if not reads:
        return told
    serialise(session, "candidates")
    known = _what_is_known(session, reads)
    led = [_lead(read, known, now) for read in reads]
    made = list(dict.fromkeys(each.candidate for each in led if isinstance(each.candidate, _New)))
    for new, candidate_id in zip(made, reserve_ids(session, Candidate, len(made)), strict=True):
        new.values["id"] = candidate_id
        told[new.source_id].candidates += 1
    touched, news = set[int](), list[tuple[int, Read]]()
    mentions = list[dict[str, Any]]()
    for each in led:
        own = told[each.read.row.source_id]
        if each.tool_id is not None:
            news.append((each.tool_id, each.read))
            own.tool_events += 1
        own.mentions += each.candidate is not None
        if isinstance(each.candidate, _New):
            candidate_id = each.candidate.values["id"]
            mentions.append(_mention(each.read, candidate_id, candidate_id, now))
        elif each.candidate is not None:
            first = id_of(each.candidate)
            candidate = known.standing.get(first, each.candidate)
            mentions.append(_mention(each.read, first, id_of(candidate), now))
            if candidate.status is CandidateStatus.ACCEPTED and candidate.tool_id not in (None, each.tool_id):
                news.append((candidate.tool_id or 0, each.read))
            if candidate.status is CandidateStatus.WATCH:
                touched.add(id_of(candidate))
    write_all(session, Candidate, [new.values for new in made])
    write_all(session, Mention, mentions)
    record_all(session, [*(_proposed(new, now) for new in made), *_tool_acts(session, news, known, now)])
    session.flush()
    wake_much_spoken_of(session, touched, now)
    return told


def _what_is_known(session: Session, reads: Sequence[Read]) -> _Known:
    by_link = entries.candidates_by_link(session, {read.entry.canonical_link for read in reads})
    owned = aliases_of(session, {key for read in reads for key in read.reading.owner_keys})
    numbers = {read.number for read in reads if read.number}
    by_number = {key: alias.tool_id for key, alias in aliases_of(session, numbers).items()} if numbers else {}
    by_identity = dict(candidates.by_identity(session, {read.reading.identity for read in reads}))
    by_repository = entries.candidates_by_repository(session, numbers - set(by_number))
    named = candidates.by_id(session, {*by_link.values(), *by_repository.values()})
    by_name = candidates.by_name_in_source(session, {read.spoken for read in reads if read.spoken[1]})
    met = [*by_identity.values(), *named.values(), *by_name.values()]
    return _Known(
        tools=owned,
        owners=tools.by_ids(session, {alias.tool_id for alias in owned.values()}),
        makers=_makers(session, reads),
        by_number=by_number,
        by_identity=dict(by_identity),
        by_link={link: named[candidate_id] for link, candidate_id in by_link.items()},
        by_name=dict(by_name),
        by_repository={number: named[candidate_id] for number, candidate_id in by_repository.items()},
        standing=all_standing(session, met),
    )


def _makers(session: Session, reads: Sequence[Read]) -> Makers:
    risks = [read.proposal for read in reads if read.proposal.kind is EntryKind.RISK]
    listed = [read.proposal for read in reads if read.announcer is Announcer.OTHER_REGISTRY]
    labels = {domain_label(read.entry.link) for read in reads if read.announcer is Announcer.VENDOR_BLOG}
    names = {name for proposal in (*risks, *listed) for name in names_to_ask(proposal)}
    owned = {proposal.vendor for proposal in risks}
    return makers(session, owned, labels, names) if names or labels or owned else Makers()


def _name(read: Read) -> str:
    """The name key by which a source of one voice knows what it speaks of; empty in any other source."""
    return name_key(read.proposal.name)[:120] if read.announcer in ONE_VOICE else ""


def _lead(read: Read, known: _Known, now: datetime) -> _Led:
    tool_id = _tool_of(read, known)
    led = _Led(read, tool_id)
    if read.proposal.kind not in PROPOSING or not read.proposal.name:
        return led
    if tool_id is not None and not _is_another(read, tool_id, known):
        return led
    identity, link = read.reading.identity, read.entry.canonical_link
    candidate = known.by_repository.get(read.number) if read.number else None
    candidate = candidate or (
        known.by_identity.get(identity)
        if identity
        else known.by_link.get(link) or known.by_name.get(read.spoken)
    )
    if candidate is None:
        candidate = _New(read.row.source_id, _values(read.reading, now))
    if identity:
        known.by_identity.setdefault(identity, candidate)
    elif read.spoken[1]:
        known.by_name.setdefault(read.spoken, candidate)
    if link:
        known.by_link.setdefault(link, candidate)
    if read.number:
        known.by_repository.setdefault(read.number, candidate)
    led.candidate = candidate
    return led


def _tool_of(read: Read, known: _Known) -> int | None:
    """The tool that the entry certainly speaks of."""
    if read.number in known.by_number:
        return known.by_number[read.number]
    alias = next((known.tools[key] for key in read.reading.owner_keys if key in known.tools), None)
    if read.announcer is Announcer.VENDOR_BLOG:
        return _told_by_maker(read, alias, known)
    if alias is not None:
        return alias.tool_id
    found = None
    if read.proposal.kind is EntryKind.RISK:
        found = affected(read.proposal, known.makers)
    elif read.announcer is Announcer.OTHER_REGISTRY:
        # Its link leads to a register of verdicts and not to the tool; it tells, and merges nothing.
        found = known.makers.by_name.get(name_key(read.proposal.name))
    return id_of(found) if found is not None else None


def _told_by_maker(read: Read, alias: Alias | None, known: _Known) -> int | None:
    """A maker's site tells of many tools: the headline names the one that is meant, or it is about all it owns."""
    owner = known.owners.get(alias.tool_id) if alias else None
    named = told_by_its_maker(
        read.entry.title, read.entry.link, known.makers, [owner] if owner is not None else []
    )
    if named is not None:
        return id_of(named)
    if owner is None or alias is None:
        return None
    whole_page = alias.kind is not AliasKind.DOMAIN
    own_terms = read.proposal.signal is Signal.TERMS
    own_name = name_key(read.proposal.name) in {
        name_key(name) for name in (owner.name, *known.makers.names.get(alias.tool_id, ()))
    }
    return alias.tool_id if whole_page or own_terms or own_name else None


def _is_another(read: Read, tool_id: int, known: _Known) -> bool:
    """Whether a maker that speaks of its tool announces another one by a name of its own: `Plumbline for Schools`."""
    if read.announcer is not Announcer.VENDOR_BLOG or read.proposal.kind is not EntryKind.TOOL:
        return False
    owner = known.owners.get(tool_id)
    names = {*known.makers.names.get(tool_id, ()), *([owner.name] if owner else ())}
    return bool(names) and name_key(read.proposal.name) not in {name_key(name) for name in names}


def as_candidate(read: Read, now: datetime) -> Candidate:
    """The candidate that this entry would make if nothing of it were known; stored by nobody."""
    return Candidate(**_values(read.reading, now))


def _values(said: Reading, now: datetime) -> dict[str, Any]:
    proposal = said.proposal
    return {
        "name": proposal.name[:120],
        "name_key": said.name_key,
        "homepage": proposal.homepage[:2000] if said.identity else "",
        "identity": said.identity or None,
        "tagline": proposal.tagline[:500],
        "method": proposal.method[:60],
        "sure": proposal.sure,
        "findings": [found.as_row() for found in proposal.findings],
        "seen_at": now,
    }


def _proposed(new: _New, now: datetime) -> dict[str, Any]:
    after = {name: new.values[name] for name in ("name", "homepage")}
    return event_of("candidate.proposed", ("candidate", new.values["id"]), by=REGISTRY, now=now, after=after)


def _mention(read: Read, first: int, candidate: int, now: datetime) -> dict[str, Any]:
    """Of `candidate`, in which the one that the entry was led to first ended up."""
    return {
        "entry_id": id_of(read.row),
        "candidate_id": candidate,
        "first_candidate_id": first,
        "at": now,
    }


def _tool_acts(
    session: Session, news: Sequence[tuple[int, Read]], known: _Known, now: datetime
) -> list[dict[str, Any]]:
    """One event for each tool and entry, with what it means for those who use the tool."""
    released = {tool_id for tool_id, read in news if read.proposal.version}
    versions: dict[int, list[str]] = {}
    for event in events.newest_of(session, "tool", released, "tool.mentioned", limit=VERSIONS_LOOKED_AT):
        versions.setdefault(event.subject_id, []).append(str(event.after.get("version", "")))
    repositories = [Repository(tool_id, read.number, read.proposal.homepage) for tool_id, read in news]
    learnt = learn(session, repositories, known.tools, known.by_number)
    acts = []
    for (tool_id, read), taught in zip(news, learnt, strict=True):
        version, before = read.proposal.version, versions.setdefault(tool_id, [])
        after: dict[str, Any] = {
            "entry": read.row.id,
            "kind": read.proposal.kind.value,
            "title": read.entry.title[:300],
            "link": read.entry.link,
            "announcer": read.announcer.value,
            "signal": read.proposal.signal.value,
            "version": version,
            "major": is_major(version, before),
            **taught.told,
        }
        before.append(version)
        acts.append(event_of("tool.mentioned", ("tool", tool_id), by=REGISTRY, now=now, after=after))
    return acts

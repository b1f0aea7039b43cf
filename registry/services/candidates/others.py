"""What else somebody may mean who takes a candidate for another one: looked for by name, home page or number."""

from datetime import datetime

from rapidfuzz import fuzz
from sqlmodel import Session

from registry.domain.identity import name_key
from registry.domain.triage import STATUS_LABELS, CandidateStatus
from registry.domain.values import dataclass
from registry.services.candidates.likeness import Twin, likeness, twins
from registry.store import candidates, tools
from registry.store.columns import id_of
from registry.store.tables import Candidate, Tool

MOST = 12
READ = 60
"""Rows of each kind that are read before the likest of them are taken."""


@dataclass(frozen=True)
class Other:
    """A candidate, or a tool, that this one may be the same as."""

    key: str
    """A candidate's number, or `tool:<slug>`."""
    name: str
    homepage: str
    standing: str
    """Where it stands, in words."""
    reason: str
    """Why it may be the same; empty where only the words searched for say so."""


def others(session: Session, candidate: Candidate, words: str, *, now: datetime) -> list[Other]:
    """Candidates and tools that hold these words, at most twelve: probable duplicates first, then the likest named.

    A number gives the candidate of that number alone, where there is one.
    """
    words = words.strip()[:200]
    if words.isascii() and words.isdigit() and len(words) < 10:
        named = candidates.by_id(session, [int(words)]).get(int(words))
        if named is not None and named.id != candidate.id:
            return [_of_candidate(named, candidate)]
    key = name_key(words)
    if not key:
        return []
    found = [
        _of_candidate(each, candidate)
        for each in candidates.holding(session, words, key, limit=READ)
        if each.id != candidate.id
    ]
    found += [_of_tool(each, candidate) for each in tools.holding(session, key, limit=READ)]
    likest = {_key_of(twin): twin.score for twin in twins(session, [candidate], now=now)[id_of(candidate)]}
    found.sort(
        key=lambda each: (-likest.get(each.key, 0), -fuzz.ratio(key, name_key(each.name)), each.name.lower())
    )
    return found[:MOST]


def _key_of(twin: Twin) -> str:
    return f"tool:{twin.tool_slug}" if twin.tool_slug else str(twin.candidate_id)


def _of_candidate(each: Candidate, beside: Candidate) -> Other:
    standing = STATUS_LABELS[CandidateStatus(each.status)].lower()
    return Other(str(each.id), each.name, each.homepage, f"candidate, {standing}", _reason(beside, each.name))


def _of_tool(each: Tool, beside: Candidate) -> Other:
    return Other(f"tool:{each.slug}", each.name, each.homepage, "a tool here", _reason(beside, each.name))


def _reason(candidate: Candidate, name: str) -> str:
    found = likeness(candidate.name_key, name_key(name))
    return found[1] if found else ""

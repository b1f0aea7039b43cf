"""Which candidates may be one and the same: said to a person with the reason, and merged by nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from sqlmodel import Session

from registry.store import candidates, tools
from registry.store.tables import Candidate, Tool

NEAR = 85
"""Of 100."""
SHORTEST = 4
"""Shorter names are alike by chance."""


@dataclass(frozen=True)
class Likeness:
    reason: str
    candidate: Candidate | None = None
    tool: Tool | None = None


def possible_duplicates(session: Session, candidate: Candidate, *, limit: int = 5) -> Sequence[Likeness]:
    """Open candidates and tools of the same or a near name, the nearest first; three queries."""
    found: list[tuple[float, Likeness]] = []
    for other in candidates.open_candidates(session):
        likeness = _likeness(candidate.name_key, other.name_key) if other.id != candidate.id else 0
        if likeness >= NEAR:
            found.append((likeness, Likeness(_reason(likeness, other.name), candidate=other)))
    near_tools = {
        tool_id: likeness
        for key, tool_id in tools.alias_names(session)
        if (likeness := _likeness(candidate.name_key, key)) >= NEAR and tool_id != candidate.tool_id
    }
    for tool_id, tool in tools.by_ids(session, near_tools).items():
        likeness = near_tools[tool_id]
        found.append((likeness, Likeness(_reason(likeness, tool.name), tool=tool)))
    found.sort(key=lambda each: -each[0])
    return [likeness for _, likeness in found[:limit]]


def _likeness(one: str, other: str) -> float:
    if one == other:
        return 100
    return fuzz.ratio(one, other) if min(len(one), len(other)) >= SHORTEST else 0


def _reason(likeness: float, name: str) -> str:
    return f"It has the same name, “{name}”." if likeness == 100 else f"Its name is near to “{name}”."

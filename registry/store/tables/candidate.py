"""Tools proposed by an entry or a person, and the mentions that speak of them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from registry.domain.triage import CandidateStatus
from registry.store.columns import EnumText, IndexWhere, json_column


class Candidate(SQLModel, table=True):
    __table_args__ = (
        CheckConstraint("(status = 'merged') = (merged_into_id IS NOT NULL)", name="merged_into"),
        CheckConstraint("(status = 'watch') = (watch_until IS NOT NULL)", name="watch_until"),
        CheckConstraint("status <> 'dismissed' OR reason <> ''", name="dismissed_reason"),
        CheckConstraint("status <> 'accepted' OR tool_id IS NOT NULL", name="accepted_tool"),
        Index(None, "status", "seen_at"),
        IndexWhere("ix_candidate_tool_id", "tool_id", where="tool_id IS NOT NULL"),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=120)
    name_key: str = Field(max_length=120, index=True)
    homepage: str = Field(default="", max_length=2000)
    identity: str | None = Field(default=None, max_length=500, unique=True)
    """Strong key (registrable domain, repository, package URL); None where nothing certain is known."""
    tagline: str = Field(default="", max_length=500)
    category: str = Field(default="", max_length=80)
    method: str = Field(default="", max_length=60)
    """How the name was found."""
    sure: bool = False
    findings: list[dict[str, Any]] = Field(default_factory=list, sa_column=json_column())
    """For each field that was found: field, value, method, confidence, reason."""
    relevance: int | None = None
    """0 to 100, learnt from what triage accepted and dismissed; None where nothing is learnt yet."""
    status: CandidateStatus = Field(default=CandidateStatus.NEW, sa_type=EnumText(CandidateStatus))
    reason: str = Field(default="", max_length=60)
    note: str = Field(default="", max_length=1000)
    watch_until: date | None = None
    merged_into_id: int | None = Field(default=None, foreign_key="candidate.id")
    tool_id: int | None = Field(default=None, foreign_key="tool.id")
    seen_at: datetime
    closed_at: datetime | None = None
    closed_by_id: int | None = Field(default=None, foreign_key="user.id")
    version: int = 1
    """Rises with each change; a writer names the one that was read."""


class Mention(SQLModel, table=True):
    """One entry that speaks of one candidate."""

    id: int | None = Field(default=None, primary_key=True)
    entry_id: int = Field(foreign_key="entry.id", unique=True)
    candidate_id: int = Field(foreign_key="candidate.id", index=True)
    first_candidate_id: int = Field(foreign_key="candidate.id")
    """Where it was before any merge, so that a merge can be undone."""
    at: datetime


class CandidateLabel(SQLModel, table=True):
    """A word put on a candidate, by a rule or a person."""

    __tablename__ = "candidate_label"

    candidate_id: int = Field(foreign_key="candidate.id", primary_key=True)
    label: str = Field(max_length=60, primary_key=True, index=True)

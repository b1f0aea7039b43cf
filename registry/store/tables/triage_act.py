"""What a person did to candidates in one go, with what it takes to undo it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from registry.store.columns import json_column


class TriageAct(SQLModel, table=True):
    __tablename__ = "triage_act"
    __table_args__ = (Index(None, "actor_id", "at"), Index(None, "mark"))

    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    actor_id: int | None = Field(default=None, foreign_key="user.id")
    actor: str = Field(max_length=120)
    verb: str = Field(max_length=20)
    told: str = Field(default="", max_length=1200)
    """The rest of a sentence that begins with whom it befell: "dismissed: spam"."""
    count: int = 0
    mark: str = Field(default="", max_length=64)
    """Digest of what was asked, on which versions: pressing a button twice asks the same."""
    undone_at: datetime | None = None


class TriageStep(SQLModel, table=True):
    """What an act did to one candidate."""

    __tablename__ = "triage_step"

    act_id: int = Field(foreign_key="triage_act.id", primary_key=True)
    candidate_id: int = Field(foreign_key="candidate.id", primary_key=True, index=True)
    version: int
    """The candidate's once it was done; another one now means that something came after it."""
    before: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    """The columns that changed, as they were."""
    made: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    """What else came of it: `tool`, `aliases`, `added`, `removed`, `difference`."""

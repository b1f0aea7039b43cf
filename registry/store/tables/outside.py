"""What other registries decided, as they tell it: what each says today, what it said before, what was adopted."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.domain.outcome import Outcome
from registry.domain.outside import PlacedBy
from registry.domain.validity import ValidityState
from registry.store.columns import EnumText, IndexWhere, json_column


class OutsideVerdict(SQLModel, table=True):
    """One verdict of another registry, as it was last told; never a verdict of ours."""

    __tablename__ = "outside_verdict"
    __table_args__ = (
        UniqueConstraint("source_id", "key"),
        IndexWhere("ix_outside_verdict_waiting", "id", where="tool_id IS NULL AND set_aside_at IS NULL"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id")
    key: str = Field(max_length=200)
    """What the other registry calls it for ever; two registries may use the same."""
    number: str = Field(default="", max_length=40)
    tool_name: str = Field(max_length=120)
    name_key: str = Field(max_length=120, index=True)
    outcome: Outcome = Field(sa_type=EnumText(Outcome))
    state: ValidityState = Field(sa_type=EnumText(ValidityState))
    """As it was last told; what its last day makes of it is computed."""
    ends_on: date | None = Field(default=None, index=True)
    said: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    """All that was told: read through registry.domain.outside.read_outside."""
    said_at: datetime
    """When the other registry said it, and never later than when it was read."""
    seen_at: datetime
    changed_at: datetime
    revision: int = 1
    held: bool = False
    """Came with a flood of new entries that nobody has let in yet; it is not shown."""
    tool_id: int | None = Field(default=None, foreign_key="tool.id", index=True)
    placed_by: PlacedBy | None = Field(default=None, sa_type=EnumText(PlacedBy))
    candidate_id: int | None = Field(default=None, foreign_key="candidate.id", index=True)
    """The candidate that a person made of it, which places it when it becomes a tool."""
    set_aside_at: datetime | None = None
    """When a person said that it is about none of our tools."""
    version: int = 1


class OutsideRevision(SQLModel, table=True):
    """What another registry said of a verdict before it said something else."""

    __tablename__ = "outside_revision"
    __table_args__ = (UniqueConstraint("outside_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    outside_id: int = Field(foreign_key="outside_verdict.id")
    number: int
    said: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    said_at: datetime
    replaced_at: datetime


class Adoption(SQLModel, table=True):
    """Which verdict of ours took over what another registry had decided, and as it stood then."""

    verdict_id: int = Field(foreign_key="verdict.id", primary_key=True)
    outside_id: int = Field(foreign_key="outside_verdict.id", index=True)
    revision: int

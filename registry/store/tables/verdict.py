"""Decisions: immutable numbered records, their conditions and the numbers they supersede."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from registry.domain.condition import Check, ConditionKind, Duty
from registry.domain.evaluation import Alone
from registry.domain.outcome import Outcome
from registry.store.columns import EnumText, IndexWhere, json_column

TOLD = (
    *("published_at", "undone_at", "tool_id", "number", "decided_at", "starts_at", "valid_until"),
    *("outcome", "recommended", "evaluation_id"),
)
"""What is counted of verdicts, in an index of its own: a row is long, and most of it is never counted."""


class Verdict(SQLModel, table=True):
    """What was decided. Only `undone_at` is ever set later; what befalls a verdict afterwards stands in events."""

    __table_args__ = (
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("outcome <> 'prohibited' OR citation <> '' OR imported", name="prohibited_citation"),
        Index(None, "tool_id", "starts_at"),
        Index("ix_verdict_told", *TOLD),
        IndexWhere("ix_verdict_standing", "tool_id", "outcome", where="undone_at IS NULL"),
        IndexWhere("ix_verdict_undone", "undone_at", where="undone_at IS NOT NULL"),
        IndexWhere("uq_verdict_evaluation_id", "evaluation_id", unique=True, where="undone_at IS NULL"),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: int = Field(unique=True)
    uid: str = Field(max_length=36, unique=True)
    """A random UUID: what feeds call it, for ever."""
    tool_id: int = Field(foreign_key="tool.id")
    evaluation_id: int | None = Field(default=None, foreign_key="evaluation.id")
    outcome: Outcome = Field(sa_type=EnumText(Outcome), index=True)
    edition: str = Field(default="", max_length=80)
    versions: str = Field(default="", max_length=200)
    deployment: str = Field(default="", max_length=200)
    data_ceiling: str | None = Field(default=None, max_length=40)
    accounts: list[str] = Field(default_factory=list, sa_column=json_column())
    offices: list[str] = Field(default_factory=list, sa_column=json_column())
    audience: list[str] = Field(default_factory=list, sa_column=json_column())
    rationale: str = Field(default="", max_length=4000)
    reason_code: str = Field(default="", max_length=60)
    citation: str = Field(default="", max_length=500)
    alternatives: list[str] = Field(default_factory=list, sa_column=json_column())
    """Slugs of tools, or names where the registry holds no such tool."""
    pilot: dict[str, str] = Field(default_factory=dict, sa_column=json_column())
    """Keys owner, size, measure, exit_rule; empty unless the outcome is a pilot."""
    decided_by_id: int | None = Field(default=None, foreign_key="user.id")
    decided_by: str = Field(max_length=120)
    decided_for_id: int | None = Field(default=None, foreign_key="user.id")
    """The approver whose deputy decided; None where it was decided in one's own right."""
    decided_for: str = Field(default="", max_length=120)
    """That approver's name; empty where there is none."""
    decided_at: datetime = Field(index=True)
    published_at: datetime
    """When the undo window ends; before that nobody but its decider hears of it."""
    starts_at: datetime = Field(index=True)
    """`published_at`, or later where a later day was chosen."""
    valid_until: date | None = Field(default=None, index=True)
    """The last day, inclusive, in the organisation's time zone."""
    undone_at: datetime | None = None
    imported: bool = False
    reference: str = Field(default="", max_length=500)
    alone: Alone | None = Field(default=None, sa_type=EnumText(Alone))
    """The recorded exception under which who scored decided too; without it the database refuses that."""
    internal_note: str = Field(default="", max_length=4000)
    """For those who work here; never published."""
    notes: list[str] = Field(default_factory=list, sa_column=json_column())
    """Recorded exceptions, in sentences."""
    recommended: Outcome | None = Field(default=None, sa_type=EnumText(Outcome))
    step_reason: str = Field(default="", max_length=1000)
    assessment: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    """The assessment as it was; empty for an imported verdict."""


class VerdictCondition(SQLModel, table=True):
    __tablename__ = "verdict_condition"
    __table_args__ = (
        CheckConstraint("NOT standing OR due_on IS NULL", name="standing_has_no_date"),
        Index(None, "verdict_id", "position", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    verdict_id: int = Field(foreign_key="verdict.id")
    position: int
    text: str = Field(max_length=500)
    kind: ConditionKind = Field(sa_type=EnumText(ConditionKind))
    duty: Duty | None = Field(default=None, sa_type=EnumText(Duty))
    checked: Check | None = Field(default=None, sa_type=EnumText(Check))
    mitigates: str = Field(default="", max_length=200)
    standing: bool
    due_on: date | None = None
    met_on: date | None = None
    waived_reason: str = Field(default="", max_length=500)
    evidence: str = Field(default="", max_length=2000)
    """What shows that it was met."""
    wording_id: int | None = Field(default=None, foreign_key="library_wording.id", index=True)
    """Where it was taken from the library: of which wording, whatever was changed of it here."""


class Supersession(SQLModel, table=True):
    """A verdict names the numbers that it supersedes; nothing is superseded by inference."""

    verdict_id: int = Field(foreign_key="verdict.id", primary_key=True)
    superseded_id: int = Field(foreign_key="verdict.id", primary_key=True, index=True)

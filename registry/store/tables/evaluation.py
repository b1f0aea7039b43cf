"""Rounds of scoring: who takes part, what was declared, proposed and moderated."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.domain.condition import Check, ConditionKind, Duty
from registry.domain.evaluation import EvaluationState
from registry.store.columns import EnumText, IndexWhere, json_column


class Evaluation(SQLModel, table=True):
    __table_args__ = (
        CheckConstraint("tier BETWEEN 1 AND 3", name="tier"),
        CheckConstraint("(state = 'waiting') = (waiting_until IS NOT NULL)", name="waiting_until"),
        CheckConstraint("state <> 'withdrawn' OR withdrawn_reason <> ''", name="withdrawn_reason"),
        Index(None, "tool_id", "state"),
        IndexWhere("ix_evaluation_decided", "closed_at", where="state = 'decided'"),
        IndexWhere(
            "uq_evaluation_running",
            "tool_id",
            "edition",
            unique=True,
            where="state NOT IN ('decided', 'withdrawn')",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    tool_id: int = Field(foreign_key="tool.id")
    edition: str = Field(default="", max_length=80)
    rubric_hash: str = Field(foreign_key="rubric_file.content_hash", max_length=64)
    table_hash: str = Field(foreign_key="rubric_file.content_hash", max_length=64)
    office_columns: dict[str, int] = Field(default_factory=dict, sa_column=json_column())
    """Code of each office that had outcomes of its own for that table when this was opened -> id of its column."""
    tier: int
    tier_reason: str = Field(default="", max_length=500)
    """Why it is lower than what the answers about the intended use propose."""
    state: EvaluationState = Field(default=EvaluationState.OPEN, sa_type=EnumText(EvaluationState))
    owner_id: int = Field(foreign_key="user.id")
    intended_use: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    """Keys purpose, data_class, accounts, audience, offices, versions, and effect, costs, public_account, which the
    tier follows from; each text or a list of names."""
    opened_at: datetime
    due_on: date
    waiting_until: date | None = None
    waiting_for: str = Field(default="", max_length=200)
    withdrawn_reason: str = Field(default="", max_length=500)
    closed_at: datetime | None = None
    version: int = 1


class Assignment(SQLModel, table=True):
    """Who is asked to score."""

    evaluation_id: int = Field(foreign_key="evaluation.id", primary_key=True)
    user_id: int = Field(foreign_key="user.id", primary_key=True)
    at: datetime


class Interest(SQLModel, table=True):
    """What a person declared before scoring or deciding: an interest, or that there is none."""

    evaluation_id: int = Field(foreign_key="evaluation.id", primary_key=True)
    user_id: int = Field(foreign_key="user.id", primary_key=True)
    interested: bool
    statement: str = Field(default="", max_length=500)
    at: datetime


class ProposedCondition(SQLModel, table=True):
    """A condition that a reviewer or the approver would attach."""

    __tablename__ = "proposed_condition"

    id: int | None = Field(default=None, primary_key=True)
    evaluation_id: int = Field(foreign_key="evaluation.id", index=True)
    proposed_by_id: int = Field(foreign_key="user.id")
    text: str = Field(max_length=500)
    kind: ConditionKind = Field(default=ConditionKind.OTHER, sa_type=EnumText(ConditionKind))
    duty: Duty | None = Field(default=None, sa_type=EnumText(Duty))
    checked: Check | None = Field(default=None, sa_type=EnumText(Check))
    mitigates: str = Field(default="", max_length=200)
    """Ids parted by spaces."""
    standing: bool = False
    due_on: date | None = None
    wording_id: int | None = Field(default=None, foreign_key="library_wording.id")
    """Where it was taken from the library of conditions."""


class Moderation(SQLModel, table=True):
    """How a flagged disagreement was resolved, and why; what each reviewer gave stays on the scorecards."""

    __table_args__ = (UniqueConstraint("evaluation_id", "item"),)

    id: int | None = Field(default=None, primary_key=True)
    evaluation_id: int = Field(foreign_key="evaluation.id")
    item: str = Field(max_length=20)
    """Id of a criterion or knock-out, or `risk_band`, `fit_band`."""
    value: str = Field(default="", max_length=10)
    """A rating or an answer; empty where the medians stand as they are."""
    reason: str = Field(max_length=1000)
    by_id: int = Field(foreign_key="user.id")
    at: datetime

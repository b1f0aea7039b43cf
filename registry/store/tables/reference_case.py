"""Cases with agreed scores that a reviewer rates for calibration, and what each reviewer gave."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.store.columns import json_column


class ReferenceCase(SQLModel, table=True):
    """What a reviewer reads before scoring; the agreed scores are rows of their own, so that no read brings them."""

    __tablename__ = "reference_case"

    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(max_length=120)
    description: str = Field(max_length=4000)
    intended_use: str = Field(default="", max_length=500)
    evidence: str = Field(default="", max_length=8000)
    """Links and quoted paragraphs, one a line."""
    rubric_hash: str = Field(foreign_key="rubric_file.content_hash", max_length=64)
    evaluation_id: int | None = Field(default=None, foreign_key="evaluation.id")
    """The finished evaluation that it was made from; None where it was written by hand."""
    made_by_id: int = Field(foreign_key="user.id")
    made_at: datetime
    retired_at: datetime | None = None
    """From then on nobody begins it; what was finished still counts."""


class ReferenceScore(SQLModel, table=True):
    """What was agreed for one criterion or knock-out, and why."""

    __tablename__ = "reference_score"
    __table_args__ = (CheckConstraint("reason <> ''", name="reason"),)

    case_id: int = Field(foreign_key="reference_case.id", primary_key=True)
    item: str = Field(max_length=20, primary_key=True)
    value: str = Field(max_length=10)
    """A rating or an answer."""
    reason: str = Field(max_length=1000)


class ReferenceAttempt(SQLModel, table=True):
    """One reviewer's scores of one case. There is one: who has seen the agreed scores is no longer measured by them."""

    __tablename__ = "reference_attempt"
    __table_args__ = (UniqueConstraint("case_id", "user_id"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="reference_case.id")
    user_id: int = Field(foreign_key="user.id", index=True)
    given: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    """Item -> {"value", "sentence"}; may be incomplete until it is handed in."""
    saved_at: datetime
    version: int = 1
    submitted_at: datetime | None = None
    near: int = 0
    """How many of the criteria lie within one step of what was agreed."""
    of: int = 0
    """How many criteria were compared."""
    agreement: float | None = None
    """Krippendorff's alpha against the agreed ratings; None where it is not defined."""
    passed: bool = False
    """Counts towards being trained, by the rule of the day on which it was handed in."""

"""Reviewers' scorecards: drafts and submitted ones, amendments as new numbers."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.domain.rubric import KnockOutAnswer, Rating
from registry.store.columns import EnumText


class Scorecard(SQLModel, table=True):
    __table_args__ = (
        UniqueConstraint("evaluation_id", "user_id", "number"),
        CheckConstraint("number >= 1", name="number"),
    )

    id: int | None = Field(default=None, primary_key=True)
    evaluation_id: int = Field(foreign_key="evaluation.id")
    user_id: int = Field(foreign_key="user.id", index=True)
    number: int = 1
    """1 for the first, higher for amendments; the highest submitted one counts."""
    reason: str = Field(default="", max_length=500)
    """Why it was amended."""
    saved_at: datetime
    submitted_at: datetime | None = None
    version: int = 1


class ScorecardRating(SQLModel, table=True):
    __tablename__ = "scorecard_rating"

    scorecard_id: int = Field(foreign_key="scorecard.id", primary_key=True)
    criterion: str = Field(max_length=20, primary_key=True)
    rating: Rating | None = Field(default=None, sa_type=EnumText(Rating))
    confidence: str = Field(default="medium", max_length=10)
    sentence: str = Field(default="", max_length=1000)
    evidence: str = Field(default="", max_length=2000)
    """Links and quoted paragraphs, one a line."""
    carried: bool = False
    """Taken from an earlier scorecard, and not yet confirmed."""


class ScorecardKnockOut(SQLModel, table=True):
    __tablename__ = "scorecard_knock_out"

    scorecard_id: int = Field(foreign_key="scorecard.id", primary_key=True)
    knock_out: str = Field(max_length=20, primary_key=True)
    answer: KnockOutAnswer | None = Field(default=None, sa_type=EnumText(KnockOutAnswer))
    sentence: str = Field(default="", max_length=1000)
    carried: bool = False

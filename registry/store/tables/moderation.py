"""What is said about a disagreement, and who has used the one chance to re-score."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class Remark(SQLModel, table=True):
    """One word in the thread of a criterion, a knock-out or a band; never changed."""

    id: int | None = Field(default=None, primary_key=True)
    evaluation_id: int = Field(foreign_key="evaluation.id", index=True)
    item: str = Field(max_length=20)
    """Id of a criterion or knock-out, or `risk_band`, `fit_band`."""
    by_id: int = Field(foreign_key="user.id")
    at: datetime
    text: str = Field(max_length=1000)
    evidence: str = Field(default="", max_length=2000)
    """A link, or the quoted paragraph."""
    asked_id: int | None = Field(default=None, foreign_key="user.id")
    """The reviewer who is asked for evidence; None for a plain remark."""


class Rescore(SQLModel, table=True):
    """A reviewer re-scored what was flagged; the key lets each do it once. The scorecard before it stays."""

    evaluation_id: int = Field(foreign_key="evaluation.id", primary_key=True)
    user_id: int = Field(foreign_key="user.id", primary_key=True)
    scorecard_id: int = Field(foreign_key="scorecard.id")
    at: datetime

"""What looked like one and is two: a person said so, and it is not suggested again."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel


class Difference(SQLModel, table=True):
    """Between two candidates, the lower number first, or between a candidate and a tool."""

    __table_args__ = (
        UniqueConstraint("candidate_id", "other_id"),
        UniqueConstraint("candidate_id", "tool_id"),
        CheckConstraint("(other_id IS NULL) <> (tool_id IS NULL)", name="other"),
        CheckConstraint("other_id IS NULL OR candidate_id < other_id", name="order"),
    )

    id: int | None = Field(default=None, primary_key=True)
    candidate_id: int = Field(foreign_key="candidate.id")
    other_id: int | None = Field(default=None, foreign_key="candidate.id", index=True)
    tool_id: int | None = Field(default=None, foreign_key="tool.id")
    by_id: int | None = Field(default=None, foreign_key="user.id")
    at: datetime

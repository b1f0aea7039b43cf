"""Who may not decide, who decides for somebody else, and which quick verdicts are read a second time."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel


class VendorContact(SQLModel, table=True):
    """A person here who is a contact of a tool's vendor, and so neither scores nor decides it."""

    __tablename__ = "vendor_contact"

    tool_id: int = Field(foreign_key="tool.id", primary_key=True)
    user_id: int = Field(foreign_key="user.id", primary_key=True)
    by_id: int | None = Field(default=None, foreign_key="user.id")
    at: datetime


class Delegation(SQLModel, table=True):
    """An approver who is away lets another person decide in their place."""

    __table_args__ = (
        CheckConstraint("starts_on <= ends_on", name="days"),
        CheckConstraint("from_id <> to_id", name="people"),
    )

    id: int | None = Field(default=None, primary_key=True)
    from_id: int = Field(foreign_key="user.id", index=True)
    to_id: int = Field(foreign_key="user.id", index=True)
    starts_on: date
    ends_on: date
    """Both inclusive, in the organisation's time zone."""
    reason: str = Field(max_length=500)
    at: datetime
    ended_at: datetime | None = None
    """When it was taken back before its last day."""


class SecondReading(SQLModel, table=True):
    """A verdict of the quick lane that was sampled: another reviewer scores it anew, in an evaluation of its own."""

    __tablename__ = "second_reading"

    verdict_id: int = Field(foreign_key="verdict.id", primary_key=True)
    evaluation_id: int = Field(foreign_key="evaluation.id", unique=True)
    opened_at: datetime
    ended_at: datetime | None = None
    agrees: bool | None = None
    """Whether both recommend the same; None until the second scorecard is in."""

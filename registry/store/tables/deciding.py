"""Who may not decide, and which quick verdicts are read a second time."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class VendorContact(SQLModel, table=True):
    """A person here who is a contact of a tool's vendor, and so neither scores nor decides it."""

    __tablename__ = "vendor_contact"

    tool_id: int = Field(foreign_key="tool.id", primary_key=True)
    user_id: int = Field(foreign_key="user.id", primary_key=True)
    by_id: int | None = Field(default=None, foreign_key="user.id")
    note: str = Field(default="", max_length=200)
    """What ties them to the vendor."""
    at: datetime


class SecondReading(SQLModel, table=True):
    """A verdict of the quick lane that was sampled: another reviewer scores it anew, in an evaluation of its own."""

    __tablename__ = "second_reading"

    verdict_id: int = Field(foreign_key="verdict.id", primary_key=True)
    evaluation_id: int = Field(foreign_key="evaluation.id", unique=True)
    opened_at: datetime
    ended_at: datetime | None = None
    agrees: bool | None = None
    """Whether both recommend the same; None until the second scorecard is in."""

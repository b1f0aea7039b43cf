"""Why decided cases were opened again, what colleagues reported of tools in use, and how far the events were read."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from registry.domain.triggers import Cause, ReportKind
from registry.store.columns import EnumText


class Reopening(SQLModel, table=True):
    """One cause for which a verdict is looked at again, and the evaluation in which that is done."""

    id: int | None = Field(default=None, primary_key=True)
    evaluation_id: int = Field(foreign_key="evaluation.id", index=True)
    verdict_id: int = Field(foreign_key="verdict.id", index=True)
    cause: Cause = Field(sa_type=EnumText(Cause))
    text: str = Field(max_length=500)
    link: str = Field(default="", max_length=2000)
    key: str = Field(max_length=120, unique=True)
    """What happened, such as `review_due:12`: the same thing never reopens a case twice."""
    at: datetime


class Report(SQLModel, table=True):
    """What a colleague told: a challenge of what was decided, or an incident."""

    id: int | None = Field(default=None, primary_key=True)
    kind: ReportKind = Field(sa_type=EnumText(ReportKind))
    tool_id: int | None = Field(default=None, foreign_key="tool.id", index=True)
    name: str = Field(max_length=120)
    """The tool as it was called; it may be none of ours."""
    verdict_number: int | None = None
    """Of the verdict that was answered with at the time."""
    user_id: int | None = Field(default=None, foreign_key="user.id")
    contact: str = Field(default="", max_length=200)
    text: str = Field(max_length=2000)
    happened_on: date | None = None
    voice: str = Field(max_length=64)
    """Keyed hash of the person or the network address, for this tool alone: several reports of one voice count once."""
    at: datetime = Field(index=True)


class ReadMark(SQLModel, table=True):
    """Up to which event a round that reads the log has read."""

    __tablename__ = "read_mark"

    name: str = Field(primary_key=True, max_length=40)
    event_id: int

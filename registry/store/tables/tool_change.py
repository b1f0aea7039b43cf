"""The trail by which what is kept in memory follows the store: which tool changed, written by triggers."""

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class ToolChange(SQLModel, table=True):
    """One row that an answer is made of was written. Only the newest few thousand are kept."""

    __tablename__ = "tool_change"

    id: int | None = Field(default=None, primary_key=True)
    tool_id: int
    """0 where every tool may be concerned, as by an office's rule."""
    named: bool
    """Whether it was the tool itself or a way to say it."""
    xid: int = Field(sa_type=BigInteger, index=True)
    """PostgreSQL's transaction, since numbers come out there in another order than they were given; else 0."""

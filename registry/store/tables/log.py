"""The log: each event's number and hash, given when its transaction commits, and where the log ends."""

from sqlalchemy import Column, Integer
from sqlmodel import Field, SQLModel


class LogEntry(SQLModel, table=True):
    """Numbers run 1, 2, 3 … without a gap, in the order in which transactions were committed."""

    __tablename__ = "log_entry"

    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    event_id: int = Field(foreign_key="event.id", unique=True)
    hashes: bytes
    """The line's hash, then the roots of the larger full subtrees that end with it; 32 bytes each."""


class LogHead(SQLModel, table=True):
    """One row, which whoever commits an event holds from there on."""

    __tablename__ = "log_head"

    id: int = Field(default=1, primary_key=True)
    size: int
    last: str = Field(max_length=64)
    """The last line's hash, in hexadecimal."""
    peaks: bytes
    """The roots of the tree's full subtrees, the largest first; 32 bytes each."""

"""Announcements as read from sources, each kept once for ever."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.domain.proposal import EntryKind
from registry.store.columns import EnumText, IndexWhere, json_column


class Entry(SQLModel, table=True):
    __table_args__ = (
        UniqueConstraint("source_id", "key"),
        UniqueConstraint("source_id", "second_key"),
        Index(None, "seen_at", "source_id"),
        IndexWhere("ix_entry_held", "source_id", where="held"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id")
    key: str = Field(max_length=500)
    second_key: str = Field(max_length=500)
    title: str = Field(default="", max_length=1000)
    link: str = Field(default="", max_length=2000)
    canonical_link: str = Field(default="", max_length=2000, index=True)
    summary: str = Field(default="", max_length=2000)
    author: str = Field(default="", max_length=200)
    tags: list[str] = Field(default_factory=list, sa_column=json_column())
    related: str = Field(default="", max_length=2000)
    """The home page of what is spoken of, where the publisher says it beside the link."""
    published_at: datetime | None = None
    seen_at: datetime
    content_hash: str = Field(max_length=64)
    revision: int = 1
    kind: EntryKind = Field(sa_type=EnumText(EntryKind))
    signal: str = Field(default="", max_length=40)
    """What it means for a tool that is known already; empty for nothing."""
    held: bool = False
    """One of a flood that a person has to let in before it proposes anything."""
    only_seen: bool = False
    """Too old at its source's first visit, or one of a flood that was left: it never proposes anything."""
    blocked_by_id: int | None = Field(default=None, foreign_key="intake_rule.id")
    """The rule that kept it from proposing anything."""
    extractor_version: str = Field(max_length=40)


class EntryRevision(SQLModel, table=True):
    """What an entry said before its publisher edited it."""

    __tablename__ = "entry_revision"
    __table_args__ = (UniqueConstraint("entry_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    entry_id: int = Field(foreign_key="entry.id")
    number: int
    title: str = Field(max_length=1000)
    link: str = Field(max_length=2000)
    summary: str = Field(max_length=2000)
    content_hash: str = Field(max_length=64)
    replaced_at: datetime

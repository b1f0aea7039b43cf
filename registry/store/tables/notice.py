"""What followers are told: one row for each thing that befell a verdict, never changed once it is written."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.domain.notice import NoticeKind
from registry.domain.outcome import Outcome
from registry.domain.validity import ValidityState
from registry.store.columns import EnumText, json_column


class Notice(SQLModel, table=True):
    """Public from `updated_at` on, unless its verdict was taken back before. What the words say now, a later row says
    under the same `uid`; what a facet filters by is a column."""

    __table_args__ = (
        UniqueConstraint("verdict_id", "key", "revision"),
        Index(None, "updated_at", "number"),
        Index(None, "tool_id", "updated_at", "number"),
    )

    number: int | None = Field(default=None, primary_key=True)
    """Grows for ever, in the order in which rows were committed."""
    uid: str = Field(max_length=36, index=True)
    """A random UUID: what feeds call it, for ever; the revisions of one notice share it."""
    verdict_id: int = Field(foreign_key="verdict.id")
    tool_id: int = Field(foreign_key="tool.id")
    key: str = Field(max_length=80)
    """What it is about, among its verdict's notices: written once, by however many processes."""
    revision: int = 1
    """Above 1: the same notice put right, or added to."""
    kind: NoticeKind = Field(sa_type=EnumText(NoticeKind))
    at: datetime
    """When it happened; of what a day brought, the first moment of that day."""
    published_at: datetime
    """When its first revision became public."""
    updated_at: datetime
    """When this revision becomes public: of a verdict, when its undo window is over. What was decided before this
    registry heard of it bears the moment of then."""
    filed_at: datetime
    """When it came into our books, or becomes public where that is later: by this it stands in a month's archive."""
    news: bool
    """Whether followers are to be told: not of what an import or an upgrade brought."""
    outcome: Outcome = Field(sa_type=EnumText(Outcome))
    category: str = Field(default="", max_length=80)
    tool_name: str = Field(max_length=120)
    state_before: ValidityState | None = Field(default=None, sa_type=EnumText(ValidityState))
    state: ValidityState = Field(sa_type=EnumText(ValidityState))
    ends_on: date | None = None
    replacement: str = Field(default="", max_length=200)
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    """What fills its sentences, to say them in another language (domain/notice_words.py); empty where it was written
    before such was kept."""
    title: str = Field(max_length=300)
    """As it was written, in English; so are the three after it."""
    sentence: str = Field(max_length=1200)
    change: str = Field(default="", max_length=200)
    reason: str = Field(default="", max_length=1200)
    by: str = Field(default="", max_length=120)
    position: int | None = None
    """Of the condition that it is about."""
    conditions: list[dict[str, Any]] = Field(default_factory=list, sa_column=json_column())
    """Of each condition of the verdict, in order, what had become of it: met_on, evidence, waived_reason."""
    pilot_result: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    """What the pilot had come to, where that was told."""


class NoticeBook(SQLModel, table=True):
    """One row, written by the migration."""

    __tablename__ = "notice_book"

    id: int = Field(default=1, primary_key=True)
    authority: str = Field(default="", max_length=255)
    """The host by whose name entries are called for ever, wherever the registry moves; empty until it is served."""
    named_on: date | None = None
    swept_at: datetime | None = None
    """Up to when what the days alone bring has been written; None until that was done once."""

"""What happened: one row per act, written in the act's own transaction and never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from registry.store.columns import json_column


class Event(SQLModel, table=True):
    __table_args__ = (Index(None, "subject_kind", "subject_id"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    actor_id: int | None = Field(default=None, foreign_key="user.id")
    actor: str = Field(max_length=120)
    """The person's name at the time, or `registry` for what happens by itself."""
    action: str = Field(max_length=60, index=True)
    """`noun.verb`, such as `verdict.published`."""
    subject_kind: str = Field(max_length=30)
    subject_id: int
    before: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    after: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())

"""Colleagues' requests that a tool be looked at."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel


class Request(SQLModel, table=True):
    __table_args__ = (CheckConstraint("candidate_id IS NOT NULL OR tool_id IS NOT NULL", name="subject"),)

    id: int | None = Field(default=None, primary_key=True)
    candidate_id: int | None = Field(default=None, foreign_key="candidate.id", index=True)
    first_candidate_id: int | None = Field(default=None, foreign_key="candidate.id")
    tool_id: int | None = Field(default=None, foreign_key="tool.id", index=True)
    user_id: int | None = Field(default=None, foreign_key="user.id")
    contact: str = Field(default="", max_length=200)
    purpose: str = Field(max_length=2000)
    data_class: str = Field(default="", max_length=40)
    needed_by: str = Field(default="", max_length=80)
    digest: str = Field(max_length=64, unique=True)
    """Keyed hash of the secret in the link by which the requester follows it."""
    at: datetime
    told_step: str = Field(default="", max_length=20)
    """The last step that its requester was told of by mail; empty before the first."""
    silent: bool = False
    """No mail: the requester asked to be left alone, or was never to be told."""

"""Replies to acts that bore an idempotency key, kept for a day, so that a repeated request acts once."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class KeptReply(SQLModel, table=True):
    __tablename__ = "kept_reply"

    user_id: int = Field(foreign_key="user.id", primary_key=True)
    key: str = Field(max_length=200, primary_key=True)
    digest: str = Field(max_length=64)
    """Of what was asked: method, address and body."""
    status: int
    body: str
    at: datetime = Field(index=True)

"""Addresses of other programs that are told of changes."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class Webhook(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    url: str = Field(max_length=2000)
    wanted: str = Field(default="", max_length=1000)
    note: str = Field(default="", max_length=200)
    nonce: str = Field(max_length=32)
    """Random; its signing secrets are made of it and the registry's own key, and stored nowhere."""
    generation: int = 1
    """Of the secret; each rotation adds one."""
    both_until: datetime | None = None
    """Until then what is sent is signed with the secret before too."""
    created_at: datetime
    disabled_at: datetime | None = None
    disabled_why: str = Field(default="", max_length=200)
    version: int = 1

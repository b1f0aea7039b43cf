"""Addresses that are told of changes by mail."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class Follower(SQLModel, table=True):
    """An address that is told of changes. Gone, with its address, as soon as somebody leaves."""

    __table_args__ = (Index(None, "address", "wanted", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    address: str = Field(max_length=254)
    wanted: str = Field(default="", max_length=1000)
    """The facets of the list as they stand in an address; empty for everything."""
    weekly: bool = False
    nonce: str = Field(max_length=32)
    """Random; the secret of its links is made of it and the registry's own key, and stored nowhere."""
    asked_at: datetime
    confirmed_at: datetime | None = Field(default=None, index=True)
    bounces: int = 0
    """Mails in a row that the address's own server refused for good."""

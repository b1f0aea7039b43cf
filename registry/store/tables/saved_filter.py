"""Addresses of lists that a person keeps under a name."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel


class SavedFilter(SQLModel, table=True):
    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user.id")
    name: str = Field(max_length=60)
    query: str = Field(max_length=1000)
    """Of the inbox's address, as `status=watch&source=3`; empty for the inbox itself."""
    created_at: datetime

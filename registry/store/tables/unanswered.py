"""Look-ups that nobody could answer, counted by what was asked and never by whom."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class Unanswered(SQLModel, table=True):
    key: str = Field(max_length=200, primary_key=True)
    """`name_key` of the query, or its link key."""
    query: str = Field(max_length=200)
    times: int = 1
    first_at: datetime
    last_at: datetime

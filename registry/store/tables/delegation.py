"""An approver who is away and who decides for them meanwhile."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel


class Delegation(SQLModel, table=True):
    """Only `ended_at` is ever set later. Whether it holds hangs on the roles of both as well: store/delegations.py."""

    __table_args__ = (
        CheckConstraint("approver_id <> deputy_id", name="not_oneself"),
        CheckConstraint("starts_at < ends_at", name="for_a_time"),
    )

    id: int | None = Field(default=None, primary_key=True)
    approver_id: int = Field(foreign_key="user.id", index=True)
    """Who is away, and whose right it is."""
    deputy_id: int = Field(foreign_key="user.id", index=True)
    made_at: datetime
    starts_at: datetime
    ends_at: datetime
    """The first moment at which it holds no more."""
    ended_at: datetime | None = None
    """When somebody ended it early, or one of the two lost what it rests on."""

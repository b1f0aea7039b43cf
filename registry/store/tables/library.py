"""Conditions that are used again and again: each a line of wordings, of which the newest is offered."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.domain.condition import Check, ConditionKind, Duty
from registry.store.columns import EnumText


class LibraryCondition(SQLModel, table=True):
    __tablename__ = "library_condition"

    id: int | None = Field(default=None, primary_key=True)
    created_at: datetime
    retired_at: datetime | None = None
    retired_reason: str = Field(default="", max_length=500)
    version: int = 1


class LibraryWording(SQLModel, table=True):
    """One wording; it never changes, so what a verdict took from it stays traceable."""

    __tablename__ = "library_wording"
    __table_args__ = (
        UniqueConstraint("condition_id", "number"),
        CheckConstraint("NOT standing OR due_days IS NULL", name="standing_has_no_days"),
    )

    id: int | None = Field(default=None, primary_key=True)
    condition_id: int = Field(foreign_key="library_condition.id")
    number: int
    """1 for the first; the highest is the one that is offered."""
    text: str = Field(max_length=500)
    kind: ConditionKind = Field(sa_type=EnumText(ConditionKind))
    duty: Duty | None = Field(default=None, sa_type=EnumText(Duty))
    checked: Check | None = Field(default=None, sa_type=EnumText(Check))
    mitigates: str = Field(default="", max_length=200)
    """Ids parted by spaces."""
    standing: bool = True
    due_days: int | None = None
    """For a dated one: how many days after the decision it is due, unless another day is chosen."""
    by_id: int | None = Field(default=None, foreign_key="user.id")
    at: datetime

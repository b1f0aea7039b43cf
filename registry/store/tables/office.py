"""Offices: the parts of the organisation a verdict may be limited to, each with its default rule and outcomes."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.store.columns import json_column


class Office(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=120)
    default_rule: str = Field(default="", max_length=500)
    """What holds for a tool that nobody decided on, as a sentence to the employee."""
    version: int = 1


class OfficeColumn(SQLModel, table=True):
    """An office's own outcomes for one decision table; never changed, the highest number holds."""

    __tablename__ = "office_column"
    __table_args__ = (UniqueConstraint("office_id", "table_hash", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    office_id: int = Field(foreign_key="office.id")
    table_hash: str = Field(foreign_key="rubric_file.content_hash", max_length=64)
    number: int
    outcomes: dict[str, str] = Field(default_factory=dict, sa_column=json_column())
    """Row number -> outcome, where it differs from the table's own; empty where the office has none any more."""
    at: datetime

"""Rubric and decision table files, each stored whole by content hash, and which of them are in force."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel


class RubricFile(SQLModel, table=True):
    __tablename__ = "rubric_file"
    __table_args__ = (
        CheckConstraint("kind IN ('rubric', 'decision_table')", name="kind"),
        UniqueConstraint("kind", "name", "version"),
    )

    content_hash: str = Field(max_length=64, primary_key=True)
    number: int = Field(unique=True, index=True)
    """From 1, in the order in which they were stored; what pages and events call it."""
    kind: str = Field(max_length=20)
    name: str = Field(max_length=80)
    version: int
    body: str
    loaded_at: datetime


class InForce(SQLModel, table=True):
    """The rubric, and the decision table, with which new evaluations are opened: one row a kind."""

    __tablename__ = "rubric_in_force"

    kind: str = Field(max_length=20, primary_key=True)
    content_hash: str = Field(foreign_key="rubric_file.content_hash", max_length=64)
    since: datetime
    version: int = 1

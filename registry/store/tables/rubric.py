"""Rubric and decision table files, each stored whole by content hash when it is first loaded."""

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
    kind: str = Field(max_length=20)
    name: str = Field(max_length=80)
    version: int
    body: str
    loaded_at: datetime

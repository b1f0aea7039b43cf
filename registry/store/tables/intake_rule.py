"""What the office lets in by rule: each blocks, requires or labels entries before they propose candidates."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class IntakeRule(SQLModel, table=True):
    """Rules are read in the order of `place`; one that was removed stays on record for the entries that it blocked."""

    __tablename__ = "intake_rule"

    id: int | None = Field(default=None, primary_key=True)
    source_id: int | None = Field(default=None, foreign_key="source.id")
    """None for a rule of the whole registry."""
    place: int = 0
    act: str = Field(max_length=20)
    """block, require or label."""
    field: str = Field(max_length=20)
    """Where it looks: title, text, link, author, tag or any."""
    pattern: str = Field(max_length=300)
    is_expression: bool = False
    """A regular expression; else the words as they stand, whatever their case."""
    label: str = Field(default="", max_length=60)
    created_at: datetime
    created_by_id: int | None = Field(default=None, foreign_key="user.id")
    removed_at: datetime | None = None

"""Offices: the parts of the organisation a verdict may be limited to, each with its default rule."""

from sqlmodel import Field, SQLModel


class Office(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=120)
    default_rule: str = Field(default="", max_length=500)
    """What holds for a tool that nobody decided on, as a sentence to the employee."""

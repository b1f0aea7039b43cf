"""What triage let in, everything by which people call it, and the keywords it is found by."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.domain.tool import AliasKind
from registry.store.columns import EnumText


class Tool(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(max_length=120, unique=True)
    name: str = Field(max_length=120)
    vendor: str = Field(default="", max_length=120)
    category: str = Field(default="", max_length=80, index=True)
    homepage: str = Field(default="", max_length=2000)
    description: str = Field(default="", max_length=2000)
    guidance: str = Field(default="", max_length=2000)
    created_at: datetime
    version: int = 1


class Alias(SQLModel, table=True):
    """One certain way to say a tool: its names, domains, paths on shared hosts, package URLs and programs."""

    __table_args__ = (UniqueConstraint("kind", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    tool_id: int = Field(foreign_key="tool.id", index=True)
    kind: AliasKind = Field(sa_type=EnumText(AliasKind))
    text: str = Field(max_length=500)
    key: str = Field(max_length=500)
    """`name_key` of a name; a folded domain, `host/path` package URL without version or file name of the others."""


class ToolTag(SQLModel, table=True):
    """A keyword on a tool, in the spelling of registry.domain.tag."""

    __tablename__ = "tool_tag"

    tool_id: int = Field(foreign_key="tool.id", primary_key=True)
    tag: str = Field(max_length=40, primary_key=True, index=True)

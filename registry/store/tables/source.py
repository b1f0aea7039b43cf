"""Places we poll: their address, what the last reply taught us, when they are due and who holds the lease."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from registry.domain.proposal import Announcer
from registry.store.columns import EnumText


class Source(SQLModel, table=True):
    __table_args__ = (CheckConstraint("interval_s >= 60", name="interval"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=120)
    url: str = Field(max_length=2000, unique=True)
    kind: str = Field(default="feed", max_length=40)
    """Which scraper reads it: a key of scrapers.catalogue.SCRAPERS."""
    announcer: Announcer = Field(sa_type=EnumText(Announcer))
    group: str = Field(default="", max_length=80)
    created_at: datetime
    paused_at: datetime | None = None
    removed_at: datetime | None = None

    etag: str = Field(default="", max_length=1000)
    last_modified: str = Field(default="", max_length=200)
    body_hash: str = Field(default="", max_length=64)
    parser_version: str = Field(default="", max_length=40)
    """Validators and hash hold for this version alone."""

    interval_s: int = 3600
    due_at: datetime | None = Field(default=None, index=True)
    lease_owner: str = Field(default="", max_length=80)
    lease_until: datetime | None = None
    fence: int = 0
    """Rises with each lease; a holder whose number is no longer this one may not write."""

    fetched_at: datetime | None = None
    succeeded_at: datetime | None = None
    changed_at: datetime | None = None
    failures: int = 0
    """In a row; 0 after a success."""
    error_code: str = Field(default="", max_length=40)
    error: str = Field(default="", max_length=500)
    moved_to: str = Field(default="", max_length=2000)
    """Where a permanent redirect points, until it is adopted."""
    moved_count: int = 0
    moved_since: datetime | None = None
    former_url: str = Field(default="", max_length=2000)
    gone_at: datetime | None = None


class Fetch(SQLModel, table=True):
    """One visit to a source, for its health strip."""

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    at: datetime
    status: int = 0
    """HTTP status; 0 where no reply came."""
    wire_bytes: int = 0
    entries: int = 0
    new: int = 0
    elapsed_ms: int = 0
    error_code: str = Field(default="", max_length=40)

"""Places we poll: their address, what the last reply taught us, when they are due and who holds the lease."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from registry.domain.proposal import Announcer
from registry.domain.visit import Packed
from registry.store.columns import EnumText, json_column


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
    answered_url: str = Field(default="", max_length=2000)
    """The address that gave the validators, after all redirects; no other one is asked with them. Empty: its own."""
    body_hash: str = Field(default="", max_length=64)
    parser_version: str = Field(default="", max_length=40)
    """Validators and hash hold for this version alone."""
    whole_at: datetime | None = None
    """When a body came for the last time: status 200, not 304."""
    distrusted_at: datetime | None = None
    """When its validators were found to lie; they are not sent from then on."""

    interval_s: int = 3600
    due_at: datetime | None = Field(default=None, index=True)
    wait_until: datetime | None = Field(default=None, index=True)
    """How long the publisher asked us to stay away; a person's "fetch now" comes no earlier."""
    lease_owner: str = Field(default="", max_length=80)
    lease_until: datetime | None = Field(default=None, index=True)
    fence: int = 0
    """Rises with each lease; a holder whose number is no longer this one may not write."""

    strip: list[Packed] = Field(default_factory=list, sa_column=json_column())
    """The last thirty visits, oldest first: read and written through registry.domain.visit."""
    fetched_at: datetime | None = Field(default=None, index=True)
    last_code: str = Field(default="", max_length=40)
    """What went wrong at the last visit, our own outage included; empty where it worked."""
    succeeded_at: datetime | None = None
    changed_at: datetime | None = None
    quiet_at: datetime | None = None
    """When it was noticed to be silent for longer than usual; None again with the next news."""
    broken_at: datetime | None = None
    """When it was noticed to need a person; None again when it is read, paused or given another address."""
    usual_gap_s: int = 0
    """Median time between its last twenty entries by their own dates; 0 where these do not tell."""
    note: str = Field(default="", max_length=500)
    """What was odd about the document that was parsed last, in a sentence; empty where nothing was."""
    failures: int = 0
    """In a row; 0 after a success."""
    error_code: str = Field(default="", max_length=40)
    error: str = Field(default="", max_length=500)
    moved_to: str = Field(default="", max_length=2000)
    """Where a permanent redirect points, until it is adopted."""
    moved_count: int = 0
    moved_since: datetime | None = None
    former_url: str = Field(default="", max_length=2000)
    refused_url: str = Field(default="", max_length=2000)
    """Where a person said it did not move to, so that it is not adopted again."""
    gone_since: datetime | None = None
    """When it answered "gone" for the first time since it could last be read."""
    gone_at: datetime | None = None

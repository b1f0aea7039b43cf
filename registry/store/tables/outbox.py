"""What is to be sent to followers, webhooks and the hub, and of which notices it was written."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from registry.store.columns import EnumText, IndexWhere, json_column

_WAITS = "state = 'waiting'"


class Channel(StrEnum):
    MAIL = "mail"
    WEBHOOK = "webhook"
    HUB = "hub"


class DeliveryKind(StrEnum):
    CONFIRM = "confirm"
    """Asks whoever gave an address whether it was they."""
    NOTICE = "notice"
    DIGEST = "digest"
    REQUEST = "request"
    """A step of a colleague's request."""
    SIGN_IN = "sign_in"
    """A link by which a person chooses a password."""
    FACTOR_RESET = "factor_reset"
    """Tells a person that an admin took their second factor away."""
    SIGN_IN_CHANGED = "sign_in_changed"
    """Tells a person what was changed of how they sign in; which it was stands in `about`."""
    WORK = "work"
    """What waits for somebody who works here."""
    TEST = "test"
    PING = "ping"
    """Tells the hub that a feed changed."""


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    """Given up; staff may have it tried again."""
    DROPPED = "dropped"
    """There was nothing to say any more when its turn came."""


class Delivery(SQLModel, table=True):
    """One thing for one receiver. Its content follows from what it names, so that each attempt says the same."""

    __table_args__ = (
        IndexWhere("ix_delivery_due", "channel", "due_at", where=_WAITS),
        Index(None, "webhook_id", "id"),
        Index(None, "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(max_length=32, unique=True)
    """Random, the same over all attempts: what Message-ID and webhook-id are made of."""
    channel: Channel = Field(sa_type=EnumText(Channel))
    kind: DeliveryKind = Field(sa_type=EnumText(DeliveryKind))
    follower_id: int | None = Field(default=None, foreign_key="follower.id", index=True)
    webhook_id: int | None = Field(default=None, foreign_key="webhook.id")
    request_id: int | None = Field(default=None, foreign_key="request.id", index=True)
    user_id: int | None = Field(default=None, foreign_key="user.id", index=True)
    notices: list[int] = Field(default_factory=list, sa_column=json_column())
    """Ids of the notices that it tells, oldest first."""
    about: str = Field(default="", max_length=2000)
    """The address of the feed that changed, the step of the request, or the number of the person it is for."""
    state: DeliveryState = Field(default=DeliveryState.WAITING, sa_type=EnumText(DeliveryState))
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    fence: int = 0
    lease_owner: str = Field(default="", max_length=80)
    lease_until: datetime | None = None
    tried_at: datetime | None = None
    status: int | None = None
    """What the receiver answered last, as HTTP or SMTP count it."""
    reply: str = Field(default="", max_length=500)
    """The beginning of that answer, or in a sentence why there was none."""


class WorkTold(SQLModel, table=True):
    """Something that waits for somebody and that a mail tells them of: once, until it waits no more."""

    __tablename__ = "work_told"

    user_id: int = Field(foreign_key="user.id", primary_key=True)
    key: str = Field(max_length=80, primary_key=True)
    """What it is, such as `score:12`."""
    delivery_uid: str = Field(max_length=32, index=True)
    at: datetime


class ToldNotice(SQLModel, table=True):
    """A notice of which everybody's delivery was written, in the transaction that wrote this row."""

    __tablename__ = "told_notice"

    notice_number: int = Field(primary_key=True, foreign_key="notice.number")
    at: datetime

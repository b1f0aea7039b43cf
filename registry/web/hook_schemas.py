"""Wire shapes of webhooks and of the outbox."""

from datetime import datetime

from pydantic import Field

from registry.store.tables import Channel, Delivery, DeliveryKind, DeliveryState, Webhook
from registry.web.deps import Plain
from registry.web.schemas import Sent, Shape
from registry.web.strict import Whole
from scrapers.links import public_url


class WebhookIn(Sent):
    url: Plain = Field(description="Where messages are posted.", examples=["https://chat.example/hooks/7"])
    wanted: Plain = Field(
        "", description="Facets as in the address of a list of verdicts; empty: everything."
    )
    note: Plain = Field("", description="What it is for.")


class WebhookOut(Shape):
    id: int
    url: str = Field(description="Without the password that it may hold.")
    wanted: str
    note: str
    created_at: datetime
    disabled_at: datetime | None
    disabled_why: str
    both_until: datetime | None = Field(
        description="Until then messages bear the signature of the secret before too."
    )
    version: int
    secret: str | None = Field(None, description="The signing secret; told when it is made, and never again.")


class RemovedOut(Shape):
    id: int


class DeliveryOut(Shape):
    id: int
    uid: str
    channel: Channel
    kind: DeliveryKind
    webhook: int | None
    notices: list[int]
    about: str
    state: DeliveryState
    created_at: datetime
    due_at: datetime
    attempts: int
    tried_at: datetime | None
    status: int | None = Field(description="What the receiver answered last, as HTTP or SMTP count it.")
    reply: str


class OutboxOut(Shape):
    counts: dict[str, dict[str, int]] = Field(description="Channel -> state -> how many.")
    oldest_due: datetime | None = Field(description="Since when the longest waiting is due.")
    followers: int


class ReplayIn(Sent):
    channel: Channel | None = None
    webhook: Whole | None = None


class ReplayedOut(Shape):
    count: int


def webhook_out(row: Webhook, secret: str | None = None) -> WebhookOut:
    return WebhookOut(
        id=row.id or 0,
        url=public_url(row.url),
        wanted=row.wanted,
        note=row.note,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        disabled_why=row.disabled_why,
        both_until=row.both_until,
        version=row.version,
        secret=secret,
    )


def delivery_out(row: Delivery) -> DeliveryOut:
    """Whom a mail goes to is told to nobody."""
    return DeliveryOut(
        id=row.id or 0,
        uid=row.uid,
        channel=row.channel,
        kind=row.kind,
        webhook=row.webhook_id,
        notices=row.notices,
        about=row.about,
        state=row.state,
        created_at=row.created_at,
        due_at=row.due_at,
        attempts=row.attempts,
        tried_at=row.tried_at,
        status=row.status,
        reply=row.reply,
    )

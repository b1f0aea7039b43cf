"""Deliveries as a person reads them: what, to whom in general, how it went. Whom a mail goes to is told to nobody."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.store import followers, news
from registry.store.columns import id_of
from registry.store.tables import Channel, Delivery, DeliveryKind, DeliveryState

WHAT = {
    DeliveryKind.CONFIRM: "Asks an address to confirm",
    DeliveryKind.NOTICE: "A notice",
    DeliveryKind.DIGEST: "Notices of a week",
    DeliveryKind.REQUEST: "A step of a request",
    DeliveryKind.SIGN_IN: "A link to sign in with",
    DeliveryKind.FACTOR_RESET: "Tells that an admin turned a code at sign-in off",
    DeliveryKind.SIGN_IN_CHANGED: "Tells of a change in how somebody signs in",
    DeliveryKind.WORK: "What waits for somebody of the staff",
    DeliveryKind.TEST: "A test",
    DeliveryKind.PING: "Tells the hub of a feed",
}
CHANNELS = {Channel.MAIL: "Mail", Channel.WEBHOOK: "Webhook", Channel.HUB: "WebSub hub"}
STATES = {
    DeliveryState.WAITING: "Waits",
    DeliveryState.SENT: "Sent",
    DeliveryState.FAILED: "Given up",
    DeliveryState.DROPPED: "Not needed any more",
}


@dataclass(frozen=True)
class Line:
    id: int
    what: str
    channel: str
    url: str
    """Of the webhook's page; empty for others."""
    state: DeliveryState
    label: str
    created_at: datetime
    due_at: datetime
    at: datetime
    """Of the last try; of what was never tried, when it was written."""
    attempts: int
    answer: str
    """What the receiver said last."""

    @property
    def may_replay(self) -> bool:
        return self.state is DeliveryState.FAILED

    @property
    def waits(self) -> bool:
        return self.state is DeliveryState.WAITING


def lines_of(session: Session, rows: Sequence[Delivery]) -> list[Line]:
    """In the order of the rows, in a fixed number of queries."""
    numbers = {each for row in rows for each in row.notices}
    titles = news.titles(session, numbers) if numbers else {}
    known = {each.id for each in followers.webhooks(session)}
    return [_line(row, titles, row.webhook_id in known) for row in rows]


def _line(row: Delivery, titles: dict[int, str], hooked: bool) -> Line:
    what = WHAT[row.kind]
    if row.kind is DeliveryKind.NOTICE and row.notices:
        what = titles.get(row.notices[0], what)
    elif row.kind is DeliveryKind.DIGEST:
        what = f"{len(row.notices)} notices of a week"
    elif row.kind is DeliveryKind.PING:
        what = row.about
    status = f"{row.status} " if row.status is not None else ""
    return Line(
        id=id_of(row),
        what=what,
        channel=CHANNELS[row.channel],
        url=f"/webhooks/{row.webhook_id}" if hooked else "",
        state=row.state,
        label=STATES[row.state],
        created_at=row.created_at,
        due_at=row.due_at,
        at=row.tried_at or row.created_at,
        attempts=row.attempts,
        answer=f"{status}{row.reply}".strip(),
    )

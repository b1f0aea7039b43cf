"""The outbox, for admins: what waits to be sent, what was given up, and having it tried again."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import Request, Response

from registry.domain.values import dataclass
from registry.services.notices import outbox
from registry.settings import Settings
from registry.store import followers
from registry.store import outbox as store
from registry.store.paging import row_mark
from registry.store.tables import Channel, DeliveryState
from registry.web.deliveries import CHANNELS, STATES, Line, lines_of
from registry.web.deps import Asked, HookKeeper, House, Now, Read, RowId, Text, Tx
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Option
from registry.web.understood import codes

router = page_router("/outbox")
A_PAGE = 50


@dataclass(frozen=True)
class Count:
    channel: str
    code: str
    way: str
    """How it leaves, by the settings."""
    waiting: int
    sent: int
    failed: int


@dataclass(frozen=True)
class OutboxPage:
    counts: Sequence[Count]
    followers: int
    late_since: datetime | None
    """Since when something is due that nobody sends; None where nothing is late."""
    failed: int
    states: Sequence[Option]
    channels: Sequence[Option]
    state: str
    channel: str
    lines: Sequence[Line]
    more_url: str


@router.get("")
def show(
    request: Request,
    read: Read,
    settings: House,
    _user: HookKeeper,
    now: Now,
    state: Asked = "",
    channel: Asked = "",
    before: Asked = "",
) -> Response:
    chosen = next(iter(codes(DeliveryState, [state] if state else [], "state")), None)
    of = next(iter(codes(Channel, [channel] if channel else [], "channel")), None)
    counts = store.counted(read)
    rows = store.deliveries(read, state=chosen, channel=of, before=row_mark(before), limit=A_PAGE + 1)
    shown = rows[:A_PAGE]
    oldest = store.oldest_due(read, now)
    late = oldest is not None and now - oldest > outbox.LEASE
    page = OutboxPage(
        counts=[
            Count(
                CHANNELS[each],
                each.value,
                _way(each, settings),
                counts.get((each, DeliveryState.WAITING), 0),
                counts.get((each, DeliveryState.SENT), 0),
                counts.get((each, DeliveryState.FAILED), 0),
            )
            for each in Channel
        ],
        followers=followers.count(read),
        late_since=oldest if late else None,
        failed=sum(count for (_, its), count in counts.items() if its is DeliveryState.FAILED),
        states=[Option("", "All"), *(Option(each.value, label) for each, label in STATES.items())],
        channels=[Option("", "All"), *(Option(each.value, label) for each, label in CHANNELS.items())],
        state=chosen.value if chosen else "",
        channel=of.value if of else "",
        lines=lines_of(read, shown),
        more_url=f"/outbox?state={state}&channel={channel}&before={shown[-1].id}"
        if len(rows) > A_PAGE
        else "",
    )
    return render(request, "outbox/show.html", page)


@router.post("/replay")
def replay_all(tx: Tx, user: HookKeeper, now: Now, channel: Text = "") -> Response:
    of = next(iter(codes(Channel, [channel] if channel else [], "channel")), None)
    outbox.replay_all(tx, channel=of, by=user, now=now)
    return go("/outbox")


@router.post("/{delivery_id}/replay")
def replay(delivery_id: RowId, tx: Tx, user: HookKeeper, now: Now, back: Text = "") -> Response:
    row = outbox.replay(tx, delivery_id, by=user, now=now)
    return go(f"/webhooks/{row.webhook_id}#deliveries" if back == "webhook" else "/outbox?state=waiting")


def _way(channel: Channel, settings: Settings) -> str:
    if channel is Channel.MAIL:
        if settings.mail_dir is not None:
            return f"put into {settings.mail_dir}"
        return f"by {settings.smtp_host}" if settings.smtp_host else "waits: no mail server is set up"
    if channel is Channel.HUB:
        return f"to {settings.websub_hub}" if settings.websub_hub else "no hub is set up"
    return "straight to each"

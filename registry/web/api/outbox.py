"""The outbox: what waits to be sent, what was given up, and having it tried again."""

from collections import defaultdict
from typing import Annotated

from fastapi import Query, Request, Response

from registry.services.notices import outbox
from registry.store import followers
from registry.store import outbox as store
from registry.store.paging import row_mark
from registry.store.tables import Channel, DeliveryState
from registry.web.api.replies import Cursor, Limit, Once, next_link, told
from registry.web.deps import HookKeeper, Now, Read, RowId, Tx
from registry.web.hook_schemas import DeliveryOut, OutboxOut, ReplayedOut, ReplayIn, delivery_out
from registry.web.routing import api_router
from registry.web.schemas import Page

router = api_router("/outbox", tag="outbox")


@router.get("", response_model=OutboxOut, summary="How much waits, and how much was given up")
def show(request: Request, read: Read, now: Now, _user: HookKeeper) -> Response:
    """By the way it leaves and how it stands."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for (channel, state), count in store.counted(read).items():
        counts[channel.value][state.value] = count
    out = OutboxOut(counts=counts, oldest_due=store.oldest_due(read, now), followers=followers.count(read))
    return told(request, out, private=True)


@router.get("/deliveries", response_model=Page[DeliveryOut], summary="Deliveries")
def deliveries(
    request: Request,
    read: Read,
    _user: HookKeeper,
    state: Annotated[DeliveryState | None, Query(description="Only those that stand so.")] = None,
    channel: Annotated[Channel | None, Query(description="Only those that leave so.")] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response:
    """The newest first. Whom a mail goes to is told to nobody."""
    rows = store.deliveries(read, state=state, channel=channel, before=row_mark(cursor), limit=limit + 1)
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    page = Page[DeliveryOut](items=[delivery_out(each) for each in rows[:limit]], next=following)
    return told(request, page, link=next_link(request, following), private=True)


@router.post("/replay", response_model=ReplayedOut, summary="Have all that was given up tried again")
def replay_all(tx: Tx, user: HookKeeper, now: Now, once: Once, asked: ReplayIn | None = None) -> Response:
    """But for those of webhooks that are switched off. Narrowed by `channel` or `webhook`."""
    asked = asked or ReplayIn()

    def act() -> ReplayedOut:
        count = outbox.replay_all(tx, channel=asked.channel, webhook_id=asked.webhook, by=user, now=now)
        return ReplayedOut(count=count)

    return once(asked, act, by=user)


@router.post("/deliveries/{delivery_id}/replay", response_model=DeliveryOut, summary="Have one tried again")
def replay(delivery_id: RowId, tx: Tx, user: HookKeeper, now: Now, once: Once) -> Response:
    """409 where it was not given up, or its webhook is switched off."""

    def act() -> DeliveryOut:
        return delivery_out(outbox.replay(tx, delivery_id, by=user, now=now))

    return once(None, act, by=user)

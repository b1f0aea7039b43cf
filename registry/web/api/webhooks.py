"""Webhooks: other programs that are told of changes; and what was sent to them."""

from fastapi import Request, Response

from registry.services.notices import hooks
from registry.services.notices.wanted import canonical
from registry.store import followers, outbox
from registry.store.paging import row_mark
from registry.web.api.replies import Cursor, IfMatch, Limit, Once, next_link, told, version_in
from registry.web.deps import HookKeeper, House, Now, Read, RowId, Tx
from registry.web.hook_schemas import (
    DeliveryOut,
    RemovedOut,
    WebhookIn,
    WebhookOut,
    delivery_out,
    webhook_out,
)
from registry.web.routing import api_router
from registry.web.schemas import Page

router = api_router("/webhooks", tag="webhooks")


@router.get("", response_model=Page[WebhookOut], summary="All webhooks")
def list_webhooks(request: Request, read: Read, _user: HookKeeper) -> Response:
    """In the order in which they were added, on one page."""
    items = [webhook_out(each) for each in followers.webhooks(read)]
    return told(request, Page[WebhookOut](items=items, next=None), private=True)


@router.post("", response_model=WebhookOut, status_code=201, summary="Add a webhook")
def add(tx: Tx, settings: House, user: HookKeeper, now: Now, asked: WebhookIn) -> WebhookOut:
    """Tells its signing secret, this once. It takes no idempotency key, since a kept reply would keep the secret."""
    row, secret = hooks.add(
        tx,
        url=asked.url,
        wanted=canonical(tx, asked.wanted, settings),
        note=asked.note,
        settings=settings,
        by=user,
        now=now,
    )
    return webhook_out(row, secret)


@router.get("/{webhook_id}", response_model=WebhookOut, summary="One webhook")
def show(webhook_id: RowId, request: Request, read: Read, _user: HookKeeper) -> Response:
    """With its ETag, for `If-Match`."""
    row = followers.get_webhook(read, webhook_id)
    return told(request, webhook_out(row), mark=str(row.version), private=True)


@router.put("/{webhook_id}", response_model=WebhookOut, summary="Change a webhook")
def change(
    webhook_id: RowId,
    tx: Tx,
    settings: House,
    user: HookKeeper,
    now: Now,
    asked: WebhookIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """Replaces address, filters and note. 412 where somebody changed it since."""

    def act() -> WebhookOut:
        row = hooks.change(
            tx,
            webhook_id,
            url=asked.url,
            wanted=canonical(tx, asked.wanted, settings),
            note=asked.note,
            version=version_in(if_match),
            settings=settings,
            by=user,
            now=now,
        )
        return webhook_out(row)

    return once(asked, act, by=user)


@router.delete("/{webhook_id}", response_model=RemovedOut, summary="Remove a webhook")
def remove(webhook_id: RowId, tx: Tx, user: HookKeeper, now: Now) -> RemovedOut:
    """With all its deliveries."""
    hooks.remove(tx, webhook_id, by=user, now=now)
    return RemovedOut(id=webhook_id)


@router.post("/{webhook_id}/rotate", response_model=WebhookOut, summary="Make a new signing secret")
def rotate(webhook_id: RowId, tx: Tx, settings: House, user: HookKeeper, now: Now) -> WebhookOut:
    """Told this once. For a day messages bear the signature of the secret before too."""
    row, secret = hooks.rotate(tx, webhook_id, settings=settings, by=user, now=now)
    return webhook_out(row, secret)


@router.post("/{webhook_id}/on", response_model=WebhookOut, summary="Switch on")
def switch_on(webhook_id: RowId, tx: Tx, user: HookKeeper, now: Now, once: Once) -> Response:
    """It is told of what becomes public from then on."""

    def act() -> WebhookOut:
        return webhook_out(hooks.switch(tx, webhook_id, on=True, by=user, now=now))

    return once(None, act, by=user)


@router.post("/{webhook_id}/off", response_model=WebhookOut, summary="Switch off")
def switch_off(webhook_id: RowId, tx: Tx, user: HookKeeper, now: Now, once: Once) -> Response:
    """What waited for it is given up, and can be replayed once it is on again."""

    def act() -> WebhookOut:
        return webhook_out(hooks.switch(tx, webhook_id, on=False, by=user, now=now))

    return once(None, act, by=user)


@router.post("/{webhook_id}/test", response_model=DeliveryOut, status_code=202, summary="Send a test")
def send_test(webhook_id: RowId, tx: Tx, user: HookKeeper, now: Now, once: Once) -> Response:
    """It waits in the outbox; the receiver's answer stands among the deliveries soon after. 409 where it is off."""

    def act() -> DeliveryOut:
        return delivery_out(hooks.send_test(tx, webhook_id, by=user, now=now))

    return once(None, act, by=user, status=202)


@router.get("/{webhook_id}/deliveries", response_model=Page[DeliveryOut], summary="What was sent to it")
def deliveries(
    webhook_id: RowId, request: Request, read: Read, _user: HookKeeper, cursor: Cursor = "", limit: Limit = 50
) -> Response:
    """The newest first."""
    followers.get_webhook(read, webhook_id)
    rows = outbox.deliveries(read, webhook_id=webhook_id, before=row_mark(cursor), limit=limit + 1)
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    page = Page[DeliveryOut](items=[delivery_out(each) for each in rows[:limit]], next=following)
    return told(request, page, link=next_link(request, following), private=True)

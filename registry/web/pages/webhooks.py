"""Webhooks, for admins: the list, one with what was sent to it, and keeping it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, StaleVersion
from registry.domain.values import dataclass
from registry.services.notices import hooks, outbox
from registry.services.notices.wanted import canonical, sentence_of
from registry.store import followers
from registry.store import outbox as store
from registry.store.columns import id_of
from registry.store.tables import Webhook
from registry.web.deliveries import Line, lines_of
from registry.web.deps import HookKeeper, House, Now, Read, RowId, Text, Tx
from registry.web.render import go, render, secretly
from registry.web.routing import page_router
from registry.web.shapes import Form
from registry.web.typed import version_of
from scrapers.links import public_url

router = page_router("/webhooks")
MOST_SHOWN = 50


@dataclass(frozen=True)
class Hook:
    id: int
    url: str
    """Without the password that it may hold."""
    note: str
    what: str
    created_at: datetime
    disabled_at: datetime | None
    disabled_why: str


@dataclass(frozen=True)
class ListPage:
    hooks: Sequence[Hook]
    form: Form


@dataclass(frozen=True)
class HookPage:
    hook: Hook
    form: Form
    version: int
    both_until: datetime | None
    deliveries: Sequence[Line]
    failed: bool
    shown_once: str = ""
    """A new signing secret."""
    clash: str = ""
    """Somebody changed it meanwhile: what is so now, beside what was typed."""


@dataclass(frozen=True)
class RemovePage:
    hook: Hook


@router.get("")
def list_webhooks(request: Request, read: Read, _user: HookKeeper) -> Response:
    return render(request, "webhooks/list.html", _list(read, _form()))


@router.post("")
def add(
    request: Request,
    tx: Tx,
    settings: House,
    user: HookKeeper,
    now: Now,
    url: Text = "",
    wanted: Text = "",
    note: Text = "",
) -> Response:
    """Shows the signing secret in the reply itself, since it is kept nowhere."""
    try:
        with tx.begin_nested():
            row, secret = hooks.add(
                tx,
                url=url,
                wanted=canonical(tx, wanted, settings),
                note=note,
                settings=settings,
                by=user,
                now=now,
            )
    except InvalidInput as refused:
        form = _form(url, wanted, note, refused.faults)
        return render(request, "webhooks/list.html", _list(tx, form), status=422)
    return _shown(request, tx, row, now, secret=secret)


@router.get("/{webhook_id}")
def show(request: Request, webhook_id: RowId, read: Read, _user: HookKeeper, now: Now) -> Response:
    row = followers.get_webhook(read, webhook_id)
    return render(request, "webhooks/show.html", _page(read, row, now))


@router.post("/{webhook_id}")
def change(
    request: Request,
    webhook_id: RowId,
    tx: Tx,
    settings: House,
    user: HookKeeper,
    now: Now,
    url: Text = "",
    wanted: Text = "",
    note: Text = "",
    version: Text = "",
) -> Response:
    typed = {"url": url, "wanted": wanted, "note": note}
    row = followers.get_webhook(tx, webhook_id)
    try:
        with tx.begin_nested():
            hooks.change(
                tx,
                webhook_id,
                url=url,
                wanted=canonical(tx, wanted, settings),
                note=note,
                version=version_of(version),
                settings=settings,
                by=user,
                now=now,
            )
    except InvalidInput as refused:
        tx.refresh(row)
        page = _page(tx, row, now, form=Form(typed, refused.faults))
        return render(request, "webhooks/show.html", page, status=422)
    except StaleVersion as refused:
        page = _page(tx, row, now, form=Form(typed), clash=refused.sentence)
        return render(request, "webhooks/show.html", page, status=409)
    return go(f"/webhooks/{webhook_id}")


@router.post("/{webhook_id}/rotate")
def rotate(
    request: Request, webhook_id: RowId, tx: Tx, settings: House, user: HookKeeper, now: Now
) -> Response:
    """Shows the new secret in the reply itself, since it is kept nowhere."""
    row, secret = hooks.rotate(tx, webhook_id, settings=settings, by=user, now=now)
    return _shown(request, tx, row, now, secret=secret)


@router.post("/{webhook_id}/on")
def switch_on(webhook_id: RowId, tx: Tx, user: HookKeeper, now: Now) -> Response:
    hooks.switch(tx, webhook_id, on=True, by=user, now=now)
    return go(f"/webhooks/{webhook_id}")


@router.post("/{webhook_id}/off")
def switch_off(webhook_id: RowId, tx: Tx, user: HookKeeper, now: Now) -> Response:
    hooks.switch(tx, webhook_id, on=False, by=user, now=now)
    return go(f"/webhooks/{webhook_id}")


@router.post("/{webhook_id}/test")
def send_test(webhook_id: RowId, tx: Tx, user: HookKeeper, now: Now) -> Response:
    hooks.send_test(tx, webhook_id, by=user, now=now)
    return go(f"/webhooks/{webhook_id}#deliveries")


@router.post("/{webhook_id}/replay")
def replay(webhook_id: RowId, tx: Tx, user: HookKeeper, now: Now) -> Response:
    followers.get_webhook(tx, webhook_id)
    outbox.replay_all(tx, webhook_id=webhook_id, by=user, now=now)
    return go(f"/webhooks/{webhook_id}#deliveries")


@router.post("/{webhook_id}/remove")
def remove(
    request: Request, webhook_id: RowId, tx: Tx, user: HookKeeper, now: Now, sure: Text = ""
) -> Response:
    """Asked about once more; `sure` is the answer."""
    row = followers.get_webhook(tx, webhook_id)
    if sure != "yes":
        return render(request, "webhooks/remove.html", RemovePage(_hook(tx, row)))
    hooks.remove(tx, webhook_id, by=user, now=now)
    return go("/webhooks")


def _shown(request: Request, session: Session, row: Webhook, now: datetime, *, secret: str) -> Response:
    return secretly(render(request, "webhooks/show.html", _page(session, row, now, shown_once=secret)))


def _list(session: Session, form: Form) -> ListPage:
    return ListPage([_hook(session, each) for each in followers.webhooks(session)], form)


def _page(
    session: Session,
    row: Webhook,
    now: datetime,
    *,
    form: Form | None = None,
    shown_once: str = "",
    clash: str = "",
) -> HookPage:
    rows = store.deliveries(session, webhook_id=id_of(row), limit=MOST_SHOWN)
    lines = lines_of(session, rows)
    return HookPage(
        hook=_hook(session, row),
        form=form or _form(row.url, row.wanted, row.note),
        version=row.version,
        both_until=row.both_until if row.both_until is not None and row.both_until > now else None,
        deliveries=lines,
        failed=any(each.may_replay for each in lines),
        shown_once=shown_once,
        clash=clash,
    )


def _hook(session: Session, row: Webhook) -> Hook:
    return Hook(
        id=id_of(row),
        url=public_url(row.url),
        note=row.note,
        what=sentence_of(session, row.wanted),
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        disabled_why=row.disabled_why,
    )


def _form(url: str = "", wanted: str = "", note: str = "", faults: Mapping[str, str] | None = None) -> Form:
    return Form({"url": url, "wanted": wanted, "note": note}, faults or {})

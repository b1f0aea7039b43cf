"""`registry webhooks` and `registry outbox`: who is told of changes, and what waits to be sent."""

import sys
from typing import Annotated, Any

import typer

from registry.cli.acting import acting
from registry.cli.common import AsJson, opened, print_json, print_rows, utc_now
from registry.services.notices import hooks, outbox
from registry.services.notices.wanted import canonical
from registry.store import followers
from registry.store import outbox as store
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from registry.store.tables import Channel, Delivery, DeliveryState, Webhook
from scrapers.links import public_url

webhooks = typer.Typer(no_args_is_help=True, help="Programs that are told of changes.")
outboxes = typer.Typer(no_args_is_help=True, help="What waits to be sent, and what was given up.")

Id = Annotated[int, typer.Argument(metavar="ID", help="The webhook's number.")]
Filters = Annotated[
    str,
    typer.Option("--filter", help="As in the address of a list of verdicts: outcome=rejected&category=Chat."),
]
Note = Annotated[str, typer.Option(help="What it is for.")]


@webhooks.command("add")
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where messages are posted.")],
    wanted: Filters = "",
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Tell an address of what becomes public from now on; prints its signing secret, this once."""
    with opened() as (settings, engine), transaction(engine) as session:
        row, secret = hooks.add(
            session,
            url=url,
            wanted=canonical(session, wanted, settings),
            note=note,
            settings=settings,
            by=acting(session),
            now=utc_now(),
        )
        told = {**_webhook(row), "secret": secret}
    _print_secret(told, as_json)


@webhooks.command("change")
def change(
    webhook_id: Id,
    url: Annotated[str | None, typer.Option(help="A new address.")] = None,
    wanted: Annotated[str | None, typer.Option("--filter", help="New filters; empty: everything.")] = None,
    note: Annotated[str | None, typer.Option(help="What it is for.")] = None,
) -> None:
    """Change address, filters or note; what is not named stays."""
    with opened() as (settings, engine), transaction(engine) as session:
        row = followers.get_webhook(session, webhook_id)
        hooks.change(
            session,
            webhook_id,
            url=row.url if url is None else url,
            wanted=row.wanted if wanted is None else canonical(session, wanted, settings),
            note=row.note if note is None else note,
            settings=settings,
            by=acting(session),
            now=utc_now(),
        )
    print(f"Webhook {webhook_id} is changed.", file=sys.stderr)


@webhooks.command("list")
def list_webhooks(as_json: AsJson = False) -> None:
    """All of them; never their secrets."""
    with opened() as (_settings, engine), snapshot(engine) as session:
        rows = [_webhook(each) for each in followers.webhooks(session)]
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, none="None yet. Add one: registry webhooks add URL")


@webhooks.command("rotate")
def rotate(webhook_id: Id, as_json: AsJson = False) -> None:
    """Make a new signing secret and print it, this once; for a day the one before is valid too."""
    with opened() as (settings, engine), transaction(engine) as session:
        row, secret = hooks.rotate(session, webhook_id, settings=settings, by=acting(session), now=utc_now())
        told = {**_webhook(row), "secret": secret}
    _print_secret(told, as_json)


@webhooks.command("test")
def send_test(webhook_id: Id) -> None:
    """Put a test into the outbox; a running registry sends it, or `registry outbox send` does."""
    with opened() as (_settings, engine), transaction(engine) as session:
        hooks.send_test(session, webhook_id, by=acting(session), now=utc_now())
    print("A test waits in the outbox.", file=sys.stderr)


@webhooks.command("on")
def switch_on(webhook_id: Id) -> None:
    """Switch one on again."""
    _switch(webhook_id, on=True)


@webhooks.command("off")
def switch_off(webhook_id: Id) -> None:
    """Send nothing to it; what waits is given up, and can be replayed once it is on again."""
    _switch(webhook_id, on=False)


@webhooks.command("remove")
def remove(webhook_id: Id) -> None:
    """Remove one with all its deliveries."""
    with opened() as (_settings, engine), transaction(engine) as session:
        hooks.remove(session, webhook_id, by=acting(session), now=utc_now())
    print(f"Webhook {webhook_id} is removed.", file=sys.stderr)


@outboxes.command("show")
def show(as_json: AsJson = False) -> None:
    """How much waits, was sent and was given up, by the way it leaves."""
    with opened() as (_settings, engine), snapshot(engine) as session:
        counts = store.counted(session)
    rows: list[dict[str, Any]] = [
        {
            "channel": channel.value,
            **{state.value: counts.get((channel, state), 0) for state in DeliveryState},
        }
        for channel in Channel
    ]
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, none="")


@outboxes.command("list")
def list_deliveries(
    state: Annotated[DeliveryState | None, typer.Option(help="Only those that stand so.")] = None,
    channel: Annotated[Channel | None, typer.Option(help="Only those that leave so.")] = None,
    webhook: Annotated[int | None, typer.Option(help="Only those of this webhook.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Deliveries, the newest first. Whom a mail goes to is told to nobody."""
    with opened() as (_settings, engine), snapshot(engine) as session:
        found = store.deliveries(session, state=state, channel=channel, webhook_id=webhook, limit=limit)
        rows = [_delivery(each) for each in found]
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, none="Nothing.")


@outboxes.command("replay")
def replay(
    delivery_id: Annotated[int | None, typer.Argument(metavar="[ID]", help="One delivery; else all.")] = None,
    webhook: Annotated[int | None, typer.Option(help="All of this webhook.")] = None,
    channel: Annotated[Channel | None, typer.Option(help="All that leave so.")] = None,
) -> None:
    """Have what was given up tried again: one, or all."""
    with opened() as (_settings, engine), transaction(engine) as session:
        by, now = acting(session), utc_now()
        if delivery_id is not None:
            outbox.replay(session, delivery_id, by=by, now=now)
            count = 1
        else:
            count = outbox.replay_all(session, channel=channel, webhook_id=webhook, by=by, now=now)
    print(f"{count} {'waits' if count == 1 else 'wait'} to be sent again.", file=sys.stderr)


@outboxes.command("send")
def send() -> None:
    """Send now what is due, where no registry is running that does so."""
    from registry.posting import a_postman

    with opened() as (settings, engine), a_postman(engine, settings, utc_now) as postman:
        count = postman.tick()
    print(f"{count} tried. `registry outbox list` shows how it went.", file=sys.stderr)


def _switch(webhook_id: int, *, on: bool) -> None:
    with opened() as (_settings, engine), transaction(engine) as session:
        hooks.switch(session, webhook_id, on=on, by=acting(session), now=utc_now())
    print(f"Webhook {webhook_id} is {'on' if on else 'off'}.", file=sys.stderr)


def _print_secret(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        print(f"Webhook {told['id']}. Keep its secret: it is shown this once.", file=sys.stderr)
        print(told["secret"])


def _webhook(row: Webhook) -> dict[str, Any]:
    return {
        "id": id_of(row),
        "url": public_url(row.url),
        "filter": row.wanted,
        "note": row.note,
        "created_at": row.created_at,
        "off": row.disabled_why if row.disabled_at else "",
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": id_of(row),
        "channel": row.channel.value,
        "kind": row.kind.value,
        "webhook": row.webhook_id,
        "state": row.state.value,
        "created_at": row.created_at,
        "due_at": row.due_at,
        "attempts": row.attempts,
        "status": row.status,
        "reply": row.reply,
    }

"""Webhooks: other programs that are told of notices, signed as Standard Webhooks has it. For admins."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken, StaleVersion
from registry.domain.values import dataclass
from registry.services.notices import outbox, signing, telling
from registry.services.people.acting import Actor, record, refuse_long
from registry.settings import Settings
from registry.store import followers
from registry.store import outbox as store
from registry.store.columns import id_of
from registry.store.tables import Channel, Delivery, DeliveryKind, Webhook
from scrapers.addresses import AddressRule, literal, read_url
from scrapers.errors import FetchError
from scrapers.links import public_url

BOTH = timedelta(hours=24)
"""How long after a rotation messages are signed with the secret before as well."""
MOST_WEBHOOKS = 100
TEST_TYPE = "registry.test.v1"
BY_HAND = "Switched off by hand."


@dataclass(frozen=True)
class Message:
    url: str
    body: bytes
    headers: Mapping[str, str]


def add(
    session: Session,
    *,
    url: str,
    wanted: str = "",
    note: str = "",
    settings: Settings,
    by: Actor,
    now: datetime,
) -> tuple[Webhook, str]:
    """Tell an address of what becomes public from now on. Gives its signing secret too, which is shown this once.

    `wanted` is a query of the list. Raises InvalidInput.
    """
    _check(url, note, settings)
    if len(followers.webhooks(session)) >= MOST_WEBHOOKS:
        raise RuleBroken(f"There are {MOST_WEBHOOKS} webhooks already. Remove one that is used no more.")
    made = Webhook(url=url, wanted=wanted, note=note, nonce=secrets.token_hex(16), created_at=now)
    session.add(made)
    session.flush()
    record(session, "webhook.added", ("webhook", made.id), by=by, now=now, after=_held(made))
    return made, signing.secret_of(made, made.generation, secret=settings.secret)


def change(
    session: Session,
    webhook_id: int,
    *,
    url: str,
    wanted: str,
    note: str,
    version: int | None = None,
    settings: Settings,
    by: Actor,
    now: datetime,
) -> Webhook:
    """Raises NotFound, InvalidInput, and StaleVersion where somebody changed it since that version."""
    row = followers.get_webhook(session, webhook_id)
    if version is not None and version != row.version:
        raise StaleVersion(
            "Somebody changed this webhook meanwhile. Look at it as it is now, then change it."
        )
    _check(url, note, settings)
    before = _held(row)
    row.url, row.wanted, row.note = url, wanted, note
    row.version += 1
    record(session, "webhook.changed", ("webhook", row.id), by=by, now=now, before=before, after=_held(row))
    return row


def rotate(
    session: Session, webhook_id: int, *, settings: Settings, by: Actor, now: datetime
) -> tuple[Webhook, str]:
    """A new signing secret, shown this once; for a day messages bear the signature of the one before too."""
    row = followers.get_webhook(session, webhook_id)
    row.generation += 1
    row.both_until = now + BOTH
    row.version += 1
    record(session, "webhook.rotated", ("webhook", row.id), by=by, now=now)
    return row, signing.secret_of(row, row.generation, secret=settings.secret)


def switch(session: Session, webhook_id: int, *, on: bool, by: Actor, now: datetime) -> Webhook:
    """Off: nothing is sent, and what waited is given up. On again: from then on; what was given up can be replayed."""
    row = followers.get_webhook(session, webhook_id)
    if on is (row.disabled_at is None):
        return row
    row.disabled_at, row.disabled_why = (None, "") if on else (now, BY_HAND)
    row.version += 1
    if not on:
        store.drop_waiting(session, webhook_id=webhook_id, why=outbox.DISABLED)
    action = "webhook.switched_on" if on else "webhook.switched_off"
    record(session, action, ("webhook", row.id), by=by, now=now)
    return row


def remove(session: Session, webhook_id: int, *, by: Actor, now: datetime) -> None:
    """With all its deliveries."""
    row = followers.get_webhook(session, webhook_id)
    record(session, "webhook.removed", ("webhook", row.id), by=by, now=now, before=_held(row))
    store.forget(session, webhook_id=webhook_id)
    session.delete(row)
    session.flush()


def send_test(session: Session, webhook_id: int, *, by: Actor, now: datetime) -> Delivery:
    """Put a message into the outbox that says that it is a test. Raises RuleBroken where it is switched off."""
    row = followers.get_webhook(session, webhook_id)
    if row.disabled_at is not None:
        raise RuleBroken("The webhook is switched off. Switch it on first.")
    made = outbox.write(session, Channel.WEBHOOK, DeliveryKind.TEST, webhook_id=webhook_id, now=now)
    session.flush()
    record(session, "webhook.tested", ("webhook", row.id), by=by, now=now)
    return made


def message_of(session: Session, row: Delivery, settings: Settings, now: datetime) -> Message | str:
    """The signed message of a delivery; or why there is nothing to say any more, in a sentence."""
    webhook = session.get_one(Webhook, row.webhook_id)
    if webhook.disabled_at is not None:
        return outbox.DISABLED
    if row.kind is DeliveryKind.TEST:
        told: Mapping[str, Any] = {
            "type": TEST_TYPE,
            "timestamp": row.created_at.isoformat(),
            "data": {"registry": settings.base_url, "sentence": "This is a test. Nothing has changed."},
        }
    else:
        found = telling.items_of(session, row.notices, settings)
        if not found:
            return "What it told was taken back."
        told = found[0].message
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    signed = signing.headers(webhook, row.uid, body, secret=settings.secret, now=now)
    return Message(webhook.url, body, signed)


def _check(url: str, note: str, settings: Settings) -> None:
    refuse_long("The webhook is not kept: something is too long.", url=(url, 2000), note=(note, 200))
    try:
        asked = read_url(url)
        address = literal(asked.host)
        if address is not None:
            port = asked.port or (443 if asked.scheme == "https" else 80)
            AddressRule.opening(settings.allow_private_cidrs).check(address, port)
    except FetchError as error:
        raise InvalidInput("The webhook is not kept.", {"url": error.sentence}) from error


def _held(row: Webhook) -> dict[str, Any]:
    return {"url": public_url(row.url), "wanted": row.wanted, "note": row.note, "id": id_of(row)}

"""The outbox: what is to be sent is written with what it tells of, claimed by lease, and ended by what became of it.

A worker that dies between sending and noting it leaves a delivery that is sent again under the same id, which is the
most that mail and HTTP allow; nothing is lost.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from registry.domain.errors import RuleBroken
from registry.domain.retrying import next_try
from registry.domain.values import dataclass
from registry.services.people.acting import Actor, record
from registry.store import outbox
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Channel, Delivery, DeliveryKind, DeliveryState, Follower, Request, Webhook

LEASE = timedelta(minutes=5)
KEPT = timedelta(days=90)
"""How long what was sent is on record."""
REST = timedelta(minutes=1)
"""A webhook that failed gets nothing else for so long."""
MOST_BOUNCES = 3
GONE = 410
DISABLED = "The webhook is switched off."
STOPPED = "Its receiver has said that it is gone (410)."


@dataclass(frozen=True)
class Claim:
    """A delivery that is ours to send until the lease ends."""

    delivery_id: int
    fence: int
    until: datetime


@dataclass(frozen=True)
class Reply:
    """What came of one attempt; `status` is None where the receiver could not be asked."""

    taken: bool
    status: int | None = None
    text: str = ""
    for_good: bool = False
    """The receiver will never take it."""
    bounced: bool = False
    """It is the address itself that takes nothing."""
    retry_after_s: int | None = None


def write(
    session: Session, channel: Channel, kind: DeliveryKind, *, now: datetime, **values: Any
) -> Delivery:
    """Put something in the outbox, in the transaction of what it tells."""
    made = Delivery(**row_of(channel, kind, now=now, **values))
    session.add(made)
    return made


def row_of(
    channel: Channel,
    kind: DeliveryKind,
    *,
    now: datetime,
    due_at: datetime | None = None,
    follower_id: int | None = None,
    webhook_id: int | None = None,
    request_id: int | None = None,
    user_id: int | None = None,
    notices: Sequence[int] = (),
    about: str = "",
) -> dict[str, Any]:
    """The same as the values of its row, not yet written."""
    return {
        "uid": uuid4().hex,
        "channel": channel,
        "kind": kind,
        "follower_id": follower_id,
        "webhook_id": webhook_id,
        "request_id": request_id,
        "user_id": user_id,
        "notices": list(notices),
        "about": about,
        "created_at": now,
        "due_at": due_at or now,
    }


def claim(session: Session, channel: Channel, *, owner: str, now: datetime, limit: int) -> list[Claim]:
    """Lease up to `limit` deliveries that are due; a lease that has run out is anybody's."""
    serialise(session, f"outbox {channel}")
    ids = [id_of(each) for each in outbox.due(session, channel, now, limit)]
    if not ids:
        return []
    fences = outbox.lease(session, ids, owner=owner[:80], until=now + LEASE)
    return [Claim(each, fences[each], now + LEASE) for each in ids if each in fences]


def hand_back(session: Session, claim: Claim) -> None:
    """Let go of one that was not tried after all."""
    row = outbox.held(session, claim.delivery_id, claim.fence)
    if row is not None:
        row.lease_owner, row.lease_until = "", None


def drop(session: Session, claim: Claim, why: str, now: datetime) -> None:
    """There is nothing to say any more."""
    row = outbox.held(session, claim.delivery_id, claim.fence)
    if row is not None:
        row.state, row.reply, row.tried_at = DeliveryState.DROPPED, why, now
        row.lease_owner, row.lease_until = "", None


def settle(session: Session, claim: Claim, reply: Reply, now: datetime) -> DeliveryState | None:
    """Note what came of an attempt; None, and nothing is written, where somebody else has the delivery by now."""
    row = outbox.held(session, claim.delivery_id, claim.fence)
    if row is None:
        return None
    row.attempts += 1
    row.tried_at, row.status, row.reply = now, reply.status, plain(reply.text)[:500]
    row.lease_owner, row.lease_until = "", None
    if reply.taken:
        row.state = DeliveryState.SENT
    else:
        again = next_try(row.attempts, row.uid, now, retry_after_s=reply.retry_after_s)
        if reply.for_good or again is None:
            row.state = DeliveryState.FAILED
        else:
            row.due_at = again
    session.flush()
    _heed(session, row, reply, now)
    return row.state


def replay(session: Session, delivery_id: int, *, by: Actor, now: datetime) -> Delivery:
    """Have one that was given up tried again. Raises NotFound, and RuleBroken where it was not given up."""
    row = outbox.get(session, delivery_id)
    if row.state is not DeliveryState.FAILED:
        raise RuleBroken("This delivery was not given up, so there is nothing to send again.")
    if row.webhook_id is not None:
        webhook = session.get_one(Webhook, row.webhook_id)
        if webhook.disabled_at is not None:
            raise RuleBroken("The webhook is switched off. Switch it on first.")
    _again(row, now)
    record(session, "delivery.replayed", ("delivery", row.id), by=by, now=now)
    return row


def replay_all(
    session: Session,
    *,
    channel: Channel | None = None,
    webhook_id: int | None = None,
    by: Actor,
    now: datetime,
) -> int:
    """Have all that were given up tried again, but those of webhooks that are switched off; gives how many."""
    rows = [
        row
        for row in outbox.failed(session, channel=channel, webhook_id=webhook_id)
        if row.webhook_id is None or session.get_one(Webhook, row.webhook_id).disabled_at is None
    ]
    for row in rows:
        _again(row, now)
    if rows:
        after = {"count": len(rows), "webhook": webhook_id, "channel": channel and channel.value}
        record(session, "delivery.replayed", ("delivery", rows[-1].id), by=by, now=now, after=after)
    return len(rows)


def plain(text: str) -> str:
    """A reply of others as one line that any database takes."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _again(row: Delivery, now: datetime) -> None:
    row.state, row.attempts, row.due_at = DeliveryState.WAITING, 0, now


def _heed(session: Session, row: Delivery, reply: Reply, now: datetime) -> None:
    """What an attempt says of its receiver."""
    if row.webhook_id is not None and not reply.taken:
        if reply.status == GONE:
            webhook = session.get_one(Webhook, row.webhook_id)
            webhook.disabled_at, webhook.disabled_why = now, STOPPED
            webhook.version += 1
            outbox.drop_waiting(session, webhook_id=row.webhook_id, why=DISABLED)
        else:
            outbox.put_off(session, row.webhook_id, now + REST, but=id_of(row))
    if row.request_id is not None and reply.bounced:
        session.get_one(Request, row.request_id).silent = True
    if row.follower_id is None or not (reply.taken or reply.bounced):
        return
    follower = session.get_one(Follower, row.follower_id)
    follower.bounces = 0 if reply.taken else follower.bounces + 1
    if follower.bounces >= MOST_BOUNCES:
        outbox.forget(session, follower_ids=[row.follower_id])
        session.flush()
        session.delete(follower)

"""Reads of deliveries, and the statements by which a worker takes some of them for itself."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, update
from sqlmodel import Session, col, or_, select

from registry.domain.errors import NotFound
from registry.store.columns import among
from registry.store.tables import Channel, Delivery, DeliveryKind, DeliveryState, Follower

MOST_SHOWN = 200


def get(session: Session, delivery_id: int) -> Delivery:
    found = session.get(Delivery, delivery_id)
    if found is None:
        raise NotFound("There is no such delivery. It may have been cleared away.")
    return found


def due(session: Session, channel: Channel, now: datetime, limit: int) -> Sequence[Delivery]:
    """Those whose turn has come and which nobody holds, the longest waiting first.

    Of one webhook only its oldest, and none while another is on its way to it: a slow receiver keeps nobody waiting.
    """
    query = select(Delivery).where(*_open(channel, now))
    if channel is Channel.WEBHOOK:
        busy = select(Delivery.webhook_id).where(
            Delivery.channel == channel,
            Delivery.state == DeliveryState.WAITING,
            col(Delivery.lease_until) > now,
        )
        first = (
            select(func.min(Delivery.id))
            .where(*_open(channel, now), col(Delivery.webhook_id).not_in(busy))
            .group_by(col(Delivery.webhook_id))
        )
        query = query.where(col(Delivery.id).in_(first))
    return session.exec(query.order_by(col(Delivery.due_at), col(Delivery.id)).limit(limit)).all()


def lease(session: Session, ids: Sequence[int], *, owner: str, until: datetime) -> Mapping[int, int]:
    """Let `owner` hold them until then; gives the new fencing number by id."""
    taken = (
        update(Delivery)
        .where(among(session, Delivery.id, ids))
        .values(fence=col(Delivery.fence) + 1, lease_owner=owner, lease_until=until)
        .returning(col(Delivery.id), col(Delivery.fence))
    )
    return {row.id: row.fence for row in session.connection().execute(taken)}


def held(session: Session, delivery_id: int, fence: int) -> Delivery | None:
    """The delivery, locked for this transaction; None where somebody else has it by now, or it was ended."""
    row = session.get(Delivery, delivery_id, populate_existing=True, with_for_update=True)
    return row if row and row.fence == fence and row.state is DeliveryState.WAITING else None


def waiting_digest(session: Session, follower_id: int, now: datetime) -> Delivery | None:
    """The follower's digest that nobody has tried to send yet, locked for this transaction."""
    query = select(Delivery).where(Delivery.follower_id == follower_id, *_gathering(now))
    return session.exec(query.with_for_update()).first()


def waiting_digests(session: Session, follower_ids: Collection[int], now: datetime) -> dict[int, Delivery]:
    """Follower id -> the digest to which more can be added; locked for this transaction."""
    query = select(Delivery).where(among(session, Delivery.follower_id, list(follower_ids)), *_gathering(now))
    return {each.follower_id: each for each in session.exec(query.with_for_update()) if each.follower_id}


def pinged(session: Session) -> set[str]:
    """Feeds of whose change the hub is about to be told anyway."""
    query = select(Delivery.about).where(
        Delivery.channel == Channel.HUB,
        Delivery.state == DeliveryState.WAITING,
        Delivery.attempts == 0,
        col(Delivery.lease_until).is_(None),
    )
    return set(session.exec(query).all())


def asked_since(session: Session, address: str, since: datetime) -> int:
    """Mails that asked an address whether it wants to follow, or told it so, written since then."""
    query = (
        select(func.count())
        .select_from(Delivery)
        .join(Follower, col(Follower.id) == col(Delivery.follower_id))
        .where(
            Follower.address == address, Delivery.kind == DeliveryKind.CONFIRM, Delivery.created_at > since
        )
    )
    return session.exec(query).one()


def counted(session: Session) -> Mapping[tuple[Channel, DeliveryState], int]:
    query = select(Delivery.channel, Delivery.state, func.count()).group_by(
        col(Delivery.channel), col(Delivery.state)
    )
    return {(Channel(channel), DeliveryState(state)): count for channel, state, count in session.exec(query)}


def oldest_due(session: Session, now: datetime) -> datetime | None:
    """Since when the longest waiting of those that are due waits."""
    query = select(func.min(Delivery.due_at)).where(
        Delivery.state == DeliveryState.WAITING, Delivery.due_at <= now
    )
    return session.exec(query).one()


def deliveries(
    session: Session,
    *,
    state: DeliveryState | None = None,
    channel: Channel | None = None,
    webhook_id: int | None = None,
    before: int = 0,
    limit: int = MOST_SHOWN,
) -> Sequence[Delivery]:
    """The newest first; `before` is the last id of the page before."""
    query = select(Delivery)
    if state is not None:
        query = query.where(Delivery.state == state)
    if channel is not None:
        query = query.where(Delivery.channel == channel)
    if webhook_id is not None:
        query = query.where(Delivery.webhook_id == webhook_id)
    if before:
        query = query.where(col(Delivery.id) < before)
    return session.exec(query.order_by(col(Delivery.id).desc()).limit(limit)).all()


def failed(
    session: Session, *, channel: Channel | None = None, webhook_id: int | None = None
) -> Sequence[Delivery]:
    query = select(Delivery).where(Delivery.state == DeliveryState.FAILED)
    if channel is not None:
        query = query.where(Delivery.channel == channel)
    if webhook_id is not None:
        query = query.where(Delivery.webhook_id == webhook_id)
    return session.exec(query.order_by(col(Delivery.id)).with_for_update()).all()


def put_off(session: Session, webhook_id: int, until: datetime, *, but: int) -> None:
    """Nothing else than the one delivery goes to this webhook before then."""
    query = update(Delivery).where(
        col(Delivery.webhook_id) == webhook_id,
        col(Delivery.state) == DeliveryState.WAITING,
        col(Delivery.due_at) < until,
        col(Delivery.id) != but,
    )
    session.connection().execute(query.values(due_at=until))


def drop_waiting(session: Session, *, webhook_id: int, why: str) -> None:
    query = update(Delivery).where(
        col(Delivery.webhook_id) == webhook_id, col(Delivery.state) == DeliveryState.WAITING
    )
    session.connection().execute(query.values(state=DeliveryState.FAILED, reply=why))


def forget(session: Session, *, follower_ids: Collection[int] = (), webhook_id: int | None = None) -> None:
    """Remove what was and is to be sent to somebody who is gone."""
    if follower_ids:
        session.connection().execute(delete(Delivery).where(col(Delivery.follower_id).in_(follower_ids)))
    if webhook_id is not None:
        session.connection().execute(delete(Delivery).where(col(Delivery.webhook_id) == webhook_id))


def clear(session: Session, before: datetime) -> int:
    """Remove what was done with before then; what failed stays until somebody has seen to it."""
    done = (DeliveryState.SENT, DeliveryState.DROPPED)
    query = delete(Delivery).where(col(Delivery.state).in_(done), col(Delivery.tried_at) < before)
    return session.connection().execute(query).rowcount


def _gathering(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Delivery.kind) == DeliveryKind.DIGEST,
        col(Delivery.state) == DeliveryState.WAITING,
        col(Delivery.attempts) == 0,
        col(Delivery.due_at) > now,
    )


def _open(channel: Channel, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Delivery.channel) == channel,
        col(Delivery.state) == DeliveryState.WAITING,
        col(Delivery.due_at) <= now,
        or_(col(Delivery.lease_until).is_(None), col(Delivery.lease_until) <= now),
    )

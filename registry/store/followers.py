"""Reads of those who follow by mail, and of the webhooks that follow."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from registry.domain.errors import NotFound
from registry.store.tables import Follower, Webhook


def find(session: Session, address: str, wanted: str) -> Follower | None:
    query = select(Follower).where(Follower.address == address, Follower.wanted == wanted)
    return session.exec(query).first()


def of_address(session: Session, address: str) -> Sequence[Follower]:
    """All that an address asked for, confirmed or not, in the order in which it did."""
    return session.exec(select(Follower).where(Follower.address == address).order_by(col(Follower.id))).all()


def confirmed(session: Session, until: datetime) -> Sequence[Follower]:
    """Those who follow since then or longer."""
    return session.exec(select(Follower).where(col(Follower.confirmed_at) <= until)).all()


def count(session: Session) -> int:
    query = select(func.count()).select_from(Follower).where(col(Follower.confirmed_at).is_not(None))
    return session.exec(query).one()


def unconfirmed(session: Session, before: datetime) -> Sequence[Follower]:
    """Those who were asked before then and never said yes."""
    query = select(Follower).where(col(Follower.confirmed_at).is_(None), Follower.asked_at < before)
    return session.exec(query).all()


def webhooks(session: Session) -> Sequence[Webhook]:
    return session.exec(select(Webhook).order_by(col(Webhook.id))).all()


def get_webhook(session: Session, webhook_id: int) -> Webhook:
    found = session.get(Webhook, webhook_id)
    if found is None:
        raise NotFound("There is no such webhook.")
    return found

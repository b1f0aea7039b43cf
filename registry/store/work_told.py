"""Reads of what the staff was told by mail, and of what they may be told of that no other read gives."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from registry.domain.triage import CandidateStatus
from registry.store.columns import among
from registry.store.tables import (
    Candidate,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Report,
    Request,
    SecondReading,
    WorkTold,
)


class Asked(NamedTuple):
    """A candidate that colleagues asked for and that nobody has looked at."""

    candidate_id: int
    name: str
    since: datetime


def told(session: Session) -> Mapping[int, frozenset[str]]:
    """Person -> keys of what they were told of, or are about to be."""
    found: dict[int, set[str]] = defaultdict(set)
    for user_id, key in session.exec(select(WorkTold.user_id, WorkTold.key)):
        found[user_id].add(key)
    return {user_id: frozenset(keys) for user_id, keys in found.items()}


def told_by(session: Session, delivery_uid: str) -> frozenset[str]:
    """Keys of what one mail tells."""
    return frozenset(session.exec(select(WorkTold.key).where(WorkTold.delivery_uid == delivery_uid)))


def forget(session: Session, user_id: int, keys: Collection[str] | None = None) -> None:
    """That somebody was told of these; of all, where none are given."""
    query = delete(WorkTold).where(col(WorkTold.user_id) == user_id)
    if keys is not None:
        query = query.where(among(session, WorkTold.key, sorted(keys)))
    session.connection().execute(query)


def waiting_mail(session: Session, user_id: int) -> Delivery | None:
    """The mail to somebody that nobody has tried to send yet, locked for this transaction."""
    query = select(Delivery).where(
        Delivery.user_id == user_id,
        Delivery.kind == DeliveryKind.WORK,
        Delivery.state == DeliveryState.WAITING,
        Delivery.attempts == 0,
        col(Delivery.lease_until).is_(None),
    )
    return session.exec(query.order_by(col(Delivery.id)).with_for_update()).first()


def mails_due_after(session: Session, user_id: int, moment: datetime, *, but: str = "") -> Sequence[datetime]:
    """When the mails to somebody of their work were due after it, dropped ones and `but` aside, the earliest first."""
    query = select(Delivery.due_at).where(
        Delivery.user_id == user_id,
        Delivery.kind == DeliveryKind.WORK,
        Delivery.state != DeliveryState.DROPPED,
        col(Delivery.due_at) > moment,
        Delivery.uid != but,
    )
    return session.exec(query.order_by(col(Delivery.due_at))).all()


def reports(session: Session, since: datetime) -> Sequence[Report]:
    """Of verdicts, oldest first."""
    query = select(Report).where(col(Report.verdict_number).is_not(None), col(Report.at) > since)
    return session.exec(query.order_by(col(Report.id))).all()


def asked_for(session: Session) -> Sequence[Asked]:
    """The longest waiting first."""
    since = func.min(Request.at)
    query = (
        select(Candidate.id, Candidate.name, since)
        .join(Request, col(Request.candidate_id) == col(Candidate.id))
        .where(Candidate.status == CandidateStatus.NEW)
        .group_by(col(Candidate.id), col(Candidate.name))
    )
    return [Asked(*row) for row in session.exec(query.order_by(since, col(Candidate.id)))]


def second_readings(session: Session) -> frozenset[int]:
    """Evaluations that read a verdict again and have not ended."""
    query = select(SecondReading.evaluation_id).where(col(SecondReading.ended_at).is_(None))
    return frozenset(session.exec(query))

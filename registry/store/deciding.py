"""Reads of who may not decide, who decides for whom, and which verdicts are read a second time."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from registry.domain.evaluation import Alone
from registry.store.tables import Delegation, SecondReading, User, VendorContact, Verdict


def vendor_contacts(session: Session, tool_id: int) -> frozenset[int]:
    """Ids of the people here who are contacts of the tool's vendor."""
    query = select(VendorContact.user_id).where(VendorContact.tool_id == tool_id)
    return frozenset(session.exec(query))


def find_reading_by_evaluation(session: Session, evaluation_id: int) -> SecondReading | None:
    return session.exec(
        select(SecondReading).where(SecondReading.evaluation_id == evaluation_id)
    ).one_or_none()


def find_reading_of(session: Session, verdict_id: int) -> SecondReading | None:
    return session.get(SecondReading, verdict_id)


def quick_unread(session: Session, *, now: datetime) -> Sequence[Verdict]:
    """Verdicts of the quick lane that have gone out and that nobody reads a second time, oldest first."""
    read = select(SecondReading.verdict_id)
    return session.exec(
        select(Verdict)
        .where(
            Verdict.alone == Alone.QUICK_LANE,
            col(Verdict.undone_at).is_(None),
            col(Verdict.published_at) <= now,
            col(Verdict.id).not_in(read),
        )
        .order_by(col(Verdict.number))
    ).all()


def standing_in(session: Session, user_id: int, on: date) -> Sequence[tuple[Delegation, User]]:
    """For whom this person decides on a day, with the approver who is away."""
    return session.exec(
        select(Delegation, User)
        .join(User, col(User.id) == Delegation.from_id)
        .where(
            Delegation.to_id == user_id,
            col(Delegation.starts_on) <= on,
            col(Delegation.ends_on) >= on,
            col(Delegation.ended_at).is_(None),
        )
        .order_by(col(Delegation.id))
    ).all()


def delegations(session: Session) -> Sequence[Delegation]:
    """All there ever were, newest first."""
    return session.exec(select(Delegation).order_by(col(Delegation.id).desc())).all()

"""Reads of which verdicts are read a second time."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from registry.domain.evaluation import Alone
from registry.store.memo import remembered
from registry.store.tables import SecondReading, Verdict


@remembered(SecondReading)
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

"""How much there is of what an operator watches, counted in the database."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from registry.domain.evaluation import EvaluationState
from registry.store.evaluations import CLOSED
from registry.store.sources import is_due, is_free
from registry.store.tables import Evaluation, Source


def sources_by_last_code(session: Session) -> Mapping[str, int]:
    """What went wrong at the last visit of each polled source -> how many; empty text where it worked."""
    query = select(Source.last_code, func.count()).where(
        col(Source.removed_at).is_(None), col(Source.paused_at).is_(None), col(Source.gone_at).is_(None)
    )
    return dict(session.exec(query.group_by(col(Source.last_code))).all())


def longest_due(session: Session, now: datetime) -> datetime | None:
    """Since when the longest waiting of those sources waits that anybody might read now; None where none does."""
    return session.exec(select(func.min(Source.due_at)).where(*is_due(now), *is_free(now))).one()


def evaluations(session: Session) -> Mapping[EvaluationState, int]:
    query = select(Evaluation.state, func.count()).group_by(col(Evaluation.state))
    return {EvaluationState(state): count for state, count in session.exec(query)}


def overdue_evaluations(session: Session, today: date) -> int:
    late = (col(Evaluation.due_on) < today, col(Evaluation.state).not_in(CLOSED))
    return session.exec(select(func.count()).select_from(Evaluation).where(*late)).one()

"""Evaluations as employees may hear of them: which are under way, and how long those took that were decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, or_, select

from registry.domain.evaluation import EvaluationState
from registry.store.evaluations import CLOSED
from registry.store.tables import Evaluation, Verdict


@dataclass(frozen=True)
class Running:
    """An evaluation under way, as an employee may hear of it."""

    since: datetime
    due_on: date
    tier: int


def running(session: Session, tool_ids: Iterable[int], *, now: datetime) -> dict[int, Running]:
    """Tool id -> its evaluation under way; of several the one that is due first.

    One whose verdict has not gone out yet is under way still: nobody may tell by a gap that it was decided.
    """
    unpublished = select(Verdict.evaluation_id).where(
        col(Verdict.undone_at).is_(None), col(Verdict.published_at) > now
    )
    query = select(
        col(Evaluation.tool_id), col(Evaluation.opened_at), col(Evaluation.due_on), col(Evaluation.tier)
    ).where(
        col(Evaluation.tool_id).in_(set(tool_ids)),
        or_(col(Evaluation.state).not_in(CLOSED), col(Evaluation.id).in_(unpublished)),
    )
    rows = session.exec(query.order_by(col(Evaluation.due_on).desc())).all()
    return {tool_id: Running(opened_at, due_on, tier) for tool_id, opened_at, due_on, tier in rows}


def took_days(session: Session, *, most: int, before: datetime) -> dict[int, list[float]]:
    """Tier -> how many days its newest rounds took that were decided before that moment, a no at once left out."""
    query = (
        select(Evaluation.tier, Evaluation.opened_at, Evaluation.closed_at)
        .where(
            Evaluation.state == EvaluationState.DECIDED,
            col(Evaluation.closed_at) > col(Evaluation.opened_at),
            col(Evaluation.closed_at) <= before,
        )
        .order_by(col(Evaluation.closed_at).desc())
        .limit(most)
    )
    took: dict[int, list[float]] = {}
    for tier, opened_at, closed_at in session.exec(query).all():
        if closed_at is not None:
            took.setdefault(tier, []).append((closed_at - opened_at) / timedelta(days=1))
    return took

"""Evaluations as employees may hear of them: which are under way, and how long those took that were decided."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam
from sqlalchemy import false as sql_false
from sqlalchemy import select as columns
from sqlmodel import Session, and_, col, func, or_, select

from registry.domain.evaluation import EvaluationState
from registry.store.columns import among
from registry.store.evaluations import CLOSED
from registry.store.tables import Evaluation, Verdict


@dataclass(frozen=True)
class Running:
    """An evaluation under way, as an employee may hear of it."""

    since: datetime
    due_on: date
    tier: int
    until: datetime | None = None
    """When its verdict goes out, where it has one."""


def running(session: Session, tool_ids: Iterable[int], *, now: datetime) -> dict[int, Running]:
    """Tool id -> its evaluation under way; of several the one that is due first."""
    under_way: dict[int, Running] = {}
    for tool_id, found in runs(session, tool_ids).items():
        for each in found:
            if each.until is None or each.until > now:
                under_way.setdefault(tool_id, each)
    return under_way


def runs(session: Session, tool_ids: Iterable[int]) -> dict[int, list[Running]]:
    """Tool id -> its evaluations that are open or have a verdict that was not taken back, the first due first.

    One whose verdict has not gone out yet is under way still: nobody may tell by a gap that it was decided. One that
    was opened for an answer at once never was: nobody may tell by it that something was decided.
    """
    session.flush()
    found: dict[int, list[Running]] = {}
    for row in session.connection().execute(_runs(), {"ids": list(tool_ids)}):
        tool_id, since, due_on, tier, is_open, until = row
        # An open one has no verdict that goes out, whatever is on record of an earlier one.
        found.setdefault(tool_id, []).append(Running(since, due_on, tier, None if is_open else until))
    return found


@cache
def _runs() -> Select[Any]:
    is_open = col(Evaluation.state).not_in(CLOSED)
    return (
        columns(col(Evaluation.tool_id), col(Evaluation.opened_at), col(Evaluation.due_on))
        .add_columns(col(Evaluation.tier), is_open, col(Verdict.published_at))
        .outerjoin(
            Verdict,
            and_(
                col(Verdict.tool_id) == col(Evaluation.tool_id),  # by which it is found fast
                col(Verdict.evaluation_id) == col(Evaluation.id),
                col(Verdict.undone_at).is_(None),
            ),
        )
        .where(
            col(Evaluation.tool_id).in_(bindparam("ids", expanding=True)),
            or_(is_open, and_(col(Verdict.id).is_not(None), _reviewed())),
        )
        .order_by(col(Evaluation.due_on), col(Evaluation.id))
    )


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


def under_way_at(at: datetime) -> tuple[ColumnElement[bool], ...]:
    """What makes an evaluation one that was under way at a moment: until its verdict had gone out, as in `runs`."""
    opened, closed = col(Evaluation.opened_at), col(Evaluation.closed_at)
    went_out = (
        columns(func.max(Verdict.published_at))
        .where(
            col(Verdict.tool_id) == col(Evaluation.tool_id),
            col(Verdict.evaluation_id) == col(Evaluation.id),
            col(Verdict.undone_at).is_(None),
            _reviewed(),
        )
        .scalar_subquery()
    )
    return opened <= at, or_(closed.is_(None), func.coalesce(went_out, closed) > at)


def _reviewed() -> ColumnElement[bool]:
    """It came from a review, not from an answer at once for which an evaluation was opened."""
    at_once: Any = col(Verdict.assessment)["opened_for_it"].as_boolean()
    return func.coalesce(at_once, sql_false()) == sql_false()


def running_at(session: Session, tool_ids: Collection[int], *, at: datetime) -> dict[int, datetime]:
    """Tool id -> when the first evaluation began that was under way at that moment."""
    query = (
        select(col(Evaluation.tool_id), func.min(Evaluation.opened_at))
        .where(among(session, col(Evaluation.tool_id), tool_ids), *under_way_at(at))
        .group_by(col(Evaluation.tool_id))
    )
    return {tool_id: opened_at for tool_id, opened_at in session.exec(query).all() if opened_at}

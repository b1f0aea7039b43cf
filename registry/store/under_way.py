"""Evaluations as employees may hear of them: which are under way, and how long those took that were decided."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import false as sql_false
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, or_, select

from registry.store.asked import Running, runs
from registry.store.columns import among
from registry.store.tables import Evaluation, Verdict


def running(session: Session, tool_ids: Iterable[int], *, now: datetime) -> dict[int, Running]:
    """Tool id -> its evaluation under way; of several the one that is due first."""
    under_way: dict[int, Running] = {}
    for tool_id, found in runs(session, list(tool_ids)).items():
        for each in found:
            if each.until is None or each.until > now:
                under_way.setdefault(tool_id, each)
    return under_way


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

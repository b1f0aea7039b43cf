"""Ratings over many evaluations, by criterion: what agreement is measured from, and the evaluations behind it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlmodel import Session, col

from registry.domain.evaluation import EvaluationState
from registry.domain.rubric import Rating
from registry.store.tables import Evaluation, Scorecard, ScorecardRating, Tool, Verdict


def rated(
    session: Session, *, rubric_hash: str, bounds: Sequence[datetime]
) -> Mapping[tuple[str, int], Mapping[tuple[Rating, ...], int]]:
    """(criterion, period) -> what reviewers gave to one evaluation -> how many evaluations got just that.

    First scorecards alone, since later ones were written after the others were seen, of decided evaluations that were
    opened with this rubric at or after bounds[0]; period 1 is what was opened before bounds[1], 2 before bounds[2] …
    """
    period = case(
        *((col(Evaluation.opened_at) < each, place) for place, each in enumerate(bounds)), else_=len(bounds)
    )
    given = (
        select(
            col(ScorecardRating.criterion).label("criterion"),
            func.min(period).label("period"),
            func.aggregate_strings(col(ScorecardRating.rating), " ").label("ratings"),
        )
        .join(Scorecard, col(Scorecard.id) == col(ScorecardRating.scorecard_id))
        .join(Evaluation, col(Evaluation.id) == col(Scorecard.evaluation_id))
        .where(*_counts(rubric_hash, bounds[0]))
        .group_by(col(Evaluation.id), col(ScorecardRating.criterion))
        .subquery()
    )
    query = select(given.c.criterion, given.c.period, given.c.ratings, func.count()).group_by(
        given.c.criterion, given.c.period, given.c.ratings
    )
    found: dict[tuple[str, int], dict[tuple[Rating, ...], int]] = {}
    for criterion, place, ratings, times in session.connection().execute(query):
        unit = tuple(sorted(Rating(each) for each in str(ratings).split()))
        units = found.setdefault((criterion, place), {})
        units[unit] = units.get(unit, 0) + times
    return found


def behind(
    session: Session, *, rubric_hash: str, criterion: str, since: datetime, until: datetime | None
) -> Sequence[tuple[int, str, str, datetime, int | None, str]]:
    """The evaluations behind one figure: id, tool, edition, opened, verdict's number, ratings parted by spaces.

    The newest first, those with one rating too.
    """
    query = (
        select(
            col(Evaluation.id),
            col(Tool.name),
            col(Evaluation.edition),
            col(Evaluation.opened_at),
            func.max(Verdict.number),
            func.aggregate_strings(col(ScorecardRating.rating), " "),
        )
        .select_from(ScorecardRating)
        .join(Scorecard, col(Scorecard.id) == col(ScorecardRating.scorecard_id))
        .join(Evaluation, col(Evaluation.id) == col(Scorecard.evaluation_id))
        .join(Tool, col(Tool.id) == col(Evaluation.tool_id))
        .outerjoin(
            Verdict, (col(Verdict.evaluation_id) == col(Evaluation.id)) & col(Verdict.undone_at).is_(None)
        )
        .where(*_counts(rubric_hash, since), col(ScorecardRating.criterion) == criterion)
        .group_by(col(Evaluation.id), col(Tool.name), col(Evaluation.edition), col(Evaluation.opened_at))
        .order_by(col(Evaluation.opened_at).desc(), col(Evaluation.id).desc())
    )
    if until is not None:
        query = query.where(col(Evaluation.opened_at) < until)
    return [tuple(row) for row in session.connection().execute(query)]  # type: ignore[misc]


def _counts(rubric_hash: str, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Scorecard.number) == 1,
        col(Scorecard.submitted_at).is_not(None),
        col(ScorecardRating.rating).is_not(None),
        col(Evaluation.state) == EvaluationState.DECIDED,
        col(Evaluation.opened_at) >= since,
        col(Evaluation.rubric_hash) == rubric_hash,
    )

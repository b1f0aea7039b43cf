"""Ratings over many evaluations, by criterion: what agreement is measured from, and the evaluations behind it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from sys import intern

from sqlalchemy import ColumnElement, String, case, func, select, type_coerce
from sqlmodel import Session, col

from registry.domain.evaluation import EvaluationState
from registry.store.columns import among
from registry.store.tables import Evaluation, Scorecard, ScorecardRating, Tool, Verdict


def decided(
    session: Session, *, rubric_hash: str, bounds: Sequence[datetime]
) -> Sequence[tuple[int, int, int]]:
    """(id, version, period) of the decided evaluations that were opened with this rubric at or after bounds[0].

    Period 1 is what was opened before bounds[1], 2 before bounds[2] …
    """
    period = case(
        *((col(Evaluation.opened_at) < each, place) for place, each in enumerate(bounds)), else_=len(bounds)
    )
    query = select(col(Evaluation.id), col(Evaluation.version), period).where(
        *_decided(rubric_hash, bounds[0])
    )
    return [tuple(row) for row in session.connection().execute(query)]


def given(session: Session, evaluation_ids: Collection[int]) -> Mapping[int, Sequence[str]]:
    """Evaluation -> for each criterion its id and what its reviewers gave to it, sorted, such as `R1 0 2`.

    First scorecards alone, since later ones were written after the others were seen.
    """
    line = (
        type_coerce(col(ScorecardRating.criterion), String)
        + "="
        + type_coerce(col(ScorecardRating.rating), String)
    )
    lines = (
        select(func.aggregate_strings(line, " "))
        .join(Scorecard, col(Scorecard.id) == col(ScorecardRating.scorecard_id))
        .where(col(Scorecard.evaluation_id) == col(Evaluation.id), *_first())
        .correlate(Evaluation)
        .scalar_subquery()
    )
    query = select(col(Evaluation.id), lines).where(among(session, col(Evaluation.id), evaluation_ids))
    return {number: _by_criterion(told or "") for number, told in session.connection().execute(query)}


def _by_criterion(told: str) -> list[str]:
    found: dict[str, list[str]] = {}
    for each in sorted(told.split()):
        criterion, _, rating = each.partition("=")
        found.setdefault(criterion, [criterion]).append(rating)
    return [intern(" ".join(each)) for each in found.values()]


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
        .where(*_decided(rubric_hash, since), *_first(), col(ScorecardRating.criterion) == criterion)
        .group_by(col(Evaluation.id), col(Tool.name), col(Evaluation.edition), col(Evaluation.opened_at))
        .order_by(col(Evaluation.opened_at).desc(), col(Evaluation.id).desc())
    )
    if until is not None:
        query = query.where(col(Evaluation.opened_at) < until)
    return [tuple(row) for row in session.connection().execute(query)]  # type: ignore[misc]


def _decided(rubric_hash: str, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Evaluation.state) == EvaluationState.DECIDED,
        col(Evaluation.opened_at) >= since,
        col(Evaluation.rubric_hash) == rubric_hash,
    )


def _first() -> tuple[ColumnElement[bool], ...]:
    return (
        col(Scorecard.number) == 1,
        col(Scorecard.submitted_at).is_not(None),
        col(ScorecardRating.rating).is_not(None),
    )

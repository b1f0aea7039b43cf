"""Where published verdicts stand, counted in the database; the rule itself is registry.domain.validity's."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, false, func, literal, or_, select
from sqlmodel import Session, col

from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.validity import GRACE_DAYS, REVIEW_DAYS, ValidityState
from registry.store.tables import Event, Supersession, Verdict, VerdictCondition
from registry.store.verdicts import MARK_ACTIONS

PERMISSIVE = [outcome for outcome, meaning in MEANINGS.items() if meaning.may_use]


def counts(
    session: Session, *, today: date, now: datetime
) -> Sequence[tuple[Outcome, str, date | None, int]]:
    """(outcome, validity, last day or None, how many) of published verdicts that nothing has befallen since.

    Those that bear a mark are left out: `marked` names them. The same rule as registry.domain.validity, as SQL.
    """
    found = rows(today, now).subquery()
    what = (found.c.outcome, found.c.state, found.c.last_day)
    query = select(*what, func.count()).group_by(*what)
    return [tuple(row) for row in session.connection().execute(query)]


def rows(today: date, now: datetime) -> Select[Any]:
    """Columns id, number, outcome, state and last_day, of the verdicts that `counts` counts."""
    due = (
        select(func.min(VerdictCondition.due_on))
        .where(
            col(VerdictCondition.verdict_id) == col(Verdict.id),
            col(VerdictCondition.standing) == false(),
            col(VerdictCondition.waived_reason) == "",
            or_(col(VerdictCondition.met_on).is_(None), col(VerdictCondition.met_on) > today),
        )
        .correlate(Verdict)
        .scalar_subquery()
    )
    newer = Verdict.__table__.alias("newer")  # type: ignore[attr-defined]
    replaced = (
        select(literal(1))
        .select_from(Supersession)
        .join(newer, newer.c.id == col(Supersession.verdict_id))
        .where(
            col(Supersession.superseded_id) == col(Verdict.id),
            newer.c.undone_at.is_(None),
            newer.c.starts_at <= now,
        )
        .correlate(Verdict)
        .exists()
    )
    plain = (
        select(
            col(Verdict.id).label("id"),
            col(Verdict.number).label("number"),
            col(Verdict.outcome).label("outcome"),
            col(Verdict.starts_at).label("starts_at"),
            col(Verdict.valid_until).label("valid_until"),
            due.label("due"),
            replaced.label("replaced"),
        )
        .where(*published(now), col(Verdict.id).not_in(_marked()))
        .subquery()
    )
    ends, grace = plain.c.valid_until, timedelta(days=GRACE_DAYS)
    last = case(
        (plain.c.outcome.not_in(PERMISSIVE), None),
        (or_(plain.c.due.is_(None), ends <= plain.c.due), ends),
        else_=plain.c.due,
    )
    ended = case((plain.c.outcome == Outcome.PILOT, last < today), else_=last < today - grace)
    state = case(
        (plain.c.replaced, ValidityState.SUPERSEDED.value),
        (plain.c.starts_at > now, ValidityState.SCHEDULED.value),
        (ended, ValidityState.LAPSED.value),
        (last < today, ValidityState.GRACE.value),
        (last < today + timedelta(days=REVIEW_DAYS), ValidityState.REVIEW_DUE.value),
        else_=ValidityState.ACTIVE.value,
    )
    return select(plain.c.id, plain.c.number, plain.c.outcome, state.label("state"), last.label("last_day"))


def _marked() -> Select[Any]:
    return select(col(Event.subject_id)).where(
        col(Event.subject_kind) == "verdict", col(Event.action).in_(MARK_ACTIONS)
    )


def marked(session: Session, *, now: datetime) -> Sequence[Verdict]:
    """Published verdicts that something has befallen."""
    query = select(Verdict).where(*published(now), col(Verdict.id).in_(_marked()))
    return session.scalars(query.order_by(col(Verdict.number))).all()


def published(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What makes a verdict one that has gone out and was not taken back."""
    return col(Verdict.undone_at).is_(None), col(Verdict.published_at) <= now

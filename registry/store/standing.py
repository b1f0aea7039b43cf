"""Where published verdicts stand, counted in the database; the rule itself is registry.domain.validity's."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, false, func, or_, select
from sqlmodel import Session, col

from registry.domain import verdict as domain
from registry.domain.condition import Condition
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.validity import GRACE_DAYS, REVIEW_DAYS, Ruling, ValidityState
from registry.store.columns import among
from registry.store.rulings import MARK_ACTIONS, marks, superseded_at
from registry.store.tables import Event, Supersession, Verdict, VerdictCondition

PERMISSIVE = [outcome for outcome, meaning in MEANINGS.items() if meaning.may_use]


def counts(
    session: Session, *, today: date, soon: date, now: datetime
) -> Sequence[tuple[Outcome, str, bool, int]]:
    """(outcome, validity, whether it ends from today to before `soon`, how many) of what nothing has befallen since.

    Published verdicts that bear a mark are left out: `marked` names them. The same rule as registry.domain.validity,
    as SQL.
    """
    found = _rows(today, now).subquery()
    ends = func.coalesce((found.c.last_day >= today) & (found.c.last_day < soon), false())
    told = select(found.c.outcome, found.c.state, ends.label("soon")).subquery()
    query = select(told, func.count()).group_by(*told.c)
    return [
        (outcome, state, bool(ends), count)
        for outcome, state, ends, count in session.connection().execute(query)
    ]


def rows(session: Session, *, today: date, now: datetime) -> Sequence[Any]:
    """Columns id, number, outcome, state and last_day, of the verdicts that `counts` counts."""
    return session.connection().execute(_rows(today, now)).all()


def _rows(today: date, now: datetime) -> Select[Any]:
    owed = (
        select(col(VerdictCondition.verdict_id).label("id"), func.min(VerdictCondition.due_on).label("on"))
        .where(
            col(VerdictCondition.standing) == false(),
            col(VerdictCondition.waived_reason) == "",
            or_(col(VerdictCondition.met_on).is_(None), col(VerdictCondition.met_on) > today),
        )
        .group_by(col(VerdictCondition.verdict_id))
        .subquery()
    )
    newer = Verdict.__table__.alias("newer")  # type: ignore[attr-defined]
    told = newer.c.undone_at.is_(None), newer.c.published_at <= now
    begun = select(newer.c.id).where(*told, newer.c.starts_at <= now)
    replaced = select(col(Supersession.superseded_id)).where(col(Supersession.verdict_id).in_(begun))
    last = case(
        (col(Verdict.outcome).not_in(PERMISSIVE), None),
        (or_(owed.c.on.is_(None), col(Verdict.valid_until) <= owed.c.on), col(Verdict.valid_until)),
        else_=owed.c.on,
    )
    plain = (
        select(
            col(Verdict.id).label("id"),
            col(Verdict.number).label("number"),
            col(Verdict.outcome).label("outcome"),
            col(Verdict.starts_at).label("starts_at"),
            last.label("last_day"),
            case((col(Verdict.id).in_(replaced), 1), else_=0).label("replaced"),
        )
        .outerjoin(owed, owed.c.id == col(Verdict.id))
        .where(*published(now), col(Verdict.id).not_in(_marked()))
        .cte("plain")
        .prefix_with("MATERIALIZED")  # else each of its expressions is computed wherever it is named
    )
    ends = plain.c.last_day
    ended = case(
        (plain.c.outcome == Outcome.PILOT, ends < today), else_=ends < today - timedelta(days=GRACE_DAYS)
    )
    state = case(
        (plain.c.replaced == 1, ValidityState.SUPERSEDED.value),
        (plain.c.starts_at > now, ValidityState.SCHEDULED.value),
        (ended, ValidityState.LAPSED.value),
        (ends < today, ValidityState.GRACE.value),
        (ends < today + timedelta(days=REVIEW_DAYS), ValidityState.REVIEW_DUE.value),
        else_=ValidityState.ACTIVE.value,
    )
    return select(plain.c.id, plain.c.number, plain.c.outcome, state.label("state"), ends)


def _marked() -> Select[Any]:
    return select(col(Event.subject_id)).where(col(Event.action).in_(MARK_ACTIONS))


def marked(session: Session, *, now: datetime) -> list[Ruling]:
    """The published verdicts that something has befallen, as `rulings` gives them."""
    return rulings(session, col(Verdict.id).in_(_marked()), now=now)


def owing(session: Session, *, today: date, now: datetime) -> list[Ruling]:
    """Verdicts of which something may be due, as `rulings` gives them: marked, owing by a day, or near their end.

    What has given way or has not begun is left out, where it bears no mark.
    """
    plain = _rows(today, now).subquery()
    dated = select(col(VerdictCondition.verdict_id)).where(
        col(VerdictCondition.due_on).is_not(None),
        col(VerdictCondition.met_on).is_(None),
        col(VerdictCondition.waived_reason) == "",
    )
    state = ValidityState
    ends = plain.c.state.in_([state.REVIEW_DUE, state.GRACE])
    over = (plain.c.state == state.LAPSED) & (plain.c.outcome == Outcome.PILOT)
    stands = plain.c.state.not_in([state.SUPERSEDED, state.SCHEDULED])
    found = select(plain.c.id).where(or_(ends, over, stands & plain.c.id.in_(dated)))
    return rulings(session, or_(col(Verdict.id).in_(_marked()), col(Verdict.id).in_(found)), now=now)


def rulings(session: Session, which: ColumnElement[bool], *, now: datetime) -> list[Ruling]:
    """Published verdicts in the order of their numbers, with no more than decides where they stand and what they owe.

    Of their conditions the dated ones alone. What a verdict says beside that (scope, rationale, and so on) is empty.
    """
    query = (
        select(
            col(Verdict.id),
            col(Verdict.number),
            col(Verdict.outcome),
            col(Verdict.decided_by),
            col(Verdict.decided_at),
            col(Verdict.starts_at),
            col(Verdict.valid_until),
        )
        .where(*published(now), which)
        .order_by(col(Verdict.number))
    )
    found: Sequence[Any] = session.connection().execute(query).all()
    ids = [row[0] for row in found]
    owed = _dated(session, ids)
    befell, given_way = marks(session, ids, now), superseded_at(session, ids, now)
    return [
        Ruling(
            verdict=domain.Verdict(
                number=number,
                tool="",
                outcome=outcome,
                conditions=tuple(owed.get(verdict_id, ())),
                decided_by=decided_by,
                decided_at=decided_at,
                starts_at=starts_at,
                valid_until=valid_until,
            ),
            marks=tuple(befell.get(verdict_id, ())),
            superseded_at=given_way.get(verdict_id),
        )
        for verdict_id, number, outcome, decided_by, decided_at, starts_at, valid_until in found
    ]


def _dated(session: Session, ids: Sequence[int]) -> dict[int, list[Condition]]:
    row = VerdictCondition
    query = (
        select(*(col(each) for each in (row.verdict_id, row.text, row.duty, row.due_on, row.met_on)))
        .add_columns(col(row.waived_reason))
        .where(among(session, col(row.verdict_id), ids), col(row.standing) == false())
        .order_by(col(row.verdict_id), col(row.position))
    )
    found: dict[int, list[Condition]] = defaultdict(list)
    for verdict_id, said, duty, due_on, met_on, waived in session.connection().execute(query):
        found[verdict_id].append(
            Condition(said, duty=duty, due_on=due_on, met_on=met_on, waived_reason=waived)
        )
    return found


def published(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What makes a verdict one that has gone out and was not taken back."""
    return col(Verdict.undone_at).is_(None), col(Verdict.published_at) <= now

"""Reads of why cases were opened again, and of what may open one: dates, overdue conditions, mentions."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, cast, col, exists, literal, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.domain.triggers import CAUSES, Cause
from registry.domain.values import dataclass
from registry.store.evaluations import CLOSED
from registry.store.tables import (
    Evaluation,
    Event,
    ReadMark,
    Reopening,
    Supersession,
    Tool,
    User,
    Verdict,
    VerdictCondition,
)

_ORDER = {cause: place for place, cause in enumerate(CAUSES)}


@dataclass(frozen=True)
class Reopened:
    """One cause, with the case that it opened or joined."""

    row: Reopening
    evaluation: Evaluation
    owner: User
    tool: Tool
    number: int
    """Of the verdict that is looked at again."""


def is_known(session: Session, key: str) -> bool:
    return session.exec(select(Reopening.id).where(Reopening.key == key)).first() is not None


def of_evaluations(session: Session, evaluation_ids: Iterable[int]) -> dict[int, list[Reopening]]:
    """Evaluation id -> why it was opened again, the most pressing cause first."""
    found: dict[int, list[Reopening]] = defaultdict(list)
    query = select(Reopening).where(col(Reopening.evaluation_id).in_(set(evaluation_ids)))
    for row in session.exec(query.order_by(col(Reopening.id))):
        found[row.evaluation_id].append(row)
    return {each: sorted(rows, key=lambda row: _ORDER[row.cause]) for each, rows in found.items()}


def reopened_verdict(session: Session, evaluation_id: int) -> Verdict | None:
    """The verdict that a case looks at again; None for a case that was opened in the ordinary way."""
    query = (
        select(Verdict)
        .join(Reopening, col(Reopening.verdict_id) == col(Verdict.id))
        .where(Reopening.evaluation_id == evaluation_id)
    )
    return session.exec(query.order_by(col(Verdict.number).desc())).first()


def page(
    session: Session,
    *,
    causes: Collection[Cause] = (),
    tool_id: int | None = None,
    closed: bool = False,
    seen_by: int | None = None,
    before: int = 0,
    limit: int = 50,
) -> Sequence[Reopened]:
    """Causes of cases, newest first; those of cases under way, or of all with `closed`. `seen_by`: an owner's alone."""
    query = (
        select(Reopening, Evaluation, User, Tool)
        .join(Evaluation, col(Evaluation.id) == col(Reopening.evaluation_id))
        .join(User, col(User.id) == col(Evaluation.owner_id))
        .join(Tool, col(Tool.id) == col(Evaluation.tool_id))
    )
    if causes:
        query = query.where(col(Reopening.cause).in_(causes))
    if tool_id is not None:
        query = query.where(Evaluation.tool_id == tool_id)
    if seen_by is not None:
        query = query.where(Evaluation.owner_id == seen_by)
    if not closed:
        query = query.where(col(Evaluation.state).not_in(CLOSED))
    if before:
        query = query.where(col(Reopening.id) < before)
    rows = session.exec(query.order_by(col(Reopening.id).desc()).limit(limit)).all()
    ids = {row.verdict_id for row, *_ in rows}
    numbers = dict(session.exec(select(Verdict.id, Verdict.number).where(col(Verdict.id).in_(ids))).all())
    return [Reopened(*row, numbers[row[0].verdict_id]) for row in rows]


def due_for_review(
    session: Session, *, since: date, until: date, now: datetime, limit: int
) -> Sequence[Verdict]:
    """Published, superseded by none, whose own last day lies between the two, and whose review was not opened yet."""
    return session.exec(
        _standing(now)
        .where(
            col(Verdict.valid_until).between(since, until),
            ~_known("review_due", col(Verdict.id)),
        )
        .order_by(col(Verdict.valid_until))
        .limit(limit)
    ).all()


def with_overdue_condition(
    session: Session, *, since: date, today: date, now: datetime, limit: int
) -> Sequence[tuple[Verdict, VerdictCondition]]:
    """Those whose dated condition fell due from `since` to the day before `today`, and is neither met nor waived."""
    query = (
        select(Verdict, VerdictCondition)
        .join(VerdictCondition, col(VerdictCondition.verdict_id) == col(Verdict.id))
        .where(
            _is_standing(now),
            col(VerdictCondition.standing).is_(False),
            col(VerdictCondition.due_on) >= since,
            col(VerdictCondition.due_on) < today,
            col(VerdictCondition.met_on).is_(None),
            VerdictCondition.waived_reason == "",
            ~_known("condition", col(VerdictCondition.id)),
        )
    )
    return session.exec(query.order_by(col(VerdictCondition.due_on)).limit(limit)).all()


def rejected_for(
    session: Session, reason_code: str, *, until: datetime, now: datetime, limit: int
) -> Sequence[Verdict]:
    """Rejections with this reason, decided by then, that were not opened again for it."""
    query = _standing(now).where(
        Verdict.reason_code == reason_code,
        col(Verdict.decided_at) <= until,
        ~_known("no_owner", col(Verdict.id)),
    )
    return session.exec(query.limit(limit)).all()


def mentions_after(session: Session, event_id: int, *, limit: int) -> Sequence[Event]:
    """What tools were told by their sources, by number."""
    return session.exec(
        select(Event)
        .where(Event.action == "tool.mentioned", col(Event.id) > event_id)
        .order_by(col(Event.id))
        .limit(limit)
    ).all()


def read_up_to(session: Session, name: str) -> int:
    found = session.get(ReadMark, name)
    return found.event_id if found else 0


def mark_read(session: Session, name: str, event_id: int) -> None:
    row = session.get(ReadMark, name)
    if row is None:
        session.add(ReadMark(name=name, event_id=event_id))
    elif event_id > row.event_id:
        row.event_id = event_id


def unconfirmed_suspensions(
    session: Session, *, until: datetime, limit: int
) -> Sequence[tuple[Verdict, Event]]:
    """Verdicts suspended by then of which nothing was heard since: the newest of these events is the suspension."""
    later = Event.__table__.alias("later")  # type: ignore[attr-defined]
    heard = exists().where(
        later.c.subject_kind == "verdict",
        later.c.subject_id == Event.subject_id,
        later.c.id > Event.id,
        later.c.action.in_(_ENDS_WAITING),
    )
    query = (
        select(Verdict, Event)
        .join(Event, and_(Event.subject_kind == "verdict", col(Event.subject_id) == col(Verdict.id)))
        .where(Event.action == "verdict.suspended", col(Event.at) <= until, ~heard)
    )
    return session.exec(query.order_by(col(Event.id)).limit(limit)).all()


_ENDS_WAITING = (
    "verdict.suspended",
    "verdict.suspension_confirmed",
    "verdict.suspension_lifted",
    "verdict.suspension_overdue",
    "verdict.revoked",
)


def _standing(now: datetime) -> SelectOfScalar[Verdict]:
    return select(Verdict).where(_is_standing(now))


def _is_standing(now: datetime) -> ColumnElement[bool]:
    successor = aliased(Verdict)
    newer = exists().where(
        col(Supersession.superseded_id) == col(Verdict.id),
        col(Supersession.verdict_id) == col(successor.id),
        col(successor.undone_at).is_(None),
    )
    return and_(col(Verdict.undone_at).is_(None), col(Verdict.published_at) <= now, ~newer)


def _known(kind: str, row_id: Any) -> ColumnElement[bool]:
    return exists().where(col(Reopening.key) == literal(f"{kind}:") + cast(row_id, String))

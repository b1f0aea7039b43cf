"""Reads of reference cases. What was agreed is given only to who has handed in, and to who wrote it."""

from collections.abc import Sequence

from sqlalchemy import case as when
from sqlmodel import Session, col, func, or_, select

from registry.domain.errors import NotFound
from registry.domain.values import dataclass
from registry.store.tables import ReferenceAttempt, ReferenceCase, ReferenceScore, User, UserRole
from registry.store.tables.user import Role


@dataclass(frozen=True)
class Standing:
    """What one person has finished."""

    user_id: int
    name: str
    finished: int
    passed: int


def get(session: Session, case_id: int) -> ReferenceCase:
    found = session.get(ReferenceCase, case_id)
    if found is None:
        raise NotFound(f"There is no reference case {case_id}. See the list of them.")
    return found


def every(session: Session) -> Sequence[ReferenceCase]:
    """Those in use first, the oldest first."""
    order = (col(ReferenceCase.retired_at).is_not(None), col(ReferenceCase.id))
    return session.exec(select(ReferenceCase).order_by(*order)).all()


def items(session: Session, case_id: int) -> frozenset[str]:
    """What is asked, without what was agreed."""
    return frozenset(session.exec(select(ReferenceScore.item).where(ReferenceScore.case_id == case_id)).all())


def agreed(session: Session, case_id: int, *, to: int) -> dict[str, ReferenceScore]:
    """By item; empty for a person who has neither handed in their own scores nor written the case."""
    handed_in = select(ReferenceAttempt.case_id).where(
        ReferenceAttempt.user_id == to, col(ReferenceAttempt.submitted_at).is_not(None)
    )
    query = (
        select(ReferenceScore)
        .join(ReferenceCase, col(ReferenceCase.id) == col(ReferenceScore.case_id))
        .where(
            ReferenceScore.case_id == case_id,
            or_(col(ReferenceScore.case_id).in_(handed_in), ReferenceCase.made_by_id == to),
        )
    )
    return {row.item: row for row in session.exec(query)}


def scores_to_compare(session: Session, case_id: int) -> dict[str, str]:
    """Item -> what was agreed, for comparing what is just being handed in; shown to nobody."""
    rows = session.exec(select(ReferenceScore).where(ReferenceScore.case_id == case_id))
    return {row.item: row.value for row in rows}


def find_attempt(session: Session, case_id: int, user_id: int) -> ReferenceAttempt | None:
    return session.exec(
        select(ReferenceAttempt).where(
            ReferenceAttempt.case_id == case_id, ReferenceAttempt.user_id == user_id
        )
    ).first()


def attempts_of(session: Session, user_id: int) -> dict[int, ReferenceAttempt]:
    """Case id -> what this person gave."""
    rows = session.exec(select(ReferenceAttempt).where(ReferenceAttempt.user_id == user_id))
    return {row.case_id: row for row in rows}


def passed(session: Session, user_id: int) -> int:
    """How many cases this person has finished well enough to count."""
    query = select(func.count()).select_from(ReferenceAttempt)
    return session.exec(
        query.where(ReferenceAttempt.user_id == user_id, col(ReferenceAttempt.passed).is_(True))
    ).one()


def standings(session: Session) -> Sequence[Standing]:
    """Every active reviewer with what they have finished, by name; one query."""
    done = when((col(ReferenceAttempt.submitted_at).is_not(None), 1), else_=0)
    well = when((col(ReferenceAttempt.passed).is_(True), 1), else_=0)
    query = (
        select(
            col(User.id), col(User.name), func.coalesce(func.sum(done), 0), func.coalesce(func.sum(well), 0)
        )
        .join(UserRole, (col(UserRole.user_id) == col(User.id)) & (col(UserRole.role) == Role.REVIEWER))
        .outerjoin(ReferenceAttempt, col(ReferenceAttempt.user_id) == col(User.id))
        .where(col(User.disabled_at).is_(None))
        .group_by(col(User.id), col(User.name))
        .order_by(col(User.name), col(User.id))
    )
    return [Standing(*row) for row in session.connection().execute(query)]

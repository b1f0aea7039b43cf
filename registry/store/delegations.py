"""Reads of delegations: which hold at a moment, whose deputy somebody is, and who was one since."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, UTCDateTime, and_, col, select
from sqlmodel.sql.expression import Select

from registry.domain.errors import NotFound
from registry.store.tables import Delegation, Role, User, UserRole

DEPUTIES = frozenset({Role.REVIEWER, Role.APPROVER})
"""Roles of which a deputy holds one."""


def holds(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """It has begun and not ended, the one is still an approver here and the other may still be a deputy."""
    return and_(
        col(Delegation.ended_at).is_(None),
        col(Delegation.starts_at) <= now,
        col(Delegation.ends_at) > now,
        _holds_a_role(Delegation.approver_id, [Role.APPROVER]),
        _holds_a_role(Delegation.deputy_id, DEPUTIES),
    )


def is_deputy(user_id: Any, now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether the person in this column is anybody's deputy."""
    return exists().where(col(Delegation.deputy_id) == user_id, holds(now))


def deputies(session: Session, now: datetime) -> frozenset[int]:
    """Ids of all who are anybody's deputy at that moment."""
    return frozenset(session.exec(select(Delegation.deputy_id).where(holds(now))))


def get(session: Session, delegation_id: int) -> Delegation:
    row = session.get(Delegation, delegation_id)
    if row is None:
        raise NotFound("There is no delegation with this number.")
    return row


def approvers_of(session: Session, deputy_id: int, *, now: datetime) -> list[tuple[Delegation, User]]:
    """For whom somebody decides at that moment, the longest named first."""
    return list(session.exec(_approvers(), params={"deputy_id": deputy_id, "now": now}))


@cache
def _approvers() -> Select[Delegation, User]:
    return (
        select(Delegation, User)
        .join(User, col(User.id) == col(Delegation.approver_id))
        .where(
            col(Delegation.deputy_id) == bindparam("deputy_id"), holds(bindparam("now", type_=UTCDateTime()))
        )
        .order_by(col(Delegation.starts_at), col(Delegation.id))
    )


def holding(session: Session, delegation_ids: Sequence[int], *, now: datetime) -> frozenset[int]:
    """Those of them that hold at that moment."""
    query = select(Delegation.id).where(col(Delegation.id).in_(delegation_ids), holds(now))
    return frozenset(each for each in session.exec(query) if each is not None)


def concerning(session: Session, user_id: int) -> list[tuple[Delegation, User, User]]:
    """All that somebody gave or was given, with approver and deputy, the newest first."""
    approver, deputy = aliased(User), aliased(User)
    query = (
        select(Delegation, approver, deputy)
        .join(approver, col(approver.id) == col(Delegation.approver_id))
        .join(deputy, col(deputy.id) == col(Delegation.deputy_id))
        .where(or_(col(Delegation.approver_id) == user_id, col(Delegation.deputy_id) == user_id))
        .order_by(col(Delegation.id).desc())
    )
    return list(session.exec(query))


def unended(session: Session, user_id: int, *, now: datetime) -> list[Delegation]:
    """What somebody gave or was given and is not over, that to come included, oldest first."""
    query = select(Delegation).where(
        or_(col(Delegation.approver_id) == user_id, col(Delegation.deputy_id) == user_id),
        col(Delegation.ended_at).is_(None),
        col(Delegation.ends_at) > now,
    )
    return list(session.exec(query.order_by(col(Delegation.id))))


def deputies_between(session: Session, since: datetime, now: datetime) -> frozenset[int]:
    """Ids of those who were a deputy at any time between these moments."""
    over = func.coalesce(col(Delegation.ended_at), col(Delegation.ends_at))
    query = select(Delegation.deputy_id).where(
        col(Delegation.starts_at) <= now, over > since, over > col(Delegation.starts_at)
    )
    return frozenset(session.exec(query))


def _holds_a_role(user_id: Any, roles: Iterable[Role]) -> ColumnElement[bool]:
    person, held = aliased(User), aliased(UserRole)
    return and_(
        exists().where(col(person.id) == user_id, col(person.disabled_at).is_(None)),
        exists().where(col(held.user_id) == user_id, col(held.role).in_(sorted(roles))),
    )

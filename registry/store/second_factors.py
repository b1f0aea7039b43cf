"""Reads and deletes of second factors and their recovery codes."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, exists, func
from sqlmodel import Session, col, select

from registry.store.tables import CodeWanted, RecoveryCode, Role, SecondFactor, User, UserIdentity, UserRole


def count_codes_left(session: Session, user_id: int) -> int:
    """Recovery codes of theirs that were not used."""
    left = select(func.count()).where(RecoveryCode.user_id == user_id, col(RecoveryCode.used_at).is_(None))
    return session.exec(left).one()


def set_up(session: Session) -> Sequence[SecondFactor]:
    """Those of people who are not shut out."""
    query = select(SecondFactor).join(User, col(User.id) == col(SecondFactor.user_id))
    return session.exec(
        query.where(col(SecondFactor.set_up_at).is_not(None), col(User.disabled_at).is_(None))
    ).all()


def count_lacking(session: Session, roles: Collection[Role]) -> int:
    """How many people who hold one of these roles have no second factor, here or at a provider."""
    query = select(func.count(func.distinct(User.id))).join(UserRole, col(UserRole.user_id) == col(User.id))
    has = exists().where(col(SecondFactor.user_id) == col(User.id), col(SecondFactor.set_up_at).is_not(None))
    joined = exists().where(col(UserIdentity.user_id) == col(User.id))
    return session.exec(
        query.where(col(UserRole.role).in_(roles), col(User.disabled_at).is_(None), ~has, ~joined)
    ).one()


def drop_codes(session: Session, user_id: int) -> None:
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user_id))


def drop(session: Session, user_id: int) -> None:
    """With its codes, and the sign-ins that wait for one."""
    for table in (CodeWanted, RecoveryCode, SecondFactor):
        session.execute(delete(table).where(col(table.user_id) == user_id))
    session.expire_all()

"""Reads and deletes of second factors and their recovery codes."""

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from registry.store.tables import CodeWanted, RecoveryCode, SecondFactor


def count_codes_left(session: Session, user_id: int) -> int:
    """Recovery codes of theirs that were not used."""
    left = select(func.count()).where(RecoveryCode.user_id == user_id, col(RecoveryCode.used_at).is_(None))
    return session.exec(left).one()


def drop_codes(session: Session, user_id: int) -> None:
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user_id))


def drop(session: Session, user_id: int) -> None:
    """With its codes, and the sign-ins that wait for one."""
    for table in (CodeWanted, RecoveryCode, SecondFactor):
        session.execute(delete(table).where(col(table.user_id) == user_id))
    session.expire_all()

"""Attempts to sign in that count against somebody, each under a digest of what it counts under."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from registry.store.tables import SignInFailure


def counts(session: Session, keys: Collection[str]) -> Mapping[str, int]:
    """Key -> how many count under it; none under those left out."""
    query = select(SignInFailure.key, func.count()).where(col(SignInFailure.key).in_(keys))
    return dict(session.exec(query.group_by(col(SignInFailure.key))).all())


def drop_until(session: Session, moment: datetime) -> None:
    session.execute(delete(SignInFailure).where(col(SignInFailure.at) <= moment))


def drop(session: Session, ids: Collection[int]) -> None:
    session.execute(delete(SignInFailure).where(col(SignInFailure.id).in_(ids)))


def drop_under(session: Session, key: str) -> None:
    session.execute(delete(SignInFailure).where(col(SignInFailure.key) == key))

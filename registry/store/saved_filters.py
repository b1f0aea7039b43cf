"""Reads of the addresses that people keep."""

from collections.abc import Sequence

from sqlmodel import Session, col, func, select

from registry.store.tables import SavedFilter


def of(session: Session, user_id: int) -> Sequence[SavedFilter]:
    """A person's, by name."""
    query = select(SavedFilter).where(SavedFilter.user_id == user_id)
    return session.exec(query.order_by(func.lower(SavedFilter.name), col(SavedFilter.id))).all()

"""Reads of what happened."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from registry.store.tables import Event


def of_subject(session: Session, kind: str, subject_id: int) -> Sequence[Event]:
    """All that befell one thing, newest first."""
    return session.exec(
        select(Event)
        .where(Event.subject_kind == kind, Event.subject_id == subject_id)
        .order_by(col(Event.id).desc())
    ).all()

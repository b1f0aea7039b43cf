"""Reads of what happened."""

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from registry.store.tables import Event


def of_subject(session: Session, kind: str, subject_id: int) -> Sequence[Event]:
    """All that befell one thing, newest first."""
    return session.exec(
        select(Event)
        .where(Event.subject_kind == kind, Event.subject_id == subject_id)
        .order_by(col(Event.id).desc())
    ).all()


def last(session: Session, kind: str, subject_id: int, *, actions: Collection[str]) -> Event | None:
    """The newest of these acts that befell one thing."""
    return session.exec(
        select(Event)
        .where(Event.subject_kind == kind, Event.subject_id == subject_id, col(Event.action).in_(actions))
        .order_by(col(Event.id).desc())
        .limit(1)
    ).first()


def page(
    session: Session,
    *,
    after: int = 0,
    action: str = "",
    subject_kind: str = "",
    subject_id: int | None = None,
    limit: int = 50,
) -> Sequence[Event]:
    """Those with a higher number than `after`, in the order in which they happened."""
    query = select(Event).where(col(Event.id) > after)
    if action:
        query = query.where(Event.action == action)
    if subject_kind:
        query = query.where(Event.subject_kind == subject_kind)
    if subject_id is not None:
        query = query.where(Event.subject_id == subject_id)
    return session.exec(query.order_by(col(Event.id)).limit(limit)).all()


def newest(
    session: Session, *, action: str = "", subject_kind: str = "", before: int = 0, limit: int = 50
) -> Sequence[Event]:
    """The newest first; with `before`, only those of a lower number."""
    query = select(Event).order_by(col(Event.id).desc()).limit(limit)
    if subject_kind:
        query = query.where(Event.subject_kind == subject_kind)
    if action:
        query = query.where(Event.action == action)
    if before:
        query = query.where(col(Event.id) < before)
    return session.exec(query).all()


def actions(session: Session) -> Sequence[str]:
    """Every kind of act that ever happened, by name."""
    return session.exec(select(Event.action).distinct().order_by(Event.action)).all()

"""Reads of kept replies, and how they are forgotten."""

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col

from registry.store.tables import KeptReply


def find(session: Session, user_id: int, key: str, *, since: datetime) -> KeptReply | None:
    found = session.get(KeptReply, (user_id, key))
    return found if found is not None and found.at > since else None


def forget(session: Session, *, until: datetime) -> None:
    """Delete what is older; its keys are free again."""
    session.execute(delete(KeptReply).where(col(KeptReply.at) <= until))

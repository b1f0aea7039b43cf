"""Reads of the notices that followers are to be told of, and of which they were told."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import Session, col, exists, select

from registry.store.columns import among
from registry.store.notice_pages import Found
from registry.store.tables import Notice, ToldNotice, Tool, Verdict


def untold(session: Session, now: datetime, limit: int) -> Sequence[Notice]:
    """News that became public and of which nobody's delivery was written yet, in the order of record.

    What was taken back in time never became public.
    """
    query = (
        select(Notice)
        .join(Verdict, col(Verdict.id) == col(Notice.verdict_id))
        .where(
            col(Notice.news).is_(True),
            Notice.updated_at <= now,
            col(Verdict.undone_at).is_(None),
            ~exists().where(col(ToldNotice.notice_number) == col(Notice.number)),
        )
    )
    return session.exec(query.order_by(col(Notice.number)).limit(limit)).all()


def found(session: Session, numbers: Collection[int]) -> Sequence[Found]:
    """Those that stand, with verdict and tool, in the order of record."""
    query = (
        select(Notice, Verdict, Tool)
        .join(Verdict, col(Verdict.id) == col(Notice.verdict_id))
        .join(Tool, col(Tool.id) == col(Notice.tool_id))
        .where(among(session, col(Notice.number), numbers), col(Verdict.undone_at).is_(None))
    )
    return session.exec(query.order_by(col(Notice.number))).all()


def titles(session: Session, numbers: Collection[int]) -> dict[int, str]:
    """By number."""
    query = select(Notice.number, Notice.title).where(among(session, col(Notice.number), numbers))
    return {number: title for number, title in session.exec(query) if number is not None}

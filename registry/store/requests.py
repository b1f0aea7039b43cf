"""Reads of colleagues' requests."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, or_, select

from registry.domain.errors import NotFound
from registry.domain.language import worded
from registry.store.tables import Candidate, Request


def get_by_digest(session: Session, digest: str) -> Request:
    found = session.exec(select(Request).where(Request.digest == digest)).first()
    if found is None:
        raise NotFound(worded("This link is not known. Use the whole link as it was given to you."))
    return found


def of_tool(session: Session, tool_id: int) -> Sequence[Request]:
    """Those for a tool, also from when it was still a candidate, newest first."""
    query = (
        select(Request)
        .join(Candidate, col(Candidate.id) == col(Request.candidate_id), isouter=True)
        .where(or_(Request.tool_id == tool_id, Candidate.tool_id == tool_id))
    )
    return session.exec(query.order_by(col(Request.id).desc())).all()


def requests(
    session: Session, *, candidate_id: int | None = None, tool_id: int | None = None
) -> Sequence[Request]:
    """Those for a candidate or a tool, oldest first."""
    wanted = []
    if candidate_id is not None:
        wanted.append(Request.candidate_id == candidate_id)
    if tool_id is not None:
        wanted.append(Request.tool_id == tool_id)
    return session.exec(select(Request).where(or_(*wanted)).order_by(col(Request.id))).all() if wanted else []


def to_be_told(session: Session, since: datetime) -> Sequence[Request]:
    """Those asked for since then whose requester may be told by mail, oldest first."""
    reachable = or_(col(Request.user_id).is_not(None), col(Request.contact).contains("@"))
    query = select(Request).where(col(Request.silent).is_(False), reachable, Request.at > since)
    return session.exec(query.order_by(col(Request.id))).all()

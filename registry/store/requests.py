"""Reads of colleagues' requests."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlmodel import Session, and_, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.domain.errors import NotFound
from registry.domain.language import worded
from registry.domain.triage import CandidateStatus
from registry.domain.values import dataclass
from registry.store.columns import id_of
from registry.store.paging import encode_cursor
from registry.store.tables import Candidate, Request, Tool

T = TypeVar("T")


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


class Became(StrEnum):
    """What has become of what was asked for, as far as triage goes."""

    WAITING = "waiting"
    WATCHED = "watched"
    ACCEPTED = "accepted"
    """It is a tool, decided or not."""
    DECLINED = "declined"


_STATUSES = {
    Became.WAITING: CandidateStatus.NEW,
    Became.WATCHED: CandidateStatus.WATCH,
    Became.DECLINED: CandidateStatus.DISMISSED,
}


@dataclass(frozen=True)
class Wanted:
    """Which requests; empty for any."""

    became: Became | None = None
    text: str = ""
    """Words that the tool's name or the purpose must hold, each of them."""


def page(
    session: Session, wanted: Wanted, *, before: tuple[datetime, int] | None = None, limit: int
) -> Sequence[Request]:
    """Newest first, those before the one of this moment and number."""
    query, (at, number) = _joined(select(Request), wanted), (col(Request.at), col(Request.id))
    if before:
        query = query.where(or_(at < before[0], and_(at == before[0], number < before[1])))
    return session.exec(query.order_by(at.desc(), number.desc()).limit(limit)).all()


def mark_of(request: Request) -> str:
    """Of a page that ends with this one."""
    return encode_cursor(request.at, id_of(request))


def count(session: Session, wanted: Wanted) -> int:
    return session.exec(_joined(select(func.count(col(Request.id))), wanted)).one()


def _joined(query: SelectOfScalar[T], wanted: Wanted) -> SelectOfScalar[T]:
    tool_id = func.coalesce(col(Request.tool_id), col(Candidate.tool_id))
    query = query.join(Candidate, col(Candidate.id) == col(Request.candidate_id), isouter=True)
    query = query.join(Tool, col(Tool.id) == tool_id, isouter=True)
    if wanted.became is Became.ACCEPTED:
        query = query.where(col(Tool.id).is_not(None))
    elif wanted.became is not None:
        query = query.where(col(Tool.id).is_(None), Candidate.status == _STATUSES[wanted.became])
    for word in wanted.text.split():
        held = (
            col(each).icontains(word, autoescape=True)
            for each in (Tool.name, Candidate.name, Request.purpose)
        )
        query = query.where(or_(*held))
    return query


def to_be_told(session: Session, since: datetime) -> Sequence[Request]:
    """Those asked for since then whose requester may be told by mail, oldest first."""
    reachable = or_(col(Request.user_id).is_not(None), col(Request.contact).contains("@"))
    query = select(Request).where(col(Request.silent).is_(False), reachable, Request.at > since)
    return session.exec(query.order_by(col(Request.id))).all()

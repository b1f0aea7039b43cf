"""Reads of what colleagues reported of tools in use."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from registry.domain.errors import NotFound
from registry.domain.triggers import ReportKind
from registry.domain.values import dataclass
from registry.store.tables import Report, Tool


@dataclass(frozen=True)
class ToldReport:
    row: Report
    tool: Tool | None
    """None where it is no tool of ours."""


def get(session: Session, report_id: int) -> Report:
    found = session.get(Report, report_id)
    if found is None:
        raise NotFound(f"There is no report {report_id}. See the list of reports.")
    return found


def page(
    session: Session,
    *,
    kind: ReportKind | None = None,
    tool_id: int | None = None,
    before: int = 0,
    limit: int = 50,
) -> Sequence[ToldReport]:
    """Newest first, those before a number."""
    query = select(Report, Tool).join(Tool, col(Tool.id) == col(Report.tool_id), isouter=True)
    if kind is not None:
        query = query.where(Report.kind == kind)
    if tool_id is not None:
        query = query.where(Report.tool_id == tool_id)
    if before:
        query = query.where(col(Report.id) < before)
    return [ToldReport(*row) for row in session.exec(query.order_by(col(Report.id).desc()).limit(limit))]


def voices(session: Session, kind: ReportKind, tool_id: int, *, since: datetime) -> int:
    """How many different people, or places, reported this of a tool since then."""
    query = select(func.count(func.distinct(Report.voice))).where(
        Report.kind == kind, Report.tool_id == tool_id, col(Report.at) >= since
    )
    return session.exec(query).one()

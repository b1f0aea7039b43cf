"""What the numbers are counted from: narrow rows and counts, each in one query, alike on both databases."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Subquery, case, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session, col

from registry.domain.spans import DecidedCase
from registry.domain.triage import CandidateStatus
from registry.store.evaluations import CLOSED
from registry.store.standing import published
from registry.store.tables import (
    Candidate,
    Entry,
    Evaluation,
    Mention,
    Request,
    Scorecard,
    Source,
    Tool,
    Unanswered,
    User,
    Verdict,
)


class seconds(FunctionElement[int]):  # noqa: N801 - reads as the SQL function that it makes
    """A moment as whole seconds since 1970: a number is read much faster than a moment."""

    type = Integer()
    inherit_cache = True
    name = "seconds"


@compiles(seconds, "sqlite")
def _on_sqlite(element: seconds, compiler: SQLCompiler, **_: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses)}) AS INTEGER)"


@compiles(seconds, "postgresql")
def _on_postgresql(element: seconds, compiler: SQLCompiler, **_: Any) -> str:
    return f"CAST(FLOOR(EXTRACT(EPOCH FROM {compiler.process(element.clauses)})) AS BIGINT)"


def decided(session: Session, *, since: datetime | None, now: datetime) -> list[DecidedCase]:
    """Published verdicts that were scored here and decided at or after `since`, oldest first; one query."""
    out = published(now)
    turn = func.row_number().over(partition_by=col(Verdict.tool_id), order_by=col(Verdict.number))
    turns = select(col(Verdict.id).label("id"), turn.label("turn")).where(*out).subquery()
    mentioned = _first(
        select(col(Candidate.tool_id).label("tool_id"), func.min(Mention.at).label("at"))
        .join(Mention, col(Mention.candidate_id) == col(Candidate.id))
        .where(col(Candidate.tool_id).is_not(None))
    )
    asked = _first(
        select(
            func.coalesce(col(Request.tool_id), col(Candidate.tool_id)).label("tool_id"),
            func.min(Request.at).label("at"),
        ).join(Candidate, col(Candidate.id) == col(Request.candidate_id), isouter=True)
    )
    accepted = _first(
        select(col(Candidate.tool_id).label("tool_id"), func.min(Candidate.closed_at).label("at")).where(
            col(Candidate.status) == CandidateStatus.ACCEPTED
        )
    )
    scored = (
        select(col(Scorecard.evaluation_id).label("id"), func.max(Scorecard.submitted_at).label("at"))
        .where(col(Scorecard.number) == 1, col(Scorecard.submitted_at).is_not(None))
        .group_by(col(Scorecard.evaluation_id))
        .subquery()
    )
    query = (
        select(
            col(Verdict.number),
            col(Tool.name),
            col(Tool.slug),
            col(Evaluation.tier),
            col(Verdict.outcome),
            col(Verdict.recommended),
            turns.c.turn,
            seconds(mentioned.c.at),
            seconds(asked.c.at),
            seconds(accepted.c.at),
            seconds(col(Evaluation.opened_at)),
            seconds(scored.c.at),
            seconds(col(Verdict.decided_at)),
        )
        .join(Evaluation, col(Evaluation.id) == col(Verdict.evaluation_id))
        .join(Tool, col(Tool.id) == col(Verdict.tool_id))
        .join(turns, turns.c.id == col(Verdict.id))
        .outerjoin(mentioned, mentioned.c.tool_id == col(Verdict.tool_id))
        .outerjoin(asked, asked.c.tool_id == col(Verdict.tool_id))
        .outerjoin(accepted, accepted.c.tool_id == col(Verdict.tool_id))
        .outerjoin(scored, scored.c.id == col(Verdict.evaluation_id))
        .where(*out)
        .order_by(col(Verdict.decided_at), col(Verdict.number))
    )
    if since is not None:
        query = query.where(col(Verdict.decided_at) >= since)
    return [_case(row) for row in session.connection().execute(query)]


def _case(row: Any) -> DecidedCase:
    number, name, slug, tier, outcome, recommended, turn, mentioned, asked, accepted, *rest = row
    first = turn == 1
    known = [each for each in (mentioned, asked) if each is not None]
    return DecidedCase(
        number,
        name,
        slug,
        tier,
        outcome,
        recommended,
        min(known) if first and known else None,
        accepted if first else None,
        *rest,
    )


def _first(query: Any) -> Subquery:
    grouped: Subquery = query.group_by(query.selected_columns[0]).subquery()
    return grouped


def aged(session: Session, what: str, since: Sequence[datetime]) -> dict[int, int]:
    """Age band -> how many open `candidates`, or `evaluations` at work: 0 younger than since[0], 1 than since[1] …"""
    moment, open_ = _open(what)
    band = case(*((moment > each, place) for place, each in enumerate(since)), else_=len(since))
    banded = select(band.label("band")).where(open_).subquery()
    query = select(banded.c.band, func.count()).group_by(banded.c.band)
    return dict(list(session.connection().execute(query)))


def _open(what: str) -> tuple[Mapped[datetime], ColumnElement[bool]]:
    if what == "candidates":
        return col(Candidate.seen_at), col(Candidate.status) == CandidateStatus.NEW
    return col(Evaluation.opened_at), col(Evaluation.state).not_in(CLOSED)


def open_candidates(
    session: Session, *, older: datetime | None, younger: datetime | None, limit: int
) -> Sequence[tuple[int, str, datetime]]:
    """Id, name and first sight of those in one age band, oldest first."""
    query = select(col(Candidate.id), col(Candidate.name), col(Candidate.seen_at))
    query = query.where(*_between("candidates", older, younger)).order_by(col(Candidate.seen_at)).limit(limit)
    return [tuple(row) for row in session.connection().execute(query)]  # type: ignore[misc]


def open_evaluations(
    session: Session,
    *,
    older: datetime | None = None,
    younger: datetime | None = None,
    due_before: date | None = None,
    limit: int,
) -> Sequence[tuple[int, str, str, int, str, datetime, date]]:
    """Id, tool, edition, tier, owner, opened and aimed at, those due first."""
    query = (
        select(
            col(Evaluation.id),
            col(Tool.name),
            col(Evaluation.edition),
            col(Evaluation.tier),
            col(User.name),
            col(Evaluation.opened_at),
            col(Evaluation.due_on),
        )
        .join(Tool, col(Tool.id) == col(Evaluation.tool_id))
        .join(User, col(User.id) == col(Evaluation.owner_id))
        .where(*_between("evaluations", older, younger))
    )
    if due_before is not None:
        query = query.where(col(Evaluation.due_on) < due_before)
    query = query.order_by(col(Evaluation.due_on), col(Evaluation.id)).limit(limit)
    return [tuple(row) for row in session.connection().execute(query)]  # type: ignore[misc]


def _between(what: str, older: datetime | None, younger: datetime | None) -> list[ColumnElement[bool]]:
    moment, open_ = _open(what)
    found = [open_]
    if older is not None:
        found.append(moment <= older)
    if younger is not None:
        found.append(moment > younger)
    return found


def overdue(session: Session, today: date) -> int:
    """Evaluations at work that are past the day aimed at."""
    query = select(func.count()).select_from(Evaluation)
    query = query.where(col(Evaluation.state).not_in(CLOSED), col(Evaluation.due_on) < today)
    return session.connection().execute(query).scalar_one()


def source_yields(session: Session, *, since: datetime) -> Sequence[tuple[int, str, int, int]]:
    """(source id, name, candidates that its entries since then speak of, of them accepted), the busiest first."""
    accepted = case((col(Candidate.status) == CandidateStatus.ACCEPTED, col(Candidate.id)))
    query = (
        select(
            col(Source.id),
            col(Source.name),
            func.count(func.distinct(col(Candidate.id))),
            func.count(func.distinct(accepted)),
        )
        .join(Entry, col(Entry.source_id) == col(Source.id))
        .join(Mention, col(Mention.entry_id) == col(Entry.id))
        .join(Candidate, col(Candidate.id) == col(Mention.candidate_id))
        .where(col(Entry.seen_at) >= since, col(Source.removed_at).is_(None))
        .group_by(col(Source.id), col(Source.name))
        .order_by(func.count(func.distinct(col(Candidate.id))).desc(), col(Source.name))
    )
    return [tuple(row) for row in session.connection().execute(query)]  # type: ignore[misc]


def from_source(
    session: Session, source_id: int, *, since: datetime, accepted: bool, limit: int
) -> Sequence[tuple[int, str, str, datetime]]:
    """Id, name, status and first sight of the candidates behind one source's yield, newest first."""
    spoken = (
        select(col(Mention.candidate_id))
        .join(Entry, col(Entry.id) == col(Mention.entry_id))
        .where(col(Entry.source_id) == source_id, col(Entry.seen_at) >= since)
    )
    query = select(
        col(Candidate.id), col(Candidate.name), col(Candidate.status), col(Candidate.seen_at)
    ).where(col(Candidate.id).in_(spoken))
    if accepted:
        query = query.where(col(Candidate.status) == CandidateStatus.ACCEPTED)
    query = query.order_by(col(Candidate.seen_at).desc()).limit(limit)
    return [tuple(row) for row in session.connection().execute(query)]  # type: ignore[misc]


def unanswered(session: Session, *, limit: int) -> Sequence[tuple[str, int, datetime]]:
    """Look-ups that nobody could answer: query, how often, the last time; the most asked first."""
    query = select(col(Unanswered.query), col(Unanswered.times), col(Unanswered.last_at))
    query = query.order_by(col(Unanswered.times).desc(), col(Unanswered.last_at).desc()).limit(limit)
    return [tuple(row) for row in session.connection().execute(query)]  # type: ignore[misc]

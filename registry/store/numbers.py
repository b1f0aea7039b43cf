"""What the numbers are counted from: narrow rows and counts, each in one query, alike on both databases."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Integer, case, func, select, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session, col

from registry.domain.spans import DecidedCase
from registry.domain.triage import CandidateStatus
from registry.store.evaluations import CLOSED
from registry.store.plain import run
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
    older = Verdict.__table__.alias("older")  # type: ignore[attr-defined]
    earlier = select(older.c.id).where(
        older.c.tool_id == col(Verdict.tool_id),
        older.c.number < col(Verdict.number),
        older.c.undone_at.is_(None),
        older.c.published_at <= now,
    )
    its = col(Candidate.tool_id) == col(Verdict.tool_id)
    heard = union_all(
        select(col(Mention.at))
        .join(Candidate, col(Candidate.id) == col(Mention.candidate_id))
        .where(its)
        .correlate(Verdict),
        select(col(Request.at)).where(col(Request.tool_id) == col(Verdict.tool_id)).correlate(Verdict),
        select(col(Request.at))
        .join(Candidate, col(Candidate.id) == col(Request.candidate_id))
        .where(its, func.coalesce(col(Request.tool_id), 0) == 0)  # so it begins with the candidate
        .correlate(Verdict),
    ).subquery()
    accepted = select(func.min(Candidate.closed_at)).where(
        its, col(Candidate.status) == CandidateStatus.ACCEPTED
    )
    scored = select(func.max(Scorecard.submitted_at)).where(
        col(Scorecard.evaluation_id) == col(Verdict.evaluation_id), col(Scorecard.number) == 1
    )
    before = (select(func.min(heard.c.at)), accepted)
    query = (
        select(
            col(Verdict.number),
            col(Tool.name),
            col(Tool.slug),
            col(Evaluation.tier),
            col(Verdict.outcome),
            col(Verdict.recommended),
            *(
                seconds(
                    case((~earlier.correlate(Verdict).exists(), each.correlate(Verdict).scalar_subquery()))
                )
                for each in before
            ),
            seconds(col(Evaluation.opened_at)),
            seconds(scored.correlate(Verdict).scalar_subquery()),
            seconds(col(Verdict.decided_at)),
        )
        .join(Evaluation, col(Evaluation.id) == col(Verdict.evaluation_id))
        .join(Tool, col(Tool.id) == col(Verdict.tool_id))
        .where(*published(now))
        .order_by(col(Verdict.decided_at), col(Verdict.number))
    )
    if since is not None:
        query = query.where(col(Verdict.decided_at) >= since)
    return [DecidedCase(*row) for row in session.connection().execute(query)]


def aged(session: Session, what: str, since: Sequence[datetime]) -> list[int]:
    """How many open `candidates`, or `evaluations` at work, by age: younger than since[0], than since[1] …, and older.

    `since` has the latest first.
    """
    moment, open_ = _open(what)
    bounds: list[datetime | None] = [None, *since, None]
    bands = [
        select(func.count())
        .where(open_, *([moment <= until] if until else []), *([moment > begin] if begin else []))
        .scalar_subquery()
        for until, begin in pairwise(bounds)
    ]
    return list(session.connection().execute(select(*bands)).one())


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
    recent = col(Entry.seen_at) >= since
    source_id = col(Entry.source_id) + 0  # read by moment, from the index alone, not by source
    spoken_of = (
        select(source_id.label("id"), func.count(func.distinct(col(Mention.candidate_id))).label("n"))
        .join(Mention, col(Mention.entry_id) == col(Entry.id))
        .where(recent)
        .group_by(source_id)
        .subquery()
    )
    accepted = (
        select(col(Entry.source_id).label("id"), func.count(func.distinct(col(Candidate.id))).label("n"))
        .select_from(Candidate)
        .join(Mention, col(Mention.candidate_id) == col(Candidate.id))
        .join(Entry, col(Entry.id) == col(Mention.entry_id))
        .where(col(Candidate.status) == CandidateStatus.ACCEPTED, recent)
        .group_by(col(Entry.source_id))
        .subquery()
    )
    query = (
        select(col(Source.id), col(Source.name), spoken_of.c.n, func.coalesce(accepted.c.n, 0))
        .join(spoken_of, spoken_of.c.id == col(Source.id))
        .outerjoin(accepted, accepted.c.id == col(Source.id))
        .where(col(Source.removed_at).is_(None))
        .order_by(spoken_of.c.n.desc(), col(Source.name))
    )
    return [tuple(row) for row in session.connection().execute(query)]


def newest_mention(session: Session) -> int:
    return session.connection().execute(select(func.max(Mention.id))).scalar() or 0


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


def count_unanswered(session: Session, key: str, query: str, now: datetime) -> None:
    """One more look-up that nobody could answer; of the first one is kept how it was written."""
    run(session, _COUNT_UNANSWERED, key, query, now, now)


def unanswered(session: Session, *, limit: int) -> Sequence[tuple[str, int, datetime]]:
    """Look-ups that nobody could answer: query, how often, the last time; the most asked first."""
    query = select(col(Unanswered.query), col(Unanswered.times), col(Unanswered.last_at))
    query = query.order_by(col(Unanswered.times).desc(), col(Unanswered.last_at).desc()).limit(limit)
    return [tuple(row) for row in session.connection().execute(query)]  # type: ignore[misc]


_COUNT_UNANSWERED = """
INSERT INTO unanswered (key, query, times, first_at, last_at) VALUES (?, ?, 1, ?, ?)
ON CONFLICT (key) DO UPDATE SET times = unanswered.times + 1, last_at = excluded.last_at
"""

"""Reads of what is known of candidates as far as their relevance goes by it, many at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func
from sqlalchemy import select as columns
from sqlalchemy import update as change
from sqlmodel import Session, and_, col, or_

from registry.domain.proposal import Announcer
from registry.domain.triage import NOT_FOR_US, CandidateStatus
from registry.domain.values import dataclass
from registry.store.tables import Candidate, CandidateLabel, Entry, Mention, Source

OPEN = (CandidateStatus.NEW, CandidateStatus.WATCH)
TEACHES: ColumnElement[bool] = or_(
    col(Candidate.status) == CandidateStatus.ACCEPTED,
    and_(
        col(Candidate.status) == CandidateStatus.DISMISSED,
        col(Candidate.reason).in_([each.value for each in NOT_FOR_US]),
    ),
)
"""Let in, or dismissed for a reason that tells what an office does not look at."""


@dataclass
class Traits:
    id: int
    name: str
    tagline: str
    identity: str
    method: str
    sure: bool
    status: CandidateStatus
    relevance: int | None
    mentions: int
    """Of a decided one only those before the decision count."""
    sources: set[tuple[str, Announcer]]
    labels: list[str]


def decided(session: Session, *, limit: int) -> list[Traits]:
    """The candidates that were decided last and teach something; three queries."""
    return _traits(session, TEACHES, col(Candidate.closed_at).desc(), limit)


def of_open(session: Session, *, without_number: bool, limit: int) -> list[Traits]:
    """The newest open candidates, all or those without a number yet; three queries."""
    wanted: ColumnElement[bool] = col(Candidate.status).in_(OPEN)
    if without_number:
        wanted = and_(wanted, col(Candidate.relevance).is_(None))
    return _traits(session, wanted, col(Candidate.id).desc(), limit)


def of_one(session: Session, candidate_id: int) -> Traits | None:
    found = _traits(session, col(Candidate.id) == candidate_id, col(Candidate.id).asc(), 1)
    return found[0] if found else None


def mark(session: Session) -> tuple[int, datetime | None]:
    """Another one whenever something that teaches was decided or taken back."""
    query = columns(func.count(), func.max(col(Candidate.closed_at))).select_from(Candidate).where(TEACHES)
    count, newest = session.execute(query).one()
    return count, newest


def write_numbers(session: Session, numbers: Sequence[tuple[int, int]]) -> None:
    """Candidate id and number; the version stays, since nobody changed anything."""
    if numbers:
        statement = (
            change(Candidate.__table__)  # type: ignore[attr-defined]
            .where(Candidate.__table__.c.id == bindparam("at_id"))  # type: ignore[attr-defined]
            .values(relevance=bindparam("number"))
        )
        session.connection().execute(
            statement, [{"at_id": candidate_id, "number": number} for candidate_id, number in numbers]
        )


def _traits(
    session: Session, wanted: ColumnElement[bool], order: ColumnElement[Any], limit: int
) -> list[Traits]:
    query = columns(
        col(Candidate.id),
        col(Candidate.name),
        col(Candidate.tagline),
        col(Candidate.identity),
        col(Candidate.method),
        col(Candidate.sure),
        col(Candidate.status),
        col(Candidate.relevance),
    )
    found = {
        row[0]: Traits(row[0], row[1], row[2], row[3] or "", row[4], row[5], row[6], row[7], 0, set(), [])
        for row in session.execute(query.where(wanted).order_by(order, col(Candidate.id).desc()).limit(limit))
    }
    if not found:
        return []
    before = or_(
        col(Candidate.status).not_in([CandidateStatus.ACCEPTED, CandidateStatus.DISMISSED]),
        col(Candidate.closed_at).is_(None),
        col(Mention.at) <= col(Candidate.closed_at),
    )
    spoken = (
        columns(col(Mention.candidate_id), col(Source.name), col(Source.announcer), func.count())
        .join(Candidate, col(Candidate.id) == col(Mention.candidate_id))
        .join(Entry, col(Entry.id) == col(Mention.entry_id))
        .join(Source, col(Source.id) == col(Entry.source_id))
        .where(wanted, before)
        .group_by(col(Mention.candidate_id), col(Source.id), col(Source.name), col(Source.announcer))
    )
    for candidate_id, name, announcer, count in session.execute(spoken):
        if candidate_id in found:
            found[candidate_id].sources.add((name, announcer))
            found[candidate_id].mentions += count
    labelled = (
        columns(col(CandidateLabel.candidate_id), col(CandidateLabel.label))
        .join(Candidate, col(Candidate.id) == col(CandidateLabel.candidate_id))
        .where(wanted)
    )
    for candidate_id, label in session.execute(labelled):
        if candidate_id in found:
            found[candidate_id].labels.append(label)
    return list(found.values())

"""Counts of dismissed candidates."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case
from sqlmodel import Session, col, func, select

from registry.store.inbox import Filter, conditions
from registry.store.tables import Candidate, Entry, Mention, Source


def by_month(
    session: Session, wanted: Filter, months: Sequence[tuple[str, datetime]]
) -> Sequence[tuple[str, str, int]]:
    """Month, reason and how many; `months` are names with their first moments, the newest first."""
    month = case(*((col(Candidate.closed_at) >= since, name) for name, since in months), else_="")
    query = select(month, Candidate.reason, func.count()).where(*conditions(wanted))
    return [
        (name, reason, number)
        for name, reason, number in session.exec(query.group_by(month, Candidate.reason))
    ]


def by_source(session: Session, wanted: Filter) -> Sequence[tuple[int, str, str, int]]:
    """Source, its name, reason and how many; what several sources spoke of counts at each."""
    query = (
        select(Source.id, Source.name, Candidate.reason, func.count(func.distinct(Candidate.id)))
        .select_from(Candidate)
        .join(Mention, col(Mention.candidate_id) == col(Candidate.id))
        .join(Entry, col(Entry.id) == col(Mention.entry_id))
        .join(Source, col(Source.id) == col(Entry.source_id))
        .where(*conditions(wanted))
        .group_by(col(Source.id), Source.name, Candidate.reason)
    )
    return [(source_id or 0, name, reason, number) for source_id, name, reason, number in session.exec(query)]

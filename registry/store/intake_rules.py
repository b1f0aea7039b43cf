"""Reads of the rules of intake, and of the stored entries that they are tried on."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col, or_, select

from registry.domain.errors import NotFound
from registry.domain.intake_rule import Facts, Rule, RuleAct, RuleField
from registry.domain.triage import CandidateStatus
from registry.domain.values import dataclass
from registry.store.columns import id_of
from registry.store.tables import Candidate, Entry, IntakeRule, Mention, Source


@dataclass(frozen=True)
class StoredEntry:
    """One stored entry with what became of it; `status` None where it proposes nothing."""

    id: int
    facts: Facts
    source_id: int
    source_name: str
    status: CandidateStatus | None
    reason: str
    """Why its candidate was dismissed."""


def get(session: Session, rule_id: int) -> IntakeRule:
    row = session.get(IntakeRule, rule_id)
    if row is None:
        raise NotFound(f"There is no rule {rule_id}. The list of rules shows those there are.")
    return row


def rows(session: Session, *, removed: bool = False) -> Sequence[IntakeRule]:
    """Those that hold, in their order; or those that were removed, the last one first."""
    query = select(IntakeRule)
    if removed:
        query = query.where(col(IntakeRule.removed_at).is_not(None))
        return session.exec(query.order_by(col(IntakeRule.removed_at).desc(), col(IntakeRule.id))).all()
    query = query.where(col(IntakeRule.removed_at).is_(None))
    return session.exec(query.order_by(col(IntakeRule.place), col(IntakeRule.id))).all()


def standing(session: Session, source_id: int | None = None) -> list[Rule]:
    """The rules in their order: those of one source and of the whole registry; None gives those of all sources."""
    query = select(IntakeRule).where(col(IntakeRule.removed_at).is_(None))
    if source_id is not None:
        query = query.where(or_(col(IntakeRule.source_id).is_(None), col(IntakeRule.source_id) == source_id))
    found = session.exec(query.order_by(col(IntakeRule.place), col(IntakeRule.id))).all()
    return [rule_of(row) for row in found]


def rule_of(row: IntakeRule) -> Rule:
    return Rule(
        act=RuleAct(row.act),
        field=RuleField(row.field),
        pattern=row.pattern,
        is_expression=row.is_expression,
        label=row.label,
        source_id=row.source_id,
        id=id_of(row),
    )


def source_name(session: Session, row: IntakeRule) -> str:
    """Of the one source that a rule holds for, removed or not; empty for a rule of all."""
    source = session.get(Source, row.source_id) if row.source_id is not None else None
    return source.name if source else ""


def kept_out(session: Session) -> Mapping[int, int]:
    """Rule id -> how many entries it keeps out at present."""
    query = (
        select(Entry.blocked_by_id, func.count())
        .where(col(Entry.blocked_by_id).is_not(None))
        .group_by(col(Entry.blocked_by_id))
    )
    return {rule_id: count for rule_id, count in session.exec(query).all() if rule_id is not None}


def blocked_by(session: Session, rule_id: int, *, limit: int) -> Sequence[tuple[Entry, Source]]:
    """The entries that a rule keeps out, each with its source, oldest first."""
    query = (
        select(Entry, Source)
        .join(Source, col(Source.id) == col(Entry.source_id))
        .where(Entry.blocked_by_id == rule_id)
        .order_by(col(Entry.id))
        .limit(limit)
    )
    return [(entry, source) for entry, source in session.exec(query).all()]


def newest_entries(session: Session, *, source_id: int | None, limit: int) -> list[StoredEntry]:
    """The newest stored entries of one source or of all, the newest first; one query."""
    query = (
        columns(
            col(Entry.id),
            col(Entry.title),
            col(Entry.summary),
            col(Entry.link),
            col(Entry.author),
            col(Entry.tags),
            col(Entry.kind),
            col(Entry.source_id),
            col(Source.name),
            col(Candidate.status),
            col(Candidate.reason),
        )
        .join(Source, col(Source.id) == col(Entry.source_id))
        .join(Mention, col(Mention.entry_id) == col(Entry.id), isouter=True)
        .join(Candidate, col(Candidate.id) == col(Mention.candidate_id), isouter=True)
    )
    if source_id is not None:
        query = query.where(col(Entry.source_id) == source_id)
    found = session.execute(query.order_by(col(Entry.id).desc()).limit(limit)).all()
    return [
        StoredEntry(
            id=row[0],
            facts=Facts(row[1], row[2], row[3], row[4], row[5], row[6]),
            source_id=row[7],
            source_name=row[8],
            status=row[9],
            reason=row[10] or "",
        )
        for row in found
    ]

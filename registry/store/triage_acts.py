"""Reads of what people did in triage, and of what it takes to undo it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from registry.domain.errors import NotFound
from registry.store.tables import Candidate, TriageAct, TriageStep


def get(session: Session, act_id: int) -> TriageAct:
    found = session.get(TriageAct, act_id)
    if found is None:
        raise NotFound(f"There is no act {act_id}. The inbox lists what you did last.")
    return found


def find(session: Session, act_id: int) -> TriageAct | None:
    return session.get(TriageAct, act_id)


def find_by_mark(session: Session, mark: str, actor_id: int | None) -> TriageAct | None:
    """The newest with this mark that stands; None for an empty mark."""
    if not mark:
        return None
    query = select(TriageAct).where(
        TriageAct.mark == mark, TriageAct.actor_id == actor_id, col(TriageAct.undone_at).is_(None)
    )
    return session.exec(query.order_by(col(TriageAct.id).desc())).first()


def last_of(session: Session, candidate_id: int, actor_id: int | None, at: datetime) -> int:
    """The number of what this person did to this candidate at this very moment; 0 where nothing came of it."""
    query = (
        select(TriageAct.id)
        .join(TriageStep, col(TriageStep.act_id) == col(TriageAct.id))
        .where(TriageStep.candidate_id == candidate_id, TriageAct.actor_id == actor_id, TriageAct.at == at)
        .order_by(col(TriageAct.id).desc())
    )
    return session.exec(query).first() or 0


def standing(
    session: Session, actor_id: int | None, *, since: datetime, limit: int
) -> Sequence[tuple[TriageAct, str]]:
    """A person's newest acts since then that were not undone, each with the name of one candidate it befell."""
    name = (
        select(func.min(Candidate.name))
        .join(TriageStep, col(TriageStep.candidate_id) == col(Candidate.id))
        .where(col(TriageStep.act_id) == col(TriageAct.id))
        .scalar_subquery()
    )
    query = select(TriageAct, name).where(
        TriageAct.actor_id == actor_id, col(TriageAct.at) >= since, col(TriageAct.undone_at).is_(None)
    )
    found = session.exec(query.order_by(col(TriageAct.id).desc()).limit(limit))
    return [(act, first or "") for act, first in found]


def newest(session: Session, *, before: int = 0, limit: int) -> Sequence[TriageAct]:
    """Everybody's, newest first; with `before`, only those of a lower number."""
    query = select(TriageAct).order_by(col(TriageAct.id).desc()).limit(limit)
    return session.exec(query.where(col(TriageAct.id) < before) if before else query).all()


def steps(session: Session, act_id: int) -> Sequence[TriageStep]:
    query = select(TriageStep).where(TriageStep.act_id == act_id).order_by(col(TriageStep.candidate_id))
    return session.exec(query).all()


def candidate_ids(session: Session, act_ids: Collection[int]) -> Mapping[int, Sequence[int]]:
    """Act id to the candidates that it befell, in order of their numbers."""
    found: dict[int, list[int]] = {}
    query = select(TriageStep.act_id, TriageStep.candidate_id).where(col(TriageStep.act_id).in_(act_ids))
    for act_id, candidate_id in session.exec(query.order_by(col(TriageStep.candidate_id))):
        found.setdefault(act_id, []).append(candidate_id)
    return found

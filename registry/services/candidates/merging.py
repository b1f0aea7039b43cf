"""Two candidates that are one, and two that look like one and are not."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.domain.errors import RuleBroken
from registry.domain.triage import STATUS_LABELS, CandidateStatus, Verb, move
from registry.services.candidates.recording import Chosen, Recording, closed, opened
from registry.services.candidates.triage import reopen
from registry.services.people.acting import Actor, record
from registry.store import candidates, differences, tools
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Candidate, Difference

MERGEABLE = frozenset({CandidateStatus.NEW, CandidateStatus.WATCH, CandidateStatus.ACCEPTED})


def merge(
    session: Session, candidate_id: int, *, into: int, by: Actor, now: datetime, version: int | None = None
) -> Candidate:
    """Say that two candidates are one; every mention and every request goes to `into`, which is given back.

    Raises NotFound, StaleVersion, RuleBroken where either's status forbids it or both are the same.
    """
    merging(session, [Chosen(candidate_id, version)], into=into, by=by, now=now).write()
    return candidates.get(session, into)


def merging(session: Session, chosen: Sequence[Chosen], *, into: int, by: Actor, now: datetime) -> Recording:
    """All of them into one."""
    serialise(session, "candidates")
    target = candidates.locked(session, [into]).get(into) or candidates.get(session, into)
    if target.status not in MERGEABLE:
        now_is = STATUS_LABELS[target.status].lower()
        raise RuleBroken(f"“{target.name}” is {now_is}. Reopen it, or choose another candidate.")
    act = Recording(session, Verb.MERGE, chosen, by, now, f"merged into “{target.name}”", {"into": into})

    def do(candidate: Candidate) -> dict[str, Any]:
        if candidate.id == target.id:
            raise RuleBroken("A candidate cannot be merged into itself. Choose the other one.")
        candidate.status = move(candidate.status, "merge")
        candidate.merged_into_id = target.id
        closed(candidate, by, now)
        session.add(candidate)
        session.flush()
        candidates.hand_over(session, id_of(candidate), into)
        target.version += 1
        session.add(target)
        joined = {"candidate": candidate.id, "name": candidate.name}
        record(session, "candidate.joined", ("candidate", into), by=by, now=now, after=joined)
        return {"told": {"into": into}}

    act.each(do, "candidate.merged", within=True)
    return act


def unmerge(
    session: Session, candidate_id: int, *, by: Actor, now: datetime, version: int | None = None
) -> Candidate:
    """Undo a merge: the candidate is new again and takes back what was its own, and what was merged into it.

    Raises NotFound, StaleVersion, and RuleBroken where it is not merged.
    """
    act = Recording(session, Verb.UNMERGE, [Chosen(candidate_id, version)], by, now, "parted again")

    def do(candidate: Candidate) -> None:
        if candidate.status is not CandidateStatus.MERGED:
            raise RuleBroken("This candidate is not merged into another one. There is nothing to undo.")
        candidate.status, candidate.merged_into_id = CandidateStatus.NEW, None
        opened(candidate)
        session.add(candidate)
        session.flush()
        carry_back(session, candidate_id)

    act.each(do, "candidate.unmerged", within=True)
    act.write()
    return act.done[0]


def bring_back(
    session: Session, candidate_id: int, *, by: Actor, now: datetime, version: int | None = None
) -> Candidate:
    """Make a candidate new again, wherever it went. Raises NotFound, StaleVersion, RuleBroken."""
    if candidates.get(session, candidate_id).status is CandidateStatus.MERGED:
        return unmerge(session, candidate_id, version=version, by=by, now=now)
    return reopen(session, candidate_id, version=version, by=by, now=now)


def carry_back(session: Session, candidate_id: int) -> None:
    """Mentions and requests return to a candidate from where merges took them."""
    for first_id in _family(session, candidate_id):
        candidates.hand_back(session, first_id, candidate_id)


def differ(
    session: Session,
    candidate_id: int,
    *,
    by: Actor,
    now: datetime,
    other_id: int | None = None,
    tool_id: int | None = None,
) -> Candidate:
    """Say that a candidate and another one, or a tool, are two: it is not suggested again.

    Saying it twice says it once. Raises NotFound, and RuleBroken where both are the same.
    """
    if other_id == candidate_id:
        raise RuleBroken("A candidate does not differ from itself. Choose the other one.")
    tool = tools.get_by_id(session, tool_id or 0) if other_id is None else None
    other = candidates.get(session, other_id) if other_id is not None else None
    serialise(session, "differences")
    known = differences.of(session, [candidate_id])
    if (tool_id if other is None else other_id) in known[candidate_id][other is None]:
        return candidates.get(session, candidate_id)
    name = other.name if other else tool.name if tool else ""
    act = Recording(session, Verb.DIFFER, [Chosen(candidate_id)], by, now, f"told apart from “{name}”")

    def do(_candidate: Candidate) -> Mapping[str, Any]:
        first, second = (candidate_id, None) if other_id is None else sorted((candidate_id, other_id))
        row = Difference(
            candidate_id=first, other_id=second, tool_id=tool.id if tool else None, by_id=by.id, at=now
        )
        session.add(row)
        session.flush()
        return {"difference": row.id, "told": {"from": name}}

    act.each(do, "candidate.told_apart", within=True)
    if act.refused:
        raise act.refused[0].error
    act.write_as_it_is()
    return act.done[0]


def _family(session: Session, candidate_id: int) -> list[int]:
    """The candidate and all that were merged into it, directly or through others."""
    found, ahead = [candidate_id], [candidate_id]
    while ahead:
        children = [id_of(each) for each in candidates.merged_into(session, ahead.pop())]
        ahead += children
        found += children
    return found

"""Scorecards as they are read: who may see whose, which ones count, and what a line still lacks."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session

from registry.domain.assessment import Scorecard
from registry.domain.evidence import evidence_fault
from registry.domain.rubric import Criterion, KnockOutAnswer, Rubric, Side, evidence_required
from registry.domain.scorecard import TypedAnswer, TypedRating, TypedScorecard
from registry.domain.values import dataclass
from registry.services.people.acting import Actor
from registry.store import evaluations, parties
from registry.store.evaluations import StoredScorecard
from registry.store.tables import Role

Line = TypeVar("Line", TypedRating, TypedAnswer)


@dataclass(frozen=True)
class Earlier:
    """What a reviewer said of the same tool before, as far as it can be carried over."""

    evaluation_id: int
    submitted_at: datetime
    lines: TypedScorecard


def carried(card: TypedScorecard, then: Rubric, now: Rubric) -> TypedScorecard:
    """The lines of a card whose question and anchors read the same in both rubrics, each marked as carried over."""
    same_criteria = {each.id for each in now.criteria} & {each.id for each in then.criteria}
    same_knock_outs = {each.id for each in now.knock_outs} & {each.id for each in then.knock_outs}
    return TypedScorecard(
        ratings={
            key: replace(line, carried=True)
            for key, line in card.ratings.items()
            if key in same_criteria and _alike(now.criterion(key), then.criterion(key))
        },
        knock_outs={
            key: replace(line, carried=True)
            for key, line in card.knock_outs.items()
            if key in same_knock_outs and now.knock_out(key).question == then.knock_out(key).question
        },
    )


def confirmed(given: TypedScorecard, before: TypedScorecard, said_so: Collection[str]) -> TypedScorecard:
    """A line that was carried over stays so until its reviewer changed it, or is among those who `said_so`."""

    def still(key: str, line: Line, was: Line | None) -> Line:
        unchanged = was is not None and replace(line, carried=was.carried) == was
        return replace(line, carried=unchanged and was is not None and was.carried and key not in said_so)

    return TypedScorecard(
        ratings={key: still(key, line, before.ratings.get(key)) for key, line in given.ratings.items()},
        knock_outs={
            key: still(key, line, before.knock_outs.get(key)) for key, line in given.knock_outs.items()
        },
    )


def _alike(one: Criterion, other: Criterion) -> bool:
    return (one.question, one.anchors, one.side) == (other.question, other.anchors, other.side)


def visible(session: Session, evaluation_id: int, *, to: Actor, owner_id: int) -> list[StoredScorecard]:
    """The scorecards a person may see: their own, and others' submitted ones once they owe none themselves.

    A reviewer who is assigned, and has not submitted, sees nobody else's. Drafts of others are never seen.
    """
    if to.id is None:
        return []
    every = evaluations.scorecards(session, evaluation_id)
    own = [each for each in every if each.reviewer.id == to.id]
    others = [each for each in every if each.reviewer.id != to.id and each.submitted]
    handed_in = any(each.submitted for each in own)
    involved = handed_in or to.id == owner_id or bool(to.roles & {Role.APPROVER, Role.AUDITOR})
    return own + (others if involved and not is_blind(session, evaluation_id, to=to) else [])


def is_blind(session: Session, evaluation_id: int, *, to: Actor) -> bool:
    """Whether a person is asked to score and has not submitted: they hear of nobody's ratings."""
    if to.id is None:
        return True
    if not parties.is_assigned(session, evaluation_id, to.id):
        return False
    own = (each for each in evaluations.heads(session, evaluation_id) if each.reviewer.id == to.id)
    return not any(each.submitted for each in own)


def counting(cards: Sequence[StoredScorecard]) -> list[StoredScorecard]:
    """The highest submitted number of each reviewer, without those whose reviewer has an interest."""
    latest = {each.reviewer.id: each for each in cards if each.submitted and not each.left_out}
    return list(latest.values())


def as_value(card: StoredScorecard) -> Scorecard:
    """A submitted scorecard as the rules see it. Reviewers of one name are told apart by address."""
    return Scorecard(
        reviewer=f"{card.reviewer.name} <{card.reviewer.email}>",
        ratings={key: line.rating for key, line in card.ratings.items() if line.rating is not None},
        knock_outs={key: line.answer for key, line in card.knock_outs.items() if line.answer is not None},
    )


def as_typed(card: StoredScorecard) -> TypedScorecard:
    return TypedScorecard(card.ratings, card.knock_outs)


def unfinished(rubric: Rubric, card: StoredScorecard | TypedScorecard) -> dict[str, str]:
    """Id -> what its line still lacks, in the rubric's order. Source: docs/rubric.md, "What is rated"."""
    faults: dict[str, str] = {}
    for knock_out in rubric.knock_outs:
        answer = card.knock_outs.get(knock_out.id)
        if answer is None or answer.answer is None:
            faults[knock_out.id] = f"{knock_out.id} {knock_out.name}: answer yes, no or unknown."
        elif answer.carried:
            faults[knock_out.id] = (
                f"{knock_out.id} {knock_out.name}: say that this is still so, or change it."
            )
        elif answer.answer is not KnockOutAnswer.NO and not answer.sentence.strip():
            faults[knock_out.id] = f"{knock_out.id} {knock_out.name}: write a sentence that says why."
    for criterion in rubric.criteria:
        line = card.ratings.get(criterion.id)
        if line is None or line.rating is None:
            faults[criterion.id] = f"{criterion.id} {criterion.name}: choose a rating."
        elif line.carried:
            faults[criterion.id] = (
                f"{criterion.id} {criterion.name}: say that this is still so, or change it."
            )
        elif not line.sentence.strip():
            faults[criterion.id] = f"{criterion.id} {criterion.name}: write a sentence that says why."
        elif criterion.side is Side.RISK and evidence_required(line.rating) and not line.evidence.strip():
            faults[criterion.id] = (
                f"{criterion.id} {criterion.name}: a rating of {line.rating} needs a link or a quoted paragraph."
            )
        elif fault := evidence_fault(line.evidence):
            faults[criterion.id] = f"{criterion.id} {criterion.name}: {fault}"
    return faults

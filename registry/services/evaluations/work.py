"""What is left to do in an evaluation and whose task it is; and of all evaluations, what is left for one person."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Session

from registry.domain.errors import NotAllowed
from registry.domain.evaluation import EvaluationState, Tier, may_decide
from registry.domain.values import dataclass
from registry.services.decisions.decider import DECIDED_IT, no_loan, require_trained
from registry.services.evaluations.progress import at_work, progress
from registry.services.people.acting import Actor
from registry.store import delegations, evaluation_lists, evaluations, users
from registry.store.evaluation_lists import Case, Parts
from registry.store.tables import Evaluation, Role, User


class TaskKind(StrEnum):
    ASK = "ask"
    """The owner asks more reviewers; `area` where it must be one who knows it."""
    DECLARE = "declare"
    SCORE = "score"
    MODERATE = "moderate"
    DECIDE = "decide"
    RESUME = "resume"
    """It waits; it goes on by itself on its day, or when its owner says so."""


@dataclass(frozen=True)
class Task:
    kind: TaskKind
    whose: int | None
    """Id of the person; None for any approver."""
    name: str = ""
    """Of the person."""
    count: int = 0
    area: str = ""
    item: str = ""
    """Id of the criterion, knock-out or band to be moderated."""


@dataclass(frozen=True)
class Piece:
    """One task of a person in one evaluation."""

    task: Task
    case: Case
    late: bool


@dataclass(frozen=True)
class Left:
    """A decision that waits and that this person may not take; `reason` is a sentence to them."""

    case: Case
    late: bool
    reason: str


@dataclass(frozen=True)
class Work:
    """What one person has to do, and what something bars them from deciding; what is due first at the top."""

    pieces: Sequence[Piece] = ()
    left: Sequence[Left] = ()


def tasks(session: Session, evaluation: Evaluation, *, blind: bool, solo: bool) -> list[Task]:
    """What is missing before it is decided, in order; without what a blind reader may not hear."""
    if evaluation.state in evaluations.CLOSED:
        return []
    parts = evaluation_lists.parts_of(session, evaluation)
    involved = {*parts.asked, *parts.counting, evaluation.owner_id}
    names = users.names(session, involved)
    found = _before_decision(evaluation, parts, names, users.areas(session, involved), solo=solo)
    if evaluation.state is EvaluationState.MODERATION and not blind:
        owner = (evaluation.owner_id, names[evaluation.owner_id])
        found += [
            Task(TaskKind.MODERATE, *owner, item=each)
            for each in progress(session, evaluation, solo=solo).unresolved
        ]
    if evaluation.state is EvaluationState.DECISION:
        found.append(Task(TaskKind.DECIDE, None))
    return found


def my_work(
    session: Session, by: Actor, *, today: date, now: datetime, solo: bool, cases_needed: int = 0
) -> Work:
    """The number of queries does not grow with what it finds; `cases_needed` as in decider.permission."""
    if by.id is None:
        return Work()
    cases = evaluation_lists.concerning(session, by.id, decides=Role.APPROVER in by.roles)
    parts = evaluation_lists.parts(session, [case.id for case in cases])
    everybody = {user_id for each in parts.values() for user_id in (*each.asked, *each.counting)}
    areas = users.areas(session, everybody)
    untrained = _untrained(session, by, cases_needed)
    lenders = [each for _, each in delegations.approvers_of(session, by.id, now=now)] if by.lent else []
    pieces: list[Piece] = []
    left: list[Left] = []
    for case in cases:
        taking_part, late = parts[case.id], case.due_on < today
        pieces += [Piece(each, case, late) for each in _of(by, case, taking_part, areas, solo=solo)]
        if case.state is EvaluationState.DECISION and _concerns(by, case, taking_part):
            reason = _refusal(by, case, taking_part, lenders, solo=solo, untrained=untrained)
            if reason:
                left.append(Left(case, late, reason))
            else:
                pieces.append(Piece(Task(TaskKind.DECIDE, by.id, by.name), case, late))
    return Work(pieces, left)


def _of(
    by: Actor,
    evaluation: Case,
    parts: Parts,
    areas: Mapping[int, frozenset[str]],
    *,
    solo: bool,
) -> list[Task]:
    if not at_work(evaluation):
        return []
    assert by.id is not None
    names = dict.fromkeys((*parts.asked, evaluation.owner_id), by.name)  # only this person's own are kept
    mine = [
        each for each in _before_decision(evaluation, parts, names, areas, solo=solo) if each.whose == by.id
    ]
    if evaluation.state is EvaluationState.MODERATION and evaluation.owner_id == by.id:
        mine.append(Task(TaskKind.MODERATE, by.id, by.name))
    return mine


def _untrained(session: Session, by: Actor, needed: int) -> str:
    """Why this person decides nothing alone; empty for who is trained."""
    try:
        require_trained(session, by, needed=needed)
    except NotAllowed as refused:
        return refused.sentence
    return ""


def _alone(by: Actor, evaluation: Case, parts: Parts) -> bool:
    """Whether it would be a decision in the quick lane."""
    scored = by.id in parts.handed_in
    return evaluation.tier == Tier.ONE and scored and Role.REVIEWER in by.roles and not parts.second_reading


def _concerns(by: Actor, evaluation: Case, parts: Parts) -> bool:
    """A token decides nothing, so what its person may decide is not told to it."""
    return by.scopes is None and (Role.APPROVER in by.roles or _alone(by, evaluation, parts))


def _refusal(
    by: Actor, evaluation: Case, parts: Parts, lenders: Sequence[User], *, solo: bool, untrained: str
) -> str:
    """Why they may not decide it, as decider.permission has it; `lenders` are those whose deputy they are."""
    alone = _alone(by, evaluation, parts)
    if by.id in parts.first_deciders:
        return DECIDED_IT
    if alone and untrained:
        return untrained
    try:
        may_decide(
            by.person_id,
            requesters=parts.requesters,
            scorers=parts.handed_in,
            interested=parts.interested | parts.interested_before,
            vendor_contacts=parts.contacts,
            solo=solo,
            quick_lane=alone,
        )
    except NotAllowed as refused:
        return refused.sentence
    if by.id in parts.owing and not solo:
        return "You were asked to score this tool. Give that back on its page, or ask another approver."
    part_in_it = parts.handed_in | parts.barred | parts.interested_before | parts.first_deciders
    if lenders and not alone and all(each.id in part_in_it for each in lenders):
        return no_loan(lenders[0].name)
    return ""


def _before_decision(
    evaluation: Evaluation | Case,
    parts: Parts,
    names: Mapping[int, str],
    areas: Mapping[int, frozenset[str]],
    *,
    solo: bool,
) -> list[Task]:
    """Waiting, asking, declaring and scoring: all that is told by who takes part, and not by what they said."""
    owner = (evaluation.owner_id, names[evaluation.owner_id])
    if evaluation.state is EvaluationState.WAITING:
        return [Task(TaskKind.RESUME, *owner)]
    tier = Tier(evaluation.tier)
    coming = {*parts.counting, *parts.owing}
    found = []
    if evaluation.state in (EvaluationState.OPEN, EvaluationState.SCORING):
        lacking = (
            []
            if solo
            else [area for area in tier.areas if not any(area in areas.get(each, ()) for each in coming)]
        )
        count = max(0, (1 if solo else tier.scorecards) - len(coming))
        found += [Task(TaskKind.ASK, *owner, count=1, area=area) for area in lacking]
        if count > len(lacking):
            found.append(Task(TaskKind.ASK, *owner, count=count - len(lacking)))
    if evaluation.state is not EvaluationState.DECISION:
        for each in parts.owing:
            kind = TaskKind.SCORE if each in parts.declared else TaskKind.DECLARE
            found.append(Task(kind, each, names[each]))
    return found

"""What is left to do in an evaluation and whose task it is; and of all evaluations, what is left for one person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlmodel import Session

from registry.domain.evaluation import EvaluationState, Tier
from registry.services.acting import Actor
from registry.services.progress import at_work, progress
from registry.store import evaluation_lists, evaluations, users
from registry.store.columns import id_of
from registry.store.evaluation_lists import Parts
from registry.store.tables import Evaluation, Role, Tool, User


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
    evaluation: Evaluation
    tool: Tool
    late: bool


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


def my_work(session: Session, by: Actor, *, today: date, solo: bool) -> list[Piece]:
    """What one person has to do, what is due first at the top; the number of queries does not grow with it."""
    if by.id is None:
        return []
    rows = evaluation_lists.concerning(session, by.id, decides=Role.APPROVER in by.roles)
    parts = evaluation_lists.parts(session, [evaluation for evaluation, _tool, _owner in rows])
    everybody = {user_id for each in parts.values() for user_id in (*each.asked, *each.counting)}
    areas = users.areas(session, everybody)
    found: list[Piece] = []
    for evaluation, tool, owner in rows:
        late = evaluation.due_on < today
        mine = _of(by, evaluation, owner, parts[id_of(evaluation)], areas, solo=solo)
        found += [Piece(task, evaluation, tool, late) for task in mine]
    return found


def _of(
    by: Actor,
    evaluation: Evaluation,
    owner: User,
    parts: Parts,
    areas: Mapping[int, frozenset[str]],
    *,
    solo: bool,
) -> list[Task]:
    if not at_work(evaluation):
        return []
    assert by.id is not None
    names = dict.fromkeys(parts.asked, by.name) | {evaluation.owner_id: owner.name}
    mine = [
        each for each in _before_decision(evaluation, parts, names, areas, solo=solo) if each.whose == by.id
    ]
    if evaluation.state is EvaluationState.MODERATION and evaluation.owner_id == by.id:
        mine.append(Task(TaskKind.MODERATE, by.id, by.name))
    if evaluation.state is EvaluationState.DECISION and _decides(by, evaluation, parts, solo=solo):
        mine.append(Task(TaskKind.DECIDE, by.id, by.name))
    return mine


def _decides(by: Actor, evaluation: Evaluation, parts: Parts, *, solo: bool) -> bool:
    if by.id in parts.barred or by.scopes is not None:
        return False
    scored = by.id in parts.handed_in | parts.drafting
    if evaluation.tier == Tier.ONE and scored and Role.REVIEWER in by.roles:
        return True
    return Role.APPROVER in by.roles and (solo or not scored) and by.id not in parts.owing


def _before_decision(
    evaluation: Evaluation,
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

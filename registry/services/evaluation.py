"""The round itself: opening, assigning, proposing conditions, waiting and withdrawing."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, tzinfo
from typing import Any

from sqlmodel import Session

from registry.domain.condition import Condition
from registry.domain.errors import InvalidInput, NotAllowed, NotFound, RuleBroken
from registry.domain.evaluation import EvaluationState, Tier, require_act, target_on
from registry.services import rubrics
from registry.services.acting import Actor, record, refuse_long
from registry.services.progress import advance
from registry.services.scorecards import counting
from registry.store import evaluations, offices, tools, users
from registry.store.columns import id_of
from registry.store.conditions import columns_of
from registry.store.engine import serialise
from registry.store.tables import Assignment, Evaluation, ProposedCondition, Role, User


def open_evaluation(
    session: Session,
    tool_id: int,
    *,
    tier: int,
    owner_id: int,
    intended_use: Mapping[str, Any],
    reviewers: Iterable[int] = (),
    edition: str = "",
    zone: tzinfo,
    by: Actor,
    now: datetime,
) -> Evaluation:
    """Open a round on a tool by the rubric and decision table in force. Raises RuleBroken where one is under way."""
    tool = tools.get_by_id(session, tool_id)
    if tier not in tuple(Tier):
        raise InvalidInput("Choose tier 1, 2 or 3.", {"tier": "Choose tier 1, 2 or 3."})
    if not str(intended_use.get("purpose", "")).strip():
        raise InvalidInput(
            "Say what the tool is to be used for.", {"purpose": "Say what it is to be used for."}
        )
    refuse_long(
        "The evaluation was not opened.",
        edition=(edition, 80),
        purpose=(str(intended_use.get("purpose", "")), 500),
        versions=(str(intended_use.get("versions", "")), 200),
    )
    serialise(session, "opening")
    if evaluations.find_running(session, tool_id, edition) is not None:
        raise RuleBroken(f"An evaluation of {tool.name} is under way already. Join that one.")
    rubric, table = rubrics.current(session)
    evaluation = Evaluation(
        tool_id=tool_id,
        edition=edition.strip(),
        rubric_hash=rubric.content_hash,
        table_hash=table.content_hash,
        office_columns={
            code: id_of(each)
            for code, each in offices.holding(session, table.content_hash).items()
            if each.outcomes
        },
        tier=tier,
        owner_id=owner_id,
        intended_use=dict(intended_use),
        opened_at=now,
        due_on=target_on(Tier(tier), now.astimezone(zone).date()),
    )
    session.add(evaluation)
    session.flush()
    record(
        session,
        "evaluation.opened",
        ("evaluation", evaluation.id),
        by=by,
        now=now,
        after={
            "tool": tool.slug,
            "tier": tier,
            "edition": evaluation.edition,
            "due_on": str(evaluation.due_on),
        },
    )
    for user_id in dict.fromkeys(reviewers):
        assign(session, id_of(evaluation), user_id, by=by, now=now)
    return evaluation


def assign(session: Session, evaluation_id: int, user_id: int, *, by: Actor, now: datetime) -> None:
    """Ask a reviewer to score; asking twice changes nothing."""
    evaluation = evaluations.get(session, evaluation_id)
    require_act(evaluation.state, "score")
    person = users.get(session, user_id)
    if person.disabled_at is not None or Role.REVIEWER not in users.roles(session, user_id):
        raise NotAllowed(f"{person.name} is not a reviewer, so cannot be asked to score.")
    if user_id in evaluations.requesters(session, evaluation.tool_id):
        raise NotAllowed(f"{person.name} asked for this tool, so cannot score it.")
    if evaluations.is_assigned(session, evaluation_id, user_id):
        return
    _refuse_who_has_read(session, evaluation, person)
    session.add(Assignment(evaluation_id=evaluation_id, user_id=user_id, at=now))
    if evaluation.state is EvaluationState.OPEN:
        evaluation.state = EvaluationState.SCORING
    evaluation.version += 1
    session.flush()
    record(
        session,
        "evaluation.assigned",
        ("evaluation", evaluation_id),
        by=by,
        now=now,
        after={"reviewer": person.name},
    )


def _refuse_who_has_read(session: Session, evaluation: Evaluation, person: User) -> None:
    """The owner and approvers see what is handed in, so they score blind only where nothing is yet."""
    roles = users.roles(session, id_of(person))
    reads = person.id == evaluation.owner_id or bool(roles & {Role.APPROVER, Role.AUDITOR})
    if reads and counting(evaluations.scorecards(session, id_of(evaluation))):
        raise RuleBroken(f"{person.name} may have read what others handed in, so cannot score any more.")


def propose_condition(
    session: Session, evaluation_id: int, condition: Condition, *, by: Actor, now: datetime
) -> ProposedCondition:
    """Put a condition beside the evaluation, for the recommendation to count. Raises InvalidInput."""
    evaluation = evaluations.get(session, evaluation_id)
    if evaluation.state in evaluations.CLOSED:
        raise RuleBroken("This evaluation is closed.")
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    check_condition(condition, known=rubric.ids)
    row = ProposedCondition(
        evaluation_id=evaluation_id,
        proposed_by_id=by.person_id,
        **columns_of(condition),
    )
    session.add(row)
    evaluation.version += 1
    session.flush()
    record(
        session, "condition.proposed", ("evaluation", evaluation_id), by=by, now=now, after={"text": row.text}
    )
    return row


def withdraw_condition(
    session: Session, evaluation_id: int, condition_id: int, *, by: Actor, now: datetime
) -> None:
    row = session.get(ProposedCondition, condition_id)
    if row is None or row.evaluation_id != evaluation_id:
        raise NotFound("That condition is not proposed here any more.")
    evaluation = evaluations.get(session, evaluation_id)
    if evaluation.state in evaluations.CLOSED:
        raise RuleBroken("This evaluation is closed.")
    session.delete(row)
    evaluation.version += 1
    session.flush()
    record(
        session,
        "condition.withdrawn",
        ("evaluation", evaluation_id),
        by=by,
        now=now,
        before={"text": row.text},
    )


def check_condition(condition: Condition, *, known: frozenset[str]) -> None:
    """Raise InvalidInput, by field, for a condition that no verdict can hold; `known` are the rubric's ids."""
    faults: dict[str, str] = {}
    if not condition.text.strip():
        faults["text"] = "Say what must be done."
    elif len(condition.text) > 500:
        faults["text"] = "At most 500 characters."
    unknown = sorted(condition.mitigates - known)
    if unknown:
        faults["mitigates"] = f"The rubric has no {', '.join(unknown)}."
    if condition.standing and condition.due_on is not None:
        faults["due_on"] = "A standing condition has no due date."
    if faults:
        raise InvalidInput("The condition was not kept.", faults)


def wait(
    session: Session, evaluation_id: int, *, until: date, for_whom: str, today: date, by: Actor, now: datetime
) -> Evaluation:
    evaluation = evaluations.get(session, evaluation_id)
    require_act(evaluation.state, "wait")
    faults = {}
    if until <= today:
        faults["until"] = "Choose a day after today."
    if not for_whom.strip():
        faults["for_whom"] = "Say whom or what it waits for."
    if faults:
        raise InvalidInput("The evaluation does not wait yet.", faults)
    refuse_long("The evaluation does not wait yet.", for_whom=(for_whom, 200))
    evaluation.waiting_until, evaluation.waiting_for = until, for_whom.strip()
    return _move(session, evaluation, EvaluationState.WAITING, by=by, now=now, after={"until": str(until)})


def resume(session: Session, evaluation_id: int, *, solo: bool, by: Actor, now: datetime) -> Evaluation:
    evaluation = evaluations.get(session, evaluation_id)
    require_act(evaluation.state, "resume")
    evaluation.waiting_until, evaluation.waiting_for = None, ""
    _move(session, evaluation, EvaluationState.OPEN, by=by, now=now)
    advance(session, evaluation, solo=solo, by=by, now=now)
    return evaluation


def withdraw(session: Session, evaluation_id: int, *, reason: str, by: Actor, now: datetime) -> Evaluation:
    evaluation = evaluations.get(session, evaluation_id)
    require_act(evaluation.state, "withdraw")
    if not reason.strip():
        raise InvalidInput("Say why it is withdrawn.", {"reason": "Say why it is withdrawn."})
    refuse_long("The evaluation goes on.", reason=(reason, 500))
    evaluation.waiting_until, evaluation.waiting_for = None, ""
    evaluation.withdrawn_reason, evaluation.closed_at = reason.strip(), now
    return _move(
        session, evaluation, EvaluationState.WITHDRAWN, by=by, now=now, after={"reason": reason.strip()}
    )


def _move(
    session: Session,
    evaluation: Evaluation,
    state: EvaluationState,
    *,
    by: Actor,
    now: datetime,
    after: Mapping[str, Any] | None = None,
) -> Evaluation:
    before, evaluation.state = evaluation.state, state
    evaluation.version += 1
    session.flush()
    record(
        session,
        "evaluation.moved",
        ("evaluation", evaluation.id),
        by=by,
        now=now,
        before={"state": before.value},
        after={"state": state.value, **(after or {})},
    )
    return evaluation

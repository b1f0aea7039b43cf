"""The round itself: opening, its day, proposing conditions, waiting and withdrawing."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from sqlmodel import Session

from registry.domain.condition import Condition
from registry.domain.errors import InvalidInput, NotAllowed, NotFound, RuleBroken, StaleVersion
from registry.domain.evaluation import EvaluationState, ProposedTier, Tier, require_act, target_on
from registry.domain.language import day_text
from registry.services.evaluations.assigning import assign
from registry.services.evaluations.progress import advance
from registry.services.evaluations.taking_part import part_of
from registry.services.people.acting import REGISTRY, Actor, record, refuse_long
from registry.services.rubrics import rubrics
from registry.store import evaluation_lists, evaluations, offices, tools
from registry.store.columns import id_of
from registry.store.conditions import columns_of
from registry.store.engine import serialise
from registry.store.tables import Evaluation, ProposedCondition

FURTHEST = timedelta(days=2 * 365)


def open_evaluation(
    session: Session,
    tool_id: int,
    *,
    tier: int,
    owner_id: int,
    intended_use: Mapping[str, Any],
    reviewers: Iterable[int] = (),
    edition: str = "",
    proposed: ProposedTier | None = None,
    tier_reason: str = "",
    zone: tzinfo,
    by: Actor,
    now: datetime,
) -> Evaluation:
    """Open a round on a tool by the rubric and decision table in force. Raises RuleBroken where one is under way.

    A tier below the one `proposed` from the answers about the use needs a reason.
    """
    tool = tools.get_by_id(session, tool_id)
    if tier not in tuple(Tier):
        raise InvalidInput("Choose tier 1, 2 or 3.", {"tier": "Choose tier 1, 2 or 3."})
    if proposed is not None and tier < proposed.tier and not tier_reason.strip():
        sentence = f"Say why a lower tier is enough. {proposed.because}"
        raise InvalidInput(sentence, {"tier_reason": sentence})
    if not str(intended_use.get("purpose", "")).strip():
        raise InvalidInput(
            "Say what the tool is to be used for.", {"purpose": "Say what it is to be used for."}
        )
    refuse_long(
        "The evaluation was not opened.",
        edition=(edition, 80),
        purpose=(str(intended_use.get("purpose", "")), 500),
        versions=(str(intended_use.get("versions", "")), 200),
        tier_reason=(tier_reason, 500),
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
        tier_reason=tier_reason.strip(),
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
            "tier_reason": evaluation.tier_reason,
            "edition": evaluation.edition,
            "due_on": str(evaluation.due_on),
        },
    )
    for user_id in dict.fromkeys(reviewers):
        assign(session, id_of(evaluation), user_id, by=by, now=now)
    return evaluation


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
    """Take a condition back: one's own, or any as the owner or an approver who is not blind."""
    evaluation = evaluations.get(session, evaluation_id)
    row = session.get(ProposedCondition, condition_id)
    if row is None or row.evaluation_id != evaluation_id:
        raise NotFound("That condition is not proposed here any more.")
    part = part_of(session, evaluation, by=by)
    if row.proposed_by_id != by.id and (part.blind or not part.steers):
        raise NotAllowed("Only who proposed it, the owner of the evaluation or an approver takes it back.")
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


def require_version(evaluation: Evaluation, version: int | None) -> None:
    """Raise StaleVersion where it changed since it was read; without a `version` it is taken as it is."""
    if version is not None and version != evaluation.version:
        raise StaleVersion("This evaluation changed since you opened it. See what is new, then do it again.")


def reschedule(
    session: Session, evaluation_id: int, *, due_on: date, reason: str, today: date, by: Actor, now: datetime
) -> Evaluation:
    """Aim at another day, with a reason that stays on record. Raises InvalidInput, for a day in the past too."""
    evaluation = evaluations.get(session, evaluation_id)
    require_act(evaluation.state, "reschedule")
    if due_on == evaluation.due_on:
        return evaluation
    faults = {}
    if due_on < today:
        faults["due_on"] = f"{day_text(due_on)} is past. Choose today or a later day."
    elif due_on > today + FURTHEST:
        faults["due_on"] = "That is more than two years ahead. Choose an earlier day."
    if not reason.strip():
        faults["due_reason"] = "Say why the day changes."
    if faults:
        raise InvalidInput("The day stays as it was.", faults)
    refuse_long("The day stays as it was.", due_reason=(reason, 500))
    before, evaluation.due_on = evaluation.due_on, due_on
    evaluation.version += 1
    session.flush()
    record(
        session,
        "evaluation.rescheduled",
        ("evaluation", evaluation_id),
        by=by,
        now=now,
        before={"due_on": str(before)},
        after={"due_on": str(due_on), "reason": reason.strip()},
    )
    return evaluation


def wait(
    session: Session, evaluation_id: int, *, until: date, for_whom: str, today: date, by: Actor, now: datetime
) -> Evaluation:
    evaluation = evaluations.get(session, evaluation_id)
    require_act(evaluation.state, "wait")
    faults = {}
    if until <= today:
        faults["until"] = "Choose a day after today."
    elif until > today + FURTHEST:
        faults["until"] = "That is more than two years ahead. Choose an earlier day, or withdraw it."
    if not for_whom.strip():
        faults["for_whom"] = "Say whom or what it waits for."
    if faults:
        raise InvalidInput("The evaluation does not wait yet.", faults)
    refuse_long("The evaluation does not wait yet.", for_whom=(for_whom, 200))
    evaluation.waiting_until, evaluation.waiting_for = until, for_whom.strip()
    return _move(
        session,
        evaluation,
        EvaluationState.WAITING,
        by=by,
        now=now,
        after={"until": str(until), "for": evaluation.waiting_for},
    )


def resume(
    session: Session, evaluation_id: int, *, solo: bool, by: Actor, now: datetime, cause: str = ""
) -> Evaluation:
    """Go on where it stands by what is stored; `cause` is told where it is not a person who resumes it."""
    evaluation = evaluations.get(session, evaluation_id)
    require_act(evaluation.state, "resume")
    after = {"reason": cause} if cause else None
    evaluation.waiting_until, evaluation.waiting_for = None, ""
    _move(session, evaluation, EvaluationState.OPEN, by=by, now=now, after=after)
    advance(session, evaluation, solo=solo, by=by, now=now)
    return evaluation


def resume_due(session: Session, today: date, now: datetime, *, solo: bool) -> list[Evaluation]:
    """Let those go on that wait and whose day has come; `today` is in the organisation's time zone."""
    return [
        resume(
            session,
            id_of(each),
            solo=solo,
            by=REGISTRY,
            now=now,
            cause=f"its day has come; it waited for {each.waiting_for}",
        )
        for each in evaluation_lists.due_waits(session, today)
    ]


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

"""The approver's act: what is on the table, one verdict out of it, and taking it back before it goes out."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from registry.domain.condition import Condition
from registry.domain.decision_table import RiskBand
from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken
from registry.domain.evaluation import EvaluationState, Tier, may_decide, recorded_exceptions, require_act
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.rubric import KnockOutAnswer, Side
from registry.domain.verdict import AssessmentFacts, Draft, Pilot, Scope, default_valid_until, demands
from registry.services.acting import Actor, record
from registry.services.assessing import Weighed, weigh
from registry.services.evaluation import check_condition
from registry.store import evaluations, tables, tools, verdicts
from registry.store.columns import id_of
from registry.store.conditions import rows_of
from registry.store.engine import serialise
from registry.store.tables import Evaluation, Role, Supersession


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What an approver has filled in."""

    outcome: Outcome
    rationale: str
    conditions: tuple[Condition, ...] = ()
    scope: Scope = field(default_factory=Scope)
    alternatives: tuple[str, ...] = ()
    """Slugs of tools, or `none known`."""
    reason_code: str = ""
    citation: str = ""
    pilot: Pilot | None = None
    step_reason: str = ""
    valid_until: date | None = None
    """None takes the outcome's default."""
    starts_on: date | None = None
    """None starts when the undo window ends."""
    supersedes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Terms:
    """The settings that a decision needs."""

    zone: tzinfo
    undo_s: int
    solo: bool
    data_classes: tuple[str, ...]
    account_types: tuple[str, ...]
    audiences: tuple[str, ...]
    offices: tuple[str, ...]


def weighed_with(session: Session, evaluation: Evaluation, decision: Decision) -> Weighed:
    """The assessment and the recommendation under the conditions that the decision would attach."""
    return weigh(session, evaluation, conditions=decision.conditions)


def check_decider(session: Session, evaluation: Evaluation, *, solo: bool, by: Actor) -> tuple[str, ...]:
    """Raise NotAllowed unless this person may decide; gives the exceptions that the verdict must record."""
    if by.id is None or by.scopes is not None:
        raise NotAllowed("Only a person decides, never a token. Sign in first.")
    scorers = {id_of(card.reviewer) for card in evaluations.scorecards(session, id_of(evaluation))}
    quick_lane = evaluation.tier == Tier.ONE and by.id in scorers and Role.REVIEWER in by.roles
    if Role.APPROVER not in by.roles and not quick_lane:
        raise NotAllowed("Only an approver decides. Ask one of them.")
    declared = evaluations.interests(session, id_of(evaluation))
    may_decide(
        by.id,
        requesters=evaluations.requesters(session, evaluation.tool_id),
        vendor_contacts=evaluations.contacts(session, evaluation.tool_id).keys(),
        scorers=scorers,
        interested={user_id for user_id, each in declared.items() if each.interested},
        solo=solo,
        quick_lane=quick_lane,
    )
    return recorded_exceptions(by.id, scorers=scorers, solo=solo, quick_lane=quick_lane)


def faults(
    session: Session, evaluation: Evaluation, decision: Decision, terms: Terms, *, now: datetime
) -> dict[str, str]:
    """Field -> sentence: all that keeps this decision from being published; empty when it can be."""
    weighed = weighed_with(session, evaluation, decision)
    found = _form_faults(decision, terms, weighed, today=now.astimezone(terms.zone).date())
    draft = Draft(
        outcome=decision.outcome,
        conditions=decision.conditions,
        rationale=decision.rationale,
        alternatives=decision.alternatives,
        reason_code=decision.reason_code,
        citation=decision.citation,
        pilot=decision.pilot,
        step_reason=decision.step_reason,
        earlier_pilots=_earlier_pilots(session, decision.supersedes),
    )
    known = {row.number for row in verdicts.of_tool(session, evaluation.tool_id)}
    strangers = sorted(set(decision.supersedes) - known)
    if strangers:
        found["supersedes"] = f"Verdict {strangers[0]} is not about this tool."
    return demands(draft, facts(weighed)) | found


def facts(weighed: Weighed) -> AssessmentFacts:
    """The assessment as far as an outcome depends on it: risks alone, since a fit of 3 or 4 is good."""
    risks = {criterion.id for criterion in weighed.rubric.criteria if criterion.side is Side.RISK}
    return AssessmentFacts(
        ratings={
            each.criterion_id: each.rating.value
            for each in weighed.assessment.criteria
            if each.criterion_id in risks
        },
        unknown_knock_outs=[
            each.id for each in weighed.assessment.knock_outs if each.answer is KnockOutAnswer.UNKNOWN
        ],
        recommended=weighed.recommendation.outcome,
        extreme=weighed.assessment.risk in (RiskBand.EXTREME, RiskBand.FORBIDDEN),
    )


def valid_until_by_default(
    evaluation: Evaluation,
    outcome: Outcome,
    conditions: Sequence[Condition],
    *,
    quick_lane: bool,
    today: date,
) -> date | None:
    return default_valid_until(
        outcome, tier=Tier(evaluation.tier), quick_lane=quick_lane, decided_on=today, conditions=conditions
    )


def decide(
    session: Session, evaluation_id: int, decision: Decision, terms: Terms, *, by: Actor, now: datetime
) -> tables.Verdict:
    """Publish the verdict of an evaluation; it gets its number at once and starts after the undo window.

    Raises NotAllowed, RuleBroken where it is not ready or decided already, InvalidInput naming every field at fault.
    """
    serialise(session, "verdict")
    evaluation = evaluations.get(session, evaluation_id)
    session.refresh(evaluation)
    require_act(evaluation.state, "decide")
    notes = check_decider(session, evaluation, solo=terms.solo, by=by)
    found = faults(session, evaluation, decision, terms, now=now)
    if found:
        raise InvalidInput("The verdict was not published. See what is missing.", found)
    weighed = weighed_with(session, evaluation, decision)
    today = now.astimezone(terms.zone).date()
    quick_lane = any(note.startswith("Quick lane") for note in notes)
    row = _verdict(evaluation, decision, weighed, terms, by=by, now=now)
    row.number, row.notes = verdicts.next_number(session), list(notes)
    if MEANINGS[decision.outcome].may_use:
        row.valid_until = decision.valid_until or valid_until_by_default(
            evaluation, decision.outcome, decision.conditions, quick_lane=quick_lane, today=today
        )
    session.add(row)
    session.flush()
    _attach(session, row, decision)
    before, evaluation.state, evaluation.closed_at = evaluation.state, EvaluationState.DECIDED, now
    evaluation.version += 1
    session.flush()
    tool = tools.get_by_id(session, evaluation.tool_id)
    record(
        session,
        "verdict.published",
        ("verdict", row.id),
        by=by,
        now=now,
        before={"evaluation": evaluation_id, "state": before.value},
        after={
            "number": row.number,
            "tool": tool.slug,
            "outcome": row.outcome.value,
            "recommended": weighed.recommendation.outcome.value,
            "step_reason": row.step_reason,
            "supersedes": list(decision.supersedes),
        },
    )
    return row


def undo(session: Session, number: int, *, by: Actor, now: datetime) -> tables.Verdict:
    """Take a verdict back before anything went out; its number is not used again and its evaluation is open again."""
    serialise(session, "verdict")
    row = verdicts.get(session, number)
    if now >= row.published_at:
        raise RuleBroken(f"Verdict {number} has gone out. Revoke it, or decide anew.")
    if by.id != row.decided_by_id:
        raise NotAllowed(f"Only {row.decided_by}, who decided it, can take verdict {number} back.")
    row.undone_at = now
    if row.evaluation_id is not None:
        evaluation = evaluations.get(session, row.evaluation_id)
        evaluation.state, evaluation.closed_at = EvaluationState.DECISION, None
        evaluation.version += 1
    session.flush()
    record(session, "verdict.undone", ("verdict", row.id), by=by, now=now, after={"number": number})
    return row


def _verdict(
    evaluation: Evaluation, decision: Decision, weighed: Weighed, terms: Terms, *, by: Actor, now: datetime
) -> tables.Verdict:
    published_at = now + timedelta(seconds=terms.undo_s)
    chosen = (
        datetime.combine(decision.starts_on, time.min, terms.zone) if decision.starts_on else published_at
    )
    scope = decision.scope
    return tables.Verdict(
        number=0,
        uid=str(uuid4()),
        tool_id=evaluation.tool_id,
        evaluation_id=evaluation.id,
        outcome=decision.outcome,
        edition=scope.edition,
        versions=scope.versions,
        deployment=scope.deployment,
        data_ceiling=scope.data_ceiling,
        accounts=sorted(scope.accounts),
        offices=sorted(scope.offices),
        audience=sorted(scope.audience),
        rationale=decision.rationale.strip(),
        reason_code=decision.reason_code,
        citation=decision.citation.strip(),
        alternatives=list(decision.alternatives),
        pilot=asdict(decision.pilot) if decision.pilot and decision.outcome is Outcome.PILOT else {},
        decided_by_id=by.id,
        decided_by=by.name,
        decided_at=now,
        published_at=published_at,
        starts_at=max(published_at, chosen),
        recommended=weighed.recommendation.outcome,
        step_reason=decision.step_reason.strip()
        if decision.outcome is not weighed.recommendation.outcome
        else "",
        assessment=_as_it_was(weighed),
    )


def _attach(session: Session, row: tables.Verdict, decision: Decision) -> None:
    session.add_all(rows_of(id_of(row), decision.conditions))
    older = verdicts.by_numbers(session, decision.supersedes)
    session.add_all(Supersession(verdict_id=id_of(row), superseded_id=id_of(each)) for each in older)
    session.flush()


def _form_faults(decision: Decision, terms: Terms, weighed: Weighed, *, today: date) -> dict[str, str]:
    found: dict[str, str] = {}
    scope = decision.scope
    if scope.data_ceiling is not None and scope.data_ceiling not in terms.data_classes:
        found["data_ceiling"] = f"Choose one of: {', '.join(terms.data_classes)}."
    for name, given, known in (
        ("accounts", scope.accounts, terms.account_types),
        ("offices", scope.offices, terms.offices),
        ("audience", scope.audience, terms.audiences),
    ):
        if given - set(known):
            found[name] = f"Choose among: {', '.join(known)}."
    if decision.valid_until is not None and decision.valid_until < today:
        found["valid_until"] = "Choose today or a later day."
    if decision.starts_on is not None and decision.starts_on < today:
        found["starts_on"] = "Choose today or a later day."
    if len(decision.rationale) > 4000:
        found["rationale"] = "At most 4,000 characters."
    for number, condition in enumerate(decision.conditions, start=1):
        try:
            check_condition(condition, known=weighed.rubric.ids)
        except InvalidInput as error:
            found["conditions"] = f"Condition {number}: {' '.join(error.faults.values())}"
    return found


def _earlier_pilots(session: Session, supersedes: Sequence[int]) -> int:
    """How many pilots in a row stand behind the named verdicts."""
    older = [row for row in verdicts.by_numbers(session, supersedes) if row.outcome is Outcome.PILOT]
    if not older:
        return 0
    behind = verdicts.superseded_numbers(session, [id_of(row) for row in older])
    return 1 + _earlier_pilots(session, behind)


def _as_it_was(weighed: Weighed) -> dict[str, Any]:
    """The assessment in JSON-ready values: what every page about this verdict shows of it later."""
    assessment = weighed.assessment
    return {
        "rubric": {"name": weighed.rubric.name, "version": weighed.rubric.version},
        "risk": assessment.risk.value,
        "fit": assessment.fit.value,
        "fit_sum": assessment.fit_sum,
        "mitigation": assessment.mitigation.value,
        "row": weighed.recommendation.row.number,
        "reasons": list(weighed.reasons()),
        "criteria": [
            {
                "id": each.criterion_id,
                "name": weighed.rubric.criterion(each.criterion_id).name,
                "side": weighed.rubric.criterion(each.criterion_id).side.value,
                "rating": each.rating.value,
                "given": [rating.value for rating in each.given],
                "spread": each.spread,
                "moderated": each.moderated,
                "sentences": [
                    card.ratings[each.criterion_id].sentence
                    for card in weighed.cards
                    if each.criterion_id in card.ratings
                ],
                "evidence": [
                    card.ratings[each.criterion_id].evidence
                    for card in weighed.cards
                    if each.criterion_id in card.ratings and card.ratings[each.criterion_id].evidence
                ],
            }
            for each in assessment.criteria
        ],
        "knock_outs": [
            {"id": each.id, "name": weighed.rubric.knock_out(each.id).name, "answer": each.answer.value}
            for each in assessment.knock_outs
        ],
    }

"""The approver's act: what is on the table, and one verdict out of it. Taking it back is taking_back.py's."""

from collections.abc import Sequence
from dataclasses import asdict, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import takewhile
from uuid import uuid4

from sqlmodel import Session

from registry.domain.condition import Condition
from registry.domain.decision_table import RiskBand
from registry.domain.errors import InvalidInput, NotAllowed, StaleVersion
from registry.domain.evaluation import EvaluationState, Tier
from registry.domain.language import gettext_noop as _
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.quick_lane import CONFIRMED, beyond
from registry.domain.rubric import KnockOutAnswer, Side
from registry.domain.values import dataclass
from registry.domain.verdict import (
    AssessmentFacts,
    Draft,
    Pilot,
    Scope,
    day_faults,
    demands,
    explained_valid_until,
)
from registry.services.decisions.decider import Permission, permission
from registry.services.evaluations.assessing import Weighed, as_it_was, weigh
from registry.services.evaluations.evaluation import check_condition
from registry.services.evaluations.progress import require_ready
from registry.services.people.acting import Actor, record
from registry.services.verdicts import content
from registry.services.verdicts.announcing import announce
from registry.store import evaluations, library, tables, tools, verdicts
from registry.store.columns import id_of
from registry.store.conditions import rows_of
from registry.store.engine import serialise
from registry.store.tables import Evaluation, Supersession

BY_DEPUTY = _("Decided by the deputy of an approver who was away.")


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
    internal_note: str = ""
    """For those who work here; never published."""
    within: frozenset[str] = frozenset()
    """Limits of the quick lane that its reviewer confirms: keys of LIMITS."""


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
    cases_needed: int = 0
    """How many reference cases a reviewer must have passed to decide alone."""


def weighed_with(session: Session, evaluation: Evaluation, decision: Decision) -> Weighed:
    """The assessment and the recommendation under the conditions and for the offices of the decision."""
    return weigh(session, evaluation, conditions=decision.conditions, for_offices=decision.scope.offices)


def faults(
    session: Session,
    evaluation: Evaluation,
    decision: Decision,
    weighed: Weighed,
    terms: Terms,
    allowed: Permission,
    *,
    now: datetime,
) -> dict[str, str]:
    """Field -> sentence: all that keeps this decision, as it is weighed, from being published; empty when it can be."""
    today = now.astimezone(terms.zone).date()
    standing = verdicts.published(session, now=now, tool_ids=[evaluation.tool_id])
    known = {row.number for row in standing}
    draft = Draft(
        outcome=decision.outcome,
        conditions=decision.conditions,
        rationale=decision.rationale,
        alternatives=decision.alternatives,
        reason_code=decision.reason_code,
        citation=decision.citation,
        pilot=decision.pilot,
        step_reason=decision.step_reason,
        earlier_pilots=max(
            _pilots_named(session, [number for number in decision.supersedes if number in known]),
            _pilots_before(standing, decision.scope.edition),
        ),
    )
    found = demands(draft, facts(weighed)) | form_faults(
        decision, terms, known=weighed.rubric.ids, today=today
    )
    if allowed.quick_lane:
        latest, _ = last_day(evaluation, Outcome.APPROVED, (), quick_lane=True, today=today)
        found |= beyond(
            decision.outcome,
            decision.scope,
            decision.within,
            lowest_class=terms.data_classes[0] if terms.data_classes else "",
            valid_until=decision.valid_until,
            latest=latest,
        )
    until, _ = last_day(evaluation, decision.outcome, (), quick_lane=allowed.quick_lane, today=today)
    found |= day_faults(
        decision.outcome, starts_on=decision.starts_on, valid_until=decision.valid_until, by_rule=until
    )
    found |= _beyond_reach(session, decision, allowed)
    strangers = sorted(set(decision.supersedes) - known)
    if strangers:
        found["supersedes"] = f"Verdict {strangers[0]} is not about this tool."
    return found


def _beyond_reach(session: Session, decision: Decision, allowed: Permission) -> dict[str, str]:
    """Field -> sentence: what is for offices beyond those of the right in which it is decided."""
    earlier = [each.offices for each in verdicts.by_numbers(session, decision.supersedes)]
    right = allowed.right([decision.scope.offices, *earlier])
    told = {
        "offices": right.fault(decision.scope.offices),
        "supersedes": next(filter(None, map(right.fault, earlier)), ""),
    }
    return {name: sentence for name, sentence in told.items() if sentence}


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


def last_day(
    evaluation: Evaluation,
    outcome: Outcome,
    conditions: Sequence[Condition],
    *,
    quick_lane: bool,
    today: date,
) -> tuple[date | None, str]:
    """The last day where none is chosen, and the rule behind it in words."""
    return explained_valid_until(
        outcome, tier=Tier(evaluation.tier), quick_lane=quick_lane, decided_on=today, conditions=conditions
    )


def decide(
    session: Session,
    evaluation_id: int,
    decision: Decision,
    terms: Terms,
    *,
    version: int | None = None,
    by: Actor,
    now: datetime,
) -> tables.Verdict:
    """Publish the verdict of an evaluation; it gets its number at once and starts after the undo window.

    `version` is that of the evaluation that was read. Raises NotAllowed, StaleVersion, RuleBroken where it is not
    ready or decided already, InvalidInput naming every field at fault.
    """
    evaluation = evaluations.get(session, evaluation_id)
    session.refresh(evaluation)
    require_ready(session, evaluation, solo=terms.solo)
    if version is not None and version != evaluation.version:
        raise StaleVersion("The evaluation changed while you were writing. Look at what is new, then decide.")
    allowed = permission(
        session, evaluation, solo=terms.solo, by=by, cases_needed=terms.cases_needed, now=now
    )
    weighed = weighed_with(session, evaluation, decision)
    found = faults(session, evaluation, decision, weighed, terms, allowed, now=now)
    if found:
        raise InvalidInput("The verdict was not published. See what is missing.", found)
    row = verdict_row(evaluation, decision, terms, allowed, by=by, now=now)
    row.recommended, row.assessment = weighed.recommendation.outcome, as_it_was(weighed)
    if decision.outcome is row.recommended:
        row.step_reason = ""
    return publish(session, evaluation, row, decision, allowed, zone=terms.zone, by=by, now=now)


def verdict_row(
    evaluation: Evaluation,
    decision: Decision,
    terms: Terms,
    allowed: Permission,
    *,
    by: Actor,
    now: datetime,
) -> tables.Verdict:
    """The verdict without number and assessment, not yet stored."""
    row = _verdict(evaluation, decision, terms, by=by, now=now)
    row.alone, row.notes = allowed.alone, list(allowed.notes)
    if MEANINGS[decision.outcome].may_use:
        by_rule, _ = last_day(
            evaluation,
            decision.outcome,
            (),
            quick_lane=allowed.quick_lane,
            today=now.astimezone(terms.zone).date(),
        )
        row.valid_until = decision.valid_until or by_rule
        if allowed.quick_lane:
            row.notes = [*row.notes, CONFIRMED]
    return row


def publish(
    session: Session,
    evaluation: Evaluation,
    row: tables.Verdict,
    decision: Decision,
    allowed: Permission,
    *,
    zone: tzinfo,
    by: Actor,
    now: datetime,
) -> tables.Verdict:
    """Number the verdict, store it with its conditions and its notice, and close the evaluation, in one event.

    Raises InvalidInput where it is for offices beyond those of the right in which it is decided, and NotAllowed where
    a verdict that it supersedes is.
    """
    earlier = [each.offices for each in verdicts.by_numbers(session, decision.supersedes)]
    right = allowed.right([row.offices, *earlier])
    if fault := right.fault(row.offices):
        raise InvalidInput("The verdict was not published. See what is missing.", {"offices": fault})
    for offices in earlier:
        if fault := right.fault(offices):
            raise NotAllowed(fault)
    if right.for_id is not None:
        row.decided_for_id, row.decided_for = right.for_id, right.for_name
        row.notes = [*row.notes, BY_DEPUTY]
    serialise(session, "verdict")  # always after the evaluation is held, so that no two wait for each other
    row.number = verdicts.next_number(session)
    session.add(row)
    session.flush()
    _attach(session, row, decision)
    before, evaluation.state, evaluation.closed_at = evaluation.state, EvaluationState.DECIDED, now
    evaluation.waiting_until, evaluation.waiting_for = None, ""
    evaluation.version += 1
    session.flush()
    tool = tools.get_by_id(session, evaluation.tool_id)
    record(
        session,
        "verdict.published",
        ("verdict", row.id),
        by=by,
        now=now,
        before={"evaluation": evaluation.id, "state": before.value},
        after={
            "number": row.number,
            "tool": tool.slug,
            "outcome": row.outcome.value,
            "recommended": row.recommended and row.recommended.value,
            "step_reason": row.step_reason,
            "supersedes": list(decision.supersedes),
            **({"alone": row.alone.value} if row.alone else {}),
            **right.told,
            **content.hashes(session, [id_of(row)])[id_of(row)],
        },
    )
    announce(session, [id_of(row)], zone=zone, now=now)
    return row


def _verdict(
    evaluation: Evaluation, decision: Decision, terms: Terms, *, by: Actor, now: datetime
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
        step_reason=decision.step_reason.strip(),
        internal_note=decision.internal_note.strip(),
    )


def _attach(session: Session, row: tables.Verdict, decision: Decision) -> None:
    known = library.wordings_by_id(
        session, [each.wording_id for each in decision.conditions if each.wording_id]
    )
    conditions = [
        each if each.wording_id in known else replace(each, wording_id=None) for each in decision.conditions
    ]
    session.add_all(rows_of(id_of(row), conditions))
    older = verdicts.by_numbers(session, decision.supersedes)
    session.add_all(Supersession(verdict_id=id_of(row), superseded_id=id_of(each)) for each in older)
    session.flush()


def form_faults(decision: Decision, terms: Terms, *, known: frozenset[str], today: date) -> dict[str, str]:
    """Field -> sentence: what no decision may say; `known` are ids of criteria and knock-outs to mitigate."""
    found: dict[str, str] = {}
    scope = decision.scope
    if scope.data_ceiling is not None and scope.data_ceiling not in terms.data_classes:
        found["data_ceiling"] = f"Choose one of: {', '.join(terms.data_classes)}."
    for name, given, among in (
        ("accounts", scope.accounts, terms.account_types),
        ("offices", scope.offices, terms.offices),
        ("audience", scope.audience, terms.audiences),
    ):
        if given - set(among):
            found[name] = f"Choose among: {', '.join(among)}."
    if decision.valid_until is not None and decision.valid_until < today:
        found["valid_until"] = "Choose today or a later day."
    if decision.starts_on is not None and decision.starts_on < today:
        found["starts_on"] = "Choose today or a later day."
    for name, text in (("rationale", decision.rationale), ("internal_note", decision.internal_note)):
        if len(text) > 4000:
            found[name] = f"At most 4,000 characters; this has {len(text):,}."
    for number, condition in enumerate(decision.conditions, start=1):
        try:
            check_condition(condition, known=known)
        except InvalidInput as error:
            found["conditions"] = f"Condition {number}: {' '.join(error.faults.values())}"
    return found


def _pilots_named(session: Session, supersedes: Sequence[int]) -> int:
    """How many pilots in a row stand behind the named verdicts."""
    older = [row for row in verdicts.by_numbers(session, supersedes) if row.outcome is Outcome.PILOT]
    if not older:
        return 0
    behind = verdicts.superseded_numbers(session, [id_of(row) for row in older])
    return 1 + _pilots_named(session, behind)


def _pilots_before(standing: Sequence[tables.Verdict], edition: str) -> int:
    """How many pilots of this edition came last among a tool's verdicts, named by their successor or not."""
    outcomes = [row.outcome for row in standing if row.edition == edition]
    return len(list(takewhile(lambda each: each is Outcome.PILOT, outcomes)))

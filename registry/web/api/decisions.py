"""Deciding: memo, preview, verdict, taking it back, and the quick no. A token reads the memo and never decides."""

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.condition import Condition
from registry.domain.errors import InvalidInput
from registry.domain.lookup import Question
from registry.domain.recommendation import Recommendation
from registry.domain.verdict import Pilot, Scope
from registry.services.answers import answer_object, lookup
from registry.services.candidates import triage
from registry.services.decisions import decision as deciding
from registry.services.decisions import precedents as likest
from registry.services.decisions import quick_no, second_reading, taking_back
from registry.services.decisions.decider import permission
from registry.services.decisions.decision import Decision
from registry.services.decisions.quick_no import QuickNo
from registry.services.evaluations import taking_part
from registry.services.evaluations.assessing import Weighed, as_it_was, weigh
from registry.services.evaluations.progress import require_ready
from registry.services.people.acting import Actor
from registry.services.people.house import house as house_of
from registry.services.verdicts import publishing
from registry.settings import Settings
from registry.store import candidates, evaluations, tables, tools, verdicts
from registry.store.tables import Evaluation, Tool
from registry.web.api.replies import IfMatch, Once, told, version_in
from registry.web.decision_schemas import (
    AdviceOut,
    ConditionIn,
    DecidedOut,
    DecisionIn,
    FlipOut,
    MemoOut,
    PrecedentOut,
    PreviewOut,
    QuickNoIn,
    StandIn,
    WeighedOut,
)
from registry.web.deps import Approver, Decider, House, Insider, Now, Read, RowId, Slug, Tx
from registry.web.pages.decision_memo import clashes
from registry.web.pages.decision_points import open_questions
from registry.web.pages.decisions import terms_of, unknown_alternatives
from registry.web.pages.moderation_view import told_briefly
from registry.web.routing import api_router
from registry.web.schemas import VerdictOut

router = api_router(tag="decisions")


@router.get("/evaluations/{evaluation_id}/memo", response_model=MemoOut, summary="What an approver reads")
def show_memo(
    evaluation_id: RowId, request: Request, read: Read, user: Insider, now: Now, settings: House
) -> Response:
    """With the conditions proposed so far. Blind while you owe a scorecard; 409 before the first is handed in."""
    evaluation = evaluations.get(read, evaluation_id)
    taking_part.require_open_eyes(read, evaluation, by=user)
    weighed = weigh(read, evaluation)
    tool = tools.get_by_id(read, evaluation.tool_id)
    alike = likest.precedents(read, tool, evaluation, weighed, house_of(read, settings), now=now)
    memo = MemoOut(
        **_weighed(weighed).model_dump(),
        evaluation=evaluation_id,
        version=evaluation.version,
        assessment=as_it_was(weighed),
        disagreements=told_briefly(read, evaluation),
        open=[f"{each.title}: {each.said}" for each in open_questions(weighed, weighed.cards)],
        precedents=[_precedent(each, settings) for each in alike],
        second_reading=second_reading.told(read, evaluation_id),
    )
    return told(request, memo, mark=str(evaluation.version), private=True)


@router.post(
    "/evaluations/{evaluation_id}/preview", response_model=PreviewOut, summary="What a verdict would be"
)
def show_preview(
    evaluation_id: RowId, tx: Tx, user: Decider, now: Now, settings: House, asked: DecisionIn
) -> PreviewOut:
    """The recommendation under these conditions, what keeps it from being published, and just what others would see.

    Nothing is published. In person, never by token.
    """
    evaluation = _turn(tx, evaluation_id, user, solo=settings.solo)
    decision, terms, house = decision_of(asked), terms_of(tx, settings), house_of(tx, settings)
    allowed = permission(
        tx, evaluation, solo=settings.solo, by=user, now=now, cases_needed=settings.reference_cases
    )
    weighed = deciding.weighed_with(tx, evaluation, decision)
    tool = tools.get_by_id(tx, evaluation.tool_id)
    until, why = deciding.last_day(
        evaluation,
        decision.outcome,
        decision.conditions,
        quick_lane=allowed.quick_lane,
        today=now.astimezone(house.zone).date(),
    )
    faults = unknown_alternatives(tx, decision.alternatives)
    faults |= deciding.faults(tx, evaluation, decision, weighed, terms, allowed, now=now)
    alike = likest.precedents(tx, tool, evaluation, weighed, house, now=now)
    verdict, answer = None, None
    if not faults:
        attempt = tx.begin_nested()
        row = deciding.decide(tx, evaluation_id, decision, terms, by=user, now=now)
        verdict, answer = _seen(tx, row, tool, settings)
        attempt.rollback()
    return PreviewOut(
        **_weighed(weighed).model_dump(),
        faults=faults,
        hint=likest.hint(decision.outcome, alike),
        warnings=clashes(decision, house),
        valid_until=until,
        valid_until_why=why,
        verdict=verdict,
        answer=answer,
    )


@router.post(
    "/evaluations/{evaluation_id}/decide", response_model=DecidedOut, status_code=201, summary="Decide"
)
def decide(
    evaluation_id: RowId,
    tx: Tx,
    user: Decider,
    now: Now,
    settings: House,
    asked: DecisionIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """Publishes the verdict; it goes out when the undo window ends. In person, never by token."""
    version = version_in(if_match)

    def act() -> DecidedOut:
        taking_part.require_open_eyes(tx, evaluations.get(tx, evaluation_id), by=user)
        decision = decision_of(asked)
        if unknown := unknown_alternatives(tx, decision.alternatives):
            raise InvalidInput("The verdict was not published. See what is missing.", unknown)
        terms = terms_of(tx, settings)
        row = deciding.decide(tx, evaluation_id, decision, terms, version=version, by=user, now=now)
        return decided_out(row, settings)

    return once(asked, act, by=user, status=201)


@router.post(
    "/evaluations/{evaluation_id}/undo", response_model=DecidedOut, summary="Take its verdict back in time"
)
def undo(evaluation_id: RowId, tx: Tx, user: Decider, now: Now, settings: House, once: Once) -> Response:
    """Until the undo window ends, by who decided. In person, never by token."""

    def act() -> DecidedOut:
        row = verdicts.find_for_evaluation(tx, evaluation_id)
        if row is None or row.decided_by_id != user.id:
            taking_part.require_sight(tx, evaluations.get(tx, evaluation_id), by=user)
        if row is None:
            raise InvalidInput("This evaluation has no verdict to take back.")
        return decided_out(taking_back.undo(tx, row.number, solo=settings.solo, by=user, now=now), settings)

    return once(None, act, by=user)


@router.post(
    "/evaluations/{evaluation_id}/let-stand",
    response_model=DecidedOut,
    summary="Let a verdict stand that a second reading sees otherwise",
)
def let_stand(
    evaluation_id: RowId, tx: Tx, user: Approver, now: Now, settings: House, asked: StandIn, once: Once
) -> Response:
    """An approver's act, in person, never by token."""

    def act() -> DecidedOut:
        row = second_reading.let_stand(tx, evaluation_id, reason=asked.reason, by=user, now=now)
        return decided_out(row, settings)

    return once(asked, act, by=user)


@router.post(
    "/tools/{slug}/quick-no", response_model=DecidedOut, status_code=201, summary="A quick no to a tool"
)
def give_to_tool(
    slug: Slug, tx: Tx, user: Decider, now: Now, settings: House, asked: QuickNoIn, once: Once
) -> Response:
    """A ban, private accounts, or an approved tool that does it already. In person, never by token."""
    act = _giving(tx, lambda: tools.get(tx, slug), asked, settings, user, now)
    return once(asked, act, by=user, status=201)


@router.post(
    "/candidates/{candidate_id}/quick-no",
    response_model=DecidedOut,
    status_code=201,
    summary="A quick no to a candidate",
)
def give_to_candidate(
    candidate_id: RowId,
    tx: Tx,
    user: Decider,
    now: Now,
    settings: House,
    asked: QuickNoIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """Lets it in as a tool and says no in one act. In person, never by token."""
    version = version_in(if_match)

    def tool() -> Tool:
        known = candidates.get(tx, candidate_id).tool_id
        if known is not None:
            return tools.get_by_id(tx, known)
        return triage.accept(tx, candidate_id, version=version, by=user, now=now)

    act = _giving(tx, tool, asked, settings, user, now)
    return once(asked, act, by=user, status=201)


def _giving(
    tx: Session,
    tool: Callable[[], Tool],
    asked: QuickNoIn,
    settings: Settings,
    user: Actor,
    now: Any,
) -> Callable[[], DecidedOut]:
    def act() -> DecidedOut:
        if unknown := unknown_alternatives(tx, asked.alternatives):
            raise InvalidInput("Nothing was published. See what is missing.", unknown)
        given = asked.model_dump() | {
            "alternatives": tuple(asked.alternatives),
            "supersedes": tuple(asked.supersedes),
        }
        terms, house = terms_of(tx, settings), house_of(tx, settings)
        row = quick_no.give(tx, tool(), QuickNo(**given), terms, house, by=user, now=now)
        return decided_out(row, settings)

    return act


def _turn(session: Session, evaluation_id: int, user: Actor, *, solo: bool) -> Evaluation:
    evaluation = evaluations.get(session, evaluation_id)
    taking_part.require_open_eyes(session, evaluation, by=user)
    require_ready(session, evaluation, solo=solo)
    return evaluation


def decision_of(asked: DecisionIn) -> Decision:
    return Decision(
        outcome=asked.outcome,
        rationale=asked.rationale,
        conditions=tuple(_condition(each) for each in asked.conditions),
        scope=Scope(
            edition=asked.scope.edition,
            offices=frozenset(asked.scope.offices),
            versions=asked.scope.versions,
            deployment=asked.scope.deployment,
            data_ceiling=asked.scope.data_ceiling or None,
            accounts=frozenset(asked.scope.accounts),
            audience=frozenset(asked.scope.audience),
        ),
        alternatives=tuple(asked.alternatives),
        reason_code=asked.reason_code,
        citation=asked.citation,
        pilot=Pilot(**asked.pilot.model_dump()) if asked.pilot else None,
        step_reason=asked.step_reason,
        valid_until=asked.valid_until,
        starts_on=asked.starts_on,
        supersedes=tuple(asked.supersedes),
        internal_note=asked.internal_note,
        within=frozenset(asked.within),
    )


def _condition(asked: ConditionIn) -> Condition:
    return Condition(
        text=asked.text,
        kind=asked.kind,
        duty=asked.who,
        check=asked.check,
        mitigates=frozenset(asked.mitigates),
        standing=asked.standing,
        due_on=asked.due_on,
        wording_id=asked.wording,
    )


def _weighed(weighed: Weighed) -> WeighedOut:
    return WeighedOut(
        recommended=_advice(weighed.recommendation),
        reachable=_advice(weighed.reachable()),
        reasons=list(weighed.reasons()),
        uncovered=list(weighed.assessment.uncovered),
        flips=[
            FlipOut(id=each.id, before=each.before.value, after=each.after.value, outcome=each.outcome)
            for each in weighed.flips()
        ],
    )


def _advice(it: Recommendation) -> AdviceOut:
    return AdviceOut(
        outcome=it.outcome,
        row=it.row.number,
        risk=it.risk.value,
        fit=it.fit.value,
        mitigation=it.mitigation.value,
        note=it.note,
    )


def _precedent(each: likest.Precedent, settings: Settings) -> PrecedentOut:
    row = each.verdict.row
    return PrecedentOut(
        number=row.number,
        tool=each.verdict.tool.slug,
        outcome=row.outcome,
        decided_at=row.decided_at,
        points=each.likeness.points,
        alike=list(each.likeness.reasons),
        conditions=[condition.text for condition in each.verdict.ruling.verdict.conditions],
        url=f"{settings.base_url}/verdicts/{row.number}",
    )


def _seen(
    session: Session, row: tables.Verdict, tool: Tool, settings: Settings
) -> tuple[VerdictOut, dict[str, Any]]:
    """What the API would tell of the verdict, and what it would answer, once the undo window is over."""
    house, at = house_of(session, settings), row.starts_at
    [published] = publishing.published(session, [row], house, now=at)
    verdict = VerdictOut.model_validate(publishing.as_json(published, base_url=settings.base_url))
    found = lookup.check_tools(session, [tool], Question(at=at, edition=row.edition or None), house, now=at)[
        0
    ]
    return verdict, answer_object.told(found, base_url=settings.base_url)


def decided_out(row: tables.Verdict, settings: Settings) -> DecidedOut:
    return DecidedOut(
        number=row.number,
        evaluation=row.evaluation_id,
        outcome=row.outcome,
        decided_by=row.decided_by,
        decided_for=row.decided_for,
        published_at=row.published_at,
        notes=row.notes,
        url=f"{settings.base_url}/verdicts/{row.number}",
    )

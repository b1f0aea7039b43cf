"""Evaluations under way and past; nobody reads others' scorecards before handing in their own."""

from datetime import date
from typing import Annotated

from fastapi import Query, Request, Response
from sqlmodel import Session

from registry.domain.evaluation import EvaluationState, Tier
from registry.domain.scorecard import TypedScorecard
from registry.services.evaluations import assigning, scorecards, taking_part
from registry.services.evaluations.progress import progress
from registry.services.evaluations.work import Task, TaskKind, my_work, tasks
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.store import evaluation_lists, evaluations, parties, tools, users
from registry.store.columns import id_of
from registry.store.evaluations import CLOSED, StoredScorecard
from registry.store.tables import Evaluation, Tool, User
from registry.web.api.replies import Cursor, Limit, next_link, told
from registry.web.deps import House, Insider, Now, Plain, Read, RowId
from registry.web.evaluation_filters import as_filters, cursor_of, read, read_cursor
from registry.web.evaluation_schemas import (
    LeftOut,
    PieceOut,
    ReviewerOut,
    ReviewersOut,
    TakerOut,
    TaskOut,
    WholeEvaluationOut,
    WorkOut,
)
from registry.web.routing import api_router
from registry.web.schemas import AnswerLineOut, EvaluationOut, Page, RatingOut, ScorecardOut, ToolRef

router = api_router("/evaluations", tag="evaluations")


@router.get("", response_model=Page[EvaluationOut], summary="Evaluations, those due first")
def list_evaluations(
    request: Request,
    read_from: Read,
    user: Insider,
    now: Now,
    settings: House,
    state: Annotated[  # noqa: ARG001 - read with the page's own filters
        list[Plain], Query(description="May be repeated; else all of them.")
    ] = [],  # noqa: B006
    tier: Annotated[Plain, Query(description="1, 2 or 3.")] = "",  # noqa: ARG001
    owner: Annotated[Plain, Query(description="A person's id, or `me`.")] = "",  # noqa: ARG001
    reviewer: Annotated[Plain, Query(description="Asked to score: a person's id, or `me`.")] = "",  # noqa: ARG001
    q: Annotated[Plain, Query(description="Part of the tool's name.")] = "",  # noqa: ARG001
    overdue: Annotated[Plain, Query(description="1: those whose day has passed.")] = "",  # noqa: ARG001
    cursor: Cursor = "",
    limit: Limit = 200,
) -> Response:
    """Approvers and auditors see all of them, others those that they own or are asked to score."""
    today = now.astimezone(settings.zone).date()
    filters = as_filters(read(request.query_params), by=user, today=today, otherwise=())
    found = evaluation_lists.page(read_from, filters, after=read_cursor(cursor), limit=limit + 1)
    shown = found[:limit]
    following = cursor_of(shown[-1][0].due_on, id_of(shown[-1][0])) if len(found) > limit else None
    body = Page[EvaluationOut](
        items=[_out(each, tool, owner, settings, today) for each, tool, owner in shown], next=following
    )
    return told(request, body, link=next_link(request, following), private=True)


@router.get("/work", response_model=WorkOut, summary="What you have to do")
def show_work(
    request: Request,
    read_from: Read,
    user: Insider,
    now: Now,
    settings: House,
    kind: Annotated[list[TaskKind], Query(description="Only tasks of these kinds.")] = [],  # noqa: B006
) -> Response:
    """Your tasks in all evaluations under way: to declare, to score, to ask, to resolve, to decide."""
    today = now.astimezone(settings.zone).date()
    work = my_work(
        read_from, user, today=today, now=now, solo=settings.solo, cases_needed=settings.reference_cases
    )
    body = WorkOut(
        items=[
            PieceOut(
                evaluation=each.case.id,
                tool=each.case.tool,
                task=_task(each.task),
                due_on=each.case.due_on,
                overdue=each.late,
                url=f"{settings.base_url}/evaluations/{each.case.id}",
            )
            for each in work.pieces
            if not kind or each.task.kind in kind
        ],
        left=[
            LeftOut(
                evaluation=each.case.id,
                tool=each.case.tool,
                reason=each.reason,
                due_on=each.case.due_on,
                url=f"{settings.base_url}/evaluations/{each.case.id}",
            )
            for each in work.left
        ],
    )
    return told(request, body, private=True)


@router.get("/{evaluation_id}", response_model=WholeEvaluationOut, summary="One evaluation")
def show_evaluation(
    evaluation_id: RowId, request: Request, read_from: Read, user: Insider, now: Now, settings: House
) -> Response:
    """`blind` says that you still owe a scorecard: until you hand it in you read nobody else's, nor what is flagged."""
    whole = whole_evaluation(
        read_from,
        evaluations.get(read_from, evaluation_id),
        settings,
        by=user,
        today=now.astimezone(settings.zone).date(),
    )
    return told(request, whole, mark=str(whole.version), private=True)


@router.get(
    "/{evaluation_id}/reviewers", response_model=ReviewersOut, summary="Who could be asked to score it"
)
def show_reviewers(
    evaluation_id: RowId, request: Request, read_from: Read, user: Insider, now: Now, settings: House
) -> Response:
    """What each knows, how much each has to do, whether each may, and who is proposed."""
    evaluation = evaluations.get(read_from, evaluation_id)
    taking_part.require_sight(read_from, evaluation, by=user)
    choice = assigning.choice(
        read_from,
        evaluation.tool_id,
        Tier(evaluation.tier),
        evaluation=evaluation,
        solo=settings.solo,
        today=now.astimezone(settings.zone).date(),
        now=now,
    )
    items = [
        ReviewerOut(
            id=each.id,
            name=each.name,
            areas=sorted(each.areas),
            open=each.open,
            overdue=each.overdue,
            barred=each.barred,
            proposed=each.id in choice.proposed,
        )
        for each in choice.people
    ]
    return told(request, ReviewersOut(items=items), private=True)


def whole_evaluation(
    session: Session, evaluation: Evaluation, settings: Settings, *, by: Actor, today: date
) -> WholeEvaluationOut:
    """As this person may read it. Raises NotAllowed for who has no part in it."""
    evaluation_id = id_of(evaluation)
    blind = taking_part.require_sight(session, evaluation, by=by).blind
    cards = scorecards.visible(session, evaluation_id, to=by, owner_id=evaluation.owner_id)
    counting = {card.id for card in scorecards.counting(cards)}
    tool = tools.get_by_id(session, evaluation.tool_id)
    parts = evaluation_lists.parts_of(session, evaluation)
    asked = parties.assigned(session, evaluation_id)
    out = _out(evaluation, tool, users.get(session, evaluation.owner_id), settings, today)
    return WholeEvaluationOut(
        **out.model_dump(),
        reviewers=[each.name for each in asked],
        asked=[
            TakerOut(
                id=id_of(each),
                name=each.name,
                handed_in=id_of(each) in parts.handed_in,
                declared=id_of(each) in parts.declared,
            )
            for each in asked
        ],
        blind=blind,
        missing=[]
        if blind or evaluation.state in CLOSED
        else list(progress(session, evaluation, solo=settings.solo).missing),
        tasks=[_task(each) for each in tasks(session, evaluation, blind=blind, solo=settings.solo)],
        scorecards=[_card(each, counts=each.id in counting) for each in cards],
    )


def _out(evaluation: Evaluation, tool: Tool, owner: User, settings: Settings, today: date) -> EvaluationOut:
    return EvaluationOut(
        id=id_of(evaluation),
        version=evaluation.version,
        tool=ToolRef(slug=tool.slug, name=tool.name, url=f"{settings.base_url}/tools/{tool.slug}"),
        edition=evaluation.edition,
        tier=evaluation.tier,
        tier_reason=evaluation.tier_reason,
        state=EvaluationState(evaluation.state),
        owner=owner.name,
        owner_id=evaluation.owner_id,
        intended_use=evaluation.intended_use,
        opened_at=evaluation.opened_at,
        due_on=evaluation.due_on,
        overdue=evaluation.state not in CLOSED and evaluation.due_on < today,
        waiting_until=evaluation.waiting_until,
        waiting_for=evaluation.waiting_for,
        withdrawn_reason=evaluation.withdrawn_reason,
        closed_at=evaluation.closed_at,
        url=f"{settings.base_url}/evaluations/{evaluation.id}",
    )


def _task(task: Task) -> TaskOut:
    return TaskOut(
        kind=task.kind, whose=task.whose, name=task.name, count=task.count, area=task.area, item=task.item
    )


def _card(card: StoredScorecard, *, counts: bool) -> ScorecardOut:
    return ScorecardOut(
        reviewer=card.reviewer.name,
        number=card.number,
        reason=card.reason,
        submitted_at=card.submitted_at,
        counts=counts,
        ratings=ratings_out(card),
        knock_outs=answers_out(card),
    )


def ratings_out(card: StoredScorecard | TypedScorecard) -> dict[str, RatingOut]:
    return {
        key: RatingOut(
            rating=line.rating, confidence=line.confidence, sentence=line.sentence, evidence=line.evidence
        )
        for key, line in sorted(card.ratings.items())
    }


def answers_out(card: StoredScorecard | TypedScorecard) -> dict[str, AnswerLineOut]:
    return {
        key: AnswerLineOut(answer=line.answer, sentence=line.sentence)
        for key, line in sorted(card.knock_outs.items())
    }

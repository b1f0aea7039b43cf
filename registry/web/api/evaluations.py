"""Evaluations under way and past; nobody reads others' scorecards before handing in their own."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from registry.domain.evaluation import EvaluationState
from registry.services import scorecards, taking_part
from registry.services.progress import progress
from registry.store import evaluations, tools, users
from registry.store.columns import id_of
from registry.store.evaluations import CLOSED, StoredScorecard
from registry.store.tables import Evaluation, Tool, User
from registry.web.api.replies import Limit, told
from registry.web.deps import House, Insider, Read, RowId
from registry.web.schemas import (
    AnswerLineOut,
    EvaluationOut,
    Page,
    RatingOut,
    ScorecardOut,
    ToolRef,
    WholeEvaluationOut,
)

router = APIRouter(prefix="/evaluations", tags=["evaluations"])


@router.get("", response_model=Page[EvaluationOut], summary="Evaluations, those due first")
def list_evaluations(
    request: Request,
    read: Read,
    user: Insider,
    settings: House,
    state: Annotated[list[EvaluationState], Query(description="May be repeated; else all of them.")] = [],  # noqa: B006
    limit: Limit = 200,
) -> Response:
    """Approvers and auditors see all of them, others those that they own or are asked to score."""
    mine = None if taking_part.sees_all(user) else user.person_id
    found = evaluations.page(read, states=state, assigned_to=mine, limit=limit)
    body = Page[EvaluationOut](
        items=[_out(each, tool, owner, settings.base_url) for each, tool, owner in found], next=None
    )
    return told(request, body, private=True)


@router.get("/{evaluation_id}", response_model=WholeEvaluationOut, summary="One evaluation")
def show_evaluation(
    evaluation_id: RowId, request: Request, read: Read, user: Insider, settings: House
) -> Response:
    """`blind` says that you still owe a scorecard: until you hand it in you read nobody else's, nor what is flagged."""
    evaluation = evaluations.get(read, evaluation_id)
    blind = taking_part.require_sight(read, evaluation, by=user).blind
    cards = scorecards.visible(read, evaluation_id, to=user, owner_id=evaluation.owner_id)
    tool = tools.get_by_id(read, evaluation.tool_id)
    out = _out(evaluation, tool, users.get(read, evaluation.owner_id), settings.base_url)
    whole = WholeEvaluationOut(
        **out.model_dump(),
        reviewers=[each.name for each in evaluations.assigned(read, evaluation_id)],
        blind=blind,
        missing=[]
        if blind or evaluation.state in CLOSED
        else list(progress(read, evaluation, solo=settings.solo).missing),
        scorecards=[_card(each) for each in cards],
    )
    return told(request, whole, mark=str(evaluation.version), private=True)


def _out(evaluation: Evaluation, tool: Tool, owner: User, base_url: str) -> EvaluationOut:
    return EvaluationOut(
        id=id_of(evaluation),
        version=evaluation.version,
        tool=ToolRef(slug=tool.slug, name=tool.name, url=f"{base_url}/tools/{tool.slug}"),
        edition=evaluation.edition,
        tier=evaluation.tier,
        state=evaluation.state,
        owner=owner.name,
        intended_use=evaluation.intended_use,
        opened_at=evaluation.opened_at,
        due_on=evaluation.due_on,
        waiting_until=evaluation.waiting_until,
        waiting_for=evaluation.waiting_for,
        withdrawn_reason=evaluation.withdrawn_reason,
        closed_at=evaluation.closed_at,
        url=f"{base_url}/evaluations/{evaluation.id}",
    )


def _card(card: StoredScorecard) -> ScorecardOut:
    return ScorecardOut(
        reviewer=card.reviewer.name,
        number=card.row.number,
        reason=card.row.reason,
        submitted_at=card.row.submitted_at,
        ratings={
            key: RatingOut(
                rating=line.rating, confidence=line.confidence, sentence=line.sentence, evidence=line.evidence
            )
            for key, line in sorted(card.ratings.items())
        },
        knock_outs={
            key: AnswerLineOut(answer=line.answer, sentence=line.sentence)
            for key, line in sorted(card.knock_outs.items())
        },
    )

"""Renewing a verdict because nothing changed: earlier scorecards taken over, then the same decision made anew."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from registry.services import renewal, taking_part
from registry.store import evaluations
from registry.web.api.replies import IdempotencyKey, IfMatch, once, version_in
from registry.web.api.verdicts import verdict_out
from registry.web.deps import Decider, House, Now, Reviewer, RowId, Tx
from registry.web.pages.decisions import terms_of
from registry.web.schemas import VerdictOut

router = APIRouter(prefix="/evaluations", tags=["evaluations"])


class CarriedOver(BaseModel):
    version: int = Field(description="Of your draft, which is yours to check and to hand in.")


@router.post(
    "/{evaluation_id}/carry-over", response_model=CarriedOver, summary="Take over your earlier scorecard"
)
def carry_over(
    evaluation_id: RowId,
    request: Request,
    tx: Tx,
    user: Reviewer,
    now: Now,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Of a case that was opened again: as a draft, as far as its rubric still asks the same."""
    taking_part.require_sight(tx, evaluations.get(tx, evaluation_id), by=user)

    def act() -> CarriedOver:
        return CarriedOver(version=renewal.carry_over(tx, evaluation_id, by=user, now=now).version)

    return once(request, tx, idempotency_key, None, act, by=user, now=now)


@router.post(
    "/{evaluation_id}/renew", response_model=VerdictOut, summary="Nothing changed, renew the verdict"
)
def renew(
    evaluation_id: RowId,
    request: Request,
    tx: Tx,
    user: Decider,
    settings: House,
    now: Now,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """A new verdict as the old one was, under the rules of every decision; 409 says what keeps it from that."""
    taking_part.require_sight(tx, evaluations.get(tx, evaluation_id), by=user)

    def act() -> VerdictOut:
        row = renewal.renew(
            tx, evaluation_id, terms_of(tx, settings), version=version_in(if_match), by=user, now=now
        )
        tx.flush()
        return verdict_out(tx, row, settings, now=now)

    return once(request, tx, idempotency_key, None, act, by=user, now=now)

"""Renewing a verdict because nothing changed: the same decision made anew, once its scorecards are confirmed."""

from fastapi import Response

from registry.services.decisions import renewal
from registry.services.evaluations import taking_part
from registry.store import evaluations
from registry.web.api.replies import IfMatch, Once, version_in
from registry.web.api.verdicts import verdict_out
from registry.web.deps import Decider, House, Now, RowId, Tx
from registry.web.pages.decisions import terms_of
from registry.web.routing import api_router
from registry.web.schemas import VerdictOut

router = api_router("/evaluations", tag="evaluations")


@router.post(
    "/{evaluation_id}/renew", response_model=VerdictOut, summary="Nothing changed, renew the verdict"
)
def renew(
    evaluation_id: RowId,
    tx: Tx,
    user: Decider,
    settings: House,
    now: Now,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """A new verdict as the old one was, under the rules of every decision; 409 says what keeps it from that."""
    taking_part.require_open_eyes(tx, evaluations.get(tx, evaluation_id), by=user)

    def act() -> VerdictOut:
        row = renewal.renew(
            tx, evaluation_id, terms_of(tx, settings), version=version_in(if_match), by=user, now=now
        )
        tx.flush()
        return verdict_out(tx, row, settings, now=now)

    return once(None, act, by=user)

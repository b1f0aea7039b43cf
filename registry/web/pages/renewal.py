"""A case that was opened again: why, what was decided before, and renewing it where nothing changed."""

from collections.abc import Sequence

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import NotAllowed, RuleBroken, StaleVersion
from registry.domain.evaluation import EvaluationState
from registry.domain.values import dataclass
from registry.services.decisions import renewal
from registry.services.evaluations import scorecards, scoring, taking_part
from registry.services.evaluations.progress import progress
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.store import evaluations, tools
from registry.store.columns import id_of
from registry.store.evaluations import CLOSED
from registry.store.tables import Evaluation, Role
from registry.web.deps import Decider, House, Insider, Now, Read, RowId, Tx
from registry.web.pages.decisions import terms_of
from registry.web.render import go, render
from registry.web.reopened import Reopened, reopened_of
from registry.web.routing import page_router
from registry.web.typed import Fields, version_of
from registry.web.viewer import now_of

router = page_router("/evaluations")


@dataclass(frozen=True)
class RenewalPage:
    id: int
    version: int
    tool_name: str
    closed: bool
    causes: Sequence[Reopened]
    number: int | None
    """Of the verdict that would be renewed; None where the case looks at none."""
    outcome: str
    hindrances: Sequence[str]
    missing: Sequence[str]
    """What is to be done before anybody can decide; left out while the reader still owes a scorecard."""
    may_carry: bool
    may_renew: bool
    refused: str = ""


@router.get("/{evaluation_id}/renewal")
def show_renewal(request: Request, evaluation_id: RowId, read: Read, user: Insider, house: House) -> Response:
    evaluation = evaluations.get(read, evaluation_id)
    return render(request, "evaluations/renewal.html", _page(request, read, evaluation, house, user))


@router.post("/{evaluation_id}/renew")
def renew(
    request: Request, evaluation_id: RowId, tx: Tx, user: Decider, now: Now, house: House, typed: Fields
) -> Response:
    evaluation = evaluations.get(tx, evaluation_id)
    taking_part.require_open_eyes(tx, evaluation, by=user)
    try:
        with tx.begin_nested():
            row = renewal.renew(
                tx,
                evaluation_id,
                terms_of(tx, house),
                version=version_of(typed.one("version")),
                by=user,
                now=now,
            )
    except (RuleBroken, StaleVersion, NotAllowed) as refused:
        page = _page(request, tx, evaluation, house, user, refused.sentence)
        status = 403 if isinstance(refused, NotAllowed) else 409
        return render(request, "evaluations/renewal.html", page, status=status)
    return go(f"/verdicts/{row.number}")


def _page(
    request: Request,
    session: Session,
    evaluation: Evaluation,
    house: Settings,
    user: Actor,
    refused: str = "",
) -> RenewalPage:
    part = taking_part.require_sight(session, evaluation, by=user)
    now, closed = now_of(request), evaluation.state in CLOSED
    found = renewal.renewable(session, evaluation, terms_of(session, house), now=now)
    own = scorecards.is_blind(session, id_of(evaluation), to=user) and part.assigned
    url = f"/evaluations/{evaluation.id}"
    return RenewalPage(
        id=id_of(evaluation),
        version=evaluation.version,
        tool_name=tools.get_by_id(session, evaluation.tool_id).name,
        closed=closed,
        causes=[each for each in reopened_of(session, evaluation.tool_id, closed=True) if each.url == url],
        number=found.row.number if found else None,
        outcome=found.row.outcome.value if found else "",
        hindrances=found.hindrances if found else (),
        missing=() if closed or part.blind else progress(session, evaluation, solo=house.solo).missing,
        may_carry=own and not closed and _may_begin(session, evaluation, user),
        may_renew=found is not None
        and not found.hindrances
        and evaluation.state is EvaluationState.DECISION
        and Role.APPROVER in user.roles,
        refused=refused,
    )


def _may_begin(session: Session, evaluation: Evaluation, user: Actor) -> bool:
    """Whether this reviewer scored the tool before and has not begun this time."""
    begun = any(each.reviewer.id == user.id for each in evaluations.scorecards(session, id_of(evaluation)))
    return not begun and scoring.last_of(session, evaluation, by=user) is not None

"""Who may decide one evaluation, and under which recorded exception."""

from dataclasses import dataclass

from sqlmodel import Session

from registry.domain.errors import NotAllowed
from registry.domain.evaluation import Alone, Tier, may_decide, recorded_exceptions
from registry.services.evaluations.calibration import is_trained
from registry.services.people.acting import Actor
from registry.store import deciding, evaluations
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Role, Verdict


@dataclass(frozen=True)
class Permission:
    """That somebody may decide; `notes` are what the verdict will say about it."""

    alone: Alone | None
    notes: tuple[str, ...]

    @property
    def quick_lane(self) -> bool:
        return self.alone is Alone.QUICK_LANE


def permission(
    session: Session, evaluation: Evaluation, *, solo: bool, by: Actor, cases_needed: int = 0
) -> Permission:
    """Raises NotAllowed unless this person may decide. The database refuses the same people once more.

    `cases_needed` is how many reference cases make a reviewer trained for the quick lane.
    Who scored decides in the quick lane alone, and never on a second reading; see docs/concepts.md, "Who may not".
    """
    if by.id is None or by.scopes is not None:
        raise NotAllowed("Only a person decides, never a token. Sign in first.")
    evaluation_id = id_of(evaluation)
    scorers = {card.reviewer.id for card in evaluations.scorecards(session, evaluation_id)}
    again = deciding.find_reading_by_evaluation(session, evaluation_id) is not None
    scored = by.id in scorers
    quick_lane = evaluation.tier == Tier.ONE and scored and Role.REVIEWER in by.roles and not again
    if Role.APPROVER not in by.roles and not quick_lane:
        raise NotAllowed("Only an approver decides. Ask one of them.")
    if quick_lane:
        require_trained(session, by, needed=cases_needed)
    refuse_own_reading(session, evaluation_id, by=by)
    may_decide(
        by.id,
        requesters=evaluations.requesters(session, evaluation.tool_id),
        scorers=scorers,
        interested=evaluations.interested(session, evaluation),
        vendor_contacts=evaluations.contacts(session, evaluation.tool_id).keys(),
        solo=solo,
        quick_lane=quick_lane,
    )
    notes = recorded_exceptions(by.id, scorers=scorers, solo=solo, quick_lane=quick_lane)
    alone = Alone.QUICK_LANE if quick_lane else Alone.SOLO if solo and scored else None
    return Permission(alone, notes)


def refuse_own_reading(session: Session, evaluation_id: int, *, by: Actor) -> None:
    """Raises NotAllowed where the evaluation reads a verdict again that this person decided."""
    reading = deciding.find_reading_by_evaluation(session, evaluation_id)
    if reading is not None and session.get_one(Verdict, reading.verdict_id).decided_by_id == by.id:
        raise NotAllowed("You decided it, so another approver says what comes of the second reading.")


def require_trained(session: Session, by: Actor, *, needed: int) -> None:
    """Raises NotAllowed unless this reviewer has passed as many reference cases as are `needed` to decide alone."""
    if not is_trained(session, by.person_id, needed=needed):
        cases = "1 reference case" if needed == 1 else f"{needed} reference cases"
        raise NotAllowed(
            f"Who decides alone has passed {cases}; you have not yet. "
            "Score them under Reference cases, or ask an approver."
        )

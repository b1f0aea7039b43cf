"""Who may decide one evaluation, in whose right, and under which recorded exception."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import NotAllowed
from registry.domain.evaluation import Alone, Tier, may_decide, recorded_exceptions
from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.services.evaluations.calibration import is_trained
from registry.services.people.acting import Actor
from registry.services.people.reach import DECIDERS, Authority, authorities, widest
from registry.store import deciding, evaluations, parties
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Role, Verdict

DECIDED_IT = "You decided it, so another approver says what comes of the second reading."


@dataclass(frozen=True)
class Permission:
    """That somebody may decide; `notes` are what the verdict will say about it."""

    alone: Alone | None
    notes: tuple[str, ...]
    rights: tuple[Authority, ...]
    """In whose right it may be; at least one, and one's own first."""

    @property
    def quick_lane(self) -> bool:
        return self.alone is Alone.QUICK_LANE

    def right(self, offices: Iterable[Collection[str]]) -> Authority:
        """That in which a verdict for these offices, which supersedes those for these, is decided."""
        return widest(self.rights, offices)


def permission(
    session: Session,
    evaluation: Evaluation,
    *,
    solo: bool,
    by: Actor,
    now: datetime,
    cases_needed: int = 0,
) -> Permission:
    """Raises NotAllowed unless this person may decide. The database refuses the same people once more.

    `cases_needed` is how many reference cases make a reviewer trained for the quick lane.
    Who scored decides in the quick lane alone, in their own right and never on a second reading; see
    docs/concepts.md, "Who may not".
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
    own = by.roles if quick_lane else DECIDERS
    rights = independent_rights(
        session, evaluation, solo=solo, quick_lane=quick_lane, own=own, by=by, now=now
    )
    notes = recorded_exceptions(by.id, scorers=scorers, solo=solo, quick_lane=quick_lane)
    alone = Alone.QUICK_LANE if quick_lane else Alone.SOLO if solo and scored else None
    return Permission(alone, notes, rights[:1] if quick_lane else rights)


def independent_rights(
    session: Session,
    evaluation: Evaluation,
    *,
    solo: bool,
    quick_lane: bool = False,
    own: Collection[Role],
    by: Actor,
    now: datetime,
) -> tuple[Authority, ...]:
    """In whose right this person may decide an evaluation; `own` are the roles by which it may be their own.

    A deputy decides only where both are independent: nobody lends a right that is not theirs. Raises NotAllowed.
    """
    evaluation_id = id_of(evaluation)
    requesters = parties.requesters(session, evaluation.tool_id)
    scorers = {card.reviewer.id for card in evaluations.scorecards(session, evaluation_id)}
    interested = parties.interested(session, evaluation)
    contacts = parties.contacts(session, evaluation.tool_id).keys()
    first_deciders = _first_deciders(session, evaluation_id)
    if by.person_id in first_deciders:
        raise NotAllowed(DECIDED_IT)
    may_decide(
        by.person_id,
        requesters=requesters,
        scorers=scorers,
        interested=interested,
        vendor_contacts=contacts,
        solo=solo,
        quick_lane=quick_lane,
    )
    part_in_it = scorers | {*requesters, *interested, *contacts, *first_deciders}
    found = authorities(session, by, now=now, own=own)
    free = tuple(each for each in found if each.for_id not in part_in_it)
    if free:
        return free
    if found:
        raise NotAllowed(no_loan(found[0].for_name))
    raise NotAllowed("Only an approver decides. Ask one of them.")


def no_loan(name: str) -> str:
    """What a deputy is told of a case that the approver of this name may not decide."""
    return worded(
        "You would decide for {name}, who may not decide this. Who asked for a tool, scored it, has an "
        "interest in it or is a contact of its vendor does not decide, and nobody does it for them.",
        name=name,
    )


def _first_deciders(session: Session, evaluation_id: int) -> set[int]:
    """Of the verdict that the evaluation reads again: who decided it, and for whom; nobody where it is no reading."""
    reading = deciding.find_reading_by_evaluation(session, evaluation_id)
    if reading is None:
        return set()
    first = session.get_one(Verdict, reading.verdict_id)
    return {each for each in (first.decided_by_id, first.decided_for_id) if each is not None}


def require_trained(session: Session, by: Actor, *, needed: int) -> None:
    """Raises NotAllowed unless this reviewer has passed as many reference cases as are `needed` to decide alone."""
    if not is_trained(session, by.person_id, needed=needed):
        cases = "1 reference case" if needed == 1 else f"{needed} reference cases"
        raise NotAllowed(
            f"Who decides alone has passed {cases}; you have not yet. "
            "Score them under Reference cases, or ask an approver."
        )

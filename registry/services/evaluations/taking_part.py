"""Who may look at an evaluation and who may steer it, beyond the role: the owner, those asked to score, approvers."""

from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import NotAllowed
from registry.domain.values import dataclass
from registry.services.evaluations import scorecards
from registry.services.people.acting import Actor
from registry.store import evaluation_lists, parties, verdicts
from registry.store.columns import id_of
from registry.store.events import Unheard
from registry.store.tables import Evaluation, Role

SEE_ALL = frozenset({Role.APPROVER, Role.AUDITOR})


@dataclass(frozen=True)
class Part:
    """What one person is to one evaluation."""

    owns: bool
    assigned: bool
    blind: bool
    """Owes a scorecard, so must not hear what others said."""
    roles: frozenset[Role]

    @property
    def sees(self) -> bool:
        return self.owns or self.assigned or bool(self.roles & SEE_ALL)

    @property
    def speaks(self) -> bool:
        """Declares interests and proposes conditions."""
        return self.owns or self.assigned or Role.APPROVER in self.roles

    @property
    def steers(self) -> bool:
        """Assigns, lets wait, resumes and withdraws."""
        return self.owns or Role.APPROVER in self.roles


def sees_all(person: Actor) -> bool:
    """Whether work in progress is open to a person whose it is not."""
    return bool(person.roles & SEE_ALL)


SPOKEN_OF_OTHERS = ("condition.", "disagreement.", "evidence.")
"""Acts in an evaluation that let one guess how others rated."""


def blind_in(session: Session, *, by: Actor) -> frozenset[int]:
    """Ids of the evaluations under way in which this person owes a scorecard."""
    if by.id is None:
        return frozenset()
    _owned, owed = evaluation_lists.under_way_of(session, by.id)
    return frozenset(id_of(evaluation) for evaluation, _tool, _owner in owed)


def unheard(session: Session, *, by: Actor, now: datetime) -> Unheard:
    """What of the log this person must not hear of yet: others' verdicts before they go out, and, while they owe a
    scorecard, what would tell how others rated, in evaluations whose verdict may still be taken back too.
    """
    waiting = verdicts.waiting(session, now=now)
    decided = [row.evaluation_id for row in waiting if row.evaluation_id is not None]
    blind = blind_in(session, by=by) | {each for each in decided if scorecards.is_blind(session, each, to=by)}
    return Unheard(
        SPOKEN_OF_OTHERS,
        blind,
        verdicts=verdicts.ids_of_evaluations(session, blind) if blind else frozenset(),
        waiting=frozenset(id_of(row) for row in waiting if by.id is None or row.decided_by_id != by.id),
    )


def part_of(session: Session, evaluation: Evaluation, *, by: Actor) -> Part:
    evaluation_id = id_of(evaluation)
    if by.id is None:
        return Part(False, False, True, frozenset())
    return Part(
        owns=by.id == evaluation.owner_id,
        assigned=parties.is_assigned(session, evaluation_id, by.id),
        blind=scorecards.is_blind(session, evaluation_id, to=by),
        roles=by.roles,
    )


def require_sight(session: Session, evaluation: Evaluation, *, by: Actor) -> Part:
    """Raises NotAllowed for who has no part in the evaluation."""
    part = part_of(session, evaluation, by=by)
    if not part.sees:
        raise NotAllowed(
            "You see the evaluations that you own or are asked to score. Ask its owner to add you."
        )
    return part


def require_open_eyes(session: Session, evaluation: Evaluation, *, by: Actor) -> Part:
    """As `require_sight`; raises NotAllowed also for who still owes a scorecard."""
    part = require_sight(session, evaluation, by=by)
    if part.blind:
        raise NotAllowed("Hand in your own scorecard first; what others said is shown to you then.")
    return part


def require_voice(session: Session, evaluation: Evaluation, *, by: Actor) -> Part:
    part = require_sight(session, evaluation, by=by)
    if not part.speaks:
        raise NotAllowed("Only its owner, its reviewers and approvers can do this to an evaluation.")
    return part


def require_steering(session: Session, evaluation: Evaluation, *, by: Actor) -> Part:
    part = require_sight(session, evaluation, by=by)
    if not part.steers:
        raise NotAllowed("Only the owner of the evaluation or an approver can do this. Ask one of them.")
    return part

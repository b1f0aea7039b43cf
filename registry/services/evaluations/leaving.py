"""What somebody who leaves has left to do, and who takes it over: nothing is without an owner, nobody is waited for."""

from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken
from registry.domain.values import dataclass
from registry.services.evaluations import assigning
from registry.services.people.acting import Actor
from registry.store import evaluation_lists, users
from registry.store.columns import id_of
from registry.store.evaluation_lists import Row


@dataclass(frozen=True)
class OpenWork:
    owned: tuple[Row, ...]
    """Evaluations under way that the person owns."""
    owed: tuple[Row, ...]
    """Those under way for which they have yet to hand in a scorecard."""

    @property
    def nothing(self) -> bool:
        return not (self.owned or self.owed)


@dataclass(frozen=True)
class HandedOver:
    owned: int = 0
    scorecards: int = 0
    """How many the successor is asked for instead."""
    back: int = 0
    """How many nobody is asked for now; each is a task of the evaluation's owner."""


def open_work(session: Session, user_id: int) -> OpenWork:
    owned, owed = evaluation_lists.under_way_of(session, user_id)
    return OpenWork(tuple(owned), tuple(owed))


def hand_over_work(
    session: Session,
    user_id: int,
    *,
    successor_id: int | None,
    owns: bool = True,
    solo: bool,
    by: Actor,
    now: datetime,
) -> HandedOver:
    """Give what a person owns (unless they keep it: `owns` is False) and owes to somebody else.

    Scorecards that the successor may not score, or all without one, go back to the evaluations' owners, who are told
    by the task to ask somebody. Raises InvalidInput where evaluations are owned and nobody is named to own them.
    Scorecards handed in stay and count.
    """
    work = open_work(session, user_id)
    owned = work.owned if owns else ()
    name = users.get(session, user_id).name
    if successor_id is not None:
        _check_successor(session, user_id, successor_id)
    elif owned:
        count = "1 evaluation" if len(owned) == 1 else f"{len(owned)} evaluations"
        raise InvalidInput(
            f"{name} owns {count} under way. Say who takes over.", {"successor": "Choose who takes over."}
        )
    reason = f"{name} does not score any more."
    for evaluation, _tool, _owner in owned:
        if successor_id is not None:
            assigning.hand_over(
                session,
                id_of(evaluation),
                successor_id,
                reason=f"{name} does not own it any more.",
                by=by,
                now=now,
            )
    taken = 0
    for evaluation, _tool, _owner in work.owed:
        assigning.unassign(session, id_of(evaluation), user_id, reason=reason, solo=solo, by=by, now=now)
        if successor_id is None:
            continue
        try:
            assigning.assign(session, id_of(evaluation), successor_id, by=by, now=now)
        except (NotAllowed, RuleBroken):  # who may not score it, or too late: its owner asks somebody else
            continue
        taken += 1
    return HandedOver(len(owned), taken, len(work.owed) - taken)


def _check_successor(session: Session, user_id: int, successor_id: int) -> None:
    person = users.person(session, successor_id)
    if successor_id == user_id or not assigning.successors([person]):
        sentence = "Choose an active reviewer or approver to take over."
        raise InvalidInput(sentence, {"successor": sentence})

"""What is done to an evaluation: opened, staffed, scheduled, set aside, withdrawn; as on its page."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Response
from pydantic import BaseModel
from sqlmodel import Session

from registry.domain.condition import Condition
from registry.domain.evaluation import propose_tier
from registry.domain.values import dataclass
from registry.services.evaluations import assigning, scoring, taking_part
from registry.services.evaluations import evaluation as rounds
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.store import evaluations, tools
from registry.store.columns import id_of
from registry.store.tables import Evaluation
from registry.web.api.evaluations import whole_evaluation
from registry.web.api.replies import Acting, IfMatch, Once, version_in
from registry.web.deps import House, Now, RowId, Triager, Tx
from registry.web.evaluation_schemas import (
    ContactIn,
    DueIn,
    InterestIn,
    OpenIn,
    ProposedIn,
    ProposedOut,
    ReasonIn,
    WaitIn,
    WholeEvaluationOut,
    WhomIn,
)
from registry.web.routing import api_router

router = api_router("/evaluations", tag="evaluations")
Whole = WholeEvaluationOut


@dataclass(frozen=True)
class Desk:
    """All that an act on one evaluation needs."""

    id: int
    tx: Session
    user: Actor
    now: datetime
    house: Settings
    version: int | None
    acting: Acting

    @property
    def evaluation(self) -> Evaluation:
        return evaluations.get(self.tx, self.id)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.house.zone).date()

    def steered(self, asked: BaseModel | None, act: Callable[[], object]) -> Response:
        """Do it as one who steers, once under a key; tell the evaluation as it now stands."""

        def done() -> Whole:
            taking_part.require_steering(self.tx, self.evaluation, by=self.user)
            rounds.require_version(self.evaluation, self.version)
            act()
            return self.whole()

        return self.once(asked, done)

    def spoken(self, asked: BaseModel | None, act: Callable[[], object]) -> Response:
        """Do it as one who takes part."""

        def done() -> Whole:
            taking_part.require_voice(self.tx, self.evaluation, by=self.user)
            act()
            return self.whole()

        return self.once(asked, done)

    def whole(self) -> Whole:
        return whole_evaluation(self.tx, self.evaluation, self.house, by=self.user, today=self.today)

    def once(self, asked: BaseModel | None, act: Callable[[], BaseModel], status: int = 200) -> Response:
        return self.acting(asked, act, by=self.user, status=status)


def _desk(
    evaluation_id: RowId, tx: Tx, user: Triager, now: Now, house: House, once: Once, if_match: IfMatch = None
) -> Desk:
    return Desk(evaluation_id, tx, user, now, house, version_in(if_match), once)


At = Annotated[Desk, Depends(_desk)]


@router.post("", response_model=Whole, status_code=201, summary="Open an evaluation of a tool")
def open_one(tx: Tx, user: Triager, now: Now, house: House, asked: OpenIn, once: Once) -> Response:
    """The tier follows from the use; a lower one needs a reason. 409 where one is under way for this edition."""

    def act() -> Whole:
        use = asked.use
        proposed = propose_tier(
            use.data_class,
            house.data_classes,
            effect=use.effect,
            costs=use.costs,
            public_account=use.public_account,
        )
        opened = rounds.open_evaluation(
            tx,
            id_of(tools.get(tx, asked.tool)),
            tier=asked.tier or proposed.tier.value,
            owner_id=asked.owner or user.person_id,
            intended_use=use.model_dump(),
            reviewers=asked.reviewers,
            edition=asked.edition,
            proposed=proposed,
            tier_reason=asked.tier_reason,
            zone=house.zone,
            by=user,
            now=now,
        )
        return whole_evaluation(tx, opened, house, by=user, today=now.astimezone(house.zone).date())

    return once(asked, act, by=user, status=201)


@router.post("/{evaluation_id}/assign", response_model=Whole, summary="Ask a reviewer to score")
def assign(at: At, asked: WhomIn) -> Response:
    """By its owner or an approver. Asking twice changes nothing."""
    return at.steered(asked, lambda: assigning.assign(at.tx, at.id, asked.person, by=at.user, now=at.now))


@router.post("/{evaluation_id}/unassign", response_model=Whole, summary="Ask a reviewer no more")
def unassign(at: At, asked: WhomIn) -> Response:
    """By its owner, an approver, or the reviewer. What they wrote stays on record; 409 where they have handed in."""

    def act() -> None:
        assigning.unassign(
            at.tx,
            at.id,
            asked.person,
            reason=asked.reason,
            solo=at.house.solo,
            by=at.user,
            now=at.now,
        )

    if asked.person != at.user.id:
        return at.steered(asked, act)

    def given_back() -> Whole:
        taking_part.require_voice(at.tx, at.evaluation, by=at.user)
        before = at.whole()
        act()
        sees = taking_part.part_of(at.tx, at.evaluation, by=at.user).sees
        return at.whole() if sees else before.model_copy(update={"reviewers": [], "asked": [], "tasks": []})

    return at.once(asked, given_back)


@router.post("/{evaluation_id}/owner", response_model=Whole, summary="Give it another owner")
def hand_over(at: At, asked: WhomIn) -> Response:
    """A reviewer or an approver."""

    def act() -> Whole:
        taking_part.require_steering(at.tx, at.evaluation, by=at.user)
        rounds.require_version(at.evaluation, at.version)
        before = at.whole()
        assigning.hand_over(at.tx, at.id, asked.person, reason=asked.reason, by=at.user, now=at.now)
        if taking_part.part_of(at.tx, at.evaluation, by=at.user).sees:
            return at.whole()
        return before.model_copy(update={"owner_id": asked.person, "version": at.evaluation.version})

    return at.once(asked, act)


@router.post("/{evaluation_id}/due", response_model=Whole, summary="Aim at another day")
def reschedule(at: At, asked: DueIn) -> Response:
    """With a reason that stays on record. 422 for a day in the past."""
    return at.steered(
        asked,
        lambda: rounds.reschedule(
            at.tx,
            at.id,
            due_on=asked.due_on,
            reason=asked.reason,
            today=at.today,
            by=at.user,
            now=at.now,
        ),
    )


@router.post("/{evaluation_id}/contacts", response_model=Whole, summary="Record a contact of the vendor")
def add_contact(at: At, asked: ContactIn) -> Response:
    """They neither score nor decide on the tool; a scorecard of theirs stays on record and counts no more."""
    return at.steered(
        asked,
        lambda: assigning.add_contact(
            at.tx,
            at.evaluation.tool_id,
            asked.person,
            note=asked.note,
            solo=at.house.solo,
            by=at.user,
            now=at.now,
        ),
    )


@router.post(
    "/{evaluation_id}/contacts/{person_id}/remove", response_model=Whole, summary="No contact any more"
)
def remove_contact(at: At, person_id: RowId) -> Response:
    """By somebody else than the person."""
    return at.steered(
        None,
        lambda: assigning.remove_contact(
            at.tx, at.evaluation.tool_id, person_id, solo=at.house.solo, by=at.user, now=at.now
        ),
    )


@router.post(
    "/{evaluation_id}/interest", response_model=Whole, summary="Declare an interest, or that there is none"
)
def declare(at: At, asked: InterestIn) -> Response:
    """Before scoring or deciding. Declared after handing in, it takes the scorecard out of the count."""
    return at.spoken(
        asked,
        lambda: scoring.declare(
            at.tx,
            at.id,
            interested=asked.interested,
            statement=asked.statement,
            solo=at.house.solo,
            by=at.user,
            now=at.now,
        ),
    )


@router.post(
    "/{evaluation_id}/conditions", response_model=ProposedOut, status_code=201, summary="Propose a condition"
)
def propose(at: At, asked: ProposedIn) -> Response:
    """The recommendation counts it from then on."""

    def act() -> ProposedOut:
        taking_part.require_voice(at.tx, at.evaluation, by=at.user)
        condition = Condition(
            text=asked.text,
            kind=asked.kind,
            duty=asked.who,
            check=asked.check,
            mitigates=frozenset(each.upper() for each in asked.mitigates),
            standing=asked.standing,
            due_on=asked.due_on,
        )
        row = rounds.propose_condition(at.tx, at.id, condition, by=at.user, now=at.now)
        return ProposedOut(id=id_of(row), text=row.text, evaluation=at.id)

    return at.once(asked, act, status=201)


@router.post(
    "/{evaluation_id}/conditions/{condition_id}/remove", response_model=Whole, summary="Take a condition back"
)
def remove_condition(at: At, condition_id: RowId) -> Response:
    """One's own; the owner and approvers any."""
    return at.spoken(
        None, lambda: rounds.withdraw_condition(at.tx, at.id, condition_id, by=at.user, now=at.now)
    )


@router.post("/{evaluation_id}/wait", response_model=Whole, summary="Set it aside until a day")
def wait(at: At, asked: WaitIn) -> Response:
    """It goes on by itself when the day has come."""
    return at.steered(
        asked,
        lambda: rounds.wait(
            at.tx,
            at.id,
            until=asked.until,
            for_whom=asked.for_whom,
            today=at.today,
            by=at.user,
            now=at.now,
        ),
    )


@router.post("/{evaluation_id}/resume", response_model=Whole, summary="Let it go on now")
def resume(at: At) -> Response:
    """Where it stands by what is handed in."""
    return at.steered(None, lambda: rounds.resume(at.tx, at.id, solo=at.house.solo, by=at.user, now=at.now))


@router.post("/{evaluation_id}/withdraw", response_model=Whole, summary="End it without a verdict")
def withdraw(at: At, asked: ReasonIn) -> Response:
    """What was said stays on record."""
    return at.steered(
        asked, lambda: rounds.withdraw(at.tx, at.id, reason=asked.reason, by=at.user, now=at.now)
    )

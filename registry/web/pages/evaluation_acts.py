"""One evaluation: its page, and what its owner, its reviewers and approvers do to it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, StaleVersion
from registry.domain.values import dataclass
from registry.services.evaluations import assigning, scoring, taking_part
from registry.services.evaluations import evaluation as rounds
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.store import evaluations
from registry.store.tables import Evaluation
from registry.web.condition_form import as_typed, read_condition
from registry.web.deps import Asked, House, Insider, Now, Read, RowId, Text, Triager, Tx
from registry.web.pages.evaluation_page import evaluation_page
from registry.web.pages.scorecards import scorecard_again
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Form
from registry.web.typed import Fields, Typed, number, version_of

router = page_router("/evaluations/{evaluation_id}")
DONE = {
    "scored": "Your scorecard is handed in",
    "rescored": "Your scorecard is handed in anew",
}


@dataclass(frozen=True)
class Desk:
    """All that an act on one evaluation needs."""

    request: Request
    id: int
    tx: Session
    user: Actor
    now: datetime
    house: Settings
    typed: Typed

    @property
    def evaluation(self) -> Evaluation:
        return evaluations.get(self.tx, self.id)

    def steered(self, act: Callable[[], object], back: str = "") -> Response:
        """Do it as one who steers; whatever is refused comes back with all that was typed."""
        taking_part.require_steering(self.tx, self.evaluation, by=self.user)
        return self.done(act, back)

    def done(self, act: Callable[[], object], back: str = "") -> Response:
        try:
            with self.tx.begin_nested():
                version = self.typed.one("version")
                rounds.require_version(self.evaluation, version_of(version))
                act()
        except InvalidInput as refused:
            return self.again(refused.faults, status=422)
        except StaleVersion as refused:
            return self.again({}, status=409, stale=refused.sentence)
        return go(f"/evaluations/{self.id}{back}")

    def again(self, faults: dict[str, str], *, status: int, stale: str = "") -> Response:
        values = {name: given[-1] for name, given in self.typed.values.items() if given}
        page = evaluation_page(
            self.tx,
            self.evaluation,
            self.house,
            by=self.user,
            now=self.now,
            form=Form(values, faults),
            stale=stale,
        )
        return render(self.request, "evaluations/show.html", page, status=status)


def _desk(
    request: Request, evaluation_id: RowId, tx: Tx, user: Triager, now: Now, house: House, typed: Fields
) -> Desk:
    return Desk(request, evaluation_id, tx, user, now, house, typed)


At = Annotated[Desk, Depends(_desk)]


@router.get("")
def show_evaluation(
    request: Request,
    evaluation_id: RowId,
    read: Read,
    user: Insider,
    house: House,
    now: Now,
    done: Asked = "",
) -> Response:
    """`done` is what led here: a key of DONE."""
    evaluation = evaluations.get(read, evaluation_id)
    page = evaluation_page(read, evaluation, house, by=user, now=now, done=DONE.get(done, ""))
    return render(request, "evaluations/show.html", page)


@router.post("/assign")
def assign(at: At) -> Response:
    def act() -> None:
        chosen = [found for each in at.typed.several("reviewers") if (found := number(each)) is not None]
        if not chosen:
            raise InvalidInput("Nobody was asked.", {"reviewers": "Choose whom to ask."})
        for each in chosen:
            assigning.assign(at.tx, at.id, each, by=at.user, now=at.now)

    return at.steered(act, "#people")


@router.post("/unassign")
def unassign(at: At) -> Response:
    """By who steers, or by the person themself who cannot do it."""
    person = number(at.typed.one("person")) or at.user.person_id

    def act() -> None:
        assigning.unassign(
            at.tx,
            at.id,
            person,
            reason=at.typed.one("release_reason"),
            solo=at.house.solo,
            by=at.user,
            now=at.now,
        )

    if person != at.user.id:
        return at.steered(act, "#people")
    taking_part.require_voice(at.tx, at.evaluation, by=at.user)
    sees_it_still = at.evaluation.owner_id == at.user.id or taking_part.sees_all(at.user)
    reply = at.done(act, "#people")
    return reply if sees_it_still or not 300 <= reply.status_code < 400 else go("/evaluations")


@router.post("/owner")
def hand_over(at: At) -> Response:
    def act() -> None:
        owner = number(at.typed.one("owner"))
        if owner is None:
            raise InvalidInput("The owner stays as it was.", {"owner": "Choose who owns it from now on."})
        assigning.hand_over(at.tx, at.id, owner, reason=at.typed.one("owner_reason"), by=at.user, now=at.now)

    reply = at.steered(act)
    lost = reply.status_code == 303 and not taking_part.part_of(at.tx, at.evaluation, by=at.user).sees
    return go("/evaluations") if lost else reply


@router.post("/due")
def reschedule(at: At) -> Response:
    def act() -> None:
        faults: dict[str, str] = {}
        due_on = at.typed.day("due_on", faults)
        if due_on is None:
            raise InvalidInput("The day stays as it was.", {"due_on": "Choose a day."} | faults)
        rounds.reschedule(
            at.tx,
            at.id,
            due_on=due_on,
            reason=at.typed.one("due_reason"),
            today=at.now.astimezone(at.house.zone).date(),
            by=at.user,
            now=at.now,
        )

    return at.steered(act)


@router.post("/contacts")
def add_contact(at: At) -> Response:
    def act() -> None:
        person = number(at.typed.one("contact"))
        if person is None:
            raise InvalidInput("The contact was not kept.", {"contact": "Choose a person."})
        try:
            assigning.add_contact(
                at.tx,
                at.evaluation.tool_id,
                person,
                note=at.typed.one("contact_note"),
                solo=at.house.solo,
                by=at.user,
                now=at.now,
            )
        except InvalidInput as refused:
            raise InvalidInput(refused.sentence, {"contact_note": refused.faults["note"]}) from refused

    return at.steered(act, "#contacts")


@router.post("/contacts/{person_id}/remove")
def remove_contact(at: At, person_id: RowId) -> Response:
    return at.steered(
        lambda: assigning.remove_contact(
            at.tx, at.evaluation.tool_id, person_id, solo=at.house.solo, by=at.user, now=at.now
        ),
        "#contacts",
    )


@router.post("/interest")
def declare(at: At) -> Response:
    taking_part.require_voice(at.tx, at.evaluation, by=at.user)
    interested = at.typed.one("interested")

    def act() -> None:
        if interested not in ("yes", "no"):
            raise InvalidInput("Say yes or no.", {"interested": "Say whether you have an interest."})
        scoring.declare(
            at.tx,
            at.id,
            interested=interested == "yes",
            statement=at.typed.one("statement"),
            solo=at.house.solo,
            by=at.user,
            now=at.now,
        )

    if at.typed.one("then") != "scorecard":
        return at.done(act, "#people")
    try:
        with at.tx.begin_nested():
            act()
    except InvalidInput as refused:
        given = {name: at.typed.one(name) for name in ("interested", "statement")}
        return scorecard_again(at.request, at.tx, at.evaluation, at.user, refused.faults, given)
    return go(f"/evaluations/{at.id}/scorecard")


@router.post("/conditions")
def propose(at: At) -> Response:
    taking_part.require_voice(at.tx, at.evaluation, by=at.user)
    faults: dict[str, str] = {}
    condition = read_condition(at.typed, "c.", faults)
    if condition is None:
        faults["c.text"] = "Say what must be done."
    try:
        with at.tx.begin_nested():
            if condition is None or faults:
                raise InvalidInput("The condition was not kept.")
            rounds.propose_condition(at.tx, at.id, condition, by=at.user, now=at.now)
    except InvalidInput as refused:
        faults |= {f"c.{name}": told for name, told in refused.faults.items()}
        page = evaluation_page(
            at.tx,
            at.evaluation,
            at.house,
            by=at.user,
            now=at.now,
            condition=as_typed(at.typed, "c.", "Propose a condition", faults),
            condition_faults=faults,
        )
        return render(at.request, "evaluations/show.html", page, status=422)
    return go(f"/evaluations/{at.id}#conditions")


@router.post("/conditions/{condition_id}/remove")
def remove_condition(at: At, condition_id: RowId) -> Response:
    taking_part.require_voice(at.tx, at.evaluation, by=at.user)
    rounds.withdraw_condition(at.tx, at.id, condition_id, by=at.user, now=at.now)
    return go(f"/evaluations/{at.id}#conditions")


@router.post("/wait")
def wait(at: At) -> Response:
    def act() -> None:
        today, faults = at.now.astimezone(at.house.zone).date(), dict[str, str]()
        until = at.typed.day("until", faults)
        if faults:
            raise InvalidInput("The evaluation does not wait yet.", faults)
        rounds.wait(
            at.tx,
            at.id,
            until=until or today,
            for_whom=at.typed.one("for_whom"),
            today=today,
            by=at.user,
            now=at.now,
        )

    return at.steered(act)


@router.post("/resume")
def resume(at: At) -> Response:
    return at.steered(lambda: rounds.resume(at.tx, at.id, solo=at.house.solo, by=at.user, now=at.now))


@router.post("/withdraw")
def withdraw(at: At, reason: Text = "") -> Response:
    return at.steered(lambda: rounds.withdraw(at.tx, at.id, reason=reason, by=at.user, now=at.now))

"""Evaluations: the list, opening one, its own page, and what its owner, its reviewers and approvers do to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.evaluation import EvaluationState
from registry.services import evaluation as rounds
from registry.services import scorecards, scoring, taking_part
from registry.services.acting import Actor
from registry.services.house import house as house_of
from registry.settings import Settings
from registry.store import evaluations, tools, users
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Role, Tool, User
from registry.web.condition_form import as_typed, read_condition
from registry.web.deps import TRIAGERS, Asked, House, Insider, Now, Read, RowId, Text, Triager, Tx
from registry.web.pages.evaluation_page import AT_WORK, evaluation_page, reviewer_options, title_of
from registry.web.render import go, render
from registry.web.reopened import because
from registry.web.shapes import Form, Option
from registry.web.typed import Fields, Typed, number
from registry.web.words import words

router = APIRouter(prefix="/evaluations")

TIER_OPTIONS = (
    Option(
        "1", "Tier 1: quick lane", "Public data, no or trivial cost, no public account, no effect on people."
    ),
    Option("2", "Tier 2", "The rest. Two scorecards; decided within 20 days."),
    Option(
        "3",
        "Tier 3",
        "Sensitive or regulated data, or an effect on people’s rights. "
        "Three scorecards, among them privacy, security and accessibility; decided within 60 days.",
    ),
)
STATE_OPTIONS = (
    Option("", "At work"),
    *(Option(state.value, words(state.value)) for state in EvaluationState),
    Option("all", "All"),
)


@dataclass(frozen=True)
class ListRow:
    title: str
    url: str
    state: str
    tier: int
    owner: str
    due_on: date
    late: bool
    mine: str
    """What this person has to do with it, in words; empty where nothing."""
    because: str = ""
    """Why it was opened again; empty where it is the first time."""


@dataclass(frozen=True)
class ListPage:
    mine: Sequence[ListRow]
    others: Sequence[ListRow]
    states: Sequence[Option]
    state: str
    may_open: bool


@dataclass(frozen=True)
class OpenPage:
    tool_name: str
    tool_slug: str
    tiers: Sequence[Option]
    data_classes: Sequence[Option]
    accounts: Sequence[Option]
    audiences: Sequence[Option]
    offices: Sequence[Option]
    reviewers: Sequence[Option]
    form: Form


@router.get("")
def list_evaluations(
    request: Request, read: Read, user: Insider, now: Now, house: House, state: str = ""
) -> Response:
    everything = taking_part.sees_all(user)
    found = evaluations.page(read, states=_states(state), assigned_to=None if everything else user.id)
    today = now.astimezone(house.zone).date()
    why = because(read, [id_of(each) for each, _, _ in found])
    rows = [
        replace(_row(read, *each, user=user, today=today), because=why.get(id_of(each[0]), ""))
        for each in found
    ]
    page = ListPage(
        mine=[row for row in rows if row.mine],
        others=[row for row in rows if not row.mine],
        states=STATE_OPTIONS,
        state=state if state in {each.value for each in STATE_OPTIONS} else "",
        may_open=bool(user.roles & TRIAGERS),
    )
    return render(request, "evaluations/list.html", page)


@router.get("/new")
def show_opening(request: Request, read: Read, _user: Triager, house: House, tool: Asked = "") -> Response:
    page = _open_page(read, house, tools.get(read, tool), Typed({"tier": ("2",)}), {})
    return render(request, "evaluations/open.html", page)


@router.post("")
def open_one(request: Request, tx: Tx, user: Triager, now: Now, house: House, typed: Fields) -> Response:
    tool = tools.get(tx, typed.one("tool"))
    tier = typed.one("tier")
    try:
        with tx.begin_nested():
            opened = rounds.open_evaluation(
                tx,
                id_of(tool),
                tier=int(tier) if tier in ("1", "2", "3") else 0,
                owner_id=user.person_id,
                intended_use=_intended_use(typed),
                reviewers=_people(typed),
                edition=typed.one("edition"),
                zone=house.zone,
                by=user,
                now=now,
            )
    except InvalidInput as refused:
        page = _open_page(tx, house, tool, typed, refused.faults)
        return render(request, "evaluations/open.html", page, status=422)
    return go(f"/evaluations/{opened.id}")


@router.get("/{evaluation_id}")
def show_evaluation(
    request: Request, evaluation_id: RowId, read: Read, user: Insider, house: House
) -> Response:
    page = evaluation_page(read, evaluations.get(read, evaluation_id), house, by=user)
    return render(request, "evaluations/show.html", page)


@router.post("/{evaluation_id}/assign")
def assign(evaluation_id: RowId, tx: Tx, user: Triager, now: Now, typed: Fields) -> Response:
    taking_part.require_steering(tx, evaluations.get(tx, evaluation_id), by=user)
    for each in _people(typed):
        rounds.assign(tx, evaluation_id, each, by=user, now=now)
    return go(f"/evaluations/{evaluation_id}#people")


@router.post("/{evaluation_id}/interest")
def declare(
    request: Request,
    evaluation_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    house: House,
    interested: Text = "",
    statement: Text = "",
    then: Text = "",
) -> Response:
    evaluation = evaluations.get(tx, evaluation_id)
    taking_part.require_voice(tx, evaluation, by=user)
    try:
        with tx.begin_nested():
            if interested not in ("yes", "no"):
                raise InvalidInput("Say yes or no.", {"interested": "Say whether you have an interest."})
            scoring.declare(
                tx, evaluation_id, interested=interested == "yes", statement=statement, by=user, now=now
            )
    except InvalidInput as refused:
        form = Form({"interested": interested, "statement": statement}, refused.faults)
        return _again(request, tx, evaluation, house, user, form)
    return go(f"/evaluations/{evaluation_id}" + ("/scorecard" if then == "scorecard" else "#people"))


@router.post("/{evaluation_id}/conditions")
def propose(
    request: Request, evaluation_id: RowId, tx: Tx, user: Triager, now: Now, house: House, typed: Fields
) -> Response:
    evaluation = evaluations.get(tx, evaluation_id)
    taking_part.require_voice(tx, evaluation, by=user)
    faults: dict[str, str] = {}
    condition = read_condition(typed, "c.", faults)
    if condition is None:
        faults["c.text"] = "Say what must be done."
    try:
        with tx.begin_nested():
            if condition is None or faults:
                raise InvalidInput("The condition was not kept.")
            rounds.propose_condition(tx, evaluation_id, condition, by=user, now=now)
    except InvalidInput as refused:
        faults |= {f"c.{name}": told for name, told in refused.faults.items()}
        page = evaluation_page(
            tx,
            evaluation,
            house,
            by=user,
            condition=as_typed(typed, "c.", "Propose a condition", faults),
            condition_faults=faults,
        )
        return render(request, "evaluations/show.html", page, status=422)
    return go(f"/evaluations/{evaluation_id}#conditions")


@router.post("/{evaluation_id}/conditions/{condition_id}/remove")
def remove_condition(evaluation_id: RowId, condition_id: RowId, tx: Tx, user: Triager, now: Now) -> Response:
    taking_part.require_voice(tx, evaluations.get(tx, evaluation_id), by=user)
    rounds.withdraw_condition(tx, evaluation_id, condition_id, by=user, now=now)
    return go(f"/evaluations/{evaluation_id}#conditions")


@router.post("/{evaluation_id}/wait")
def wait(
    request: Request, evaluation_id: RowId, tx: Tx, user: Triager, now: Now, house: House, typed: Fields
) -> Response:
    evaluation = evaluations.get(tx, evaluation_id)
    taking_part.require_steering(tx, evaluation, by=user)
    today, faults = now.astimezone(house.zone).date(), dict[str, str]()
    until, for_whom = typed.day("until", faults), typed.one("for_whom")
    try:
        with tx.begin_nested():
            if faults:
                raise InvalidInput("The evaluation does not wait yet.", faults)
            rounds.wait(
                tx, evaluation_id, until=until or today, for_whom=for_whom, today=today, by=user, now=now
            )
    except InvalidInput as refused:
        form = Form({"until": typed.one("until"), "for_whom": for_whom}, refused.faults)
        return _again(request, tx, evaluation, house, user, form)
    return go(f"/evaluations/{evaluation_id}")


@router.post("/{evaluation_id}/resume")
def resume(evaluation_id: RowId, tx: Tx, user: Triager, now: Now, house: House) -> Response:
    taking_part.require_steering(tx, evaluations.get(tx, evaluation_id), by=user)
    rounds.resume(tx, evaluation_id, solo=house.solo, by=user, now=now)
    return go(f"/evaluations/{evaluation_id}")


@router.post("/{evaluation_id}/withdraw")
def withdraw(
    request: Request, evaluation_id: RowId, tx: Tx, user: Triager, now: Now, house: House, reason: Text = ""
) -> Response:
    evaluation = evaluations.get(tx, evaluation_id)
    taking_part.require_steering(tx, evaluation, by=user)
    try:
        with tx.begin_nested():
            rounds.withdraw(tx, evaluation_id, reason=reason, by=user, now=now)
    except InvalidInput as refused:
        return _again(request, tx, evaluation, house, user, Form({"reason": reason}, refused.faults))
    return go(f"/evaluations/{evaluation_id}")


def _again(
    request: Request, tx: Session, evaluation: Evaluation, house: Settings, user: Actor, form: Form
) -> Response:
    page = evaluation_page(tx, evaluation, house, by=user, form=form)
    return render(request, "evaluations/show.html", page, status=422)


def _states(state: str) -> tuple[EvaluationState, ...]:
    if state == "all":
        return ()
    return (
        (EvaluationState(state),) if state in tuple(EvaluationState) else (*AT_WORK, EvaluationState.WAITING)
    )


def _row(
    session: Session, evaluation: Evaluation, tool: Tool, owner: User, *, user: Actor, today: date
) -> ListRow:
    evaluation_id = id_of(evaluation)
    closed = evaluation.state in evaluations.CLOSED
    assigned = user.id is not None and evaluations.is_assigned(session, evaluation_id, user.id)
    scored = assigned and not scorecards.is_blind(session, evaluation_id, to=user)
    return ListRow(
        title=title_of(tool, evaluation),
        url=f"/evaluations/{evaluation_id}",
        state=evaluation.state.value,
        tier=evaluation.tier,
        owner=owner.name,
        due_on=evaluation.due_on,
        late=not closed and evaluation.due_on < today,
        mine=_mine(evaluation, user, assigned=assigned, scored=scored),
    )


def _mine(evaluation: Evaluation, user: Actor, *, assigned: bool, scored: bool) -> str:
    if evaluation.state is EvaluationState.DECISION and Role.APPROVER in user.roles and not assigned:
        return "Decide"
    if evaluation.state is EvaluationState.MODERATION and evaluation.owner_id == user.id:
        return "Resolve disagreements"
    parts = [
        word
        for word, holds in (
            ("You have scored" if scored else "You score", assigned),
            ("You own", evaluation.owner_id == user.id),
        )
        if holds
    ]
    return ", ".join(parts)


def _people(typed: Typed) -> list[int]:
    """Ids of the reviewers who were chosen."""
    return [found for each in typed.several("reviewers") if (found := number(each)) is not None]


def _intended_use(typed: Typed) -> dict[str, object]:
    use: dict[str, object] = {key: typed.one(key) for key in ("purpose", "data_class", "versions")}
    return use | {key: list(typed.several(key)) for key in ("accounts", "audience", "offices")}


def _open_page(
    session: Session, settings: Settings, tool: Tool, typed: Typed, faults: dict[str, str]
) -> OpenPage:
    house = house_of(session, settings)
    names = {office.code: office.name for office in users.all_offices(session)}
    single: dict[str, object] = {
        key: typed.one(key) for key in ("edition", "tier", "purpose", "data_class", "versions")
    }
    several = {key: typed.several(key) for key in ("accounts", "audience", "offices", "reviewers")}
    return OpenPage(
        tool_name=tool.name,
        tool_slug=tool.slug,
        tiers=TIER_OPTIONS,
        data_classes=[Option(each, words(each)) for each in house.data_classes],
        accounts=[Option(each, words(each)) for each in house.account_types],
        audiences=[Option(each, words(each)) for each in house.audiences],
        offices=[Option(each, names.get(each, each)) for each in house.offices],
        reviewers=reviewer_options(session),
        form=Form(single | several, faults),
    )

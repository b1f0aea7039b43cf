"""What staff may do to a verdict that has gone out, and to its dated conditions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from registry.domain.condition import ConditionState
from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.outcome import MEANINGS
from registry.domain.validity import PERMITTED_MARKS, MarkKind, ValidityState, validity
from registry.services import verdict_life
from registry.services.acting import Actor
from registry.settings import Settings
from registry.store import tools, verdicts
from registry.store.tables import Role
from registry.web.deps import Approver, House, Now, Number, Read, RowId, Suspender, Text, Tx
from registry.web.render import go, render
from registry.web.shapes import Form
from registry.web.typed import Fields, Typed

router = APIRouter(prefix="/verdicts")


@dataclass(frozen=True)
class Act:
    """One form: which fields it shows, and what it does, in words."""

    path: str
    kind: MarkKind
    label: str
    hint: str
    reason: bool = True
    replacement: bool = False
    day: bool = False
    grave: bool = False


ACTS = (
    Act(
        "suspend",
        MarkKind.SUSPENDED,
        "Suspend it",
        "In an emergency. Everybody reads at once that it is paused. Another person confirms or lifts it.",
        replacement=True,
        grave=True,
    ),
    Act("confirm", MarkKind.SUSPENSION_CONFIRMED, "Confirm the suspension", "It stays paused.", reason=False),
    Act("lift", MarkKind.SUSPENSION_LIFTED, "Lift the suspension", "It holds again as before.", reason=False),
    Act(
        "sunset",
        MarkKind.SUNSET,
        "Announce its end",
        "It holds until the day before; everybody reads the day and the replacement.",
        reason=False,
        replacement=True,
        day=True,
    ),
    Act(
        "graduate",
        MarkKind.GRADUATED,
        "Graduate it",
        "So ordinary that it needs no approval any more.",
        reason=False,
    ),
    Act(
        "revoke",
        MarkKind.REVOKED,
        "Revoke it",
        "For good. A revoked verdict is never revived; decide anew instead.",
        replacement=True,
        grave=True,
    ),
)
BY_PATH = {each.path: each for each in ACTS}


@dataclass(frozen=True)
class Duty:
    position: int
    text: str
    state: str
    due_on: date | None
    may_meet: bool
    may_waive: bool


@dataclass(frozen=True)
class ActsPage:
    number: int
    tool_name: str
    outcome: str
    state: str
    ends_on: date | None
    overdue: bool
    acts: Sequence[Act]
    duties: Sequence[Duty]
    form: Form = field(default_factory=Form)
    came_back: str = ""
    """The path of the form that came back with faults."""
    refused: str = ""


@router.get("/{number}/acts")
def show_acts(
    request: Request, number: Number, read: Read, user: Suspender, now: Now, house: House
) -> Response:
    return render(request, "verdicts/acts.html", _page(read, number, house, user, now=now))


@router.post("/{number}/suspend")
def suspend(
    request: Request, number: Number, tx: Tx, user: Suspender, now: Now, house: House, typed: Fields
) -> Response:
    return _mark(request, tx, number, "suspend", house, user, typed, now=now)


@router.post("/{number}/confirm")
def confirm(
    request: Request, number: Number, tx: Tx, user: Suspender, now: Now, house: House, typed: Fields
) -> Response:
    return _mark(request, tx, number, "confirm", house, user, typed, now=now)


@router.post("/{number}/lift")
def lift(
    request: Request, number: Number, tx: Tx, user: Suspender, now: Now, house: House, typed: Fields
) -> Response:
    return _mark(request, tx, number, "lift", house, user, typed, now=now)


@router.post("/{number}/revoke")
def revoke(
    request: Request, number: Number, tx: Tx, user: Approver, now: Now, house: House, typed: Fields
) -> Response:
    return _mark(request, tx, number, "revoke", house, user, typed, now=now)


@router.post("/{number}/sunset")
def sunset(
    request: Request, number: Number, tx: Tx, user: Approver, now: Now, house: House, typed: Fields
) -> Response:
    return _mark(request, tx, number, "sunset", house, user, typed, now=now)


@router.post("/{number}/graduate")
def graduate(
    request: Request, number: Number, tx: Tx, user: Approver, now: Now, house: House, typed: Fields
) -> Response:
    return _mark(request, tx, number, "graduate", house, user, typed, now=now)


@router.post("/{number}/conditions/{position}/met")
def meet(
    request: Request,
    number: Number,
    position: RowId,
    tx: Tx,
    user: Approver,
    now: Now,
    house: House,
    typed: Fields,
) -> Response:
    faults: dict[str, str] = {}
    today = now.astimezone(house.zone).date()
    on = typed.day("met_on", faults) or today
    if on > today:
        faults["met_on"] = "Choose today or an earlier day."
    if faults:
        form = Form({"met_on": typed.one("met_on")}, faults)
        page = _page(tx, number, house, user, now=now, form=form, came_back=f"met-{position}")
        return render(request, "verdicts/acts.html", page, status=422)
    verdict_life.meet_condition(tx, number, position, on=on, by=user, now=now)
    return go(f"/verdicts/{number}/acts")


@router.post("/{number}/conditions/{position}/waive")
def waive(
    request: Request,
    number: Number,
    position: RowId,
    tx: Tx,
    user: Approver,
    now: Now,
    house: House,
    reason: Text = "",
) -> Response:
    try:
        with tx.begin_nested():
            verdict_life.waive_condition(tx, number, position, reason=reason, by=user, now=now)
    except InvalidInput as refused:
        form = Form({"reason": reason}, refused.faults)
        page = _page(tx, number, house, user, now=now, form=form, came_back=f"waive-{position}")
        return render(request, "verdicts/acts.html", page, status=422)
    return go(f"/verdicts/{number}/acts")


def _mark(
    request: Request,
    tx: Session,
    number: int,
    path: str,
    house: Settings,
    user: Actor,
    typed: Typed,
    *,
    now: datetime,
) -> Response:
    faults: dict[str, str] = {}
    day = typed.day("effective_on", faults)
    try:
        with tx.begin_nested():
            if faults:
                raise InvalidInput("Nothing was done.", faults)
            verdict_life.mark(
                tx,
                number,
                BY_PATH[path].kind,
                reason=typed.one("reason"),
                replacement=typed.one("replacement"),
                effective_on=day if BY_PATH[path].day else None,
                zone=house.zone,
                by=user,
                now=now,
            )
    except (InvalidInput, RuleBroken) as refused:
        told = refused.faults if isinstance(refused, InvalidInput) else {}
        form = Form({name: typed.one(name) for name in ("reason", "replacement", "effective_on")}, told)
        page = _page(tx, number, house, user, now=now, form=form, came_back=path, refused=refused.sentence)
        status = 422 if isinstance(refused, InvalidInput) else 409
        return render(request, "verdicts/acts.html", page, status=status)
    return go(f"/verdicts/{number}/acts")


def _page(
    session: Session,
    number: int,
    settings: Settings,
    user: Actor,
    *,
    now: datetime,
    form: Form | None = None,
    came_back: str = "",
    refused: str = "",
) -> ActsPage:
    row = verdicts.get(session, number)
    ruling = verdicts.as_rulings(session, [row])[0]
    stands = validity(ruling, at=now, zone=settings.zone)
    today = now.astimezone(settings.zone).date()
    approves = Role.APPROVER in user.roles
    permissive = MEANINGS[row.outcome].may_use
    suspended_by = ""
    for befallen in ruling.marks:
        suspended_by = befallen.by if befallen.kind is MarkKind.SUSPENDED else suspended_by
    acts = [
        each
        for each in ACTS
        if _possible(each, stands.state, permissive=permissive)
        and (approves or each.kind in SUSPENDING)
        and not (PERMITTED_MARKS[each.kind].by_another and suspended_by == user.name)
    ]
    return ActsPage(
        number=number,
        tool_name=tools.get_by_id(session, row.tool_id).name,
        outcome=row.outcome.value,
        state=stands.state.value,
        ends_on=stands.ends_on,
        overdue=stands.overdue,
        acts=acts,
        duties=[
            Duty(
                position,
                each.text,
                each.state(today).value,
                each.due_on,
                may_meet=approves and each.state(today) in _UNMET,
                may_waive=approves and each.state(today) in _UNMET,
            )
            for position, each in enumerate(ruling.verdict.conditions, start=1)
        ],
        form=form or Form(),
        came_back=came_back,
        refused=refused,
    )


SUSPENDING = frozenset({MarkKind.SUSPENDED, MarkKind.SUSPENSION_CONFIRMED, MarkKind.SUSPENSION_LIFTED})
_UNMET = frozenset({ConditionState.OPEN, ConditionState.OVERDUE})


def _possible(act: Act, state: ValidityState, *, permissive: bool) -> bool:
    rule = PERMITTED_MARKS[act.kind]
    return state in rule.states and (permissive or not rule.permissive_only)

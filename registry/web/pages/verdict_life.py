"""What staff may do to a verdict that has gone out, and to its dated conditions."""

from collections.abc import Sequence

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, RegistryError, RuleBroken, StaleVersion
from registry.domain.values import dataclass
from registry.services.people.acting import Actor
from registry.services.verdicts import duties, verdict_life
from registry.settings import Settings
from registry.store import tools, verdicts
from registry.web.deps import Approver, Asked, House, Now, Number, Read, RowId, Suspender, Tx
from registry.web.errors import status_of
from registry.web.pages.acts_view import BY_PATH, Act, acts_page
from registry.web.pages.decision_form import carried
from registry.web.pages.decision_preview import card_of
from registry.web.parts import parts_of
from registry.web.refused import on_record
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import AnswerCard, Form
from registry.web.typed import Fields, Typed
from registry.web.viewer import now_of

router = page_router("/verdicts")


@dataclass(frozen=True)
class SurePage:
    """Asks once more before something grave is done to a verdict."""

    number: int
    tool_name: str
    act: Act
    answer: AnswerCard
    """What everybody would read from then on."""
    hidden: Sequence[tuple[str, str]]


REFUSALS = (InvalidInput, NotAllowed, RuleBroken, StaleVersion)
TYPED = ("reason", "replacement", "effective_on", "reached", "measure", "exit_rule", "met_on", "evidence")


@router.get("/{number}/acts")
def show_acts(
    request: Request, number: Number, read: Read, user: Suspender, now: Now, house: House, done: Asked = ""
) -> Response:
    """`done` is the path of the act that led here."""
    page = acts_page(read, number, house, user, now=now, done=done)
    return render(request, "verdicts/acts.html", page)


@router.post("/{number}/suspend")
def suspend(request: Request, number: Number, tx: Tx, user: Suspender, typed: Fields) -> Response:
    return _mark(request, tx, number, "suspend", user, typed)


@router.post("/{number}/confirm")
def confirm(request: Request, number: Number, tx: Tx, user: Suspender, typed: Fields) -> Response:
    return _mark(request, tx, number, "confirm", user, typed)


@router.post("/{number}/lift")
def lift(request: Request, number: Number, tx: Tx, user: Suspender, typed: Fields) -> Response:
    return _mark(request, tx, number, "lift", user, typed)


@router.post("/{number}/revoke")
def revoke(request: Request, number: Number, tx: Tx, user: Approver, typed: Fields) -> Response:
    return _mark(request, tx, number, "revoke", user, typed)


@router.post("/{number}/sunset")
def sunset(request: Request, number: Number, tx: Tx, user: Approver, typed: Fields) -> Response:
    return _mark(request, tx, number, "sunset", user, typed)


@router.post("/{number}/keep")
def keep(request: Request, number: Number, tx: Tx, user: Approver, typed: Fields) -> Response:
    return _mark(request, tx, number, "keep", user, typed)


@router.post("/{number}/graduate")
def graduate(request: Request, number: Number, tx: Tx, user: Approver, typed: Fields) -> Response:
    return _mark(request, tx, number, "graduate", user, typed)


@router.post("/{number}/approve-again")
def approve_again(request: Request, number: Number, tx: Tx, user: Approver, typed: Fields) -> Response:
    return _mark(request, tx, number, "approve-again", user, typed)


@router.post("/{number}/result")
def report_result(request: Request, number: Number, tx: Tx, user: Approver, typed: Fields) -> Response:
    return _mark(request, tx, number, "result", user, typed)


@router.post("/{number}/conditions/{position}/met")
def meet(
    request: Request, number: Number, position: RowId, tx: Tx, user: Approver, typed: Fields
) -> Response:
    house, now, faults = parts_of(request).settings, now_of(request), dict[str, str]()
    on = typed.day("met_on", faults) or now.astimezone(house.zone).date()
    try:
        with tx.begin_nested():
            if faults:
                raise InvalidInput("The condition is not noted as met.", faults)
            duties.meet_condition(
                tx,
                number,
                position,
                on=on,
                evidence=typed.one("evidence"),
                seen=_seen(typed),
                zone=house.zone,
                by=user,
                now=now,
            )
    except REFUSALS as refused:
        return _again(request, tx, number, f"met-{position}", house, user, typed, refused)
    return go(f"/verdicts/{number}/acts?done=met")


@router.post("/{number}/conditions/{position}/waive")
def waive(
    request: Request, number: Number, position: RowId, tx: Tx, user: Approver, typed: Fields
) -> Response:
    house, now = parts_of(request).settings, now_of(request)
    try:
        with tx.begin_nested():
            duties.waive_condition(
                tx,
                number,
                position,
                reason=typed.one("reason"),
                seen=_seen(typed),
                zone=house.zone,
                by=user,
                now=now,
            )
    except REFUSALS as refused:
        return _again(request, tx, number, f"waive-{position}", house, user, typed, refused)
    return go(f"/verdicts/{number}/acts?done=waived")


@router.post("/{number}/conditions/{position}/take-back")
def take_back(
    request: Request, number: Number, position: RowId, tx: Tx, user: Approver, typed: Fields
) -> Response:
    house, now = parts_of(request).settings, now_of(request)
    try:
        with tx.begin_nested():
            duties.take_back(
                tx,
                number,
                position,
                reason=typed.one("reason"),
                seen=_seen(typed),
                zone=house.zone,
                by=user,
                now=now,
            )
    except REFUSALS as refused:
        return _again(request, tx, number, f"take-back-{position}", house, user, typed, refused)
    return go(f"/verdicts/{number}/acts?done=taken-back")


def _mark(request: Request, tx: Session, number: int, path: str, user: Actor, typed: Typed) -> Response:
    """A grave act is asked about once more, with what everybody would read; `sure` is the answer."""
    house, now, faults = parts_of(request).settings, now_of(request), dict[str, str]()
    day = typed.day("effective_on", faults)
    asked: SurePage | None = None
    try:
        with tx.begin_nested() as attempt:
            if faults:
                raise InvalidInput("Nothing was done.", faults)
            verdict_life.mark(
                tx,
                number,
                BY_PATH[path].kind,
                reason=typed.one("reason"),
                replacement=typed.one("replacement"),
                effective_on=day if BY_PATH[path].day else None,
                details={name: typed.one(name) for name in ("reached", "measure", "exit_rule")},
                seen=_seen(typed),
                zone=house.zone,
                by=user,
                now=now,
            )
            if BY_PATH[path].grave and typed.one("sure") != "yes":
                row = verdicts.get(tx, number)
                tool = tools.get_by_id(tx, row.tool_id)
                answer = card_of(tx, tool, house, row.edition, at=now)
                asked = SurePage(number, tool.name, BY_PATH[path], answer, carried(typed))
                attempt.rollback()
    except REFUSALS as refused:
        return _again(request, tx, number, path, house, user, typed, refused)
    if asked is not None:
        return render(request, "verdicts/sure.html", asked)
    return go(f"/verdicts/{number}/acts?done={path}")


def _again(
    request: Request,
    session: Session,
    number: int,
    came_back: str,
    house: Settings,
    user: Actor,
    typed: Typed,
    refused: RegistryError,
) -> Response:
    """The same page with what was typed, what is wrong with it, and what happened since it was read."""
    faults = refused.faults if isinstance(refused, InvalidInput) else {}
    page = acts_page(
        session,
        number,
        house,
        user,
        now=now_of(request),
        form=Form({name: typed.one(name) for name in TYPED}, faults),
        came_back=came_back,
        refused=refused.sentence,
        seen=_seen(typed),
    )
    status = 409 if isinstance(refused, StaleVersion) else status_of(refused)
    return on_record(request, refused, render(request, "verdicts/acts.html", page, status=status))


def _seen(typed: Typed) -> int | None:
    """The number of the newest event that the page knew of; None where the form does not say."""
    told = typed.one("seen")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 18 else None

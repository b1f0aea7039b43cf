"""The approver's acts: recompute, preview of just what others will see, publish, take back."""

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, RegistryError, RuleBroken
from registry.domain.identity import name_key
from registry.domain.values import dataclass
from registry.domain.verdict import NONE_KNOWN, decider
from registry.services.decisions import decision as deciding
from registry.services.decisions import second_reading, taking_back
from registry.services.decisions.decider import Permission, permission
from registry.services.decisions.decision import Decision, Terms
from registry.services.evaluations import taking_part
from registry.services.evaluations.progress import require_ready
from registry.services.people.acting import Actor
from registry.services.people.house import house as house_of
from registry.settings import Settings
from registry.store import evaluations, tools, verdicts
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Verdict
from registry.web.deps import Approver, Decider, House, Now, Read, RowId, Text, Tx
from registry.web.errors import status_of
from registry.web.pages.decision_changes import ClashPage, since, typed_rows
from registry.web.pages.decision_form import Filled, named_alternatives, read_decision
from registry.web.pages.decision_memo import Reading, clashes, fresh_page, kept_under, pickable, typed_page
from registry.web.pages.decision_preview import preview
from registry.web.pages.decision_taken_back import taken_back
from registry.web.pages.evaluation_page import title_of
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.typed import Fields, Typed

router = page_router()
MEMO = "evaluations/decide.html"


@dataclass(frozen=True)
class DonePage:
    id: int
    key: str
    """Under which a browser may still keep what was typed."""
    number: int
    tool_name: str
    outcome: str
    decided_by: str
    published_at: datetime
    may_undo: bool
    gone_out: bool
    quick_no: bool
    notes: Sequence[str] = field(default_factory=tuple)


@router.get("/evaluations/{evaluation_id}/decide")
def show_decision(
    request: Request, evaluation_id: RowId, read: Read, user: Decider, now: Now, house: House
) -> Response:
    evaluation = evaluations.get(read, evaluation_id)
    row = verdicts.find_for_evaluation(read, evaluation_id)
    if row is not None:
        taking_part.require_sight(read, evaluation, by=user)
        if now < row.published_at and row.decided_by_id != user.id:
            raise RuleBroken(f"{row.decided_by} has decided it. What was decided is told when it goes out.")
        return render(request, "evaluations/decided.html", _done_page(read, row, user, now=now))
    _require_turn(read, evaluation, house, user, now)
    reading = Reading(read, evaluation, house, user, now)
    undone = verdicts.find_taken_back(read, evaluation_id)
    if undone is None or is_unscored(undone):
        return render(request, MEMO, replace(fresh_page(reading), fresh=True))
    typed = taken_back(read, undone, house.zone)
    page = typed_page(reading, typed, _filled(reading, typed).decision, {})
    return render(request, MEMO, replace(page, taken_back=undone.number, fresh=True))


@router.post("/evaluations/{evaluation_id}/recompute")
def recompute(
    request: Request, evaluation_id: RowId, read: Read, user: Decider, now: Now, house: House, typed: Fields
) -> Response:
    """The memo as it follows from the form; writes nothing, so that it can be asked with each change."""
    evaluation = evaluations.get(read, evaluation_id)
    _require_turn(read, evaluation, house, user, now)
    return _again(request, Reading(read, evaluation, house, user, now), typed, {})


@router.post("/evaluations/{evaluation_id}/decide")
def decide(
    request: Request, evaluation_id: RowId, tx: Tx, user: Decider, now: Now, house: House, typed: Fields
) -> Response:
    """`action` is recompute, preview or publish; whatever is refused comes back with all that was typed."""
    evaluation = evaluations.get(tx, evaluation_id)
    taking_part.require_open_eyes(tx, evaluation, by=user)
    row = verdicts.find_for_evaluation(tx, evaluation_id)
    if row is not None and row.decided_by_id == user.id:
        return go(f"/evaluations/{evaluation_id}/decide")  # a double click: the first one counts
    try:
        require_ready(tx, evaluation, solo=house.solo)
        allowed = _allowed(tx, evaluation, house, user, now)
    except RegistryError as refused:
        page = _clash(tx, evaluation, row, typed, refused)
        return render(request, "evaluations/clash.html", page, status=status_of(refused))
    reading = Reading(tx, evaluation, house, user, now)
    action = typed.one("action")
    if action not in ("preview", "publish"):
        return _again(request, reading, typed, {})
    if typed.one("version") not in ("", str(evaluation.version)):
        return _again(request, reading, typed, {}, status=409, told=True)
    terms, filled = terms_of(tx, house), _filled(reading, typed)
    found = unknown_alternatives(tx, filled.decision.alternatives)
    weighed = deciding.weighed_with(tx, evaluation, filled.decision)
    found |= deciding.faults(tx, evaluation, filled.decision, weighed, terms, allowed, now=now)
    found |= dict(filled.faults)
    if found:
        return _again(request, reading, typed, found, status=422)
    if action == "publish":
        deciding.decide(tx, evaluation_id, filled.decision, terms, by=user, now=now)
        return go(f"/evaluations/{evaluation_id}/decide")
    tool = tools.get_by_id(tx, evaluation.tool_id)
    page_of_preview = preview(
        tx,
        house,
        typed,
        lambda: deciding.decide(tx, evaluation_id, filled.decision, terms, by=user, now=now),
        title=title_of(tool, evaluation),
        back=f"/evaluations/{evaluation_id}/decide",
        clashes=clashes(filled.decision, house_of(tx, house)),
    )
    return render(request, "evaluations/preview.html", page_of_preview)


@router.post("/evaluations/{evaluation_id}/undo")
def take_back(
    evaluation_id: RowId, tx: Tx, user: Decider, now: Now, house: House, number: Text = ""
) -> Response:
    row = verdicts.find_for_evaluation(tx, evaluation_id)
    if row is None or row.decided_by_id != user.id:
        taking_part.require_sight(tx, evaluations.get(tx, evaluation_id), by=user)
    if row is None or str(row.number) != number:
        raise InvalidInput("That verdict is not the one of this evaluation. Open the evaluation again.")
    taking_back.undo(tx, row.number, solo=house.solo, by=user, now=now)
    return go(f"/evaluations/{evaluation_id}" + ("" if is_unscored(row) else "/decide"))


@router.post("/evaluations/{evaluation_id}/let-stand")
def let_stand(
    request: Request, evaluation_id: RowId, tx: Tx, user: Approver, now: Now, house: House, typed: Fields
) -> Response:
    """The verdict stands although its second reading recommends otherwise."""
    evaluation = evaluations.get(tx, evaluation_id)
    taking_part.require_open_eyes(tx, evaluation, by=user)
    try:
        with tx.begin_nested():
            row = second_reading.let_stand(
                tx, evaluation_id, reason=typed.one("stand_reason"), by=user, now=now
            )
    except InvalidInput as refused:
        return _again(
            request, Reading(tx, evaluation, house, user, now), typed, dict(refused.faults), status=422
        )
    return go(f"/verdicts/{row.number}")


def is_unscored(row: Verdict) -> bool:
    """Whether it was decided at once: a quick no, or adopted from another registry."""
    return not row.assessment.keys().isdisjoint({"quick_no", "adopted"})


def terms_of(session: Session, settings: Settings) -> Terms:
    house = house_of(session, settings)
    return Terms(
        zone=house.zone,
        undo_s=settings.undo_s,
        solo=settings.solo,
        cases_needed=settings.reference_cases,
        data_classes=house.data_classes,
        account_types=house.account_types,
        audiences=house.audiences,
        offices=house.offices,
    )


def slugs_of(session: Session, named: Sequence[str]) -> dict[str, str]:
    """Name key of each that is a tool here, by name or slug -> its slug."""
    keys = {name_key(each) for each in named}
    by_name = {name_key(tool.name): tool.slug for tool in tools.by_name_keys(session, keys)}
    return by_name | {name_key(slug): slug for slug in tools.by_slugs(session, named)}


def unknown_alternatives(session: Session, slugs: Sequence[str]) -> dict[str, str]:
    named = [each for each in slugs if each != NONE_KNOWN]
    known = tools.by_slugs(session, named)
    unknown = [each for each in named if each not in known]
    if not unknown:
        return {}
    return {
        "alternatives": f"There is no tool “{unknown[0]}” here. Name tools that are, or choose that none is known."
    }


def _filled(reading: Reading, typed: Typed) -> Filled:
    slugs = slugs_of(reading.session, named_alternatives(typed))
    return read_decision(typed, slugs, pickable(reading))


def _again(
    request: Request,
    reading: Reading,
    typed: Typed,
    found: dict[str, str],
    *,
    status: int = 200,
    told: bool = False,
) -> Response:
    decision: Decision = _filled(reading, typed).decision
    return render(request, MEMO, typed_page(reading, typed, decision, found, told=told), status=status)


def _require_turn(
    session: Session, evaluation: Evaluation, house: Settings, user: Actor, now: datetime
) -> None:
    taking_part.require_open_eyes(session, evaluation, by=user)
    require_ready(session, evaluation, solo=house.solo)
    _allowed(session, evaluation, house, user, now)


def _allowed(
    session: Session, evaluation: Evaluation, house: Settings, user: Actor, now: datetime
) -> Permission:
    return permission(
        session, evaluation, solo=house.solo, by=user, now=now, cases_needed=house.reference_cases
    )


def _clash(
    session: Session, evaluation: Evaluation, row: Verdict | None, typed: Typed, refused: RegistryError
) -> ClashPage:
    tool = tools.get_by_id(session, evaluation.tool_id)
    sentence = refused.sentence
    if row is not None and not isinstance(refused, NotAllowed):
        sentence = f"{row.decided_by} has decided it meanwhile: verdict {row.number}."
    return ClashPage(
        id=id_of(evaluation),
        tool_name=title_of(tool, evaluation),
        sentence=sentence,
        verdict_number=row.number if row is not None else None,
        typed=typed_rows(typed),
        events=since(session, evaluation, typed),
    )


def _done_page(session: Session, row: Verdict, user: Actor, *, now: datetime) -> DonePage:
    tool = tools.get_by_id(session, row.tool_id)
    gone_out = now >= row.published_at
    return DonePage(
        id=row.evaluation_id or 0,
        key=kept_under(row.evaluation_id or 0, user),
        number=row.number,
        tool_name=tool.name,
        outcome=row.outcome.value,
        decided_by=decider(row.decided_by, row.decided_for),
        published_at=row.published_at,
        may_undo=not gone_out and user.id == row.decided_by_id,
        gone_out=gone_out,
        quick_no=is_unscored(row),
        notes=row.notes,
    )

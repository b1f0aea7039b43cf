"""The approver's acts: recompute, preview of just what others will see, publish, take back."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.evaluation import require_act
from registry.domain.lookup import House as Organisation
from registry.domain.lookup import Question
from registry.domain.verdict import NONE_KNOWN
from registry.publish.notice import Notice
from registry.services import decision as deciding
from registry.services import lookup, publishing, taking_part
from registry.services.acting import Actor
from registry.services.decision import Decision, Terms
from registry.services.house import house as house_of
from registry.services.lookup import LookUp
from registry.settings import Settings
from registry.store import evaluations, tools, verdicts
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Tool, Verdict
from registry.web import question
from registry.web.cards import answer_card
from registry.web.deps import Decider, House, Now, Read, RowId, Text, Tx
from registry.web.pages.decision_form import carried, read_decision
from registry.web.pages.decision_memo import fresh_page, typed_page
from registry.web.pages.evaluation_page import title_of
from registry.web.render import go, render
from registry.web.shapes import AnswerCard
from registry.web.typed import Fields, Typed

router = APIRouter()


@dataclass(frozen=True)
class PreviewPage:
    id: int
    tool_name: str
    number: int
    answer: AnswerCard
    notice: Notice
    starts_at: datetime
    undo_minutes: int
    hidden: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class DonePage:
    id: int
    number: int
    tool_name: str
    outcome: str
    decided_by: str
    published_at: datetime
    may_undo: bool
    gone_out: bool
    notes: Sequence[str] = field(default_factory=tuple)


@router.get("/evaluations/{evaluation_id}/decide")
def show_decision(
    request: Request, evaluation_id: RowId, read: Read, user: Decider, now: Now, house: House
) -> Response:
    evaluation = evaluations.get(read, evaluation_id)
    row = _published(read, evaluation_id)
    if row is not None:
        taking_part.require_sight(read, evaluation, by=user)
        return render(request, "evaluations/decided.html", _done_page(read, row, user, now=now))
    _require_turn(read, evaluation, house, user)
    page = fresh_page(read, evaluation, house, user, now=now)
    return render(request, "evaluations/decide.html", page)


@router.post("/evaluations/{evaluation_id}/decide")
def decide(
    request: Request, evaluation_id: RowId, tx: Tx, user: Decider, now: Now, house: House, typed: Fields
) -> Response:
    """`action` is recompute, preview or publish; whatever is refused comes back with all that was typed."""
    evaluation = evaluations.get(tx, evaluation_id)
    _require_turn(tx, evaluation, house, user)
    tool = tools.get_by_id(tx, evaluation.tool_id)
    filled = read_decision(typed, _slugs(tx))
    terms = _terms(tx, house)
    action = typed.one("action")
    if action not in ("preview", "publish"):
        page = typed_page(tx, evaluation, house, user, typed, filled.decision, {}, now=now)
        return render(request, "evaluations/decide.html", page)
    faults = dict(filled.faults)
    faults = (
        _strangers(filled.decision, tx)
        | deciding.faults(tx, evaluation, filled.decision, terms, now=now)
        | faults
    )
    if faults:
        page = typed_page(tx, evaluation, house, user, typed, filled.decision, faults, now=now)
        return render(request, "evaluations/decide.html", page, status=422)
    if action == "preview":
        page_of_preview = _preview(tx, evaluation, tool, filled.decision, terms, house, user, typed, now=now)
        return render(request, "evaluations/preview.html", page_of_preview)
    deciding.decide(tx, evaluation_id, filled.decision, terms, by=user, now=now)
    return go(f"/evaluations/{evaluation_id}/decide")


@router.post("/evaluations/{evaluation_id}/undo")
def take_back(evaluation_id: RowId, tx: Tx, user: Decider, now: Now, number: Text = "") -> Response:
    row = _published(tx, evaluation_id)
    if row is None or str(row.number) != number:
        raise InvalidInput("That verdict is not the one of this evaluation. Open the evaluation again.")
    deciding.undo(tx, row.number, by=user, now=now)
    return go(f"/evaluations/{evaluation_id}/decide")


def _require_turn(session: Session, evaluation: Evaluation, house: Settings, user: Actor) -> None:
    taking_part.require_open_eyes(session, evaluation, by=user)
    require_act(evaluation.state, "decide")
    deciding.check_decider(session, evaluation, solo=house.solo, by=user)


def _published(session: Session, evaluation_id: int) -> Verdict | None:
    """The verdict of an evaluation that was not taken back."""
    return verdicts.find_for_evaluation(session, evaluation_id)


def _terms(session: Session, settings: Settings) -> Terms:
    house = house_of(session, settings)
    return Terms(
        zone=house.zone,
        undo_s=settings.undo_s,
        solo=settings.solo,
        data_classes=house.data_classes,
        account_types=house.account_types,
        audiences=house.audiences,
        offices=house.offices,
    )


def _slugs(session: Session) -> dict[str, str]:
    found = tools.page(session, limit=100_000)
    return {tool.name.casefold(): tool.slug for tool in found} | {tool.slug: tool.slug for tool in found}


def _strangers(decision: Decision, session: Session) -> dict[str, str]:
    named = [each for each in decision.alternatives if each != NONE_KNOWN]
    unknown = [each for each in named if each not in tools.by_slugs(session, named)]
    if not unknown:
        return {}
    return {
        "alternatives": f"There is no tool “{unknown[0]}” here. Name tools that are, or write “{NONE_KNOWN}”."
    }


def _preview(
    session: Session,
    evaluation: Evaluation,
    tool: Tool,
    decision: Decision,
    terms: Terms,
    settings: Settings,
    user: Actor,
    typed: Typed,
    *,
    now: datetime,
) -> PreviewPage:
    """Publishes within a savepoint, reads what everybody would, and takes it all back."""
    house = house_of(session, settings)
    attempt = session.begin_nested()
    row = deciding.decide(session, id_of(evaluation), decision, terms, by=user, now=now)
    at = row.starts_at
    found = lookup.check_tool(session, tool, Question(at=at), house, now=at)
    notice = publishing.as_notice(
        publishing.published(session, [row], house, now=at)[0], base_url=settings.base_url
    )
    page = PreviewPage(
        id=id_of(evaluation),
        tool_name=title_of(tool, evaluation),
        number=row.number,
        answer=_card(session, found, tool, house, base_url=settings.base_url),
        notice=notice,
        starts_at=at,
        undo_minutes=-(-terms.undo_s // 60),
        hidden=carried(typed),
    )
    attempt.rollback()
    return page


def _card(session: Session, found: LookUp, tool: Tool, house: Organisation, *, base_url: str) -> AnswerCard:
    """As who says nothing more will read it; without the review, which is not there yet, and the form to ask anew."""
    asked, offices = question.Typed(q=tool.name), question.office_options(session)
    card = answer_card(found, tool, asked, house, base_url=base_url, offices=offices)
    return replace(card, review_url="", narrow=None)


def _done_page(session: Session, row: Verdict, user: Actor, *, now: datetime) -> DonePage:
    tool = tools.get_by_id(session, row.tool_id)
    gone_out = now >= row.published_at
    return DonePage(
        id=row.evaluation_id or 0,
        number=row.number,
        tool_name=tool.name,
        outcome=row.outcome.value,
        decided_by=row.decided_by,
        published_at=row.published_at,
        may_undo=not gone_out and user.id == row.decided_by_id,
        gone_out=gone_out,
        notes=row.notes,
    )

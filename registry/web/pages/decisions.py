"""The approver's memo and form: recommendation, preview of just what others will see, publishing, taking back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.evaluation import require_act
from registry.domain.lookup import Question
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.recommendation import Recommendation
from registry.domain.verdict import NONE_KNOWN
from registry.publish.notice import Notice
from registry.services import decision as deciding
from registry.services import lookup, publishing, taking_part
from registry.services.acting import Actor
from registry.services.assessing import Weighed, weigh
from registry.services.decision import Decision, Terms
from registry.services.house import house as house_of
from registry.settings import Settings
from registry.store import evaluations, tools, users, verdicts
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Tool, Verdict
from registry.web.condition_form import ConditionForm, ConditionOptions
from registry.web.deps import Decider, House, Now, Read, Text, Tx
from registry.web.pages.answer_preview import preview_card
from registry.web.pages.decision_form import (
    OUTCOME_OPTIONS,
    carried,
    condition_forms,
    proposed_forms,
    read_decision,
    reason_options,
    values_of,
)
from registry.web.pages.evaluation_page import given_words, item_name, title_of, words_of
from registry.web.render import go, render
from registry.web.shapes import AnswerCard, Form, Option
from registry.web.typed import Fields, Typed
from registry.web.words import words

router = APIRouter()
MOST_PRECEDENTS = 5


@dataclass(frozen=True)
class Advice:
    """A recommendation in words."""

    outcome: str
    row: int
    note: str
    risk: str
    fit: str
    mitigation: str


@dataclass(frozen=True)
class Precedent:
    number: int
    tool: str
    outcome: str
    bands: str
    decided_at: datetime
    alike: str


@dataclass(frozen=True)
class DecidePage:
    id: int
    tool_name: str
    advice: Advice
    reachable: Advice
    reasons: Sequence[str]
    flips: Sequence[str]
    disagreements: Sequence[str]
    precedents: Sequence[Precedent]
    notes: Sequence[str]
    """Exceptions that the verdict would record."""
    outcomes: Sequence[Option]
    conditions: Sequence[ConditionForm]
    condition_options: ConditionOptions
    data_classes: Sequence[Option]
    accounts: Sequence[Option]
    audiences: Sequence[Option]
    offices: Sequence[Option]
    reasons_for_no: Sequence[Option]
    supersedes: Sequence[Option]
    default_until: str
    form: Form


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
    request: Request, evaluation_id: int, read: Read, user: Decider, now: Now, house: House
) -> Response:
    evaluation = evaluations.get(read, evaluation_id)
    row = _published(read, evaluation_id)
    if row is not None:
        taking_part.require_sight(read, evaluation, by=user)
        return render(request, "evaluations/decided.html", _done_page(read, row, user, now=now))
    _require_turn(read, evaluation, house, user)
    page = _fresh_page(read, evaluation, house, user, now=now)
    return render(request, "evaluations/decide.html", page)


@router.post("/evaluations/{evaluation_id}/decide")
def decide(
    request: Request, evaluation_id: int, tx: Tx, user: Decider, now: Now, house: House, typed: Fields
) -> Response:
    """`action` is recompute, preview or publish; whatever is refused comes back with all that was typed."""
    evaluation = evaluations.get(tx, evaluation_id)
    _require_turn(tx, evaluation, house, user)
    tool = tools.get_by_id(tx, evaluation.tool_id)
    filled = read_decision(typed, _slugs(tx))
    terms = _terms(tx, house)
    action = typed.one("action")
    if action not in ("preview", "publish"):
        page = _typed_page(tx, evaluation, house, user, typed, filled.decision, {}, now=now)
        return render(request, "evaluations/decide.html", page)
    faults = dict(filled.faults)
    faults = (
        _strangers(filled.decision, tx)
        | deciding.faults(tx, evaluation, filled.decision, terms, now=now)
        | faults
    )
    if faults:
        page = _typed_page(tx, evaluation, house, user, typed, filled.decision, faults, now=now)
        return render(request, "evaluations/decide.html", page, status=422)
    if action == "preview":
        page_of_preview = _preview(tx, evaluation, tool, filled.decision, terms, house, user, typed, now=now)
        return render(request, "evaluations/preview.html", page_of_preview)
    deciding.decide(tx, evaluation_id, filled.decision, terms, by=user, now=now)
    return go(f"/evaluations/{evaluation_id}/decide")


@router.post("/evaluations/{evaluation_id}/undo")
def take_back(evaluation_id: int, tx: Tx, user: Decider, now: Now, number: Text = "") -> Response:
    row = _published(tx, evaluation_id)
    if row is None or str(row.number) != number:
        raise InvalidInput("That verdict is not the one of this evaluation. Open the evaluation again.")
    deciding.undo(tx, row.number, by=user, now=now)
    return go(f"/evaluations/{evaluation_id}/decide")


def _require_turn(session: Session, evaluation: Evaluation, house: Settings, user: Actor) -> None:
    taking_part.require_sight(session, evaluation, by=user)
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
        answer=preview_card(session, found, tool, row, house, base_url=settings.base_url),
        notice=notice,
        starts_at=at,
        undo_minutes=-(-terms.undo_s // 60),
        hidden=carried(typed),
    )
    attempt.rollback()
    return page


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


def _fresh_page(
    session: Session, evaluation: Evaluation, settings: Settings, user: Actor, *, now: datetime
) -> DecidePage:
    weighed = weigh(session, evaluation)
    standing = _standing(session, evaluation, settings, now=now)
    use = evaluation.intended_use
    form = Form(
        values_of(Typed())
        | {
            "outcome": weighed.recommendation.outcome.value,
            "edition": evaluation.edition,
            "versions": str(use.get("versions", "")),
            "data_ceiling": str(use.get("data_class", "")),
            "accounts": tuple(use.get("accounts", ())),
            "audience": tuple(use.get("audience", ())),
            "offices": tuple(use.get("offices", ())),
            "supersedes": tuple(each.value for each in standing if each.hint),
        }
    )
    known = {each.text for each in weighed.conditions}
    extra = [each for each in weighed.recommendation.conditions if each.text not in known]
    outcome = weighed.recommendation.outcome
    filled = [*weighed.conditions, *extra] if MEANINGS[outcome].needs_conditions else list(weighed.conditions)
    page = _page(session, evaluation, settings, user, weighed, standing, outcome, form, now=now)
    return replace(page, conditions=proposed_forms(filled))


def _typed_page(
    session: Session,
    evaluation: Evaluation,
    settings: Settings,
    user: Actor,
    typed: Typed,
    decision: Decision,
    faults: Mapping[str, str],
    *,
    now: datetime,
) -> DecidePage:
    weighed = deciding.weighed_with(session, evaluation, decision)
    standing = _standing(session, evaluation, settings, now=now)
    form = Form(values_of(typed), faults)
    page = _page(session, evaluation, settings, user, weighed, standing, decision.outcome, form, now=now)
    return replace(page, conditions=condition_forms(typed, faults))


def _page(
    session: Session,
    evaluation: Evaluation,
    settings: Settings,
    user: Actor,
    weighed: Weighed,
    standing: Sequence[Option],
    outcome: Outcome,
    form: Form,
    *,
    now: datetime,
) -> DecidePage:
    house = house_of(session, settings)
    tool = tools.get_by_id(session, evaluation.tool_id)
    notes = deciding.check_decider(session, evaluation, solo=settings.solo, by=user)
    until = deciding.valid_until_by_default(
        evaluation,
        outcome,
        weighed.conditions,
        quick_lane=any(note.startswith("Quick lane") for note in notes),
        today=now.astimezone(house.zone).date(),
    )
    names = {office.code: office.name for office in users.all_offices(session)}
    return DecidePage(
        id=id_of(evaluation),
        tool_name=title_of(tool, evaluation),
        advice=_advice(weighed.recommendation),
        reachable=_advice(weighed.reachable()),
        reasons=weighed.reasons(),
        flips=[
            f"{item_name(weighed.rubric, each.id)}: {words_of(each.after)} instead of {words_of(each.before)} "
            f"would lead to: {MEANINGS[each.outcome].label.lower()}."
            for each in weighed.flips()[:6]
        ],
        disagreements=_disagreements(session, evaluation, weighed),
        precedents=_precedents(session, tool, weighed, settings, now=now),
        notes=notes,
        outcomes=OUTCOME_OPTIONS,
        conditions=(),
        condition_options=ConditionOptions(),
        data_classes=[Option("", "No limit"), *(Option(each, words(each)) for each in house.data_classes)],
        accounts=[Option(each, words(each)) for each in house.account_types],
        audiences=[Option(each, words(each)) for each in house.audiences],
        offices=[Option(each, names.get(each, each)) for each in house.offices],
        reasons_for_no=reason_options(weighed.rubric),
        supersedes=[Option(each.value, each.label) for each in standing],
        default_until=until.isoformat() if until else "",
        form=form,
    )


def _advice(recommended: Recommendation) -> Advice:
    return Advice(
        recommended.outcome.value,
        recommended.row.number,
        recommended.note,
        recommended.risk.value,
        recommended.fit.value,
        recommended.mitigation.value,
    )


def _disagreements(session: Session, evaluation: Evaluation, weighed: Weighed) -> list[str]:
    resolved = {row.item: row for row in evaluations.moderations(session, id_of(evaluation))}
    told = []
    for each in weighed.disagreements:
        row = resolved.get(each.id)
        how = (
            f" Resolved: {words_of(row.value) if row.value else 'left as it is'}. {row.reason}" if row else ""
        )
        told.append(f"{item_name(weighed.rubric, each.id)}: {given_words(each)}.{how}")
    return told


def _standing(session: Session, evaluation: Evaluation, settings: Settings, *, now: datetime) -> list[Option]:
    """The tool's verdicts that could be superseded; `hint` marks those of the same edition, chosen beforehand."""
    house = house_of(session, settings)
    rows = verdicts.of_tool(session, evaluation.tool_id)
    return [
        Option(
            str(each.row.number),
            f"Verdict {each.row.number}: {each.label}"
            + (f" ({each.row.edition})" if each.row.edition else ""),
            hint="same edition" if each.row.edition == evaluation.edition else "",
        )
        for each in publishing.published(session, rows, house, now=now)
        if each.validity.state not in publishing.HIDDEN
    ]


def _precedents(
    session: Session, tool: Tool, weighed: Weighed, settings: Settings, *, now: datetime
) -> list[Precedent]:
    """Verdicts on other tools of the category, those with the same bands first, then the newest."""
    if not tool.category:
        return []
    ids = [id_of(each) for each in tools.in_category(session, tool.category, limit=500) if each.id != tool.id]
    rows = verdicts.published(session, now=now, tool_ids=ids)
    bands = {"risk": weighed.assessment.risk.value, "fit": weighed.assessment.fit.value}
    ranked = sorted(
        rows, key=lambda row: (-sum(row.assessment.get(key) == bands[key] for key in bands), -row.number)
    )
    found = publishing.published(session, ranked[:MOST_PRECEDENTS], house_of(session, settings), now=now)
    return [_precedent(each, bands) for each in found]


def _precedent(each: publishing.Published, bands: Mapping[str, str]) -> Precedent:
    kept = each.row.assessment
    same = [key for key in bands if kept.get(key) == bands[key]]
    shown = [words(kept[key]) for key in ("risk", "fit") if kept.get(key)]
    return Precedent(
        each.row.number,
        each.tool.name,
        each.row.outcome.value,
        ", ".join(shown) or "not scored here",
        each.row.decided_at,
        f"Same {' and '.join(same)} band" if same else "Same category only",
    )

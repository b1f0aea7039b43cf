"""What the approver reads before deciding: recommendation, reasons, disagreements, precedents, and the form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.recommendation import Recommendation
from registry.services import decision as deciding
from registry.services import publishing
from registry.services.acting import Actor
from registry.services.assessing import Weighed, weigh
from registry.services.decision import Decision
from registry.services.house import house as house_of
from registry.settings import Settings
from registry.store import tools, users, verdicts
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Tool
from registry.web.condition_form import ConditionForm, ConditionOptions
from registry.web.pages.decision_form import (
    OUTCOME_OPTIONS,
    condition_forms,
    proposed_forms,
    reason_options,
    values_of,
)
from registry.web.pages.evaluation_page import item_name, title_of, words_of
from registry.web.pages.moderation_view import told_briefly
from registry.web.shapes import Form, Option
from registry.web.typed import Typed
from registry.web.words import words

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


def fresh_page(
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


def typed_page(
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
        disagreements=told_briefly(session, evaluation),
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

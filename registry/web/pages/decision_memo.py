"""What the approver reads before deciding, from the recommendation to the precedents, and the form beneath it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session

from registry.domain.condition import Condition
from registry.domain.contradiction import contradictions
from registry.domain.language import day_text
from registry.domain.library import as_condition
from registry.domain.lookup import House
from registry.domain.outcome import MEANINGS
from registry.domain.recommendation import Recommendation
from registry.domain.rubric import Rubric
from registry.domain.values import dataclass
from registry.domain.verdict import NONE_KNOWN, Scope
from registry.services.answers import alternatives as instead
from registry.services.decisions import decision as deciding
from registry.services.decisions import precedents as likest
from registry.services.decisions import second_reading
from registry.services.decisions.decider import Permission, permission
from registry.services.decisions.decision import Decision
from registry.services.evaluations.assessing import Weighed, as_it_was, weigh
from registry.services.outside.evidence import Evidence, on_tool
from registry.services.people import deputies
from registry.services.people.acting import Actor
from registry.services.people.house import house as house_of
from registry.services.verdicts import publishing
from registry.settings import Settings
from registry.store import library, offices, tools, verdicts
from registry.store.columns import id_of
from registry.store.library import Reusable
from registry.store.tables import Evaluation
from registry.web.condition_form import ConditionForm, ConditionOptions, covers
from registry.web.pages.decision_changes import Changes, changes, seen
from registry.web.pages.decision_form import (
    OUTCOME_OPTIONS,
    WITHIN_OPTIONS,
    condition_forms,
    picked,
    proposed_forms,
    reason_options,
    values_of,
)
from registry.web.pages.decision_points import Point, flip_lines, open_questions
from registry.web.pages.evaluation_page import title_of
from registry.web.pages.moderation_view import told_briefly
from registry.web.scores import Assessed, assessed
from registry.web.shapes import Form, Option
from registry.web.typed import Typed
from registry.web.words import words


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
    points: int
    alike: str
    decided_at: datetime
    conditions: Sequence[str]
    state: str
    """What has become of it, in words; empty while it stands."""


@dataclass(frozen=True)
class Pick:
    """A condition of the library that can be ticked; `helps` where it covers what is open."""

    id: int
    text: str
    about: str
    helps: bool


@dataclass(frozen=True)
class Standing:
    """A verdict on the tool that could be replaced; of the `same` edition it is chosen beforehand."""

    number: str
    label: str
    same: bool


@dataclass(frozen=True)
class DecidePage:
    id: int
    key: str
    """Under which this browser keeps what was not published yet."""
    version: int
    seen: str
    read_at: datetime
    changes: Changes | None
    tool_name: str
    purpose: str
    deciding_for: str
    """For whom they may decide and until when, where they are an approver's deputy; empty for who is none."""
    second_reading: str
    """What it is a second reading of, in words; empty where it is none."""
    advice: Advice
    reachable: Advice
    reasons: Sequence[str]
    flips: Sequence[str]
    scores: Assessed | None
    open: Sequence[Point]
    disagreements: Sequence[str]
    precedents: Sequence[Precedent]
    evidence: Evidence
    """What other registries decided on the tool."""
    hint: str
    by_office: Sequence[str]
    """Where offices have outcomes of their own: what each is recommended, in words."""
    notes: Sequence[str]
    """Exceptions that the verdict would record."""
    within: Sequence[Option]
    """What the quick lane's reviewer confirms; empty outside of it."""
    outcomes: Sequence[Option]
    conditions: Sequence[ConditionForm]
    condition_options: ConditionOptions
    picks: Sequence[Pick]
    data_classes: Sequence[Option]
    accounts: Sequence[Option]
    audiences: Sequence[Option]
    offices: Sequence[Option]
    reasons_for_no: Sequence[Option]
    alternatives: Sequence[Option]
    supersedes: Sequence[Option]
    clashes: Sequence[str]
    """Where a condition says less than the scope allows, in words."""
    until: str
    """The last day where none is chosen, and why, in words."""
    form: Form
    taken_back: int | None = None
    """Number of the verdict that was taken back and fills the form."""
    fresh: bool = False
    """It was opened and did not come back from a form."""


@dataclass(frozen=True)
class Reading:
    """Who reads the memo, of what, and when."""

    session: Session
    evaluation: Evaluation
    settings: Settings
    user: Actor
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(self.settings.zone).date()


def fresh_page(reading: Reading) -> DecidePage:
    evaluation = reading.evaluation
    weighed = weigh(reading.session, evaluation)
    standing = _standing(reading)
    use = evaluation.intended_use
    outcome = weighed.recommendation.outcome
    form = Form(
        values_of(Typed())
        | {
            # Where conditions would lead to another outcome, there are two to choose from, and none is chosen.
            "outcome": outcome.value if weighed.reachable().outcome is outcome else "",
            "edition": evaluation.edition,
            "versions": str(use.get("versions", "")),
            "data_ceiling": str(use.get("data_class", "")),
            "accounts": tuple(use.get("accounts", ())),
            "audience": tuple(use.get("audience", ())),
            "offices": tuple(use.get("offices", ())),
            "supersedes": tuple(each.number for each in standing if each.same),
        }
    )
    known = {each.text for each in weighed.conditions}
    extra = [each for each in weighed.recommendation.conditions if each.text not in known]
    filled = [*weighed.conditions, *extra] if MEANINGS[outcome].needs_conditions else list(weighed.conditions)
    scope = Scope(
        data_ceiling=str(use.get("data_class", "")) or None,
        accounts=frozenset(use.get("accounts", ())),
        audience=frozenset(use.get("audience", ())),
        offices=frozenset(use.get("offices", ())),
    )
    forms = proposed_forms(filled)
    decision = Decision(outcome=outcome, rationale="", scope=scope, conditions=tuple(filled))
    return replace(_page(reading, weighed, standing, decision, form, forms), hint="")


def typed_page(
    reading: Reading, typed: Typed, decision: Decision, faults: Mapping[str, str], *, told: bool = False
) -> DecidePage:
    """As it was typed; with `told` also what has changed since it was read."""
    weighed = deciding.weighed_with(reading.session, reading.evaluation, decision)
    more = picked(typed, pickable(reading))
    forms = condition_forms(typed, faults, more)
    found = changes(reading.session, reading.evaluation, typed) if told else None
    return _page(reading, weighed, _standing(reading), decision, Form(values_of(typed), faults), forms, found)


def pickable(reading: Reading) -> dict[int, Condition]:
    """Wording id -> the condition as it would stand in a verdict of today."""
    return {
        id_of(each.wording): as_condition(
            library.as_wording(each.wording), wording_id=each.wording.id, on=reading.today
        )
        for each in library.conditions(reading.session, now=reading.now)
    }


def _page(
    reading: Reading,
    weighed: Weighed,
    standing: Sequence[Standing],
    decision: Decision,
    form: Form,
    conditions: Sequence[ConditionForm],
    found_changes: Changes | None = None,
) -> DecidePage:
    session, evaluation, settings = reading.session, reading.evaluation, reading.settings
    house = house_of(session, settings)
    tool = tools.get_by_id(session, evaluation.tool_id)
    allowed = permission(
        session,
        evaluation,
        solo=settings.solo,
        by=reading.user,
        now=reading.now,
        cases_needed=settings.reference_cases,
    )
    names = {office.code: office.name for office in offices.rules(session)}
    alike = likest.precedents(session, tool, evaluation, weighed, house, now=reading.now)
    return DecidePage(
        id=id_of(evaluation),
        key=kept_under(id_of(evaluation), reading.user),
        version=evaluation.version,
        seen=seen(weigh(session, evaluation)),
        read_at=reading.now,
        changes=found_changes,
        tool_name=title_of(tool, evaluation),
        purpose=str(evaluation.intended_use.get("purpose", "")),
        deciding_for=deputies.sentence_of(session, reading.user, zone=settings.zone, now=reading.now),
        second_reading=second_reading.told(session, id_of(evaluation)),
        advice=_advice(weighed.recommendation),
        reachable=_advice(weighed.reachable()),
        reasons=weighed.reasons(),
        flips=flip_lines(weighed),
        scores=assessed(as_it_was(weighed)),
        open=open_questions(weighed, weighed.cards),
        disagreements=told_briefly(session, evaluation),
        precedents=[_precedent(each) for each in alike],
        evidence=on_tool(session, id_of(tool), today=reading.today, now=reading.now),
        hint=likest.hint(decision.outcome, alike) if form.values.get("outcome") else "",
        by_office=[
            f"{names.get(each.office, each.office or 'Offices without outcomes of their own')}: "
            f"{MEANINGS[each.recommendation.outcome].label.lower()}"
            for each in weighed.by_office
        ],
        notes=allowed.notes,
        within=WITHIN_OPTIONS if allowed.quick_lane else (),
        outcomes=OUTCOME_OPTIONS,
        conditions=conditions,
        condition_options=ConditionOptions(),
        picks=_picks(session, weighed, conditions, now=reading.now),
        data_classes=[Option("", "No limit"), *(Option(each, words(each)) for each in house.data_classes)],
        accounts=[Option(each, words(each)) for each in house.account_types],
        audiences=[Option(each, words(each)) for each in house.audiences],
        offices=[Option(each, names.get(each, each)) for each in house.offices],
        reasons_for_no=reason_options(weighed.rubric),
        alternatives=[
            *(
                Option(each.tool.slug, each.tool.name, words(each.code.value))
                for each in instead.alternatives(session, tool, decision.scope, house, now=reading.now)
            ),
            Option(NONE_KNOWN, "None is known"),
        ],
        supersedes=[Option(each.number, each.label) for each in standing],
        clashes=clashes(decision, house),
        until=_until(reading, decision, weighed, allowed),
        form=form,
    )


def clashes(decision: Decision, house: House) -> list[str]:
    """A sentence for each condition that contradicts the scope; none of them keeps the verdict from going out."""
    ceiling = decision.scope.data_ceiling
    allowed = f"up to {words(ceiling).lower()}" if ceiling else "every class of information"
    return [
        f"The scope allows {allowed}, and “{condition.text}” no more than "
        f"{words(highest).lower() if highest else 'nothing'}. Employees would read both."
        for condition, highest in contradictions(decision.conditions, decision.scope, house.data_classes)
    ]


def kept_under(evaluation_id: int, user: Actor) -> str:
    return f"decision {evaluation_id} {user.id}"


def _advice(recommended: Recommendation) -> Advice:
    return Advice(
        recommended.outcome.value,
        recommended.row.number,
        recommended.note,
        recommended.risk.value,
        recommended.fit.value,
        recommended.mitigation.value,
    )


def _until(reading: Reading, decision: Decision, weighed: Weighed, allowed: Permission) -> str:
    until, why = deciding.last_day(
        reading.evaluation,
        decision.outcome,
        weighed.conditions,
        quick_lane=allowed.quick_lane,
        today=reading.today,
    )
    return f"Empty: {day_text(until)}, since {why}." if until else f"Empty: no last day, since {why}."


def _standing(reading: Reading) -> list[Standing]:
    house = house_of(reading.session, reading.settings)
    rows = verdicts.published(reading.session, now=reading.now, tool_ids=[reading.evaluation.tool_id])
    return [
        Standing(
            str(each.row.number),
            f"Verdict {each.row.number}: {each.label}"
            + (f" ({each.row.edition})" if each.row.edition else ""),
            each.row.edition == reading.evaluation.edition,
        )
        for each in publishing.published(reading.session, rows, house, now=reading.now)
        if each.validity.state not in publishing.HIDDEN
    ]


def _precedent(each: likest.Precedent) -> Precedent:
    row = each.verdict.row
    label = MEANINGS[row.outcome].label
    return Precedent(
        row.number,
        each.verdict.tool.name,
        row.outcome.value,
        each.likeness.points,
        "; ".join(each.likeness.reasons),
        row.decided_at,
        [condition.text for condition in each.verdict.ruling.verdict.conditions],
        each.verdict.label.removeprefix(label).removeprefix(" – "),
    )


def _picks(
    session: Session, weighed: Weighed, conditions: Sequence[ConditionForm], *, now: datetime
) -> list[Pick]:
    """What the library offers and the form does not hold yet, what covers an open point first."""
    there = {each.wording for each in conditions if each.text}
    open_points = set(weighed.assessment.uncovered)
    offered = [each for each in library.conditions(session, now=now) if str(each.wording.id) not in there]
    picks = [_pick(each, weighed.rubric, open_points) for each in offered]
    return sorted(picks, key=lambda each: not each.helps)


def _pick(each: Reusable, rubric: Rubric, open_points: set[str]) -> Pick:
    wording = each.wording
    mitigates = wording.mitigates.split()
    parts = [
        f"Covers {covers(mitigates, rubric)}" if mitigates else "Covers nothing by itself",
        "always" if wording.standing else f"to be done within {wording.due_days} days",
        f"in {each.used} verdict{'' if each.used == 1 else 's'}" if each.used else "not used yet",
    ]
    return Pick(id_of(wording), wording.text, " · ".join(parts), bool(open_points & set(mitigates)))

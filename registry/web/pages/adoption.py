"""Adopting another registry's verdict: one form, filled in with what they decided, then the usual preview."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.adoption import latest_day
from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken, StaleVersion
from registry.domain.language import day_text
from registry.domain.outcome import STRICTNESS, Outcome
from registry.domain.values import dataclass
from registry.domain.verdict import NONE_KNOWN
from registry.services.answers import alternatives as instead
from registry.services.decisions import adoption
from registry.services.decisions.adoption import Adopting, Model
from registry.services.decisions.decision import Decision
from registry.services.outside.evidence import Piece
from registry.services.people.acting import Actor
from registry.services.people.house import house as house_of
from registry.services.rubrics import rubrics
from registry.services.verdicts import publishing
from registry.settings import Settings
from registry.store import offices, tables, verdicts
from registry.store.columns import id_of
from registry.web.condition_form import ConditionForm, ConditionOptions
from registry.web.deps import Approver, House, Now, Read, RowId, Tx
from registry.web.errors import status_of
from registry.web.pages.decision_form import (
    OUTCOME_OPTIONS,
    Filled,
    condition_forms,
    named_alternatives,
    proposed_forms,
    read_decision,
    reason_options,
    values_of,
)
from registry.web.pages.decision_preview import preview
from registry.web.pages.decisions import slugs_of, terms_of, unknown_alternatives
from registry.web.pages.outside_view import one
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Form, Option
from registry.web.typed import Fields, Typed, number
from registry.web.words import words

router = page_router("/outside-verdicts")
FORM = "outside/adopt.html"


@dataclass(frozen=True)
class AdoptPage:
    piece: Piece
    revision: int
    tool_name: str
    their_scope: Sequence[str]
    outcomes: Sequence[Option]
    conditions: Sequence[ConditionForm]
    condition_options: ConditionOptions
    data_classes: Sequence[Option]
    accounts: Sequence[Option]
    audiences: Sequence[Option]
    offices: Sequence[Option]
    reasons_for_no: Sequence[Option]
    alternatives: Sequence[Option]
    supersedes: Sequence[Option]
    until: str
    form: Form
    refused: str = ""


@router.get("/{outside_id}/adopt")
def show_adoption(
    request: Request, outside_id: RowId, read: Read, user: Approver, now: Now, house: House
) -> Response:
    found = _model(read, outside_id, house, user, now)
    organisation = house_of(read, house)
    theirs = adoption.filled(found, organisation, today=now.astimezone(house.zone).date())
    page = _page(read, found, house, now, theirs, Form(_values(read, found, theirs, now)))
    return render(request, FORM, page)


@router.post("/{outside_id}/adopt")
def adopt(
    request: Request, outside_id: RowId, tx: Tx, user: Approver, now: Now, house: House, typed: Fields
) -> Response:
    """`action` is preview, publish or change; whatever is refused comes back with all that was typed."""
    adoption.require_adopter(user)
    if (mine := adoption.adopted_just_now(tx, outside_id, by=user, now=now)) is not None:
        return go(f"/evaluations/{mine.evaluation_id}/decide")  # a double click: the first one counts
    found = _model(tx, outside_id, house, user, now)
    filled = read_decision(typed, slugs_of(tx, named_alternatives(typed)))
    if typed.one("action") not in ("preview", "publish"):
        return render(request, FORM, _typed(tx, found, house, now, typed, filled, {}))
    told = Adopting(
        decision=filled.decision,
        revision=number(typed.one("revision")),
        no_effect=typed.one("no_effect") == "yes",
        independent=typed.one("independent") == "yes",
    )
    terms = terms_of(tx, house)

    def publish() -> tables.Verdict:
        return adoption.adopt(tx, outside_id, told, terms, by=user, now=now)

    try:
        if faults := dict(filled.faults) | unknown_alternatives(tx, filled.decision.alternatives):
            raise InvalidInput("Nothing was published. See what is missing.", faults)
        if typed.one("action") == "publish":
            with tx.begin_nested():
                row = publish()
            return go(f"/evaluations/{row.evaluation_id}/decide")
        page = preview(
            tx, house, typed, publish, title=found.tool.name, back=f"/outside-verdicts/{outside_id}/adopt"
        )
    except (InvalidInput, RuleBroken, StaleVersion, NotAllowed) as refused:
        faults = dict(refused.faults) if isinstance(refused, InvalidInput) else {}
        sentence = "" if faults else refused.sentence
        again = _typed(tx, found, house, now, typed, filled, faults, refused=sentence)
        status = 409 if isinstance(refused, StaleVersion) else status_of(refused)
        return render(request, FORM, again, status=status)
    return render(request, "evaluations/preview.html", page)


def _model(session: Session, outside_id: int, house: Settings, user: Actor, now: datetime) -> Model:
    adoption.require_adopter(user)
    return adoption.model(session, outside_id, now=now, terms=terms_of(session, house))


def _values(session: Session, found: Model, theirs: Decision, now: datetime) -> dict[str, object]:
    """The form's first filling: theirs, and what stands here of the same edition to be replaced."""
    scope = theirs.scope
    rows = verdicts.published(session, now=now, tool_ids=[id_of(found.tool)])
    return values_of(Typed()) | {
        "outcome": theirs.outcome.value,
        "rationale": theirs.rationale,
        "citation": theirs.citation,
        "valid_until": theirs.valid_until.isoformat() if theirs.valid_until else "",
        "edition": scope.edition,
        "versions": scope.versions,
        "deployment": scope.deployment,
        "data_ceiling": scope.data_ceiling or "",
        "accounts": tuple(sorted(scope.accounts)),
        "audience": tuple(sorted(scope.audience)),
        "supersedes": tuple(str(row.number) for row in rows if row.edition == scope.edition),
        "no_effect": False,
        "independent": False,
    }


def _typed(
    session: Session,
    found: Model,
    house: Settings,
    now: datetime,
    typed: Typed,
    filled: Filled,
    faults: Mapping[str, str],
    *,
    refused: str = "",
) -> AdoptPage:
    values = values_of(typed) | {name: typed.one(name) == "yes" for name in ("no_effect", "independent")}
    forms = condition_forms(typed, faults)
    form = Form(values, faults)
    return _page(session, found, house, now, filled.decision, form, forms, refused=refused)


def _page(
    session: Session,
    found: Model,
    settings: Settings,
    now: datetime,
    decision: Decision,
    form: Form,
    forms: Sequence[ConditionForm] | None = None,
    *,
    refused: str = "",
) -> AdoptPage:
    house = house_of(session, settings)
    today = now.astimezone(settings.zone).date()
    names = {office.code: office.name for office in offices.rules(session)}
    rows = verdicts.published(session, now=now, tool_ids=[id_of(found.tool)])
    standing = publishing.published(session, rows, house, now=now)
    rubric, _ = rubrics.current(session)
    latest = latest_day(decision.outcome, found.outside, today)
    return AdoptPage(
        piece=one(session, id_of(found.row), today=today, now=now),
        revision=found.row.revision,
        tool_name=found.tool.name,
        their_scope=found.outside.scope.lines,
        outcomes=[Option(each.value, each.label, _hint(each, found)) for each in OUTCOME_OPTIONS],
        conditions=forms if forms is not None else proposed_forms(decision.conditions),
        condition_options=ConditionOptions(),
        data_classes=[Option("", "Not chosen"), *(Option(each, words(each)) for each in house.data_classes)],
        accounts=[Option(each, words(each)) for each in house.account_types],
        audiences=[Option(each, words(each)) for each in house.audiences],
        offices=[Option(each, names.get(each, each)) for each in house.offices],
        reasons_for_no=reason_options(rubric),
        alternatives=[
            *(
                Option(each.tool.slug, each.tool.name, words(each.code.value))
                for each in instead.alternatives(session, found.tool, decision.scope, house, now=now)
            ),
            Option(NONE_KNOWN, "None is known"),
        ],
        supersedes=[
            Option(str(each.row.number), f"Verdict {each.row.number}: {each.label}")
            for each in standing
            if each.validity.state not in publishing.HIDDEN
        ],
        until=f"Empty: {day_text(latest)}, as long as theirs and a year at most."
        if latest
        else "A no has no end.",
        form=form,
        refused=refused,
    )


def _hint(option: Option, found: Model) -> str:
    if option.value == found.outside.outcome:
        return "As they decided."
    if STRICTNESS[Outcome(option.value)] < STRICTNESS[found.outside.outcome]:
        return "Milder than theirs: evaluate the tool for that."
    return "Stricter than theirs."

"""A reviewer's scorecard: interest first, then knock-outs and criteria; saved as a draft, submitted, amended."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, StaleVersion
from registry.domain.evaluation import may_score
from registry.domain.scorecard import TypedScorecard
from registry.domain.values import dataclass
from registry.services.evaluations import scoring, taking_part
from registry.services.evaluations.scorecards import as_typed, confirmed
from registry.services.outside.evidence import Evidence, on_tool
from registry.services.people.acting import Actor
from registry.services.rubrics import rubrics
from registry.store import evaluations, parties, tools
from registry.store.columns import id_of
from registry.store.evaluations import StoredScorecard
from registry.store.parties import Standing
from registry.store.tables import Evaluation
from registry.web.deps import House, Now, Read, Reviewer, RowId, Text, Tx
from registry.web.errors import asks_for_json, problem
from registry.web.pages.evaluation_cards import CardView, card_view
from registry.web.pages.evaluation_page import SCORABLE, title_of, use_words
from registry.web.pages.scorecard_form import (
    CONFIDENCE_OPTIONS,
    KEEP_OPTIONS,
    Group,
    group_task,
    groups_of,
    picked,
    read_scorecard,
    said_so,
)
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Option, Row, Task
from registry.web.typed import Fields, number
from registry.web.viewer import now_of
from registry.web.words import words

router = page_router("/evaluations")


@dataclass(frozen=True)
class ScorecardPage:
    id: int
    tool_name: str
    facts: Sequence[Row]
    key: str
    """Under which this browser keeps what was not saved yet."""
    evidence: Evidence
    """What other registries decided on the tool."""
    tasks: Sequence[Task] = ()
    groups: Sequence[Group] = ()
    confidences: Sequence[Option] = CONFIDENCE_OPTIONS
    version: int = 0
    saved: datetime | None = None
    """When the draft was last saved; None where it never was."""
    faults: Mapping[str, str] = field(default_factory=dict)
    stale: str = ""
    must_declare: bool = False
    declared: Mapping[str, str] = field(default_factory=dict)
    """The declaration as it was typed."""
    barred: str = ""
    """Why this person cannot score."""
    mine: CardView | None = None
    """The scorecard handed in, where there is no draft."""
    may_amend: bool = False
    amending: str = ""
    earlier: datetime | None = None
    """When this person scored the tool before, where they can begin with that."""
    carried: int = 0
    """How many lines are carried over and not confirmed yet."""
    keeps: Sequence[Option] = KEEP_OPTIONS


@router.get("/{evaluation_id}/scorecard")
def show_scorecard(request: Request, evaluation_id: RowId, read: Read, user: Reviewer) -> Response:
    evaluation = evaluations.get(read, evaluation_id)
    page = _page(read, evaluation, user, now_of(request))
    return render(request, "evaluations/scorecard.html", page)


@router.post("/{evaluation_id}/scorecard")
def keep_scorecard(
    request: Request, evaluation_id: RowId, tx: Tx, user: Reviewer, now: Now, house: House, typed: Fields
) -> Response:
    """Saves the draft, and submits it where `action` says so. Answers JSON to the script that saves by itself."""
    evaluation = evaluations.get(tx, evaluation_id)
    taking_part.require_voice(tx, evaluation, by=user)
    rubric = rubrics.rubric(tx, evaluation.rubric_hash)
    before = _latest(tx, evaluation_id, user)
    saved = as_typed(before) if before else TypedScorecard()
    mine = confirmed(read_scorecard(rubric, typed), saved, said_so(typed))
    given = picked(mine, saved, typed)
    version = number(typed.one("version")) or 0
    wanted = typed.one("action")
    if before is not None and before.submitted and wanted and given == saved:
        done = "rescored" if before.reason else "scored"
        return go(f"/evaluations/{evaluation_id}?done={done}")  # a double click: it is in already
    faults: Mapping[str, str] = {}
    try:
        if wanted == "submit" and not asks_for_json(request):
            saved_as, faults = scoring.hand_in(
                tx, evaluation_id, given, version=version, solo=house.solo, by=user, now=now
            )
        else:
            saved_as = scoring.save_draft(tx, evaluation_id, given, version=version, by=user, now=now)
    except StaleVersion as refused:
        if asks_for_json(request):
            return problem(request, 409, refused.sentence, refused.code)
        page = _page(tx, evaluation, user, now_of(request), given=mine, stale=refused.sentence)
        return render(request, "evaluations/scorecard.html", page, status=409)
    except InvalidInput as refused:
        if asks_for_json(request):
            raise
        page = _page(
            tx, evaluation, user, now_of(request), given=given, version=version, faults=refused.faults
        )
        return render(request, "evaluations/scorecard.html", page, status=422)
    if asks_for_json(request):
        at = now.astimezone(house.zone)
        return JSONResponse({"version": saved_as, "saved_at": now.isoformat(), "said": f"Saved {at:%H:%M}"})
    if wanted != "submit":
        return go(f"/evaluations/{evaluation_id}/scorecard#saved")
    if faults:
        page = _page(tx, evaluation, user, now_of(request), given=given, version=saved_as, faults=faults)
        return render(request, "evaluations/scorecard.html", page, status=422)
    amended = before is not None and bool(before.reason)
    return go(f"/evaluations/{evaluation_id}?done={'rescored' if amended else 'scored'}")


@router.post("/{evaluation_id}/scorecard/carry")
def carry_over(evaluation_id: RowId, tx: Tx, user: Reviewer, now: Now) -> Response:
    taking_part.require_voice(tx, evaluations.get(tx, evaluation_id), by=user)
    scoring.carry_over(tx, evaluation_id, by=user, now=now)
    return go(f"/evaluations/{evaluation_id}/scorecard")


@router.post("/{evaluation_id}/scorecard/amend")
def amend_scorecard(
    request: Request, evaluation_id: RowId, tx: Tx, user: Reviewer, now: Now, reason: Text = ""
) -> Response:
    evaluation = evaluations.get(tx, evaluation_id)
    try:
        with tx.begin_nested():
            scoring.amend(tx, evaluation_id, reason=reason, by=user, now=now)
    except InvalidInput as refused:
        page = _page(tx, evaluation, user, now_of(request), faults=refused.faults)
        return render(request, "evaluations/scorecard.html", page, status=422)
    return go(f"/evaluations/{evaluation_id}/scorecard")


def scorecard_again(
    request: Request,
    session: Session,
    evaluation: Evaluation,
    user: Actor,
    faults: Mapping[str, str],
    declared: Mapping[str, str],
) -> Response:
    """The page with the declaration of interest that was refused, as it was typed."""
    page = replace(_page(session, evaluation, user, now_of(request), faults=faults), declared=declared)
    return render(request, "evaluations/scorecard.html", page, status=422)


def _latest(session: Session, evaluation_id: int, user: Actor) -> StoredScorecard | None:
    own = evaluations.scorecards(session, evaluation_id, of=user.person_id)
    return own[-1] if own else None


def _page(
    session: Session,
    evaluation: Evaluation,
    user: Actor,
    now: datetime,
    *,
    given: TypedScorecard | None = None,
    version: int | None = None,
    faults: Mapping[str, str] | None = None,
    stale: str = "",
) -> ScorecardPage:
    """The form with what was typed, else with what is stored; beside it what differs, where it is `stale`."""
    taking_part.require_sight(session, evaluation, by=user)
    evaluation_id = id_of(evaluation)
    tool = tools.get_by_id(session, evaluation.tool_id)
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    base = ScorecardPage(
        evaluation_id,
        title_of(tool, evaluation),
        _facts(evaluation, tool.vendor, tool.homepage),
        key=f"scorecard {evaluation_id} {user.id}",
        evidence=on_tool(session, id_of(tool), today=now.date(), now=now),
    )
    own = evaluations.scorecards(session, evaluation_id, of=user.person_id)
    standing = parties.standing(session, evaluation_id, user.person_id)
    scorable = evaluation.state in SCORABLE
    barred = _barred(standing, user)
    kept = own[-1] if own else None
    if kept is not None and kept.submitted:
        return replace(
            base,
            mine=card_view(rubric, kept, own),
            may_amend=scorable and not barred,
            faults=faults or {},
            stale=stale,
        )
    if barred or not scorable:
        return replace(
            base, barred=barred or f"Scoring is over: the evaluation is {words(evaluation.state).lower()}."
        )
    if not standing.declared:
        return replace(base, must_declare=True, faults=faults or {})
    stored = as_typed(kept) if kept else TypedScorecard()
    shown = given if given is not None else stored
    earlier = scoring.last_of(session, evaluation, by=user) if kept is None and given is None else None
    groups = groups_of(rubric, shown, faults or {}, stored if stale else None)
    return replace(
        base,
        groups=groups,
        tasks=[
            Task("Interest", f"/evaluations/{evaluation_id}#people", "Declared: none", done=True),
            *map(group_task, groups),
        ],
        version=version if version is not None else kept.version if kept else 0,
        earlier=earlier.submitted_at if earlier else None,
        carried=sum(each.carried for group in groups for each in group.questions),
        saved=kept.saved_at if kept else None,
        faults=faults or {},
        stale=stale,
        amending=kept.reason if kept else "",
    )


def _barred(standing: Standing, user: Actor) -> str:
    if not standing.assigned:
        return "You are not asked to score this. Ask the owner of the evaluation."
    try:
        may_score(
            user.person_id,
            requester=standing.requesters,
            vendor_contacts=standing.contacts,
            interested=standing.interested,
        )
    except NotAllowed as refused:
        return refused.sentence
    return ""


def _facts(evaluation: Evaluation, vendor: str, homepage: str) -> list[Row]:
    use = evaluation.intended_use
    rows = [Row("Purpose", str(use.get("purpose", "")))]
    rows += [Row(label, use_words(use[key])) for key, label in _USES if use.get(key)]
    rows += [Row("Vendor", vendor)] if vendor else []
    return [*rows, Row("Home page", homepage)] if homepage else rows


_USES = (
    ("data_class", "Information"),
    ("accounts", "Accounts"),
    ("audience", "Audience"),
    ("offices", "Offices"),
    ("versions", "Versions"),
)

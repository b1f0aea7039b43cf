"""A reviewer's scorecard: interest first, then knock-outs and criteria; saved as a draft, submitted, amended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, StaleVersion
from registry.domain.evaluation import may_score
from registry.domain.rubric import DEGREES, Criterion, KnockOutAnswer, Rating, Rubric, Side, evidence_required
from registry.services import rubrics, scoring, taking_part
from registry.services.acting import Actor
from registry.services.scorecards import TypedAnswer, TypedRating, TypedScorecard, as_typed
from registry.store import evaluations, tools
from registry.store.columns import id_of
from registry.store.tables import Evaluation
from registry.web.deps import House, Now, Read, Reviewer, RowId, Text, Tx
from registry.web.errors import asks_for_json, problem
from registry.web.pages.evaluation_page import SCORABLE, CardView, card_view, title_of, use_words
from registry.web.render import go, render
from registry.web.shapes import Option, Row, Task
from registry.web.typed import Fields, Typed
from registry.web.words import words

router = APIRouter(prefix="/evaluations")

ANSWER_OPTIONS = (
    Option(KnockOutAnswer.NO, "No"),
    Option(KnockOutAnswer.UNKNOWN, "Cannot tell", "Counts as a significant risk until somebody knows."),
    Option(KnockOutAnswer.YES, "Yes"),
)
CONFIDENCE_OPTIONS = tuple(Option(each, each.capitalize()) for each in scoring.CONFIDENCES)


@dataclass(frozen=True)
class Question:
    """One line of the form; the names of its fields begin with `<id>.`."""

    id: str
    name: str
    question: str
    options: Sequence[Option]
    value: str
    sentence: str
    confidence: str = ""
    """Empty for a knock-out, which has none."""
    evidence: str = ""
    evidence_hint: str = ""
    fault: str = ""
    stored: str = ""
    """What another window saved in this line, where it differs."""


@dataclass(frozen=True)
class Group:
    id: str
    title: str
    hint: str
    questions: Sequence[Question]

    @property
    def answered(self) -> int:
        return sum(1 for each in self.questions if each.value)


@dataclass(frozen=True)
class ScorecardPage:
    id: int
    tool_name: str
    facts: Sequence[Row]
    tasks: Sequence[Task] = ()
    groups: Sequence[Group] = ()
    confidences: Sequence[Option] = CONFIDENCE_OPTIONS
    version: int = 0
    saved: datetime | None = None
    """When the draft was last saved; None where it never was."""
    faults: Mapping[str, str] = field(default_factory=dict)
    stale: str = ""
    must_declare: bool = False
    barred: str = ""
    """Why this person cannot score."""
    mine: CardView | None = None
    """The scorecard handed in, where there is no draft."""
    may_amend: bool = False
    amending: str = ""


@router.get("/{evaluation_id}/scorecard")
def show_scorecard(request: Request, evaluation_id: RowId, read: Read, user: Reviewer) -> Response:
    evaluation = evaluations.get(read, evaluation_id)
    page = _page(read, evaluation, user)
    return render(request, "evaluations/scorecard.html", page)


@router.post("/{evaluation_id}/scorecard")
def keep_scorecard(
    request: Request, evaluation_id: RowId, tx: Tx, user: Reviewer, now: Now, house: House, typed: Fields
) -> Response:
    """Saves the draft, and submits it where `action` says so. Answers JSON to the script that saves by itself."""
    evaluation = evaluations.get(tx, evaluation_id)
    taking_part.require_voice(tx, evaluation, by=user)
    rubric = rubrics.rubric(tx, evaluation.rubric_hash)
    given = _read(rubric, typed)
    number = typed.one("version")
    version = int(number) if number.isdecimal() and len(number) < 9 else 0
    try:
        with tx.begin_nested():
            draft = scoring.save_draft(tx, evaluation_id, given, version=version, by=user, now=now)
    except StaleVersion as refused:
        if asks_for_json(request):
            return problem(409, refused.sentence, refused.code)
        page = _page(tx, evaluation, user, given=given, stale=refused.sentence)
        return render(request, "evaluations/scorecard.html", page, status=409)
    except InvalidInput as refused:
        if asks_for_json(request):
            raise
        page = _page(tx, evaluation, user, given=given, version=version, faults=refused.faults)
        return render(request, "evaluations/scorecard.html", page, status=422)
    if asks_for_json(request):
        at = now.astimezone(house.zone)
        return JSONResponse(
            {"version": draft.version, "saved_at": now.isoformat(), "said": f"Saved {at:%H:%M}"}
        )
    if typed.one("action") != "submit":
        return go(f"/evaluations/{evaluation_id}/scorecard#saved")
    try:
        with tx.begin_nested():
            scoring.submit(tx, evaluation_id, solo=house.solo, by=user, now=now)
    except InvalidInput as refused:
        page = _page(tx, evaluation, user, given=given, version=draft.version, faults=refused.faults)
        return render(request, "evaluations/scorecard.html", page, status=422)
    return go(f"/evaluations/{evaluation_id}")


@router.post("/{evaluation_id}/scorecard/amend")
def amend_scorecard(
    request: Request, evaluation_id: RowId, tx: Tx, user: Reviewer, now: Now, reason: Text = ""
) -> Response:
    evaluation = evaluations.get(tx, evaluation_id)
    try:
        with tx.begin_nested():
            scoring.amend(tx, evaluation_id, reason=reason, by=user, now=now)
    except InvalidInput as refused:
        page = _page(tx, evaluation, user, faults=refused.faults)
        return render(request, "evaluations/scorecard.html", page, status=422)
    return go(f"/evaluations/{evaluation_id}/scorecard")


def _page(
    session: Session,
    evaluation: Evaluation,
    user: Actor,
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
        evaluation_id, title_of(tool, evaluation), _facts(evaluation, tool.vendor, tool.homepage)
    )
    own = [each for each in evaluations.scorecards(session, evaluation_id) if each.reviewer.id == user.id]
    declared = evaluations.interests(session, evaluation_id)
    scorable = evaluation.state in SCORABLE
    barred = _barred(session, evaluation, user)
    kept = own[-1] if own else None
    if kept is not None and kept.submitted:
        return replace(
            base,
            mine=card_view(rubric, kept),
            may_amend=scorable and not barred,
            faults=faults or {},
            stale=stale,
        )
    if barred or not scorable:
        return replace(
            base, barred=barred or f"Scoring is over: the evaluation is {words(evaluation.state).lower()}."
        )
    if user.id not in declared:
        return replace(base, must_declare=True, faults=faults or {})
    stored = as_typed(kept) if kept else TypedScorecard()
    shown = given if given is not None else stored
    groups = _groups(rubric, shown, faults or {}, stored if stale else None)
    return replace(
        base,
        groups=groups,
        tasks=[
            Task("Interest", f"/evaluations/{evaluation_id}#people", "Declared: none", done=True),
            *map(_task, groups),
        ],
        version=version if version is not None else kept.row.version if kept else 0,
        saved=kept.row.saved_at if kept else None,
        faults=faults or {},
        stale=stale,
        amending=kept.row.reason if kept else "",
    )


def _barred(session: Session, evaluation: Evaluation, user: Actor) -> str:
    if not evaluations.is_assigned(session, id_of(evaluation), user.person_id):
        return "You are not asked to score this. Ask the owner of the evaluation."
    declared = evaluations.interests(session, id_of(evaluation))
    try:
        may_score(
            user.person_id,
            requester=evaluations.requesters(session, evaluation.tool_id),
            interested={user_id for user_id, each in declared.items() if each.interested},
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


def _task(group: Group) -> Task:
    count = len(group.questions)
    return Task(group.title, f"#{group.id}", f"{group.answered} of {count}", done=group.answered == count)


def _read(rubric: Rubric, typed: Typed) -> TypedScorecard:
    return TypedScorecard(
        ratings={
            each.id: TypedRating(
                rating=_rating(typed.one(f"{each.id}.rating")),
                confidence=typed.one(f"{each.id}.confidence", "medium"),
                sentence=typed.one(f"{each.id}.sentence"),
                evidence=typed.one(f"{each.id}.evidence"),
            )
            for each in rubric.criteria
        },
        knock_outs={
            each.id: TypedAnswer(_answer(typed.one(f"{each.id}.answer")), typed.one(f"{each.id}.sentence"))
            for each in rubric.knock_outs
        },
    )


def _rating(text: str) -> Rating | None:
    return Rating(text) if text in tuple(Rating) else None


def _answer(text: str) -> KnockOutAnswer | None:
    return KnockOutAnswer(text) if text in tuple(KnockOutAnswer) else None


def _groups(
    rubric: Rubric, shown: TypedScorecard, faults: Mapping[str, str], stored: TypedScorecard | None
) -> list[Group]:
    risk_hint = "0 is no risk, 4 is not acceptable as it is. Cannot tell counts as 3."
    fit_hint = "Here 4 is best. Cannot tell counts as 1."
    return [
        Group(
            "knock-outs",
            "Knock-outs",
            "One yes ends it, however good the rest is.",
            [
                Question(
                    each.id,
                    each.name,
                    each.question,
                    ANSWER_OPTIONS,
                    value=line.answer or "",
                    sentence=line.sentence,
                    fault=faults.get(each.id, ""),
                    stored=_stored_answer(stored, each.id, line),
                )
                for each in rubric.knock_outs
                for line in [shown.knock_outs.get(each.id, TypedAnswer())]
            ],
        ),
        Group("risk", "Risk", risk_hint, [_rated(each, shown, faults, stored) for each in rubric.risks]),
        Group("fit", "Fit", fit_hint, [_rated(each, shown, faults, stored) for each in rubric.fits]),
    ]


def _rated(
    criterion: Criterion, shown: TypedScorecard, faults: Mapping[str, str], stored: TypedScorecard | None
) -> Question:
    line = shown.ratings.get(criterion.id, TypedRating())
    options = [Option(each, f"{each}: {criterion.anchors[int(each)]}") for each in DEGREES]
    options.append(Option(Rating.UNKNOWN, "Cannot tell: I need evidence"))
    if criterion.may_not_apply:
        options.append(Option(Rating.NOT_APPLICABLE, "Not applicable"))
    hint = "A link, or the quoted paragraph."
    if criterion.side is Side.RISK:
        hint += f" Needed for {', '.join(each for each in DEGREES if evidence_required(each))}."
    return Question(
        criterion.id,
        criterion.name,
        criterion.question,
        options,
        value=line.rating or "",
        sentence=line.sentence,
        confidence=line.confidence,
        evidence=line.evidence,
        evidence_hint=f"{hint} {criterion.evidence}".strip(),
        fault=faults.get(criterion.id, ""),
        stored=_stored_rating(stored, criterion, line),
    )


def _stored_answer(stored: TypedScorecard | None, key: str, line: TypedAnswer) -> str:
    other = stored.knock_outs.get(key, TypedAnswer()) if stored else line
    if other == line:
        return ""
    return f"{words(other.answer) if other.answer else 'Not answered'}. {other.sentence}".strip()


def _stored_rating(stored: TypedScorecard | None, criterion: Criterion, line: TypedRating) -> str:
    other = stored.ratings.get(criterion.id, TypedRating()) if stored else line
    if other == line:
        return ""
    rating = words(other.rating) if other.rating else "Not rated"
    parts = (f"{rating}, {other.confidence} confidence.", other.sentence, other.evidence)
    return " ".join(part for part in parts if part)

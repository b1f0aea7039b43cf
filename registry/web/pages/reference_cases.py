"""Reference cases: the list with who has finished what, scoring one, comparing, and writing a new one."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.calibration import Calibration, Way
from registry.domain.errors import InvalidInput, StaleVersion
from registry.domain.rubric import Criterion, KnockOut, Rubric
from registry.domain.values import dataclass
from registry.services.evaluations import calibration
from registry.services.evaluations.calibration import KEEPERS, CaseDraft
from registry.services.people.acting import Actor
from registry.services.rubrics import rubrics
from registry.settings import Settings
from registry.store import reference_cases as store
from registry.store.columns import id_of
from registry.store.tables import ReferenceAttempt, ReferenceCase, Role
from registry.web.deps import Asked, CaseKeeper, CaseReader, House, Now, Read, Reviewer, RowId, Tx
from registry.web.pages.rescore_form import rating_options
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Form, Option
from registry.web.typed import Fields, Typed, number
from registry.web.words import words

router = page_router("/reference-cases")
WAYS = {Way.SAME: "the same", Way.MILDER: "too mild", Way.HARSHER: "too harsh"}


@dataclass(frozen=True)
class CaseRow:
    url: str
    title: str
    asked: int
    state: str


@dataclass(frozen=True)
class PersonRow:
    name: str
    finished: int
    passed: int
    trained: bool


@dataclass(frozen=True)
class CasesPage:
    cases: Sequence[CaseRow]
    people: Sequence[PersonRow]
    """Reviewers with what they finished; oneself alone, for who does not keep the cases."""
    needed: int
    may_keep: bool


@dataclass(frozen=True)
class Question:
    id: str
    name: str
    question: str
    value: str
    sentence: str
    options: Sequence[Option]
    fault: str


@dataclass(frozen=True)
class ComparedRow:
    name: str
    given: str
    sentence: str
    agreed: str
    reason: str
    way: str
    far: bool


@dataclass(frozen=True)
class CasePage:
    id: int
    title: str
    description: Sequence[str]
    intended_use: str
    evidence: Sequence[str]
    retired: bool
    may_score: bool
    may_keep: bool
    made_it: bool
    version: int
    saved_at: datetime | None
    questions: Sequence[Question]
    faults: Mapping[str, str]
    stale: str
    rows: Sequence[ComparedRow]
    verdict: str
    """How the scores compare, in a sentence; empty before they are handed in."""
    passed: bool


@dataclass(frozen=True)
class WritePage:
    rubric: str
    evaluation_id: int | None
    form: Form
    questions: Sequence[Question]


@router.get("")
def list_cases(request: Request, read: Read, user: CaseReader, house: House) -> Response:
    return render(request, "reference_cases/list.html", cases_page(read, user, house))


@router.get("/new")
def show_writing(request: Request, read: Read, _user: CaseKeeper, evaluation: Asked = "") -> Response:
    source = number(evaluation)
    if source is not None:
        rubric, draft = calibration.drafted_from(read, source)
    else:
        rubric, draft = rubrics.current(read)[0], CaseDraft()
    return render(request, "reference_cases/new.html", _write_page(rubric, draft, {}))


@router.post("")
def write(request: Request, tx: Tx, user: CaseKeeper, now: Now, typed: Fields) -> Response:
    draft = _typed_draft(typed)
    try:
        with tx.begin_nested():
            kept = calibration.make_case(tx, draft, by=user, now=now)
    except InvalidInput as refused:
        rubric = (
            calibration.drafted_from(tx, draft.evaluation_id)[0]
            if draft.evaluation_id
            else rubrics.current(tx)[0]
        )
        return render(
            request, "reference_cases/new.html", _write_page(rubric, draft, refused.faults), status=422
        )
    return go(f"/reference-cases/{kept.id}")


@router.get("/{case_id}")
def show_case(request: Request, case_id: RowId, read: Read, user: CaseReader) -> Response:
    return render(request, "reference_cases/show.html", case_page(read, case_id, user))


@router.post("/{case_id}")
def score(request: Request, case_id: RowId, tx: Tx, user: Reviewer, now: Now, typed: Fields) -> Response:
    """`action` is save or submit; what is refused comes back with all that was typed."""
    given = typed_scores(typed)
    try:
        with tx.begin_nested():
            if calibration.result(tx, case_id, by=user) is None:  # a double click finds it handed in
                calibration.save(
                    tx, case_id, given, version=number(typed.one("version")) or 0, by=user, now=now
                )
    except StaleVersion as stale:
        page = case_page(tx, case_id, user, given=given, stale=stale.sentence)
        return render(request, "reference_cases/show.html", page, status=409)
    except InvalidInput as refused:
        page = case_page(tx, case_id, user, given=given, faults=refused.faults)
        return render(request, "reference_cases/show.html", page, status=422)
    if typed.one("action") == "submit":
        try:
            with tx.begin_nested():
                calibration.hand_in(tx, case_id, by=user, now=now)
        except InvalidInput as refused:
            page = case_page(tx, case_id, user, faults=refused.faults)
            return render(request, "reference_cases/show.html", page, status=422)
    return go(f"/reference-cases/{case_id}")


@router.post("/{case_id}/retire")
def retire(case_id: RowId, tx: Tx, user: CaseKeeper, now: Now) -> Response:
    calibration.retire(tx, case_id, by=user, now=now)
    return go("/reference-cases")


def cases_page(session: Session, user: Actor, settings: Settings) -> CasesPage:
    keeps = bool(user.roles & KEEPERS)
    own = store.attempts_of(session, user.person_id)
    people = [
        PersonRow(each.name, each.finished, each.passed, each.passed >= settings.reference_cases)
        for each in store.standings(session)
        if keeps or Role.AUDITOR in user.roles or each.user_id == user.id
    ]
    cases = [
        CaseRow(
            f"/reference-cases/{each.id}",
            each.title,
            len(store.items(session, id_of(each))),
            _state(each, own.get(id_of(each)), user),
        )
        for each in store.every(session)
    ]
    return CasesPage(cases, people, settings.reference_cases, keeps)


def case_page(
    session: Session,
    case_id: int,
    user: Actor,
    *,
    given: Mapping[str, tuple[str, str]] | None = None,
    faults: Mapping[str, str] | None = None,
    stale: str = "",
) -> CasePage:
    """What one person may read of a case: the agreed scores only once they have handed in, or where they wrote it."""
    row = store.get(session, case_id)
    rubric = rubrics.rubric(session, row.rubric_hash)
    attempt = store.find_attempt(session, case_id, user.person_id)
    found = calibration.result(session, case_id, by=user)
    made_it = row.made_by_id == user.id
    may_score = Role.REVIEWER in user.roles and not made_it and found is None
    if given is None and attempt is not None:
        given = {item: (line["value"], line["sentence"]) for item, line in attempt.given.items()}
    agreed = {
        item: (each.value, each.reason)
        for item, each in store.agreed(session, case_id, to=user.person_id).items()
    }
    return CasePage(
        id=case_id,
        title=row.title,
        description=[part for part in row.description.splitlines() if part.strip()],
        intended_use=row.intended_use,
        evidence=[part for part in row.evidence.splitlines() if part.strip()],
        retired=row.retired_at is not None,
        may_score=may_score and (row.retired_at is None or attempt is not None),
        may_keep=bool(user.roles & KEEPERS),
        made_it=made_it,
        version=attempt.version if attempt else 0,
        saved_at=attempt.saved_at if attempt else None,
        questions=_questions(rubric, store.items(session, case_id), given or {}, faults or {})
        if may_score
        else (),
        faults=faults or {},
        stale=stale,
        rows=_compared(rubric, attempt, found, agreed),
        verdict=_verdict(found) if found else "",
        passed=found.passed if found else False,
    )


def typed_scores(typed: Typed) -> dict[str, tuple[str, str]]:
    """Item -> (value, sentence), as typed: `R1.value`, `R1.sentence`."""
    ids = dict.fromkeys(name.partition(".")[0] for name in typed.values if "." in name)
    return {item: (typed.one(f"{item}.value"), typed.one(f"{item}.sentence")) for item in ids}


def _typed_draft(typed: Typed) -> CaseDraft:
    scores = typed_scores(typed)
    return CaseDraft(
        title=typed.one("title"),
        description=typed.one("description"),
        intended_use=typed.one("intended_use"),
        evidence=typed.one("evidence"),
        agreed={item: pair for item, pair in scores.items() if pair[0]},
        evaluation_id=number(typed.one("evaluation")),
    )


def _write_page(rubric: Rubric, draft: CaseDraft, faults: Mapping[str, str]) -> WritePage:
    names = ("title", "description", "intended_use", "evidence")
    form = Form({name: getattr(draft, name) for name in names}, faults)
    return WritePage(
        rubric.title, draft.evaluation_id, form, _questions(rubric, rubric.ids, draft.agreed, faults)
    )


def _questions(
    rubric: Rubric,
    asked: frozenset[str],
    given: Mapping[str, tuple[str, str]],
    faults: Mapping[str, str],
) -> list[Question]:
    every: list[KnockOut | Criterion] = [*rubric.knock_outs, *rubric.criteria]
    return [
        Question(
            each.id,
            each.name,
            each.question,
            *given.get(each.id, ("", "")),
            rating_options(rubric, each.id),
            faults.get(each.id, ""),
        )
        for each in every
        if each.id in asked
    ]


def _compared(
    rubric: Rubric,
    attempt: ReferenceAttempt | None,
    found: Calibration | None,
    agreed: Mapping[str, tuple[str, str]],
) -> list[ComparedRow]:
    """The widest apart first; for who wrote the case, what was agreed alone."""
    every: list[KnockOut | Criterion] = [*rubric.criteria, *rubric.knock_outs]
    names = {each.id: f"{each.id} {each.name}" for each in every}
    if attempt is None or found is None:
        return [
            ComparedRow(names[item], "", "", _said(value), reason, "", far=False)
            for item, (value, reason) in sorted(agreed.items(), key=lambda each: list(names).index(each[0]))
        ]
    return [
        ComparedRow(
            names[each.item],
            _said(each.given),
            attempt.given[each.item]["sentence"],
            _said(each.agreed),
            agreed[each.item][1],
            WAYS[each.way] if each.apart else WAYS[Way.SAME],
            far=each.apart > 1,
        )
        for each in sorted(found.differences, key=lambda each: -each.apart)
    ]


def _said(value: str) -> str:
    return value if value.isdigit() else words(value)


def _verdict(found: Calibration) -> str:
    mild = sum(each.way is Way.MILDER and each.apart > 0 for each in found.differences)
    harsh = sum(each.way is Way.HARSHER and each.apart > 0 for each in found.differences)
    figure = f" Agreement (alpha): {found.agreement:.2f}." if found.agreement is not None else ""
    missed = f" You missed {', '.join(found.missed)}." if found.missed else ""
    lean = "" if not mild and not harsh else f" {mild} too mild, {harsh} too harsh."
    return f"{found.near} of {found.of} criteria within one step of what was agreed.{lean}{figure}{missed}"


def _state(row: ReferenceCase, attempt: ReferenceAttempt | None, user: Actor) -> str:
    if attempt is not None and attempt.submitted_at is not None:
        return f"Handed in: {attempt.near} of {attempt.of} near" + (", counts" if attempt.passed else "")
    if row.retired_at is not None:
        return "Retired"
    if row.made_by_id == user.id:
        return "Yours"
    return "Draft" if attempt is not None else "Not begun"

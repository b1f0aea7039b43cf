"""Reference cases for calibration: written, scored by each reviewer once, and compared."""

from datetime import datetime

from fastapi import Request, Response
from pydantic import Field
from sqlmodel import Session

from registry.services.evaluations import calibration
from registry.services.evaluations.calibration import CaseDraft
from registry.services.people.acting import Actor
from registry.store import reference_cases as store
from registry.store.columns import id_of
from registry.web.api.replies import Once, told
from registry.web.deps import CaseKeeper, CaseReader, House, Now, Plain, Read, Reviewer, RowId, Tx
from registry.web.routing import api_router
from registry.web.schemas import Page, Sent, Shape
from registry.web.strict import Flag, Whole

router = api_router("/reference-cases", tag="reference cases")


class ScoreIn(Sent):
    value: Plain = Field("", description="A rating or an answer; empty while it is open.", examples=["3"])
    sentence: Plain = Field("", description="Why.")


class CaseIn(Sent):
    title: Plain
    description: Plain
    intended_use: Plain = ""
    evidence: Plain = Field("", description="Links and quoted paragraphs, one a line.")
    agreed: dict[str, ScoreIn] = Field(
        description="By criterion or knock-out; what is left out is not asked."
    )
    evaluation: Whole | None = Field(None, description="The decided evaluation that it was made from.")


class AttemptIn(Sent):
    scores: dict[str, ScoreIn]
    version: Whole = Field(0, description="Of the draft that was read; 0 for none.")
    hand_in: Flag = Field(False, description="Then it is compared, and never changed.")


class ComparedOut(Shape):
    item: str
    given: str
    agreed: str
    reason: str
    apart: int
    way: str = Field(description="same, milder or harsher.")


class CaseOut(Shape):
    id: int
    title: str
    description: str
    intended_use: str
    evidence: str
    made_at: datetime
    retired_at: datetime | None
    asks: list[str] = Field(description="Ids of what is asked.")
    version: int = Field(description="Of your draft; 0 for none.")
    handed_in_at: datetime | None
    agreed: dict[str, ScoreIn] = Field(
        description="Empty until you have handed in, unless you wrote the case."
    )
    compared: list[ComparedOut] = Field(description="Empty until you have handed in.")
    near: int
    of: int
    agreement: float | None
    passed: bool


class StandingOut(Shape):
    reviewer: str
    finished: int
    passed: int
    trained: bool = Field(description="May decide alone in the quick lane, as far as this goes.")


class CasesOut(Page[CaseOut]):
    needed: int = Field(description="How many must be passed to decide alone.")
    you: StandingOut | None = Field(description="What you have finished; null for who does not review.")


@router.get("", response_model=CasesOut, summary="Reference cases, and what you have finished")
def list_cases(request: Request, read: Read, user: CaseReader, house: House) -> Response:
    """Those in use first."""
    own = next((each for each in store.standings(read) if each.user_id == user.id), None)
    body = CasesOut(
        items=[_out(read, id_of(each), user) for each in store.every(read)],
        next=None,
        needed=house.reference_cases,
        you=own
        and StandingOut(
            reviewer=own.name,
            finished=own.finished,
            passed=own.passed,
            trained=own.passed >= house.reference_cases,
        ),
    )
    return told(request, body, private=True)


@router.post("", response_model=CaseOut, status_code=201, summary="Write a reference case")
def write(tx: Tx, user: CaseKeeper, now: Now, asked: CaseIn, once: Once) -> Response:
    """For the rubric in force, or the one of its evaluation. It is never changed, only retired."""

    def act() -> CaseOut:
        draft = CaseDraft(
            asked.title,
            asked.description,
            asked.intended_use,
            asked.evidence,
            {item: (score.value, score.sentence) for item, score in asked.agreed.items()},
            asked.evaluation,
        )
        return _out(tx, id_of(calibration.make_case(tx, draft, by=user, now=now)), user)

    return once(asked, act, by=user, status=201)


@router.get("/{case_id}", response_model=CaseOut, summary="One reference case")
def show_case(case_id: RowId, request: Request, read: Read, user: CaseReader) -> Response:
    """What was agreed is in it once you have handed in your own scores."""
    return told(request, _out(read, case_id, user), private=True)


@router.post("/{case_id}/attempt", response_model=CaseOut, summary="Save your scores, or hand them in")
def score(case_id: RowId, tx: Tx, user: Reviewer, now: Now, asked: AttemptIn, once: Once) -> Response:
    """You hand in once. 412 where another window saved meanwhile."""

    def act() -> CaseOut:
        given = {item: (score.value, score.sentence) for item, score in asked.scores.items()}
        calibration.save(tx, case_id, given, version=asked.version, by=user, now=now)
        if asked.hand_in:
            calibration.hand_in(tx, case_id, by=user, now=now)
        return _out(tx, case_id, user)

    return once(asked, act, by=user)


@router.post("/{case_id}/retire", response_model=CaseOut, summary="Retire a reference case")
def retire(case_id: RowId, tx: Tx, user: CaseKeeper, now: Now, once: Once) -> Response:
    """Nobody begins it any more; what was finished still counts."""

    def act() -> CaseOut:
        calibration.retire(tx, case_id, by=user, now=now)
        return _out(tx, case_id, user)

    return once(None, act, by=user)


def _out(session: Session, case_id: int, user: Actor) -> CaseOut:
    row = store.get(session, case_id)
    attempt = store.find_attempt(session, case_id, user.person_id)
    found = calibration.result(session, case_id, by=user)
    agreed = store.agreed(session, case_id, to=user.person_id)
    return CaseOut(
        id=case_id,
        title=row.title,
        description=row.description,
        intended_use=row.intended_use,
        evidence=row.evidence,
        made_at=row.made_at,
        retired_at=row.retired_at,
        asks=sorted(store.items(session, case_id)),
        version=attempt.version if attempt else 0,
        handed_in_at=attempt.submitted_at if attempt else None,
        agreed={
            item: ScoreIn(value=each.value, sentence=each.reason) for item, each in sorted(agreed.items())
        },
        compared=[
            ComparedOut(
                item=each.item,
                given=each.given,
                agreed=each.agreed,
                reason=agreed[each.item].reason,
                apart=each.apart,
                way=each.way.value,
            )
            for each in (found.differences if found else ())
        ],
        near=found.near if found else 0,
        of=found.of if found else 0,
        agreement=found.agreement if found else None,
        passed=found.passed if found else False,
    )

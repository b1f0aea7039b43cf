"""A reviewer's own scorecard: its draft saved, handed in, amended; a token scores under its owner's rights."""

from collections.abc import Callable
from datetime import datetime

from fastapi import Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from registry.domain.scorecard import TypedAnswer, TypedRating, TypedScorecard
from registry.services.evaluations import scoring, taking_part
from registry.services.evaluations.scorecards import as_typed, confirmed, unfinished
from registry.services.people.acting import Actor
from registry.services.rubrics import rubrics
from registry.store import evaluations
from registry.store.columns import id_of
from registry.store.evaluations import StoredScorecard
from registry.store.tables import Evaluation
from registry.web.api.evaluations import answers_out, ratings_out
from registry.web.api.replies import Acting, IfMatch, Once, told, version_in
from registry.web.deps import House, Now, Read, Reviewer, RowId, Tx
from registry.web.evaluation_schemas import DraftIn, DraftOut, ReasonIn
from registry.web.routing import api_router

router = api_router("/evaluations/{evaluation_id}/scorecard", tag="evaluations")


@router.get("", response_model=DraftOut, summary="Your own scorecard")
def show(evaluation_id: RowId, request: Request, read: Read, user: Reviewer) -> Response:
    """The newest version of it, with what it lacks. Its ETag is what `If-Match` of the next save wants."""
    evaluation = evaluations.get(read, evaluation_id)
    taking_part.require_sight(read, evaluation, by=user)
    out = _stored(read, evaluation, _latest(read, evaluation_id, user))
    return told(request, out, mark=str(out.version), private=True)


@router.put("", response_model=DraftOut, summary="Save your draft")
def save(
    evaluation_id: RowId,
    tx: Tx,
    user: Reviewer,
    now: Now,
    asked: DraftIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """The whole draft, complete or not. 412 where another window saved since: read it, and save both."""

    def act(evaluation: Evaluation) -> DraftOut:
        own = _latest(tx, evaluation_id, user)
        before = as_typed(own) if own else TypedScorecard()
        version = version_in(if_match)
        if version is None:
            version = own.version if own and not own.submitted else 0
        typed = confirmed(_typed(asked), before, frozenset(asked.confirmed))
        version = scoring.save_draft(tx, evaluation_id, typed, version=version, by=user, now=now)
        return _out(tx, evaluation, typed, number=own.number if own else 1, version=version, saved_at=now)

    return _acted(once, evaluation_id, user, asked, act)


@router.post("/submit", response_model=DraftOut, summary="Hand it in")
def submit(
    evaluation_id: RowId,
    tx: Tx,
    user: Reviewer,
    now: Now,
    house: House,
    once: Once,
) -> Response:
    """422 names each line that is not finished. From then on it is read-only, and you read what others handed in."""

    def act(evaluation: Evaluation) -> DraftOut:
        return _stored(tx, evaluation, scoring.submit(tx, evaluation_id, solo=house.solo, by=user, now=now))

    return _acted(once, evaluation_id, user, None, act)


@router.post("/amend", response_model=DraftOut, summary="Amend it")
def amend(
    evaluation_id: RowId,
    tx: Tx,
    user: Reviewer,
    now: Now,
    asked: ReasonIn,
    once: Once,
) -> Response:
    """A new draft with the next number; the version handed in stays on record and counts until the new one is in."""

    def act(evaluation: Evaluation) -> DraftOut:
        scoring.amend(tx, evaluation_id, reason=asked.reason, by=user, now=now)
        return _stored(tx, evaluation, _latest(tx, evaluation_id, user))

    return _acted(once, evaluation_id, user, asked, act)


@router.post("/carry", response_model=DraftOut, summary="Begin with your last scorecard of the tool")
def carry(
    evaluation_id: RowId,
    tx: Tx,
    user: Reviewer,
    now: Now,
    once: Once,
) -> Response:
    """Each line is marked as carried over, and has to be confirmed or changed before it can be handed in."""

    def act(evaluation: Evaluation) -> DraftOut:
        scoring.carry_over(tx, evaluation_id, by=user, now=now)
        return _stored(tx, evaluation, _latest(tx, evaluation_id, user))

    return _acted(once, evaluation_id, user, None, act)


def _acted(
    once: Acting,
    evaluation_id: int,
    user: Actor,
    asked: BaseModel | None,
    act: Callable[[Evaluation], DraftOut],
) -> Response:
    def done() -> DraftOut:
        evaluation = evaluations.get(once.tx, evaluation_id)
        taking_part.require_voice(once.tx, evaluation, by=user)
        return act(evaluation)

    return once(asked, done, by=user)


def _latest(session: Session, evaluation_id: int, user: Actor) -> StoredScorecard | None:
    own = evaluations.scorecards(session, evaluation_id, of=user.person_id)
    return own[-1] if own else None


def _stored(session: Session, evaluation: Evaluation, card: StoredScorecard | None) -> DraftOut:
    if card is not None:
        return _out(
            session,
            evaluation,
            as_typed(card),
            number=card.number,
            version=card.version,
            saved_at=card.saved_at,
            submitted_at=card.submitted_at,
        )
    return DraftOut(
        evaluation=id_of(evaluation),
        number=0,
        version=0,
        saved_at=None,
        submitted_at=None,
        unfinished={},
        carried=[],
        ratings={},
        knock_outs={},
    )


def _out(
    session: Session,
    evaluation: Evaluation,
    lines: TypedScorecard,
    *,
    number: int,
    version: int,
    saved_at: datetime,
    submitted_at: datetime | None = None,
) -> DraftOut:
    rubric = rubrics.rubric(session, evaluation.rubric_hash)
    return DraftOut(
        evaluation=id_of(evaluation),
        number=number,
        version=version,
        saved_at=saved_at,
        submitted_at=submitted_at,
        unfinished={} if submitted_at else unfinished(rubric, lines),
        carried=[
            *(key for key, line in lines.knock_outs.items() if line.carried),
            *(key for key, line in lines.ratings.items() if line.carried),
        ],
        ratings=ratings_out(lines),
        knock_outs=answers_out(lines),
    )


def _typed(asked: DraftIn) -> TypedScorecard:
    return TypedScorecard(
        ratings={
            key: TypedRating(line.rating, line.confidence, line.sentence, line.evidence)
            for key, line in asked.ratings.items()
        },
        knock_outs={key: TypedAnswer(line.answer, line.sentence) for key, line in asked.knock_outs.items()},
    )

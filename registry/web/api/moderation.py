"""Disagreements of an evaluation: remarks, one re-score each, and the owner's resolution."""

from typing import Annotated

from fastapi import Path, Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.scorecard import TypedAnswer, TypedRating
from registry.services.evaluations import moderation, taking_part
from registry.services.evaluations.assessing import weigh
from registry.services.people.acting import Actor
from registry.store import evaluations
from registry.store.tables import Evaluation
from registry.web.api.replies import IfMatch, Once, told, version_in
from registry.web.deps import House, Insider, Now, Read, Reviewer, RowId, Triager, Tx
from registry.web.moderation_schemas import (
    DisagreementOut,
    DisagreementsOut,
    RemarkIn,
    RemarkOut,
    RescoreIn,
    ResolutionIn,
    VoiceOut,
)
from registry.web.pages.moderation_view import Point, moderation_page
from registry.web.routing import api_router

router = api_router("/evaluations", tag="evaluations")
Item = Annotated[str, Path(max_length=20, description="Of a disagreement, such as `R1` or `risk_band`.")]


@router.get(
    "/{evaluation_id}/disagreements", response_model=DisagreementsOut, summary="Where reviewers are far apart"
)
def show_disagreements(evaluation_id: RowId, request: Request, read: Read, user: Insider) -> Response:
    """403 while you owe a scorecard: you read what others said only then."""
    out = _out(read, evaluations.get(read, evaluation_id), user)
    return told(request, out, mark=str(out.version), private=True)


@router.post(
    "/{evaluation_id}/disagreements/{item}/resolution",
    response_model=DisagreementsOut,
    summary="Resolve a disagreement",
)
def resolve(
    evaluation_id: RowId,
    item: Item,
    tx: Tx,
    user: Triager,
    now: Now,
    house: House,
    asked: ResolutionIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """The owner's act. What each reviewer gave stays on record; 412 where something was said since you read it."""

    def act() -> DisagreementsOut:
        evaluation = _open_eyes(tx, evaluation_id, user)
        if item not in {each.id for each in weigh(tx, evaluation).disagreements}:
            raise InvalidInput("Nobody disagrees on that.", {"item": "Nobody disagrees on that."})
        moderation.moderate(
            tx,
            evaluation_id,
            item,
            value=asked.value,
            reason=asked.reason,
            solo=house.solo,
            by=user,
            now=now,
            version=version_in(if_match),
        )
        return _out(tx, evaluation, user)

    return once(asked, act, by=user)


@router.post(
    "/{evaluation_id}/disagreements/{item}/remarks",
    response_model=DisagreementsOut,
    status_code=201,
    summary="Remark on a disagreement, or ask for evidence",
)
def remark(
    evaluation_id: RowId, item: Item, tx: Tx, user: Triager, now: Now, asked: RemarkIn, once: Once
) -> Response:
    """The owner, the reviewers and approvers speak. A remark is never changed."""

    def act() -> DisagreementsOut:
        evaluation = _open_eyes(tx, evaluation_id, user)
        taking_part.require_voice(tx, evaluation, by=user)
        moderation.remark(
            tx,
            evaluation_id,
            item,
            text=asked.text,
            evidence=asked.evidence,
            asked_id=asked.asks,
            by=user,
            now=now,
        )
        return _out(tx, evaluation, user)

    return once(asked, act, by=user, status=201)


@router.post(
    "/{evaluation_id}/rescore", response_model=DisagreementsOut, status_code=201, summary="Re-score, once"
)
def rescore(
    evaluation_id: RowId, tx: Tx, user: Reviewer, now: Now, house: House, asked: RescoreIn, once: Once
) -> Response:
    """Only flagged criteria and knock-outs, and what you gave before stays beside it. 409 for a second one."""

    def act() -> DisagreementsOut:
        evaluation = _open_eyes(tx, evaluation_id, user)
        moderation.rescore(
            tx,
            evaluation_id,
            ratings={
                key: TypedRating(line.rating, line.confidence, line.sentence, line.evidence)
                for key, line in asked.ratings.items()
            },
            knock_outs={
                key: TypedAnswer(line.answer, line.sentence) for key, line in asked.knock_outs.items()
            },
            reason=asked.reason,
            solo=house.solo,
            by=user,
            now=now,
        )
        return _out(tx, evaluation, user)

    return once(asked, act, by=user, status=201)


def _open_eyes(session: Session, evaluation_id: int, user: Actor) -> Evaluation:
    evaluation = evaluations.get(session, evaluation_id)
    taking_part.require_open_eyes(session, evaluation, by=user)
    return evaluation


def _out(session: Session, evaluation: Evaluation, user: Actor) -> DisagreementsOut:
    page = moderation_page(session, evaluation, user)
    return DisagreementsOut(
        evaluation=page.id,
        version=page.version,
        may_rescore=bool(page.lines),
        disagreements=[_point(each) for each in page.points],
    )


def _point(each: Point) -> DisagreementOut:
    return DisagreementOut(
        item=each.id,
        title=each.title,
        said=each.words,
        stands=each.stands,
        may_be=[option.value for option in each.options],
        voices=[
            VoiceOut(
                reviewer=voice.who,
                given=voice.said,
                before=voice.before,
                sentence=voice.sentence,
                evidence=voice.evidence,
                dissents=voice.dissents,
            )
            for voice in each.voices
        ],
        resolved=each.resolved,
        reason=each.reason,
        resolved_by=each.by,
        remarks=[
            RemarkOut(
                who=said.who,
                at=said.at,
                text=said.text,
                evidence=said.evidence,
                asks=said.asked,
                unanswered=said.waits,
            )
            for said in each.thread
        ],
    )

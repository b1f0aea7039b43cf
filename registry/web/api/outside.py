"""What other registries decided: the list, each with its history, which tool it is about, and adopting it in person."""

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request, Response
from sqlmodel import Session

from registry.domain.condition import Condition
from registry.domain.errors import InvalidInput
from registry.domain.outcome import Outcome
from registry.services.decisions import adoption
from registry.services.decisions.adoption import Adopting
from registry.services.outside import evidence, placing
from registry.services.outside.evidence import Piece
from registry.services.people.house import house as house_of
from registry.settings import Settings
from registry.store.outside import Wanted
from registry.store.paging import row_mark
from registry.web.api.decisions import decided_out, decision_of
from registry.web.api.replies import Cursor, IfMatch, Limit, Once, next_link, told, version_in
from registry.web.decision_schemas import ConditionIn, DecidedOut, ScopeIn
from registry.web.deps import Approver, House, Now, Plain, Read, RowId, SourceReader, Triager, Tx
from registry.web.outside_schemas import (
    AdoptIn,
    BeforeOut,
    OutsideOut,
    PlaceIn,
    ProposedOut,
    WholeOutsideOut,
)
from registry.web.pages.decisions import terms_of, unknown_alternatives
from registry.web.pages.outside_view import found, one
from registry.web.routing import api_router
from registry.web.schemas import Page

router = api_router("/outside-verdicts", tag="outside verdicts")


@router.get("", response_model=Page[OutsideOut], summary="What other registries decided")
def list_outside(
    request: Request,
    read: Read,
    _user: SourceReader,
    settings: House,
    now: Now,
    tool: Annotated[Plain, Query(description="Slug of a tool of ours.")] = "",
    registry: Annotated[int | None, Query(description="Id of the source that tells them.")] = None,
    outcome: Annotated[list[Outcome], Query(description="May be repeated.")] = [],  # noqa: B006
    placed: Annotated[
        bool | None, Query(description="True: beside a tool of ours; false: nobody knows yet.")
    ] = None,
    q: Annotated[Plain, Query(description="In the name that they give the tool.")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response:
    """The newest here first. They are evidence, and never an answer of ours."""
    wanted = Wanted(tool, registry, frozenset(outcome), placed, text=q)
    today = now.astimezone(settings.zone).date()
    rows = found(read, wanted, after=row_mark(cursor), limit=limit + 1, today=today, now=now)
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    page = Page[OutsideOut](items=[_out(each) for each in rows[:limit]], next=following)
    return told(request, page, link=next_link(request, following), private=True)


@router.get(
    "/{outside_id}", response_model=WholeOutsideOut, summary="One of them, with what they said before"
)
def show_outside(
    outside_id: RowId, request: Request, read: Read, _user: SourceReader, settings: House, now: Now
) -> Response:
    """What each of their words changed stands with the one before it."""
    piece = _one(read, outside_id, settings, now)
    history = [
        BeforeOut(
            outcome=each.outside.outcome,
            validity=each.outside.state,
            said_at=each.said_at,
            changed=list(each.changed),
        )
        for each in evidence.history(read, piece)
    ]
    whole = WholeOutsideOut(**evidence.as_json(piece), history=history)
    return told(request, whole, mark=str(piece.row.version), private=True)


@router.post("/{outside_id}/place", response_model=OutsideOut, summary="Say which tool it is about")
def place(
    outside_id: RowId,
    tx: Tx,
    user: Triager,
    settings: House,
    now: Now,
    asked: PlaceIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """Whatever was thought of it before."""

    def act() -> OutsideOut:
        placing.place_by_hand(tx, outside_id, asked.tool, version=version_in(if_match), by=user, now=now)
        return _out(_one(tx, outside_id, settings, now))

    return once(asked, act, by=user)


@router.post("/{outside_id}/set-aside", response_model=OutsideOut, summary="It is about none of our tools")
def set_aside(
    outside_id: RowId, tx: Tx, user: Triager, settings: House, now: Now, once: Once, if_match: IfMatch = None
) -> Response:
    """It can be placed later all the same."""

    def act() -> OutsideOut:
        placing.set_aside(tx, outside_id, version=version_in(if_match), by=user, now=now)
        return _out(_one(tx, outside_id, settings, now))

    return once(None, act, by=user)


@router.post("/{outside_id}/propose", response_model=ProposedOut, summary="Make it a candidate")
def propose(
    outside_id: RowId, tx: Tx, user: Triager, settings: House, now: Now, once: Once, if_match: IfMatch = None
) -> Response:
    """It stands beside the tool as soon as the candidate is one."""

    def act() -> ProposedOut:
        candidate = placing.make_candidate(tx, outside_id, version=version_in(if_match), by=user, now=now)
        return ProposedOut(candidate=candidate.id or 0, url=f"{settings.base_url}/inbox/{candidate.id}")

    return once(None, act, by=user)


@router.get("/{outside_id}/adopt", response_model=AdoptIn, summary="What adopting it would decide")
def show_adoption(
    outside_id: RowId, request: Request, read: Read, user: Approver, settings: House, now: Now
) -> Response:
    """Filled in with theirs, ready to be changed and sent."""
    adoption.require_adopter(user)
    model = adoption.model(read, outside_id, now=now, terms=terms_of(read, settings))
    today = now.astimezone(settings.zone).date()
    theirs = adoption.filled(model, house_of(read, settings), today=today)
    scope = theirs.scope
    body = AdoptIn(
        outcome=theirs.outcome,
        rationale=theirs.rationale,
        conditions=[_condition(each) for each in theirs.conditions],
        scope=ScopeIn(
            edition=scope.edition,
            versions=scope.versions,
            deployment=scope.deployment,
            data_ceiling=scope.data_ceiling,
            accounts=sorted(scope.accounts),
            audience=sorted(scope.audience),
        ),
        citation=theirs.citation,
        valid_until=theirs.valid_until,
        revision=model.row.revision,
    )
    return told(request, body, private=True)


@router.post(
    "/{outside_id}/adopt", response_model=DecidedOut, status_code=201, summary="Adopt with local conditions"
)
def adopt(
    outside_id: RowId, tx: Tx, user: Approver, settings: House, now: Now, asked: AdoptIn, once: Once
) -> Response:
    """One decision, recorded as adopted and unscored. In person, never by token."""

    def act() -> DecidedOut:
        if unknown := unknown_alternatives(tx, asked.alternatives):
            raise InvalidInput("Nothing was published. See what is missing.", unknown)
        adopting = Adopting(
            decision=decision_of(asked),
            revision=asked.revision,
            no_effect=asked.no_effect,
            independent=asked.independent,
        )
        row = adoption.adopt(tx, outside_id, adopting, terms_of(tx, settings), by=user, now=now)
        return decided_out(row, settings)

    return once(asked, act, by=user, status=201)


def _one(session: Session, outside_id: int, settings: Settings, now: datetime) -> Piece:
    return one(session, outside_id, today=now.astimezone(settings.zone).date(), now=now)


def _out(piece: Piece) -> OutsideOut:
    return OutsideOut(**evidence.as_json(piece))


def _condition(each: Condition) -> ConditionIn:
    return ConditionIn(
        text=each.text,
        kind=each.kind,
        who=each.duty,
        check=each.check,
        standing=each.standing,
        due_on=each.due_on,
    )

"""The library of conditions: reading and keeping it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import Query, Request, Response
from sqlmodel import Session

from registry.domain.library import Wording
from registry.services.decisions import library as keeping
from registry.store import library
from registry.store.columns import id_of
from registry.store.library import Reusable
from registry.store.tables import LibraryWording
from registry.web.api.replies import IfMatch, Once, told, version_in
from registry.web.decision_schemas import LibraryOut, StandIn, UseOut, WholeLibraryOut, WordingIn, WordingOut
from registry.web.deps import ConditionKeeper, ConditionReader, Now, Read, RowId, Tx
from registry.web.routing import api_router
from registry.web.schemas import Page

router = api_router("/conditions", tag="conditions")


@router.get("", response_model=Page[LibraryOut], summary="Conditions to use again, the most used first")
def list_conditions(
    request: Request,
    read: Read,
    _user: ConditionReader,
    now: Now,
    retired: Annotated[bool, Query(description="Also those that are offered no more.")] = False,
) -> Response:
    """On one page."""
    items = [_out(each) for each in library.conditions(read, now=now, retired=retired)]
    return told(request, Page[LibraryOut](items=items, next=None), private=True)


@router.post("", response_model=WholeLibraryOut, status_code=201, summary="Add a condition")
def add(tx: Tx, user: ConditionKeeper, now: Now, asked: WordingIn, once: Once) -> Response:
    """It can be picked while deciding from now on."""

    def act() -> WholeLibraryOut:
        return _whole(tx, id_of(keeping.add(tx, _wording(asked), by=user, now=now)), now=now)

    return once(asked, act, by=user, status=201)


@router.post("/starter", response_model=Page[LibraryOut], summary="Put the usual ones into an empty library")
def add_starter(tx: Tx, user: ConditionKeeper, now: Now, once: Once) -> Response:
    """409 where it is not empty."""

    def act() -> Page[LibraryOut]:
        keeping.add_starter(tx, by=user, now=now)
        return Page[LibraryOut](items=[_out(each) for each in library.conditions(tx, now=now)], next=None)

    return once(None, act, by=user)


@router.get("/{condition_id}", response_model=WholeLibraryOut, summary="One condition, and where it is used")
def show_condition(
    condition_id: RowId, request: Request, read: Read, _user: ConditionReader, now: Now
) -> Response:
    """Its ETag is what `If-Match` of an act wants."""
    out = _whole(read, condition_id, now=now)
    return told(request, out, mark=str(out.version), private=True)


@router.post("/{condition_id}/reword", response_model=WholeLibraryOut, summary="Give it a new wording")
def reword(
    condition_id: RowId,
    tx: Tx,
    user: ConditionKeeper,
    now: Now,
    asked: WordingIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """Verdicts keep the wording that they took."""
    version = version_in(if_match)
    act = _then_read(
        tx,
        condition_id,
        now,
        lambda: keeping.reword(tx, condition_id, _wording(asked), version=version, by=user, now=now),
    )
    return once(asked, act, by=user)


@router.post("/{condition_id}/retire", response_model=WholeLibraryOut, summary="Offer it no more")
def retire(
    condition_id: RowId,
    tx: Tx,
    user: ConditionKeeper,
    now: Now,
    asked: StandIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """It stays in the verdicts that have it."""
    version = version_in(if_match)
    act = _then_read(
        tx,
        condition_id,
        now,
        lambda: keeping.retire(tx, condition_id, reason=asked.reason, version=version, by=user, now=now),
    )
    return once(asked, act, by=user)


@router.post("/{condition_id}/bring-back", response_model=WholeLibraryOut, summary="Offer it again")
def bring_back(
    condition_id: RowId, tx: Tx, user: ConditionKeeper, now: Now, once: Once, if_match: IfMatch = None
) -> Response:
    """One that was retired."""
    version = version_in(if_match)
    act = _then_read(
        tx, condition_id, now, lambda: keeping.bring_back(tx, condition_id, version=version, by=user, now=now)
    )
    return once(None, act, by=user)


def _then_read(
    session: Session, condition_id: int, now: datetime, act: Callable[[], object]
) -> Callable[[], WholeLibraryOut]:
    def acted() -> WholeLibraryOut:
        act()
        return _whole(session, condition_id, now=now)

    return acted


def _wording(asked: WordingIn) -> Wording:
    return Wording(
        text=asked.text,
        kind=asked.kind,
        duty=asked.who,
        check=asked.check,
        mitigates=frozenset(asked.mitigates),
        standing=asked.standing,
        due_days=asked.due_days,
    )


def _out(each: Reusable) -> LibraryOut:
    return LibraryOut(
        id=id_of(each.row),
        version=each.row.version,
        wording=_worded(each.wording),
        used=each.used,
        retired_at=each.row.retired_at,
        retired_reason=each.row.retired_reason,
    )


def _whole(session: Session, condition_id: int, *, now: datetime) -> WholeLibraryOut:
    return WholeLibraryOut(
        **_out(library.one(session, condition_id, now=now)).model_dump(),
        wordings=[_worded(each) for each in library.wordings(session, condition_id)],
        uses=[
            UseOut(
                verdict=each.verdict.number,
                tool=each.tool.slug,
                wording=each.wording_number,
                changed=each.changed,
            )
            for each in library.uses(session, condition_id, now=now)
        ],
    )


def _worded(row: LibraryWording) -> WordingOut:
    return WordingOut(
        id=id_of(row),
        number=row.number,
        text=row.text,
        kind=row.kind,
        who=row.duty,
        check=row.checked,
        mitigates=row.mitigates.split(),
        standing=row.standing,
        due_days=row.due_days,
        at=row.at,
    )

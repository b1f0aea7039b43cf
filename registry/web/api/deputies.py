"""Who decides for whom while they are away: named and ended in person, as on the pages."""

from datetime import datetime

from fastapi import Response
from sqlmodel import Session

from registry.services.people import deputies
from registry.settings import Settings
from registry.store.tables import Delegation
from registry.web.api.replies import Once
from registry.web.deps import Admin, Approver, House, InPerson, Now, RowId, Tx
from registry.web.deputies import lendings_of
from registry.web.people_schemas import DelegationIn, DelegationOut
from registry.web.routing import api_router

router = api_router(tag="account")


@router.post(
    "/account/delegations", response_model=DelegationOut, status_code=201, summary="Name who decides for you"
)
def name_deputy(tx: Tx, user: Approver, now: Now, house: House, asked: DelegationIn, once: Once) -> Response:
    """While you are away, from a day to a day. Who decides for another names nobody."""

    def act() -> DelegationOut:
        row = deputies.delegate(
            tx,
            asked.deputy,
            first_day=asked.first_day,
            last_day=asked.last_day,
            zone=house.zone,
            by=user,
            now=now,
        )
        return _out(tx, row, house, now)

    return once(asked, act, by=user, status=201)


@router.post(
    "/account/delegations/{delegation_id}/end",
    response_model=DelegationOut,
    summary="End a delegation of yours",
)
def end_own(delegation_id: RowId, tx: Tx, user: InPerson, now: Now, house: House, once: Once) -> Response:
    """At once; by whoever gave it or was given it."""

    def act() -> DelegationOut:
        row = deputies.end(tx, delegation_id, of=user.person_id, by=user, now=now)
        return _out(tx, row, house, now)

    return once(None, act, by=user)


@router.post(
    "/people/{user_id}/delegations/{delegation_id}/end",
    response_model=DelegationOut,
    summary="End somebody's delegation",
)
def end_anybodys(
    user_id: RowId, delegation_id: RowId, tx: Tx, user: Admin, now: Now, house: House, once: Once
) -> Response:
    """At once; 404 where it is none of this person's."""

    def act() -> DelegationOut:
        row = deputies.end(tx, delegation_id, of=user_id, by=user, now=now)
        return _out(tx, row, house, now)

    return once(None, act, by=user)


def _out(session: Session, row: Delegation, settings: Settings, now: datetime) -> DelegationOut:
    every = lendings_of(session, row.approver_id, zone=settings.zone, now=now)
    return next(DelegationOut(**vars(each)) for each in every if each.id == row.id)

"""Naming who decides for one while one is away, and ending that; an admin ends it too."""

from fastapi import Request, Response

from registry.domain.errors import InvalidInput
from registry.services.people import deputies
from registry.web.deps import Admin, Approver, House, InPerson, Now, RowId, Tx
from registry.web.pages.account import account_page
from registry.web.render import go, render, secretly
from registry.web.routing import page_router
from registry.web.shapes import Form
from registry.web.typed import Fields, number

router = page_router()


@router.post("/account/delegations")
def name_deputy(request: Request, tx: Tx, user: Approver, now: Now, house: House, typed: Fields) -> Response:
    faults: dict[str, str] = {}
    first_day, last_day = typed.day("first_day", faults), typed.day("last_day", faults)
    deputy = typed.one("deputy")
    try:
        with tx.begin_nested():
            deputies.delegate(
                tx,
                number(deputy),
                first_day=first_day,
                last_day=last_day,
                zone=house.zone,
                by=user,
                now=now,
            )
    except InvalidInput as refused:
        values = {"deputy": deputy, "first_day": typed.one("first_day"), "last_day": typed.one("last_day")}
        form = Form(values, {**refused.faults, **faults})
        page = account_page(request, tx, user, house, deputy_form=form)
        return secretly(render(request, "account/show.html", page, status=422))
    return go("/account")


@router.post("/account/delegations/{delegation_id}/end")
def end_own(delegation_id: RowId, tx: Tx, user: InPerson, now: Now) -> Response:
    deputies.end(tx, delegation_id, of=user.person_id, by=user, now=now)
    return go("/account")


@router.post("/people/{user_id}/delegations/{delegation_id}/end")
def end_anybodys(user_id: RowId, delegation_id: RowId, tx: Tx, user: Admin, now: Now) -> Response:
    deputies.end(tx, delegation_id, of=user_id, by=user, now=now)
    return go(f"/people/{user_id}")

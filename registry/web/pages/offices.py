"""Offices: what they are called, what holds where nobody decided, and outcomes of their own, for admins."""

from collections.abc import Mapping
from datetime import datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RubricInvalid, StaleVersion
from registry.domain.outcome import Outcome
from registry.services.people import offices as acts
from registry.services.people.acting import Actor
from registry.services.rubrics.comparing import compare_outcomes
from registry.store import offices
from registry.web.deps import Asked, Now, Read, RubricKeeper, RubricReader, Slug, Text, Tx
from registry.web.pages.offices_view import list_page, office_page, typed_outcomes
from registry.web.pages.rubrics_view import effects
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Form
from registry.web.typed import Fields, Typed

router = page_router("/offices")


@router.get("")
def show_offices(request: Request, read: Read, user: RubricReader) -> Response:
    return render(request, "offices/list.html", list_page(read, user))


@router.post("")
def add(
    request: Request,
    tx: Tx,
    user: RubricKeeper,
    now: Now,
    code: Text = "",
    name: Text = "",
    default_rule: Text = "",
) -> Response:
    try:
        with tx.begin_nested():
            added = acts.add(tx, code=code, name=name, default_rule=default_rule, by=user, now=now)
    except InvalidInput as refused:
        form = Form({"code": code, "name": name, "default_rule": default_rule}, refused.faults)
        return render(request, "offices/list.html", list_page(tx, user, form), status=422)
    return go(f"/offices/{added.code}")


@router.get("/{code}")
def show_office(request: Request, code: Slug, read: Read, user: RubricReader, table: Asked = "") -> Response:
    """`table` is the number of a decision table file that is not in force, to prepare outcomes for it."""
    return render(request, "offices/show.html", office_page(read, code, user, table=_number(table)))


@router.post("/{code}")
def change(request: Request, code: Slug, tx: Tx, user: RubricKeeper, now: Now, typed: Fields) -> Response:
    """`action` is try or save; whatever is refused comes back with all that was typed."""
    table = _number(typed.one("table"))
    try:
        outcomes = typed_outcomes(typed)
        if typed.one("action") != "save":
            return _tried(request, tx, code, user, typed, outcomes, now=now)
        with tx.begin_nested():
            acts.change(
                tx,
                code,
                name=typed.one("name"),
                default_rule=typed.one("default_rule"),
                table_number=table,
                outcomes=outcomes,
                version=_number(typed.one("version")) or 0,
                by=user,
                now=now,
            )
    except InvalidInput as refused:
        page = office_page(tx, code, user, table=table, typed=typed, faults=refused.faults)
        return render(request, "offices/show.html", page, status=422)
    except StaleVersion as refused:
        page = office_page(tx, code, user, table=table, typed=typed, stale=refused.sentence)
        return render(request, "offices/show.html", page, status=409)
    return go(f"/offices/{code}" + (f"?table={table}" if table else ""))


def _tried(
    request: Request,
    session: Session,
    code: str,
    user: Actor,
    typed: Typed,
    outcomes: Mapping[int, Outcome],
    *,
    now: datetime,
) -> Response:
    table = _number(typed.one("table"))
    offices.get(session, code)
    try:
        found = compare_outcomes(session, code, acts.table_of(session, table), outcomes, now=now)
    except RubricInvalid as refused:
        raise InvalidInput("These outcomes do not go together.", {"outcomes": refused.sentence}) from refused
    page = office_page(session, code, user, table=table, typed=typed, tried=effects(found))
    return render(request, "offices/show.html", page)


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and 0 < len(typed) < 10 else None

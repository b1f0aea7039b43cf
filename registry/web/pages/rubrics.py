"""Rubrics and decision tables: what is in force, a new version beside it, and switching one on, for admins."""

from typing import Annotated

from fastapi import File, Form, Query, Request, Response, UploadFile
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RegistryError, RubricInvalid, RuleBroken, StaleVersion
from registry.services.people.acting import Actor
from registry.services.rubrics import rubric_files, rubrics
from registry.web.deps import House, Now, Read, RowId, RubricKeeper, RubricReader, Text, Tx
from registry.web.pages.rubrics_view import list_page, show_page
from registry.web.render import go, render
from registry.web.routing import page_router

router = page_router("/rubrics")
UPLOADED, PASTED = "an uploaded file", "the page"
Against = Annotated[int, Query(ge=0, le=2**31 - 1)]


@router.get("")
def show_rubrics(request: Request, read: Read, user: RubricReader, house: House) -> Response:
    return render(request, "rubrics/list.html", list_page(read, house, user))


@router.post("")
def add(
    request: Request,
    tx: Tx,
    user: RubricKeeper,
    now: Now,
    house: House,
    text: Annotated[str, Form()] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Stored and not switched on: the page that compares it with what is in force comes next."""
    sent = file.file.read(rubrics.MAX_BYTES + 1) if file is not None and file.filename else b""
    body, origin = (sent, UPLOADED) if sent else (text.replace("\r\n", "\n").encode(), PASTED)
    try:
        if not body.strip():
            raise RubricInvalid("Choose a file, or paste its text.")
        with tx.begin_nested():
            stored = rubrics.store_file(tx, rubrics.parse(body), origin=origin, by=user, now=now)
    except RubricInvalid as refused:
        shown = body.decode("utf-8", "replace") if len(body) <= rubrics.MAX_BYTES else ""
        page = list_page(tx, house, user, text=shown, faults={"text": refused.sentence})
        return render(request, "rubrics/list.html", page, status=422)
    return go(f"/rubrics/{stored.number}")


@router.post("/look")
def look_again(request: Request, tx: Tx, user: RubricKeeper, now: Now, house: House) -> Response:
    """Takes in what is new in the folder, at once and not with the next tick."""
    with tx.begin_nested():
        rubric_files.take_in(tx, house.rubrics_dir, now=now)
    return render(request, "rubrics/list.html", list_page(tx, house, user))


@router.get("/{number}")
def show_rubric(
    request: Request,
    number: RowId,
    read: Read,
    user: RubricReader,
    now: Now,
    against: Against = 0,
    done: Against = 0,
) -> Response:
    """`done` is the number of what was in force before this one was switched on."""
    page = show_page(read, number, user, against=against, before=done, now=now)
    return render(request, "rubrics/show.html", page)


@router.post("/{number}/switch-on")
def switch_on(
    request: Request, number: RowId, tx: Tx, user: RubricKeeper, now: Now, version: Text = "", sure: Text = ""
) -> Response:
    """Asked about once more, with what it would change; `sure` is the answer."""
    page = show_page(tx, number, user, now=now)
    try:
        with tx.begin_nested() as attempt:
            rubrics.switch_on(tx, number, version=_version(version), by=user, now=now)
            if sure != "yes":
                attempt.rollback()
    except (InvalidInput, RuleBroken, StaleVersion) as refused:
        return _refused(request, tx, number, user, refused, now=now)
    if sure != "yes":
        return render(request, "rubrics/sure.html", page)
    return go(f"/rubrics/{number}?done={page.against or 0}")


def _refused(
    request: Request, tx: Session, number: int, user: Actor, refused: RegistryError, *, now: Now
) -> Response:
    page = show_page(tx, number, user, refused=refused.sentence, now=now)
    return render(request, "rubrics/show.html", page, status=409)


def _version(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
        raise InvalidInput("Open the page again, compare, then switch on.", {"version": "is missing"})
    return int(typed)

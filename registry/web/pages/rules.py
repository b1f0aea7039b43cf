"""The rules of intake: what they are for whoever works here, trying and changing them for admins."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Query, Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotFound, RegistryError, RuleBroken
from registry.services.entries import intake_rules as acts
from registry.services.people.acting import Actor
from registry.store.columns import id_of
from registry.web.deps import Asked, Now, Read, RowId, SourceKeeper, SourceReader, Text, Tx
from registry.web.pages.rules_view import PATH, as_rule, rule_form, rules_page, told_of
from registry.web.render import go, render
from registry.web.routing import page_router

router = page_router(PATH)
Done = Annotated[int, Query(ge=0, le=2**31 - 1)]


@router.get("")
def show_rules(
    request: Request, read: Read, user: SourceReader, source: Asked = "", done: Done = 0
) -> Response:
    told = ""
    if done:
        try:
            told = told_of(read, done)
        except NotFound:
            told = ""
    page = rules_page(read, user, form=rule_form({"source": source}), told=told)
    return render(request, "sources/rules.html", page)


@router.get("/try")
def try_rule(
    request: Request,
    read: Read,
    user: SourceKeeper,
    act: Asked = "",
    field: Asked = "",
    pattern: Asked = "",
    expression: Asked = "",
    label: Asked = "",
    source: Asked = "",
) -> Response:
    """What the rule would have done to stored entries; nothing is stored, so that it is a page like another."""
    typed = _typed(act, field, pattern, expression, label, source)
    try:
        trial = acts.try_rule(read, as_rule(typed))
    except (InvalidInput, NotFound) as refused:
        return _again(request, read, user, typed, refused)
    page = rules_page(read, user, form=rule_form(typed), trial=trial)
    return render(request, "sources/rules.html", page)


@router.post("")
def add(
    request: Request,
    tx: Tx,
    user: SourceKeeper,
    now: Now,
    act: Text = "",
    field: Text = "",
    pattern: Text = "",
    expression: Text = "",
    label: Text = "",
    source: Text = "",
) -> Response:
    typed = _typed(act, field, pattern, expression, label, source)
    try:
        with tx.begin_nested():
            added = acts.add(tx, as_rule(typed), by=user, now=now)
    except (InvalidInput, NotFound, RuleBroken) as refused:
        return _again(request, tx, user, typed, refused)
    return go(f"{PATH}?done={id_of(added)}")


@router.post("/{rule_id}/move")
def move(request: Request, rule_id: RowId, tx: Tx, user: SourceKeeper, now: Now, to: Text = "") -> Response:
    def act() -> None:
        if to not in ("up", "down"):
            raise InvalidInput("Say where to: up or down.", {"to": "must be up or down"})
        acts.move(tx, rule_id, up=to == "up", by=user, now=now)

    return _act(request, tx, user, act, PATH)


@router.post("/{rule_id}/remove")
def remove(request: Request, rule_id: RowId, tx: Tx, user: SourceKeeper, now: Now) -> Response:
    def act() -> None:
        acts.remove(tx, rule_id, by=user, now=now)

    return _act(request, tx, user, act, f"{PATH}?done={rule_id}")


@router.post("/{rule_id}/let-in")
def let_in(request: Request, rule_id: RowId, tx: Tx, user: SourceKeeper, now: Now) -> Response:
    def act() -> None:
        acts.let_in_again(tx, rule_id, by=user, now=now)

    return _act(request, tx, user, act, PATH)


def _typed(act: str, field: str, pattern: str, expression: str, label: str, source: str) -> dict[str, str]:
    return {
        "act": act,
        "field": field,
        "pattern": pattern,
        "expression": expression,
        "label": label,
        "source": source,
    }


def _act(request: Request, tx: Session, user: Actor, do: Callable[[], None], then: str) -> Response:
    try:
        with tx.begin_nested():
            do()
    except (InvalidInput, RuleBroken) as refused:
        page = rules_page(tx, user, refused=refused.sentence)
        return render(request, "sources/rules.html", page, status=409)
    return go(then)


def _again(
    request: Request, session: Session, user: Actor, typed: dict[str, str], refused: RegistryError
) -> Response:
    """The form as it was typed, with what is wrong."""
    faults = refused.faults if isinstance(refused, InvalidInput) else {}
    if isinstance(refused, NotFound):
        faults = {"source": refused.sentence}
    page = rules_page(
        session, user, form=rule_form(typed, faults), refused="" if faults else refused.sentence
    )
    return render(request, "sources/rules.html", page, status=422 if faults else 409)

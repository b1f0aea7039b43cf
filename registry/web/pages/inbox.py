"""The list of candidates, what one did last, and keys; acts on one stand in candidates.py, on several in bulk.py."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response

from registry.domain.errors import InvalidInput, RuleBroken
from registry.services.candidates import saved_filters, undoing
from registry.store import inbox
from registry.web.candidate_schemas import candidate_out
from registry.web.deps import Asked, House, Insider, Now, Read, RowId, Text, Triager, Tx
from registry.web.files import json_file, sheet_file
from registry.web.inbox_filter import as_wanted, wanted_in
from registry.web.pages.inbox_view import inbox_page
from registry.web.parts import parts_of
from registry.web.render import go, local_path, render
from registry.web.routing import page_router
from registry.web.shapes import Form
from registry.web.typed import number
from registry.web.understood import understood
from registry.web.viewer import own_cookie

router = page_router("/inbox")
files = page_router()
KEYS_COOKIE = "keys"


def read_keys(request: Request) -> str:
    return request.cookies.get(own_cookie(parts_of(request), KEYS_COOKIE), "")


Keys = Annotated[str, Depends(read_keys)]
YEAR_S = 365 * 86_400


@router.get("")
def show_inbox(
    request: Request,
    read: Read,
    user: Insider,
    settings: House,
    now: Now,
    done: Asked = "",
    undone: Asked = "",
    keys: Keys = "",
) -> Response:
    page = understood(
        request,
        lambda query: inbox_page(
            read,
            as_wanted(query),
            user=user,
            zone=settings.zone,
            now=now,
            keys=keys != "off",
            done=number(done) or 0,
            undone=number(undone) or 0,
        ),
        marks=("after",),
    )
    return render(request, "inbox/list.html", page)


@router.post("/acts/{act_id}/undo")
def undo(
    request: Request,
    act_id: RowId,
    tx: Tx,
    user: Triager,
    settings: House,
    now: Now,
    back: Text = "",
    keys: Keys = "",
) -> Response:
    """Pressed twice it undoes once."""
    try:
        with tx.begin_nested():
            undoing.undo(tx, act_id, by=user, now=now)
    except RuleBroken as refused:
        wanted = wanted_in(urlsplit(inside(back)).query)
        page = inbox_page(
            tx, wanted, user=user, zone=settings.zone, now=now, keys=keys != "off", refused=[refused.sentence]
        )
        return render(request, "inbox/list.html", page, status=409)
    return go(told_of(back, undone=act_id))


@router.post("/filters")
def save_filter(
    request: Request,
    tx: Tx,
    user: Insider,
    settings: House,
    now: Now,
    name: Text = "",
    query: Text = "",
    keys: Keys = "",
) -> Response:
    wanted = wanted_in(query)
    try:
        saved_filters.save(tx, name=name, query=wanted.query, by=user, now=now)
    except InvalidInput as refused:
        page = inbox_page(
            tx,
            wanted,
            user=user,
            zone=settings.zone,
            now=now,
            keys=keys != "off",
            saving=Form({"name": name}, refused.faults),
        )
        return render(request, "inbox/list.html", page, status=422)
    return go(wanted.address)


@router.post("/filters/{filter_id}/remove")
def remove_filter(filter_id: RowId, tx: Tx, user: Insider, back: Text = "") -> Response:
    saved_filters.remove(tx, filter_id, by=user)
    return go(inside(back))


@router.post("/keys")
def switch_keys(request: Request, _user: Insider, on: Text = "", back: Text = "") -> Response:
    reply = go(inside(back))
    parts, value = parts_of(request), "on" if on else "off"
    name, secure = own_cookie(parts, KEYS_COOKIE), parts.secure
    reply.set_cookie(name, value, max_age=YEAR_S, httponly=True, samesite="lax", secure=secure)
    return reply


@files.get("/inbox.csv")
@files.get("/inbox.xlsx")
def download_sheet(request: Request, read: Read, _user: Insider, settings: House, now: Now) -> Response:
    """Every candidate that the filter matches, on whatever page; newest first."""
    matches = as_wanted(request.query_params).filter(zone=settings.zone, now=now)
    found = [candidate_out(row).model_dump() for row in inbox.rows(read, inbox.all_of(read, matches))]
    return sheet_file(request, "candidates", COLUMNS, [_flat(each) for each in found])


@files.get("/inbox.json")
def download_json(request: Request, read: Read, _user: Insider, settings: House, now: Now) -> Response:
    """The same with every finding, as the API gives each."""
    matches = as_wanted(request.query_params).filter(zone=settings.zone, now=now)
    found = [
        candidate_out(row).model_dump(mode="json") for row in inbox.rows(read, inbox.all_of(read, matches))
    ]
    return json_file(request, "candidates", found)


COLUMNS = (
    *(
        "id",
        "name",
        "homepage",
        "tagline",
        "category",
        "status",
        "reason",
        "note",
        "watch_until",
        "merged_into",
    ),
    *(
        "seen_at",
        "closed_at",
        "mentions",
        "requests",
        "look_ups",
        "relevance",
        "sources",
        "labels",
        "newest_entry",
    ),
)


def _flat(each: dict[str, object]) -> dict[str, object]:
    return {
        name: "; ".join(map(str, value)) if isinstance(value, list) else value for name, value in each.items()
    }


def told_of(back: str, *, done: int = 0, undone: int = 0) -> str:
    """The page an act came from, told which act was done or undone."""
    path, _, query = inside(back).partition("?")
    kept = [part for part in query.split("&") if part and part.split("=")[0] not in ("done", "undone")]
    kept += [f"{name}={act_id}" for name, act_id in (("done", done), ("undone", undone)) if act_id]
    return f"{path}?{'&'.join(kept)}" if kept else path


def inside(back: str) -> str:
    """A page of the inbox; the inbox itself for anything else."""
    path = local_path(back, "/inbox")
    return path if path.split("?")[0].split("/")[1:2] == ["inbox"] else "/inbox"

"""What other registries decided: the list with its files, each with its history, and saying which tool it is about."""

from datetime import datetime
from typing import Any

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import StaleVersion
from registry.domain.identity import name_key
from registry.services.outside import evidence, placing
from registry.settings import Settings
from registry.store import tools
from registry.store.paging import row_mark
from registry.web.deps import House, Now, Read, RowId, SourceReader, Text, Triager, Tx
from registry.web.files import MOST, json_file, sheet_file
from registry.web.pages.decisions import terms_of
from registry.web.pages.outside_view import found, list_page, read_wanted, shown_page
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Form
from registry.web.typed import version_of
from registry.web.understood import understood

router = page_router()
SHOW = "outside/show.html"
COLUMNS = (
    *("id", "registry", "number", "url", "tool_name", "tool", "placed_by", "outcome", "validity", "stands"),
    *(
        "scope",
        "conditions",
        "rationale",
        "decided_by",
        "decided_on",
        "ends_on",
        "adopted_from",
        "adopted_as",
    ),
    *("said_at", "changed_at"),
)


@router.get("/outside-verdicts")
def list_outside(request: Request, read: Read, _user: SourceReader, settings: House, now: Now) -> Response:
    listed, after = understood(
        request, lambda query: (read_wanted(query), row_mark(query.get("after", ""))), marks=("after",)
    )
    page = list_page(read, listed, after=after, settings=settings, now=now)
    return render(request, "outside/list.html", page)


@router.get("/outside-verdicts.csv")
@router.get("/outside-verdicts.xlsx")
def download_sheet(request: Request, read: Read, _user: SourceReader, settings: House, now: Now) -> Response:
    rows = _told(request, read, settings, now)
    return sheet_file(request, "outside-verdicts", COLUMNS, rows)


@router.get("/outside-verdicts.json")
def download_json(request: Request, read: Read, _user: SourceReader, settings: House, now: Now) -> Response:
    return json_file(request, "outside-verdicts", _told(request, read, settings, now))


@router.get("/outside-verdicts/{outside_id}")
def show_outside(
    request: Request, outside_id: RowId, read: Read, user: SourceReader, settings: House, now: Now
) -> Response:
    return render(request, SHOW, shown_page(read, outside_id, user, terms_of(read, settings), now=now))


@router.post("/outside-verdicts/{outside_id}/place")
def place(
    request: Request,
    outside_id: RowId,
    tx: Tx,
    user: Triager,
    settings: House,
    now: Now,
    tool: Text = "",
    version: Text = "",
) -> Response:
    """`tool` is a tool's name or slug; what is refused comes back with what was typed."""
    named = [*tools.by_slugs(tx, [tool.strip()]).values(), *tools.by_name_keys(tx, [name_key(tool)])]
    fault, stale = "" if named else "There is no tool of that name here. Name one that is.", ""
    if named:
        try:
            placing.place_by_hand(
                tx, outside_id, named[0].slug, version=version_of(version), by=user, now=now
            )
            return go(f"/outside-verdicts/{outside_id}")
        except StaleVersion as refused:
            stale = refused.sentence
    form = Form({"tool": tool}, {"tool": fault} if fault else {})
    page = shown_page(tx, outside_id, user, terms_of(tx, settings), now=now, form=form, stale=stale)
    return render(request, SHOW, page, status=409 if stale else 422)


@router.post("/outside-verdicts/{outside_id}/set-aside")
def set_aside(outside_id: RowId, tx: Tx, user: Triager, now: Now, version: Text = "") -> Response:
    placing.set_aside(tx, outside_id, version=version_of(version), by=user, now=now)
    return go(f"/outside-verdicts/{outside_id}")


@router.post("/outside-verdicts/{outside_id}/propose")
def propose(outside_id: RowId, tx: Tx, user: Triager, now: Now, version: Text = "") -> Response:
    candidate = placing.make_candidate(tx, outside_id, version=version_of(version), by=user, now=now)
    return go(f"/inbox/{candidate.id}")


def _told(request: Request, session: Session, settings: Settings, now: datetime) -> list[dict[str, Any]]:
    wanted = read_wanted(request.query_params).wanted
    today = now.astimezone(settings.zone).date()
    return [evidence.as_json(each) for each in found(session, wanted, limit=MOST, today=today, now=now)]

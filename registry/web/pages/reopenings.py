"""Why cases were opened again: the list, with the same as CSV and JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.triggers import CAUSES, Cause
from registry.domain.values import dataclass
from registry.services.evaluations import taking_part
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.store import reopenings
from registry.store.columns import id_of
from registry.store.paging import row_mark
from registry.store.reopenings import Reopened
from registry.web.deps import House, Insider, Read
from registry.web.files import MOST, as_files, json_file, sheet_file
from registry.web.life_schemas import reopening_out
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import Link, Option, Pager
from registry.web.understood import codes, understood

router = page_router()
MOST_LISTED = 100
COLUMNS = (
    *("id", "tool", "edition", "cause", "sentence", "text", "link", "at"),
    *("verdict", "state", "owner", "due_on", "evaluation"),
)


@dataclass(frozen=True)
class Wanted:
    causes: tuple[Cause, ...] = ()
    closed: bool = False
    """Those of closed cases too."""

    @property
    def query(self) -> str:
        causes = [("cause", each.value) for each in self.causes]
        return urlencode([*causes, ("closed", "yes")] if self.closed else causes)


@dataclass(frozen=True)
class CauseRow:
    tool: str
    cause: str
    text: str
    link: str
    verdict: int
    at: datetime
    evaluation_url: str
    state: str
    owner: str


@dataclass(frozen=True)
class ReopeningsPage:
    rows: Sequence[CauseRow]
    causes: Sequence[Option]
    cause: str
    closed: bool
    pager: Pager
    formats: Sequence[Link]


@router.get("/reopenings")
def list_reopenings(request: Request, read: Read, user: Insider) -> Response:
    wanted, before = understood(
        request, lambda query: (_wanted(query), row_mark(query.get("before", ""))), marks=("before",)
    )
    found = _found(read, wanted, user, before=before, limit=MOST_LISTED + 1)
    shown, query = found[:MOST_LISTED], wanted.query
    more = ""
    if len(found) > MOST_LISTED:
        more = "/reopenings?" + "&".join(filter(None, [query, f"before={id_of(shown[-1].row)}"]))
    rows = [
        CauseRow(
            tool=each.tool.name + (f" ({each.evaluation.edition})" if each.evaluation.edition else ""),
            cause=CAUSES[each.row.cause].label,
            text=each.row.text,
            link=each.row.link,
            verdict=each.number,
            at=each.row.at,
            evaluation_url=f"/evaluations/{each.evaluation.id}",
            state=each.evaluation.state.value,
            owner=each.owner.name,
        )
        for each in shown
    ]
    page = ReopeningsPage(
        rows,
        [Option("", "Every cause"), *(Option(each.value, CAUSES[each].label.capitalize()) for each in Cause)],
        wanted.causes[0].value if len(wanted.causes) == 1 else "",
        wanted.closed,
        Pager(f"{len(rows)} {'cause' if len(rows) == 1 else 'causes'}", "", more),
        as_files(f"/reopenings.csv?{query}".rstrip("?")),
    )
    return render(request, "verdicts/reopenings.html", page)


@router.get("/reopenings.csv")
@router.get("/reopenings.xlsx")
def download_sheet(request: Request, read: Read, user: Insider, settings: House) -> Response:
    told = _told(request, read, user, settings)
    return sheet_file(
        request, "reopenings", COLUMNS, [each | {"tool": each["tool"]["name"]} for each in told]
    )


@router.get("/reopenings.json")
def download_json(request: Request, read: Read, user: Insider, settings: House) -> Response:
    return json_file(request, "reopenings", _told(request, read, user, settings))


def _told(request: Request, session: Session, user: Actor, settings: Settings) -> list[dict[str, Any]]:
    found = _found(session, _wanted(request.query_params), user, limit=MOST)
    return [reopening_out(each, settings.base_url).model_dump(mode="json") for each in found]


def _wanted(query: QueryParams) -> Wanted:
    return Wanted(codes(Cause, query.getlist("cause"), "cause"), bool(query.get("closed")))


def _found(
    session: Session, wanted: Wanted, user: Actor, *, before: int = 0, limit: int
) -> Sequence[Reopened]:
    """As much of it as this person may see, newest first."""
    return reopenings.page(
        session,
        causes=wanted.causes,
        closed=wanted.closed,
        seen_by=None if taking_part.sees_all(user) else user.person_id,
        before=before,
        limit=limit,
    )

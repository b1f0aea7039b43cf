"""What colleagues asked for, under filters, as a page, CSV, Excel and JSON; asking itself is requests.py's."""

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from fastapi import Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.values import dataclass
from registry.services.answers.asked_for import AskedFor, asked_for
from registry.settings import Settings
from registry.store import requests
from registry.store.paging import moment_mark
from registry.store.requests import Became, Wanted, mark_of
from registry.web.deps import House, Insider, Now, Read
from registry.web.files import MOST, as_files, json_file, sheet_file
from registry.web.render import render
from registry.web.request_schemas import AskedForOut, asked_for_out
from registry.web.routing import page_router
from registry.web.shapes import Link, Option, Pager
from registry.web.understood import code, understood

router = page_router("/requests")
downloads = page_router()
MOST_LISTED = 50
BECAME = {
    Became.WAITING: "Nobody has looked at it",
    Became.WATCHED: "Watched",
    Became.ACCEPTED: "Let in",
    Became.DECLINED: "Not for us",
}
COLUMNS = (
    *("id", "name", "purpose", "data_class", "needed_by", "at", "stands", "sentence", "expected_on"),
    *("asked_by", "contact", "tool", "candidate", "url"),
)


@dataclass(frozen=True)
class RequestRow:
    name: str
    url: str
    purpose: str
    data_class: str
    needed_by: str
    at: datetime
    code: str
    sentence: str
    expected_on: date | None
    accepted: bool
    by: str
    contact: str


@dataclass(frozen=True)
class RequestsPage:
    rows: Sequence[RequestRow]
    became: str
    choices: Sequence[Option]
    text: str
    pager: Pager
    formats: Sequence[Link]


@router.get("")
def list_requests(request: Request, read: Read, _user: Insider, settings: House, now: Now) -> Response:
    wanted, before = understood(
        request, lambda query: (as_wanted(query), moment_mark(query.get("before", ""))), marks=("before",)
    )
    found = asked_for(read, wanted, settings, before=before, limit=MOST_LISTED + 1, now=now)
    shown, total = found[:MOST_LISTED], requests.count(read, wanted)
    older = _address(wanted, before=mark_of(shown[-1].request)) if len(found) > MOST_LISTED else ""
    said = f"{total:,} {'request' if total == 1 else 'requests'}"
    page = RequestsPage(
        rows=[_row(each) for each in shown],
        became=wanted.became or "",
        choices=[Option("", "Everything"), *(Option(each.value, label) for each, label in BECAME.items())],
        text=wanted.text,
        pager=Pager(
            f"{len(shown)} of {said}" if older or before else said,
            previous_url=_address(wanted) if before else "",
            next_url=older,
        ),
        formats=as_files(_address(wanted, ".csv")),
    )
    return render(request, "requests/list.html", page)


@downloads.get("/requests.csv")
@downloads.get("/requests.xlsx")
def download_sheet(request: Request, read: Read, _user: Insider, settings: House, now: Now) -> Response:
    told = [each.model_dump(mode="json") for each in _told(request, read, settings, now)]
    rows = [each | {"tool": each["tool"]["slug"] if each["tool"] else ""} for each in told]
    return sheet_file(request, "requests", COLUMNS, rows)


@downloads.get("/requests.json")
def download_json(request: Request, read: Read, _user: Insider, settings: House, now: Now) -> Response:
    told = [each.model_dump(mode="json") for each in _told(request, read, settings, now)]
    return json_file(request, "requests", told)


def as_wanted(query: QueryParams) -> Wanted:
    """The filter that an address names. Raises InvalidInput, naming what may stand there, for an unknown code."""
    said = code(query.get("became", ""), tuple(Became), "became", BECAME.values())
    return Wanted(Became(said) if said else None, query.get("q", "").replace("\0", "").strip()[:200])


def _told(request: Request, session: Session, settings: Settings, now: datetime) -> list[AskedForOut]:
    found = asked_for(session, as_wanted(request.query_params), settings, limit=MOST, now=now)
    return [asked_for_out(each, settings.base_url) for each in found]


def _address(wanted: Wanted, ending: str = "", before: str = "") -> str:
    parts = [("became", wanted.became or ""), ("q", wanted.text), ("before", before)]
    query = urlencode([(name, value) for name, value in parts if value])
    return f"/requests{ending}" + (f"?{query}" if query else "")


def _row(each: AskedFor) -> RequestRow:
    row, stage = each.request, each.stage
    return RequestRow(
        name=stage.name,
        url=f"/tools/{stage.tool.slug}" if stage.tool else f"/inbox/{row.candidate_id}",
        purpose=row.purpose,
        data_class=row.data_class,
        needed_by=row.needed_by,
        at=row.at,
        code=stage.code,
        sentence=stage.state,
        expected_on=stage.expected_on,
        accepted=stage.tool is not None,
        by=each.by,
        contact=row.contact,
    )

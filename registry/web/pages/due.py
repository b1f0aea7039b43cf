"""What is due: dated conditions, suspensions, reviews and pilots, under filters, as a page, CSV and JSON."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.publish.sheet import FORMULA_SIGNS
from registry.services.people.acting import Actor
from registry.services.people.house import house
from registry.services.verdicts.due import DueKind, DueThing, When, due
from registry.settings import Settings
from registry.web.deps import House, Now, Read, SourceReader
from registry.web.life_schemas import due_out
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import Link, Option

router = page_router()
KINDS = {
    DueKind.CONDITION: "Condition",
    DueKind.SUSPENSION: "Suspension",
    DueKind.REVIEW: "Review",
    DueKind.PILOT_RESULT: "Result of a pilot",
}
WHOS = {
    "user": "Those who use it",
    "office": "Their office",
    "registry": "The registry’s staff",
    "approver": "Approvers",
}
WHENS = {When.OVERDUE: "Overdue", When.SOON: "Within 30 days", When.LATER: "Later"}
COLUMNS = ("kind", "who", "text", "due_on", "state", "verdict", "tool", "owner", "url")


@dataclass(frozen=True)
class DueRow:
    kind: str
    who: str
    text: str
    due_on: date
    overdue: bool
    number: int
    tool: str
    url: str
    owner: str


@dataclass(frozen=True)
class DuePage:
    rows: Sequence[DueRow]
    kinds: Sequence[Option]
    whos: Sequence[Option]
    whens: Sequence[Option]
    kind: str
    who: str
    when: str
    mine: bool
    counts: Sequence[Link]
    """How much is overdue, soon and later under the other filters, each as a link to it."""
    formats: Sequence[Link]


@router.get("/due")
def show_due(request: Request, read: Read, user: SourceReader, settings: House, now: Now) -> Response:
    query = request.query_params
    found = things(read, query, settings, user, now)
    others = things(read, _without(query, "when"), settings, user, now)
    asked = urlencode([(name, query[name]) for name in ("kind", "who", "when", "mine") if query.get(name)])
    page = DuePage(
        rows=[
            DueRow(
                KINDS[each.kind],
                WHOS.get(each.who, each.who),
                each.text,
                each.due_on,
                each.when is When.OVERDUE,
                each.number,
                each.tool.name,
                _url(each),
                each.owner,
            )
            for each in found
        ],
        kinds=[Option("", "Everything"), *(Option(each.value, label) for each, label in KINDS.items())],
        whos=[Option("", "Anybody"), *(Option(code, label) for code, label in WHOS.items())],
        whens=[Option("", "At any time"), *(Option(each.value, label) for each, label in WHENS.items())],
        kind=query.get("kind", ""),
        who=query.get("who", ""),
        when=query.get("when", ""),
        mine=bool(query.get("mine")),
        counts=[
            Link(
                f"{label}: {sum(each.when is when for each in others)}",
                "/due?" + urlencode([*_without(query, "when").multi_items(), ("when", when.value)]),
            )
            for when, label in WHENS.items()
        ],
        formats=[
            Link("CSV", f"/due.csv?{asked}".rstrip("?")),
            Link("JSON", f"/due.json?{asked}".rstrip("?")),
        ],
    )
    return render(request, "due/list.html", page)


@router.get("/due.csv")
def download_csv(request: Request, read: Read, user: SourceReader, settings: House, now: Now) -> Response:
    told = [due_out(each, settings) for each in things(read, request.query_params, settings, user, now)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for each in told:
        row = each.model_dump(mode="json") | {"tool": each.tool.name}
        writer.writerow([_cell(str(row[name])) for name in COLUMNS])
    headers = {"Content-Disposition": 'attachment; filename="due.csv"', "Cache-Control": "private, no-cache"}
    return Response(
        b"\xef\xbb\xbf" + text.getvalue().encode(), media_type="text/csv; charset=utf-8", headers=headers
    )


@router.get("/due.json")
def download_json(request: Request, read: Read, user: SourceReader, settings: House, now: Now) -> Response:
    found = things(read, request.query_params, settings, user, now)
    told = [due_out(each, settings).model_dump(mode="json") for each in found]
    return JSONResponse({"due": told}, headers={"Cache-Control": "private, no-cache"})


def things(
    read: Session, query: QueryParams, settings: Settings, user: Actor, now: datetime
) -> list[DueThing]:
    """What an address asks for; a code that is none of ours is as if it were not there."""
    return due(
        read,
        house(read, settings),
        kinds=frozenset(DueKind(each) for each in query.getlist("kind") if each in tuple(DueKind)),
        whos=frozenset(each for each in query.getlist("who") if each in WHOS),
        whens=frozenset(When(each) for each in query.getlist("when") if each in tuple(When)),
        of=user.id if query.get("mine") else None,
        now=now,
    )


def _url(each: DueThing) -> str:
    return f"/verdicts/{each.number}"


def _without(query: QueryParams, name: str) -> QueryParams:
    return QueryParams([(key, value) for key, value in query.multi_items() if key != name])


def _cell(text: str) -> str:
    return "'" + text if text.startswith(FORMULA_SIGNS) else text

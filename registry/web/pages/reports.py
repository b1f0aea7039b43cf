"""Telling us of a tool in use: challenge a verdict, report an incident; and the list of both for staff."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.errors import InvalidInput
from registry.domain.language import worded
from registry.domain.lookup import Question
from registry.domain.triggers import ReportKind
from registry.domain.values import dataclass
from registry.services.answers import lookup
from registry.services.answers.meant import MOST_NAMED, suggest
from registry.services.people.acting import Actor
from registry.services.people.house import house
from registry.services.verdicts import reports
from registry.services.verdicts.reports import Told
from registry.settings import Settings
from registry.store import reports as store
from registry.store import tools
from registry.store.columns import id_of
from registry.store.paging import row_mark
from registry.store.reports import ToldReport
from registry.store.tables import Tool
from registry.web.deps import Asked, CurrentUser, House, Insider, Now, Read, Tx
from registry.web.files import MOST, as_files, json_file, sheet_file
from registry.web.life_schemas import report_out
from registry.web.question import Typed
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import Form, Link, Pager, ToolLink
from registry.web.telling import require_voice, teller
from registry.web.typed import Fields
from registry.web.typed import Typed as Sent
from registry.web.understood import code, understood

router = page_router()
MOST_LISTED = 50
COLUMNS = ("id", "kind", "name", "tool", "verdict", "text", "happened_on", "contact", "at")
FIELDS = ("tool", "text", "happened_on", "contact")


@dataclass(frozen=True)
class TellPage:
    kind: str
    form: Form
    known: ToolLink | None
    """The tool that is meant, with the answer that holds now."""
    near: Sequence[str]
    """Names of tools that may have been meant."""
    stranger: bool
    """No tool of ours is called so; an incident can be handed in all the same."""
    asks_contact: bool
    enough: int


@dataclass(frozen=True)
class ToldPage:
    kind: str
    tool_name: str
    tool_url: str
    number: int
    reopened: bool
    voices: int
    enough: int


@dataclass(frozen=True)
class ReportRow:
    id: int
    kind: str
    tool: str
    tool_url: str
    verdict: int | None
    text: str
    happened_on: date | None
    contact: str
    at: datetime


@dataclass(frozen=True)
class Wanted:
    """Of the list; None for any."""

    kind: ReportKind | None
    tool: Tool | None

    @property
    def query(self) -> str:
        pairs = (("kind", self.kind), ("tool", self.tool.slug if self.tool else ""))
        return urlencode([(name, value) for name, value in pairs if value])


@dataclass(frozen=True)
class ReportsPage:
    rows: Sequence[ReportRow]
    kind: str
    tool: str
    tool_name: str
    pager: Pager
    formats: Sequence[Link]


@router.get("/challenge")
def show_challenge(
    request: Request, read: Read, settings: House, user: CurrentUser, now: Now, tool: Asked = ""
) -> Response:
    return _form(request, read, settings, user, now, ReportKind.CHALLENGE, {"tool": tool[:120]})


@router.get("/incident")
def show_incident(
    request: Request, read: Read, settings: House, user: CurrentUser, now: Now, tool: Asked = ""
) -> Response:
    return _form(request, read, settings, user, now, ReportKind.INCIDENT, {"tool": tool[:120]})


@router.post("/challenge")
def challenge(
    request: Request, tx: Tx, settings: House, user: CurrentUser, now: Now, typed: Fields
) -> Response:
    return _tell(request, tx, settings, user, now, ReportKind.CHALLENGE, typed)


@router.post("/incident")
def report_incident(
    request: Request, tx: Tx, settings: House, user: CurrentUser, now: Now, typed: Fields
) -> Response:
    return _tell(request, tx, settings, user, now, ReportKind.INCIDENT, typed)


@router.get("/reports")
def list_reports(request: Request, read: Read, _user: Insider) -> Response:
    wanted, before = understood(
        request, lambda query: (_wanted(read, query), row_mark(query.get("before", ""))), marks=("before",)
    )
    found = _found(read, wanted, before=before, limit=MOST_LISTED + 1)
    shown, query = found[:MOST_LISTED], wanted.query
    more = ""
    if len(found) > MOST_LISTED:
        more = "/reports?" + "&".join(filter(None, [query, f"before={shown[-1].row.id}"]))
    rows = [
        ReportRow(
            id=id_of(each.row),
            kind=each.row.kind.value,
            tool=each.row.name,
            tool_url=f"/tools/{each.tool.slug}" if each.tool else "",
            verdict=each.row.verdict_number,
            text=each.row.text,
            happened_on=each.row.happened_on,
            contact=each.row.contact,
            at=each.row.at,
        )
        for each in shown
    ]
    count = f"{len(rows)} {'report' if len(rows) == 1 else 'reports'}"
    page = ReportsPage(
        rows,
        wanted.kind or "",
        wanted.tool.slug if wanted.tool else "",
        wanted.tool.name if wanted.tool else "",
        Pager(count, "", more),
        as_files(f"/reports.csv?{query}".rstrip("?")),
    )
    return render(request, "reports/list.html", page)


@router.get("/reports.csv")
@router.get("/reports.xlsx")
def download_sheet(request: Request, read: Read, _user: Insider, settings: House) -> Response:
    told = _told(request, read, settings)
    return sheet_file(
        request, "reports", COLUMNS, [each | {"tool": (each["tool"] or {}).get("slug")} for each in told]
    )


@router.get("/reports.json")
def download_json(request: Request, read: Read, _user: Insider, settings: House) -> Response:
    return json_file(request, "reports", _told(request, read, settings))


def _told(request: Request, session: Session, settings: Settings) -> list[dict[str, Any]]:
    found = _found(session, _wanted(session, request.query_params), limit=MOST)
    return [report_out(each, settings.base_url).model_dump(mode="json") for each in found]


def _wanted(session: Session, query: QueryParams) -> Wanted:
    slug = query.get("tool", "")
    tool = tools.find(session, slug) if slug else None
    if slug and tool is None:
        sentence = f"There is no tool “{slug[:40]}” here. Choose one from the list of tools."
        raise InvalidInput(sentence, {"tool": sentence})
    kind = code(query.get("kind", ""), tuple(ReportKind), "kind")
    return Wanted(ReportKind(kind) if kind else None, tool)


def _found(session: Session, wanted: Wanted, *, before: int = 0, limit: int) -> Sequence[ToldReport]:
    tool_id = wanted.tool.id if wanted.tool else None
    return store.page(session, kind=wanted.kind, tool_id=tool_id, before=before, limit=limit)


def _tell(
    request: Request,
    tx: Session,
    settings: Settings,
    user: Actor | None,
    now: datetime,
    kind: ReportKind,
    typed: Sent,
) -> Response:
    require_voice(settings, user)
    faults: dict[str, str] = {}
    named = typed.one("meant") or typed.one("tool")
    happened_on = typed.day("happened_on", faults)
    try:
        with tx.begin_nested():
            if faults:
                raise InvalidInput(worded("Nothing was sent."), faults)
            by, place = teller(request, user, now)
            told = reports.report(
                tx,
                kind,
                name=named,
                text=typed.one("text"),
                contact=typed.one("contact"),
                happened_on=happened_on,
                place=place,
                unlisted=typed.one("unlisted") == "yes" and not typed.one("meant"),
                enough=settings.challenges,
                zone=settings.zone,
                secret=settings.secret,
                by=by,
                now=now,
            )
    except InvalidInput as refused:
        values = {name: typed.one(name) for name in FIELDS} | {"tool": named}
        return _form(request, tx, settings, user, now, kind, values, refused.faults)
    return render(request, "reports/told.html", _told_page(told, settings))


def _told_page(told: Told, settings: Settings) -> ToldPage:
    return ToldPage(
        kind=told.report.kind.value,
        tool_name=told.report.name,
        tool_url=f"/tools/{told.tool.slug}" if told.tool else "",
        number=id_of(told.report),
        reopened=bool(told.opened),
        voices=told.voices,
        enough=settings.challenges,
    )


def _form(
    request: Request,
    read: Session,
    settings: Settings,
    user: Actor | None,
    now: datetime,
    kind: ReportKind,
    typed: dict[str, str],
    faults: dict[str, str] | None = None,
) -> Response:
    require_voice(settings, user)
    known, near = None, []
    if typed.get("tool"):
        tool = tools.find(read, typed["tool"])
        typed = typed | ({"tool": tool.name} if tool else {})
        found = lookup.check(read, typed["tool"], Question(at=now), house(read, settings), now=now)
        if found.tool:
            known = ToolLink(found.tool.name, Typed(q=found.tool.name).url(), found.answer.code.value)
        elif faults:
            near = [each.name for each in suggest(read, typed["tool"])[:MOST_NAMED]]
    page = TellPage(
        kind=kind.value,
        form=Form({name: typed.get(name, "") for name in FIELDS}, faults or {}),
        known=known,
        near=near,
        stranger=bool(faults and typed.get("tool")) and known is None,
        asks_contact=user is None,
        enough=settings.challenges,
    )
    return render(request, "reports/tell.html", page, status=422 if faults else 200)

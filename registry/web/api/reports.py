"""Challenges and incidents: sent by anybody who may ask for a tool, read by those who work on verdicts."""

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request, Response
from sqlmodel import Session

from registry.domain.triggers import ReportKind
from registry.services.people.acting import Actor
from registry.services.verdicts import reports
from registry.settings import Settings
from registry.store import reports as store
from registry.store import tools
from registry.store.columns import id_of
from registry.store.paging import row_mark
from registry.store.tables import Tool
from registry.web.api.replies import Acting, Cursor, Limit, Once, next_link, told
from registry.web.deps import CurrentUser, House, Insider, Now, Plain, Read, Tx
from registry.web.life_schemas import ReportedOut, ReportIn, ReportOut, report_out
from registry.web.routing import api_router
from registry.web.schemas import Page, ToolRef
from registry.web.telling import require_voice, teller

router = api_router(tag="reports")


@router.post("/challenges", response_model=ReportedOut, status_code=201, summary="Challenge what was decided")
def challenge(
    request: Request, tx: Tx, user: CurrentUser, settings: House, now: Now, asked: ReportIn, once: Once
) -> Response:
    """When enough different people do, the tool is looked at again; the answer holds until then."""
    return _tell(request, tx, user, settings, now, ReportKind.CHALLENGE, asked, once)


@router.post("/incidents", response_model=ReportedOut, status_code=201, summary="Report an incident")
def report_incident(
    request: Request, tx: Tx, user: CurrentUser, settings: House, now: Now, asked: ReportIn, once: Once
) -> Response:
    """It opens the tool's case again at once, and changes no answer by itself."""
    return _tell(request, tx, user, settings, now, ReportKind.INCIDENT, asked, once)


@router.get("/reports", response_model=Page[ReportOut], summary="What colleagues reported, newest first")
def list_reports(
    request: Request,
    read: Read,
    _user: Insider,
    settings: House,
    kind: Annotated[ReportKind | None, Query(description="Else both.")] = None,
    tool: Annotated[Plain, Query(description="Slug of a tool.")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response:
    """With the words and the contact that were given."""
    found = store.page(
        read,
        kind=kind,
        tool_id=id_of(tools.get(read, tool)) if tool else None,
        before=row_mark(cursor),
        limit=limit + 1,
    )
    following = str(found[limit - 1].row.id) if len(found) > limit else None
    items = [report_out(each, settings.base_url) for each in found[:limit]]
    body = Page[ReportOut](items=items, next=following)
    return told(request, body, link=next_link(request, following), private=True)


def _tell(
    request: Request,
    tx: Session,
    user: Actor | None,
    settings: Settings,
    now: datetime,
    kind: ReportKind,
    asked: ReportIn,
    once: Acting,
) -> Response:
    require_voice(settings, user)
    by, place = teller(request, user, now)

    def act() -> ReportedOut:
        made = reports.report(
            tx,
            kind,
            name=asked.tool,
            text=asked.text,
            contact=asked.contact,
            happened_on=asked.happened_on,
            place=place,
            unlisted=asked.unlisted,
            enough=settings.challenges,
            zone=settings.zone,
            secret=settings.secret,
            by=by,
            now=now,
        )
        return ReportedOut(
            id=id_of(made.report),
            kind=kind,
            tool=_ref(made.tool, settings),
            reopened=bool(made.opened),
            voices=made.voices,
            enough=settings.challenges,
        )

    return once(asked, act, by=by if user is None else user, status=201)


def _ref(tool: Tool | None, settings: Settings) -> ToolRef | None:
    if tool is None:
        return None
    return ToolRef(slug=tool.slug, name=tool.name, url=f"{settings.base_url}/tools/{tool.slug}")

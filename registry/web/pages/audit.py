"""What happened here, newest first, for who keeps an eye on it: every act, by whom, with what changed."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Query, Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.values import dataclass
from registry.services.evaluations.taking_part import unheard
from registry.services.people.acting import Actor, without_passwords
from registry.store import events, tables
from registry.store import log as stored
from registry.web import files
from registry.web.deps import Asked, Auditor, House, Now, Read
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import Link, Pager

router = page_router("/audit")
downloads = page_router()
A_PAGE = 50
COLUMNS = ("number", "at", "who", "account", "act", "kind", "subject", "before", "after")
Before = Annotated[int, Query(ge=0, le=2**31 - 1)]
Subject = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True)
class Happened:
    id: int
    at: datetime
    who: str
    action: str
    subject: str
    before: str
    after: str


@dataclass(frozen=True)
class AuditPage:
    size: int
    """How many lines the log has."""
    events: Sequence[Happened]
    actions: Sequence[str]
    asked: Mapping[str, str]
    formats: Sequence[Link]
    pager: Pager


@router.get("")
def show_audit(
    request: Request,
    read: Read,
    user: Auditor,
    now: Now,
    settings: House,
    action: Asked = "",
    who: Asked = "",
    kind: Asked = "",
    subject: Asked = "",
    since: Asked = "",
    until: Asked = "",
    before: Before = 0,
) -> Response:
    asked = _asked(action, who, kind, subject, since, until)
    found = _found(read, asked, user, now, settings.zone, before=before, limit=A_PAGE + 1)
    shown = found[:A_PAGE]
    query = urlencode(asked)
    older = urlencode({**asked, "before": shown[-1][0]}) if len(found) > A_PAGE else ""
    page = AuditPage(
        size=stored.head(read.connection()).size,
        events=[
            Happened(
                id=number,
                at=each.at,
                who=each.actor,
                action=each.action,
                subject=f"{each.subject_kind.replace('_', ' ')} {each.subject_id or ''}".rstrip(),
                before=_told(each.before),
                after=_told(each.after),
            )
            for number, each in shown
        ],
        actions=events.actions(read),
        asked=dict.fromkeys(("action", "who", "kind", "subject", "since", "until"), "") | asked,
        formats=[each for each in files.as_files(f"/audit.csv?{query}".rstrip("?")) if each.label != "JSON"],
        pager=Pager(
            f"{len(shown)} events" + (f", from number {shown[0][0]} down" if shown else ""),
            previous_url=f"/audit?{query}".rstrip("?") if before else "",
            next_url=f"/audit?{older}" if older else "",
        ),
    )
    return render(request, "audit/list.html", page)


@downloads.get("/audit.csv")
@downloads.get("/audit.xlsx")
def download_audit(
    request: Request,
    read: Read,
    user: Auditor,
    now: Now,
    settings: House,
    action: Asked = "",
    who: Asked = "",
    kind: Asked = "",
    subject: Asked = "",
    since: Asked = "",
    until: Asked = "",
) -> Response:
    """The newest ten thousand of what the page's filter shows; `registry audit export` has all."""
    asked = _asked(action, who, kind, subject, since, until)
    found = _found(read, asked, user, now, settings.zone, limit=files.MOST)
    return files.sheet_file(request, "audit", COLUMNS, [as_row(number, each) for number, each in found])


def as_row(number: int, event: tables.Event) -> dict[str, Any]:
    return {
        "number": number,
        "at": event.at,
        "who": event.actor,
        "account": event.actor_id,
        "act": event.action,
        "kind": event.subject_kind,
        "subject": event.subject_id,
        "before": json.dumps(without_passwords(event.before), ensure_ascii=False),
        "after": json.dumps(without_passwords(event.after), ensure_ascii=False),
    }


def _asked(action: str, who: str, kind: str, subject: str, since: str, until: str) -> dict[str, str]:
    given = {
        "action": action,
        "who": who,
        "kind": kind.replace(" ", "_"),
        "subject": subject,
        "since": since,
        "until": until,
    }
    return {name: value for name, value in given.items() if value}


def _found(
    read: Session,
    asked: Mapping[str, str],
    user: Actor,
    now: datetime,
    zone: ZoneInfo,
    *,
    before: int = 0,
    limit: int,
) -> Sequence[tuple[int, tables.Event]]:
    """Raises InvalidInput for a day or a number that is none."""
    subject = asked.get("subject", "")
    if subject and not (subject.isdecimal() and len(subject) < 10):
        raise InvalidInput("The number of what it was about is digits alone.", {"subject": "Digits alone."})
    wanted = events.Wanted(
        asked.get("action", ""),
        asked.get("kind", ""),
        int(subject) if subject else None,
        asked.get("who", ""),
        _day(asked, "since", zone),
        _day(asked, "until", zone, later=1),
    )
    heard = unheard(read, by=user, now=now)
    return events.latest(read, wanted, before=before, unheard=heard, limit=limit)


def _day(asked: Mapping[str, str], name: str, zone: ZoneInfo, *, later: int = 0) -> datetime | None:
    if name not in asked:
        return None
    try:
        return datetime.combine(date.fromisoformat(asked[name]) + timedelta(days=later), time.min, zone)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"“{asked[name]}” is no day such as 2026-11-03.", {name: "Write a day such as 2026-11-03."}
        ) from None


def _told(values: Mapping[str, Any]) -> str:
    """One line a value, as it is stored; older events may hold addresses with their passwords."""
    told = without_passwords(values)
    return "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in told.items())

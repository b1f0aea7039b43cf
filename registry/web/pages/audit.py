"""What happened here, newest first, for who keeps an eye on it: every act, by whom, with what changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from registry.services.evaluations.taking_part import unheard
from registry.services.people.acting import without_passwords
from registry.store import events
from registry.web.deps import Asked, Auditor, Now, Read
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import Pager

router = page_router("/audit")
A_PAGE = 50
Before = Annotated[int, Query(ge=0, le=2**31 - 1)]


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
    events: Sequence[Happened]
    actions: Sequence[str]
    action: str
    pager: Pager


@router.get("")
def show_audit(
    request: Request, read: Read, user: Auditor, now: Now, action: Asked = "", before: Before = 0
) -> Response:
    found = events.newest(
        read, action=action, before=before, unheard=unheard(read, by=user, now=now), limit=A_PAGE + 1
    )
    shown = found[:A_PAGE]
    older = urlencode({"action": action, "before": shown[-1].id}) if len(found) > A_PAGE else ""
    newest = urlencode({"action": action}) if before else ""
    page = AuditPage(
        events=[
            Happened(
                id=each.id or 0,
                at=each.at,
                who=each.actor,
                action=each.action,
                subject=f"{each.subject_kind.replace('_', ' ')} {each.subject_id or ''}".rstrip(),
                before=_told(each.before),
                after=_told(each.after),
            )
            for each in shown
        ],
        actions=events.actions(read),
        action=action,
        pager=Pager(
            f"{len(shown)} events" + (f", from number {shown[0].id} down" if shown else ""),
            previous_url=f"/audit?{newest}" if newest else "",
            next_url=f"/audit?{older}" if older else "",
        ),
    )
    return render(request, "audit/list.html", page)


def _told(values: Mapping[str, Any]) -> str:
    """One line a value, as it is stored; older events may hold addresses with their passwords."""
    told = without_passwords(values)
    return "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in told.items())

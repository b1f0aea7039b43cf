"""What happened, for auditors: every act with who, when and what changed."""

from typing import Annotated

from fastapi import Query, Request, Response

from registry.services.evaluations.taking_part import unheard
from registry.services.people.acting import without_passwords
from registry.store import events
from registry.store.paging import row_mark
from registry.web.api.replies import Cursor, Limit, next_link, told
from registry.web.deps import Auditor, Now, Plain, Read
from registry.web.routing import api_router
from registry.web.schemas import EventOut, Page, SubjectOut

router = api_router("/events", tag="events")


@router.get("", response_model=Page[EventOut], summary="Events in the order in which they happened")
def list_events(
    request: Request,
    read: Read,
    user: Auditor,
    now: Now,
    action: Annotated[Plain, Query(description="Only this act.", examples=["verdict.published"])] = "",
    subject: Annotated[Plain, Query(description="Only on this kind of thing.", examples=["verdict"])] = "",
    subject_id: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Only on this one.")] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response:
    """An event is never changed. Keep the last `id` as your cursor and ask again later: only new ones come.

    The log ends before the first act on a verdict that can still be taken back, which is its decider's alone.
    """
    found = events.page(
        read,
        events.Wanted(action, subject, subject_id),
        after=row_mark(cursor),
        unheard=unheard(read, by=user, now=now),
        limit=limit + 1,
    )
    shown = found[:limit]
    items = [
        EventOut(
            id=number,
            at=each.at,
            actor=each.actor,
            action=each.action,
            subject=SubjectOut(kind=each.subject_kind, id=each.subject_id),
            before=without_passwords(each.before),
            after=without_passwords(each.after),
        )
        for number, each in shown
    ]
    following = str(shown[-1][0]) if len(found) > limit else None
    body = Page[EventOut](items=items, next=following)
    return told(request, body, link=next_link(request, following), private=True)

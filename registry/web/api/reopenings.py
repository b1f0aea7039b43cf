"""Why decided cases are under way again."""

from typing import Annotated

from fastapi import Query, Request, Response

from registry.domain.triggers import Cause
from registry.services.evaluations import taking_part
from registry.store import reopenings, tools
from registry.store.columns import id_of
from registry.store.paging import row_mark
from registry.web.api.replies import Cursor, Limit, next_link, told
from registry.web.deps import House, Insider, Plain, Read
from registry.web.life_schemas import ReopeningOut, reopening_out
from registry.web.routing import api_router
from registry.web.schemas import Page

router = api_router("/reopenings", tag="verdicts")


@router.get("", response_model=Page[ReopeningOut], summary="Why cases were opened again, newest first")
def list_reopenings(
    request: Request,
    read: Read,
    user: Insider,
    settings: House,
    cause: Annotated[list[Cause], Query(description="May be repeated; else every cause.")] = [],  # noqa: B006
    tool: Annotated[Plain, Query(description="Slug of a tool.")] = "",
    closed: Annotated[bool, Query(description="Those of closed cases too.")] = False,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response:
    """Approvers and auditors see all of them, others those of the cases that they own."""
    found = reopenings.page(
        read,
        causes=cause,
        tool_id=id_of(tools.get(read, tool)) if tool else None,
        closed=closed,
        seen_by=None if taking_part.sees_all(user) else user.person_id,
        before=row_mark(cursor),
        limit=limit + 1,
    )
    following = str(found[limit - 1].row.id) if len(found) > limit else None
    body = Page[ReopeningOut](
        items=[reopening_out(each, settings.base_url) for each in found[:limit]], next=following
    )
    return told(request, body, link=next_link(request, following), private=True)

"""What somebody owes by a day."""

from typing import Annotated

from fastapi import Query, Request, Response

from registry.services.verdicts.due import DueKind, When
from registry.web.api.replies import told
from registry.web.deps import House, Now, Plain, Read, SourceReader
from registry.web.life_schemas import DueOut, due_out
from registry.web.pages.due import WHOS, Wanted, things
from registry.web.routing import api_router
from registry.web.schemas import Page
from registry.web.understood import code

router = api_router("/due", tag="verdicts")


@router.get("", response_model=Page[DueOut], summary="What is due, the earliest first")
def list_due(
    request: Request,
    read: Read,
    user: SourceReader,
    settings: House,
    now: Now,
    kind: Annotated[list[DueKind], Query(description="May be repeated.")] = [],  # noqa: B006
    who: Annotated[list[Plain], Query(description="user, office, registry or approver.")] = [],  # noqa: B006
    when: Annotated[list[When], Query(description="overdue, soon (within 30 days) or later.")] = [],  # noqa: B006
    mine: Annotated[bool, Query(description="Only what you own or decided.")] = False,
) -> Response:
    """Dated conditions neither met nor waived, suspensions to be confirmed, reviews, results of pilots; all at once."""
    whos = tuple(code(each, WHOS, "who") for each in who if each)
    found = things(read, Wanted(tuple(kind), whos, tuple(when), mine), settings, user, now)
    body = Page[DueOut](items=[due_out(each, settings) for each in found], next=None)
    return told(request, body, private=True)

"""Asking for a tool, with or without an account as the office has set; and what was asked for, for staff."""

from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import Field

from registry.services.answers import requests
from registry.services.answers.asked_for import asked_for
from registry.services.notices import steps
from registry.store.paging import moment_mark
from registry.store.requests import Became, Wanted, mark_of
from registry.web.api.replies import Cursor, Limit, Once, next_link, told
from registry.web.asking import asker, require_lengths, require_right
from registry.web.deps import CurrentUser, House, Insider, Now, Plain, Read, Tx
from registry.web.request_schemas import AskedForOut, asked_for_out
from registry.web.routing import api_router
from registry.web.schemas import Page, Sent, Shape
from registry.web.strict import NEEDED

router = api_router("/requests", tag="requests")


class RequestIn(Sent):
    name: Plain = Field(json_schema_extra=NEEDED, description="What the tool is called.")
    purpose: Plain = Field(json_schema_extra=NEEDED, description="What it is to be used for.")
    homepage: Plain = ""
    data_class: Plain = Field("", description="What will be entered.")
    needed_by: Plain = ""
    contact: Plain = Field("", description="How to reach whoever asks without an account.")


class RequestOut(Shape):
    id: int
    url: str = Field(description="Where it can be followed, by whoever knows this address; told this once.")
    tool: str | None = Field(description="Slug, where the tool is known already.")
    candidate: int | None


@router.get("", response_model=Page[AskedForOut], summary="What colleagues asked for, newest first")
def list_requests(
    request: Request,
    read: Read,
    _user: Insider,
    settings: House,
    now: Now,
    became: Annotated[Became | None, Query(description="Only those of which this became.")] = None,
    q: Annotated[Plain, Query(max_length=200, description="Words in the tool's name or the purpose.")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response:
    """With who asked and where each stands. What it says of a purpose is for those who work on it."""
    wanted = Wanted(became, q)
    found = asked_for(read, wanted, settings, before=moment_mark(cursor), limit=limit + 1, now=now)
    shown = found[:limit]
    following = mark_of(shown[-1].request) if len(found) > limit else None
    page = Page[AskedForOut](items=[asked_for_out(each, settings.base_url) for each in shown], next=following)
    return told(request, page, link=next_link(request, following), private=True)


class LeftOut(Shape):
    sentence: str


@router.post("/{secret}/leave", response_model=LeftOut, summary="No more mails about a request")
def leave(secret: str, tx: Tx, settings: House) -> LeftOut:
    """By the secret in its link. The address that was left for it is forgotten; the request stays."""
    steps.leave(tx, requests.follow(tx, secret[:200], secret=settings.secret).request)
    return LeftOut(sentence="No mail comes any more about this request.")


@router.post("", response_model=RequestOut, status_code=201, summary="Ask for a tool")
def ask(
    request: Request, tx: Tx, settings: House, user: CurrentUser, now: Now, asked: RequestIn, once: Once
) -> Response:
    """It joins what others asked for already. Without an account no key makes a repetition safe."""
    require_right(settings, user)
    typed = asked.model_dump()
    require_lengths(typed, settings)
    by = asker(request, user, now)

    def act() -> RequestOut:
        made = requests.request_tool(tx, **typed, by=by, secret=settings.secret, solo=settings.solo, now=now)
        return RequestOut(
            id=made.request.id or 0,
            url=f"{settings.base_url}/request/{made.secret}",
            tool=made.tool.slug if made.tool else None,
            candidate=made.request.candidate_id,
        )

    return once(asked, act, by=by, status=201)

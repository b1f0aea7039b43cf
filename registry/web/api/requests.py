"""Asking for a tool, with or without an account as the office has set."""

from fastapi import Request, Response
from pydantic import Field

from registry.services.answers import requests
from registry.services.notices import steps
from registry.web.api.replies import Once
from registry.web.asking import asker, require_lengths, require_right
from registry.web.deps import CurrentUser, House, Now, Plain, Tx
from registry.web.routing import api_router
from registry.web.schemas import Sent, Shape
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

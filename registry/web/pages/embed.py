"""The answer on its own, for a frame in an intranet page: no scripts, and only on the sites that the office names."""

from collections.abc import Sequence

from fastapi import Request, Response

from registry.domain.errors import InvalidInput
from registry.domain.values import dataclass
from registry.services.answers import lookup
from registry.web import cards
from registry.web.deps import House, Known, Now, Read
from registry.web.headers import CONTENT_SECURITY_POLICY
from registry.web.question import QUESTION, Typed, TypedQuestion, as_question, require_known, untracked_of
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import ToolLink

router = page_router()
ALONE = "frame-ancestors 'none'"


@dataclass(frozen=True)
class EmbedPage:
    """With nothing asked it is the box alone."""

    typed: Typed
    whole_url: str
    """The same question on the site itself."""
    code: str = ""
    tool: str = ""
    sentence: str = ""
    conditions: Sequence[str] = ()
    near: Sequence[ToolLink] = ()
    """Of what is not certainly known those that may be meant, else what to use instead."""
    fault: str = ""


@router.get("/embed")
def show_embedded(
    request: Request, typed: TypedQuestion, known: Known, read: Read, settings: House, now: Now
) -> Response:
    page = EmbedPage(typed, settings.base_url + (typed.url() if typed.q else "/"))
    status = 200
    given = untracked_of(request)
    if given:
        try:
            require_known(given, QUESTION)
            organisation = lookup.organisation(read, settings, known)
            question = as_question(typed, organisation, now=now)
            found = (
                lookup.check(read, typed.q, question, organisation, now=now, index=known) if typed.q else None
            )
        except InvalidInput as refused:
            page = EmbedPage(
                typed, page.whole_url, fault=" ".join(refused.faults.values()) or refused.sentence
            )
            status = 422
        else:
            page = _answered(found, typed, page.whole_url) if found else page
    reply = render(request, "lookup/embed.html", page, status=status)
    sites = " ".join(("'self'", *settings.embed_sites))
    reply.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(
        ALONE, f"frame-ancestors {sites}"
    )
    return reply


def _answered(found: lookup.LookUp, typed: Typed, whole_url: str) -> EmbedPage:
    answer = found.answer
    return EmbedPage(
        typed,
        whole_url,
        code=answer.code.value,
        tool=found.tool.name if found.tool else "",
        sentence=answer.sentence,
        conditions=[each.text for each in answer.conditions],
        near=cards.tool_links((found.alternatives if found.tool else found.suggestions)[:3], typed),
    )

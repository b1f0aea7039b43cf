"""How the API replies: bodies with ETags, pages with links, versions that must match, acts that happen once."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from registry.domain.errors import StaleVersion
from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.services import idempotency
from registry.services.people.acting import Actor
from registry.store.paging import MAX_LIMIT
from registry.web.deps import Now, Plain, Tx
from registry.web.etag import conditional
from registry.web.parts import parts_of

IfMatch = Annotated[
    str | None,
    Header(description="The ETag of what was read; 412 where it changed since.", examples=['"3"']),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        description="Any text of yours, at most 200 characters. The same key with the same request gives the "
        "same reply for a day, and acts once.",
        examples=["5f2b6f0e-accept-17"],
    ),
]
Cursor = Annotated[Plain, Query(description="`next` of the page before; empty for the first page.")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many at most.")]


def told(
    request: Request,
    body: BaseModel | dict[str, Any],
    *,
    mark: str = "",
    link: str = "",
    private: bool = False,
) -> Response:
    """A read: JSON with its ETag, 304 where the asker has it; asked for again each time, since time changes answers."""
    headers = {"Link": link} if link else {}
    if private:
        headers["Vary"] = "Authorization, Cookie"
    cache = "private, no-cache" if private else "no-cache"
    return conditional(
        request, as_json(body).encode(), "application/json", cache=cache, headers=headers, mark=mark
    )


def next_link(request: Request, cursor: str | None) -> str:
    """The `Link` header (RFC 8288) to the next page; empty on the last."""
    if not cursor:
        return ""
    query = request.url.include_query_params(cursor=cursor).query
    return f'<{parts_of(request).settings.base_url}{request.url.path}?{query}>; rel="next"'


def version_in(if_match: str | None) -> int | None:
    """The version that an ETag of ours names; None where any will do. Raises StaleVersion for one that is not ours."""
    mark = mark_in(if_match)
    if mark is None:
        return None
    if not (mark.isascii() and mark.isdigit() and len(mark) < 10):
        raise StaleVersion(
            worded("This is no version that was read here. Read it again, then repeat your act.")
        )
    return int(mark)


def mark_in(if_match: str | None) -> str | None:
    if if_match is None or if_match.strip() == "*":
        return None
    return if_match.strip().removeprefix("W/").strip('"').partition("-")[0]


@dataclass(frozen=True)
class Acting:
    """Does an act and tells its outcome; under a key that its person used before the reply of then, and does nothing.

    `once(asked, act, by=user)`: `asked` is the body that was sent, `act` gives the one to reply with.
    """

    request: Request
    tx: Session
    now: datetime
    key: str | None

    def __call__(
        self, asked: BaseModel | None, act: Callable[[], BaseModel], *, by: Actor, status: int = 200
    ) -> Response:
        if self.key is None or by.id is None:
            return _acted(as_json(act()), status)
        where = f"{self.request.method} {self.request.url.path}"
        question = f"{where}\n{asked.model_dump_json() if asked else ''}"
        known = idempotency.earlier(self.tx, self.key, question, by=by, now=self.now)
        if known is not None:
            return _acted(known.body, known.status, {"Idempotent-Replayed": "true"})
        body = as_json(act())
        idempotency.keep(self.tx, self.key, question, status=status, body=body, by=by, now=self.now)
        return _acted(body, status)


async def _acting(request: Request, tx: Tx, now: Now, idempotency_key: IdempotencyKey = None) -> Acting:
    return Acting(request, tx, now, idempotency_key)


Once = Annotated[Acting, Depends(_acting)]
"""What an act of the API asks for to be done once."""


def as_json(body: BaseModel | dict[str, Any]) -> str:
    plain = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
    return json.dumps(plain, ensure_ascii=False)


def _acted(body: str, status: int, headers: dict[str, str] | None = None) -> Response:
    sent = {"Cache-Control": "no-store", **(headers or {})}
    return Response(body, status, headers=sent, media_type="application/json")

"""`GET /check`: may I use it? What was answered before and still holds is told from memory, the rest by the service."""

import json
from collections.abc import Hashable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from sqlmodel import Session
from starlette.types import Receive, Scope, Send

from registry.domain.lookup import AnswerCode, Question
from registry.services.answers import lookup
from registry.services.answers.asking import read_query
from registry.services.answers.index import Index
from registry.services.people.house import house
from registry.settings import Settings
from registry.store import verdicts
from registry.web.api.replies import as_json
from registry.web.deps import House, Known, Now, Plain, Read, clean
from registry.web.etag import conditional
from registry.web.parts import parts_of
from registry.web.routing import PROBLEMS
from registry.web.schemas import AnswerOut
from registry.web.viewer import now_of

SAID = ("edition", "data_class", "account", "audience", "office")
"""What a remembered answer may be for besides the tool; one as of another day is computed each time."""
MOST_SIGNS = 2_000


class FromMemory(APIRoute):
    """Answers a plain question from memory, in the loop; whatever is unusual in it goes the whole way."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        following = parts_of(request).following
        index = await run_in_threadpool(following.index) if following.asks_far else following.index()
        found = _remembered(request, index) if index is not None and scope["method"] == "GET" else None
        if found is None:
            await super().handle(scope, receive, send)
        else:
            await _reply(request, *found)(scope, receive, send)


router = APIRouter(prefix="/api/v1", tags=["answer"], responses=PROBLEMS, route_class=FromMemory)


@router.get("/check", response_model=AnswerOut, summary="May I use it?")
def check(
    request: Request,
    known: Known,
    read: Read,
    settings: House,
    now: Now,
    background: BackgroundTasks,
    q: Annotated[
        Plain,
        Query(
            min_length=1,
            max_length=MOST_SIGNS,
            description="Name, address, package URL or program.",
            examples=["Quillmark"],
        ),
    ],
    edition: Annotated[Plain | None, Query(description="Edition of the tool.")] = None,
    data_class: Annotated[
        Plain | None, Query(description="Highest class of data that would go in.", examples=["internal"])
    ] = None,
    account: Annotated[Plain | None, Query(description="Type of account.", examples=["organisation"])] = None,
    audience: Annotated[Plain | None, Query(description="Who would use it.", examples=["staff"])] = None,
    office: Annotated[Plain | None, Query(description="Code of the office that asks.")] = None,
    on: Annotated[date | None, Query(description="As of this day; else now.")] = None,
) -> Response:
    """The answer, computed now. `match` is null unless the tool is certain; then see `suggestions`, best first.

    An answer that names anything under `depends_on` holds only once that is said as well. No token is needed.
    """
    said = [value or None for value in (edition, data_class, account, audience, office)]
    following = parts_of(request).following
    age, organisation = following.remembered.age, house(read, settings)
    at = lookup.moment(on, organisation, now=now)
    question = Question(at=at, **dict(zip(SAID, said, strict=True)))
    found = lookup.check(read, q, question, organisation, now=now, index=known)
    told = as_json(lookup.told(found, base_url=settings.base_url))
    rest = told[len(_beginning(found.query)) :]
    key = _key(known, q, said) if on is None else None
    if key is not None and following.index() is known:
        following.remembered.keep(key, rest, age=age, now=now, until=lambda: _next_turn(read, settings, now))
    reply = _reply(request, q, rest)
    if found.answer.code is AnswerCode.UNKNOWN_TOOL:
        background.add_task(_count, request, q, now)
        reply.background = background
    return reply


def _remembered(request: Request, index: Index) -> tuple[str, str] | None:
    """What was asked and the rest of the reply, where just this was answered before."""
    given = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    asked = {name: clean(value) for name, value in given if len(value) <= MOST_SIGNS}
    query = asked.pop("q", "")
    if not query or len(asked) + 1 != len(given) or not asked.keys() <= set(SAID):
        return None
    key = _key(index, query, [asked.get(name) or None for name in SAID])
    found = parts_of(request).following.remembered.find(key, now=now_of(request)) if key else None
    return (query, found) if found is not None else None


def _key(index: Index | None, query: str, said: Sequence[str | None]) -> Hashable | None:
    """What an answer is remembered by; None where no tool is certain."""
    found = index.match(read_query(query)) if index is not None else None
    return (*found[:2], *said) if found is not None else None


def _next_turn(read: Session, settings: Settings, now: datetime) -> datetime:
    """When time alone changes an answer next: at midnight here, or when a verdict goes out or starts."""
    midnight = datetime.combine(
        now.astimezone(settings.zone).date() + timedelta(days=1), time(), settings.zone
    )
    moment = verdicts.next_moment(read, now=now)
    return min(midnight, moment) if moment else midnight


def _beginning(query: str) -> str:
    return f'{{"query": {json.dumps(query, ensure_ascii=False)}, '


def _reply(request: Request, query: str, rest: str) -> Response:
    # As every read of the API; time changes answers, so it is asked for again each time.
    body = (_beginning(query) + rest).encode()
    return conditional(request, body, "application/json", cache="no-cache")


async def _count(request: Request, query: str, now: datetime) -> None:
    async with parts_of(request).writing() as session:
        await run_in_threadpool(lookup.count_unanswered, session, query, now=now)

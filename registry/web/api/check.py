"""`GET /check`: may I use it? What was answered in the same words and still holds is told by web/memory.py."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import Query, Request, Response
from sqlalchemy import Engine
from starlette.background import BackgroundTask

from registry.domain.lookup import AnswerCode, Question
from registry.services.answers import answer_object, lookup
from registry.services.answers.asking import MOST_SIGNS, read_query
from registry.services.answers.index import Index
from registry.services.answers.unanswered import count_unanswered
from registry.services.verdicts.turn import midnight
from registry.store.engine import plain_snapshot
from registry.store.plain import NotAtHand, unasked
from registry.store.plain import Plain as Source
from registry.web.api.replies import as_json
from registry.web.asking import may_count
from registry.web.deps import Plain, read_index
from registry.web.etag import conditional
from registry.web.memory import keep
from registry.web.parts import parts_of
from registry.web.question import Day, require_a_question
from registry.web.routing import api_router
from registry.web.schemas import AnswerOut
from registry.web.viewer import now_of

router = api_router(tag="answer")

Told = tuple[Response, bool]
"""The reply, and whether no tool was certainly meant."""


@router.get("/check", response_model=AnswerOut, summary="May I use it?")
async def check(
    request: Request,
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
    on: Annotated[Day, Query(description="As of this day, 2000 to 2199; else now.")] = None,
) -> Response:
    """The answer, computed now. `match` is null unless the tool is certain; then see `suggestions`, best first.

    An answer that names anything under `depends_on` holds only once that is said as well. No token is needed.
    """
    # Asked for here and not by the signature: each dependency would cost as much as a small query.
    require_a_question(request)
    now, known = now_of(request), await read_index(request)
    said = Question(
        at=now,
        data_class=data_class or None,
        account=account or None,
        audience=audience or None,
        office=office or None,
        edition=edition or None,
    )
    parts = parts_of(request)
    is_certain = known is not None and on is None and known.match(read_query(q)) is not None
    answer = partial(_answer, request, known, now, q, said, on)
    read = partial(_read_and_answer, answer, parts.engine)
    if not is_certain:
        reply, is_unknown = await to_thread.run_sync(read, limiter=parts.few)
    elif not parts.following.may_wait:
        reply, is_unknown = read()  # some rows of a file: to hand it to a thread would cost as much again
    else:
        try:
            reply, is_unknown = answer(unasked())
        except NotAtHand:
            reply, is_unknown = await to_thread.run_sync(read, limiter=parts.few)
    if is_unknown and may_count(request, now):
        reply.background = BackgroundTask(parts.note, partial(count_unanswered, query=q, now=now))
    return reply


def _read_and_answer(answer: Callable[[Source], Told], engine: Engine) -> Told:
    with plain_snapshot(engine) as read:  # begun after the index was read, so that it is no older
        return answer(read)


def _answer(
    request: Request,
    known: Index | None,
    now: datetime,
    q: str,
    said: Question,
    on: date | None,
    read: Source,
) -> Told:
    parts = parts_of(request)
    organisation = lookup.organisation(read, parts.settings, known)
    question = replace(said, at=lookup.moment(on, organisation, now=now))
    found = lookup.check(read, q, question, organisation, now=now, index=known)
    if found.match is not None and on is None and known is not None:
        keep(request, midnight(now, organisation.zone), found.shown)
    body = as_json(answer_object.told(found, base_url=parts.settings.base_url)).encode()
    # As every read of the API; time changes answers, so it is asked for again each time.
    reply = conditional(request, body, "application/json", cache="no-cache")
    return reply, found.answer.code is AnswerCode.UNKNOWN_TOOL

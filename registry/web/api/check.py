"""`GET /check`: may I use it?"""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from registry.domain.lookup import AnswerCode, Question
from registry.services import lookup
from registry.services.house import house
from registry.web.api.replies import told
from registry.web.deps import House, Now, Plain, Read
from registry.web.parts import parts_of
from registry.web.schemas import AnswerOut

router = APIRouter(tags=["answer"])


@router.get("/check", response_model=AnswerOut, summary="May I use it?")
def check(
    request: Request,
    read: Read,
    settings: House,
    now: Now,
    background: BackgroundTasks,
    q: Annotated[
        Plain,
        Query(
            min_length=1, max_length=2000, description="Name, address or package URL.", examples=["Quillmark"]
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
    known = house(read, settings)
    question = Question(
        at=lookup.moment(on, known, now=now),
        data_class=data_class or None,
        account=account or None,
        audience=audience or None,
        office=office or None,
        edition=edition or None,
    )
    found = lookup.check(read, q, question, known, now=now)
    reply = told(request, lookup.told(found, base_url=settings.base_url))
    if found.answer.code is AnswerCode.UNKNOWN_TOOL:
        background.add_task(_count, request, q, now)
        reply.background = background
    return reply


async def _count(request: Request, query: str, now: datetime) -> None:
    async with parts_of(request).writing() as session:
        await run_in_threadpool(lookup.count_unanswered, session, query, now=now)

"""`POST /check`: the same question about up to a thousand tools at once, as JSON or as a CSV sheet."""

from typing import Annotated

from fastapi import Header, Request, Response
from pydantic import Field

from registry.domain.lookup import Question
from registry.services.answers import answer_object, lookup
from registry.web import answer_sheet
from registry.web.answer_sheet import MOST_QUERIES, MOST_SIGNS
from registry.web.api.replies import as_json
from registry.web.asking import asker
from registry.web.deps import CurrentUser, House, Known, Now, Plain, Read
from registry.web.question import require_known
from registry.web.routing import api_router
from registry.web.schemas import AnswerOut, Sent, Shape
from registry.web.strict import CalendarDay

router = api_router("/check", tag="answer")


class ListIn(Sent):
    queries: list[Annotated[Plain, Field(min_length=1, max_length=MOST_SIGNS)]] = Field(
        min_length=1,
        max_length=MOST_QUERIES,
        description="Names, addresses, package URLs or programs.",
        examples=[["Quillmark", "pkg:pypi/numpy"]],
    )
    data_class: Plain | None = Field(None, description="Highest class of data that would go in.")
    account: Plain | None = Field(None, description="Type of account.")
    audience: Plain | None = Field(None, description="Who would use them.")
    office: Plain | None = Field(None, description="Code of the office that asks.")
    on: CalendarDay | None = Field(None, description="As of this day, 2000 to 2199; else now.")


class ListOut(Shape):
    answers: list[AnswerOut] = Field(description="One for each query, in the order of the list.")


@router.post(
    "",
    response_model=ListOut,
    summary="May I use these?",
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def check_list(
    request: Request,
    known: Known,
    read: Read,
    user: CurrentUser,
    settings: House,
    now: Now,
    asked: ListIn,
    accept: Annotated[str, Header(description="`text/csv` for a sheet.")] = "",
) -> Response:
    """Nothing is stored, and what is not known is not counted as asked for. No token is needed."""
    require_known(request.query_params.multi_items(), ())
    asker(request, user, now, what="lists")
    organisation = lookup.organisation(read, settings, known)
    question = Question(
        at=lookup.moment(asked.on, organisation, now=now),
        data_class=asked.data_class or None,
        account=asked.account or None,
        audience=asked.audience or None,
        office=asked.office or None,
    )
    found = lookup.check_all(read, asked.queries, question, organisation, now=now, index=known)
    if accept.startswith("text/csv"):
        sheet = answer_sheet.render(found, base_url=settings.base_url)
        return Response(sheet, media_type="text/csv; charset=utf-8")
    told = {"answers": [answer_object.told(each, base_url=settings.base_url) for each in found]}
    return Response(as_json(told), media_type="application/json")

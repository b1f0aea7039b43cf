"""May I use these? A pasted list of software, answered line by line, on the page or as a sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.values import dataclass
from registry.services.answers import lookup
from registry.services.answers.lookup import LookUp
from registry.services.people.house import house
from registry.settings import Settings
from registry.web import answer_sheet, cards
from registry.web.answer_sheet import MOST_QUERIES
from registry.web.asking import asker
from registry.web.deps import CurrentUser, House, Known, Now, Read
from registry.web.question import Typed, as_question, choices, office_options, require_known
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import Choice, Option, ToolLink
from registry.web.typed import Fields

router = page_router("/check/list")
SAID = ("data_class", "account", "audience", "office", "on")


@dataclass(frozen=True)
class Line:
    query: str
    url: str
    """Of this one question, with what was said for all."""
    code: str
    tool: str
    """Empty where no tool is certainly meant."""
    sentence: str
    conditions: Sequence[str]
    near: Sequence[ToolLink]


@dataclass(frozen=True)
class ListPage:
    text: str
    said: Typed
    choices: Sequence[Choice]
    most: int = MOST_QUERIES
    lines: Sequence[Line] = ()
    counts: Sequence[tuple[str, int]] = ()
    """Answer code and how often it was given, most often first."""
    faults: Mapping[str, str] = field(default_factory=dict)
    unsaid: Sequence[Option] = ()


@router.get("")
def show_form(request: Request, read: Read, settings: House) -> Response:
    return render(request, "lookup/list.html", _page(read, settings, "", Typed()))


@router.post("")
def answer_list(
    request: Request,
    known: Known,
    read: Read,
    user: CurrentUser,
    settings: House,
    now: Now,
    typed: Fields,
) -> Response:
    """`as` is csv for the sheet."""
    text = "\n".join(typed.values.get("list", ()))
    said = Typed(**{name: typed.one(name) for name in SAID})
    try:
        given = [(name, value) for name, values in typed.values.items() for value in values]
        require_known(given, (*SAID, "list", "as"), many=("list",))
        queries = answer_sheet.read_list(text)
        organisation = lookup.organisation(read, settings, known)
        question = as_question(said, organisation, now=now)
        asker(request, user, now, what="lists")
        found = lookup.check_all(read, queries, question, organisation, now=now, index=known)
    except InvalidInput as refused:
        page = _page(read, settings, text, said, refused.faults or {"list": refused.sentence})
        return render(request, "lookup/list.html", page, status=422)
    if typed.one("as") == "csv":
        headers = {"Content-Disposition": 'attachment; filename="answers.csv"', "Cache-Control": "no-store"}
        sheet = answer_sheet.render(found, base_url=settings.base_url)
        return Response(sheet, media_type="text/csv; charset=utf-8", headers=headers)
    return render(request, "lookup/list.html", _page(read, settings, text, said, found=found))


def _page(
    read: Session,
    settings: Settings,
    text: str,
    said: Typed,
    faults: Mapping[str, str] | None = None,
    found: Sequence[LookUp] = (),
) -> ListPage:
    organisation = house(read, settings)
    lines = [_line(each, said) for each in found]
    codes = [line.code for line in lines]
    say = organisation.language.gettext
    asked = [
        replace(
            each, label=say(each.label), options=[replace(one, label=say(one.label)) for one in each.options]
        )
        for each in choices(said, organisation, office_options(read)).values()
    ]
    return ListPage(
        text=text,
        said=said,
        choices=asked,
        lines=lines,
        counts=sorted({(code, codes.count(code)) for code in codes}, key=lambda each: (-each[1], each[0])),
        faults=faults or {},
        unsaid=[Option("", say("Not said"))],
    )


def _line(found: LookUp, said: Typed) -> Line:
    answer, tool = found.answer, found.tool
    return Line(
        query=found.query,
        url=said.url(q=found.query),
        code=answer.code.value,
        tool=tool.name if tool else "",
        sentence=answer.sentence,
        conditions=[each.text for each in answer.conditions],
        near=cards.tool_links(found.suggestions[:3] if tool is None else found.alternatives[:3], said),
    )

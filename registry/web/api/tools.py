"""Tools, as the public sees them."""

from typing import Annotated

from fastapi import Query, Request, Response

from registry.domain.lookup import Answer, AnswerCode, Question
from registry.services.answers import lookup, tool_list
from registry.services.answers.tool_list import ToolFilter
from registry.services.lists.aliases import write_alias
from registry.services.people.house import house
from registry.store import tools, verdicts
from registry.store.columns import id_of
from registry.store.tables import Tool
from registry.web.api.replies import Cursor, Limit, next_link, told
from registry.web.deps import Called, House, Known, Now, Plain, Read, Slug
from registry.web.routing import api_router
from registry.web.schemas import Page, ToolOut, WholeToolOut

router = api_router("/tools", tag="tools")


@router.get("", response_model=Page[ToolOut], summary="Every tool, by slug")
def list_tools(
    request: Request,
    roll: Called,
    index: Known,
    read: Read,
    settings: House,
    now: Now,
    category: Annotated[list[Plain], Query(description="May be repeated; several widen the list.")] = [],  # noqa: B006
    answer: Annotated[list[AnswerCode], Query(description="May be repeated; several widen the list.")] = [],  # noqa: B006
    q: Annotated[Plain, Query(max_length=200, description="Words in name or vendor.")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response:
    """Each with its answer for a colleague who said nothing else; ask `/check` for a certain use."""
    wanted = ToolFilter(frozenset(answer), frozenset(category) - {""}, q.strip())
    found = tool_list.listing(read, roll, wanted, after=cursor, limit=limit)
    by_id = tools.by_ids(read, [each.tool.id for each in found.tools])
    shown = [by_id[each.tool.id] for each in found.tools if each.tool.id in by_id]
    known = house(read, settings)
    answers = lookup.answers(read, shown, Question(at=now), known, now=now, index=index)
    following = shown[-1].slug if found.on else None
    page = Page[ToolOut](
        items=[_out(tool, answers[id_of(tool)], settings.base_url) for tool in shown], next=following
    )
    return told(request, page, link=next_link(request, following))


@router.get("/{slug}", response_model=WholeToolOut, summary="One tool")
def show_tool(slug: Slug, request: Request, index: Known, read: Read, settings: House, now: Now) -> Response:
    """With every name, domain and package URL that surely means it, and the numbers of its published verdicts."""
    tool = tools.get(read, slug)
    tool_id = id_of(tool)
    known = house(read, settings)
    answer = lookup.answers(read, [tool], Question(at=now), known, now=now, index=index)[tool_id]
    whole = WholeToolOut(
        **_out(tool, answer, settings.base_url).model_dump(),
        homepage=tool.homepage,
        description=tool.description,
        guidance=tool.guidance,
        aliases=[write_alias(alias) for alias in tools.aliases(read, tool_id)],
        verdicts=[row.number for row in verdicts.published(read, now=now, tool_ids=[tool_id])],
    )
    return told(request, whole, mark=str(tool.version))


def _out(tool: Tool, answer: Answer, base_url: str) -> ToolOut:
    return ToolOut(
        slug=tool.slug,
        name=tool.name,
        url=f"{base_url}/tools/{tool.slug}",
        vendor=tool.vendor,
        category=tool.category,
        answer=answer.code,
        depends_on=list(answer.depends_on),
        sentence=answer.sentence,
    )

"""Tools, as the public sees them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Request, Response
from sqlmodel import Session

from registry.domain.lookup import Answer, AnswerCode, Question
from registry.services.answers import lookup, tool_list
from registry.services.answers.index import Index
from registry.services.answers.shown import ANY_TOOL, Shown
from registry.services.answers.tool_list import ToolFilter
from registry.services.lists.aliases import write_alias
from registry.services.people.house import house
from registry.services.tools import editing
from registry.services.verdicts.facets import refuse_strangers
from registry.services.verdicts.shelf import Filter
from registry.services.verdicts.turn import midnight
from registry.settings import Settings
from registry.store import tags, tools, verdicts
from registry.store.columns import id_of
from registry.store.tables import Tool
from registry.store.tools import Line
from registry.web.api.replies import Cursor, IfMatch, Limit, Once, next_link, told, version_in
from registry.web.deps import Called, House, Known, Now, Plain, Read, Slug, Triager, Tx
from registry.web.memory import keep
from registry.web.routing import api_router
from registry.web.schemas import Page, ToolEditIn, ToolOut, WholeToolOut

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
    tag: Annotated[list[Plain], Query(description="May be repeated; several widen the list.")] = [],  # noqa: B006
    answer: Annotated[list[AnswerCode], Query(description="May be repeated; several widen the list.")] = [],  # noqa: B006
    q: Annotated[Plain, Query(max_length=200, description="Words in name or vendor.")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response:
    """Each with its answer for a colleague who said nothing else; ask `/check` for a certain use."""
    wanted = ToolFilter(frozenset(answer), frozenset(category) - {""}, frozenset(tag) - {""}, q.strip())
    known = house(read, settings)
    refuse_strangers(read, Filter(categories=wanted.categories, tags=wanted.tags), known)
    found = tool_list.listing(read, roll, wanted, after=cursor, limit=limit)
    shown = [each.tool for each in found.tools]
    answers = lookup.answers(read, shown, Question(at=now), known, now=now, index=index)
    following = shown[-1].slug if found.on else None
    # When a decision may be expected is told by how long all others took.
    any_runs = any(each.code is AnswerCode.UNDER_REVIEW for each in answers.values())
    listed = ANY_TOOL if any_runs else Shown(frozenset(answers), listed=True)
    keep(request, midnight(now, known.zone), listed)
    items = [_out(each.tool, each.tags, answers[each.tool.id], settings.base_url) for each in found.tools]
    return told(request, {"items": items, "next": following}, link=next_link(request, following))


@router.get("/{slug}", response_model=WholeToolOut, summary="One tool")
def show_tool(slug: Slug, request: Request, index: Known, read: Read, settings: House, now: Now) -> Response:
    """With every name, domain and package URL that surely means it, and the numbers of its published verdicts."""
    tool = tools.get(read, slug)
    return told(request, _whole(read, tool, settings, now, index=index), mark=str(tool.version))


@router.post("/{slug}/edit", response_model=WholeToolOut, summary="Change what is known of it")
def edit_tool(
    slug: Slug,
    tx: Tx,
    user: Triager,
    settings: House,
    now: Now,
    asked: ToolEditIn,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """What is so already is no act. 422 where people find another tool by one of the names, 412 where it changed
    meanwhile."""

    def act() -> WholeToolOut:
        version = version_in(if_match)
        texts = asked.model_dump(include={*editing.TEXTS}, exclude_none=True)
        tool = editing.edit(
            tx,
            slug,
            with_texts=texts,
            with_tags=asked.tags,
            with_aliases=asked.aliases,
            version=version,
            by=user,
            now=now,
        )
        return _whole(tx, tool, settings, now)

    return once(asked, act, by=user)


def _whole(
    session: Session, tool: Tool, settings: Settings, now: datetime, *, index: Index | None = None
) -> WholeToolOut:
    tool_id = id_of(tool)
    known = house(session, settings)
    answer = lookup.answers(session, [tool], Question(at=now), known, now=now, index=index)[tool_id]
    return WholeToolOut(
        **_out(tool, tags.of_tool(session, tool_id), answer, settings.base_url),
        homepage=tool.homepage,
        description=tool.description,
        guidance=tool.guidance,
        aliases=[write_alias(alias) for alias in tools.aliases(session, tool_id)],
        verdicts=[row.number for row in verdicts.published(session, now=now, tool_ids=[tool_id])],
    )


def _out(tool: Tool | Line, tagged: Sequence[str], answer: Answer, base_url: str) -> dict[str, Any]:
    """As ToolOut has it."""
    return {
        "slug": tool.slug,
        "name": tool.name,
        "url": f"{base_url}/tools/{tool.slug}",
        "vendor": tool.vendor,
        "category": tool.category,
        "tags": list(tagged),
        "answer": answer.code,
        "depends_on": list(answer.depends_on),
        "sentence": answer.sentence,
    }

"""The list of tools under its facets, and the same as CSV, Excel and JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.errors import NotFound
from registry.domain.language import gettext_noop as _
from registry.domain.language import joined, worded, worded_n
from registry.domain.lookup import AnswerCode
from registry.domain.tag import most_used
from registry.domain.typed import clean
from registry.domain.values import dataclass
from registry.publish import sheet
from registry.services.answers import tool_list
from registry.services.answers.shown import LISTED
from registry.services.answers.tool_list import OFFERED, Told, ToolFilter, ToolListing
from registry.services.people.house import house
from registry.services.verdicts.facets import refuse_strangers
from registry.services.verdicts.shelf import Filter
from registry.settings import Settings
from registry.store.engine import snapshot
from registry.store.tools import ORDERS
from registry.web.deps import Called, House, Read
from registry.web.etag import json_list, streamed
from registry.web.feeds import feed_links
from registry.web.files import as_files, excel_file
from registry.web.parts import parts_of
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import Chip, Column, Facet, FacetOption, Facets, Link, Pager
from registry.web.understood import code, codes, understood
from registry.web.words import words

router = page_router()
MOST_TOOLS = 50
COLUMNS = (
    ("tool", _("Tool"), "tool"),
    ("answer", _("May I use it?"), ""),
    ("category", _("Category"), "category"),
    ("vendor", _("Vendor"), ""),
)
CELLS = ("name", "answer", "category", "tags", "vendor", "homepage", "description", "slug", "url")
FILES = ("csv", "xlsx", "json")
GROUPS = {"answer": _("May I use it?"), "category": _("Category"), "tag": _("Tag")}


@dataclass(frozen=True)
class ToolRow:
    name: str
    url: str
    vendor: str
    category: str
    answer: str


@dataclass(frozen=True)
class ToolsPage:
    facets: Facets
    columns: Sequence[Column]
    tools: Sequence[ToolRow]
    pager: Pager
    formats: Sequence[Link]
    text: str
    """Words that name or vendor must hold, as typed."""
    keep: Sequence[tuple[str, str]]
    """The other filters, which a search for words must not lose."""


@router.get("/tools")
def show_tools(request: Request, roll: Called, read: Read, settings: House) -> Response:
    def listed_by(query: QueryParams) -> tuple[ToolFilter, str, ToolListing]:
        wanted, sort = _asked(query, read, settings)
        after, before = clean(query.get("after", "")), clean(query.get("before", ""))
        found = tool_list.listing(read, roll, wanted, sort=sort, after=after, before=before, limit=MOST_TOOLS)
        return wanted, sort, found

    wanted, sort, found = understood(request, listed_by, marks=("after", "before"))
    feeds = feed_links(
        worded("Verdicts on these tools"), wanted=Filter(categories=wanted.categories, tags=wanted.tags)
    )
    page = ToolsPage(
        facets=_facets(wanted, found, sort),
        columns=_columns(wanted, sort),
        tools=[_row(each) for each in found.tools],
        pager=_pager(found, wanted, sort),
        formats=[
            *as_files(_url(wanted, sort, "csv")),
            *(Link(worded("{format} of their verdicts", format=each.format), each.url) for each in feeds),
        ],
        text=wanted.text,
        keep=_query(replace(wanted, text="")),
    )
    return render(request, "tools/list.html", page, feeds=feeds, indexed=not _query(wanted), lasting=LISTED)


@router.get("/tools.{ending}")
def download(ending: str, request: Request, roll: Called, read: Read, settings: House) -> Response:
    """The whole list under its filter and in its order, written as it is read."""
    if ending not in FILES:
        raise NotFound(worded("There is no such file. Choose among: {files}.", files=", ".join(FILES)))
    wanted, sort = _asked(request.query_params, read, settings)
    engine, base_url = parts_of(request).engine, settings.base_url

    def told() -> Iterator[Mapping[str, Any]]:
        with snapshot(engine) as session:
            for each in tool_list.every(session, roll, wanted, sort=sort):
                yield _cells(each, base_url)

    if ending == "xlsx":
        return excel_file(request, "tools", CELLS, map(_in_order, told()), public=True)
    headers = {"Content-Disposition": 'attachment; filename="tools.csv"'} if ending == "csv" else {}
    written = sheet.table_written(CELLS, told()) if ending == "csv" else json_list("tools", told())
    media_type = "text/csv; charset=utf-8" if ending == "csv" else "application/json"
    tag = f"{ending} {roll.mark} {_query(wanted)} {sort} {base_url}"
    return streamed(request, written, media_type, tag=tag, headers=headers)


def _asked(query: QueryParams, session: Session, settings: Settings) -> tuple[ToolFilter, str]:
    """Raises InvalidInput, naming what may stand there."""
    sorts = [sign + name for name in ORDERS for sign in ("", "-")]
    wanted = ToolFilter(
        answers=frozenset(codes(AnswerCode, query.getlist("answer"), "answer")),
        categories=frozenset(each for each in query.getlist("category") if each),
        tags=frozenset(each for each in query.getlist("tag") if each),
        text=query.get("q", "").strip()[:200],
    )
    sort = code(query.get("sort", ""), sorts, "sort") or "tool"
    named = Filter(categories=wanted.categories, tags=wanted.tags)
    refuse_strangers(session, named, house(session, settings))
    return wanted, sort


def _query(wanted: ToolFilter) -> list[tuple[str, str]]:
    """In an order that never changes."""
    return [
        *(("answer", each.value) for each in OFFERED if each in wanted.answers),
        *(("category", each) for each in sorted(wanted.categories)),
        *(("tag", each) for each in sorted(wanted.tags)),
        *([("q", wanted.text)] if wanted.text else []),
    ]


def _url(wanted: ToolFilter, sort: str, ending: str = "", **mark: str) -> str:
    query = urlencode([*_query(wanted), *([("sort", sort)] if sort != "tool" else []), *mark.items()])
    return "/tools" + (f".{ending}" if ending else "") + (f"?{query}" if query else "")


def _row(each: Told) -> ToolRow:
    tool = each.tool
    return ToolRow(tool.name, f"/tools/{tool.slug}", tool.vendor, tool.category, each.answer.value)


def _cells(each: Told, base_url: str) -> dict[str, str]:
    tool = each.tool
    return {
        "name": tool.name,
        "answer": each.answer.value,
        "category": tool.category,
        "tags": ";".join(each.tags),
        "vendor": tool.vendor,
        "homepage": tool.homepage,
        "description": tool.description,
        "slug": tool.slug,
        "url": f"{base_url}/tools/{tool.slug}",
    }


def _in_order(cells: Mapping[str, Any]) -> list[Any]:
    return [cells[name] for name in CELLS]


def _columns(wanted: ToolFilter, sort: str) -> list[Column]:
    made = []
    for key, label, by in COLUMNS:
        on = by and sort.removeprefix("-") == by
        turned = f"-{by}" if sort == by else by
        direction = ("descending" if sort.startswith("-") else "ascending") if on else ""
        made.append(Column(key, worded(label), sort_url=_url(wanted, turned) if by else "", sorted=direction))
    return made


def _pager(found: ToolListing, wanted: ToolFilter, sort: str) -> Pager:
    if not found.tools:
        return Pager(worded("No tools"))
    first, last = found.tools[0].tool, found.tools[-1].tool
    summary = worded_n("{total} tool", "{total} tools", found.total, total=f"{found.total:,}")
    if found.back or found.on:
        span = {"first": first.name, "last": last.name, "shown": len(found.tools), "all": summary}
        summary = worded("{first} to {last}, {shown} of {all}", **span)
    return Pager(
        summary,
        _url(wanted, sort, before=first.slug) if found.back else "",
        _url(wanted, sort, after=last.slug) if found.on else "",
    )


def _facets(wanted: ToolFilter, found: ToolListing, sort: str) -> Facets:
    chosen = {
        "answer": [each.value for each in OFFERED if each in wanted.answers],
        "category": sorted(wanted.categories),
        "tag": sorted(wanted.tags),
    }
    groups = []
    for name, label in GROUPS.items():
        counts = {**found.facets[name], **{each: found.facets[name].get(each, 0) for each in chosen[name]}}
        if name == "tag":
            counts = {each: counts[each] for each in most_used(counts, chosen[name])}
        if counts:
            options = [
                FacetOption(value, _label(name, value), count, value in chosen[name])
                for value, count in counts.items()
            ]
            groups.append(Facet(name, worded(label), options))
    keep = [("sort", sort)] if sort != "tool" else []
    keep += [("q", wanted.text)] if wanted.text else []
    return Facets("/tools", groups, _chips(wanted, sort), keep)


def _label(facet: str, value: str) -> str:
    return words(value) if facet == "answer" else value


def _chips(wanted: ToolFilter, sort: str) -> list[Chip]:
    without = [
        *(
            (
                joined(" ", [worded("May I use it?"), words(each.value)]),
                replace(wanted, answers=wanted.answers - {each}),
            )
            for each in OFFERED
            if each in wanted.answers
        ),
        *(
            (worded("Category: {name}", name=each), replace(wanted, categories=wanted.categories - {each}))
            for each in sorted(wanted.categories)
        ),
        *(
            (worded("Tag: {name}", name=each), replace(wanted, tags=wanted.tags - {each}))
            for each in sorted(wanted.tags)
        ),
        *([(worded("Says: {text}", text=wanted.text), replace(wanted, text=""))] if wanted.text else []),
    ]
    return [Chip(label, _url(rest, sort)) for label, rest in without]

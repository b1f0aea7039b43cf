"""The list of verdicts under its facets, and the same as CSV and JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import QueryParams

from registry.domain.lookup import House as Organisation
from registry.domain.outcome import Outcome
from registry.domain.validity import ValidityState
from registry.publish import sheet
from registry.services.people.house import house
from registry.services.verdicts import listing, publishing
from registry.services.verdicts.listing import OLDER, Filter, Listing
from registry.services.verdicts.publishing import Published
from registry.store import offices as offices_store
from registry.web.deps import Asked, House, Now, Read
from registry.web.etag import conditional
from registry.web.feeds import feed_links
from registry.web.filters import as_filter, as_query
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import (
    Chip,
    Column,
    Facet,
    FacetOption,
    Facets,
    Link,
    Pager,
)
from registry.web.understood import code, understood
from registry.web.verdict_parts import (
    VerdictRow,
    as_row,
    just_withdrawn,
)
from registry.web.words import words

router = page_router()
MOST_VERDICTS = 25
GROUPS = {
    "outcome": "Outcome",
    "category": "Category",
    "data_class": "Covers",
    "validity": "Does it stand?",
    "office": "Office",
    "rubric": "Judged by",
}
NAMED = GROUPS | {"tool": "Tool", "q": "Says"}

SORTS: Mapping[str, Callable[[Published], Any]] = {
    "number": lambda each: each.row.number,
    "tool": lambda each: (each.tool.name.casefold(), each.row.number),
    "category": lambda each: (each.tool.category.casefold(), each.row.number),
    "ends": lambda each: (each.validity.ends_on or date.max, each.row.number),
}
NEWEST = "-number"
COLUMNS = (
    ("tool", "Tool", "tool"),
    ("outcome", "Outcome", ""),
    ("scope", "Bound to", ""),
    ("category", "Category", "category"),
    ("decided", "Decided", "number"),
    ("ends", "Until", "ends"),
)


@dataclass(frozen=True)
class VerdictsPage:
    facets: Facets
    columns: Sequence[Column]
    rows: Sequence[VerdictRow]
    pager: Pager
    formats: Sequence[Link]
    text: str
    """Words that the verdicts must hold, as typed."""
    keep: Sequence[tuple[str, str]]
    """The other filters, which a search for words must not lose."""
    hidden: bool
    """Whether verdicts that were replaced or withdrawn are left out."""
    done: Sequence[int]


@router.get("/verdicts")
def show_verdicts(request: Request, read: Read, settings: House, now: Now, after: Asked = "") -> Response:
    (wanted, sort), organisation = understood(request, _asked), house(read, settings)
    listed = listing.listing(read, wanted, organisation, now=now)
    ordered = sorted(listed.verdicts, key=SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))
    start = _start(ordered, after)
    offices = {office.code: office.name for office in offices_store.all_offices(read)}
    query = as_query(wanted)
    page = VerdictsPage(
        facets=_facets(wanted, listed, organisation, offices, sort),
        columns=_columns(wanted, sort),
        rows=[as_row(each, organisation) for each in ordered[start : start + MOST_VERDICTS]],
        pager=_pager(ordered, start, wanted, sort),
        formats=[
            *(
                Link(each.title.split("(")[-1].rstrip(")"), each.url)
                for each in feed_links("", wanted=wanted)
            ),
            Link("CSV", f"/verdicts.csv?{query}".rstrip("?")),
            Link("JSON", f"/verdicts.json?{query}".rstrip("?")),
        ],
        text=wanted.text,
        keep=parse_qsl(as_query(replace(wanted, text=""))),
        hidden=not wanted.validities,
        done=just_withdrawn(listed.verdicts, request.query_params.getlist("done")),
    )
    title = "These verdicts" if query else "All verdicts"
    return render(
        request, "verdicts/list.html", page, feeds=feed_links(title, wanted=wanted), indexed=not query
    )


def _asked(query: QueryParams) -> tuple[Filter, str]:
    sorts = [sign + name for name in SORTS for sign in ("", "-")]
    return as_filter(query), code(query.get("sort", ""), sorts, "sort") or NEWEST


@router.get("/verdicts.csv")
def download_csv(request: Request, read: Read, settings: House, now: Now) -> Response:
    listed = listing.listing(read, as_filter(request.query_params), house(read, settings), now=now)
    body = sheet.render([publishing.as_json(each, base_url=settings.base_url) for each in listed.verdicts])
    headers = {"Content-Disposition": 'attachment; filename="verdicts.csv"'}
    return conditional(request, body, "text/csv; charset=utf-8", headers=headers)


@router.get("/verdicts.json")
def download_json(request: Request, read: Read, settings: House, now: Now) -> Response:
    listed = listing.listing(read, as_filter(request.query_params), house(read, settings), now=now)
    told = [publishing.as_json(each, base_url=settings.base_url) for each in listed.verdicts]
    return conditional(request, JSONResponse({"verdicts": told}).body, "application/json")  # type: ignore[arg-type]


def _start(ordered: Sequence[Published], after: str) -> int:
    """Where the page after a verdict's number begins; the first page where the list no longer holds it."""
    numbers = [str(each.row.number) for each in ordered]
    return numbers.index(after) + 1 if after in numbers else 0


def _url(wanted: Filter, sort: str = NEWEST, after: str = "") -> str:
    more = urlencode([(name, value) for name, value in (("sort", sort), ("after", after)) if value])
    more = more.replace(f"sort={NEWEST}", "").strip("&")
    query = "&".join(part for part in (as_query(wanted), more) if part)
    return "/verdicts" + (f"?{query}" if query else "")


def _pager(ordered: Sequence[Published], start: int, wanted: Filter, sort: str) -> Pager:
    total = len(ordered)
    if not total:
        return Pager("No verdict")
    end = min(start + MOST_VERDICTS, total)
    noun = "verdict" if total == 1 else "verdicts"
    summary = f"{total} {noun}" if total <= MOST_VERDICTS else f"Verdicts {start + 1} to {end} of {total}"
    before = max(start - MOST_VERDICTS, 0)
    previous = str(ordered[before - 1].row.number) if before else ""
    return Pager(
        summary,
        _url(wanted, sort, previous) if start else "",
        _url(wanted, sort, str(ordered[end - 1].row.number)) if end < total else "",
    )


def _columns(wanted: Filter, sort: str) -> list[Column]:
    made = []
    for key, label, by in COLUMNS:
        on = by and sort.removeprefix("-") == by
        turned = by if on and sort.startswith("-") else f"-{by}" if on or by == "number" else by
        direction = ("descending" if sort.startswith("-") else "ascending") if on else ""
        made.append(Column(key, label, sort_url=_url(wanted, turned) if by else "", sorted=direction))
    return made


def _facets(
    wanted: Filter, listed: Listing, organisation: Organisation, offices: Mapping[str, str], sort: str
) -> Facets:
    chosen = _chosen(wanted)
    groups = []
    for name, label in GROUPS.items():
        counts = {**dict.fromkeys(chosen[name], 0), **listed.facets.get(name, {})}
        options = [
            FacetOption(value, _label(name, value, offices), counts[value], value in chosen[name])
            for value in _in_order(name, counts, organisation)
        ]
        if options:
            groups.append(Facet(name, label, options, opened=name in ("outcome", "category")))
    keep = [("sort", sort)] if sort != NEWEST else []
    keep += [(name, value) for name in ("tool", "q") for value in chosen[name]]
    return Facets("/verdicts", groups, _chips(wanted, chosen, offices, sort), keep)


def _in_order(name: str, counts: Mapping[str, int], organisation: Organisation) -> list[str]:
    orders: Mapping[str, Sequence[str]] = {
        "validity": [*reversed(ValidityState)],
        "outcome": [*Outcome],
        "data_class": organisation.data_classes,
    }
    if name in orders:
        return [str(value) for value in orders[name] if value in counts]
    return sorted(counts, key=str.casefold)


def _label(facet: str, value: str, offices: Mapping[str, str]) -> str:
    if facet == "office":
        return offices.get(value, value)
    if facet == "rubric":
        name, _, version = value.rpartition("-")
        return "An older rubric or table" if value == OLDER else f"{words(name)} {version}"
    return value if facet in ("category", "tool", "q") else words(value)


def _chosen(wanted: Filter) -> dict[str, list[str]]:
    return {
        "outcome": sorted(each.value for each in wanted.outcomes),
        "category": sorted(wanted.categories),
        "validity": sorted(each.value for each in wanted.validities),
        "office": sorted(wanted.offices),
        "tool": sorted(wanted.tools),
        "data_class": sorted(wanted.data_classes),
        "rubric": sorted(wanted.rubrics),
        "q": [wanted.text] if wanted.text else [],
    }


def _chips(
    wanted: Filter, chosen: Mapping[str, Sequence[str]], offices: Mapping[str, str], sort: str
) -> list[Chip]:
    return [
        Chip(f"{NAMED[facet]}: {_label(facet, value, offices)}", _url(_without(wanted, facet, value), sort))
        for facet, values in chosen.items()
        for value in values
    ]


def _without(wanted: Filter, facet: str, value: str) -> Filter:
    if facet == "q":
        return replace(wanted, text="")
    name = {"category": "categories", "validity": "validities", "data_class": "data_classes"}.get(
        facet, facet + "s"
    )
    kept: Any = frozenset(each for each in getattr(wanted, name) if each != value)
    return replace(wanted, **{name: kept})

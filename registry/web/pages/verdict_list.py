"""The list of verdicts under its facets, and the same as CSV, Excel and JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.errors import NotFound
from registry.domain.language import gettext_noop as _
from registry.domain.language import joined, worded, worded_n
from registry.domain.lookup import House as Organisation
from registry.domain.outcome import Outcome
from registry.domain.tag import most_used
from registry.domain.validity import REVIEW_DAYS, ValidityState
from registry.domain.values import dataclass
from registry.publish import sheet
from registry.services.answers.shown import Shown
from registry.services.people.house import house
from registry.services.verdicts import listing, publishing
from registry.services.verdicts.facets import refuse_strangers
from registry.services.verdicts.listing import Listing
from registry.services.verdicts.shelf import NEWEST, OLDER, ORDERS, Filter
from registry.store import shelf as store
from registry.store.engine import snapshot
from registry.store.paging import row_mark
from registry.web.cards import follow_url
from registry.web.deps import House, Now, Read, Shelved
from registry.web.etag import json_list, streamed
from registry.web.feeds import feed_links
from registry.web.files import as_files, excel_file
from registry.web.filters import as_filter, as_query
from registry.web.parts import parts_of
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import Chip, Column, Facet, FacetOption, Facets, Link, Pager
from registry.web.understood import code, understood
from registry.web.verdict_parts import VerdictRow, as_line, just_withdrawn
from registry.web.words import words

router = page_router()
MOST_VERDICTS = 50
AT_ONCE = 200
"""Verdicts read for a file before the next ones are."""
FILES = ("csv", "xlsx", "json")
GROUPS = {
    "outcome": _("Outcome"),
    "category": _("Category"),
    "tag": _("Tag"),
    "data_class": _("Covers"),
    "validity": _("Does it stand?"),
    "office": _("Office"),
    "rubric": _("Judged by"),
}
NAMED = GROUPS | {"tool": _("Tool"), "q": _("Says")}

COLUMNS = (
    ("tool", _("Tool"), "tool"),
    ("outcome", _("Outcome"), ""),
    ("scope", _("Bound to"), ""),
    ("category", _("Category"), "category"),
    ("decided", _("Decided"), "number"),
    ("ends", _("Until"), "ends"),
)


@dataclass(frozen=True)
class VerdictsPage:
    facets: Facets
    columns: Sequence[Column]
    rows: Sequence[VerdictRow]
    pager: Pager
    formats: Sequence[Link]
    follow_url: str
    """Where just these are followed by mail."""
    text: str
    """Words that the verdicts must hold, as typed."""
    keep: Sequence[tuple[str, str]]
    """The other filters, which a search for words must not lose."""
    soon: Link | None
    hidden: bool
    """Whether verdicts that were replaced or withdrawn are left out."""
    done: Sequence[int]


@router.get("/verdicts")
def show_verdicts(request: Request, shelf: Shelved, read: Read, settings: House) -> Response:
    organisation = house(read, settings)

    def listed_by(query: QueryParams) -> tuple[Filter, str, Listing]:
        wanted, sort = _asked(query, read, organisation)
        after = row_mark(query.get("after", ""))
        found = listing.listing(
            read, shelf, wanted, organisation, sort=sort, after=after, limit=MOST_VERDICTS
        )
        return wanted, sort, found

    wanted, sort, listed = understood(request, listed_by, marks=("after",))
    bound = store.bound(read, [each.id for each in listed.cut.facts])
    query = as_query(wanted)
    page = VerdictsPage(
        facets=_facets(wanted, listed, organisation, sort),
        columns=_columns(wanted, sort),
        rows=[as_line(each, bound[each.id], organisation) for each in listed.cut.facts if each.id in bound],
        pager=_pager(listed, wanted, sort),
        formats=[
            *(Link(each.format, each.url) for each in feed_links("", wanted=wanted)),
            *as_files(_file("csv", wanted, sort)),
        ],
        follow_url=follow_url(query),
        text=wanted.text,
        keep=parse_qsl(as_query(replace(wanted, text=""))),
        hidden=not wanted.validities,
        soon=_soon(wanted, listed),
        done=just_withdrawn(shelf, request.query_params.getlist("done")),
    )
    title = worded("These verdicts") if query else worded("All verdicts")
    return render(
        request,
        "verdicts/list.html",
        page,
        feeds=feed_links(title, wanted=wanted),
        indexed=not query,
        lasting=Shown(frozenset(each.tool_id for each in listed.cut.facts), listed=True),
    )


@router.get("/verdicts.{ending}")
def download(
    ending: str, request: Request, shelf: Shelved, read: Read, settings: House, now: Now
) -> Response:
    """The whole list under its filter and in its order, written as it is read."""
    if ending not in FILES:
        raise NotFound(worded("There is no such file. Choose among: {files}.", files=", ".join(FILES)))
    organisation = house(read, settings)
    wanted, sort = _asked(request.query_params, read, organisation)
    facts = listing.every(read, shelf, wanted, organisation, sort=sort)
    engine, base_url = parts_of(request).engine, settings.base_url

    def told() -> Iterator[Mapping[str, Any]]:
        with snapshot(engine) as session:
            organisation = house(session, settings)
            for start in range(0, len(facts), AT_ONCE):
                some = listing.whole(session, facts[start : start + AT_ONCE], organisation, now=now)
                yield from (publishing.as_json(each, base_url=base_url) for each in some)

    if ending == "xlsx":
        return excel_file(request, "verdicts", sheet.COLUMNS, map(sheet.row, told()), public=True)
    written = sheet.written(told()) if ending == "csv" else json_list("verdicts", told())
    media_type = "text/csv; charset=utf-8" if ending == "csv" else "application/json"
    tag = f"{shelf.mark} {[each.id for each in facts]} {base_url}"
    headers = {"Content-Disposition": 'attachment; filename="verdicts.csv"'} if ending == "csv" else {}
    return streamed(request, written, media_type, tag=tag, headers=headers)


def _asked(query: QueryParams, session: Session, organisation: Organisation) -> tuple[Filter, str]:
    """Raises InvalidInput, naming what may stand there."""
    sorts = [sign + name for name in ORDERS for sign in ("", "-")]
    wanted, sort = as_filter(query), code(query.get("sort", ""), sorts, "sort") or NEWEST
    refuse_strangers(session, wanted, organisation)
    return wanted, sort


def _url(wanted: Filter, sort: str = NEWEST, after: int = 0) -> str:
    more = [("sort", sort)] if sort != NEWEST else []
    more += [("after", str(after))] if after else []
    query = "&".join(part for part in (as_query(wanted), urlencode(more)) if part)
    return "/verdicts" + (f"?{query}" if query else "")


def _file(ending: str, wanted: Filter, sort: str) -> str:
    path, _, query = _url(wanted, sort).partition("?")
    return f"{path}.{ending}" + (f"?{query}" if query else "")


def _soon(wanted: Filter, listed: Listing) -> Link | None:
    """To those of the list that end within sixty days, the first to end first; None where there are none."""
    ending = frozenset({ValidityState.REVIEW_DUE})
    count = listed.facets["validity"].get(ValidityState.REVIEW_DUE, 0)
    if not count or wanted.validities == ending:
        return None
    label = worded_n(
        "{n} of these ends within {days} days", "{n} of these end within {days} days", count, days=REVIEW_DAYS
    )
    return Link(label, _url(replace(wanted, validities=ending), "ends"))


def _pager(listed: Listing, wanted: Filter, sort: str) -> Pager:
    cut, total = listed.cut, listed.total
    if not total:
        return Pager(worded("No verdict"))
    start, end = cut.start + 1, cut.start + len(cut.facts)
    summary = worded_n("{total} verdict", "{total} verdicts", total, total=f"{total:,}")
    if end - cut.start != total:
        span = {"first": f"{start:,}", "last": f"{end:,}", "total": f"{total:,}"}
        summary = worded("Verdicts {first} to {last} of {total}", **span)
    return Pager(
        summary,
        _url(wanted, sort, cut.before) if cut.before is not None else "",
        _url(wanted, sort, cut.facts[-1].number) if cut.more else "",
    )


def _columns(wanted: Filter, sort: str) -> list[Column]:
    made = []
    for key, label, by in COLUMNS:
        on = by and sort.removeprefix("-") == by
        turned = by if on and sort.startswith("-") else f"-{by}" if on or by == "number" else by
        direction = ("descending" if sort.startswith("-") else "ascending") if on else ""
        made.append(Column(key, worded(label), sort_url=_url(wanted, turned) if by else "", sorted=direction))
    return made


def _facets(wanted: Filter, listed: Listing, organisation: Organisation, sort: str) -> Facets:
    chosen, offices = _chosen(wanted), organisation.phrases
    groups = []
    for name, label in GROUPS.items():
        counts = {**dict.fromkeys(chosen[name], 0), **listed.facets.get(name, {})}
        options = [
            FacetOption(value, _label(name, value, offices), counts[value], value in chosen[name])
            for value in _in_order(name, counts, chosen[name], organisation)
        ]
        if options:
            groups.append(Facet(name, worded(label), options, opened=name in ("outcome", "category")))
    keep = [("sort", sort)] if sort != NEWEST else []
    keep += [(name, value) for name in ("tool", "q") for value in chosen[name]]
    return Facets("/verdicts", groups, _chips(wanted, chosen, offices, sort), keep)


def _in_order(
    name: str, counts: Mapping[str, int], chosen: Sequence[str], organisation: Organisation
) -> list[str]:
    orders: Mapping[str, Sequence[str]] = {
        "validity": [*reversed(ValidityState)],
        "outcome": [*Outcome],
        "data_class": organisation.data_classes,
    }
    if name in orders:
        return [str(value) for value in orders[name] if value in counts]
    return most_used(counts, chosen) if name == "tag" else sorted(counts, key=str.casefold)


def _label(facet: str, value: str, offices: Mapping[str, str]) -> str:
    if facet == "office":
        return offices.get(value, value)
    if facet == "rubric":
        name, _, version = value.rpartition("-")
        return worded("An older rubric or table") if value == OLDER else joined(" ", [words(name), version])
    return value if facet in ("category", "tag", "tool", "q") else words(value)


def _chosen(wanted: Filter) -> dict[str, list[str]]:
    return {
        "outcome": sorted(each.value for each in wanted.outcomes),
        "category": sorted(wanted.categories),
        "tag": sorted(wanted.tags),
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
        Chip(
            joined(": ", [worded(NAMED[facet]), _label(facet, value, offices)]),
            _url(_without(wanted, facet, value), sort),
        )
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

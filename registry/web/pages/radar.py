"""The radar: every tool that has an answer, as it stands or stood on a day; the chart of risk and fit; and files."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.language import worded, worded_n
from registry.domain.lookup import House as Organisation
from registry.domain.radar import RING_LABELS, Move, Ring, quarters
from registry.domain.values import dataclass
from registry.publish import radar as published
from registry.publish import sheet
from registry.services.answers import radar
from registry.services.answers.shown import ANY_TOOL
from registry.services.lists.spreadsheets import can_write_xlsx
from registry.services.people.house import house
from registry.settings import Settings
from registry.store import shelf as store
from registry.web import radar_view
from registry.web.deps import House, Now, Read
from registry.web.etag import conditional
from registry.web.feeds import feed_links
from registry.web.files import excel_file
from registry.web.parts import parts_of
from registry.web.radar_chart import MIDDLE, QUADRANTS, RADII, SIZE
from registry.web.radar_shown import Asked, Shown, for_programs, read_asked, shown
from registry.web.radar_view import Drawn
from registry.web.render import render, render_document
from registry.web.routing import page_router
from registry.web.shapes import Link
from registry.web.understood import understood

router = page_router()
MOST_QUARTERS = 12
FILES = {
    "/radar.svg": "SVG",
    "/radar.csv": "CSV",
    **({"/radar.xlsx": "Excel"} if can_write_xlsx() else {}),
    "/radar.json": "JSON",
    "/radar/backstage.json": worded("JSON for Backstage"),
    "/radar/zalando.json": worded("JSON for Zalando’s radar"),
}
CELLS = ("name", "category", "ring", "answer", "moved", "was", "slug", "url")


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    chosen: bool
    count: int | None = None


@dataclass(frozen=True)
class RadarPage:
    drawn: Drawn
    size: int
    middle: float
    radii: Sequence[float]
    title: str
    said: str
    """What the picture shows, in two sentences."""
    action: str
    asked: Asked
    day: date
    since: date
    times: Sequence[tuple[Link, bool]]
    """Now and the quarters that are over, each with whether it is shown."""
    groups: Sequence[tuple[Link, bool]]
    """The categories, four at a time; empty where all of them fit."""
    since_options: Sequence[Choice]
    offices: Sequence[Choice]
    rings: Sequence[Choice]
    categories: Sequence[Choice]
    formats: Sequence[Link]


@router.get("/radar")
def show_radar(request: Request, read: Read, settings: House, now: Now) -> Response:
    return _page(request, read, settings, now, "/radar", radar_view.on_radar)


@router.get("/radar/risk-fit")
def show_risk_and_fit(request: Request, read: Read, settings: House, now: Now) -> Response:
    def drawn(found: Shown) -> Drawn:
        at = now if found.asked.day is None else radar.end_of(found.day, house(read, settings), now)
        bands = store.bands(read, [each.entry.id for each in found.blips], at=at, now=now)
        return radar_view.on_chart(
            found, {each.entry.slug: bands[each.entry.id] for each in found.blips if each.entry.id in bands}
        )

    return _page(request, read, settings, now, "/radar/risk-fit", drawn)


@router.get("/radar.svg")
def draw(request: Request, read: Read, settings: House, now: Now) -> Response:
    found = _found(request, read, settings, now)
    page = _told(found, radar_view.on_radar(found, settings.base_url), "/radar", house(read, settings), ())
    return render_document(request, "radar/picture.svg", page, "image/svg+xml")


@router.get("/radar.csv")
def download_csv(request: Request, read: Read, settings: House, now: Now) -> Response:
    found = _found(request, read, settings, now)
    body = sheet.table(CELLS, published.rows(_published(found, settings)))
    headers = {"Content-Disposition": 'attachment; filename="radar.csv"'}
    return conditional(request, body, "text/csv; charset=utf-8", headers=headers)


@router.get("/radar.xlsx")
def download_excel(request: Request, read: Read, settings: House, now: Now) -> Response:
    found = _found(request, read, settings, now)
    told = published.rows(_published(found, settings))
    cells = ([each.get(name) for name in CELLS] for each in told)
    return excel_file(request, "radar", CELLS, cells, public=True)


@router.get("/radar.json")
def download_json(request: Request, read: Read, settings: House, now: Now) -> Response:
    return _json(request, read, settings, now, published.as_json)


@router.get("/radar/backstage.json")
def download_for_backstage(request: Request, read: Read, settings: House, now: Now) -> Response:
    return _json(request, read, settings, now, published.as_backstage)


@router.get("/radar/zalando.json")
def download_for_zalando(request: Request, read: Read, settings: House, now: Now) -> Response:
    return _json(request, read, settings, now, published.as_zalando)


def _json(
    request: Request,
    read: Session,
    settings: Settings,
    now: datetime,
    shape: Callable[[published.Radar], Mapping[str, Any]],
) -> Response:
    told = shape(_published(_found(request, read, settings, now), settings))
    body = json.dumps(told, ensure_ascii=False, indent=1).encode()
    return conditional(request, body, "application/json", headers={"Access-Control-Allow-Origin": "*"})


def _published(found: Shown, settings: Settings) -> published.Radar:
    return for_programs(found, settings.name, settings.base_url, settings.words)


def _found(request: Request, read: Session, settings: Settings, now: datetime) -> Shown:
    """For a file: what its address does not say right is refused."""
    organisation = house(read, settings)
    today = now.astimezone(organisation.zone).date()
    asked = read_asked(request.query_params, read, organisation, today)
    return shown(parts_of(request).shelving, asked, today, now)


def _page(
    request: Request,
    read: Session,
    settings: Settings,
    now: datetime,
    path: str,
    drawn: Callable[[Shown], Drawn],
) -> Response:
    organisation = house(read, settings)
    today = now.astimezone(organisation.zone).date()
    asked = understood(request, lambda query: read_asked(query, read, organisation, today))
    found = shown(parts_of(request).shelving, asked, today, now)
    first = store.first_decided(read, now=now)
    past = list(quarters(first.astimezone(organisation.zone).date(), today, MOST_QUARTERS)) if first else []
    page = _told(found, drawn(found), path, organisation, [(each.last_day, each.label) for each in past])
    template = "radar/show.html" if path == "/radar" else "radar/risk_fit.html"
    feeds = feed_links(worded("All verdicts"))
    return render(request, template, page, feeds=feeds, indexed=asked == Asked(), lasting=ANY_TOOL)


def _told(
    found: Shown, drawn: Drawn, path: str, organisation: Organisation, past: Sequence[tuple[date, str]]
) -> RadarPage:
    asked, today = found.asked, found.asked.day is None
    moves = [each.move for each in found.blips]
    moved = len(moves) - moves.count(Move.NONE)
    once = replace(asked, group=1)
    return RadarPage(
        drawn=drawn,
        size=SIZE,
        middle=MIDDLE,
        radii=RADII[1:],
        title=worded("May I use it? Today") if today else worded("May I use it? As of {day}", day=found.day),
        said=worded(
            "{tools} in {categories}, from yes in the middle to no at the edge. {moved}",
            tools=worded_n("{n} tool", "{n} tools", len(moves)),
            categories=worded_n("{n} category", "{n} categories", len(found.quadrants)),
            moved=_moved(moved, found.since),
        ),
        action=path,
        asked=asked,
        day=found.day,
        since=found.since,
        times=[
            (Link(worded("Now"), replace(once, day=None, since=None).url(path)), today),
            *(
                (Link(label, replace(once, day=day, since=None).url(path)), asked.day == day)
                for day, label in past
            ),
        ],
        groups=[
            (
                Link(
                    _places(at, len(asked.categories & found.categories.keys() or found.categories)),
                    replace(asked, group=at).url(path),
                ),
                at == asked.group,
            )
            for at in range(1, found.groups + 1)
        ]
        if found.groups > 1
        else [],
        since_options=_since(found, past),
        offices=[
            Choice(each, organisation.phrases.get(each, each), each == asked.office)
            for each in organisation.offices
        ],
        rings=[Choice(ring.value, RING_LABELS[ring], ring in asked.rings) for ring in Ring],
        categories=[
            Choice(str(name), name, name in asked.categories, found.categories.get(name, 0))
            for name in sorted({*found.categories, *asked.categories}, key=str.casefold)
        ],
        formats=[Link(label, asked.url(file)) for file, label in FILES.items()],
    )


def _since(found: Shown, past: Sequence[tuple[date, str]]) -> list[Choice]:
    """Earlier quarters, and the day that was asked for where it ends none."""
    asked = found.asked.since
    days = {day: label for day, label in past if day < found.day}
    if asked:
        days.setdefault(asked, worded("{day}", day=asked))
    return [
        Choice("", worded("the quarter before"), asked is None),
        *(Choice(day.isoformat(), label, day == asked) for day, label in sorted(days.items(), reverse=True)),
    ]


def _places(group: int, total: int) -> str:
    """Which of the categories a group holds: "5 to 8 of 9"."""
    first, last = QUADRANTS * (group - 1) + 1, min(QUADRANTS * group, total)
    if last > first:
        return worded("{first} to {last} of {total}", first=first, last=last, total=total)
    return worded("{first} of {total}", first=first, total=total)


def _moved(number: int, since: date) -> str:
    if not number:
        return worded("None of them moved or came in since {day}.", day=since)
    return worded_n(
        "{n} of them moved or came in since {day}.",
        "{n} of them moved or came in since {day}.",
        number,
        day=since,
    )

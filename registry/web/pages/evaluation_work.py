"""All that one person has to do in evaluations: the first of it, and the whole as a page, CSV, Excel and JSON."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.values import dataclass
from registry.services.evaluations.work import Left, Piece, my_work
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.store.paging import row_mark
from registry.web.deps import House, Insider, Now, Read
from registry.web.files import as_files, json_file, sheet_file
from registry.web.pages.evaluation_people import as_work
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import Link, Option, Pager, Task
from registry.web.understood import codes, understood

router = page_router("/evaluations/work")
downloads = page_router()
MOST = 50
"""On one page; the files hold all."""
FIRST = 3
"""Of each kind, where there is no room for all."""
Thing = Piece | Left
"""One thing to do, or a decision that waits for somebody else."""
COLUMNS = ("kind", "task", "tool", "edition", "due_on", "overdue", "why_not_yours", "url")


class Kind(StrEnum):
    """In the order in which a case goes on."""

    ASK = "ask"
    DECLARE = "declare"
    SCORE = "score"
    MODERATE = "moderate"
    DECIDE = "decide"
    RESUME = "resume"
    LEFT = "left"


LABELS = {
    Kind.ASK: "to find reviewers for",
    Kind.DECLARE: "to begin scoring",
    Kind.SCORE: "to score",
    Kind.MODERATE: "to resolve",
    Kind.DECIDE: "to decide",
    Kind.RESUME: "to take up again",
    Kind.LEFT: "for somebody else to decide",
}


@dataclass(frozen=True)
class First:
    """What is due first of each kind, and how much there is of it."""

    tasks: Sequence[Task]
    counts: Sequence[Link]
    """Each kind as a link to all of it; empty where all is shown already."""
    everything: Link | None
    left: Sequence[Task]
    more_left: Link | None


@dataclass(frozen=True)
class WorkPage:
    tasks: Sequence[Task]
    kinds: Sequence[Option]
    kind: str
    pager: Pager
    formats: Sequence[Link]


@router.get("")
def show_work(request: Request, read: Read, user: Insider, now: Now, house: House) -> Response:
    kinds, place = understood(
        request, lambda query: (_kinds(query), row_mark(query.get("from", ""))), marks=("from",)
    )
    found = things(read, user, house, now)
    counts = Counter(map(_kind, found))
    chosen = [each for each in found if not kinds or _kind(each) in kinds]
    start = min(max(0, place - 1), max(0, len(chosen) - 1)) // MOST * MOST
    page = WorkPage(
        tasks=[_task(each) for each in chosen[start : start + MOST]],
        kinds=[
            Option("", f"Everything ({len(found)})"),
            *(Option(each.value, f"{counts[each]} {LABELS[each]}") for each in Kind if counts[each]),
        ],
        kind=kinds[0].value if len(kinds) == 1 else "",
        pager=_pager(kinds, start, len(chosen)),
        formats=as_files(_address(kinds, ".csv")),
    )
    return render(request, "evaluations/work.html", page)


@downloads.get("/evaluations/work.csv")
@downloads.get("/evaluations/work.xlsx")
def download_sheet(request: Request, read: Read, user: Insider, now: Now, house: House) -> Response:
    return sheet_file(request, "work", COLUMNS, _told(request, read, user, now, house))


@downloads.get("/evaluations/work.json")
def download_json(request: Request, read: Read, user: Insider, now: Now, house: House) -> Response:
    return json_file(request, "work", _told(request, read, user, now, house))


def things(session: Session, by: Actor, house: Settings, now: datetime) -> Sequence[Thing]:
    """What is due first at the top, and behind it what this person may not decide."""
    today = now.astimezone(house.zone).date()
    work = my_work(session, by, today=today, now=now, solo=house.solo, cases_needed=house.reference_cases)
    return [*work.pieces, *work.left]


def first_of(found: Sequence[Thing]) -> First:
    counts = Counter(map(_kind, found))
    left = [each for each in found if isinstance(each, Left)]
    mine = [each for each in found if isinstance(each, Piece)]
    seen: Counter[Kind] = Counter()
    shown = []
    for each in mine:
        seen[_kind(each)] += 1
        if seen[_kind(each)] <= FIRST:
            shown.append(each)
    some = len(shown) < len(mine)
    return First(
        tasks=[_task(each) for each in shown],
        counts=[
            Link(f"{counts[each]} {LABELS[each]}", _address([each]))
            for each in Kind
            if each is not Kind.LEFT and counts[each]
        ]
        if some
        else [],
        everything=Link(f"See all {len(mine)}", _address(())) if some else None,
        left=[_task(each) for each in left[:FIRST]],
        more_left=Link(f"All {len(left)}", _address([Kind.LEFT])) if len(left) > FIRST else None,
    )


def _kind(thing: Thing) -> Kind:
    return Kind(thing.task.kind) if isinstance(thing, Piece) else Kind.LEFT


def _task(thing: Thing) -> Task:
    if isinstance(thing, Piece):
        return as_work(thing)
    return Task(thing.case.title, f"/evaluations/{thing.case.id}", "Not yours", hint=thing.reason)


def _told(
    request: Request, session: Session, user: Actor, now: datetime, house: Settings
) -> list[dict[str, Any]]:
    kinds = _kinds(request.query_params)
    found = things(session, user, house, now)
    return [_cells(each, house) for each in found if not kinds or _kind(each) in kinds]


def _cells(thing: Thing, house: Settings) -> dict[str, Any]:
    case, task = thing.case, _task(thing)
    return {
        "kind": _kind(thing).value,
        "task": task.label,
        "tool": case.tool,
        "edition": case.edition,
        "due_on": case.due_on.isoformat(),
        "overdue": thing.late,
        "why_not_yours": thing.reason if isinstance(thing, Left) else "",
        "url": f"{house.base_url}{task.url}",
    }


def _kinds(query: QueryParams) -> tuple[Kind, ...]:
    """Raises InvalidInput, naming what may stand there."""
    return codes(Kind, query.getlist("kind"), "kind", LABELS.values())


def _address(kinds: Sequence[Kind], ending: str = "", begin: int = 0) -> str:
    query = urlencode([*(("kind", each.value) for each in kinds), *([("from", begin)] if begin else [])])
    return f"/evaluations/work{ending}" + (f"?{query}" if query else "")


def _pager(kinds: Sequence[Kind], start: int, total: int) -> Pager:
    if total <= MOST:
        return Pager(f"{total} {'thing' if total == 1 else 'things'}")
    end = min(start + MOST, total)
    return Pager(
        f"{start + 1} to {end} of {total:,} things",
        _address(kinds, begin=start - MOST + 1) if start else "",
        _address(kinds, begin=end + 1) if end < total else "",
    )

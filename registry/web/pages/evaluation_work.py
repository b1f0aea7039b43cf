"""All that one person has to do in evaluations: the first of it, and the whole as a page, CSV, Excel and JSON."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.values import dataclass
from registry.services.evaluations.work import Work, my_work
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.store.columns import id_of
from registry.store.paging import row_mark
from registry.web.deps import House, Insider, Now, Read
from registry.web.files import as_files, json_file, sheet_file
from registry.web.pages.evaluation_page import title_of
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
class Line:
    """One thing to do, or a decision that waits for somebody else, as it is listed."""

    kind: Kind
    task: Task
    tool: str
    edition: str
    due_on: date
    overdue: bool
    why_not: str = ""


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
    found = lines(read, user, house, now)
    counts = Counter(each.kind for each in found)
    chosen = [each for each in found if not kinds or each.kind in kinds]
    start = min(max(0, place - 1), max(0, len(chosen) - 1)) // MOST * MOST
    page = WorkPage(
        tasks=[each.task for each in chosen[start : start + MOST]],
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


def lines(session: Session, by: Actor, house: Settings, now: datetime) -> list[Line]:
    """What is due first at the top, and behind it what this person may not decide."""
    today = now.astimezone(house.zone).date()
    return lines_of(
        my_work(session, by, today=today, now=now, solo=house.solo, cases_needed=house.reference_cases),
        today=today,
    )


def lines_of(work: Work, *, today: date) -> list[Line]:
    titles = {id_of(each.evaluation): title_of(each.tool, each.evaluation) for each in work.pieces}
    tasks = as_work(work.pieces, titles)
    found = [
        Line(
            Kind(piece.task.kind),
            task,
            piece.tool.name,
            piece.evaluation.edition,
            piece.evaluation.due_on,
            piece.late,
        )
        for piece, task in zip(work.pieces, tasks, strict=True)
    ]
    for each in work.left:
        evaluation, late = each.evaluation, each.evaluation.due_on < today
        task = Task(
            title_of(each.tool, evaluation), f"/evaluations/{evaluation.id}", "Not yours", hint=each.reason
        )
        found.append(
            Line(Kind.LEFT, task, each.tool.name, evaluation.edition, evaluation.due_on, late, each.reason)
        )
    return found


def first_of(found: Sequence[Line]) -> First:
    counts = Counter(each.kind for each in found)
    left = [each.task for each in found if each.kind is Kind.LEFT]
    mine = [each for each in found if each.kind is not Kind.LEFT]
    seen: Counter[Kind] = Counter()
    shown = []
    for each in mine:
        seen[each.kind] += 1
        if seen[each.kind] <= FIRST:
            shown.append(each.task)
    some = len(shown) < len(mine)
    return First(
        tasks=shown,
        counts=[
            Link(f"{counts[each]} {LABELS[each]}", _address([each]))
            for each in Kind
            if each is not Kind.LEFT and counts[each]
        ]
        if some
        else [],
        everything=Link(f"See all {len(mine)}", _address(())) if some else None,
        left=left[:FIRST],
        more_left=Link(f"All {len(left)}", _address([Kind.LEFT])) if len(left) > FIRST else None,
    )


def _told(
    request: Request, session: Session, user: Actor, now: datetime, house: Settings
) -> list[dict[str, Any]]:
    kinds = _kinds(request.query_params)
    return [
        {
            "kind": each.kind.value,
            "task": each.task.label,
            "tool": each.tool,
            "edition": each.edition,
            "due_on": each.due_on.isoformat(),
            "overdue": each.overdue,
            "why_not_yours": each.why_not,
            "url": f"{house.base_url}{each.task.url}",
        }
        for each in lines(session, user, house, now)
        if not kinds or each.kind in kinds
    ]


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

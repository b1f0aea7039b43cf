"""What is due: dated conditions, suspensions, reviews and pilots, under filters, as a page, CSV and JSON."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.values import dataclass
from registry.services.people.acting import Actor
from registry.services.people.house import house
from registry.services.verdicts.due import DueKind, DueThing, When, due
from registry.settings import Settings
from registry.store.paging import row_mark
from registry.web.deps import House, Now, Read, SourceReader
from registry.web.files import as_files, json_file, sheet_file
from registry.web.life_schemas import due_out
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.shapes import Link, Option, Pager
from registry.web.understood import code, codes, understood

router = page_router()
KINDS = {
    DueKind.CONDITION: "Condition",
    DueKind.SUSPENSION: "Suspension",
    DueKind.REVIEW: "Review",
    DueKind.PILOT_RESULT: "Result of a pilot",
}
WHOS = {
    "user": "Those who use it",
    "office": "Their office",
    "registry": "The registry’s staff",
    "approver": "Approvers",
}
WHENS = {When.OVERDUE: "Overdue", When.SOON: "Within 30 days", When.LATER: "Later"}
MOST = 50
"""On one page; the files hold all."""
COLUMNS = ("kind", "who", "text", "due_on", "state", "verdict", "tool", "owner", "url")


@dataclass(frozen=True)
class Wanted:
    """What an address asks for; empty for any."""

    kinds: tuple[DueKind, ...] = ()
    whos: tuple[str, ...] = ()
    whens: tuple[When, ...] = ()
    mine: bool = False

    @property
    def query(self) -> str:
        pairs = [("kind", each) for each in self.kinds] + [("who", each) for each in self.whos]
        pairs += [("when", each) for each in self.whens]
        return urlencode([*pairs, ("mine", "yes")] if self.mine else pairs)

    @property
    def address(self) -> str:
        return f"/due?{self.query}".rstrip("?")


@dataclass(frozen=True)
class DueRow:
    kind: str
    who: str
    text: str
    due_on: date
    overdue: bool
    number: int
    tool: str
    url: str
    owner: str


@dataclass(frozen=True)
class DuePage:
    rows: Sequence[DueRow]
    pager: Pager
    kinds: Sequence[Option]
    whos: Sequence[Option]
    whens: Sequence[Option]
    kind: str
    who: str
    when: str
    mine: bool
    counts: Sequence[Link]
    """How much is overdue, soon and later under the other filters, each as a link to it."""
    formats: Sequence[Link]


@router.get("/due")
def show_due(request: Request, read: Read, user: SourceReader, settings: House, now: Now) -> Response:
    wanted, first = understood(
        request, lambda query: (read_wanted(query), row_mark(query.get("from", ""))), marks=("from",)
    )
    found = things(read, wanted, settings, user, now)
    others = things(read, replace(wanted, whens=()), settings, user, now) if wanted.whens else found
    start = _start(first, len(found))
    page = DuePage(
        rows=[
            DueRow(
                KINDS[each.kind],
                WHOS.get(each.who, each.who),
                each.text,
                each.due_on,
                each.when is When.OVERDUE,
                each.number,
                each.tool_name,
                f"/verdicts/{each.number}",
                each.owner,
            )
            for each in found[start : start + MOST]
        ],
        pager=_pager(wanted, start, len(found)),
        kinds=[Option("", "Everything"), *(Option(each.value, label) for each, label in KINDS.items())],
        whos=[Option("", "Anybody"), *(Option(each, label) for each, label in WHOS.items())],
        whens=[Option("", "At any time"), *(Option(each.value, label) for each, label in WHENS.items())],
        kind=_only(wanted.kinds),
        who=_only(wanted.whos),
        when=_only(wanted.whens),
        mine=wanted.mine,
        counts=[
            Link(
                f"{label}: {sum(each.when is when for each in others)}",
                replace(wanted, whens=(when,)).address,
            )
            for when, label in WHENS.items()
        ],
        formats=as_files(f"/due.csv?{wanted.query}".rstrip("?")),
    )
    return render(request, "due/list.html", page)


def _start(first: int, total: int) -> int:
    """At which place the page begins: as asked, as far as there is one."""
    asked = max(0, first - 1) // MOST * MOST
    return min(asked, max(0, total - 1) // MOST * MOST)


def _pager(wanted: Wanted, start: int, total: int) -> Pager:
    if total <= MOST:
        return Pager(f"{total} {'thing is' if total == 1 else 'things are'} due")
    end, joint = min(start + MOST, total), "&" if wanted.query else "?"
    return Pager(
        f"{start + 1} to {end} of {total:,} things that are due",
        f"{wanted.address}{joint}from={start - MOST + 1}" if start else "",
        f"{wanted.address}{joint}from={end + 1}" if end < total else "",
    )


@router.get("/due.csv")
@router.get("/due.xlsx")
def download_sheet(request: Request, read: Read, user: SourceReader, settings: House, now: Now) -> Response:
    told = _told(request, read, settings, user, now)
    return sheet_file(request, "due", COLUMNS, [each | {"tool": each["tool"]["name"]} for each in told])


@router.get("/due.json")
def download_json(request: Request, read: Read, user: SourceReader, settings: House, now: Now) -> Response:
    return json_file(request, "due", _told(request, read, settings, user, now))


def _told(
    request: Request, session: Session, settings: Settings, user: Actor, now: datetime
) -> list[dict[str, Any]]:
    found = things(session, read_wanted(request.query_params), settings, user, now)
    return [due_out(each, settings).model_dump(mode="json") for each in found]


def read_wanted(query: QueryParams) -> Wanted:
    """Raises InvalidInput for a code that is none of ours."""
    return Wanted(
        kinds=codes(DueKind, query.getlist("kind"), "kind"),
        whos=tuple(dict.fromkeys(code(each, WHOS, "who") for each in query.getlist("who") if each)),
        whens=codes(When, query.getlist("when"), "when"),
        mine=bool(query.get("mine")),
    )


def things(read: Session, wanted: Wanted, settings: Settings, user: Actor, now: datetime) -> list[DueThing]:
    return due(
        read,
        house(read, settings),
        kinds=frozenset(wanted.kinds),
        whos=frozenset(wanted.whos),
        whens=frozenset(wanted.whens),
        of=user.id if wanted.mine else None,
        now=now,
    )


def _only(chosen: Sequence[str]) -> str:
    return str(chosen[0]) if len(chosen) == 1 else ""

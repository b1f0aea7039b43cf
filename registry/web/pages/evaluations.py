"""The list of evaluations under its filters, with the same as CSV and JSON, and the work of who reads it."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.evaluation import EvaluationState, Tier
from registry.domain.values import dataclass
from registry.services.evaluations import taking_part
from registry.services.people.acting import Actor
from registry.services.people.house import house as house_of
from registry.services.verdicts.due import DueKind, When, due
from registry.settings import Settings
from registry.store import evaluation_lists, evaluations, users
from registry.store.columns import id_of
from registry.store.evaluation_lists import Row
from registry.store.tables import Evaluation, Role
from registry.web.deps import TRIAGERS, House, Insider, Now, Read
from registry.web.evaluation_filters import ME, UNDER_WAY, as_filters, cursor_of, read, read_cursor
from registry.web.evaluation_filters import Asked as AskedFor
from registry.web.files import MOST, as_files, json_file, sheet_file
from registry.web.pages.due import Wanted
from registry.web.pages.evaluation_page import title_of
from registry.web.pages.evaluation_work import First, first_of, things
from registry.web.render import render
from registry.web.reopened import because
from registry.web.routing import page_router
from registry.web.shapes import Chip, Link, Option, Pager
from registry.web.understood import understood
from registry.web.words import words

router = page_router("/evaluations")
downloads = page_router()
A_PAGE = 50
STATE_OPTIONS = (
    Option("", "Under way"),
    *(Option(state.value, words(state.value)) for state in EvaluationState),
    Option("all", "All"),
)
TIER_CHOICES = (Option("", "Any"), *(Option(str(each.value), f"Tier {each.value}") for each in Tier))
OWED = {
    DueKind.CONDITION: ("{} condition to settle", "{} conditions to settle"),
    DueKind.SUSPENSION: ("{} suspension to confirm or lift", "{} suspensions to confirm or lift"),
    DueKind.REVIEW: ("{} review", "{} reviews"),
    DueKind.PILOT_RESULT: ("{} pilot to report on", "{} pilots to report on"),
}
COLUMNS = (
    *("id", "tool", "edition", "state", "tier", "owner", "opened_at", "due_on", "overdue"),
    *("scorecards", "needed", "waiting_until", "waiting_for", "withdrawn_reason", "closed_at", "url"),
)


@dataclass(frozen=True)
class ListRow:
    title: str
    url: str
    state: str
    tier: int
    owner: str
    due_on: date
    late: bool
    scorecards: str
    waiting: str
    because: str = ""
    """Why it was opened again; empty where it is the first time."""


@dataclass(frozen=True)
class ListPage:
    work: First
    due: Link | None
    """What approvers owe on verdicts that went out, for an approver; None where it is nothing for now."""
    rows: Sequence[ListRow]
    total: int
    overdue: int
    overdue_url: str
    """The same list, late ones only."""
    states: Sequence[Option]
    tiers: Sequence[Option]
    owners: Sequence[Option]
    asked: AskedFor
    chips: Sequence[Chip]
    pager: Pager
    formats: Sequence[Link]
    may_open: bool
    sees_all: bool


@router.get("")
def list_evaluations(request: Request, read_from: Read, user: Insider, now: Now, house: House) -> Response:
    asked, after = understood(
        request, lambda query: (read(query), read_cursor(query.get("cursor", ""))), marks=("cursor",)
    )
    today = now.astimezone(house.zone).date()
    filters = as_filters(asked, by=user, today=today)
    found = evaluation_lists.page(read_from, filters, after=after, limit=A_PAGE + 1)
    shown = found[:A_PAGE]
    following = cursor_of(shown[-1][0].due_on, id_of(shown[-1][0])) if len(found) > A_PAGE else ""
    total, overdue = evaluation_lists.count(read_from, filters, today=today)
    query = asked.query()
    page = ListPage(
        work=first_of(things(read_from, user, house, now)),
        due=_due_for_approvers(read_from, house, now) if Role.APPROVER in user.roles else None,
        rows=_rows(read_from, shown, house, today=today),
        total=total,
        overdue=overdue,
        overdue_url=f"/evaluations?{asked.query(overdue='1')}",
        states=STATE_OPTIONS,
        tiers=TIER_CHOICES,
        owners=_owner_options(read_from),
        asked=asked,
        chips=_chips(asked, read_from),
        pager=Pager(
            f"{len(shown)} of {total}",
            previous_url=f"/evaluations?{query}" if after else "",
            next_url=f"/evaluations?{asked.query(cursor=following)}" if following else "",
        ),
        formats=as_files(f"/evaluations.csv?{query}".rstrip("?")),
        may_open=bool(user.roles & TRIAGERS),
        sees_all=taking_part.sees_all(user),
    )
    return render(request, "evaluations/list.html", page)


@downloads.get("/evaluations.csv")
@downloads.get("/evaluations.xlsx")
def download_sheet(request: Request, read_from: Read, user: Insider, now: Now, house: House) -> Response:
    told = _told(request, read_from, user, house, today=_today(house, now))
    return sheet_file(request, "evaluations", COLUMNS, told)


@downloads.get("/evaluations.json")
def download_json(request: Request, read_from: Read, user: Insider, now: Now, house: House) -> Response:
    told = _told(request, read_from, user, house, today=_today(house, now))
    return json_file(request, "evaluations", told)


def _due_for_approvers(session: Session, settings: Settings, now: datetime) -> Link | None:
    wanted = Wanted(whos=("approver",), whens=(When.OVERDUE, When.SOON))
    found = due(
        session,
        house_of(session, settings),
        whos=frozenset(wanted.whos),
        whens=frozenset(wanted.whens),
        now=now,
    )
    if not found:
        return None
    counts = Counter(each.kind for each in found)
    kinds = [OWED[kind][count != 1].format(count) for kind, count in counts.items()]
    late = sum(each.when is When.OVERDUE for each in found)
    things = "1 thing is" if len(found) == 1 else f"{len(found)} things are"
    overdue = f" ({late} overdue)" if late else ""
    return Link(f"{things} due: {', '.join(kinds)}{overdue}", wanted.address)


def _today(house: Settings, now: Now) -> date:
    return now.astimezone(house.zone).date()


def _told(
    request: Request, session: Session, user: Actor, house: Settings, *, today: date
) -> list[dict[str, object]]:
    """The whole list, one mapping a row by COLUMNS: where each stands, and nothing of what anybody rated."""
    filters = as_filters(read(request.query_params), by=user, today=today)
    found = evaluation_lists.page(session, filters, limit=MOST)
    parts = evaluation_lists.parts(session, [id_of(each) for each, _tool, _owner in found])
    return [
        {
            "id": each.id,
            "tool": tool.name,
            "edition": each.edition,
            "state": each.state.value,
            "tier": each.tier,
            "owner": owner.name,
            "opened_at": each.opened_at.isoformat(),
            "due_on": each.due_on.isoformat(),
            "overdue": _late(each, today),
            "scorecards": len(parts[id_of(each)].counting),
            "needed": _needed(each, house),
            "waiting_until": each.waiting_until.isoformat() if each.waiting_until else None,
            "waiting_for": each.waiting_for,
            "withdrawn_reason": each.withdrawn_reason,
            "closed_at": each.closed_at.isoformat() if each.closed_at else None,
            "url": f"{house.base_url}/evaluations/{each.id}",
        }
        for each, tool, owner in found
    ]


def _rows(session: Session, found: Sequence[Row], house: Settings, *, today: date) -> list[ListRow]:
    parts = evaluation_lists.parts(session, [id_of(each) for each, _tool, _owner in found])
    why = because(session, list(parts))
    return [
        ListRow(
            title=title_of(tool, each),
            url=f"/evaluations/{each.id}",
            state=each.state.value,
            tier=each.tier,
            owner=owner.name,
            due_on=each.due_on,
            late=_late(each, today),
            scorecards=f"{len(parts[id_of(each)].counting)} of {_needed(each, house)}",
            waiting=each.waiting_for,
            because=why.get(id_of(each), ""),
        )
        for each, tool, owner in found
    ]


def _late(evaluation: Evaluation, today: date) -> bool:
    return evaluation.state not in evaluations.CLOSED and evaluation.due_on < today


def _needed(evaluation: Evaluation, house: Settings) -> int:
    return 1 if house.solo else Tier(evaluation.tier).scorecards


def _owner_options(session: Session) -> list[Option]:
    owners = users.names(session, evaluation_lists.owner_ids(session, UNDER_WAY))
    named = sorted(owners.items(), key=lambda each: each[1])
    return [Option("", "Anybody"), Option(ME, "Me"), *(Option(str(number), name) for number, name in named)]


def _chips(asked: AskedFor, session: Session) -> list[Chip]:
    """The filters that no field of the form shows: how a link from elsewhere narrowed the list."""
    if not asked.reviewer:
        return []
    number = int(asked.reviewer) if asked.reviewer != ME else 0
    name = "you" if asked.reviewer == ME else users.names(session, [number]).get(number, f"person {number}")
    return [Chip(f"Scored by {name}", f"/evaluations?{asked.query(reviewer='')}")]

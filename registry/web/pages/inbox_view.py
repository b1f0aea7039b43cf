"""What the inbox shows, built whole from the store; who may act is web/deps.py's business."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl, quote
from zoneinfo import ZoneInfo

from sqlmodel import Session

from registry.domain.triage import REASON_LABELS, STATUS_LABELS, CandidateStatus, DismissReason
from registry.domain.values import dataclass
from registry.services.candidates import undoing
from registry.services.candidates.likeness import Twin, twins
from registry.services.candidates.relevance import reasons_in_short
from registry.services.candidates.undoing import Undoable
from registry.services.entries import holding
from registry.services.entries.holding import AskedAbout
from registry.services.people.acting import Actor
from registry.store import candidates, inbox, outside, saved_filters, sources, tools, triage_acts
from registry.store.columns import id_of
from registry.store.inbox import Filter, InboxRow, Order
from registry.store.tables import Candidate, Tool
from registry.web.deps import TRIAGERS
from registry.web.files import as_files
from registry.web.inbox_facets import facets
from registry.web.inbox_filter import Wanted, wanted_in
from registry.web.shapes import Facets, Form, Link, Option, Pager
from scrapers.links import host_of

ROWS = 25
WATCH_DAYS = 30
REOPENED = frozenset({CandidateStatus.DISMISSED, CandidateStatus.WATCH, CandidateStatus.MERGED})
REASONS = tuple(Option(reason.value, REASON_LABELS[reason]) for reason in DismissReason)
ORDERS = (
    Option(Order.NEWEST.value, "Newest first"),
    Option(Order.OLDEST.value, "Oldest first"),
    Option(Order.RELEVANCE.value, "Most relevant first"),
    Option(Order.DEMAND.value, "Most wanted first"),
)


@dataclass(frozen=True)
class Told:
    """What was just done, and what one can do next."""

    title: str
    undo: Undoable | None = None
    tool: Tool | None = None


@dataclass(frozen=True)
class Line:
    row: InboxRow
    host: str
    why: Sequence[str]
    """Why it is here, in short."""
    twins: Sequence[Twin]
    standing: str
    """Where it stands and why, for one that is no longer new."""
    tickable: bool


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    count: int
    current: bool


@dataclass(frozen=True)
class Kept:
    """A saved filter."""

    id: int
    name: str
    url: str
    count: int
    current: bool


@dataclass(frozen=True)
class InboxPage:
    lines: Sequence[Line]
    here: str
    back: str
    """`here`, to stand inside another address."""
    wanted: Wanted
    total: int
    tabs: Sequence[Tab]
    kept: Sequence[Kept]
    facets: Facets
    keep: Sequence[tuple[str, str]]
    """The other filters, which a search for words must not lose."""
    filters_url: str
    pager: Pager
    newest_url: str
    may_act: bool
    keys: bool
    days: Sequence[Option]
    """Days until which to watch, each with how far it is away."""
    labels: Sequence[str]
    formats: Sequence[Link]
    told: Told | None = None
    earlier: Sequence[Undoable] = ()
    """What else can still be undone, newest first."""
    refused: Sequence[str] = ()
    saving: Form = field(default_factory=Form)
    """The form that keeps this filter, where it came back."""
    reads_at: datetime | None = None
    """When the next source is read; asked only where the list is empty."""
    reasons: Sequence[Option] = REASONS
    orders: Sequence[Option] = ORDERS
    asked_about: Sequence[AskedAbout] = ()
    """Sources whose new entries are held back until somebody has looked at them."""


def inbox_page(
    session: Session,
    wanted: Wanted,
    *,
    user: Actor,
    zone: ZoneInfo,
    now: datetime,
    keys: bool,
    done: int = 0,
    undone: int = 0,
    refused: Sequence[str] = (),
    saving: Form | None = None,
) -> InboxPage:
    """The queries are as many for one row as for all of a page."""
    matches = wanted.filter(zone=zone, now=now)
    page = inbox.page(session, matches, order=wanted.order, after=wanted.after, limit=ROWS)
    statuses = candidates.counts_by_status(session)
    total = inbox.count(session, matches) if wanted.narrowed else _total(statuses, wanted.status)
    shown = [row.candidate for row in page.rows]
    alike = twins(session, [each for each in shown if each.status is CandidateStatus.NEW], now=now)
    names = target_names(session, shown)
    reasons = reasons_in_short(session, page.rows, now)
    decided = outside.counts_by_name(session, {each.name_key for each in shown if each.tool_id is None})
    undoable = undoing.undoable(session, user, now)
    title = next((each for each in undoable if each.act.id == done), None)
    return InboxPage(
        lines=[_line(row, alike, names, reasons, decided) for row in page.rows],
        here=wanted.address,
        back=quote(wanted.address, safe=""),
        wanted=wanted,
        total=total,
        tabs=_tabs(statuses, wanted),
        kept=_kept(session, user, wanted, zone, now),
        facets=facets(session, wanted, zone=zone, now=now),
        keep=_parts(replace(wanted, words="", order=Order.NEWEST)),
        filters_url=replace(wanted, facets=not wanted.facets, after="").address,
        pager=Pager(
            _summary(len(shown), total, wanted),
            next_url=replace(wanted, after=page.next_cursor).address if page.next_cursor else "",
        ),
        newest_url=replace(wanted, after="").address if wanted.after else "",
        may_act=may_act(user),
        keys=keys,
        days=watch_days(now),
        labels=[label for label, _ in candidates.label_counts(session)],
        formats=as_files(f"/inbox.csv?{wanted.query}"),
        told=_just_done(session, title) if title else _taken_back(session, undone, user),
        earlier=[each for each in undoable if each is not title],
        refused=refused,
        saving=saving or Form({"name": ""}),
        reads_at=None if shown else sources.next_due(session),
        asked_about=holding.asked_about(session),
    )


def may_act(user: Actor) -> bool:
    return bool(user.roles & TRIAGERS)


def told(session: Session, done: int, user: Actor, now: datetime) -> Told | None:
    """What this person did by the act of this number, as long as it can be undone."""
    undoable = undoing.undoable(session, user, now) if done else ()
    return next((_just_done(session, each) for each in undoable if each.act.id == done), None)


def watch_days(now: datetime) -> list[Option]:
    spans = ((7, "a week"), (30, "a month"), (90, "three months"), (365, "a year"))
    return [Option((now.date() + timedelta(days=days)).isoformat(), label) for days, label in spans]


def watch_day(now: datetime) -> date:
    return now.date() + timedelta(days=WATCH_DAYS)


def standing(candidate: Candidate, names: Mapping[int, str]) -> str:
    """The rest of a sentence that begins with its name; empty for a new one."""
    if candidate.status is CandidateStatus.DISMISSED:
        reason = REASON_LABELS[DismissReason(candidate.reason)] if candidate.reason else ""
        return f"is dismissed: {reason.lower()}" + (f" – {candidate.note}" if candidate.note else "")
    if candidate.status is CandidateStatus.WATCH and candidate.watch_until:
        return f"is on watch until {candidate.watch_until.isoformat()}"
    if candidate.status is CandidateStatus.MERGED:
        return f"is merged into “{names.get(candidate.merged_into_id or 0, 'another candidate')}”"
    return "is accepted" if candidate.status is CandidateStatus.ACCEPTED else ""


def target_names(session: Session, found: Collection[Candidate]) -> Mapping[int, str]:
    targets = {each.merged_into_id for each in found if each.merged_into_id}
    return {key: each.name for key, each in candidates.by_id(session, targets).items()} if targets else {}


def why_here(row: InboxRow, reason: str, decided: int = 0) -> list[str]:
    """Who speaks of it, asked, looked it up, how many registries have `decided` on it, and what most speaks for it."""
    told = []
    if row.requests:
        told.append("requested once" if row.requests == 1 else f"requested {row.requests} times")
    if row.look_ups:
        times = "once" if row.look_ups == 1 else f"{row.look_ups} times"
        told.append(f"looked up {times} without an answer")
    if decided:
        told.append(f"decided on by {'another registry' if decided == 1 else f'{decided} other registries'}")
    if row.mentions > len(row.sources):
        told.append(f"announced {row.mentions} times")
    if reason:
        told.append(reason.rstrip("."))
    return told


def _line(
    row: InboxRow,
    alike: Mapping[int, Sequence[Twin]],
    names: Mapping[int, str],
    reasons: Mapping[int, str],
    decided: Mapping[str, int],
) -> Line:
    candidate = row.candidate
    candidate_id = id_of(candidate)
    return Line(
        row,
        host_of(candidate.homepage),
        why_here(row, reasons.get(candidate_id, ""), decided.get(candidate.name_key, 0)),
        alike.get(candidate_id, ()),
        standing(candidate, names),
        candidate.status in (CandidateStatus.NEW, CandidateStatus.WATCH, CandidateStatus.DISMISSED),
    )


def _just_done(session: Session, undoable: Undoable) -> Told:
    tool = None
    if undoable.act.verb == "accept" and undoable.act.count == 1:
        (ids,) = triage_acts.candidate_ids(session, [id_of(undoable.act)]).values()
        candidate = candidates.get(session, ids[0])
        tool = tools.get_by_id(session, candidate.tool_id) if candidate.tool_id else None
    return Told(undoable.sentence, undoable, tool)


def _taken_back(session: Session, undone: int, user: Actor) -> Told | None:
    if not undone:
        return None
    act = triage_acts.find(session, undone)
    if act is None or act.undone_at is None or act.actor_id != user.id:
        return None
    what = "1 candidate is" if act.count == 1 else f"{act.count:,} candidates are"
    return Told(f"Undone: {what} no longer {act.told}")


def _tabs(statuses: Mapping[CandidateStatus, int], wanted: Wanted) -> list[Tab]:
    def tab(status: CandidateStatus | None, label: str) -> Tab:
        url = replace(wanted, status=status, reasons=(), month="", after="").address
        return Tab(label, url, _total(statuses, status), status is wanted.status)

    return [*(tab(status, STATUS_LABELS[status]) for status in CandidateStatus), tab(None, "All")]


def _total(statuses: Mapping[CandidateStatus, int], status: CandidateStatus | None) -> int:
    return statuses[status] if status else sum(statuses.values())


def _kept(session: Session, user: Actor, wanted: Wanted, zone: ZoneInfo, now: datetime) -> list[Kept]:
    if user.id is None:
        return []
    rows = saved_filters.of(session, user.id)
    asked: list[Filter] = [wanted_in(row.query).filter(zone=zone, now=now) for row in rows]
    numbers = inbox.counts(session, asked)
    return [
        Kept(id_of(row), row.name, wanted_in(row.query).address, number, row.query == wanted.query)
        for row, number in zip(rows, numbers, strict=True)
    ]


def _parts(wanted: Wanted) -> list[tuple[str, str]]:
    return [*parse_qsl(wanted.query), *([("filters", "open")] if wanted.facets else [])]


def _summary(shown: int, total: int, wanted: Wanted) -> str:
    kind = f"{STATUS_LABELS[wanted.status].lower()} " if wanted.status else ""
    what = f"{total:,} {kind}candidate{'' if total == 1 else 's'}"
    filtered = (" that matches" if total == 1 else " that match") if wanted.narrowed else ""
    return f"{what}{filtered}" + (f", {shown} on this page" if shown < total else "")

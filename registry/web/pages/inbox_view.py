"""What the inbox and a candidate's page show, built whole from the store; who may act is web/deps.py's business."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.errors import InvalidInput
from registry.domain.intake_rule import MAX_LABEL
from registry.domain.triage import REASON_LABELS, STATUS_LABELS, CandidateStatus, DismissReason
from registry.services import holding
from registry.services.acting import Actor
from registry.services.holding import AskedAbout
from registry.services.likeness import Twin, twins
from registry.store import candidates, sources, tools
from registry.store.candidates import InboxRow
from registry.store.columns import id_of
from registry.store.tables import Candidate, Tool
from registry.web.deps import TRIAGERS
from registry.web.shapes import Form, Option, Pager
from scrapers.links import host_of

ROWS = 25
WATCH_DAYS = 30
ALL = "all"
RELEVANCE = "relevance"
UNDOABLE = frozenset({CandidateStatus.DISMISSED, CandidateStatus.WATCH, CandidateStatus.MERGED})
REASONS = tuple(Option(reason.value, REASON_LABELS[reason]) for reason in DismissReason)
STATUSES = (
    *(Option(status.value, STATUS_LABELS[status]) for status in CandidateStatus),
    Option(ALL, "All of them"),
)


@dataclass(frozen=True)
class Wanted:
    """Which candidates the list shows; `status` None means all."""

    status: CandidateStatus | None = CandidateStatus.NEW
    source_id: int | None = None
    words: str = ""
    label: str = ""
    by_relevance: bool = False
    after: str = ""

    @property
    def narrowed(self) -> bool:
        return bool(self.words or self.source_id or self.label)

    @property
    def address(self) -> str:
        """The list's address, the same for the same filters, so that it can be kept and sent."""
        parts = [
            ("status", "" if self.status is CandidateStatus.NEW else self.status or ALL),
            ("source", self.source_id or ""),
            ("q", self.words),
            ("label", self.label),
            ("sort", RELEVANCE if self.by_relevance else ""),
            ("after", self.after),
        ]
        query = urlencode([(name, value) for name, value in parts if value])
        return f"/inbox?{query}" if query else "/inbox"


@dataclass(frozen=True)
class Told:
    """What the acts just done led to, read from where the candidates stand now."""

    title: str
    undo: Sequence[int] = ()
    tool: Tool | None = None


@dataclass(frozen=True)
class Line:
    row: InboxRow
    host: str
    twins: Sequence[Twin]
    standing: str
    """Where it stands and why, for one that is no longer new."""
    undoable: bool


@dataclass(frozen=True)
class InboxPage:
    lines: Sequence[Line]
    here: str
    wanted: Wanted
    statuses: Sequence[Option]
    source_options: Sequence[Option]
    label_options: Sequence[Option]
    """Empty where nothing bears a label."""
    pager: Pager
    newest_url: str
    may_act: bool
    keys: bool
    watch_until: date
    told: Told | None = None
    bulk: Form = field(default_factory=Form)
    refused: Sequence[str] = ()
    reads_at: datetime | None = None
    """When the next source is read; asked only where the list is empty."""
    reasons: Sequence[Option] = REASONS
    asked_about: Sequence[AskedAbout] = ()
    """Sources whose new entries are held back until somebody has looked at them."""


def as_wanted(query: QueryParams) -> Wanted:
    """The filter that an address names. Raises InvalidInput for a status that there is not."""
    said = query.get("status", "") or CandidateStatus.NEW
    if said != ALL and said not in set(CandidateStatus):
        choices = ", ".join([*CandidateStatus, ALL])
        raise InvalidInput(f"There is no such status. Choose among: {choices}.", {"status": "is not known"})
    return Wanted(
        status=None if said == ALL else CandidateStatus(said),
        source_id=number(query.get("source", "")),
        words=query.get("q", "").replace("\0", "").strip()[:200],
        label=query.get("label", "").replace("\0", "").strip()[:MAX_LABEL],
        by_relevance=query.get("sort", "") == RELEVANCE,
        after=query.get("after", ""),
    )


def number(text: str) -> int | None:
    """An id as it was typed; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def inbox_page(
    session: Session,
    wanted: Wanted,
    *,
    user: Actor,
    now: datetime,
    keys: bool,
    done: Sequence[int] = (),
    bulk: Form | None = None,
    refused: Sequence[str] = (),
) -> InboxPage:
    """The queries are as many for one row as for all of a page."""
    page = candidates.page(
        session,
        status=wanted.status,
        source_id=wanted.source_id,
        words=wanted.words,
        label=wanted.label,
        by_relevance=wanted.by_relevance,
        after=wanted.after,
        limit=ROWS,
    )
    total = candidates.count(
        session,
        status=wanted.status,
        source_id=wanted.source_id,
        words=wanted.words,
        label=wanted.label,
    )
    shown = [row.candidate for row in page.rows]
    alike = twins(session, [each for each in shown if each.status is CandidateStatus.NEW])
    names = _names(session, shown)
    return InboxPage(
        lines=[
            Line(
                row,
                host_of(row.candidate.homepage),
                alike.get(id_of(row.candidate), ()),
                standing(row.candidate, names),
                row.candidate.status in UNDOABLE,
            )
            for row in page.rows
        ],
        here=wanted.address,
        wanted=wanted,
        statuses=_counted(session),
        source_options=[
            Option("", "All sources"),
            *(Option(str(each.id), each.name) for each in sources.sources(session)),
        ],
        label_options=_labels(session, wanted),
        pager=Pager(
            _summary(len(shown), total, wanted),
            next_url=replace(wanted, after=page.next_cursor).address if page.next_cursor else "",
        ),
        newest_url=replace(wanted, after="").address if wanted.after else "",
        may_act=may_act(user),
        keys=keys,
        watch_until=now.date() + timedelta(days=WATCH_DAYS),
        told=told(session, done),
        bulk=bulk or Form({"ids": (), "reason": ""}),
        refused=refused,
        reads_at=None if shown else _next_read(session),
        asked_about=holding.asked_about(session),
    )


def may_act(user: Actor) -> bool:
    return bool(user.roles & TRIAGERS)


def told(session: Session, done: Sequence[int]) -> Told | None:
    found = list(candidates.by_id(session, done[:200]).values()) if done else []
    if not found:
        return None
    undo = [id_of(each) for each in found if each.status in UNDOABLE]
    if len(found) > 1:
        counts = {status: sum(each.status is status for each in found) for status in CandidateStatus}
        parts = [f"{count} {_now(status)}" for status, count in counts.items() if count]
        return Told(f"Of {len(found)} candidates {', '.join(parts)}", undo)
    (one,) = found
    tool = tools.get_by_id(session, one.tool_id) if one.tool_id else None
    return Told(f"“{one.name}” {standing(one, _names(session, [one])) or 'is new'}", undo, tool)


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


def _names(session: Session, found: Collection[Candidate]) -> Mapping[int, str]:
    targets = {each.merged_into_id for each in found if each.merged_into_id}
    return {key: each.name for key, each in candidates.by_id(session, targets).items()} if targets else {}


def _now(status: CandidateStatus) -> str:
    return f"now {STATUS_LABELS[status].lower()}"


def _counted(session: Session) -> list[Option]:
    counts = candidates.counts_by_status(session)
    return [
        Option(each.value, f"{each.label} ({counts[CandidateStatus(each.value)]})")
        if each.value != ALL
        else Option(ALL, f"{each.label} ({sum(counts.values())})")
        for each in STATUSES
    ]


def _labels(session: Session, wanted: Wanted) -> list[Option]:
    found = [Option(label, f"{label} ({count})") for label, count in candidates.label_counts(session)]
    if wanted.label and wanted.label not in {each.value for each in found}:
        found.append(Option(wanted.label, f"{wanted.label} (0)"))
    return [Option("", "Any or none"), *found] if found else []


def _summary(shown: int, total: int, wanted: Wanted) -> str:
    kind = f"{STATUS_LABELS[wanted.status].lower()} " if wanted.status else ""
    what = f"{total} {kind}candidate{'' if total == 1 else 's'}"
    filtered = (" that matches" if total == 1 else " that match") if wanted.narrowed else ""
    return f"{what}{filtered}" + (f", {shown} on this page" if shown < total else "")


def _next_read(session: Session) -> datetime | None:
    polled = sources.polled(session)
    return min((each.due_at for each in polled if each.due_at), default=None)

"""One candidate: why it is here, who asked for it, what befell it, and every act on it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken, StaleVersion
from registry.domain.proposal import Found
from registry.domain.relevance import Relevance
from registry.domain.triage import CandidateStatus, DismissReason
from registry.services import triage
from registry.services.acting import Actor
from registry.services.labels import label, parted
from registry.services.likeness import Twin, twins
from registry.services.relevance import relevance_of
from registry.store import candidates, entries, events, requests, tables, tools
from registry.store.candidates import InboxRow
from registry.store.columns import id_of
from registry.store.tables import Candidate, Tool
from registry.web.deps import Insider, Now, Read, RowId, Text, Triager, Tx
from registry.web.pages.candidate_view import (
    MentionLine,
    NameChoice,
    findings,
    mention_line,
    name_choices,
)
from registry.web.pages.inbox import with_done
from registry.web.pages.inbox_view import (
    REASONS,
    UNDOABLE,
    WATCH_DAYS,
    Told,
    may_act,
    number,
    standing,
    told,
)
from registry.web.render import go, render
from registry.web.shapes import Event, Form, Option
from registry.web.words import words
from scrapers.links import host_of

router = APIRouter(prefix="/inbox/{candidate_id}")
MOST_MENTIONS = 100

ACTS = {
    "candidate.proposed": "Proposed",
    "candidate.accepted": "Accepted",
    "candidate.dismissed": "Dismissed",
    "candidate.merged": "Merged into another candidate",
    "candidate.unmerged": "Merge undone",
    "candidate.watched": "Put on watch",
    "candidate.reopened": "Reopened",
    "candidate.woke": "Back by itself",
    "candidate.edited": "Corrected",
    "candidate.labelled": "Labels changed",
}


@dataclass(frozen=True)
class CandidatePage:
    candidate: Candidate
    host: str
    standing: str
    row: InboxRow
    mentions: Sequence[MentionLine]
    requests: Sequence[tables.Request]
    findings: Sequence[Found]
    """Where each field of the candidate comes from."""
    choices: Sequence[NameChoice]
    """At least two, or none."""
    twins: Sequence[Twin]
    history: Sequence[Event]
    may_act: bool
    undoable: bool
    relevance: Relevance
    label_options: Sequence[str]
    """Labels that others bear, to choose from."""
    tool: Tool | None
    target: Candidate | None
    """What it was merged into."""
    told: Told | None
    form: Form
    act: str = ""
    """The act that was refused, whose form stands open."""
    refused: str = ""
    reasons: Sequence[Option] = REASONS


@router.get("")
def show_candidate(
    request: Request, candidate_id: RowId, read: Read, user: Insider, now: Now, done: str = ""
) -> Response:
    acted = [each for each in [number(done)] if each]
    return render(request, "inbox/show.html", _page(read, candidate_id, user, now, told=told(read, acted)))


@router.post("/accept")
def accept(
    request: Request,
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    version: Text = "",
    back: Text = "",
) -> Response:
    def act() -> None:
        triage.accept(tx, candidate_id, version=number(version), by=user, now=now)

    return _acted(request, tx, candidate_id, user, now, "accept", {}, back, act)


@router.post("/dismiss")
def dismiss(
    request: Request,
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    reason: Text = "",
    note: Text = "",
    version: Text = "",
    back: Text = "",
) -> Response:
    def act() -> None:
        if reason not in set(DismissReason):
            raise InvalidInput("Say why you dismiss it.", {"reason": "Choose a reason."})
        why = DismissReason(reason)
        triage.dismiss(tx, candidate_id, reason=why, note=note, version=number(version), by=user, now=now)

    typed = {"reason": reason, "note": note}
    return _acted(request, tx, candidate_id, user, now, "dismiss", typed, back, act)


@router.post("/merge")
def merge(
    request: Request,
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    into: Text = "",
    other: Text = "",
    version: Text = "",
    back: Text = "",
) -> Response:
    """`into` is a candidate's number or `tool:<slug>`; a number typed as `other` goes before it."""

    def act() -> None:
        target = other or into
        if target.startswith("tool:"):
            tool = tools.get(tx, target.removeprefix("tool:"))
            triage.accept(tx, candidate_id, tool_id=id_of(tool), version=number(version), by=user, now=now)
            return
        target_id = number(target)
        if target_id is None:
            sentence = "Choose what it is the same as, or type the other candidate’s number."
            raise InvalidInput(sentence, {"other" if other else "into": sentence})
        triage.merge(tx, candidate_id, into=target_id, version=number(version), by=user, now=now)

    typed = {"into": into, "other": other}
    return _acted(request, tx, candidate_id, user, now, "merge", typed, back, act)


@router.post("/watch")
def watch(
    request: Request,
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    until: Text = "",
    version: Text = "",
    back: Text = "",
) -> Response:
    def act() -> None:
        try:
            day = date.fromisoformat(until)
        except ValueError as error:
            sentence = "Write the day as year-month-day, such as 2027-03-31."
            raise InvalidInput(sentence, {"until": sentence}) from error
        triage.watch(tx, candidate_id, until=day, version=number(version), by=user, now=now)

    return _acted(request, tx, candidate_id, user, now, "watch", {"until": until}, back, act)


@router.post("/labels")
def change_labels(
    request: Request,
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    add: Text = "",
    remove: Text = "",
    back: Text = "",
) -> Response:
    """`add` may hold several, parted by commas."""

    def act() -> None:
        if not add and not remove:
            raise InvalidInput("Write a label first.", {"add": "Write a label first."})
        label(tx, candidate_id, add=parted(add), remove=parted(remove), by=user, now=now)

    return _acted(request, tx, candidate_id, user, now, "labels", {"add": add}, back, act, told=False)


@router.post("/edit")
def edit(
    request: Request,
    candidate_id: RowId,
    tx: Tx,
    user: Triager,
    now: Now,
    name: Text = "",
    homepage: Text = "",
    tagline: Text = "",
    category: Text = "",
    version: Text = "",
    back: Text = "",
) -> Response:
    def act() -> None:
        triage.edit(
            tx,
            candidate_id,
            name=name,
            homepage=homepage,
            tagline=tagline,
            category=category,
            version=number(version),
            by=user,
            now=now,
        )

    typed = {"name": name, "homepage": homepage, "tagline": tagline, "category": category}
    return _acted(request, tx, candidate_id, user, now, "edit", typed, back, act)


def _acted(
    request: Request,
    tx: Session,
    candidate_id: int,
    user: Actor,
    now: datetime,
    act: str,
    typed: Mapping[str, object],
    back: str,
    do: Callable[[], None],
    *,
    told: bool = True,
) -> Response:
    """Do it and go back; where it is refused, show the candidate as it is now, with what was typed."""
    try:
        with tx.begin_nested():
            do()
    except (InvalidInput, RuleBroken, StaleVersion) as refused:
        faults = refused.faults if isinstance(refused, InvalidInput) else {}
        page = _page(
            tx, candidate_id, user, now, typed=typed, faults=faults, act=act, refused=refused.sentence
        )
        return render(request, "inbox/show.html", page, status=422 if faults else 409)
    return go(with_done(back or f"/inbox/{candidate_id}", [candidate_id] if told else []))


def _page(
    session: Session,
    candidate_id: int,
    user: Actor,
    now: datetime,
    *,
    told: Told | None = None,
    typed: Mapping[str, object] | None = None,
    faults: Mapping[str, str] | None = None,
    act: str = "",
    refused: str = "",
) -> CandidatePage:
    candidate = candidates.get(session, candidate_id)
    (row,) = candidates.rows(session, [candidate])
    target = candidates.get(session, candidate.merged_into_id) if candidate.merged_into_id else None
    alike = twins(session, [candidate])[candidate_id] if candidate.status is CandidateStatus.NEW else []
    values: dict[str, object] = {
        "name": candidate.name,
        "homepage": candidate.homepage,
        "tagline": candidate.tagline,
        "category": candidate.category,
        "reason": "",
        "note": "",
        "add": "",
        "into": "",
        "other": "",
        "until": (now.date() + timedelta(days=WATCH_DAYS)).isoformat(),
        **(typed or {}),
    }
    mentions = [
        mention_line(entry, source)
        for entry, source in entries.mentions(session, candidate_id)[:MOST_MENTIONS]
    ]
    return CandidatePage(
        candidate=candidate,
        host=host_of(candidate.homepage),
        standing=standing(candidate, {id_of(target): target.name} if target else {}),
        row=row,
        mentions=mentions,
        findings=findings(candidate),
        choices=name_choices(candidate, mentions),
        requests=requests.requests(session, candidate_id=candidate_id),
        twins=alike,
        history=[_told_event(each) for each in events.of_subject(session, "candidate", candidate_id)],
        may_act=may_act(user),
        undoable=candidate.status in UNDOABLE,
        relevance=relevance_of(session, candidate_id),
        label_options=[each for each, _ in candidates.label_counts(session) if each not in row.labels],
        tool=tools.get_by_id(session, candidate.tool_id) if candidate.tool_id else None,
        target=target,
        told=told,
        form=Form(values, faults or {}),
        act=act,
        refused=refused,
    )


def _told_event(event: tables.Event) -> Event:
    title = f"{ACTS.get(event.action, words(event.action.replace('.', ' ')))} by {event.actor}"
    parts = []
    for key, value in event.after.items():
        was = event.before.get(key, "")
        if key in ("status", "into") or not value:
            continue
        shown = words(str(value)) if key == "reason" else str(value)
        parts.append(f"{words(key)}: {was} → {shown}" if was else f"{words(key)}: {shown}")
    return Event(event.at, title, "; ".join(parts))

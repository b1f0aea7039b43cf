"""Asking for a tool, and following what became of it by a secret link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.evaluation import TIERS, Tier
from registry.domain.lookup import AnswerCode, Question
from registry.domain.triage import REASON_LABELS, CandidateStatus, DismissReason
from registry.services.answers import lookup, requests
from registry.services.answers.expecting import expect
from registry.services.answers.requests import Requested
from registry.services.people.acting import Actor
from registry.services.people.house import house
from registry.settings import Settings
from registry.store import tools, under_way
from registry.store.columns import id_of
from registry.web import cards
from registry.web.asking import asker, require_lengths, require_right
from registry.web.deps import Asked, CurrentUser, House, Now, Read, Text, Tx
from registry.web.question import Typed
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Form, Option, ToolLink
from registry.web.words import words

router = page_router("/request")
MOST_OFFERED = 5
LABELS = {
    "name": "Name of the tool",
    "homepage": "Its web address",
    "purpose": "What you want to do with it",
    "data_class": "What you will enter",
    "needed_by": "By when",
    "contact": "How we reach you",
}
GOOD = frozenset({AnswerCode.YES, AnswerCode.YES_IF})


@dataclass(frozen=True)
class RequestPage:
    form: Form
    data_classes: Sequence[Option]
    known: ToolLink | None
    """The tool that is certainly meant: there is an answer already."""
    alike: Sequence[ToolLink]
    approved: Sequence[ToolLink]
    """Of the same category, and a yes."""
    asks_contact: bool
    targets: Sequence[int]
    """Days that a review is to take, by tier."""


@dataclass(frozen=True)
class FollowPage:
    purpose: str
    needed_by: str
    """As it was typed: a day, or what it hangs on."""
    name: str
    asked_at: datetime
    address: str
    code: str
    """Of the state, for its badge."""
    state: str
    expected_on: date | None
    next_step: str
    tool: ToolLink | None


@router.get("")
def show_form(
    request: Request, read: Read, settings: House, user: CurrentUser, now: Now, name: Asked = ""
) -> Response:
    require_right(settings, user)
    return render(request, "requests/new.html", _page(read, settings, user, now, {"name": name[:120]}))


@router.post("")
def ask(
    request: Request,
    tx: Tx,
    settings: House,
    user: CurrentUser,
    now: Now,
    name: Text = "",
    homepage: Text = "",
    purpose: Text = "",
    data_class: Text = "",
    needed_by: Text = "",
    contact: Text = "",
) -> Response:
    require_right(settings, user)
    typed = {
        "name": name,
        "homepage": homepage,
        "purpose": purpose,
        "data_class": data_class,
        "needed_by": needed_by,
        "contact": contact,
    }
    try:
        with tx.begin_nested():
            require_lengths(typed, settings)
            made = requests.request_tool(
                tx,
                **typed,
                by=asker(request, user, now),
                secret=settings.secret,
                solo=settings.solo,
                now=now,
            )
    except InvalidInput as refused:
        faults = {name: _said(name, fault) for name, fault in refused.faults.items()}
        page = _page(tx, settings, user, now, typed, faults)
        return render(request, "requests/new.html", page, status=422)
    return go(f"/request/{made.secret}")


@router.get("/{secret}")
def follow(request: Request, secret: str, read: Read, settings: House, now: Now) -> Response:
    found = requests.follow(read, secret[:200], secret=settings.secret)
    reply = render(request, "requests/show.html", _follow_page(read, found, secret, settings, now))
    reply.headers["Cache-Control"] = "no-store"
    reply.headers["Referrer-Policy"] = "no-referrer"  # the address is a secret
    return reply


def _said(name: str, fault: str) -> str:
    """A fault as a sentence of its own."""
    return f"{LABELS[name]} {fault}{'' if fault.endswith('.') else '.'}" if name in LABELS else fault


def _page(
    session: Session,
    settings: Settings,
    user: Actor | None,
    now: datetime,
    typed: Mapping[str, str],
    faults: Mapping[str, str] | None = None,
) -> RequestPage:
    organisation, question = house(session, settings), Question(at=now)
    name = typed.get("name", "")
    known, alike, approved = None, [], []
    if name:
        found = lookup.check(session, name, question, organisation, now=now)
        if found.tool:
            known = ToolLink(found.tool.name, Typed(q=name).url(), found.answer.code.value)
        alike = cards.tool_links(found.suggestions[:MOST_OFFERED], Typed())
        nearest = found.tool or (found.suggestions[0].tool if found.suggestions else None)
        if nearest and nearest.category:
            others = tools.in_category(session, nearest.category)
            answers = lookup.answers(session, others, question, organisation, now=now)
            shown = {link.name for link in alike} | {nearest.name}
            approved = [
                ToolLink(each.name, Typed(q=each.name).url(), answers[id_of(each)].code.value)
                for each in others
                if answers[id_of(each)].code in GOOD and each.name not in shown
            ][:MOST_OFFERED]
    values = {field: typed.get(field, "") for field in LABELS}
    return RequestPage(
        form=Form(values, faults or {}),
        data_classes=[
            Option("", "I do not know yet"),
            *(Option(value, words(value)) for value in settings.data_classes),
        ],
        known=known,
        alike=alike,
        approved=approved,
        asks_contact=user is None,
        targets=[TIERS[tier].target_days for tier in Tier],
    )


def _follow_page(
    read: Session, found: Requested, secret: str, settings: Settings, now: datetime
) -> FollowPage:
    organisation = house(read, settings)
    row, candidate, tool = found.request, found.candidate, found.tool
    asked = {
        "purpose": row.purpose,
        "needed_by": row.needed_by,
        "asked_at": row.at,
        "address": f"{settings.base_url}/request/{secret}",
    }
    if tool is not None:
        answer = lookup.answers(read, [tool], Question(at=now), organisation, now=now)[id_of(tool)]
        running = under_way.running(read, [id_of(tool)], now=now)
        state, step = _of_tool(answer.code, bool(running))
        return FollowPage(
            **asked,  # type: ignore[arg-type]
            name=tool.name,
            code=answer.code.value,
            state=state,
            expected_on=expect(read, running, zone=settings.zone, now=now).get(id_of(tool)),
            next_step=step,
            tool=ToolLink(tool.name, f"/tools/{tool.slug}", answer.code.value),
        )
    assert candidate is not None  # a request is for a tool or for a candidate
    state, step = _of_candidate(candidate.status, candidate.reason)
    wakes = candidate.watch_until if candidate.status is CandidateStatus.WATCH else None
    return FollowPage(
        **asked,  # type: ignore[arg-type]
        name=candidate.name,
        code=candidate.status.value,
        state=state,
        expected_on=wakes,
        next_step=step,
        tool=None,
    )


def _of_tool(code: AnswerCode, running: bool) -> tuple[str, str]:
    if code is AnswerCode.UNDER_REVIEW:
        return "It is being reviewed.", "You can see the answer here once somebody has decided."
    if code is AnswerCode.NOT_REVIEWED:
        return "It was accepted, and waits for its review to begin.", "Once it begins, the day stands here."
    again = " A new review is under way." if running else ""
    return f"It was decided.{again}", "Open the answer for what to keep to, and until when it stands."


def _of_candidate(status: CandidateStatus, reason: str) -> tuple[str, str]:
    if status is CandidateStatus.WATCH:
        return "We keep an eye on it, and look again later.", "It comes up sooner if more people ask for it."
    if status is CandidateStatus.DISMISSED:
        known = reason in list(DismissReason)
        label = REASON_LABELS[DismissReason(reason)] if known else reason
        return f"We decided not to review it. Reason: {label.lower()}.", "Ask us if you see it otherwise."
    return "It waits for somebody to look at it.", "Then it is accepted for review, or you read here why not."

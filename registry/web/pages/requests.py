"""Asking for a tool, and following what became of it by a secret link."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.evaluation import TIERS, Tier
from registry.domain.language import gettext_noop as _
from registry.domain.language import worded
from registry.domain.lookup import AnswerCode, Question
from registry.domain.values import dataclass
from registry.services.answers import lookup, requests
from registry.services.answers.requests import Requested
from registry.services.answers.stage import stages
from registry.services.notices import steps
from registry.services.people.acting import Actor
from registry.services.people.house import house
from registry.settings import Settings
from registry.store import tools
from registry.store.columns import id_of
from registry.web import cards
from registry.web.asking import asker, require_lengths, require_right
from registry.web.deps import Asked, CurrentUser, House, Now, Read, Text, Tx
from registry.web.question import Typed
from registry.web.render import go, render, secretly
from registry.web.routing import page_router
from registry.web.shapes import Form, Option, ToolLink
from registry.web.words import words

router = page_router("/request")
MOST_OFFERED = 5
LABELS = {
    "name": _("Name of the tool"),
    "homepage": _("Its web address"),
    "purpose": _("What you want to do with it"),
    "data_class": _("What you will enter"),
    "needed_by": _("By when"),
    "contact": _("How we reach you"),
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
    mails: bool
    """Whether who leaves an address gets a mail at each step."""
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
    mails_to: str
    """Where mails about it go, in part; empty where none do."""
    leave_url: str


@dataclass(frozen=True)
class LeavePage:
    name: str
    action: str
    back_url: str
    left: bool


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
    return secretly(render(request, "requests/show.html", _follow_page(read, found, secret, settings, now)))


@router.get("/{secret}/leave")
def show_leaving(request: Request, secret: str, read: Read, settings: House, now: Now) -> Response:
    """Asks before it ends anything: what reads mails opens their links too."""
    found = requests.follow(read, secret[:200], secret=settings.secret)
    return _leaving(request, read, found, settings, now)


@router.post("/{secret}/leave")
def leave(request: Request, secret: str, tx: Tx, settings: House, now: Now) -> Response:
    """RFC 8058: a mail program sends this by itself, without a session."""
    found = requests.follow(tx, secret[:200], secret=settings.secret)
    steps.leave(tx, found.request)
    return _leaving(request, tx, found, settings, now)


def _leaving(
    request: Request, session: Session, found: Requested, settings: Settings, now: datetime
) -> Response:
    row, secret = found.request, found.secret
    name = stages(session, [row], settings, now=now)[id_of(row)].name
    page = LeavePage(name, f"/request/{secret}/leave", f"/request/{secret}", row.silent)
    return secretly(render(request, "requests/leave.html", page))


def _said(name: str, fault: str) -> str:
    """A fault as a sentence of its own."""
    if name not in LABELS or fault.endswith("."):
        return fault
    return worded("{field} {fault}.", field=worded(LABELS[name]), fault=fault)


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
            Option("", worded("I do not know yet")),
            *(Option(value, words(value)) for value in settings.data_classes),
        ],
        known=known,
        alike=alike,
        approved=approved,
        asks_contact=user is None,
        mails=settings.mails,
        targets=[TIERS[tier].target_days for tier in Tier],
    )


def _follow_page(
    read: Session, found: Requested, secret: str, settings: Settings, now: datetime
) -> FollowPage:
    row = found.request
    stage = stages(read, [row], settings, now=now)[id_of(row)]
    tool = stage.tool
    return FollowPage(
        purpose=row.purpose,
        needed_by=row.needed_by,
        asked_at=row.at,
        address=f"{settings.base_url}/request/{secret}",
        name=stage.name,
        code=stage.code,
        state=stage.state,
        expected_on=stage.expected_on,
        next_step=stage.next_step,
        tool=ToolLink(tool.name, f"/tools/{tool.slug}", stage.code) if tool else None,
        mails_to=_shown(steps.address_of(read, row)) if settings.mails else "",
        leave_url=f"/request/{secret}/leave",
    )


def _shown(address: str) -> str:
    """Enough of an address for its owner to know it by: whoever has the link may read this."""
    name, at, domain = address.partition("@")
    return f"{name[:2]}…{at}{domain}" if address else ""

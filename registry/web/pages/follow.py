"""Following by mail: asking to, saying yes, choosing how often, leaving."""

from collections.abc import Sequence

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.language import opening, worded
from registry.domain.values import dataclass
from registry.services.notices import following
from registry.services.notices.wanted import canonical, sentence_of
from registry.settings import Settings
from registry.store.tables import Follower
from registry.web.asking import asker
from registry.web.deps import CurrentUser, House, Now, Read, Text, Tx
from registry.web.render import go, render, secretly
from registry.web.routing import page_router
from registry.web.shapes import Form, Link, Option

router = page_router("/follow")
AT_ONCE, WEEKLY = "at-once", "weekly"
HOW = (
    Option(AT_ONCE, worded("Each time something changes")),
    Option(
        WEEKLY,
        worded("Once a week, all together"),
        worded("On Monday morning, where anything changed."),
    ),
)
FORMATS = (("Atom", "atom"), ("RSS", "rss"), ("JSON", "json"))


@dataclass(frozen=True)
class NewPage:
    what: str
    wanted: str
    form: Form
    how: Sequence[Option]
    mails: bool
    folder: str
    """Where mails are put instead of being sent; empty where they are sent."""
    feeds: Sequence[Link]


@dataclass(frozen=True)
class AskedPage:
    folder: str


@dataclass(frozen=True)
class Following:
    url: str
    what: str
    how: str


@dataclass(frozen=True)
class ManagePage:
    what: str
    url: str
    confirmed: bool
    weekly: bool
    how: Sequence[Option]
    others: Sequence[Following]
    """What else the same address follows."""


@dataclass(frozen=True)
class LeavePage:
    what: str
    action: str
    back_url: str
    left: bool
    others: int


@router.get("")
def show_form(request: Request, read: Read, settings: House) -> Response:
    """The address names what is followed as that of a list of verdicts does."""
    wanted = canonical(read, request.url.query, settings)
    return render(
        request, "follow/new.html", _new(read, settings, wanted, Form({"address": "", "how": AT_ONCE}))
    )


@router.post("")
def ask(
    request: Request,
    tx: Tx,
    settings: House,
    user: CurrentUser,
    now: Now,
    address: Text = "",
    how: Text = AT_ONCE,
    wanted: Text = "",
) -> Response:
    """The same reply whether the address is known or not."""
    wanted = canonical(tx, wanted, settings)
    try:
        with tx.begin_nested():
            following.require_mail(settings)
            asker(request, user, now, what="addresses")
            following.ask(tx, address=address, wanted=wanted, weekly=how == WEEKLY, now=now)
    except InvalidInput as refused:
        form = Form({"address": address, "how": how}, refused.faults)
        return render(request, "follow/new.html", _new(tx, settings, wanted, form), status=422)
    return go("/follow/asked")


@router.get("/asked")
def show_asked(request: Request, settings: House) -> Response:
    return render(request, "follow/asked.html", AskedPage(_folder(settings)))


@router.get("/{token}")
def manage(request: Request, token: str, read: Read, settings: House) -> Response:
    row = following.by_link(read, token[:200], secret=settings.secret)
    page = ManagePage(
        what=sentence_of(read, row.wanted),
        url=_url(row, settings),
        confirmed=row.confirmed_at is not None,
        weekly=row.weekly,
        how=HOW,
        others=[
            Following(_url(each, settings), opening(sentence_of(read, each.wanted)), _how(each))
            for each in following.all_of(read, row)
            if each.id != row.id
        ],
    )
    return secretly(render(request, "follow/show.html", page))


@router.post("/{token}/confirm")
def confirm(token: str, tx: Tx, settings: House, now: Now) -> Response:
    row = following.by_link(tx, token[:200], secret=settings.secret)
    following.confirm(row, now=now)
    return secretly(go(_url(row, settings)))


@router.post("/{token}/how")
def choose(token: str, tx: Tx, settings: House, now: Now, how: Text = "") -> Response:
    row = following.by_link(tx, token[:200], secret=settings.secret)
    following.choose(tx, row, weekly=how == WEEKLY, now=now)
    return secretly(go(_url(row, settings)))


@router.get("/{token}/leave")
def show_leaving(request: Request, token: str, read: Read, settings: House) -> Response:
    """Asks before it ends anything: what reads mails opens their links too."""
    row = following.by_link(read, token[:200], secret=settings.secret)
    return _leaving(request, read, row, settings, left=False)


@router.post("/{token}/leave")
def leave(request: Request, token: str, tx: Tx, settings: House, everything: Text = "") -> Response:
    """RFC 8058: a mail program sends this by itself, without a session; what it sends along does not matter."""
    row = following.by_link(tx, token[:200], secret=settings.secret)
    page = _leaving(request, tx, row, settings, left=True)
    following.leave(tx, following.all_of(tx, row) if everything == "yes" else [row])
    return page


def _leaving(
    request: Request, session: Session, row: Follower, settings: Settings, *, left: bool
) -> Response:
    url = _url(row, settings)
    page = LeavePage(
        what=sentence_of(session, row.wanted),
        action=f"{url}/leave",
        back_url=url,
        left=left,
        others=len(following.all_of(session, row)) - 1,
    )
    return secretly(render(request, "follow/leave.html", page))


def _new(session: Session, settings: Settings, wanted: str, form: Form) -> NewPage:
    query = f"?{wanted}" if wanted else ""
    return NewPage(
        what=sentence_of(session, wanted),
        wanted=wanted,
        form=form,
        how=HOW,
        mails=settings.mails,
        folder=_folder(settings),
        feeds=[Link(label, f"/feeds/verdicts.{ending}{query}") for label, ending in FORMATS],
    )


def _folder(settings: Settings) -> str:
    return str(settings.mail_dir) if settings.mail_dir is not None else ""


def _how(row: Follower) -> str:
    return worded("once a week") if row.weekly else worded("each time")


def _url(row: Follower, settings: Settings) -> str:
    return f"/follow/{following.token_of(row, secret=settings.secret)}"

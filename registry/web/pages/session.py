"""Signing in by password or link, and signing out."""

import logging
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlmodel import Session

from registry.domain.language import worded
from registry.services.people import accounts, sign_in
from registry.store import users
from registry.store.columns import id_of
from registry.store.engine import snapshot
from registry.store.tables import Role, User
from registry.web.deps import TRIAGERS, House, Now, Read, Secret, Text, Tx
from registry.web.parts import Parts, parts_of
from registry.web.render import go, local_path, render
from registry.web.routing import page_router
from registry.web.shapes import Form
from registry.web.viewer import cookie_name, now_of

router = page_router()
logger = logging.getLogger(__name__)

FAILURES_PER_PERSON = 10
FAILURES_PER_ADDRESS = 30
WRONG = worded("The address and the password do not belong together.")
TOO_OFTEN = worded(
    "There were too many attempts. Wait a quarter of an hour, or ask an admin for a sign-in link."
)


@dataclass(frozen=True)
class LoginPage:
    next: str
    form: Form


@dataclass(frozen=True)
class LinkPage:
    name: str
    token: str
    next: str


@dataclass(frozen=True)
class Attempt:
    """What came of an address and a password; `user` is None where they were refused, with `fault` to show."""

    user: User | None
    fault: str = ""
    status: int = 200


def try_password(request: Request, email: Text = "", password: Secret = "") -> Attempt:
    """Checked before any transaction begins, since checking takes a tenth of a second on purpose."""
    parts, now = parts_of(request), now_of(request)
    person = f"person {accounts.fold_email(email)[:200]}"
    address = f"address {request.client.host if request.client else ''}"
    throttle = parts.throttle
    limits = ((person, FAILURES_PER_PERSON), (address, FAILURES_PER_ADDRESS))
    if any(throttle.failures(key, now) >= most for key, most in limits):
        return Attempt(None, TOO_OFTEN, 429)
    with snapshot(parts.engine) as session:
        user = accounts.authenticate(session, email, password)
    if user is not None:
        throttle.forget(person)
        return Attempt(user)
    for key, _most in limits:
        throttle.note_failure(key, now)
    logger.warning("sign-in refused from=%s", request.client.host if request.client else "")
    return Attempt(None, WRONG, 422)


@router.get("/login")
def show_login(request: Request, next: str = "/") -> Response:  # noqa: A002 - the word in the address
    return render(request, "session/login.html", LoginPage(local_path(next), Form({"email": ""})))


@router.post("/login")
def log_in(
    request: Request,
    attempt: Annotated[Attempt, Depends(try_password)],
    tx: Tx,
    now: Now,
    house: House,
    email: Text = "",
    next: Text = "/",  # noqa: A002
) -> Response:
    if attempt.user is None:
        page = LoginPage(local_path(next), Form({"email": email}, {"email": attempt.fault}))
        return render(request, "session/login.html", page, status=attempt.status)
    _end_present_session(request, tx)
    value = sign_in.start_session(tx, attempt.user, secret=house.secret, now=now)
    return _signed_in(parts_of(request), value, _leads_to(tx, attempt.user, next))


@router.post("/logout")
def log_out(request: Request, tx: Tx) -> Response:
    _end_present_session(request, tx)
    reply = go("/")
    parts = parts_of(request)
    reply.delete_cookie(cookie_name(parts), path="/", secure=parts.secure, httponly=True, samesite="lax")
    reply.headers["Clear-Site-Data"] = '"cache", "storage"'
    return reply


@router.get("/sign-in/{token}")
def show_link(request: Request, token: str, read: Read, now: Now, house: House, next: str = "/") -> Response:  # noqa: A002
    # Mail scanners open every link, so that opening one must not use it up.
    user = sign_in.get_link(read, token, secret=house.secret, now=now)
    return render(request, "session/link.html", LinkPage(user.name, token, local_path(next)))


@router.post("/sign-in/{token}")
def use_link(request: Request, token: str, tx: Tx, now: Now, house: House, next: Text = "/") -> Response:  # noqa: A002
    _end_present_session(request, tx)
    user = sign_in.get_link(tx, token, secret=house.secret, now=now)
    value = sign_in.use_link(tx, token, secret=house.secret, now=now)
    return _signed_in(parts_of(request), value, _leads_to(tx, user, next))


def _leads_to(session: Session, user: User, wanted: str) -> str:
    """The page they came from; from the look-up, which is everybody's, staff go on to their work."""
    path = local_path(wanted)
    return path if path != "/" else start_page(users.roles(session, id_of(user)))


def start_page(roles: frozenset[Role]) -> str:
    """Where somebody's day begins."""
    if roles & TRIAGERS:
        return "/evaluations"
    if Role.AUDITOR in roles:
        return "/audit"
    return "/sources" if Role.ADMIN in roles else "/"


def _end_present_session(request: Request, tx: Tx) -> None:
    parts = parts_of(request)
    cookie = request.cookies.get(cookie_name(parts))
    if cookie:
        sign_in.end_session(tx, cookie, secret=parts.settings.secret, now=now_of(request))


def _signed_in(parts: Parts, value: str, path: str) -> Response:
    reply = go(path)
    reply.set_cookie(
        cookie_name(parts),
        value,
        max_age=int(sign_in.AT_MOST.total_seconds()),
        path="/",
        secure=parts.secure,
        httponly=True,
        samesite="lax",
    )
    return reply

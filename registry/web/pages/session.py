"""Signing in by password or link, a forgotten password, and signing out."""

from dataclasses import field
from datetime import datetime
from typing import Annotated

from fastapi import BackgroundTasks, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from registry.domain.errors import InvalidInput
from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.services.people import accounts, identities, invitations, limits, passwords, sign_in
from registry.services.people.refusals import note_refusal
from registry.settings import Settings
from registry.store import users
from registry.store.columns import id_of
from registry.store.engine import snapshot
from registry.store.tables import SignInWay, User
from registry.web.deps import House, Now, Read, Secret, Text, Tx
from registry.web.entering import account_key, end_present_session, enter
from registry.web.parts import parts_of
from registry.web.render import go, local_path, render, secretly
from registry.web.routing import page_router
from registry.web.shapes import Form
from registry.web.viewer import now_of, session_of
from registry.web.visiting import known_cookie, place_of, signed_out

router = page_router()

WRONG = worded("The address and the password do not belong together.")
TOO_OFTEN = worded("There were too many attempts. Wait a quarter of an hour, or use a sign-in link.")


@dataclass(frozen=True)
class LoginPage:
    next: str
    form: Form
    provider: str = ""
    """What the OpenID provider is called; empty where there is none."""
    mails: bool = False
    """Whether a forgotten password can be mended by mail."""


@dataclass(frozen=True)
class LinkPage:
    name: str
    email: str
    token: str
    next: str
    sets_password: bool
    form: Form
    provider: str = ""
    """What the OpenID provider is called, where an account there may be joined by this link."""


@dataclass(frozen=True)
class ForgottenPage:
    form: Form
    mails: bool
    sent: bool = False


@dataclass(frozen=True)
class SignedOutPage:
    provider: str
    url: str
    """Where one signs out of the provider as well."""


@dataclass(frozen=True)
class Attempt:
    """What came of an address and a password; `user` is None where they do not belong together."""

    user: User | None
    too_often: bool = False
    held: limits.Held = field(default_factory=limits.Held)
    meant: int | None = None
    """Whose account it was, where there is one."""


async def try_password(request: Request, email: Text = "", password: Secret = "") -> Attempt:
    """Checked outside of any transaction, since checking takes a tenth of a second on purpose."""
    parts, now = parts_of(request), now_of(request)
    secret = parts.settings.secret

    def find() -> User | None:
        with snapshot(parts.engine) as session:
            return users.find_by_email(session, passwords.fold_email(email))

    def check() -> User | None:
        with snapshot(parts.engine) as session:
            return passwords.authenticate(session, email, password)

    meant = await run_in_threadpool(find)
    meant_id = meant.id if meant is not None else None
    account = account_key(request, email, meant_id)
    keys: limits.Limits = {
        account: limits.PER_ACCOUNT,
        place_of(request): limits.PER_NETWORK,
    }
    async with parts.writing() as session:
        held = await run_in_threadpool(limits.hold, session, keys, secret=secret, now=now)
    if held.until is not None:
        return Attempt(None, too_often=True)
    return Attempt(await run_in_threadpool(check), held=held, meant=meant_id)


@router.get("/login")
def show_login(request: Request, house: House, next: str = "/") -> Response:  # noqa: A002 - the word in the address
    return render(request, "session/login.html", _login_page(house, next, Form({"email": ""})))


@router.post("/login")
def log_in(
    request: Request,
    attempt: Annotated[Attempt, Depends(try_password)],
    tx: Tx,
    now: Now,
    house: House,
    email: Text = "",
    next: Text = "/",  # noqa: A002
    password: Secret = "",
) -> Response:
    if attempt.too_often:
        return _not_in(request, house, next, email, TOO_OFTEN, 429)
    user = passwords.still(tx, attempt.user, password) if attempt.user is not None else None
    if user is None:
        note_refusal(tx, "wrong_password", how="password", user_id=attempt.meant, now=now)
        return _not_in(request, house, next, email, WRONG, 422)
    limits.let_go(tx, attempt.held)
    limits.forget(tx, account_key(request, email, attempt.meant), secret=house.secret)
    return enter(request, tx, user, SignInWay.PASSWORD, next)


@router.post("/logout")
def log_out(request: Request, tx: Tx, house: House) -> Response:
    how = end_present_session(request, tx)
    reply = go("/signed-out" if how is SignInWay.PROVIDER and house.oidc_issuer else "/")
    return signed_out(reply, parts_of(request))


@router.get("/sign-in/{token}")
def show_link(request: Request, token: str, read: Read, now: Now, house: House, next: str = "/") -> Response:  # noqa: A002
    # Mail scanners open every link, so that opening one must not use it up.
    user, sets_password = sign_in.get_link(read, token, secret=house.secret, now=now)
    joins = identities.may_join(read, user, token, session_of(request))
    page = _link_page(house, user, sets_password, token, next, joins=joins)
    return secretly(render(request, "session/link.html", page))


@router.post("/sign-in/{token}")
def use_link(
    request: Request,
    token: str,
    tx: Tx,
    now: Now,
    house: House,
    next: Text = "/",  # noqa: A002
    password: Secret = "",
) -> Response:
    user, sets_password = sign_in.take_link(tx, token, secret=house.secret, now=now)
    if sets_password:
        before = _code_limits(request, user, house)
        try:
            with tx.begin_nested():
                accounts.set_password(
                    tx,
                    id_of(user),
                    password,
                    house_name=house.name,
                    breached=house.breach_list,
                    by_link=True,
                    by=sign_in.as_actor(tx, user),
                    now=now,
                )
        except InvalidInput as refused:
            joins = identities.may_join(tx, user, token, session_of(request))
            page = _link_page(house, user, sets_password, token, next, refused, joins=joins)
            return secretly(render(request, "session/link.html", page, status=422))
        # Who reads somebody's mails may choose one password after another, and guesses at no more codes for it.
        limits.go_on(tx, before, _code_limits(request, user, house), secret=house.secret)
    else:
        sign_in.use_up(tx, sign_in.digest_of("link", token, house.secret), now)
    return enter(request, tx, user, SignInWay.LINK, next)


@router.get("/forgotten")
def show_forgotten(request: Request, house: House) -> Response:
    return render(request, "session/forgotten.html", ForgottenPage(Form({"email": ""}), house.mails))


@router.post("/forgotten")
def forgot(
    request: Request, tx: Tx, now: Now, house: House, background: BackgroundTasks, email: Text = ""
) -> Response:
    """The same answer whether there is such an account or not, after the same work: who has it is asked later."""
    folded = passwords.fold_email(email)
    if not accounts.ADDRESS.fullmatch(folded):
        form = Form({"email": email}, {"email": worded("Give an e-mail address such as rosa@example.org.")})
        page = ForgottenPage(form, house.mails)
        return render(request, "session/forgotten.html", page, status=422)
    keys: limits.Limits = {
        f"forgotten {folded}": limits.PER_RESET,
        place_of(request): limits.PER_NETWORK,
    }
    if house.mails and limits.hold(tx, keys, secret=house.secret, now=now).until is None:
        background.add_task(_mail_reset, request, folded, now)
    page = ForgottenPage(Form({"email": email}), house.mails, sent=house.mails)
    return render(request, "session/forgotten.html", page)


async def _mail_reset(request: Request, email: str, now: datetime) -> None:
    parts = parts_of(request)
    async with parts.writing() as session:
        await run_in_threadpool(invitations.mail_reset, session, email, secret=parts.settings.secret, now=now)


def _code_limits(request: Request, user: User, house: Settings) -> limits.Limits:
    """Of any browser, and of this one."""
    known, secret = known_cookie(request), house.secret
    return {**limits.code_limits("", user, secret=secret), **limits.code_limits(known, user, secret=secret)}


def _not_in(request: Request, house: Settings, next: str, email: str, fault: str, status: int) -> Response:  # noqa: A002
    page = _login_page(house, next, Form({"email": email}, {"email": fault}))
    return render(request, "session/login.html", page, status=status)


def _login_page(house: Settings, next: str, form: Form) -> LoginPage:  # noqa: A002
    return LoginPage(local_path(next), form, house.provider_name, house.mails)


def _link_page(
    house: Settings,
    user: User,
    sets_password: bool,
    token: str,
    next: str,  # noqa: A002
    refused: InvalidInput | None = None,
    *,
    joins: bool,
) -> LinkPage:
    form = Form({}, refused.faults if refused else {})
    provider = house.provider_name if sets_password and joins else ""
    return LinkPage(user.name, user.email, token, local_path(next), sets_password, form, provider)

"""How somebody comes in by this browser: on to the code of their second factor first, or in under a new cookie."""

from urllib.parse import quote

from fastapi import Request, Response
from sqlmodel import Session

from registry.services.people import limits, passwords, second_factor, sign_in
from registry.store import users
from registry.store.columns import id_of
from registry.store.tables import Role, SignInWay, User
from registry.web.deps import TRIAGERS
from registry.web.parts import Parts, parts_of
from registry.web.render import go, local_path
from registry.web.viewer import now_of, own_cookie, presence
from registry.web.visiting import (
    drop_cookie,
    known_cookie,
    lives_of,
    place_of,
    present_cookie,
    set_cookie,
    signed_in,
    visit_of,
)

MOST_NEXT = 1000


def enter(request: Request, session: Session, user: User, how: SignInWay, next: str = "/") -> Response:  # noqa: A002
    """After a password or a link: in, or where they have a second factor, on to the page that asks for its code.

    Whom the provider sends has shown there what they have.
    """
    user_id, parts = id_of(user), parts_of(request)
    if how is SignInWay.PROVIDER or second_factor.state_of(session, user_id).set_up_at is None:
        return begin_session(request, session, user, how, next)
    end_present_session(request, session)
    path = local_path(next)
    value = second_factor.want_code(
        session,
        user_id,
        how=how,
        next=path if len(path) <= MOST_NEXT else "/",
        secret=parts.settings.secret,
        now=now_of(request),
    )
    reply = go("/login/code")
    set_cookie(reply, parts, code_cookie(parts), value, second_factor.WANTED_LIFE)
    return reply


def begin_session(
    request: Request,
    session: Session,
    user: User,
    how: SignInWay,
    next: str = "/",  # noqa: A002 - the word in the address
) -> Response:
    """Sign somebody in under a new cookie, which ends the session that this browser had; leads on to their work."""
    end_present_session(request, session)
    reply = go(_leads_to(request, session, user, how, next))
    return _start(request, session, id_of(user), how, reply)


def renew_own_session(request: Request, session: Session, user_id: int, reply: Response) -> Response:
    """A new session in place of one that an act of its own person has just ended."""
    found = presence(request)
    how = found.how if found is not None and found.how is not None else SignInWay.PASSWORD
    return _start(request, session, user_id, how, reply)


def end_present_session(request: Request, session: Session) -> SignInWay | None:
    """How it had begun; None where there was none."""
    cookie = present_cookie(request)
    secret = parts_of(request).settings.secret
    return sign_in.end_session(session, cookie, secret=secret, now=now_of(request)) if cookie else None


def account_key(request: Request, email: str, user_id: int | None) -> str:
    """What attempts on this account count under."""
    folded = passwords.fold_email(email)[:200]
    return limits.account_key(
        folded, known_cookie(request), user_id, secret=parts_of(request).settings.secret
    )


def code_keys(request: Request, user: User, code: str = "") -> limits.Limits:
    """What an attempt at somebody's code counts under, and how many may fail.

    Apart from those at passwords, which are anybody's: only who gave a right password or link comes as far as a code.
    A recovery code is too long to be guessed, and is a way in also while somebody tries the short ones.
    """
    network = {f"codes from {place_of(request)}": limits.PER_NETWORK}
    if second_factor.is_recovery_code(code):
        return network
    secret = parts_of(request).settings.secret
    return {**limits.code_limits(known_cookie(request), user, secret=secret), **network}


def code_cookie(parts: Parts) -> str:
    return own_cookie(parts, "registry-code")


def drop_code_cookie(reply: Response, parts: Parts) -> Response:
    drop_cookie(reply, parts, code_cookie(parts))
    return reply


def start_page(roles: frozenset[Role]) -> str:
    """Where somebody's day begins."""
    if roles & TRIAGERS:
        return "/evaluations"
    if Role.AUDITOR in roles:
        return "/audit"
    return "/sources" if Role.ADMIN in roles else "/"


def _start(request: Request, session: Session, user_id: int, how: SignInWay, reply: Response) -> Response:
    parts = parts_of(request)
    value = sign_in.start_session(
        session,
        users.get(session, user_id),
        secret=parts.settings.secret,
        now=now_of(request),
        visit=visit_of(request, how),
        lives=lives_of(parts.settings),
    )
    return signed_in(reply, parts, value, user_id)


def _leads_to(request: Request, session: Session, user: User, how: SignInWay, wanted: str) -> str:
    """The page they came from; from the look-up, which is everybody's, staff go on to their work.

    Whose roles ask for a second factor that they have not set up comes to that first.
    """
    roles = users.roles(session, id_of(user))
    path = local_path(wanted)
    path = path if path != "/" else start_page(roles)
    asked_of = second_factor.ASKED_OF[parts_of(request).settings.second_factor]
    lacks = how is not SignInWay.PROVIDER and bool(roles & asked_of)
    if lacks and second_factor.state_of(session, id_of(user)).set_up_at is None:
        return f"/account/second-factor?next={quote(path, safe='')}"
    return path

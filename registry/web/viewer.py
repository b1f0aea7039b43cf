"""Who makes this request: read from cookie or bearer token, once more in an act, and renewed after the reply."""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from registry.domain.errors import NotAllowed, NotSignedIn, SecondFactorMissing
from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.services.people import api_tokens, second_factor, sign_in
from registry.services.people.acting import Actor, begin_act
from registry.store.engine import plain_snapshot, snapshot
from registry.store.trouble import has_no_room, is_unreachable
from registry.web.parts import Parts, parts_of

if TYPE_CHECKING:
    from registry.store.plain import Source

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Known:
    """What `viewer` found; None for nobody."""

    presence: sign_in.Presence | None


def now_of(connection: HTTPConnection) -> datetime:
    """The request's one moment; the clock is read at the first call."""
    if not hasattr(connection.state, "now"):
        connection.state.now = parts_of(connection).clock()
    moment: datetime = connection.state.now
    return moment


def own_cookie(parts: Parts, name: str) -> str:
    """What a cookie is called; over https browsers refuse it from anywhere but this very host."""
    return f"__Host-{name}" if parts.secure else name


def cookie_name(parts: Parts) -> str:
    return own_cookie(parts, "registry")


def bearer(connection: HTTPConnection) -> str | None:
    scheme, _, value = connection.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def not_signed_in(connection: HTTPConnection) -> NotSignedIn | NotAllowed:
    """What is told to who must be somebody here, and is not, or not yet."""
    if unready(connection) is not None:
        return SecondFactorMissing(
            worded(
                "Your roles ask for a code at sign-in. Set it up at “My account” first; it takes two minutes."
            )
        )
    if bearer(connection) is None:
        return NotSignedIn(worded("Sign in first."))
    return NotSignedIn(worded("This token is not known, or it has ended. Make a new one at “My account”."))


def may_be_known(connection: HTTPConnection) -> bool:
    """Whether the store must be asked who this is."""
    return bearer(connection) is not None or bool(connection.cookies.get(cookie_name(parts_of(connection))))


def viewer(connection: HTTPConnection) -> Actor | None:
    """The person behind the request, or None. Reads the store once per request; call it from a worker thread.

    A request with an Authorization header is never taken for its cookie's person. Who must set up a second factor is
    nobody until they have.
    """
    found = presence(connection)
    return found.actor if found and not found.unready else None


def unready(connection: HTTPConnection) -> Actor | None:
    """Who must set up a second factor before they are somebody here."""
    found = presence(connection)
    return found.actor if found and found.unready else None


def presence(connection: HTTPConnection) -> sign_in.Presence | None:
    """How and since when the person behind the request is here."""
    if not hasattr(connection.state, "viewer"):
        connection.state.viewer = _Known(_find(connection))
    known: _Known = connection.state.viewer
    return known.presence


def session_of(connection: HTTPConnection) -> int | None:
    """Who is signed in in this browser; a token is nobody's browser."""
    found = presence(connection)
    return found.actor.id if found is not None and found.how is not None else None


def forget_viewer(connection: HTTPConnection) -> None:
    """Show the rest of this reply as to nobody in particular: the store cannot be asked who it is."""
    connection.state.viewer = _Known(None)


def require_unchanged(connection: HTTPConnection, session: Session) -> None:
    """Raise NotSignedIn or NotAllowed where whom `viewer` found was shut out, or lost a role, since.

    Asked in the transaction of an act, which may have waited for the one that shut them out; from then on that one
    waits for the act.
    """
    before = presence(connection)
    if before is None:
        return
    begin_act(session, before.actor)
    of_whom = _of_cookie if bearer(connection) is None else _of_token
    found = of_whom(connection, session)
    connection.state.viewer = _Known(found)
    if found is None or (found.unready and not before.unready):
        raise not_signed_in(connection)
    if before.actor.roles - found.actor.roles or before.actor.own_roles - found.actor.own_roles:
        raise NotAllowed(worded("Your roles were changed a moment ago, so nothing was done."))


def _find(connection: HTTPConnection) -> sign_in.Presence | None:
    if not may_be_known(connection):
        return None
    engine = parts_of(connection).engine
    if bearer(connection) is not None:
        with snapshot(engine) as session:
            return _of_token(connection, session)
    with plain_snapshot(engine) as source:
        return _of_cookie(connection, source)


def _of_token(connection: HTTPConnection, session: Session) -> sign_in.Presence | None:
    settings, value, now = parts_of(connection).settings, bearer(connection) or "", now_of(connection)
    asked_of = second_factor.ASKED_OF[settings.second_factor]
    return api_tokens.find_by_token(session, value, secret=settings.secret, now=now, asked_of=asked_of)


def _of_cookie(connection: HTTPConnection, source: "Source") -> sign_in.Presence | None:
    parts, now = parts_of(connection), now_of(connection)
    value, settings = connection.cookies.get(cookie_name(parts), ""), parts.settings
    asked_of = second_factor.ASKED_OF[settings.second_factor]
    return sign_in.find_by_session(source, value, secret=settings.secret, now=now, asked_of=asked_of)


class RenewPresence:
    """After the reply, lets a session slide on or notes a token's use; reading a page never waits for a writer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})
        await self.app(scope, receive, send)
        connection = HTTPConnection(scope)
        known: _Known | None = getattr(connection.state, "viewer", None)
        if known is not None and known.presence is not None and known.presence.renewal_due:
            await _renew(connection)


async def _renew(connection: HTTPConnection) -> None:
    parts, now = parts_of(connection), now_of(connection)
    secret, token = parts.settings.secret, bearer(connection)
    try:
        async with parts.writing() as session:
            if token is not None:
                await run_in_threadpool(api_tokens.note_use, session, token, secret=secret, now=now)
            else:
                cookie = connection.cookies.get(cookie_name(parts), "")
                settings = parts.settings
                lives = sign_in.Lives(
                    timedelta(hours=settings.session_idle_h), timedelta(hours=settings.session_h)
                )
                await run_in_threadpool(
                    sign_in.renew_session, session, cookie, secret=secret, now=now, lives=lives
                )
    except SQLAlchemyError as error:
        if not (has_no_room(error) or is_unreachable(error)):
            raise
        logger.warning("session not renewed error=%s", type(error).__name__)  # the reply has been given

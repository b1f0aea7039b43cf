"""Signing in at the organisation's provider: going there, coming back, and signing out there too."""

import logging
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl

from anyio import to_thread
from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from registry.domain.errors import NotFound, SignInRefused
from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.openid.id_token import NOT_PROVEN
from registry.services.people import identities, limits
from registry.services.people.refusals import note_refusal
from registry.store.tables import SignInWay
from registry.web.entering import MOST_NEXT, begin_session
from registry.web.pages.session import TOO_OFTEN, SignedOutPage
from registry.web.parts import parts_of
from registry.web.render import local_path, render, secretly
from registry.web.routing import page_router
from registry.web.viewer import cookie_name, now_of, session_of
from registry.web.visiting import drop_cookie, place_of, set_cookie

if TYPE_CHECKING:
    from registry.openid.provider import Provider

T = TypeVar("T")
router = page_router()
log = logging.getLogger(__name__)

STRAY = worded("This sign-in was not begun in this browser, or is over. Begin once more.")
DECLINED = worded("Your organisation's sign-in did not let you in, or you left it. Begin once more.")


@dataclass(frozen=True)
class RefusedPage:
    sentence: str
    provider: str


@dataclass(frozen=True)
class Reply:
    """What stands in the address that the provider sent somebody back to."""

    state: str = ""
    code: str = ""
    error: str = ""
    issuer: str | None = None


@router.get("/login/oidc")
async def go_there(request: Request, next: str = "/", link: str = "") -> Response:  # noqa: A002 - the word in the address
    provider, parts, now = _provider(request), parts_of(request), now_of(request)
    secret = parts.settings.secret
    cookie = request.cookies.get(_cookie(request), "")
    browser = cookie if len(cookie) == 43 else secrets.token_urlsafe(32)  # several windows may be under way
    path, here = local_path(next), await run_in_threadpool(session_of, request)

    def note(session: Session) -> identities.Begun:
        keys = {f"provider {place_of(request)}": limits.PER_STARTS}
        if limits.hold(session, keys, secret=secret, now=now).until is not None:
            raise SignInRefused(TOO_OFTEN, "too_often")
        return identities.begin(
            session,
            browser=browser,
            next=path if len(path) <= MOST_NEXT else "/",
            link=link,
            here=here,
            secret=secret,
            now=now,
        )

    try:
        await _asking(request, provider.description, now)
        async with parts.writing() as session:
            begun = await run_in_threadpool(note, session)
        address = await run_in_threadpool(
            lambda: provider.way_there(state=begun.state, nonce=begun.nonce, verifier=begun.verifier, now=now)
        )
    except SignInRefused as refused:
        return await _refuse(request, refused)
    reply = RedirectResponse(address, status_code=303)
    reply.headers["Cache-Control"] = "no-store"
    set_cookie(reply, parts, _cookie(request), browser, identities.AWAY)
    return reply


@router.get("/login/oidc/callback")
async def come_back(request: Request) -> Response:
    """What is refused is told plainly with a status of 4xx, is an event, and leaves nobody signed in."""
    provider, parts, now = _provider(request), parts_of(request), now_of(request)
    try:
        said = _read(request.url.query)
        async with parts.writing() as session:
            begun = await run_in_threadpool(
                lambda: identities.come_back(
                    session,
                    state=said.state,
                    browser=request.cookies.get(_cookie(request), ""),
                    secret=parts.settings.secret,
                    now=now,
                )
            )
        if begun is None:
            raise SignInRefused(STRAY, "state")
        told = await _asking(request, _ask, provider, request, said, begun)
        async with parts.writing() as session:
            reply = await run_in_threadpool(_enter, request, session, told, begun)
    except SignInRefused as refused:
        return await _refuse(request, refused)
    drop_cookie(reply, parts, _cookie(request))
    return reply


@router.get("/signed-out")
async def show_signed_out(request: Request) -> Response:
    provider, parts = _provider(request), parts_of(request)
    try:
        url = await _asking(request, provider.way_out, now_of(request))
    except SignInRefused:
        url = ""
    page = SignedOutPage(parts.settings.provider_name, url)
    return await run_in_threadpool(render, request, "session/signed_out.html", page)


async def _asking(request: Request, ask: Callable[..., T], *given: object) -> T:
    """Asks the provider in one of a few threads: while it is slow, those of the site are left to others."""
    return await to_thread.run_sync(ask, *given, limiter=parts_of(request).away)


def _ask(provider: "Provider", request: Request, said: Reply, begun: identities.Away) -> identities.Known:
    now = now_of(request)
    provider.require_itself(said.issuer, now)
    if said.error or not said.code:
        raise SignInRefused(DECLINED, "declined", f"declined: {said.error[:40]!r}")
    told = provider.who(said.code, nonce=begun.nonce, verifier=begun.verifier, now=now)
    return identities.Known(**vars(told))


def _enter(request: Request, session: Session, told: identities.Known, begun: identities.Away) -> Response:
    settings = parts_of(request).settings
    user = identities.enter(
        session, told, settings, link_digest=begun.link_digest, here=session_of(request), now=now_of(request)
    )
    return begin_session(request, session, user, SignInWay.PROVIDER, begun.next)


async def _refuse(request: Request, refused: SignInRefused) -> Response:
    parts, now = parts_of(request), now_of(request)

    def note(session: Session) -> None:
        if refused.why == "no_role" and refused.user_id is not None:
            identities.shut_out(session, refused.user_id, now)
        # Anybody can have a reply refused, and what is on record stays for ever.
        keys = {f"refused {place_of(request)}": limits.PER_NETWORK}
        if limits.hold(session, keys, secret=parts.settings.secret, now=now).until is None:
            note_refusal(session, refused.why, how="provider", user_id=refused.user_id, now=now)

    if refused.why != "too_often":
        async with parts.writing() as session:
            await run_in_threadpool(note, session)
    log.warning("sign-in refused by=%s why=%s", "provider", refused.detail)
    page = RefusedPage(refused.sentence, parts.settings.provider_name)
    status = 429 if refused.why == "too_often" else 400
    return secretly(await run_in_threadpool(render, request, "session/refused.html", page, status=status))


def _read(query: str) -> Reply:
    """Raises SignInRefused for what stands twice, or is no address."""
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=20
        )
    except ValueError as exc:
        raise SignInRefused(NOT_PROVEN, "address") from exc
    found = dict(pairs)
    if len(found) != len(pairs) or "response" in found:
        raise SignInRefused(NOT_PROVEN, "address")
    return Reply(found.get("state", ""), found.get("code", ""), found.get("error", ""), found.get("iss"))


def _provider(request: Request) -> "Provider":
    provider = parts_of(request).provider
    if provider is None:
        raise NotFound(worded("This registry has no other sign-in."))
    return provider


def _cookie(request: Request) -> str:
    return f"{cookie_name(parts_of(request))}-signing-in"

"""What every request passes: same-origin guard, deadline, HEAD for each GET.

Who may act is not decided here but by the rights in web/deps.py.
"""

import asyncio
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.domain.errors import NotAllowed
from registry.domain.language import worded
from registry.settings import Settings
from registry.web.errors import in_plain_text, refuse, tell_status

MAX_BODY_BYTES = 1_000_000
MOST_BODY_BYTES_AT_ONCE = 5_000_000
"""Of all requests of this process together, while their bodies come in."""
BODY_DEADLINE_S = 30.0
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def trusted_hosts(settings: Settings) -> list[str]:
    host = urlsplit(settings.base_url).hostname or ""
    host = f"[{host}]" if ":" in host else host  # as browsers write it (RFC 3986 3.2.2)
    return sorted({host, "localhost", "127.0.0.1", "testserver"} - {""})


class OwnHosts:
    """Answers under the registry's own names alone: a page of others may not call it by theirs."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app, self.url = app, settings.base_url
        names = "|".join(map(re.escape, trusted_hosts(settings)))
        self.own = re.compile(rf"(?:{names})(?::[0-9]{{1,5}})?", re.IGNORECASE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self.own.fullmatch(Headers(scope=scope).get("host", "")):
            sentence = worded(
                "This registry does not answer under that name. Its address is {url}.", url=self.url
            )
            reply = in_plain_text(Request(scope, receive), 400, sentence, "wrong_host")
            await reply(scope, receive, send)
            return
        await self.app(scope, receive, send)


class HeadLikeGet:
    """Answers HEAD wherever GET is answered, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, send_without_body)


class BodyDeadline:
    """Ends a request whose body does not arrive whole in time, and refuses what is too much, or too much beside all
    others'. The frameworks' own limit would be told in English, and without a page."""

    def __init__(self, app: ASGIApp, *, seconds: float = BODY_DEADLINE_S) -> None:
        self.app = app
        self.seconds = seconds
        self.coming = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        if _declared(scope) > MAX_BODY_BYTES:
            reply = await tell_status(Request(scope, receive), _too_much())
            await reply(scope, receive, send)
            return
        ends_at = asyncio.get_running_loop().time() + self.seconds
        whole, held = False, 0

        async def receive_in_time() -> Message:
            nonlocal whole, held
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(ends_at):
                    message = await receive()
            except TimeoutError:
                return {"type": "http.disconnect"}
            whole = not message.get("more_body", False)
            length = len(message.get("body", b""))
            held, self.coming = held + length, self.coming + length
            if held > MAX_BODY_BYTES:
                raise _too_much()
            if self.coming > MOST_BODY_BYTES_AT_ONCE:
                raise HTTPException(429, headers={"Retry-After": "10", "Connection": "close"})
            return message

        try:
            await self.app(scope, receive_in_time, send)
        finally:
            self.coming -= held


def _declared(scope: Scope) -> int:
    """How long the head says that the body is; what is no number is the server's to refuse."""
    said = Headers(scope=scope).get("content-length", "")
    return int(said[:20]) if said.isdecimal() else 0


def _too_much() -> HTTPException:
    return HTTPException(413, headers={"Connection": "close"})


class SameOrigin:
    """Refuses an unsafe request that another site made a browser send.

    A bearer request is let by: no browser adds that header by itself. So is one with neither Origin nor cookie.
    """

    def __init__(self, app: ASGIApp, *, base_url: str) -> None:
        self.app = app
        self.own = _origin(base_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and not self._same(scope):
            sentence = worded("This came from another site. Open the page here and try again.")
            reply = await refuse(Request(scope, receive), NotAllowed(sentence))
            await reply(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _same(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if headers.get("authorization", "").lower().startswith("bearer "):
            return True
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = headers.get("origin")
        if origin is None:
            return "cookie" not in headers
        return origin in (self.own, f"{scope['scheme']}://{headers.get('host', '')}")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"

"""The id of each request: in its reply, on its error page, in its problem document, and for log lines."""

import re
import secrets
from collections.abc import Sequence
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

HEADER = b"x-request-id"
FORM = re.compile(rb"[A-Za-z0-9._-]{8,64}")
"""Of an id that a proxy gave; another is not taken, since it would stand in logs and pages."""

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id of the request that is being answered; empty where none is."""
    return _current.get()


def new_id() -> str:
    return secrets.token_hex(8)


class RequestIds:
    """Outermost: names each request; only a trusted proxy may have named it before.

    Trusted proxies also say who asked, and by which scheme; of others neither is believed.
    """

    def __init__(self, app: ASGIApp, *, trusted_proxies: Sequence[str]) -> None:
        self.app = app
        if trusted_proxies:
            behind: ASGIApp = ProxyHeadersMiddleware(app, list(trusted_proxies))  # type: ignore[arg-type, assignment]
            self.app, self.trusted = behind, behind.trusted_hosts  # type: ignore[attr-defined]
        else:
            self.trusted = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = self._given(scope) or new_id()
        _current.set(name)
        header = (HEADER, name.encode("ascii"))

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], header]}
            await send(message)

        await self.app(scope, receive, send_named)

    def _given(self, scope: Scope) -> str:
        client = scope.get("client")
        if not self.trusted or client is None or client[0] not in self.trusted:
            return ""
        given = [value for key, value in scope["headers"] if key == HEADER]
        return given[0].decode("ascii") if len(given) == 1 and FORM.fullmatch(given[0]) else ""

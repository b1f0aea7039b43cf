"""What is noted of every request when it has been answered: a log line, and measures. Never an address as it was
typed, which may hold a secret, but the route that it found."""

import logging
from time import perf_counter
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.web.methods import Routed, route_of

log = logging.getLogger("registry.requests")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Measures(Protocol):
    def answered(self, method: str, route: str, status: int, seconds: float) -> None: ...


class Watching:
    """Around everything but the request's id."""

    def __init__(self, app: ASGIApp, *, app_of: Routed, measures: Measures | None, lines: bool) -> None:
        self.app, self.app_of, self.measures, self.lines = app, app_of, measures, lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})
        status, began = 0, perf_counter()

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            self._tell(scope, status, perf_counter() - began)

    def _tell(self, scope: Scope, status: int, took: float) -> None:
        route = route_of(scope, self.app_of)
        method = scope["method"] if scope["method"] in METHODS else "other"
        if self.measures is not None:
            self.measures.answered(method, route, status, took)
        if self.lines:
            told: dict[str, Any] = {
                "method": method,
                "route": route,
                "status": status,
                "ms": round(took * 1000, 1),
            }
            known = scope["state"].get("viewer")
            if known is not None and known.presence is not None:
                told["user"] = known.presence.actor.id
            log.info("request", extra={"told": told})

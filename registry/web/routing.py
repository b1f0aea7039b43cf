"""The two sorts of router: of pages and of the API. Each is made with its whole prefix and what all its routes share,
so that the app takes the routes as they stand: an included router would have them built anew for every app."""

import threading
from collections.abc import Callable, Iterator
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import Match, compile_path, get_name
from starlette.types import Receive, Scope, Send

from registry.store.reading import Snapshot
from registry.web.deps import Right
from registry.web.letters import require_letters
from registry.web.open_routes import OPEN
from registry.web.schemas import Problem

LETTERS = Depends(require_letters)
PROBLEMS: dict[int | str, dict[str, Any]] = {"4XX": {"model": Problem}}


class LateRoute(APIRoute):
    """Knows its address and methods at once; what its handler takes and gives is read when it is first asked for.

    To read it takes milliseconds, and there are hundreds of routes: a site that starts shall not wait for all of them.
    """

    _reading = threading.RLock()
    undeclared: bool
    """Whether it says neither what right it asks for nor that it is open to anybody."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **said: Any) -> None:
        self._unread: dict[str, Any] | None = said
        self.path, self.endpoint = path, endpoint
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.name = said["name"] or get_name(endpoint)
        self.methods = {method.upper() for method in said["methods"] or ["GET"]}
        self._begins = self.path.partition("{")[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        # A request asks hundreds of routes, and this tells most of them apart.
        if scope.get("root_path") or scope["path"].startswith(self._begins):
            return super().matches(scope)
        return Match.NONE, {}

    def __getattr__(self, name: str) -> Any:
        with self._reading:
            said, self._unread = self.__dict__.get("_unread"), None
            if said is not None:
                if self.methods == {"GET"}:  # has no body, and each dependency costs as much as a small query
                    said["dependencies"] = [each for each in said["dependencies"] or () if each != LETTERS]
                super().__init__(self.path, _ending_reads(self.endpoint), **said)
                self.undeclared = not any(rights_in(self.dependant)) and not OPEN.issuperset(
                    f"{method} {self.path}" for method in set(self.methods or ()) - {"HEAD"}
                )
        return object.__getattribute__(self, name)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.undeclared:  # denied by default: whoever forgets to say who may ask lets nobody in
            raise RuntimeError(f"{self.path} asks for no right; add one, or put it into web/open_routes.py")
        await super().handle(scope, receive, send)


def _ending_reads(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The same, which closes what it read from in its own thread; to go into another for that costs as much again."""
    if iscoroutinefunction(endpoint):
        return endpoint

    @wraps(endpoint)
    def ending(**given: Any) -> Any:
        try:
            return endpoint(**given)
        finally:
            for each in given.values():
                if isinstance(each, Snapshot):
                    each.close()

    return ending


def rights_in(dependant: Dependant) -> Iterator[Right]:
    """The rights that a handler's signature asks for."""
    for each in dependant.dependencies:
        if isinstance(each.call, Right):
            yield each.call
        yield from rights_in(each)


def page_router(prefix: str = "") -> APIRouter:
    """Routes that the reference of the API leaves out."""
    return APIRouter(prefix=prefix, include_in_schema=False, route_class=LateRoute)


def api_router(prefix: str = "", *, tag: str) -> APIRouter:
    """Routes under /api/v1 that say how they refuse, and take whole letters only."""
    return APIRouter(
        prefix=f"/api/v1{prefix}",
        tags=[tag],
        responses=PROBLEMS,
        dependencies=[LETTERS],
        route_class=LateRoute,
    )

"""The two sorts of router: of pages and of the API. Each is made with its whole prefix and what all its routes share,
so that the app takes the routes as they stand: an included router would have them built anew for every app."""

import threading
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from starlette.routing import compile_path, get_name

from registry.web.letters import require_letters
from registry.web.schemas import Problem

PROBLEMS: dict[int | str, dict[str, Any]] = {"4XX": {"model": Problem}}


class LateRoute(APIRoute):
    """Knows its address and methods at once; what its handler takes and gives is read when it is first asked for.

    To read it takes milliseconds, and there are hundreds of routes: a site that starts shall not wait for all of them.
    """

    _reading = threading.RLock()

    def __init__(self, path: str, endpoint: Callable[..., Any], **said: Any) -> None:
        self._unread: dict[str, Any] | None = said
        self.path, self.endpoint = path, endpoint
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.name = said["name"] or get_name(endpoint)
        self.methods = {method.upper() for method in said["methods"] or ["GET"]}

    def __getattr__(self, name: str) -> Any:
        with self._reading:
            said, self._unread = self.__dict__.get("_unread"), None
            if said is not None:
                super().__init__(self.path, self.endpoint, **said)
        return object.__getattribute__(self, name)


def page_router(prefix: str = "") -> APIRouter:
    """Routes that the reference of the API leaves out."""
    return APIRouter(prefix=prefix, include_in_schema=False, route_class=LateRoute)


def api_router(prefix: str = "", *, tag: str) -> APIRouter:
    """Routes under /api/v1 that say how they refuse, and take whole letters only."""
    return APIRouter(
        prefix=f"/api/v1{prefix}",
        tags=[tag],
        responses=PROBLEMS,
        dependencies=[Depends(require_letters)],
        route_class=LateRoute,
    )

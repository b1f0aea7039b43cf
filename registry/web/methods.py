"""Which route an address finds, and which methods it takes over all the routes that share it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from starlette.requests import Request
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

NOWHERE = "(none)"


class Routed(Protocol):
    @property
    def routes(self) -> Sequence[BaseRoute]: ...


def route_of(scope: Scope, app: Routed) -> str:
    """The pattern of its address, such as /tools/{slug}, in which nothing stands that somebody typed."""
    found = scope.get("route")
    if found is None:  # answered before it came to the routes
        asked = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        found = next((each for each in app.routes if each.matches(asked)[0] is Match.FULL), None)
    return str(getattr(found, "path", NOWHERE))


def methods_of(request: Request) -> list[str]:
    """In the order of the alphabet. A route that stands word for word hides those that would match by a parameter."""
    matching = list(_matching(request))
    literal = [route for route in matching if route.path == request.url.path]
    taken = {method for route in literal or matching for method in route.methods or ()}
    return sorted(taken | ({"HEAD"} if "GET" in taken else set()))


def hides_others(request: Request) -> bool:
    """Whether a route stands here word for word, though it does not take this method."""
    literal = [route for route in _matching(request) if route.path == request.url.path]
    return bool(literal) and not any(request.method in (route.methods or ()) for route in literal)


def _matching(request: Request) -> Iterator[Route]:
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            yield route

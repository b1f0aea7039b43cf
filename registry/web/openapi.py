"""What the API's own description says beyond what FastAPI reads off the routes: how refusals look, and who may ask."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from registry.web.deps import Right

PROBLEM = "application/problem+json"


class DescribedApp(FastAPI):
    """FastAPI whose `openapi()` names problem documents and rights."""

    session_cookie = "registry"

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            told = super().openapi()
            told["components"]["securitySchemes"] = {
                "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": self.session_cookie,
                    "description": "What signing in gives a browser.",
                },
            }
            for route in self.routes:
                if isinstance(route, APIRoute) and route.include_in_schema:
                    for method in route.methods or ():
                        _complete(told["paths"][route.path_format][method.lower()], route)
        assert self.openapi_schema is not None
        return self.openapi_schema


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    refused = operation["responses"].get("4XX", {})
    if "application/json" in refused.get("content", {}):
        refused["content"] = {PROBLEM: refused["content"].pop("application/json")}
    for right in _rights(route.dependant):
        by_token = [{"token": [right.scope]}] if right.scope else []
        operation["security"] = [*by_token, {"session": []}]


def _rights(dependant: Dependant) -> Iterator[Right]:
    for each in dependant.dependencies:
        if isinstance(each.call, Right):
            yield each.call
        yield from _rights(each)

"""The two sorts of router: of pages and of the API. Each is made with its whole prefix and what all its routes share,
so that the app takes the routes as they stand: an included router would have them built anew for every app."""

from typing import Any

from fastapi import APIRouter, Depends

from registry.web.letters import require_letters
from registry.web.schemas import Problem

PROBLEMS: dict[int | str, dict[str, Any]] = {"4XX": {"model": Problem}}


def page_router(prefix: str = "") -> APIRouter:
    """Routes that the reference of the API leaves out."""
    return APIRouter(prefix=prefix, include_in_schema=False)


def api_router(prefix: str = "", *, tag: str) -> APIRouter:
    """Routes under /api/v1 that say how they refuse, and take whole letters only."""
    return APIRouter(
        prefix=f"/api/v1{prefix}", tags=[tag], responses=PROBLEMS, dependencies=[Depends(require_letters)]
    )

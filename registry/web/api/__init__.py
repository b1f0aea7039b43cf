"""The JSON API, one noun a file; a new noun adds its router to ROUTERS, and all of them stand under /api/v1."""

from fastapi import APIRouter

from registry.web.api import (
    candidates,
    check,
    evaluations,
    events,
    held,
    moderation,
    offices,
    people,
    rubrics,
    rules,
    sources,
    tools,
    verdicts,
)

ROUTERS: tuple[APIRouter, ...] = (
    check.router,
    tools.router,
    verdicts.router,
    candidates.router,
    sources.router,
    held.router,
    rules.router,
    evaluations.router,
    rubrics.router,
    offices.router,
    people.router,
    moderation.router,
    events.router,
)

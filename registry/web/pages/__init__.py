"""Pages for people, one noun a file; a new noun adds its router to ROUTERS."""

from fastapi import APIRouter

from registry.web.pages import (
    evaluations,
    moderation,
    operation,
    people,
    reference,
    scorecards,
    session,
    theme,
)

ROUTERS: tuple[APIRouter, ...] = (
    session.router,
    evaluations.router,
    scorecards.router,
    moderation.router,
    people.router,
    reference.router,
    theme.router,
    operation.router,
)

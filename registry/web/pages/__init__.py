"""Pages for people, one noun a file; a new noun adds its router to ROUTERS."""

from fastapi import APIRouter

from registry.web.pages import (
    decisions,
    evaluations,
    moderation,
    operation,
    people,
    reference,
    rubrics,
    scorecards,
    session,
    theme,
    verdict_life,
)

ROUTERS: tuple[APIRouter, ...] = (
    session.router,
    evaluations.router,
    scorecards.router,
    moderation.router,
    decisions.router,
    verdict_life.router,
    rubrics.router,
    people.router,
    reference.router,
    theme.router,
    operation.router,
)

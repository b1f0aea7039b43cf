"""Pages for people, one noun a file; a new noun adds its router to ROUTERS."""

from fastapi import APIRouter

from registry.web.pages import (
    decisions,
    evaluations,
    feeds,
    lookup,
    moderation,
    operation,
    people,
    reference,
    requests,
    rubrics,
    scorecards,
    session,
    site,
    theme,
    tools,
    verdict_life,
    verdicts,
)

ROUTERS: tuple[APIRouter, ...] = (
    lookup.router,
    tools.router,
    verdicts.router,
    verdicts.downloads,
    feeds.router,
    requests.router,
    site.router,
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

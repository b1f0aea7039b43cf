"""Pages for people, one noun a file; a new noun adds its router to ROUTERS."""

from fastapi import APIRouter

from registry.web.pages import (
    feeds,
    lookup,
    operation,
    people,
    reference,
    requests,
    session,
    site,
    theme,
    tools,
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
    people.router,
    reference.router,
    theme.router,
    operation.router,
)

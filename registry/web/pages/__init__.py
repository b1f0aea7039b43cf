"""Pages for people, one noun a file; a new noun adds its router to ROUTERS."""

from fastapi import APIRouter

from registry.web.pages import candidates, inbox, operation, people, reference, session, sources, theme

ROUTERS: tuple[APIRouter, ...] = (
    session.router,
    inbox.router,
    candidates.router,
    sources.router,
    people.router,
    reference.router,
    theme.router,
    operation.router,
)

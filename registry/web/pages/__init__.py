"""Pages for people, one noun a file; a new noun adds its router to ROUTERS."""

from fastapi import APIRouter

from registry.web.pages import operation, people, reference, session, theme

ROUTERS: tuple[APIRouter, ...] = (
    session.router,
    people.router,
    reference.router,
    theme.router,
    operation.router,
)

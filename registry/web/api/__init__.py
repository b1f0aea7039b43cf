"""The JSON API, one noun a file; a new noun adds its router to ROUTERS, and all of them stand under /api/v1."""

from fastapi import APIRouter

from registry.web.api import (
    candidates,
    check,
    due,
    evaluations,
    events,
    held,
    moderation,
    offices,
    people,
    renewal,
    reopenings,
    reports,
    requests,
    rubrics,
    rules,
    sources,
    sources_many,
    tools,
    triage,
    verdict_acts,
    verdicts,
)

ROUTERS: tuple[APIRouter, ...] = (
    check.router,
    tools.router,
    verdicts.router,
    verdict_acts.router,
    renewal.router,
    reopenings.router,
    reports.router,
    due.router,
    triage.router,  # its fixed addresses go before those with a number
    candidates.router,
    sources_many.router,
    sources.router,
    held.router,
    rules.router,
    evaluations.router,
    rubrics.router,
    offices.router,
    people.router,
    requests.router,
    moderation.router,
    events.router,
)

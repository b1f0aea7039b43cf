"""The JSON API, one noun a file; a new noun adds its router to ROUTERS, and all of them stand under /api/v1."""

from fastapi import APIRouter

from registry.web.api import (
    candidates,
    check,
    conditions,
    decisions,
    evaluation_acts,
    evaluations,
    events,
    held,
    moderation,
    offices,
    people,
    requests,
    rubrics,
    rules,
    scorecards,
    sources,
    sources_many,
    tools,
    triage,
    verdicts,
)

ROUTERS: tuple[APIRouter, ...] = (
    check.router,
    tools.router,
    verdicts.router,
    triage.router,  # its fixed addresses go before those with a number
    candidates.router,
    sources_many.router,
    sources.router,
    held.router,
    rules.router,
    evaluations.router,
    decisions.router,
    conditions.router,
    evaluation_acts.router,
    scorecards.router,
    rubrics.router,
    offices.router,
    people.router,
    requests.router,
    moderation.router,
    events.router,
)

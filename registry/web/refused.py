"""Refusals that matter go on record, after the reply and in a transaction of their own; a flood of them is one event.

Noted is who may not do what they asked for, and a token that is none. What was typed is not kept, nor from where.
"""

import logging

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask

from registry.domain.errors import NotAllowed, NotSignedIn, RegistryError, SecondFactorMissing
from registry.services.people import refusals
from registry.web.parts import parts_of
from registry.web.viewer import bearer, now_of, unready, viewer

log = logging.getLogger(__name__)


def on_record(request: Request, error: RegistryError, reply: Response) -> Response:
    """The reply, with the refusal written down once it has left, where it matters."""
    if isinstance(error, SecondFactorMissing) and request.method == "GET":
        return reply  # on the way to a page they are led to set it up
    if isinstance(error, NotAllowed) or (isinstance(error, NotSignedIn) and bearer(request) is not None):
        reply.background = BackgroundTask(_note, request)
    return reply


async def _note(request: Request) -> None:
    parts, now = parts_of(request), now_of(request)
    actor = viewer(request) or unready(request)
    if actor is None and bearer(request) is None:
        return  # nobody of whom anything could be told, such as one of too many from one place
    route = request.scope.get("route")
    asked = f"{request.method} {getattr(route, 'path', '')}"
    about = {name: int(value) for name, value in request.path_params.items() if str(value).isdecimal()}
    key = (actor.id, asked, *about.items()) if actor is not None else ("token",)
    more = parts.refusals.passes(key, now)
    if more is None:
        return
    try:
        async with parts.writing() as session:
            await run_in_threadpool(
                refusals.note_refused_act, session, asked, about, more=more, by=actor, now=now
            )
    except SQLAlchemyError:
        log.exception("a refusal could not be put on record")

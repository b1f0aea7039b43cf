"""Where the whole site is put together: parts, routes, what every request passes, and what runs beside it."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.telemetry import TelemetryConfig
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

import registry
from registry.services.answers.following import Following
from registry.services.verdicts import naming
from registry.services.verdicts.shelving import Shelving
from registry.settings import Settings
from registry.store.engine import make_engine, transaction
from registry.web import api, feeds, pages
from registry.web.assets import load_assets, make_router
from registry.web.errors import add_handlers
from registry.web.headers import SecurityHeaders
from registry.web.memory import Memory
from registry.web.openapi import DescribedApp
from registry.web.parts import Clock, Parts, utc_now
from registry.web.rendering import Copy, make_environment
from registry.web.request_id import RequestIds
from registry.web.security import BodyDeadline, HeadLikeGet, OwnHosts, SameOrigin
from registry.web.viewer import RenewPresence, cookie_name
from registry.web.watching import Watching

if TYPE_CHECKING:
    from registry.web.metrics import Metrics

log = logging.getLogger(__name__)

Beside = Callable[[Parts], AbstractContextManager[object]]
"""Something that runs while the site does, such as the scheduler: entered at start-up, left at shutdown."""
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""The library would look into the environment at each request, and could be told there to send what it measures."""
MOST_ASKED = frozenset(
    {
        *("/", "/check", "/suggest", "/api/v1/check", "/tools/{slug}"),
        *("/feeds/verdicts.{ending}", "/tools/{slug}/verdicts.{ending}"),
    }
)


def create_app(
    settings: Settings,
    *,
    engine: Engine | None = None,
    clock: Clock = utc_now,
    beside: Sequence[Beside] = (),
    copy: Copy | None = None,
) -> FastAPI:
    """The site over a database whose schema is up to date. An engine made here is disposed of at shutdown.

    With `copy` its pages are those that are written as files.
    """
    reached = engine or make_engine(settings.resolved_database_url, in_service=True)
    parts = Parts(
        settings=settings,
        engine=reached,
        following=Following(reached, clock),
        shelving=Shelving(reached, settings),
        clock=clock,
        environment=make_environment(time_zone=settings.time_zone, language=settings.words),
        assets=load_assets(),
        copy=copy,
        metrics=_metrics(settings, reached, clock),
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            await run_in_threadpool(_settle_names, parts)
            parts.following.start()
            stack.callback(parts.following.close)
            stack.callback(parts.shelving.close)
            for each in beside:
                await run_in_threadpool(stack.enter_context, each(parts))
            yield
        if engine is None:
            parts.engine.dispose()

    app = DescribedApp(
        title=settings.name,
        version=registry.__version__,
        summary="Tools, verdicts on them, and whether they may be used.",
        docs_url=None,  # both load scripts from elsewhere; /api is our own reference
        redoc_url=None,
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
    )
    app.state.parts = parts
    app.session_cookie = cookie_name(parts)
    _add_routes(app, parts)
    add_handlers(app)
    _add_guards(app, parts)
    return app


def _metrics(settings: Settings, engine: Engine, clock: Clock) -> "Metrics | None":
    if not settings.measured:
        return None
    from registry.web.metrics import Metrics  # and its library, which most do without

    return Metrics(settings, engine, clock)


def _settle_names(parts: Parts) -> None:
    try:
        with transaction(parts.engine) as session:
            naming.settle(session, parts.settings.base_url, now=parts.clock())
    except SQLAlchemyError:  # what cannot be written to is told by /readyz, and is named at the next start
        log.warning("feeds are not named yet", exc_info=True)


def _add_routes(app: FastAPI, parts: Parts) -> None:
    routers = (make_router(parts.assets), *pages.ROUTERS, feeds.router, *api.ROUTERS)
    routes = [route for router in routers for route in router.routes]
    # Each request tries them in turn.
    routes.sort(key=lambda route: getattr(route, "path", "") not in MOST_ASKED)
    app.router.routes.extend(routes)


def _add_guards(app: FastAPI, parts: Parts) -> None:
    # The last one added is the first that a request meets.
    app.add_middleware(RenewPresence)
    app.add_middleware(BodyDeadline)
    app.add_middleware(HeadLikeGet)
    app.add_middleware(SameOrigin, base_url=parts.settings.base_url)
    app.add_middleware(OwnHosts, settings=parts.settings)
    app.add_middleware(SecurityHeaders, secure=parts.secure)
    # Outside of all that the frameworks put around as well.
    within: ASGIApp = Memory(app.build_middleware_stack(), parts=parts)
    lines = parts.settings.log_format == "json"
    if parts.metrics or lines:
        within = Watching(within, app_of=app, measures=parts.metrics, lines=lines)
    app.middleware_stack = RequestIds(within, trusted_proxies=parts.settings.trusted_proxies)

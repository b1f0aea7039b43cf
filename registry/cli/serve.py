"""`registry serve`: web, API, feeds and scheduler."""

import ctypes
import gc
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli.common import loading
from registry.cli.large_pages import in_large_pages
from registry.cli.turn import Turn

if TYPE_CHECKING:
    from fastapi import FastAPI
    from sqlalchemy import Engine

    from registry.services.health import Check
    from registry.settings import Settings
    from registry.web.parts import Parts

log = logging.getLogger(__name__)
app = typer.Typer()

KEEP_ALIVE_S = 10
GRACE_S = 6
"""For requests that have begun when the site is told to end; with what the scheduler takes then, ten seconds in all."""
MOST_FILES = 4096
GARBAGE_AFTER = 10_000
"""New objects after which a site looks for circles of garbage: whoever asks meanwhile waits some five milliseconds for
it, and after more objects longer."""
SERVER: dict[str, Any] = {
    "http": "registry.web.server:PromptHttp",
    "ws": "none",
    "timeout_keep_alive": KEEP_ALIVE_S,
    "timeout_graceful_shutdown": GRACE_S,
    "server_header": False,
    "proxy_headers": False,  # web/request_id.py reads them
    "access_log": False,  # addresses of pages hold sign-in links
    "log_config": None,
}
"""How uvicorn is run, wherever the site is served."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Server processes.")] = 1,
    no_scheduler: Annotated[bool, typer.Option("--no-scheduler", help="Do not poll sources.")] = False,
) -> None:
    """Serve the site until interrupted; brings the database's schema up to date first."""
    import uvicorn  # here and not above: other commands shall not pay for a server

    from registry.cli.logs import configure_logs
    from registry.cli.metering import measuring
    from registry.services.backups import making
    from registry.settings import load_settings
    from registry.store import schema
    from registry.store.engine import make_engine

    settings = load_settings(scheduler=False if no_scheduler else None)
    if "base_url" not in settings.model_fields_set:
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
        settings = settings.model_copy(update={"base_url": f"http://{shown}:{port}"})
    # Server processes read their settings again, from there.
    os.environ["REGISTRY_SCHEDULER"] = str(settings.scheduler).lower()
    os.environ["REGISTRY_BASE_URL"] = settings.base_url
    configure_logs(settings.log_format)
    _allow_connections()
    engine = make_engine(settings.resolved_database_url)
    kept = making.back_up_before_upgrade(settings, engine, now=datetime.now(UTC))
    if kept is not None:
        log.info("backup made before the upgrade file=%s", kept)
    schema.upgrade(engine)
    _bring_up_to_date(settings, engine)
    engine.dispose()
    _ = settings.secret  # made once, before several processes want it
    with measuring(settings, workers=workers, port=port):
        uvicorn.run(
            "registry.cli.serve:make_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            **SERVER,
        )


def _bring_up_to_date(settings: "Settings", engine: "Engine") -> None:
    """What changed while nobody served. Where the disk is full the site is served all the same, to be read."""
    from sqlalchemy.exc import SQLAlchemyError

    from registry.services.rubrics.rubric_files import take_in
    from registry.services.verdicts import announcing
    from registry.store.engine import transaction
    from registry.store.trouble import has_no_room

    try:
        with transaction(engine) as session:
            taken = take_in(session, settings.rubrics_dir, now=datetime.now(UTC))
            announcing.Sweep(settings.zone).write(session, datetime.now(UTC))
    except SQLAlchemyError as error:
        if not has_no_room(error):
            raise
        log.warning("the disk is full: nothing can be written, and the site is served to be read")
        return
    for fault in taken.faults:
        log.warning("rubric file cannot be used fault=%s", fault)


def _allow_connections() -> None:
    """As many open files as web/server.py lets connections in, where the system gives them."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, MOST_FILES)), hard))


def make_app() -> "FastAPI":
    """The app of one server process, with the settings that `serve` left in the environment."""
    with loading():
        from registry.cli.logs import configure_logs
        from registry.clock import clock_after
        from registry.settings import load_settings
        from registry.store.engine import make_engine
        from registry.web.app import create_app

        settings = load_settings()
        configure_logs(settings.log_format)
        engine = make_engine(settings.resolved_database_url)
        clock = clock_after(engine)
        engine.dispose()
        gc.set_threshold(GARBAGE_AFTER, *gc.get_threshold()[1:])
        beside = (warming, scheduling) if settings.scheduler else (warming,)
        return create_app(settings, clock=clock, beside=beside)


@contextmanager
def warming(parts: "Parts") -> Iterator[None]:
    """Reads ahead what lists and feeds are made of, beside the first requests."""

    def read() -> None:
        parts.following.wait()  # one after the other: what is made at once lies scattered among what is thrown away
        _give_back()
        parts.shelving.warm(parts.clock())
        parts.annals.warm(parts.engine, parts.clock())
        _give_back()
        in_large_pages()

    reading = threading.Thread(target=read, name="roll", daemon=True)
    reading.start()
    try:
        yield
    finally:
        reading.join()


def _give_back() -> None:
    """What was used while all of this was made is the system's again, where its C library is one that keeps it."""
    gc.collect()
    gc.freeze()  # what stays is looked through no more for garbage, which would hold up whoever asks meanwhile
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def scheduling(parts: "Parts") -> Iterator[None]:
    """Polls sources while the site runs, and lets `/readyz` know; of the processes on one data folder one at a time."""
    from registry.scheduler import Scheduler
    from registry.services.health import Check, patience

    scheduler = Scheduler(parts.engine, parts.settings, clock=parts.clock)
    patient = patience(parts.settings)
    its_turn = Turn(parts.settings.data_dir / "scheduler.lock", scheduler.start)

    def look(now: datetime) -> "Check":
        if its_turn.came_at is None:
            return Check("scheduler", True, "Another process of this machine polls the sources.")
        last = scheduler.ticked_at or its_turn.came_at
        return Check(
            "scheduler", now - last < patient, f"The last round of sources ended at {last:%H:%M} UTC."
        )

    its_turn.wait(parts.clock)
    parts.watched.append(look)
    try:
        yield
    finally:
        with its_turn.over():
            scheduler.stop()

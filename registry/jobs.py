"""One source from network to table, and the round that reads all that are due.

No transaction is open while the network is: one reads the source, one records what came.
"""

import logging
import os
import platform
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Protocol

from sqlalchemy import Engine

from registry.domain.errors import NotFound
from registry.services import leases, visits
from registry.services.intake import Brought
from registry.services.leases import Lease, LeaseLost
from registry.settings import Settings
from registry.store.engine import snapshot, transaction
from scrapers.entry import Parsed
from scrapers.errors import FetchError, ParseError, ScrapeError
from scrapers.fetch import Fetched, Fetcher, Validators

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


class Fetches(Protocol):
    def get(self, url: str, *, validators: Validators | None = None) -> Fetched: ...


class Parses(Protocol):
    def parse(self, kind: str, body: bytes, *, url: str, headers: dict[str, str]) -> Parsed: ...


@dataclass(frozen=True)
class Refreshed:
    """What became of one source: entries and candidates, or the error in words."""

    source_id: int
    name: str
    url: str
    brought: Brought = field(default_factory=Brought)
    unchanged: bool = False
    error_code: str = ""
    error: str = ""
    note: str = ""
    wire_bytes: int = 0
    elapsed_s: float = 0

    @property
    def ok(self) -> bool:
        return not self.error_code


def make_fetcher(settings: Settings) -> Fetcher:
    """The agent string names the registry and whom to write to."""
    contact = f"; {settings.contact}" if settings.contact else ""
    return Fetcher(
        agent=f"{settings.name} (+{settings.base_url}{contact})", allow_cidrs=settings.allow_private_cidrs
    )


def owner_name() -> str:
    """Who leases: machine, process and thread, so that a person can find a holder."""
    return f"{platform.node()[:50]}/{os.getpid()}/{threading.get_ident() % 10_000}"


def claim_due(
    engine: Engine,
    owner: str,
    now: datetime,
    limit: int,
    *,
    sick_limit: int | None = None,
    only: Collection[int] | None = None,
) -> list[Lease]:
    """Lease up to `limit` sources, one a host; those due, or whatever of `only` nobody holds."""
    with transaction(engine) as session:
        return leases.claim(session, owner=owner, now=now, limit=limit, sick_limit=sick_limit, only=only)


def refresh_source(
    engine: Engine, lease: Lease, fetcher: Fetches, workers: Parses, now: datetime
) -> Refreshed:
    """Read a leased source and record what it announced, or why it could not be read.

    Raises NotFound where it was removed and LeaseLost where somebody else has taken it over; both write nothing.
    """
    with snapshot(engine) as session:
        asked = visits.asking(session, lease, now)
    try:
        fetched = fetcher.get(asked.url, validators=asked.validators)
        parsed = _parse(workers, asked, fetched)
    except ScrapeError as error:
        with transaction(engine) as session:
            visits.fail(session, lease, error, now)
        log.info("source failed source=%d code=%s", lease.source_id, error.code)
        return Refreshed(lease.source_id, asked.name, asked.url, error_code=error.code, error=error.sentence)
    with transaction(engine) as session:
        brought = visits.succeed(session, lease, fetched, parsed, now)
    log.info("source refreshed source=%d entries=%d new=%d", lease.source_id, brought.entries, brought.new)
    return Refreshed(
        lease.source_id,
        asked.name,
        asked.url,
        brought,
        unchanged=parsed is None,
        note=parsed.note if parsed else "",
        wire_bytes=fetched.wire_bytes,
        elapsed_s=fetched.elapsed_s,
    )


def refresh_due(
    engine: Engine,
    fetcher: Fetches,
    workers: Parses,
    clock: Clock,
    *,
    threads: int = 4,
    only: Collection[int] | None = None,
    stop: threading.Event | None = None,
    patience_s: float = 5,
    on_start: Callable[[Lease], None] | None = None,
) -> Iterator[Refreshed]:
    """Read what is due, or all of `only` due or not, one source a host at a time; gives each as it ends.

    Of two or more `threads` one is kept for sources in good health: the sick may take all the time they are given.
    `on_start` hears of each source as its reading begins.

    A source of `only` that others hold or whose host rests is waited for `patience_s`, then left out.
    """
    owner, stop = owner_name(), stop or threading.Event()
    ahead = None if only is None else set(only)
    running: dict[Future[Refreshed | None], Lease] = {}
    idle_since: float | None = None
    with ThreadPoolExecutor(threads, thread_name_prefix="refresh") as pool:
        while not stop.is_set():
            room = threads - len(running)
            sick_room = max(1, threads - 1) - sum(lease.sick for lease in running.values())
            claimed = (
                claim_due(engine, owner, clock(), room, sick_limit=sick_room, only=ahead)
                if room and ahead != set()
                else []
            )
            for lease in claimed:
                if ahead is not None:
                    ahead.discard(lease.source_id)
                if on_start is not None:
                    on_start(lease)
                running[pool.submit(_refreshed, engine, lease, fetcher, workers, clock)] = lease
            if not running:
                idle_since = idle_since or monotonic()
                if not ahead or monotonic() - idle_since >= patience_s:
                    return
                stop.wait(0.2)
                continue
            idle_since = None
            done, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in done:
                del running[future]
                if (refreshed := future.result()) is not None:
                    yield refreshed


def _refreshed(
    engine: Engine, lease: Lease, fetcher: Fetches, workers: Parses, clock: Clock
) -> Refreshed | None:
    """One source may break in ways nobody thought of; the others go on, and its lease runs out by itself."""
    try:
        return refresh_source(engine, lease, fetcher, workers, clock())
    except (LeaseLost, NotFound) as error:
        log.info("source left alone source=%d why=%s", lease.source_id, error.sentence)
        return None
    except Exception as error:  # the job loop: nothing that one source does may stop the others
        log.exception("source broke source=%d", lease.source_id)
        sentence = "Reading this source failed inside the registry. The log tells more."
        _note_breakage(engine, lease, sentence, clock())
        return Refreshed(lease.source_id, "", lease.url, error_code=type(error).__name__, error=sentence)


def _note_breakage(engine: Engine, lease: Lease, sentence: str, now: datetime) -> None:
    try:
        with transaction(engine) as session:
            visits.fail(session, lease, ScrapeError("internal", sentence), now)
    except Exception:  # the database itself may be what broke
        log.exception("breakage could not be noted source=%d", lease.source_id)


def _parse(workers: Parses, asked: visits.Asking, fetched: Fetched) -> Parsed | None:
    """None where nothing changed: a 304, or the very bytes that were parsed last."""
    if fetched.status == 304:
        if not asked.validators:
            raise FetchError(
                "not_modified_unasked", "The publisher says nothing changed, though we did not ask."
            )
        return None
    if asked.body_hash and fetched.body_hash == asked.body_hash:
        return None
    try:
        return workers.parse(asked.kind, fetched.body, url=fetched.url, headers=dict(fetched.headers))
    except ParseError as error:  # what the publisher asked for holds all the same
        error.status, error.retry_after_s = fetched.status, fetched.retry_after_s
        raise

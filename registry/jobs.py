"""One source from network to table. Many of them are rounds.py's.

No transaction is open while the network is: one reads the source, one records what came.
"""

import logging
import math
from collections.abc import Callable, Collection
from dataclasses import field
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from registry.domain.values import dataclass
from registry.services.entries import reading
from registry.services.entries.intake import Brought
from registry.services.sources import failures, leases, visits
from registry.services.sources.leases import Lease
from registry.services.sources.visits import Asking, Success
from registry.settings import Settings
from registry.store.engine import snapshot, transaction
from scrapers.entry import Parsed
from scrapers.errors import FetchError, ParseError, ScrapeError
from scrapers.fetch import Fetched, Fetcher
from scrapers.history import Fetches, Parses, with_history
from scrapers.workers import Workers

log = logging.getLogger(__name__)

POST_DEADLINE_S = 20
ANYWHERE = ("0.0.0.0/0", "::/0")

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Came:
    """What a visit that worked brought home."""

    reply: Fetched
    parsed: Parsed | None
    """None where nothing had changed."""


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


def make_fetcher(settings: Settings, *, patience_s: float = math.inf) -> Fetcher:
    return Fetcher(agent=agent_of(settings), allow_cidrs=settings.allow_private_cidrs, patience_s=patience_s)


def make_poster(settings: Settings) -> Fetcher:
    """For webhooks: the same guard, less patience, and no pause between two messages to one host."""
    return Fetcher(
        agent=agent_of(settings),
        allow_cidrs=settings.allow_private_cidrs,
        deadline_s=POST_DEADLINE_S,
        host_pause_s=0,
    )


def make_hub_poster(settings: Settings) -> Fetcher:
    """For the hub that the settings name, wherever it stands: it follows no redirect, so it reaches nothing else."""
    return Fetcher(agent=agent_of(settings), allow_cidrs=ANYWHERE, deadline_s=POST_DEADLINE_S, host_pause_s=0)


def make_workers(count: int = 2) -> Workers:
    """Children that parse, and read what each entry says."""
    return Workers(count=count, reader=reading.IN_CHILDREN)


def claim_due(
    engine: Engine,
    owner: str,
    now: datetime,
    limit: int,
    *,
    only: Collection[int] | None = None,
) -> list[Lease]:
    """Lease up to `limit` sources, one a host; those due, or whatever of `only` nobody holds."""
    with transaction(engine) as session:
        claimed = leases.claim(session, owner=owner, now=now, limit=limit, only=only)
    return [lease for lease, _ in claimed]


def refresh_source(
    engine: Engine, lease: Lease, fetcher: Fetches, workers: Parses, now: datetime
) -> Refreshed:
    """Read a leased source and record what it announced, or why it could not be read.

    Raises NotFound where it was removed and LeaseLost where somebody else has taken it over; both write nothing.
    """
    with snapshot(engine) as session:
        asked = visits.asking(session, lease, now)
    came = read(asked, fetcher, workers)
    with transaction(engine) as session:
        told = record(session, lease, asked, came, now)
    tell(told)
    return told


def read(asked: Asking, fetcher: Fetches, workers: Parses) -> Came | ScrapeError:
    """Ask the publisher, and have what is new parsed; the store is not touched."""
    try:
        reply = fetcher.get(asked.url, validators=asked.validators)
        parsed = _parse(workers, asked, reply)
        if parsed is not None and parsed.tells_verdicts:
            parsed = with_history(parsed, reply.url, fetcher, workers, since=asked.told_until)
        return Came(reply, parsed)
    except ScrapeError as error:
        return error


def record(
    session: Session, lease: Lease, asked: Asking, came: Came | ScrapeError, now: datetime
) -> Refreshed:
    """Write what a visit brought, or that it failed. Raises LeaseLost and writes nothing."""
    if isinstance(came, ScrapeError):
        failures.fail(session, lease, came, now)
        return Refreshed(asked.source_id, asked.name, asked.url, error_code=came.code, error=came.sentence)
    return refreshed(asked, came, visits.succeed(session, Success(lease, came.reply, came.parsed, now)))


def refreshed(asked: Asking, came: Came, brought: Brought) -> Refreshed:
    """A visit that worked, in words."""
    return Refreshed(
        asked.source_id,
        asked.name,
        asked.url,
        brought,
        unchanged=came.parsed is None,
        note=came.parsed.note if came.parsed else "",
        wire_bytes=came.reply.wire_bytes,
        elapsed_s=came.reply.elapsed_s,
    )


def tell(of: Refreshed) -> None:
    """Log a visit that was written down."""
    if of.ok:
        brought = of.brought
        log.info("source refreshed source=%d entries=%d new=%d", of.source_id, brought.entries, brought.new)
    else:
        log.info("source failed source=%d code=%s", of.source_id, of.error_code)


def agent_of(settings: Settings) -> str:
    """It names the registry and whom to write to."""
    contact = f"; {settings.contact}" if settings.contact else ""
    return f"{settings.name} (+{settings.base_url}{contact})"


def _parse(workers: Parses, asked: Asking, fetched: Fetched) -> Parsed | None:
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
        return workers.parse(
            asked.kind,
            fetched.body,
            url=fetched.url,
            headers=dict(fetched.headers),
            given={"announcer": asked.announcer},
        )
    except ParseError as error:  # what the publisher asked for holds all the same
        error.status, error.retry_after_s = fetched.status, fetched.retry_after_s
        raise

"""What a visit that did not work does to its source: counted, told as news where it is any, and over again.

Whether it is our own outage outage.py says; when the next visit is due, polling.py.
"""

from datetime import datetime, timedelta

from sqlmodel import Session

from registry.domain.visit import Visit, with_visit
from registry.services.people.acting import REGISTRY, record
from registry.services.sources import leases, moves, outage, polling
from registry.services.sources.leases import Lease, held
from registry.store.columns import put
from registry.store.tables import Source
from scrapers.errors import ScrapeError

GONE_AFTER = timedelta(days=1)
SUGGESTED = 5
"""Feeds that a web page names where a feed was: as many are kept for the person who puts it right."""


def fail(session: Session, lease: Lease, error: ScrapeError, now: datetime) -> None:
    """Record a visit that did not work: news about this source, and no more. Raises LeaseLost and writes nothing."""
    silent = error.code in outage.SILENCE
    if silent:
        outage.queue(session)
    source = held(session, lease)
    _note_failure(session, source, Visit(at=now, status=error.status or 0, error_code=error.code[:40]))
    ours_since = outage.ours_since(session, source, now) if silent else None
    if ours_since is not None and not source.failures:
        source.due_at = polling.after_outage(lease.source_id, since=ours_since, now=now)
        return
    if ours_since is None:
        _count_failure(session, source, error, now)
    source.wait_until = polling.wait_until(error.retry_after_s, now)
    source.due_at = polling.after_failure(
        lease.source_id,
        source.interval_s,
        failures=source.failures,
        failing_since=source.succeeded_at or source.created_at,
        retry_after_s=error.retry_after_s or 0,
        now=now,
    )
    if error.code == leases.RATE_LIMITED:
        source.wait_until = source.due_at  # and the whole host waits with it
    if error.code == "gone":
        _perhaps_gone(session, source, now)


def recover(session: Session, source: Source, now: datetime) -> None:
    """A visit worked: what was told of its failures is told to be over."""
    if _was_told(source):
        record(
            session,
            "source.recovered",
            ("source", source.id),
            by=REGISTRY,
            now=now,
            before={"error_code": source.error_code, "failures": source.failures},
        )
    put(source, failures=0, error_code="", error="", gone_at=None, gone_since=None)


def end_outage(session: Session, now: datetime) -> None:
    """An answer after silence ends our outage, if there was one."""
    session.flush()
    outage.end(session, now)


def _count_failure(session: Session, source: Source, error: ScrapeError, now: datetime) -> None:
    before = source.error_code
    source.failures += 1
    source.error_code, source.error = error.code[:40], error.sentence[:500]
    if _is_news(source, before):
        offered = list(getattr(error, "suggested", ()))[:SUGGESTED]
        record(
            session,
            "source.failed",
            ("source", source.id),
            by=REGISTRY,
            now=now,
            before={"error_code": before},
            after={"error_code": source.error_code, "error": source.error}
            | ({"feeds": offered} if offered else {}),
        )
    if error.code not in outage.SILENCE:
        moves.stay(source)


def _is_news(source: Source, before: str) -> bool:
    """Another error than `before` is. Silence is when it happens again: the first time it may be our own outage."""
    again = outage.silences(source)
    return again == 2 or (again != 1 and source.error_code != before)


def _was_told(source: Source) -> bool:
    return bool(source.error_code) and (source.failures > 1 or source.error_code not in outage.SILENCE)


def _note_failure(session: Session, source: Source, visit: Visit) -> None:
    answered = source.last_code in outage.SILENCE and visit.error_code not in outage.SILENCE
    put(
        source,
        strip=with_visit(source.strip, visit),
        fetched_at=visit.at,
        last_code=visit.error_code,
        **leases.RELEASED,
    )
    if answered:
        end_outage(session, visit.at)


def _perhaps_gone(session: Session, source: Source, now: datetime) -> None:
    """410 twice, a day apart: the publisher means it."""
    source.gone_since = source.gone_since or now
    if now - source.gone_since < GONE_AFTER:
        source.due_at = max(source.due_at or now, source.gone_since + GONE_AFTER)
        return
    source.gone_at, source.due_at = now, None
    record(session, "source.gone", ("source", source.id), by=REGISTRY, now=now, after={"error": source.error})

"""What one visit does to its source: validators, health, due time, redirects, in the transaction of its entries."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.domain.visit import Visit, with_visit
from registry.services import intake, polling
from registry.services.acting import REGISTRY, record
from registry.services.intake import Brought
from registry.services.leases import Lease, held, release
from registry.store import entries, sources
from registry.store.tables import Source
from scrapers.catalogue import PARSER_VERSION
from scrapers.entry import Parsed
from scrapers.errors import ScrapeError
from scrapers.fetch import Fetched, Validators

UNCONDITIONAL_AFTER = timedelta(days=14)
PERMANENT = frozenset({301, 308})
ADOPT_AFTER_FETCHES, ADOPT_AFTER = 5, timedelta(days=7)
GONE_AFTER = timedelta(days=1)
NETWORK = frozenset({"name_not_found", "connect_failed", "timeout"})
OUTAGE_WINDOW, OUTAGE_SOURCES, OUTAGE_PAUSE = timedelta(minutes=10), 3, timedelta(minutes=15)


@dataclass(frozen=True)
class Asking:
    """What to ask a source, as it was read under a lease."""

    source_id: int
    name: str
    url: str
    kind: str
    validators: Validators
    body_hash: str
    """Of the body that was parsed last by this very parser; empty where the next one has to be parsed."""


def asking(session: Session, lease: Lease, now: datetime) -> Asking:
    """What to send. After 14 days of nothing but 304 the validators stay at home once. Raises NotFound."""
    source = sources.get(session, lease.source_id)
    same_parser = source.parser_version == PARSER_VERSION
    trusted = same_parser and source.whole_at is not None and now - source.whole_at < UNCONDITIONAL_AFTER
    return Asking(
        source_id=lease.source_id,
        name=source.name,
        url=source.url,
        kind=source.kind,
        validators=Validators(source.etag, source.last_modified) if trusted else Validators(),
        body_hash=source.body_hash if same_parser else "",
    )


def succeed(
    session: Session, lease: Lease, fetched: Fetched, parsed: Parsed | None, now: datetime
) -> Brought:
    """Record a visit that worked; `parsed` is None where nothing had changed. Raises LeaseLost and writes nothing."""
    source = held(session, lease)
    first = entries.count(session, lease.source_id) == 0
    brought = Brought()
    if parsed is not None:
        brought = intake.record_entries(
            session, source, parsed.entries, first=first, home=parsed.home, now=now
        )
        source.interval_s = _interval(fetched, parsed)
        source.body_hash, source.parser_version = fetched.body_hash, PARSER_VERSION
    # A validator that does not fit is left out: half of one would never match.
    source.etag = fetched.validators.etag if len(fetched.validators.etag) <= 1000 else ""
    source.last_modified = (
        fetched.validators.last_modified if len(fetched.validators.last_modified) <= 200 else ""
    )
    _recover(session, source, now)
    if brought.anything:
        source.changed_at = now
        record(session, "source.fetched", ("source", source.id), by=REGISTRY, now=now, after=_told(brought))
    source.fetched_at = source.succeeded_at = now
    if fetched.status == 200:
        source.whole_at = now
    source.due_at = polling.after_success(lease.source_id, source.interval_s, now)
    if fetched.retry_after_s:
        source.due_at = max(source.due_at, now + timedelta(seconds=min(fetched.retry_after_s, polling.WEEK)))
    _watch_redirects(session, source, fetched, now)
    release(source)
    _note(
        source,
        Visit(
            at=now,
            status=fetched.status,
            wire_bytes=fetched.wire_bytes,
            entries=brought.entries,
            new=brought.new,
            elapsed_ms=round(fetched.elapsed_s * 1000),
        ),
    )
    return brought


def fail(session: Session, lease: Lease, error: ScrapeError, now: datetime) -> None:
    """Record a visit that did not work: news about this source, and no more. Raises LeaseLost and writes nothing."""
    source = held(session, lease)
    _note(source, Visit(at=now, status=error.status or 0, error_code=error.code[:40]))
    release(source)
    source.fetched_at = now
    session.flush()
    if error.code in NETWORK and _everything_fails(session, now):
        source.due_at = now + OUTAGE_PAUSE  # our own outage counts against nobody
        return
    if source.error_code != error.code:
        record(
            session,
            "source.failed",
            ("source", source.id),
            by=REGISTRY,
            now=now,
            before={"error_code": source.error_code},
            after={"error_code": error.code, "error": error.sentence},
        )
    source.failures += 1
    source.error_code, source.error = error.code[:40], error.sentence[:500]
    source.moved_to, source.moved_count, source.moved_since = "", 0, None
    source.due_at = polling.after_failure(
        lease.source_id,
        source.interval_s,
        failures=source.failures,
        failing_since=source.succeeded_at or source.created_at,
        retry_after_s=error.retry_after_s or 0,
        now=now,
    )
    if error.code == "rate_limited":
        _let_host_rest(session, source, source.due_at)
    if error.code == "gone":
        _perhaps_gone(session, source, now)


def _interval(fetched: Fetched, parsed: Parsed) -> int:
    published = [entry.published_at for entry in parsed.entries if entry.published_at is not None]
    return polling.interval_s(
        published,
        asked_s=max(fetched.fresh_for_s or 0, parsed.ttl_s or 0),
        has_validators=bool(fetched.validators),
    )


def _told(brought: Brought) -> dict[str, int]:
    return {
        "new": brought.new,
        "revised": brought.revised,
        "candidates": brought.candidates,
        "mentions": brought.mentions,
    }


def _recover(session: Session, source: Source, now: datetime) -> None:
    if source.error_code:
        record(
            session,
            "source.recovered",
            ("source", source.id),
            by=REGISTRY,
            now=now,
            before={"error_code": source.error_code, "failures": source.failures},
        )
    source.failures, source.error_code, source.error = 0, "", ""
    source.gone_at = source.gone_since = None


def _note(source: Source, visit: Visit) -> None:
    source.strip = with_visit(source.strip, visit)
    source.last_code = visit.error_code


def _watch_redirects(session: Session, source: Source, fetched: Fetched, now: datetime) -> None:
    """Adopt a new address after five visits over seven days, all hops permanent, always to the same target."""
    hops = fetched.redirects
    if not hops or len(fetched.url) > 2000 or any(hop.status not in PERMANENT for hop in hops):
        source.moved_to, source.moved_count, source.moved_since = "", 0, None
        return
    if source.moved_to != fetched.url or source.moved_since is None:
        source.moved_to, source.moved_count, source.moved_since = fetched.url, 1, now
        return
    source.moved_count += 1
    if source.moved_count < ADOPT_AFTER_FETCHES or now - source.moved_since < ADOPT_AFTER:
        return
    if sources.find_by_url(session, fetched.url) is None:
        adopt(session, source, now)


def adopt(session: Session, source: Source, now: datetime) -> None:
    """Take the address that the publisher moved to; the former one stays on record."""
    before = {"url": source.url}
    source.former_url, source.url = source.url, source.moved_to
    source.moved_to, source.moved_count, source.moved_since = "", 0, None
    record(
        session,
        "source.moved",
        ("source", source.id),
        by=REGISTRY,
        now=now,
        before=before,
        after={"url": source.url},
    )


def _everything_fails(session: Session, now: datetime) -> bool:
    codes = sources.last_codes(session, now - OUTAGE_WINDOW)
    return len(codes) >= OUTAGE_SOURCES and all(code in NETWORK for code in codes)


def _let_host_rest(session: Session, source: Source, until: datetime) -> None:
    for other in sources.on_host(session, source.url):
        if other.due_at is not None and other.due_at < until:
            other.due_at = until


def _perhaps_gone(session: Session, source: Source, now: datetime) -> None:
    """410 twice, a day apart: the publisher means it."""
    source.gone_since = source.gone_since or now
    if now - source.gone_since < GONE_AFTER:
        source.due_at = max(source.due_at or now, source.gone_since + GONE_AFTER)
        return
    source.gone_at, source.due_at = now, None
    record(session, "source.gone", ("source", source.id), by=REGISTRY, now=now, after={"error": source.error})

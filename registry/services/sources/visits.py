"""What one visit does to its source: validators, health and due time, in the transaction of its entries.

One that did not work is failures.py's; redirects that last are moves.py's, our own outages outage.py's, the
arithmetic of time polling.py's.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from registry.domain.proposal import Announcer
from registry.domain.values import dataclass
from registry.domain.visit import Visit, with_visit
from registry.services.entries import intake
from registry.services.entries.intake import Arrival, Brought
from registry.services.outside import taking_in
from registry.services.people.acting import REGISTRY, record
from registry.services.sources import failures, leases, moves, outage, polling
from registry.services.sources.leases import Lease, held_of, holds
from registry.store import entries, outside, sources
from registry.store.columns import put
from registry.store.engine import update_all
from registry.store.sources import Known, Polled
from registry.store.tables import Source
from scrapers import verdict_feed
from scrapers.catalogue import PARSER_VERSION
from scrapers.entry import Parsed
from scrapers.fetch import Fetched, Validators

UNCONDITIONAL_AFTER = timedelta(days=14)
MAX_ETAG, MAX_LAST_MODIFIED = 1_000, 200


@dataclass(frozen=True)
class Asking:
    """What to ask a source, as it was read under a lease."""

    source_id: int
    name: str
    url: str
    kind: str
    announcer: Announcer
    validators: Validators
    body_hash: str
    """Of the body that was parsed last by this very parser; empty where the next one has to be parsed."""
    told_until: datetime | None = None
    """Of another registry: when the newest thing that is known of it was said."""


def asking(session: Session, lease: Lease, now: datetime) -> Asking:
    """What to send to a leased source. Raises NotFound."""
    found = sources.known(session, [lease.source_id]).get(lease.source_id)
    if found is None:
        raise sources.missing(lease.source_id)
    return asking_each(session, [(lease, found)], now)[0][1]


def asking_each(
    session: Session, claimed: Sequence[tuple[Lease, Known]], now: datetime
) -> list[tuple[Lease, Asking]]:
    """What to send to each. After 14 days of nothing but 304 the validators stay at home once."""
    told = outside.newest(session, [known.id for _, known in claimed if known.kind == verdict_feed.KIND])
    return [(lease, _asking(known, told.get(known.id), now)) for lease, known in claimed]


def _asking(source: Known, told_until: datetime | None, now: datetime) -> Asking:
    same_parser = source.parser_version == PARSER_VERSION
    trusted = same_parser and source.distrusted_at is None and not _is_time_for_the_whole(source, now)
    return Asking(
        source_id=source.id,
        name=source.name,
        url=source.url,
        kind=source.kind,
        announcer=source.announcer,
        validators=_validators(source) if trusted else Validators(),
        body_hash=source.body_hash if same_parser else "",
        told_until=told_until,
    )


@dataclass(frozen=True)
class Success:
    """A visit that worked; `parsed` is None where nothing had changed."""

    lease: Lease
    fetched: Fetched
    parsed: Parsed | None
    at: datetime


def succeed(session: Session, visit: Success) -> Brought:
    """Record one visit. Raises LeaseLost and writes nothing."""
    told = succeed_each(session, [visit])
    if visit.lease not in told:
        raise leases.lost(visit.lease)
    return told[visit.lease]


def succeed_each(session: Session, visits: Sequence[Success]) -> Mapping[Lease, Brought]:
    """Record visits that worked, in as many statements for many as for one where nothing had changed.

    Gives what those brought whose leases held; for those that were lost nothing is written.
    """
    told = {lease: Brought() for lease in _note_unchanged(session, visits)}
    rest = [visit for visit in visits if visit.lease not in told]
    if not rest:
        return told
    found = held_of(session, [visit.lease for visit in rest])
    holding = [visit for visit in rest if visit.lease in found]
    told |= {lease: Brought() for lease in found} | _take_in(session, holding, found)
    for visit in holding:
        _succeed(session, found[visit.lease], visit.fetched, visit.parsed, told[visit.lease], visit.at)
    return told


def _note_unchanged(session: Session, visits: Sequence[Success]) -> set[Lease]:
    """Record those that found nothing new where all was well before: most of all there are, and one row each."""
    unchanged = [visit for visit in visits if visit.parsed is None and not visit.fetched.redirects]
    found = sources.locked_rows(session, [visit.lease.source_id for visit in unchanged]) if unchanged else {}
    noted = [
        (visit, source)
        for visit in unchanged
        if (source := found.get(visit.lease.source_id)) and source.calm and holds(visit.lease, source)
    ]
    rows = [
        _answered(source, visit.fetched, Brought(), visit.at) | {"id": source.id} for visit, source in noted
    ]
    update_all(session, Source, rows)
    return {visit.lease for visit, _ in noted}


def _take_in(
    session: Session, seen: Sequence[Success], found: Mapping[Lease, Source]
) -> dict[Lease, Brought]:
    """Record the entries of all that had something new."""
    changed = [(visit.lease, visit.parsed, visit.at) for visit in seen if visit.parsed is not None]
    if not changed:
        return {}
    for lease, parsed, at in changed:
        _recognise(session, found[lease], parsed, at)
    known = entries.sources_with_any(session, [lease.source_id for lease, _, _ in changed])
    arrivals = [
        Arrival(found[lease], parsed.entries, at, first=lease.source_id not in known, home=parsed.home)
        for lease, parsed, at in changed
    ]
    brought = intake.record_arrivals(session, arrivals, max(at for _, _, at in changed))
    for (lease, parsed, at), each in zip(changed, brought, strict=True):
        if parsed.tells_verdicts:
            told = taking_in.take_in(session, found[lease], parsed.entries, held=bool(each.held), now=at)
            each.verdicts, each.note = told.new + told.changed, told.note
    return dict(zip([lease for lease, _, _ in changed], brought, strict=True))


def _recognise(session: Session, source: Source, parsed: Parsed, now: datetime) -> None:
    """What turns out to be another registry's feed is one from then on, and its entries propose nothing."""
    if not parsed.tells_verdicts or source.kind == verdict_feed.KIND:
        return
    before = {"kind": source.kind, "announcer": source.announcer.value}
    source.kind, source.announcer = verdict_feed.KIND, Announcer.OTHER_REGISTRY
    after = {"kind": source.kind, "announcer": source.announcer.value}
    told = ("source", source.id)
    record(session, "source.recognised", told, by=REGISTRY, now=now, before=before, after=after)


def _succeed(
    session: Session,
    source: Source,
    fetched: Fetched,
    parsed: Parsed | None,
    brought: Brought,
    now: datetime,
) -> None:
    if parsed is not None:
        _judge_validators(source, parsed, brought, now)
        source.interval_s = _interval_s(source, fetched, parsed)
        source.usual_gap_s = polling.usual_gap_s(_published(parsed)) or 0
        source.note = f"{parsed.note} {brought.note}".strip()[:500]
        source.body_hash, source.parser_version = fetched.body_hash, PARSER_VERSION
    failures.recover(session, source, now)
    if brought.anything:
        source.changed_at = now
        record(session, "source.fetched", ("source", source.id), by=REGISTRY, now=now, after=_told(brought))
    silent_before = source.last_code in outage.SILENCE
    put(source, **_answered(source, fetched, brought, now))
    moves.follow(session, source, fetched, now)
    if silent_before:
        failures.end_outage(session, now)


def _answered(source: Source | Polled, fetched: Fetched, brought: Brought, now: datetime) -> dict[str, Any]:
    """The columns that every visit which worked leaves behind, whatever it brought."""
    visit = Visit(
        at=now,
        status=fetched.status,
        wire_bytes=fetched.wire_bytes,
        entries=brought.entries,
        new=brought.new,
        elapsed_ms=round(fetched.elapsed_s * 1000),
    )
    retry_after_s = fetched.retry_after_s or 0
    wait_s = max(source.interval_s, _at_least_s(source, fetched))
    return {
        **_kept_validators(fetched),
        "succeeded_at": now,
        "whole_at": now if fetched.status == 200 else source.whole_at,
        "due_at": polling.after_success(source.id or 0, wait_s, now, retry_after_s=retry_after_s),
        "wait_until": polling.wait_until(retry_after_s, now),
        "strip": with_visit(source.strip, visit),
        "fetched_at": now,
        "last_code": "",
        **leases.RELEASED,
    }


def _is_time_for_the_whole(source: Source | Known, now: datetime) -> bool:
    return source.whole_at is None or now - source.whole_at >= UNCONDITIONAL_AFTER


def _validators(source: Source | Known) -> Validators:
    return Validators(source.etag, source.last_modified, source.answered_url or source.url)


def _kept_validators(fetched: Fetched) -> dict[str, str]:
    """A validator that does not fit is left out: half of one would never match.

    The address is kept where it is not the source's own: so a first visit changes nothing that pages show.
    """
    given = fetched.validators
    return {
        "etag": given.etag if len(given.etag) <= MAX_ETAG else "",
        "last_modified": given.last_modified if len(given.last_modified) <= MAX_LAST_MODIFIED else "",
        "answered_url": fetched.url if fetched.redirects and len(fetched.url) <= moves.MAX_URL else "",
    }


def _judge_validators(source: Source, parsed: Parsed, brought: Brought, now: datetime) -> None:
    """Asked for the whole after 14 days of 304, did the publisher bring what it had kept back all the time?

    News that is younger than the last 304 was kept back by nobody.
    """
    if source.parser_version != PARSER_VERSION:
        source.distrusted_at = None
        return
    asked = source.whole_at is not None and bool(_validators(source)) and _is_time_for_the_whole(source, now)
    since = source.succeeded_at
    if not asked or not brought.anything or since is None:
        return
    younger = sum(each >= since for each in _published(parsed))
    if brought.revised or brought.new > younger:
        source.distrusted_at = source.distrusted_at or now


def _interval_s(source: Source, fetched: Fetched, parsed: Parsed) -> int:
    return polling.interval_s(
        _published(parsed),
        asked_s=max(fetched.fresh_for_s or 0, parsed.ttl_s or 0),
        has_validators=_has_validators(source, fetched),
    )


def _at_least_s(source: Source | Polled, fetched: Fetched) -> int:
    """What this very reply asks for, whether or not its body was read."""
    return polling.at_least_s(fetched.fresh_for_s or 0, has_validators=_has_validators(source, fetched))


def _has_validators(source: Source | Polled, fetched: Fetched) -> bool:
    return bool(fetched.validators) and source.distrusted_at is None


def _published(parsed: Parsed) -> list[datetime]:
    return [entry.published_at for entry in parsed.entries if entry.published_at is not None]


def _told(brought: Brought) -> dict[str, int]:
    return {
        "new": brought.new,
        "revised": brought.revised,
        "candidates": brought.candidates,
        "mentions": brought.mentions,
        **({"verdicts": brought.verdicts} if brought.verdicts else {}),
    }

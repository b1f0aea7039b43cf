"""Sources as they go out: to programs, and with the lists' files."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlmodel import Session

from registry.domain.visit import visits
from registry.services.sources import sources as acts
from registry.services.sources.source_health import health as health_of
from registry.store import sources
from registry.store.columns import id_of
from registry.store.sources import SourceYield
from registry.store.tables import Source
from registry.web.source_filter import YEAR
from registry.web.source_schemas import LastVisitsOut, SourceLineOut, SourceOut, SourceState, SourceYieldOut
from scrapers.links import public_url


def lines_out(session: Session, found: Sequence[Source], now: datetime) -> list[SourceLineOut]:
    """With what each brought, in one query."""
    harvests = sources.yields(session, now - YEAR, only=[id_of(each) for each in found])
    return [_line_out(each, harvests.get(id_of(each), SourceYield()), now) for each in found]


def _line_out(source: Source, harvest: SourceYield, now: datetime) -> SourceLineOut:
    strip = visits(source.strip)
    return SourceLineOut(
        **source_out(source, now).model_dump(),
        year=SourceYieldOut(proposed=harvest.candidates, accepted=harvest.accepted),
        last_visits=LastVisitsOut(
            count=len(strip),
            worked=sum(not each.error_code for each in strip),
            new=sum(each.new for each in strip),
        ),
    )


def mark_of(source: Source) -> str:
    """What a person set, as a short digest: a source has no version of its own."""
    said = (
        source.name,
        source.url,
        source.kind,
        source.announcer,
        source.group,
        source.paused_at,
        source.gone_at,
    )
    return sha256(repr([str(each) for each in said]).encode()).hexdigest()[:12]


def source_out(source: Source, now: datetime) -> SourceOut:
    fares = health_of(source, now)
    return SourceOut(
        id=id_of(source),
        version=mark_of(source),
        name=source.name,
        url=public_url(source.url),
        kind=source.kind,
        announcer=source.announcer,
        group=source.group,
        state=_state(source),
        health=fares.state,
        says=fares.sentence,
        due_at=source.due_at,
        fetched_at=source.fetched_at,
        succeeded_at=source.succeeded_at,
        changed_at=source.changed_at,
        quiet_at=source.quiet_at,
        may_fetch_at=acts.may_fetch_at(source, now),
        former_url=public_url(source.former_url),
        note=source.note,
        failures=source.failures,
        error_code=source.error_code,
        error=source.error,
    )


def _state(source: Source) -> SourceState:
    if source.gone_at:
        return SourceState.GONE
    if source.paused_at:
        return SourceState.PAUSED
    if source.failures:
        return SourceState.FAILING
    return SourceState.OK if source.succeeded_at else SourceState.NEW

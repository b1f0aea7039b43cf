"""How each source fares, in one word and one sentence, with its last visits and what came of its entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session

from registry.store import sources
from registry.store.sources import SourceYield
from registry.store.tables import Fetch, Source

STALE_AFTER_GAPS = 4
YEAR = timedelta(days=365)


class SourceState(StrEnum):
    NEW = "new"
    OK = "ok"
    STALE = "stale"
    FAILING = "failing"
    PAUSED = "paused"
    GONE = "gone"


@dataclass(frozen=True)
class SourceHealth:
    source: Source
    state: SourceState
    reason: str
    strip: Sequence[Fetch]
    """The last visits, oldest first."""
    brought: SourceYield
    """Candidates and accepted ones of a year."""


def health_of_sources(session: Session, now: datetime) -> list[SourceHealth]:
    """Every source that was not removed, by name; four queries."""
    found = sources.sources(session)
    ids = [source.id or 0 for source in found]
    strips, gaps = sources.last_fetches(session, ids), sources.usual_gaps(session)
    brought = sources.yields(session, now - YEAR)
    healths = []
    for source, source_id in zip(found, ids, strict=True):
        state, reason = state_of(source, gaps.get(source_id), now)
        healths.append(
            SourceHealth(source, state, reason, strips[source_id], brought.get(source_id, SourceYield()))
        )
    return healths


def state_of(source: Source, usual_gap: timedelta | None, now: datetime) -> tuple[SourceState, str]:
    """The first of these that holds: gone, paused, failing, new, stale, ok; with the reason in words."""
    if source.gone_at is not None:
        return SourceState.GONE, source.error or "The publisher says that it is gone for good."
    if source.paused_at is not None:
        return SourceState.PAUSED, "It is not polled until somebody resumes it."
    if source.failures:
        return SourceState.FAILING, source.error
    if source.succeeded_at is None:
        return SourceState.NEW, "It was not read yet."
    silent = now - (source.changed_at or source.created_at)
    if usual_gap is not None and silent > max(usual_gap * STALE_AFTER_GAPS, timedelta(days=1)):
        return SourceState.STALE, f"Nothing new for {silent.days} days, far longer than is usual for it."
    return SourceState.OK, "It was read without fault."

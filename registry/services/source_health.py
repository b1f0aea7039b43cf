"""How a source fares, in one state and one sentence; computed from its row, never stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from registry.store.tables import Source

BROKEN_AFTER = timedelta(days=3)
"""Failing for as long as this, a source needs a person."""
QUIET_GAPS = 4
QUIET_AT_LEAST = timedelta(days=14)


class SourceState(StrEnum):
    HEALTHY = "healthy"
    UNREAD = "unread"
    QUIET = "quiet"
    FAILING = "failing"
    BROKEN = "broken"
    PAUSED = "paused"


SICK = frozenset({SourceState.FAILING, SourceState.BROKEN})


@dataclass(frozen=True)
class Health:
    state: SourceState
    sentence: str
    """What is the matter and what to do, in words; never holds the source's address."""


def health(source: Source, now: datetime) -> Health:
    """The first that holds: paused, gone, broken, failing, not read yet, quiet, healthy."""
    if source.paused_at is not None:
        return Health(SourceState.PAUSED, "It is not read until somebody resumes it.")
    if source.gone_at is not None:
        return Health(SourceState.BROKEN, "Its publisher says that it is gone for good. Remove it.")
    if source.failures:
        times = "once" if source.failures == 1 else f"{source.failures} times in a row"
        well = source.succeeded_at or source.created_at
        state = SourceState.BROKEN if now - well >= BROKEN_AFTER else SourceState.FAILING
        return Health(state, f"It failed {times}. {source.error}".rstrip())
    if source.succeeded_at is None:
        return Health(SourceState.UNREAD, "It was not read yet.")
    if now - silent_since(source) >= quiet_after(source):
        days = (now - silent_since(source)).days
        return Health(SourceState.QUIET, f"It brought nothing new for {days} days, though it can be read.")
    return Health(SourceState.HEALTHY, "It can be read.")


def silent_since(source: Source) -> datetime:
    return source.changed_at or source.created_at


def quiet_after(source: Source) -> timedelta:
    """Four times the usual gap, which is twice the interval; never less than two weeks."""
    return max(timedelta(seconds=2 * QUIET_GAPS * source.interval_s), QUIET_AT_LEAST)

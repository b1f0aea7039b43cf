"""How a source fares, in one state and one sentence computed from its row, and the events of what needs a person."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.services.people.acting import REGISTRY, record
from registry.store import sources
from registry.store.engine import serialise
from registry.store.sources import Standing
from registry.store.tables import Source

BROKEN_AFTER = timedelta(days=3)
"""Failing for as long as this, a source needs a person."""
QUIET_GAPS = 4
QUIET_AT_LEAST = (
    (timedelta(hours=1), timedelta(days=2)),
    (timedelta(days=1), timedelta(days=7)),
    (timedelta.max, timedelta(days=14)),
)
"""Usual gap up to -> the least silence that counts: a busy feed rests at night and on holidays, which is no news."""
SOONEST = min(least for _, least in QUIET_AT_LEAST)
QUIET_UNKNOWN = timedelta(days=30)
"""Where its entries bear no dates that tell a usual gap."""


class SourceState(StrEnum):
    HEALTHY = "healthy"
    UNREAD = "unread"
    QUIET = "quiet"
    FAILING = "failing"
    BROKEN = "broken"
    GONE = "gone"
    PAUSED = "paused"


SICK = frozenset({SourceState.FAILING, SourceState.BROKEN, SourceState.GONE})
NEEDS_SOMEBODY = frozenset({SourceState.BROKEN, SourceState.GONE})
GONE = "gone"
"""Code of a visit that was told so, which may still be a slip of the publisher's until it is told again."""


@dataclass(frozen=True)
class Health:
    state: SourceState
    sentence: str
    """What is the matter and what to do, in words; never holds the source's address."""


def health(source: Source | Standing, now: datetime) -> Health:
    """The first that holds: paused, gone, broken, failing, not read yet, quiet, healthy."""
    if source.paused_at is not None:
        return Health(SourceState.PAUSED, "It is not read until somebody resumes it.")
    if source.gone_at is not None:
        return Health(
            SourceState.GONE,
            "Its publisher says that it is gone for good. Give it another address, or remove it.",
        )
    if source.failures and source.last_code == GONE:
        return Health(
            SourceState.GONE,
            "Its publisher says that it is gone for good. It is asked once more a day later, and then no more.",
        )
    if source.failures:
        times = "once" if source.failures == 1 else f"{source.failures} times in a row"
        well = source.succeeded_at or source.created_at
        state = SourceState.BROKEN if now - well >= BROKEN_AFTER else SourceState.FAILING
        return Health(state, f"It failed {times}. {source.error}".rstrip())
    if source.succeeded_at is None:
        return Health(SourceState.UNREAD, "It was not read yet.")
    if now - silent_since(source) >= quiet_after(source):
        days = (now - silent_since(source)).days
        return Health(
            SourceState.QUIET,
            f"It brought nothing new for {days} days, though it can be read.{_usual(source)}",
        )
    if source.last_code:  # and yet no failure of its own
        return Health(
            SourceState.HEALTHY, "At the last visit our own network failed: nobody could be reached."
        )
    return Health(SourceState.HEALTHY, "It can be read.")


def silent_since(source: Source | Standing) -> datetime:
    return source.changed_at or source.created_at


def quiet_after(source: Source | Standing) -> timedelta:
    """Four times the usual gap between its entries, and never less than QUIET_AT_LEAST says for such a gap."""
    if not source.usual_gap_s:
        return QUIET_UNKNOWN
    usual = timedelta(seconds=source.usual_gap_s)
    least = next(least for up_to, least in QUIET_AT_LEAST if usual <= up_to)
    return max(QUIET_GAPS * usual, least)


def notice(session: Session, now: datetime) -> int:
    """Write down whose state begins or ceases to call for somebody, each once; how many changed.

    `source.quiet` and `source.woke` for silence, `source.broken` for what failed for three days or is gone. That it
    can be read again is the visit's own event.
    """
    serialise(session, "health")
    noted = 0
    for source in sources.to_notice(session, now - SOONEST):
        if _due(source, health(source, now).state):
            # Whoever reads it at this moment may have changed it since: look again, and hold it.
            session.refresh(source, with_for_update=True)
            noted += _note(session, source, now)
    return noted


def _due(source: Source, state: SourceState) -> bool:
    """Whether what is written of a source is not, or no longer, what is."""
    if state is SourceState.PAUSED or (state is SourceState.GONE and source.gone_at is None):
        return False
    starts_or_ends = (state in NEEDS_SOMEBODY) != (source.broken_at is not None)
    falls_silent = state is SourceState.QUIET and source.quiet_at is None
    return starts_or_ends or falls_silent or (source.quiet_at is not None and state is SourceState.HEALTHY)


def _note(session: Session, source: Source, now: datetime) -> bool:
    fares, subject = health(source, now), ("source", source.id)
    if not _due(source, fares.state):
        return False
    if fares.state not in NEEDS_SOMEBODY:
        source.broken_at = None
    elif source.broken_at is None:
        source.broken_at = now
        told = {"state": fares.state.value, "error": fares.sentence}
        record(session, "source.broken", subject, by=REGISTRY, now=now, after=told)
    if fares.state is SourceState.QUIET and source.quiet_at is None:
        source.quiet_at = now
        told = {"silent_since": silent_since(source).isoformat(), "error": fares.sentence}
        record(session, "source.quiet", subject, by=REGISTRY, now=now, after=told)
    elif fares.state is SourceState.HEALTHY and source.quiet_at is not None:
        told = {"noted_at": source.quiet_at.isoformat()}
        source.quiet_at = None
        record(session, "source.woke", subject, by=REGISTRY, now=now, before=told)
    return True


def _usual(source: Source | Standing) -> str:
    if not source.usual_gap_s:
        return ""
    hours = max(1, round(source.usual_gap_s / 3600))
    gap = f"{hours} hour{'' if hours == 1 else 's'}" if hours < 48 else f"{round(hours / 24)} days"
    return f" Usually something comes every {gap}."

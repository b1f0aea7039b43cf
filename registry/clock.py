"""The clock of a process that serves: it never goes back, so that what has happened is never ahead of it."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from registry.store import events
from registry.store.engine import snapshot

log = logging.getLogger(__name__)

SLOWLY = 0.5
"""Of its usual pace it goes while the machine's clock is behind, so that this catches up."""
MOST_AHEAD = timedelta(hours=26)
"""Further ahead than that the clock was broken before, and what it wrote is no measure."""
WORTH_TELLING = timedelta(minutes=1)


def utc_now() -> datetime:
    return datetime.now(UTC)


class SteadyClock:
    """Tells the machine's time; where that is set back, goes on at half the pace until it is caught up.

    So a verdict that was published stays published, a lease ends, an hour passes, and events bear moments in the order
    of their numbers. `not_before` is where it begins at least, unless that is more than MOST_AHEAD away.
    """

    def __init__(
        self,
        *,
        not_before: datetime | None = None,
        wall: Callable[[], datetime] = utc_now,
        beat: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._beat = wall, beat
        self._lock = threading.Lock()
        self._last, self._last_beat = wall(), beat()
        self._told = False
        if not_before is not None and self._last < not_before <= self._last + MOST_AHEAD:
            self._tell(not_before - self._last)
            self._last = not_before

    def __call__(self) -> datetime:
        with self._lock:
            wall, beat = self._wall(), self._beat()
            slowly = self._last + SLOWLY * timedelta(seconds=beat - self._last_beat)
            if wall >= slowly:
                self._told = False
            else:
                self._tell(slowly - wall)
            self._last, self._last_beat = max(wall, slowly), beat
            return self._last

    def _tell(self, ahead: timedelta) -> None:
        if ahead > WORTH_TELLING and not self._told:
            self._told = True
            log.warning(
                "clock was set back seconds=%d; going on slowly until it catches up", ahead.total_seconds()
            )


def clock_after(engine: Engine) -> SteadyClock:
    """One that is behind nothing that is in the log."""
    with snapshot(engine) as session:
        return SteadyClock(not_before=events.newest_at(session))

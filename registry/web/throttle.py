"""How often somebody may fail to sign in; counted in this process's memory, so each process counts for itself."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
MOST_KEYS = 10_000


class Throttle:
    """Counts failures by key (an address typed, a network address) within WINDOW; the oldest keys go first."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def failures(self, key: str, now: datetime) -> int:
        with self._lock:
            return sum(moment > now - WINDOW for moment in self._failures.get(key, ()))

    def note_failure(self, key: str, now: datetime) -> None:
        with self._lock:
            recent = [moment for moment in self._failures.pop(key, []) if moment > now - WINDOW]
            self._failures[key] = [*recent, now]
            while len(self._failures) > MOST_KEYS:
                self._failures.popitem(last=False)

    def forget(self, key: str) -> None:
        with self._lock:
            self._failures.pop(key, None)

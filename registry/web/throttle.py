"""What is limited in number, counted in this process's memory, so that each process counts for itself."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from registry.domain.values import dataclass

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


@dataclass
class _Seen:
    at: datetime
    more: int = 0


class Counted:
    """Lets the first refusal of a kind pass, and of those within WINDOW of it only their number, with the next."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[object, ...], _Seen] = OrderedDict()
        self._lock = threading.Lock()

    def passes(self, key: tuple[object, ...], now: datetime) -> int | None:
        """How many were kept back since the last one that passed; None where this one is kept back too."""
        with self._lock:
            seen = self._seen.get(key)
            if seen is not None and timedelta(0) <= now - seen.at < WINDOW:
                seen.more += 1
                return None
            self._seen[key] = _Seen(now)
            self._seen.move_to_end(key)
            while len(self._seen) > MOST_KEYS:
                self._seen.popitem(last=False)
            return seen.more if seen is not None else 0

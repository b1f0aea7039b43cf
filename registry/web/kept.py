"""What takes long to count and may be a minute old: kept until somebody acts, and for a minute at most."""

import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import TypeVar, cast

Value = TypeVar("Value")
FRESH = timedelta(minutes=1)
MOST = 64


class Kept:
    """Values of one process by key; all of them are of one `mark`, and forgotten with the next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mark: Hashable = None
        self._values: dict[Hashable, tuple[datetime, object]] = {}

    def get(self, key: Hashable, *, mark: Hashable, now: datetime, make: Callable[[], Value]) -> Value:
        """The value under `key`, made anew where `mark` is another one than before or it is older than a minute."""
        with self._lock:
            if mark != self._mark or len(self._values) >= MOST:
                self._mark, self._values = mark, {}
            found = self._values.get(key)
        if found is not None and timedelta(0) <= now - found[0] < FRESH:
            return cast(Value, found[1])
        value = make()
        with self._lock:
            if mark == self._mark:
                self._values[key] = (now, value)
        return value

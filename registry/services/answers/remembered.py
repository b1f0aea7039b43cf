"""Answers as they were sent, for as long as neither the store nor time changes them."""

import threading
from collections.abc import Callable, Hashable
from datetime import UTC, datetime

MOST_BYTES = 8_000_000
COST = 200
"""Bytes that one takes besides its text."""


class Remembered:
    """All of it holds from one moment to another, and is forgotten as a whole."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._answers: dict[Hashable, str] = {}
        self._bytes = 0
        self._lock = threading.Lock()
        self._since = self._until = datetime.max.replace(tzinfo=UTC)
        self.age = 0
        """Another one after each forgetting."""

    def find(self, key: Hashable, *, now: datetime) -> str | None:
        """What was kept under the key, where it still holds."""
        found = self._answers.get(key)
        return found if found is not None and self._since <= now < self._until else None

    def keep(
        self, key: Hashable, answer: str, *, age: int, now: datetime, until: Callable[[], datetime]
    ) -> None:
        """Keep an answer that was begun at an `age`, unless something changed since. `until` is asked seldom."""
        with self._lock:
            if age != self.age:
                return
            if not (self._answers and self._since <= now < self._until):
                self._answers, self._bytes = {}, 0
                self._since, self._until = now, until()
            while self._bytes > self._most_bytes and self._answers:
                self._drop(next(iter(self._answers)))
            self._drop(key)
            self._answers[key] = answer
            self._bytes += len(answer) + COST

    def forget(self) -> None:
        with self._lock:
            self._answers, self._bytes, self.age = {}, 0, self.age + 1

    def _drop(self, key: Hashable) -> None:
        dropped = self._answers.pop(key, None)
        if dropped is not None:
            self._bytes -= len(dropped) + COST

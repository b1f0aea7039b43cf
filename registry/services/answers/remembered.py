"""What was answered, for as long as neither the store nor time changes it."""

import threading
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from typing import Generic, TypeVar

MOST_BYTES = 8_000_000
COST = 1_500
"""Bytes that one takes besides its text: a reply's messages, their headers, its key."""
T = TypeVar("T")


class Remembered(Generic[T]):
    """All of it holds from one moment to another, and is forgotten as a whole."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self.age = 0
        """Another one after each forgetting."""
        self._since: datetime
        self._until: datetime
        self._empty()

    def find(self, key: Hashable, *, now: datetime) -> T | None:
        """What was kept under the key, where it still holds."""
        found = self._answers.get(key)
        return found[0] if found is not None and self._since <= now < self._until else None

    def may_keep(self, age: int, *, now: datetime, until: Callable[[], datetime]) -> int | None:
        """The age under which to keep what was computed now, or None: something changed since `age`.

        `until` tells when time alone changes an answer next; it is asked once in a while.
        """
        if age == self.age and not self._since <= now < self._until:
            turn = until()
            with self._lock:
                if age == self.age:
                    self._empty()
                    self._since, self._until, age = now, turn, self.age
        return age if age == self.age else None

    def keep(self, key: Hashable, answer: T, *, size: int, age: int) -> None:
        """Keep it under the age that `may_keep` gave, unless something changed since; `size` in bytes."""
        with self._lock:
            if age != self.age:
                return
            while self._bytes > self._most_bytes and self._answers:
                self._drop(next(iter(self._answers)))
            self._drop(key)
            self._answers[key] = (answer, size + COST)
            self._bytes += size + COST

    def forget(self) -> None:
        with self._lock:
            self._empty()

    def _empty(self) -> None:
        self._answers: dict[Hashable, tuple[T, int]] = {}
        self._bytes, self.age = 0, self.age + 1
        # What was written may bring a nearer turn, so the next one to keep something asks for it anew.
        self._since = self._until = datetime.max.replace(tzinfo=UTC)

    def _drop(self, key: Hashable) -> None:
        dropped = self._answers.pop(key, None)
        if dropped is not None:
            self._bytes -= dropped[1]

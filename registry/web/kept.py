"""What takes long to count: kept until something happens that it is counted from, and for an hour at most."""

import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import TypeVar, cast

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.store import events

Value = TypeVar("Value")
FRESH = timedelta(hours=1)
MOST = 64
LOOKED_BACK = 300
"""Acts. Where several write at once an act may be seen after a later one; it is among these all the same."""


@dataclass(frozen=True)
class _Held:
    value: object
    of: frozenset[str]
    at: datetime


class Kept:
    """Values of one process by key, for all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[Hashable, _Held] = {}
        self._acts: frozenset[int] = frozenset()
        self._turn = 0

    def at(self, session: Session, now: datetime) -> "Keeping":
        """As of the session's moment: whatever was counted from what has happened since is forgotten."""
        acts = dict(events.last_acts(session, LOOKED_BACK))
        with self._lock:
            late = max(acts, default=0) < max(self._acts, default=0)
            if not late:
                self._forget({action for number, action in acts.items() if number not in self._acts})
                if self._acts and not self._acts & acts.keys():  # more happened than was looked back at
                    self._values.clear()
                self._acts = frozenset(acts)
            return Keeping(self, now, self._turn, late)

    def _forget(self, actions: set[str]) -> None:
        happened = actions | {action.partition(".")[0] for action in actions}
        if happened:
            self._turn += 1
            self._values = {key: held for key, held in self._values.items() if not held.of & happened}

    def find(self, key: Hashable, now: datetime) -> _Held | None:
        with self._lock:
            held = self._values.get(key)
        return held if held is not None and timedelta(0) <= now - held.at < FRESH else None

    def keep(self, key: Hashable, held: _Held, turn: int) -> None:
        with self._lock:
            if turn == self._turn:
                if len(self._values) >= MOST:
                    self._values.clear()
                self._values[key] = held


@dataclass(frozen=True)
class Keeping:
    """What one request may take from what is kept, and add to it."""

    kept: Kept
    now: datetime
    turn: int
    late: bool
    """Whether others have seen what its session cannot: what it counts is not for them."""

    def __call__(self, key: Hashable, of: frozenset[str], make: Callable[[], Value]) -> Value:
        """The value under `key`, made anew where one of the acts `of` happened since: `noun.verb`, or all of a noun."""
        held = self.kept.find(key, self.now)
        if held is not None:
            return cast(Value, held.value)
        value = make()
        if not self.late:
            self.kept.keep(key, _Held(value, of, self.now), self.turn)
        return value

"""The shelf of one process, kept true: whoever asks sees every change that was committed before, by whichever process.

It holds from one moment to another, since time alone changes where verdicts stand; who first asks for it waits for it.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from registry.services.verdicts.shelf import Shelf
from registry.store import shelf as store
from registry.store import verdicts
from registry.store.changes import Changes, Trail
from registry.store.engine import snapshot

MOST_READ_AGAIN = 500
"""Tools; when more of them changed, reading everything anew is the better."""
BESIDE = timedelta(minutes=1)
"""So much earlier a request may have looked at the clock that runs beside the one which read the store."""


@dataclass(frozen=True)
class _Held:
    shelf: Shelf
    since: datetime
    until: datetime
    """When time alone changes something next."""


class Shelving:
    def __init__(self, engine: Engine, zone: tzinfo) -> None:
        self._engine, self._zone = engine, zone
        self._lock = threading.Lock()
        self._trail: Trail | None = None
        self._held: _Held | None = None

    def shelf(self, now: datetime) -> Shelf:
        """As of now. Raises SQLAlchemyError where the store cannot be read."""
        with self._lock:
            try:
                return self._follow(now).shelf
            except SQLAlchemyError:
                self._drop()
                raise

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _follow(self, now: datetime) -> _Held:
        if self._trail is None:
            self._trail = Trail(
                self._engine
            )  # before the rows are read: what is written meanwhile is news later
        news, held = self._trail.news(), self._held
        if held is not None and news is None and held.since <= now < held.until:
            return held
        with snapshot(self._engine) as session:
            until = next_turn(session, now=now, zone=self._zone)
            if held is None or news is None or _is_much(news) or not held.since <= now < held.until:
                shelf = Shelf(store.facts(session, now=now, zone=self._zone))
            else:
                again = store.facts(session, now=now, zone=self._zone, tool_ids=news.concerned)
                shelf = held.shelf.with_facts(news.concerned, again)
        mark = f"{self._trail.last}-{until.isoformat()}"
        self._held = _Held(shelf.marked(mark), now - BESIDE, until)
        return self._held

    def _drop(self) -> None:
        if self._trail is not None:
            self._trail.close()
        self._trail = self._held = None


def _is_much(news: Changes) -> bool:
    return news.whole or 0 in news.concerned or len(news.concerned) > MOST_READ_AGAIN


def next_turn(session: Session, *, now: datetime, zone: tzinfo) -> datetime:
    """When time alone changes where a verdict stands: at midnight there, or when one goes out or starts."""
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    moment = verdicts.next_moment(session, now=now)
    return min(midnight, moment) if moment else midnight

"""The index of one process, kept true: whoever asks sees every change that was committed before, by whichever process,
and every moment that has come at which time alone changes what is told of a tool.

While it is being made, `index` gives None and the store itself is asked. Where that fails, the next question begins
anew.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from registry.domain.values import dataclass
from registry.services.answers.facts import EVER
from registry.services.answers.index import Index
from registry.services.answers.matching import read_index
from registry.services.answers.shown import Written
from registry.store import asked, rulings
from registry.store.changes import Changes, Trail
from registry.store.engine import has_room, plain_snapshot, snapshot

MOST_READ_AGAIN = 500
"""Tools; when more of them changed, making the index anew beside the requests is the better."""
LEAVING_S = 1
"""For a database that is being asked, and whose reply nobody waits for any more."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """What was known when all that had been written was heard of."""

    index: Index | None
    newest: int
    """Change."""
    at: datetime


class Following:
    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock
        self._lock = threading.RLock()
        self._trail: Trail | None = None
        self._index: Index | None = None
        self._making: threading.Thread | None = None
        self._failed = self._closed = False
        self._since = self._turn = EVER
        """Between the two no moment comes at which a verdict or a notice goes out, or a verdict starts."""
        self._looks = 0
        self.written = Written()
        """What was written, as `index` found when it was last asked."""

    @property
    def may_wait(self) -> bool:
        """Whether asking what changed may wait, for a network or until a connection is free: not in the loop then."""
        return self._engine.dialect.name != "sqlite" or not has_room(self._engine)

    def index(self) -> Index | None:
        """The index as of now, or None while it is made."""
        return self.heard().index

    def heard(self) -> Heard:
        seen = self._looks
        with self._lock:
            if self._looks == seen:  # else another thread has looked since this one asked
                self._look()
            return Heard(self._index, self.written.newest, self._clock())

    def _look(self) -> None:
        if self._index is None or self._trail is None:
            if self._failed:
                self.start()
            return
        self._looks += 1
        try:
            self._follow(self._trail, self._index)
        except SQLAlchemyError:
            logger.warning("index not followed", exc_info=True)
            self._drop()
            self.start()

    def ask(self) -> int | None:
        """Ask whether anything was written, without waiting: the socket on which the reply comes, or None where that
        cannot be done now.

        Until `reply_came`, and `heard_nothing` was called by the same thread, all others wait who ask what was written.
        """
        if not self._lock.acquire(blocking=False):
            return None
        try:
            trail = self._trail if self._index is not None else None
            socket = trail.ask() if trail is not None else None
        except SQLAlchemyError:
            socket = None
        if socket is None:
            self._lock.release()
        return socket

    def reply_came(self) -> bool:
        try:
            return self._trail is None or self._trail.reply_came()
        except SQLAlchemyError:
            return True  # and `heard` will find out

    def heard_nothing(self) -> Heard | None:
        """What is known, where nothing was written; else None, and `heard` must be asked."""
        try:
            quiet, now = self._trail is not None and self._trail.was_quiet(), self._clock()
            if not quiet or not self._since <= now < self._turn:
                return None
            return Heard(self._index, self.written.newest, now)
        except SQLAlchemyError:
            return None
        finally:
            self._lock.release()

    def start(self) -> None:
        """Begin to make the index, beside whatever else the process does."""
        with self._lock:
            if self._index is None and self._making is None and not self._closed:
                self._making = threading.Thread(target=self._make, name="index", daemon=True)
                self._making.start()

    def wait(self) -> Index | None:
        """The index, once it is made; None where it was never begun or the store cannot be read."""
        making = self._making
        if making is not None:
            making.join()
        return self.index()

    def close(self) -> None:
        self._closed = True
        making = self._making
        if making is not None:
            making.join()
        if self._lock.acquire(timeout=LEAVING_S):  # else it goes with the process
            try:
                self._drop()
            finally:
                self._lock.release()

    def _make(self) -> None:
        trail = None
        try:
            trail = Trail(self._engine)  # before the rows are read: what is written meanwhile is news later
            now = self._clock()
            with snapshot(self._engine) as session:
                made = read_index(session).after(Changes(), (), now)
                turn = rulings.next_moment(session, now=now)
        except SQLAlchemyError:
            logger.warning("index not made", exc_info=True)  # the store answers
            if trail is not None:
                trail.close()
            with self._lock:
                self._making, self._failed = None, True
            return
        with self._lock:
            self._trail, self._index, self._making, self._failed = trail, made, None, False
            self._since, self._turn = now, turn or EVER
            self.written.note_any()

    def _follow(self, trail: Trail, index: Index) -> None:
        news, now = trail.news(), self._clock()
        if news is None and self._since <= now < self._turn:
            return
        news = news or Changes()
        with plain_snapshot(self._engine) as read:
            turned = rulings.turned(read, after=self._since, until=now) if now >= self._turn else set()
            concerned = news.concerned | turned
            categories = asked.categories_of(read, concerned)
            if news.of_any or news.tools:  # a name may stand with any other tool
                self.written.note_any()
            else:
                self.written.note(concerned, categories)
            self._since, self._turn = now, rulings.next_moment(read, now=now) or EVER
        index = self._index = index.after(replace(news, concerned=concerned), categories, now)
        if news.whole or len(news.tools) > MOST_READ_AGAIN:
            self._drop()
            self.start()
        elif news.tools:
            with snapshot(self._engine) as session:
                keys, written = asked.alias_keys(session, news.tools), asked.written(session, news.tools)
                index.replace(news.tools, keys, written, asked.vendors_of(session, news.tools))

    def _drop(self) -> None:
        if self._trail is not None:
            self._trail.close()
        self._trail = self._index = None
        self.written.note_any()

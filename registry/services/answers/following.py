"""The index of one process, kept true: whoever asks sees every change that was committed before, by whichever process.

While it is being made, `index` gives None and the store itself is asked. Where that fails, the next question begins
anew.
"""

import logging
import threading

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from registry.services.answers.index import Index
from registry.services.answers.matching import read_index
from registry.services.answers.shown import Written
from registry.store import asked
from registry.store.changes import Trail
from registry.store.engine import snapshot

MOST_READ_AGAIN = 500
"""Tools; when more of them changed, making the index anew beside the requests is the better."""

logger = logging.getLogger(__name__)


class Following:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.RLock()
        self._trail: Trail | None = None
        self._index: Index | None = None
        self._making: threading.Thread | None = None
        self._failed = self._closed = False
        self._looks = 0
        self.written = Written()
        """What was written, as `index` found when it was last asked."""

    @property
    def asks_far(self) -> bool:
        """Whether asking what changed goes over a network, so that the loop must not wait for it."""
        return self._engine.dialect.name != "sqlite"

    def index(self) -> Index | None:
        """The index as of now, or None while it is made."""
        seen = self._looks
        with self._lock:
            if self._index is None or self._trail is None:
                if self._failed:
                    self.start()
                return None
            if self._looks != seen:  # another thread has looked since this one asked
                return self._index
            self._looks += 1
            try:
                self._follow(self._trail, self._index)
            except SQLAlchemyError:
                logger.warning("index not followed", exc_info=True)
                self._drop()
                self.start()
            return self._index

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
        with self._lock:
            self._drop()

    def _make(self) -> None:
        trail = None
        try:
            trail = Trail(self._engine)  # before the rows are read: what is written meanwhile is news later
            with snapshot(self._engine) as session:
                made = read_index(session)
        except SQLAlchemyError:
            logger.warning("index not made", exc_info=True)  # the store answers
            if trail is not None:
                trail.close()
            with self._lock:
                self._making, self._failed = None, True
            return
        with self._lock:
            self._trail, self._index, self._making, self._failed = trail, made, None, False
            self.written.note_any()

    def _follow(self, trail: Trail, index: Index) -> None:
        news = trail.news()
        if news is None:
            return
        if news.of_any or news.tools:  # a name may stand with any other tool
            self.written.note_any()
        else:
            with snapshot(self._engine) as session:
                self.written.note(news.concerned, asked.categories_of(session, news.concerned))
        index = self._index = index.after(news)
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

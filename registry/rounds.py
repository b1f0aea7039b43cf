"""All sources that are due, one round of them: some threads read, one writes down what they bring.

What one visit is stands in jobs.py; who may visit whom and when, in services/sources/leases.py.
"""

import gc
import logging
import os
import platform
import sys
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from typing import TypeVar

from sqlalchemy import Engine
from sqlmodel import Session

from registry.ahead import Ahead, Read, Visit, batches
from registry.domain.errors import NotFound
from registry.jobs import Came, Clock, Refreshed, read, record, refreshed, tell
from registry.services.sources import leases, visits
from registry.services.sources.leases import LEASE, Lease, LeaseLost
from registry.services.sources.visits import Success
from registry.store.engine import snapshot, transaction
from registry.store.leasing import Record
from scrapers.errors import ScrapeError
from scrapers.history import Fetches, Parses

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST_AHEAD = 256
"""Sources leased and not yet visited; also how many visits are written together, where nothing had changed."""
SWELL = 8
"""How many times over what just came in may be ahead: where hosts are slow, others get their share."""
BREATH_S = 0.005
"""Between two batches, for others to come in: SQLite lets write whoever looks first, and they look every 2 ms."""
LINGER_S = 0.05
"""How long a visit may wait for others to be written with it."""
NAP_S = 0.005
"""To wake for each visit that comes in would keep those who read from reading."""
PAUSE_S = 0.2
GARBAGE_AFTER = 20_000
"""New objects after which Python looks for circles, while a round goes on."""
SWITCH_AFTER_S = 0.0005
"""How long one thread may keep the interpreter from the others, while a round goes on; usually ten times as long."""


def owner_name() -> str:
    """Who leases: machine, process and thread, so that a person can find a holder."""
    return f"{platform.node()[:50]}/{os.getpid()}/{threading.get_ident() % 10_000}"


def refresh_due(
    engine: Engine,
    fetcher: Fetches,
    workers: Parses,
    clock: Clock,
    *,
    threads: int = 4,
    only: Collection[int] | None = None,
    stop: threading.Event | None = None,
    patience_s: float = 5,
    rests_for_s: float = float("inf"),
    on_start: Callable[[Lease], None] | None = None,
) -> Iterator[Refreshed]:
    """Read what is due, or all of `only` due or not; gives each as it is written down.

    Of two or more `threads` one is kept for sources whose last visit worked: others may take all the time they are
    given.
    `on_start` hears of each source as its reading begins, in the thread that reads.
    It goes on while a source waits for nothing but its host's rest, or others hold one of `only`: with nothing to
    read for at most `patience_s`, and not once `rests_for_s` are over.
    """
    round_ = _Round(engine, fetcher, workers, clock, stop or threading.Event(), only, on_start)
    with _many_objects(), ThreadPoolExecutor(threads, thread_name_prefix="refresh") as pool:
        for nth in range(threads):
            pool.submit(round_.read_along, only_well=nth > 0 and nth == threads - 1)
        try:
            yield from round_.run(threads, patience_s, monotonic() + rests_for_s)
        finally:
            round_.end()


@contextmanager
def _many_objects() -> Iterator[None]:
    """Rows come by the thousand and next to none is part of a circle: to look for those took a fifth of the time.

    And those who read get the interpreter soon after their network has answered, else parsers stand idle.
    """
    usual, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(GARBAGE_AFTER, *usual[1:])
    sys.setswitchinterval(min(SWITCH_AFTER_S, interval))
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        sys.setswitchinterval(interval)


class _Round:
    def __init__(
        self,
        engine: Engine,
        fetcher: Fetches,
        workers: Parses,
        clock: Clock,
        stop: threading.Event,
        only: Collection[int] | None,
        on_start: Callable[[Lease], None] | None,
    ) -> None:
        self._engine = engine
        self._fetcher, self._workers, self._clock = fetcher, workers, clock
        self._stop = stop
        self._only = None if only is None else set(only)
        self._on_start = on_start
        self._owner = owner_name()
        self._ahead = Ahead()
        self._read: SimpleQueue[Read] = SimpleQueue()
        self._out: set[Lease] = set()
        """Those leased and not yet brought in: being read, read, or ahead."""
        self._unchanged: list[Read] = []
        """Those brought in who had nothing new, to be written with the next claim."""

    def run(self, threads: int, patience_s: float, rests_until: float) -> Iterator[Refreshed]:
        reads: list[Read] = []
        most, idle_since = 2 * threads, monotonic()
        while not self._stop.is_set():
            # To claim costs as much for one as for many; where nothing came in, those out may all be slow.
            claims = 2 * len(self._out) <= most or not reads
            yield from self._note_and_claim(most if claims else 0, max(1, threads - 1))
            if self._out:
                reads = self._collect()
                yield from self._write(reads)
                most = min(max(SWELL * len(reads), 2 * threads), MOST_AHEAD)
                idle_since = monotonic()
            elif not self._rest(min(idle_since + patience_s, rests_until)):
                return

    def read_along(self, *, only_well: bool) -> None:
        """In a thread: visit what is ahead, one after another, until told to end."""
        while (visit := self._ahead.next(only_well=only_well)) is not None:
            self._read.put(self._visited(visit))

    def end(self) -> None:
        """Begin nothing new, write down what was begun, and let go of what was not."""
        unread = [visit.lease for visit in self._ahead.end()]
        self._out.difference_update(unread)
        while self._out:
            for _ in self._write(self._collect()):
                pass
        for _ in self._written(self._take_unchanged(), self._worked):
            pass
        self._hand_back(unread)

    def _note_and_claim(self, most: int, most_sick: int) -> Iterator[Refreshed]:
        """Write down what had not changed, and lease what is ahead, in one transaction: each is synced to disk."""
        unchanged = self._take_unchanged()
        if not most or self._only == set():
            yield from self._written(unchanged, self._worked)
            return
        try:
            with transaction(self._engine) as session:
                leases.queue(session)
                written = self._worked(session, unchanged)
                claimed = self._claimed(session, most, most_sick)
        except Exception:
            if not unchanged:
                raise
            log.info("visits are written without a claim count=%d", len(unchanged), exc_info=True)
            yield from self._written(unchanged, self._worked)
            yield from self._note_and_claim(most, most_sick)
            return
        self._out.update(visit.lease for visit in claimed)
        self._ahead.put(claimed)
        if self._only is not None:
            self._only.difference_update(visit.lease.source_id for visit in claimed)
        yield from self._told(written)

    def _claimed(self, session: Session, most: int, most_sick: int) -> list[Visit]:
        """Those who do well, as if nobody else were out; new ones in what room is left, and some of the sick."""
        now = self._clock()
        out = Counter(lease.record for lease in self._out)
        claimed = leases.claim(
            session,
            owner=self._owner,
            now=now,
            limit=most - out[Record.WELL],
            most={Record.NEW: most - len(self._out), Record.SICK: most_sick - out[Record.SICK]},
            only=self._only,
        )
        return [Visit(lease, asking, now) for lease, asking in visits.asking_each(session, claimed, now)]

    def _take_unchanged(self) -> list[Read]:
        unchanged, self._unchanged = self._unchanged, []
        return unchanged

    def _rest(self, until: float) -> bool:
        """Wait for a host or for others; False where there is nothing to wait for, or no patience left."""
        now = self._clock()
        with snapshot(self._engine) as session:
            chance = leases.next_chance(session, now, only=self._only)
        if chance is None and not self._only:
            return False
        seconds = PAUSE_S if chance is None else max((chance - now).total_seconds(), 0.01)
        if monotonic() + seconds > until:
            return False
        self._stop.wait(seconds)
        return True

    def _visited(self, visit: Visit) -> Read:
        """One source may break in ways nobody thought of; the others go on."""
        came: Came | ScrapeError | None = None
        try:
            if self._clock() - visit.leased_at < LEASE / 2:
                if self._on_start is not None:
                    self._on_start(visit.lease)
                came = read(visit.asked, self._fetcher, self._workers)
        except Exception:  # the job loop: nothing that one source does may stop the others
            came = _broke(visit)
        return Read(visit, came, self._clock())

    def _collect(self) -> list[Read]:
        """What was read, as soon as there is something, with what follows within a moment."""
        try:
            reads = [self._read.get(timeout=0.5)]
        except Empty:
            return []
        until = monotonic() + LINGER_S
        while True:
            while (each := _next(self._read)) is not None:
                reads.append(each)
            if len(reads) >= len(self._out) or monotonic() >= until:
                return reads
            sleep(NAP_S)

    def _write(self, reads: Sequence[Read]) -> Iterator[Refreshed]:
        """All but what had not changed, which waits for the next claim."""
        self._out.difference_update(each.visit.lease for each in reads)
        self._unchanged += [each for each in reads if each.unchanged]
        changed = [each for each in reads if isinstance(each.came, Came) and not each.unchanged]
        # Last and by themselves: whether an outage is ours is judged, under a lock, by who has answered.
        failed = [each for each in reads if isinstance(each.came, ScrapeError)]
        if self._stop.is_set():  # which may be why they failed
            self._hand_back([each.visit.lease for each in failed])
            failed = []
        for some, write in ((changed, self._worked), (failed, self._failed)):
            for nth, batch in enumerate(batches(some)):
                if nth:
                    sleep(BREATH_S)
                yield from self._written(batch, write)

    def _hand_back(self, unread: Sequence[Lease]) -> None:
        if unread:
            with transaction(self._engine) as session:
                leases.hand_back(session, unread)

    def _written(
        self, batch: Sequence[Read], write: Callable[[Session, Sequence[Read]], list[Refreshed]]
    ) -> Iterator[Refreshed]:
        """In one transaction; where one of them breaks it, each in its own, so that the others are written."""
        if not batch:
            return
        try:
            with transaction(self._engine) as session:
                written = write(session, batch)
        except Exception:
            if len(batch) > 1:
                log.info("visits are written one by one count=%d", len(batch), exc_info=True)
                for each in batch:
                    yield from self._written([each], write)
                return
            written = self._breakage(batch[0])
        yield from self._told(written)

    @staticmethod
    def _told(written: Sequence[Refreshed]) -> Iterator[Refreshed]:
        for each in written:
            tell(each)
            yield each

    @staticmethod
    def _worked(session: Session, batch: Sequence[Read]) -> list[Refreshed]:
        came = [(each.visit, each.came, each.at) for each in batch if isinstance(each.came, Came)]
        seen = [Success(visit.lease, each.reply, each.parsed, at) for visit, each, at in came]
        brought = visits.succeed_each(session, seen)
        for visit, _, _ in came:
            if visit.lease not in brought:
                _left_alone(visit, leases.lost(visit.lease))
        return [
            refreshed(visit.asked, each, brought[visit.lease])
            for visit, each, _ in came
            if visit.lease in brought
        ]

    @staticmethod
    def _failed(session: Session, batch: Sequence[Read]) -> list[Refreshed]:
        written = []
        for each in batch:
            try:
                if each.came is not None:
                    written.append(record(session, each.visit.lease, each.visit.asked, each.came, each.at))
            except (LeaseLost, NotFound) as error:  # which write nothing
                _left_alone(each.visit, error)
        return written

    def _breakage(self, each: Read) -> list[Refreshed]:
        error = _broke(each.visit)
        try:
            with transaction(self._engine) as session:
                return self._failed(session, [replace(each, came=error)])
        except Exception:  # the database itself may be what broke
            log.exception("breakage could not be noted source=%d", each.visit.lease.source_id)
            return []


def _left_alone(visit: Visit, why: LeaseLost | NotFound) -> None:
    log.info("source left alone source=%d why=%s", visit.lease.source_id, why.sentence)


def _broke(visit: Visit) -> ScrapeError:
    """Called where an exception is being handled."""
    log.exception("source broke source=%d", visit.lease.source_id)
    return ScrapeError("internal", "Reading this source failed inside the registry. The log tells more.")


def _next(queue: "SimpleQueue[T]") -> T | None:
    try:
        return queue.get_nowait()
    except Empty:
        return None

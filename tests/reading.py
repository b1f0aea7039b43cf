"""Processes that read sources and can be killed or stopped at a named point; forked from one that has all loaded."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from enum import StrEnum
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from typing import Any

from sqlalchemy import Engine, event
from sqlmodel import Session

from registry import rounds
from registry.store.engine import make_engine
from scrapers.catalogue import SCRAPERS
from scrapers.entry import Parsed
from scrapers.fetch import Fetched, Fetcher, Validators

LEASE_IS_OVER = timedelta(minutes=6)


class Point(StrEnum):
    LEASED = "leased"
    FETCHED = "fetched"
    STORING = "storing"
    """In the middle of the transaction: entries are written, what they propose is not."""
    COMMITTING = "committing"
    COMMITTED = "committed"


class InProcess:
    """The real scrapers without a child process, for which a killed reader would not wait."""

    def parse(
        self, kind: str, body: bytes, *, url: str, headers: dict[str, str], given: object = None
    ) -> Parsed:
        return SCRAPERS[kind](body, url=url, headers=headers)


class Interrupted(Fetcher):
    """Calls `act` before or after the fetch of a given number."""

    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None
    ahead = 1
    counting = threading.Lock()

    def get(self, url: str, *, validators: Validators | None = None) -> Fetched:
        with self.counting:
            self.ahead -= 1
            its_turn = self.ahead == 0
        if self.before is not None and its_turn:
            self.before()
        fetched = super().get(url, validators=validators)
        if self.after is not None and its_turn:
            self.after()
        return fetched


def a_fetcher() -> Interrupted:
    """Every name leads to loopback."""
    return Interrupted(
        agent="registry tests", allow_cidrs=("127.0.0.0/8",), resolver=lambda host, port: ["127.0.0.1"]
    )


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


ACTS = {"kill": kill, "stop": stop}


def a_signal() -> Event:
    return multiprocessing.get_context("forkserver").Event()


def started(target: Callable[..., None], *args: object) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=target, args=args)
    process.start()
    return process


def read_until(
    url: str, at: datetime, only: Collection[int] | None, point: Point | None, number: int, act: str
) -> None:
    """In a child: one round at a moment, in which `act` befalls it when it gets to `point` of its `number`th visit."""
    engine, fetcher = make_engine(url), a_fetcher()
    if point in (Point.LEASED, Point.FETCHED):
        setattr(fetcher, "before" if point is Point.LEASED else "after", ACTS[act])
        fetcher.ahead = number
    elif point is not None:
        _at_a_transaction(engine, point, number, ACTS[act])
    for _ in rounds.refresh_due(engine, fetcher, InProcess(), lambda: at, only=only):
        pass


def read_for_ever(url: str, at: datetime, only: Collection[int], begins: Event) -> None:
    """In a child: one round after the other, an hour apart, until somebody kills it."""
    engine, fetcher = make_engine(url), a_fetcher()
    begins.set()
    while True:
        for _ in rounds.refresh_due(engine, fetcher, InProcess(), lambda at=at: at, only=only):  # type: ignore[misc]
            pass
        at += timedelta(hours=1)


def _at_a_transaction(engine: Engine, point: Point, number: int, act: Callable[[], None]) -> None:
    """Counts the transactions that store entries."""
    state = {"stores": False, "ahead": number}

    def executed(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO entry ") and not state["stores"]:
            state["stores"] = True
            state["ahead"] -= 1
            if point is Point.STORING and state["ahead"] == 0:
                act()

    def committing(_conn: Any) -> None:
        if state["stores"] and point is Point.COMMITTING and state["ahead"] == 0:
            act()

    def committed(_session: Session) -> None:
        if state["stores"] and point is Point.COMMITTED and state["ahead"] == 0:
            act()
        state["stores"] = False

    event.listen(engine, "after_cursor_execute", executed)
    event.listen(engine, "commit", committing)
    event.listen(Session, "after_commit", committed)

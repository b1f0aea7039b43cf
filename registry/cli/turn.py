"""A turn that one process of a machine has at a time; the next one's comes as soon as it ends, however it ends."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path


class Turn:
    """Calls `begin` once, when no other process holds the file; the system lets go of it for one that was killed."""

    def __init__(self, file: Path, begin: Callable[[], None]) -> None:
        self._file, self._begin = file, begin
        self._lock = threading.Lock()
        self._over = False
        self._held: int | None = None
        self.came_at: datetime | None = None

    def wait(self, clock: Callable[[], datetime]) -> None:
        """Returns at once; where the turn is another's, a thread waits for it."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        if _take(held, wait=False):
            self._come(held, clock)
        else:
            threading.Thread(target=self._wait, args=(held, clock), name="turn", daemon=True).start()

    @contextmanager
    def over(self) -> Iterator[None]:
        """What ends the turn: nothing begins any more, and the next one's comes when the block has ended."""
        with self._lock:
            self._over = True
        try:
            yield
        finally:
            if self._held is not None:
                os.close(self._held)

    def _wait(self, held: int, clock: Callable[[], datetime]) -> None:
        _take(held, wait=True)
        self._come(held, clock)

    def _come(self, held: int, clock: Callable[[], datetime]) -> None:
        with self._lock:
            if self._over:
                os.close(held)
                return
            self._held, self.came_at = held, clock()
            self._begin()


def _take(held: int, *, wait: bool) -> bool:
    try:
        import fcntl  # not on Windows: each process has its turn there, and leases keep them apart
    except ImportError:
        return True
    try:
        fcntl.flock(held, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

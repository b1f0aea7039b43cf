"""What a round of sources has ahead of its threads, and what they bring back, in the portions it is written in."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime

from registry.domain.values import dataclass
from registry.jobs import Came
from registry.services.sources.leases import Lease
from registry.services.sources.visits import Asking
from registry.store.leasing import Record
from scrapers.errors import ScrapeError

CHANGED_TOGETHER = 8
ENTRIES_TOGETHER = 100
"""Writing them takes some tenths of a millisecond each, and whoever asks for a tool waits for it."""


@dataclass(frozen=True)
class Visit:
    lease: Lease
    asked: Asking
    leased_at: datetime


@dataclass(frozen=True)
class Read:
    visit: Visit
    came: Came | ScrapeError | None
    """None where its turn came too late for its lease."""
    at: datetime

    @property
    def unchanged(self) -> bool:
        return isinstance(self.came, Came) and self.came.parsed is None

    @property
    def entries(self) -> int:
        return len(self.came.parsed.entries) if isinstance(self.came, Came) and self.came.parsed else 0


class Ahead:
    """What is leased and not begun; shared by the threads that read."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._visits: deque[Visit] = deque()
        self._ended = False

    def put(self, visits: Sequence[Visit]) -> None:
        with self._changed:
            self._visits += visits
            self._changed.notify_all()

    def next(self, *, only_well: bool) -> Visit | None:
        """The first, or the first whose last visit worked; waits for one. None once it has ended."""
        with self._changed:
            while not self._ended:
                for place, visit in enumerate(self._visits):
                    if not only_well or visit.lease.record is Record.WELL:
                        del self._visits[place]
                        return visit
                self._changed.wait()
            return None

    def end(self) -> list[Visit]:
        """Nothing is begun from now on; gives what was not."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
            return list(self._visits)


def batches(reads: Sequence[Read]) -> Iterator[list[Read]]:
    """In their order; of entries as many together as may be, or those of one source alone."""
    batch: list[Read] = []
    weight = 0
    for each in reads:
        if batch and (len(batch) == CHANGED_TOGETHER or weight + each.entries > ENTRIES_TOGETHER):
            yield batch
            batch, weight = [], 0
        batch.append(each)
        weight += each.entries
    if batch:
        yield batch

"""The site, asked for its pages in this process or, where there are many, by several at once."""

import multiprocessing
import multiprocessing.util
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from registry.settings import Settings
from registry.web.app import create_app
from registry.web.copy import names
from registry.web.copy.driving import Driver, Reply, driving
from registry.web.copy.index import Key
from registry.web.rendering import Copy


@dataclass(frozen=True)
class Site:
    """All that a process needs to be the site of one moment."""

    settings: Settings
    copy: Copy
    now: datetime
    keys: Sequence[Key]
    called: dict[str, str]


class Asking:
    """Gives the replies to a list of addresses, in its order."""

    def __init__(self, processes: int, driver: Driver | None, pool: ProcessPoolExecutor | None) -> None:
        self.processes, self._driver, self._pool = processes, driver, pool

    def __call__(self, addresses: list[str]) -> list[Reply]:
        if self._pool is None:
            assert self._driver is not None
            return self._driver.get(addresses)
        size = -(-len(addresses) // (2 * self.processes))
        parts = [addresses[start : start + size] for start in range(0, len(addresses), size)]
        return [reply for found in self._pool.map(_get, parts) for reply in found]


@contextmanager
def asking(site: Site, *, processes: int) -> Iterator[Asking]:
    with ExitStack() as stack:
        if processes == 1:
            yield Asking(1, stack.enter_context(_running(site)), None)
            return
        pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _start, (site,))
        stack.enter_context(pool)
        yield Asking(processes, None, pool)


@contextmanager
def _running(site: Site) -> Iterator[Driver]:
    app = create_app(site.settings, clock=lambda: site.now, copy=site.copy)
    app.router.routes.extend(names.make_router(site.keys, site.called).routes)
    with driving(app, site.settings) as driver:
        yield driver


_stack = ExitStack()
_drivers: list[Driver] = []


def _start(site: Site) -> None:
    _drivers.append(_stack.enter_context(_running(site)))
    multiprocessing.util.Finalize(None, _stack.close, exitpriority=10)


def _get(addresses: list[str]) -> list[Reply]:
    return _drivers[0].get(addresses)

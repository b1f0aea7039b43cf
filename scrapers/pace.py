"""One request per host at a time, and a pause between two visits, for all threads that share a fetcher.

Between processes it is the leases of the registry that keep hosts apart.
"""

import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from scrapers.addresses import literal
from scrapers.errors import FetchError

_REMEMBERED = 1_000
_NOBODY_ASKED = frozenset({"bad_address", "private_address", "name_not_found"})


class Pace:
    """Lets requests through to hosts; loopback needs no pause. `pause_s` counts from the end of a request."""

    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self._changed = threading.Condition()
        self._asked: set[str] = set()
        self._left_at: dict[str, float] = {}

    @contextmanager
    def turn(self, host: str, *, been_at: Collection[str], patience_s: float) -> Iterator[None]:
        """Wait until the host is free. Whoever has been there on this visit goes on without a pause.

        Raises FetchError `timeout` where its turn does not come within `patience_s`.
        """
        if _is_loopback(host):
            yield
            return
        self._wait(host, 0.0 if host in been_at else self._pause_s, time.monotonic() + patience_s)
        reached = True
        try:
            yield
        except FetchError as error:
            reached = error.code not in _NOBODY_ASKED
            raise
        finally:
            with self._changed:
                self._asked.discard(host)
                if reached:
                    self._leave(host)
                self._changed.notify_all()

    def _wait(self, host: str, pause_s: float, until: float) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                free_at = self._left_at.get(host, now - pause_s) + pause_s
                if host not in self._asked and free_at <= now:
                    self._asked.add(host)
                    return
                if now >= until:
                    raise FetchError(
                        "timeout",
                        f"Other requests to {host} took so long that this one did not get its turn. "
                        "It will be asked again later.",
                    )
                self._changed.wait((until if host in self._asked else min(until, free_at)) - now)

    def _leave(self, host: str) -> None:
        now = time.monotonic()
        self._left_at[host] = now
        if len(self._left_at) > _REMEMBERED:
            self._left_at = {each: at for each, at in self._left_at.items() if now - at < self._pause_s}


def _is_loopback(host: str) -> bool:
    address = literal(host)
    return address.is_loopback if address is not None else host == "localhost"

"""Whether a connection that waited in the pool still leads to the database, told without a word to it where it can be.

A server that ends a connection says so at once, and what it said waits in the socket. Where nothing waits and the
connection served a moment ago, the next statement may be sent; else the server is asked for nothing first.
"""

import select
from contextlib import suppress
from time import monotonic
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.util.queue import Empty

from registry.store.trouble import lets_nobody_in

RETURNED_WITHIN_S = 2.0
TRUSTED_S = 5.0
"""For so long without use; what is between may forget an idle connection and tell nobody."""
_SERVED = "served"


class Sharing(QueuePool):
    """On a full disk PostgreSQL may let nobody in (it cannot write its init file), and serves whoever it has let in:
    the connections that there are do for all then."""

    def _do_get(self) -> ConnectionPoolEntry:
        dialect: Any = self._dialect
        try:
            return super()._do_get()
        except dialect.loaded_dbapi.Error as error:
            if lets_nobody_in(error):
                with suppress(Empty):
                    return self._pool.get(True, RETURNED_WITHIN_S)
            raise


def watch(engine: Engine) -> None:
    """Let whoever takes a connection of PostgreSQL's from the pool have one that answers."""
    dialect = engine.dialect

    def note(_driver: Any, record: Any) -> None:
        record.info[_SERVED] = monotonic()

    def require_alive(driver: Any, record: Any, _pooled: Any) -> None:
        served = record.info.get(_SERVED)
        if served is None or (monotonic() - served < TRUSTED_S and _is_quiet(driver)):
            return  # new, or it served a moment ago
        try:
            dialect.do_ping(driver)
        except dialect.loaded_dbapi.Error as error:
            if dialect.is_disconnect(error, driver, None):
                raise InvalidatePoolError from error  # a new one is made, and older ones are not trusted either
            raise

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", require_alive)


def _is_quiet(driver: Any) -> bool:
    """Whether the connection is open and the server said nothing that was not asked for, such as that it ends."""
    if driver.closed or not hasattr(select, "poll"):
        return False
    poller = select.poll()
    poller.register(driver.fileno(), select.POLLIN)
    return not poller.poll(0)

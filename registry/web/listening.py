"""What was written is heard of once for all requests that wait for it, and by no thread where nothing was.

No request is told what was known before it came.
"""

import asyncio
import sys
from collections.abc import Iterable

from starlette.concurrency import run_in_threadpool

from registry.services.answers.following import Following, Heard

WATCHES_SOCKETS = sys.platform != "win32"
"""Whether the loop can; there what comes by a network is waited for by threads."""

_Told = asyncio.Future[Heard | None]
"""None: something was written, and must be read."""


class Listening:
    def __init__(self, following: Following) -> None:
        self._following = following
        self._heard: Heard | None = None
        """In this turn of the loop, of a file."""
        self._asking = False
        """Whether the database is being asked."""
        self._waiting: list[_Told] = []
        """Who came since it was asked."""

    async def hear(self) -> Heard:
        if self._heard is not None:
            return self._heard
        if self._following.may_wait:
            return await self._hear_from_afar()
        # One look is for all requests that waited when it was taken: whatever runs before `_forget` was waiting then,
        # since the loop takes them in their order.
        self._heard = self._following.heard()
        asyncio.get_running_loop().call_soon(self._forget)
        return self._heard

    def _forget(self) -> None:
        self._heard = None

    async def _hear_from_afar(self) -> Heard:
        loop = asyncio.get_running_loop()
        told: _Told = loop.create_future()
        self._waiting.append(told)
        if not self._asking:
            self._ask(loop)
        heard = await told
        return heard if heard is not None else await run_in_threadpool(self._following.heard)

    def _ask(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting, self._waiting = self._waiting, []
        socket = self._following.ask() if WATCHES_SOCKETS else None
        if socket is None:
            _tell(waiting, None)
            return
        self._asking = True
        loop.add_reader(socket, self._read, loop, socket, waiting)

    def _read(self, loop: asyncio.AbstractEventLoop, socket: int, waiting: Iterable[_Told]) -> None:
        if not self._following.reply_came():
            return
        loop.remove_reader(socket)
        self._asking = False
        _tell(waiting, self._following.heard_nothing())
        if self._waiting:  # they came after the database was asked
            self._ask(loop)


def _tell(waiting: Iterable[_Told], heard: Heard | None) -> None:
    for each in waiting:
        if not each.done():
            each.set_result(heard)

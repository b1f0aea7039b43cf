"""Who reads or writes now, and who waits for it: in the loop, first come, first served."""

import asyncio
from asyncio import timeout
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from sqlalchemy.exc import TimeoutError as TooLong

SLOW_S = 0.5
PATIENCE_S = 10
"""For who waits, before being told to come back."""


class Turns:
    """So many `quick` ones at once. Who takes longer than SLOW_S counts no more as one, until there are `most`.

    Threads that compute only wait for one another, since one at a time runs, and every change costs. One that waits
    for the database must not keep the others waiting.
    """

    def __init__(self, quick: int, most: int) -> None:
        self._quick, self._most = asyncio.Semaphore(quick), asyncio.Semaphore(most)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Raises SQLAlchemy's TimeoutError, as without a free connection, for who waited too long."""
        with ExitStack() as held, ExitStack() as held_by_the_quick:
            try:
                async with timeout(PATIENCE_S):
                    await self._most.acquire()
                    held.callback(self._most.release)
                    await self._quick.acquire()
                    held_by_the_quick.callback(self._quick.release)
            except TimeoutError:
                raise TooLong("others were there all the while") from None
            slow = asyncio.get_running_loop().call_later(SLOW_S, held_by_the_quick.close)
            held.callback(slow.cancel)
            yield

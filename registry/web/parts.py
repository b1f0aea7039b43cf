"""What one running site is made of, kept on `app.state.parts` and reached through web/deps.py."""

import asyncio
import logging
from asyncio import timeout
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from fastapi.concurrency import contextmanager_in_threadpool, run_in_threadpool
from jinja2 import Environment
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as TooLong
from sqlmodel import Session
from starlette.requests import HTTPConnection

from registry.domain.values import dataclass
from registry.publish.formats import Texts
from registry.services.answers.following import Following
from registry.services.health import Check
from registry.services.verdicts.annals import Annals
from registry.services.verdicts.entries import Entries
from registry.services.verdicts.shelving import Shelving
from registry.settings import Settings
from registry.store.engine import snapshot, transaction
from registry.web.assets import Assets
from registry.web.kept import Kept
from registry.web.rendering import Copy
from registry.web.throttle import Counted, Throttle

if TYPE_CHECKING:
    from registry.openid.provider import Provider
    from registry.web.metrics import Metrics

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
FEW = 2
"""Threads: more of them only wait for one another, since one at a time runs."""
FEW_AWAY = 8
"""Threads: of all that a process has, a fifth."""
READERS = 6
"""Handlers that read at once, while the others wait in the loop: more of them get no more done, and together
want more connections than are kept."""
WRITERS = 8
"""Acts at once on PostgreSQL, as many as commit one behind another in the log; on SQLite one writes."""
PATIENCE_S = 10
"""For who waits to be one of them, before being told to come back."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Parts:
    settings: Settings
    engine: Engine
    clock: Clock
    environment: Environment
    assets: Assets
    following: Following
    """The index of this process; it is made once the site runs."""
    shelving: Shelving
    """The published verdicts as this process holds them; they are read when they are first asked for."""
    annals: Annals = field(default_factory=Annals)
    """All notices as this process holds them; they are read when they are first asked for."""
    entries: Entries = field(default_factory=Entries)
    """The entries of feeds that this process has made; what they are made of never changes."""
    texts: Texts = field(default_factory=Texts)
    """Those of them that stand in many feeds and pages of one, as text."""
    watched: list[Callable[[datetime], Check]] = field(default_factory=list)
    """Checks of what runs beside the site; whatever it is puts its own in, and `/readyz` asks them."""
    throttle: Throttle = field(default_factory=Throttle)
    refusals: Counted = field(default_factory=Counted)
    metrics: "Metrics | None" = None
    """Where somebody may be told them."""
    kept: Kept = field(default_factory=Kept)
    """Numbers that were counted within the last minute."""
    copy: Copy | None = None
    """Where the site is asked for its pages to write them as files."""
    few: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(FEW))
    """For short work that many ask for at once."""
    away: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(FEW_AWAY))
    """For what waits for the organisation's provider."""
    _readers: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READERS))

    @cached_property
    def provider(self) -> "Provider | None":
        """The organisation's OpenID provider, which is asked nothing before somebody goes there."""
        if not self.settings.oidc_issuer:
            return None
        from registry.jobs import agent_of
        from registry.openid.provider import Provider
        from registry.openid.replies import Wire

        return Provider(self.settings, Wire(self.settings, agent=agent_of(self.settings)))

    @property
    def secure(self) -> bool:
        """Whether people reach the site by https alone."""
        return self.settings.base_url.startswith("https://")

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """A snapshot. Raises SQLAlchemy's TimeoutError, as without a free connection, for who waited too long."""
        async with _turn(self._readers):
            with snapshot(self.engine) as session:
                try:
                    # Nothing is asked before the handler asks: this needs no thread, to end what was begun does.
                    yield session
                finally:
                    if session.in_transaction():
                        await run_in_threadpool(session.close)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Session]:
        """A transaction. Raises SQLAlchemy's TimeoutError too.

        Waiting in worker threads could use them all up, and then those that write find none to go on with.
        """
        async with _turn(self._writers), contextmanager_in_threadpool(transaction(self.engine)) as session:
            yield session

    async def note(self, act: Callable[[Session], object]) -> None:
        """One short act in a transaction of its own, all of it in one thread; nobody waits for it, so none is told
        where it cannot be written."""

        def whole() -> None:
            with transaction(self.engine) as session:
                act(session)

        try:
            async with _turn(self._writers):
                await run_in_threadpool(whole)
        except SQLAlchemyError as error:
            log.warning("not noted error=%s", type(error).__name__)

    @cached_property
    def _writers(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(1 if self.engine.dialect.name == "sqlite" else WRITERS)


@asynccontextmanager
async def _turn(places: asyncio.Semaphore) -> AsyncIterator[None]:
    """One of so many at once; the others wait in the loop, first come, first served."""
    try:
        async with timeout(PATIENCE_S):
            await places.acquire()
    except TimeoutError:
        raise TooLong("others were there all the while") from None
    try:
        yield
    finally:
        places.release()


def parts_of(connection: HTTPConnection) -> Parts:
    parts: Parts = connection.app.state.parts
    return parts

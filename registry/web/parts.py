"""What one running site is made of, kept on `app.state.parts` and reached through web/deps.py."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from fastapi.concurrency import contextmanager_in_threadpool, run_in_threadpool
from jinja2 import Environment
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
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
from registry.web.turns import Turns

if TYPE_CHECKING:
    from registry.openid.provider import Provider
    from registry.web.metrics import Metrics

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
FEW = 2
"""Threads: more of them only wait for one another, since one at a time runs."""
FEW_AWAY = 8
"""Threads: of all that a process has, a fifth."""


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
    readers: Turns = field(default_factory=lambda: Turns(quick=2, most=6))
    """Who reads: more than those in all want more connections than are kept."""

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
        async with self.readers.one():
            with snapshot(self.engine) as session:
                try:
                    # Nothing is asked before the handler asks: this needs no thread, to end what was begun does.
                    yield session
                finally:
                    if session.in_transaction():
                        await run_in_threadpool(session.close)

    @asynccontextmanager
    async def writing(self, first: Callable[[Session], object] | None = None) -> AsyncIterator[Session]:
        """A transaction, in which `first` is done before all else. Raises SQLAlchemy's TimeoutError too.

        Waiting in worker threads could use them all up, and then those that write find none to go on with.
        """

        @contextmanager
        def begun() -> Iterator[Session]:
            with transaction(self.engine) as session:
                if first is not None:
                    first(session)
                yield session

        async with self.writers.one(), contextmanager_in_threadpool(begun()) as session:
            yield session

    async def note(self, act: Callable[[Session], object]) -> None:
        """One short act in a transaction of its own, all of it in one thread; nobody waits for it, so none is told
        where it cannot be written."""

        def whole() -> None:
            with transaction(self.engine) as session:
                act(session)

        try:
            async with self.writers.one():
                await run_in_threadpool(whole)
        except SQLAlchemyError as error:
            log.warning("not noted error=%s", type(error).__name__)

    @cached_property
    def writers(self) -> Turns:
        """Who acts; on PostgreSQL those that wait for one another's rows are slow, on SQLite one writes."""
        return Turns(quick=1, most=1) if self.engine.dialect.name == "sqlite" else Turns(quick=3, most=8)


def parts_of(connection: HTTPConnection) -> Parts:
    parts: Parts = connection.app.state.parts
    return parts

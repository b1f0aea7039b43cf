"""A server that plays publishers, and fetchers that all tests share as the parts of a process do."""

from collections.abc import Iterator

import pytest

from scrapers.fetch import Fetcher
from tests.scrapers.hostile import AGENT, HostileServer


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture(scope="session")
def fetcher() -> Iterator[Fetcher]:
    """Loopback is open to it, as in an office that reads a server of its own."""
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], deadline_s=5) as running:
        yield running


@pytest.fixture(scope="session")
def stranger() -> Iterator[Fetcher]:
    """Reaches public addresses alone."""
    with Fetcher(agent=AGENT, deadline_s=5) as running:
        yield running


@pytest.fixture(scope="session")
def hasty() -> Iterator[Fetcher]:
    """Gives up after 0.3 seconds, and never for size."""
    with Fetcher(
        agent=AGENT,
        allow_cidrs=["127.0.0.0/8"],
        deadline_s=0.3,
        connect_timeout_s=0.2,
        max_wire_bytes=10**9,
        max_body_bytes=10**9,
    ) as running:
        yield running

"""A server that plays publishers, and fetchers that all tests share as the parts of a process do."""

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scrapers.fetch import Fetcher
from tests.scrapers.hostile import AGENT, HostileServer, Names

PATIENCE_S = 60
"""No test waits for it: whatever is no matter of time ends as it should on a busy machine too."""


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture(scope="session")
def fetcher() -> Iterator[Fetcher]:
    """Loopback is open to it, as in an office that reads a server of its own."""
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], deadline_s=PATIENCE_S) as running:
        yield running


@pytest.fixture(scope="session")
def stranger() -> Iterator[Fetcher]:
    """Reaches public addresses alone."""
    with Fetcher(agent=AGENT, deadline_s=PATIENCE_S) as running:
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


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> tuple[ssl.SSLContext, Path]:
    """Of feeds.example, signed by itself, made for this run."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=feeds.example -addext subjectAltName=DNS:feeds.example "
        f"-keyout {folder}/key.pem -out {folder}/cert.pem"
    )
    try:
        subprocess.run(command.split(), check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("needs the openssl command")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, folder / "cert.pem"


@pytest.fixture
def secure(certificate) -> Iterator[HostileServer]:
    """Speaks HTTPS as feeds.example."""
    with HostileServer(tls=certificate[0]) as running:
        yield running


@pytest.fixture
def secure_fetcher(certificate) -> Iterator[Fetcher]:
    """Trusts that server, and knows where it is."""
    with Fetcher(
        agent=AGENT,
        allow_cidrs=["127.0.0.0/8"],
        deadline_s=PATIENCE_S,
        resolver=Names(feeds__example=["127.0.0.1"]),
        host_pause_s=0,
        tls=ssl.create_default_context(cafile=certificate[1]),
    ) as running:
        yield running

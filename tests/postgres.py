"""A PostgreSQL server of the suite's own, and a database of its own for each test that asks."""

import itertools
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from registry.store import schema
from registry.store.engine import make_engine

_MEMORY = Path("/dev/shm")
_ROOM = 2**30
PATIENCE_S = 90.0
STUCK_S = 20.0
MIGRATED = "template_registry"
"""A database with the newest schema, to be copied."""


class Postgres:
    """A running server; each of its databases is a copy of another, at first of one with the newest schema."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._numbers = itertools.count(1)
        # What a test leaves behind is thrown away, so nothing need reach the disk.
        for wish in ("fsync = off", "full_page_writes = off", "synchronous_commit = off"):
            server.psql(f"ALTER SYSTEM SET {wish}")
        server.psql("SELECT pg_reload_conf()")
        server.psql(f"CREATE DATABASE {MIGRATED}")
        engine = make_engine(server.get_uri(MIGRATED))
        schema.upgrade(engine)
        engine.dispose()
        self._admin = make_engine(server.get_uri("postgres"))

    @contextmanager
    def database(self, first: str = MIGRATED) -> Iterator[str]:
        """The address of a copy, which is gone afterwards, whoever is still connected to it."""
        name = self._copy(first)
        yield self._server.get_uri(name)
        self._tell(f"DROP DATABASE {name} WITH (FORCE)")

    def template(self) -> tuple[str, str]:
        """Name and address of a copy that stays, to be written to once and copied then."""
        name = self._copy(MIGRATED)
        return name, self._server.get_uri(name)

    @contextmanager
    def away(self) -> Iterator[None]:
        """The server is stopped, whoever is connected, and runs again afterwards."""
        self._server.stop()
        try:
            yield
        finally:
            self.start()

    def start(self) -> None:
        """As an operator would, where it is down or does not get on with mending itself; until it answers."""
        until, stuck = time.monotonic() + PATIENCE_S, time.monotonic() + STUCK_S
        while True:
            self._server.ensure_postgres_running()
            try:
                self._tell("SELECT 1")
            except OperationalError:  # one that died may be mending itself, or about to give up
                assert time.monotonic() < until
                if time.monotonic() > stuck:
                    os.kill(self._server.get_pid(), signal.SIGQUIT)
                    stuck = until
                time.sleep(0.1)
            else:
                return

    def write_ahead_until_it_dies(self) -> None:
        """Where no disk is left for its log it gives up, and every connection with it."""
        log = "SELECT pg_logical_emit_message(false, 'full', repeat('x', 1000)), pg_switch_wal()"
        with suppress(OperationalError):
            for _ in range(100):
                self._tell(log)
            raise AssertionError("it never was full")

    def close(self) -> None:
        self._admin.dispose()
        self._server.cleanup()

    def _copy(self, first: str) -> str:
        name = f"test_{next(self._numbers)}"
        self._tell(f"CREATE DATABASE {name} TEMPLATE {first} STRATEGY file_copy")
        return name

    def _tell(self, statement: str) -> None:
        with self._admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))


@contextmanager
def running(pgserver: Any, place: Path | None = None) -> Iterator[Postgres]:
    """A server below `place`, or in memory: to make a database is mostly to copy three hundred files."""
    # Not below pytest's folder, which is its user's alone: started by root, the server runs as another user.
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    folder = Path(tempfile.mkdtemp(prefix="registry-postgres-", dir=place or (_MEMORY if roomy else None)))
    folder.chmod(0o755)
    server = Postgres(pgserver.get_server(folder, cleanup_mode="delete"))
    try:
        yield server
    finally:
        server.close()

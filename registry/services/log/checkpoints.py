"""Checkpoints: how long the log was and its tree's root, signed, kept as files outside of the database.

Text as in https://c2sp.org/tlog-checkpoint. Beside them `leaves` holds every line's hash, 32 bytes each, so that a log
that was hashed again is found out at the very line; the signed root tells whether that file is true.
"""

import base64
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.merkle import HASH_BYTES, Growing
from registry.domain.values import dataclass
from registry.services.log import signing
from registry.services.log.signing import SUFFIX, folder, kept
from registry.settings import Settings
from registry.store import log
from registry.store.engine import snapshot

LEAVES = "leaves"


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes
    note: str
    """The whole signed note."""


@dataclass(frozen=True)
class Outside:
    """What stands outside of the database, to hold the log against."""

    checkpoints: Sequence[tuple[str, Checkpoint]] = ()
    """Each with what it is called; the shortest log first."""
    doubtful: Sequence[str] = ()
    """Sentences about those that are not to be believed."""
    leaves: Callable[[], Iterator[bytes]] = lambda: iter(())
    """Every line's hash as it was written down; to be believed as far as a checkpoint confirms it."""
    written: int = 0
    """How many of them there were."""


def parse(note: str) -> Checkpoint:
    """Raises InvalidInput for what is no checkpoint; whose it is stands in its signatures."""
    lines = note.split("\n")
    try:
        origin, size, root = lines[:3]
        found = Checkpoint(origin, int(size), base64.b64decode(root, validate=True), note)
    except ValueError:
        found = None
    if found is None or len(found.root) != HASH_BYTES or not size.isdecimal() or "\n\n— " not in note:
        raise InvalidInput("This is no checkpoint: its first lines are a name, a number and a hash.")
    return found


def sign(session: Session, signer: signing.Signer) -> Checkpoint:
    """Of the log as this session sees it."""
    head = log.head(session.connection())
    root = Growing(head.size, head.peaks).root()
    origin = signer.verifier.name
    text = f"{origin}\n{head.size}\n{base64.b64encode(root).decode()}\n"
    return Checkpoint(origin, head.size, root, signer.sign(text))


def last(settings: Settings) -> Checkpoint | None:
    """The newest that this registry signed; what else stands in the folder is passed by."""
    return newest(settings)[0]


def newest(settings: Settings) -> tuple[Checkpoint | None, Sequence[Path]]:
    """The same, and files that look newer but are none of this registry's."""
    key = signing.known(settings)
    strange: list[Path] = []
    for path in reversed(kept(settings)):
        found = _ours(path, key)
        if found is not None and path.name == _name(found):
            return found, strange
        strange.append(path)
    return None, strange


def _ours(path: Path, key: signing.Verifier | None) -> Checkpoint | None:
    try:
        found = parse(path.read_text("utf-8"))
    except (InvalidInput, UnicodeError, OSError):
        return None
    return found if key is not None and found.origin == key.name and key.signed(found.note) else None


def _name(of: Checkpoint) -> str:
    return f"{of.size:012d}{SUFFIX}"


def wanted(session: Session, settings: Settings, *, since: bool) -> bool:
    """Whether a checkpoint is due: something was recorded since the last one, if `since`, or a verdict's act was."""
    before = last(settings)
    size = log.head(session.connection()).size
    reached = before.size if before else 0
    return size != reached and (
        since or size < reached or log.of_verdicts(session.connection(), after=reached)
    )


def goes_on_from(session: Session, checkpoint: Checkpoint) -> bool:
    """Whether the log begins with that of a checkpoint, as far as its kept hashes tell: a look that costs nothing."""
    reaches = log.head(session.connection()).size >= checkpoint.size
    return reaches and _root(session, checkpoint.size) == checkpoint.root


def write(engine: Engine, settings: Settings) -> Checkpoint | None:
    """Put a checkpoint beside the others; None where the log did not grow.

    Raises RuleBroken, and signs nothing, where the log is not the one of the last checkpoint with more lines.
    """
    signer, before = signing.signer(settings), last(settings)
    place = folder(settings)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with snapshot(engine) as session:
        made = sign(session, signer)
        if before is not None:
            if made.size == before.size and made.root == before.root:
                return None
            if made.size == before.size or not goes_on_from(session, before):
                raise RuleBroken(
                    f"The log is not the one of the checkpoint at {before.size} lines: no new checkpoint is signed. "
                    "`registry audit verify` says more."
                )
        elif made.size == 0:
            return None
        _write_leaves(session, place / LEAVES, made.size)
    _put(place / _name(made), made.note.encode())
    return made


def outside(
    settings: Settings, given: Sequence[Path] = (), *, key: signing.Verifier | None = None
) -> Outside:
    """All checkpoints in the folder and those `given`, as far as they are signed by this registry, or by `key`.

    Raises InvalidInput for a given file that cannot be read.
    """
    key = key or signing.known(settings)
    files, written = [*kept(settings), *given], _written(folder(settings) / LEAVES)
    believed, doubtful = [], []
    if key is None and files:
        doubtful.append(
            f"The key that signs checkpoints is missing from {signing.key_file(settings)}: none can be checked. Put it "
            "back from a backup, or give the public key with --key."
        )
    for path in files:
        try:
            found = parse(path.read_text("utf-8"))
        except (InvalidInput, UnicodeError):
            doubtful.append(f"{path} is no checkpoint. If you know what it is, take it out of the folder.")
            continue
        except OSError as error:
            if path not in given:
                doubtful.append(f"{path} cannot be read: {error.strerror}.")
                continue
            raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from None
        if key is None:
            continue
        if found.origin == key.name and key.signed(found.note):
            believed.append((str(path), found))
        else:
            doubtful.append(
                f"{path} is not signed by the key of this registry ({key.name}): it was forged, or the key is another."
            )
    believed.sort(key=lambda each: each[1].size)
    return Outside(believed, doubtful, lambda: leaves(settings), written)


def _written(path: Path) -> int:
    return path.stat().st_size // HASH_BYTES if path.exists() else 0


def leaves(settings: Settings) -> Iterator[bytes]:
    """Every line's hash as it was written down with the checkpoints."""
    path = folder(settings) / LEAVES
    if not path.exists():
        return
    with path.open("rb") as file:
        while len(leaf := file.read(HASH_BYTES)) == HASH_BYTES:
            yield leaf


def _root(session: Session, size: int) -> bytes:
    """Of the tree over the first so many lines."""
    connection = session.connection()
    peaks, reached = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            reached += 1 << level
            peaks.append(log.full_subtree(connection, level, reached))
    return Growing(size, peaks).root()


def _write_leaves(session: Session, path: Path, size: int) -> None:
    # At its place: whoever writes the same line at once writes the same.
    path.touch()
    with path.open("r+b") as file:
        file.seek(0, os.SEEK_END)
        reached = min(file.tell() // HASH_BYTES, size)
        file.seek(reached * HASH_BYTES)
        for leaf in log.leaves(session.connection(), after=reached, up_to=size):
            file.write(leaf)
        file.flush()
        os.fsync(file.fileno())


def _put(target: Path, body: bytes) -> None:
    part = target.with_suffix(f".part-{os.getpid()}")
    with part.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)

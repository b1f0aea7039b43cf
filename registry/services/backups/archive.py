"""The file of a backup: a zip with the database as a SQLite file, rubric files, and a manifest that vouches for all."""

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from registry.domain.errors import InvalidInput, RuleBroken

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "registry.sqlite3"
SECRET = "secret"  # noqa: S105 - a file's name
RUBRICS = "rubrics/"
_NAME = re.compile(r"registry\.sqlite3|secret|rubrics/[^./\\\0][^/\\\0]{0,200}\.toml")
_CHUNK = 1 << 20
_MOST_MANIFEST = 10_000_000
_PARTIAL = ".registry-backup-"
_LEFT_BEHIND_S = 86_400.0


@dataclass(frozen=True)
class Member:
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds, as it was told when it was made."""

    program: str
    """Version of the registry that made it."""
    schema: str
    made_at: datetime
    database: str
    """`sqlite` or `postgresql`: what it was made from; it can be restored into either."""
    counts: Mapping[str, int]
    """Rows by table."""
    last_event: int
    secret_print: str
    """Tells whether two secrets are the same and nothing else of them; empty where there was none."""
    settings: Mapping[str, Any]
    """Those that change what answers say; no secrets, no places."""
    members: Mapping[str, Member]

    def rendered(self) -> bytes:
        told = {"format": FORMAT} | asdict(self) | {"made_at": self.made_at.isoformat()}
        return json.dumps(told, indent=2, ensure_ascii=False).encode()


def secret_print(secret: bytes) -> str:
    return hashlib.sha256(b"registry secret " + secret).hexdigest()[:16]


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A folder on the same disk for what is not whole yet; it is gone afterwards, however this ends.

    Of one that was killed it is gone a day later, when the next is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f"{_PARTIAL}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_BEHIND_S:
                shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=path.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def pack(path: Path, files: Mapping[str, Path]) -> dict[str, Member]:
    """Write members into a new zip, which still wants its manifest; readable by its owner alone."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    members = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as packed:
        for name, file in files.items():
            with open(file, "rb") as source, packed.open(name, "w", force_zip64=True) as target:
                members[name] = _copy(source, target)
    return members


def seal(path: Path, manifest: Manifest) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(MANIFEST, manifest.rendered())
    settle(path)


def settle(path: Path) -> None:
    """Have a file written through to the disk."""
    with open(path, "rb") as written:
        os.fsync(written.fileno())


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Raises InvalidInput where the file is no whole backup, RuleBroken where a newer program made it."""
    try:
        with zipfile.ZipFile(path) as packed:
            yield packed, _manifest(packed)
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {path}.") from None
    except (zipfile.BadZipFile, EOFError) as error:
        raise InvalidInput(
            f"{path} is no whole backup of a registry: {error}. Nothing was restored."
        ) from error


def unpack(packed: zipfile.ZipFile, manifest: Manifest, name: str, target: Path) -> None:
    """Write one member, having checked that it is what the manifest says. Raises InvalidInput where it is not."""
    told = manifest.members[name]
    with packed.open(name) as source, open(target, "xb", opener=_for_owner) as file:
        found = _copy(source, file, most=told.bytes)
    if found != told:
        raise InvalidInput(
            f"{name} in the backup is not what its manifest says: it was damaged or changed. Nothing was restored."
        )


def _manifest(packed: zipfile.ZipFile) -> Manifest:
    names = set(packed.namelist())
    if MANIFEST not in names or packed.getinfo(MANIFEST).file_size > _MOST_MANIFEST:
        raise InvalidInput("This is no backup of a registry: it has no manifest. Nothing was restored.")
    try:
        told = json.loads(packed.read(MANIFEST))
        if told.pop("format") != FORMAT:
            raise RuleBroken(
                "A newer version of the registry made this backup. Restore it with that version."
            )
        members = {name: Member(**each) for name, each in told.pop("members").items()}
        made_at = datetime.fromisoformat(told.pop("made_at"))
        manifest = Manifest(**told, members=members, made_at=made_at)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidInput("The backup's manifest cannot be read. Nothing was restored.") from error
    if names != {MANIFEST, *members} or DATABASE not in members or not all(map(_NAME.fullmatch, members)):
        raise InvalidInput("The backup does not hold what its manifest says. Nothing was restored.")
    return manifest


def _copy(source: Any, target: Any, *, most: int | None = None) -> Member:
    digest, length = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        length += len(chunk)
        if most is not None and length > most:
            break
        digest.update(chunk)
        target.write(chunk)
    return Member(length, digest.hexdigest())


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

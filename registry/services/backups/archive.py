"""The file of a backup: a zip with the database as a SQLite file, rubric files, and a manifest that vouches for all."""

import hashlib
import json
import os
import re
import shutil
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from functools import partial
from lzma import LZMAError
from pathlib import Path
from typing import Annotated, Any
from zipfile import BadZipFile

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from registry.domain.errors import InvalidInput, RuleBroken

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "registry.sqlite3"
SECRET = "secret"  # noqa: S105 - a file's name
RUBRICS = "rubrics/"
_NAME = re.compile(r"registry\.sqlite3|secret|rubrics/\w[\w .-]*\.toml")
LONGEST_NAME = 100
"""In bytes, its folder aside."""
_CHUNK = 1 << 20
_MOST_MANIFEST = 10_000_000
_PARTIAL = ".registry-backup-"
_LEFT_BEHIND_S = 86_400.0
_STRICT = ConfigDict(strict=True)
_DAMAGED = (BadZipFile, zlib.error, LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError)
"""What a reader of zip files raises for one that is damaged, encrypted, or of a kind that it does not know."""
Number = Annotated[int, Field(ge=0, lt=1 << 63)]


@dataclass(frozen=True, config=_STRICT)
class Member:
    bytes: Number
    sha256: str


@dataclass(frozen=True, config=_STRICT)
class Manifest:
    """What a backup holds, as it was told when it was made."""

    program: str
    """Version of the registry that made it."""
    schema: str
    made_at: AwareDatetime
    database: str
    """`sqlite` or `postgresql`: what it was made from; it can be restored into either."""
    counts: Mapping[str, Number]
    """Rows by table."""
    last_event: Number
    secret_print: str
    """Tells whether two secrets are the same and nothing else of them; empty where there was none."""
    settings: Mapping[str, JsonValue]
    """Those that change what answers say; no secrets, no places."""
    members: Mapping[str, Member]

    def rendered(self) -> bytes:
        told = {"format": FORMAT} | asdict(self) | {"made_at": self.made_at.isoformat()}
        return json.dumps(told, indent=2, ensure_ascii=False).encode()


class _Form(BaseModel):
    """What can be asked of a manifest of whatever version."""

    model_config = _STRICT
    format: int


def nameable(name: str) -> bool:
    """Whether a backup may hold a member of this name: it is put on a disk, and told on a terminal."""
    return bool(_NAME.fullmatch(name)) and len(name.removeprefix(RUBRICS).encode()) <= LONGEST_NAME


def secret_print(secret: bytes) -> str:
    return hashlib.sha256(b"registry secret " + secret).hexdigest()[:16]


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A folder on the same disk for what is not whole yet; it is gone afterwards, however this ends.

    Of one that was killed it is gone a day later, when the next is made.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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
                members[name] = _copy(iter(partial(source.read, _CHUNK), b""), target)
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
    with ExitStack() as stack:
        with _reading(path):
            packed = stack.enter_context(zipfile.ZipFile(path))
            manifest = _manifest(packed)
        yield packed, manifest


def unpack(packed: zipfile.ZipFile, manifest: Manifest, name: str, target: Path) -> None:
    """Write one member, having checked that it is what the manifest says. Raises InvalidInput where it is not."""
    told = manifest.members[name]
    with open(target, "xb", opener=_for_owner) as file:
        found = _copy(_chunks(packed, name), file, most=told.bytes)
    if found != told:
        raise InvalidInput(
            f"{name} in the backup is not what its manifest says: it was damaged or changed. Nothing was restored."
        )


@contextmanager
def _reading(path: Path | str | None) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {path}.") from None
    except _DAMAGED as error:
        raise InvalidInput(
            f"The backup cannot be read: {path} is no whole backup of a registry, or damaged ({error}). "
            "Nothing was restored."
        ) from error


def _manifest(packed: zipfile.ZipFile) -> Manifest:
    names = set(packed.namelist())
    if MANIFEST not in names or packed.getinfo(MANIFEST).file_size > _MOST_MANIFEST:
        raise InvalidInput("This is no backup of a registry: it has no manifest. Nothing was restored.")
    told = packed.read(MANIFEST)
    try:
        if _Form.model_validate_json(told).format != FORMAT:
            raise RuleBroken(
                "A newer version of the registry made this backup. Restore it with that version."
            )
        manifest = TypeAdapter(Manifest).validate_json(told)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "all of it"
        raise InvalidInput(
            f"The backup cannot be read: its manifest is not as it should be ({place[:100]}: {first['msg']}). "
            "Nothing was restored."
        ) from error
    members = manifest.members
    if names != {MANIFEST, *members} or DATABASE not in members or not all(map(nameable, members)):
        raise InvalidInput("The backup does not hold what its manifest says. Nothing was restored.")
    return manifest


def _chunks(packed: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with _reading(packed.filename), packed.open(name) as source:
        yield from iter(partial(source.read, _CHUNK), b"")


def _copy(source: Iterable[bytes], target: Any, *, most: int | None = None) -> Member:
    digest, length = hashlib.sha256(), 0
    for chunk in source:
        length += len(chunk)
        if most is not None and length > most:
            break
        digest.update(chunk)
        target.write(chunk)
    return Member(length, digest.hexdigest())


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

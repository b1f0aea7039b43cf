"""Rubric and decision table files of a folder: read without harm while somebody edits them, and taken in when new.

A file that cannot be used is a fault to be shown; whatever is stored and in force stays.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from sqlmodel import Session

from registry.domain.errors import RubricInvalid
from registry.domain.values import dataclass
from registry.services.people.acting import REGISTRY
from registry.services.rubrics import rubrics
from registry.services.rubrics.rubrics import Parsed
from registry.store import rubrics as store
from registry.store.tables import RubricFile

SUPPLIED = Path(__file__).parents[2] / "rubrics"
Print = tuple[tuple[str, int, int], ...]
"""Name, moment of the last change and length of each file: what tells that something changed."""


@dataclass(frozen=True)
class Fault:
    file: str
    """Its name; empty where the folder itself is at fault."""
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}: {self.sentence}" if self.file else self.sentence


@dataclass(frozen=True)
class Found:
    """What a folder holds, beside what is stored."""

    fresh: Sequence[tuple[str, Parsed]]
    """Files by name that can be used and are not stored yet."""
    faults: Sequence[Fault]


@dataclass(frozen=True)
class Taken:
    stored: Sequence[RubricFile]
    faults: Sequence[Fault]


def fingerprint(folder: Path | None) -> Print:
    """Of the files in the folder (None: those supplied); empty where it cannot be read."""
    try:
        found = [(each.name, each.stat()) for each in sorted((folder or SUPPLIED).glob("*.toml"))]
    except OSError:
        return ()
    return tuple((name, max(seen.st_mtime_ns, seen.st_ctime_ns), seen.st_size) for name, seen in found)


def look(session: Session, folder: Path | None) -> Found:
    """Read every file of the folder and write nothing."""
    folder = folder or SUPPLIED
    names = fingerprint(folder)
    if not names:
        return Found([], [Fault("", f"{folder.name} holds no rubric or decision table file (.toml).")])
    fresh: list[tuple[str, Parsed]] = []
    faults: list[Fault] = []
    for name, changed_ns, size in names:
        try:
            read = _read(folder / name, changed_ns, size)
        except RubricInvalid as broken:
            faults.append(Fault(name, broken.sentence))
            continue
        except OSError as error:
            faults.append(Fault(name, f"it cannot be read ({error.strerror or type(error).__name__})."))
            continue
        if session.get(RubricFile, read.value.content_hash) is None:
            refused = rubrics.refusal(session, read)
            twin = next((other for other, each in fresh if _same_version(each, read)), "")
            if refused or twin:
                faults.append(Fault(name, refused or f"{twin} bears the same name and version."))
            else:
                fresh.append((name, read))
    return Found(fresh, faults)


def take_in(session: Session, folder: Path | None, *, now: datetime) -> Taken:
    """Store what is new, not switched on; the highest version of a kind of which nothing is in force is switched on.

    Raises RubricInvalid, naming the file, only where there is no rubric or no decision table to go on with.
    """
    found = look(session, folder)
    stored = [
        rubrics.store_file(session, parsed, origin=name, by=REGISTRY, now=now) for name, parsed in found.fresh
    ]
    standing = store.switches(session)
    for kind in store.KINDS:
        if kind in standing:
            continue
        highest = max(
            (each for each in stored if each.kind == kind), key=lambda each: each.version, default=None
        )
        if highest is None:
            told = found.faults[0] if found.faults else f"there is no {rubrics.KIND_WORDS[kind]}."
            raise RubricInvalid(str(told))
        rubrics.switch_on(session, highest.number, version=None, by=REGISTRY, now=now)
    return Taken(stored, found.faults)


def _same_version(one: Parsed, other: Parsed) -> bool:
    return (one.kind, one.value.name, one.value.version) == (
        other.kind,
        other.value.name,
        other.value.version,
    )


@lru_cache(maxsize=256)
def _read(path: Path, _changed_ns: int, _size: int) -> Parsed:
    """Kept until the file changes, since pages and `/readyz` ask again and again."""
    return rubrics.parse(path.read_bytes())

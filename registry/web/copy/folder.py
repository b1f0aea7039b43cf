"""The folder that a copy lies in: what of it is ours, what changed, and how it is put in place and stays whole.

Everything is written beside the copy first. Then new files go in, then what changed, last what vanished goes out, so
that a copy is whole at whatever moment somebody is killed. A list of the files that are ours lies beside them.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from datetime import datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.values import dataclass
from registry.services.answers.shown import Shown

LIST = ".registry-copy.json"
LOCK = ".registry-copy.lock"
STAGING = ".registry-copy.new"
WRITTEN = 3
"""The way in which the list is written."""
NOTHING: Mapping[str, str] = {}
STAMP = "\uf8ffmade\uf8ff"
"""Stands in a page for the moment at which it was last written; two pages that differ in it alone are the same."""
STAMP_ISO = "\uf8ffiso\uf8ff"


@dataclass(frozen=True, slots=True)
class Held:
    """One of our files as it was written."""

    content: str
    """Digest of what it says, the moment aside."""
    bytes: str
    """Digest of the file."""
    size: int
    changed_ns: int
    origin: "Origin | None" = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the bytes of a file come from, so that they need not be made again to know that they are the same."""

    made_of: str
    """Digest of the values that it was made of."""
    wants: Sequence[str] = ()
    """Addresses of the copy that it leads to."""
    meant: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """What is asked in its links, and the address of the tool that this means."""
    next: str = ""
    """The address of the page of a list that follows."""


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that are read together."""

    read_from: str
    """Digest of the rows."""
    shown: Shown
    addresses: Sequence[str]


@dataclass(frozen=True)
class State:
    """What a whole copy was made of."""

    made_of: str
    since: datetime
    until: datetime
    """From then on it would be another one though nobody does anything."""

    def stands(self, now: "State") -> bool:
        return self.made_of == now.made_of and self.since <= now.since < self.until


@dataclass
class Written:
    new: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0
    bytes: int = 0
    """Of all files that are ours now."""


@dataclass
class Folder:
    root: Path
    held: dict[str, Held | None]
    """By path; None for one that may or may not have been put in place before somebody was killed."""
    stamp: tuple[str, str]
    """The moment in words, and as a `datetime` attribute wants it."""
    state: State | None = None
    """Of what was put in place last; None where nobody knows."""
    groups: Mapping[str, Group] = field(default_factory=dict)
    """Of that state, by any name; `group` tells those of the next one."""
    _next_groups: dict[str, Group] = field(default_factory=dict)
    _next: dict[str, Held] = field(default_factory=dict)
    _staged: dict[str, None] = field(default_factory=dict)
    _safe: set[Path] = field(default_factory=set)
    """Folders that are there and within."""

    def origins(self) -> dict[str, tuple[str, Mapping[str, str]]]:
        """Path -> what it was made of, and what is meant in its links, of the files that lie there as we left them."""
        return {
            path: (each.origin.made_of, each.origin.meant)
            for path, each in self.held.items()
            if each is not None and each.origin is not None and self._is_as_left(path, each)
        }

    def keep(self, path: str) -> Origin:
        """Leave a file as it is, one of `origins`."""
        held = self.held[path]
        assert held is not None
        assert held.origin is not None
        self._next[path] = held
        return held.origin

    def keep_all(self, state: State) -> bool:
        """Leave everything as it is, where it was made of the same; whether that is so."""
        same = self.state is not None and self.state.stands(state)
        if same and all(
            each is not None and self._is_as_left(path, each) for path, each in self.held.items()
        ):
            self._next = {path: each for path, each in self.held.items() if each is not None}
            self._next_groups = dict(self.groups)
            return True
        return False

    def group(self, name: str, group: Group) -> None:
        self._next_groups[name] = group

    def take(self, path: str, body: bytes, origin: Origin | None = None) -> None:
        """Set a file ready where it is new or changed. Raises RuleBroken where another's file is in its place."""
        content, known = sha256(body).hexdigest(), self.held.get(path)
        if known is not None and known.content == content and self._is_as_left(path, known):
            self._next[path] = replace(known, origin=origin)
            return
        if path not in self.held and os.path.lexists(self.root / path):
            raise RuleBroken(
                f"{self.root / path} is in the way and was not published from here. Move it, or choose another folder."
            )
        for mark, told in zip((STAMP, STAMP_ISO), self.stamp, strict=True):
            body = body.replace(mark.encode(), told.encode())
        place = self.root / STAGING / path
        if place.parent not in self._safe:
            place.parent.mkdir(parents=True, exist_ok=True)
            self._safe.add(place.parent)
        place.write_bytes(body)
        status = place.stat()
        written = sha256(body).hexdigest()
        self._next[path] = Held(content, written, status.st_size, status.st_mtime_ns, origin)
        self._staged[path] = None

    def settle(self, state: State | None = None, *, last: Iterable[str] = ()) -> Written:
        """Put in place what was taken, and take away what was ours and is not any more; `last` go after all others."""
        new = [path for path in self._staged if path not in self.held]
        late = [path for path in last if path in self._staged and path in self.held]
        changed = [path for path in self._staged if path in self.held and path not in late]
        gone = [path for path in self.held if path not in self._next]
        if new:  # else nothing comes that the list does not know to be ours
            self._note({**dict.fromkeys(self._staged), **dict.fromkeys(gone), **self._kept()}, None)
        for path in (*new, *changed, *late):
            self._put(path)
        for path in gone:
            (self.root / path).unlink(missing_ok=True)
            self._tidy(Path(path).parent)
        self._note(self._next, state)
        shutil.rmtree(self.root / STAGING, ignore_errors=True)
        total = sum(each.size for each in self._next.values())
        same = len(self._next) - len(self._staged)
        return Written(len(new), len(changed) + len(late), same, len(gone), total)

    @property
    def paths(self) -> Collection[str]:
        return self._next.keys()

    def _kept(self) -> dict[str, Held]:
        staged = set(self._staged)
        return {path: each for path, each in self._next.items() if path not in staged}

    def _is_as_left(self, path: str, known: Held) -> bool:
        """By its size and date; a folder that was copied has other dates, so then by its bytes."""
        place = self.root / path
        try:
            status = place.lstat()
            if status.st_size != known.size:
                return False
            if status.st_mtime_ns == known.changed_ns:
                return True
            return sha256(place.read_bytes()).hexdigest() == known.bytes
        except OSError:
            return False

    def _put(self, path: str) -> None:
        place = self.root / path
        if place.parent not in self._safe:
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.parent.resolve().is_relative_to(self.root.resolve()):
                raise RuleBroken(
                    f"{place.parent} leads out of the folder. Remove that link, or choose another folder."
                )
            self._safe.add(place.parent)
        os.replace(self.root / STAGING / path, place)

    def _tidy(self, parent: Path) -> None:
        while parent != Path() and (place := self.root / parent).is_dir() and not any(place.iterdir()):
            place.rmdir()
            parent = parent.parent

    def _note(self, files: Mapping[str, Held | None], state: State | None) -> None:
        places: dict[str, int] = {}
        """Each address is written once, and named by its place."""
        groups = self._next_groups if state else {}
        origins = (each.origin for each in files.values() if each is not None and each.origin is not None)
        named = (*(each.wants for each in origins), *(each.addresses for each in groups.values()))
        for address in chain.from_iterable(named):
            places.setdefault(address, len(places))
        beside = self.root / f"{LIST}.new"
        with beside.open("w", encoding="utf-8") as file:
            told = state and [state.made_of, state.since.isoformat(), state.until.isoformat()]
            file.write(f'{{"registry_copy": {WRITTEN},\n"state": {json.dumps(told)},\n')
            file.write(f'"addresses": {json.dumps([*places])},\n')
            told_groups = {name: _told_group(each, places) for name, each in groups.items()}
            file.write(f'"groups": {json.dumps(told_groups)},\n"files": {{')
            parting = "\n"
            for path in sorted(files):
                each = files[path]
                file.write(f"{parting}{json.dumps(path)}: {json.dumps(each and _told(each, places))}")
                parting = ",\n"
            file.write("\n}}")
        os.replace(beside, self.root / LIST)


def _told(held: Held, places: Mapping[str, int]) -> list[Any]:
    told: list[Any] = [held.content, held.bytes, held.size, held.changed_ns]
    if held.origin is None:
        return told
    wants, following = [places[each] for each in held.origin.wants], held.origin.next
    return [*told, [held.origin.made_of, wants, held.origin.meant, *([following] if following else [])]]


def _told_group(group: Group, places: Mapping[str, int]) -> list[Any]:
    shown = group.shown
    return [
        group.read_from,
        None if shown.tools is None or shown.listed else sorted(shown.tools),
        sorted(shown.categories),
        [places[each] for each in group.addresses],
    ]


def _read_group(told: Sequence[Any], addresses: Sequence[str]) -> Group:
    read_from, shown, categories, places = told
    tools = None if shown is None else frozenset(shown)
    return Group(read_from, Shown(tools, frozenset(categories)), [addresses[each] for each in places])


def _read(told: Sequence[Any] | None, addresses: Sequence[str]) -> Held | None:
    if not told:
        return None
    content, written, size, changed_ns, *more = told
    origin = None
    if more:
        made_of, wants, meant, *following = more[0]
        origin = Origin(made_of, tuple(addresses[each] for each in wants), meant or NOTHING, *following)
    return Held(content, written, size, changed_ns, origin)


@contextmanager
def opened(root: Path, *, at: datetime, told: str) -> Iterator[Folder]:
    """The folder, made where it is not there, and nobody else's meanwhile; `at` is told as `told`.

    Raises RuleBroken for a folder that holds other things and no copy of ours, and while another publishes into it.
    """
    if root.exists() and not root.is_dir():
        raise InvalidInput(f"{root} is a file. Name a folder.")
    ours = (root / LIST).is_file()
    if not ours and root.is_dir() and any(not each.name.startswith(".") for each in root.iterdir()):
        raise RuleBroken(
            f"{root} holds other things and was not published from here. Name an empty folder, or a new one."
        )
    root.mkdir(parents=True, exist_ok=True)
    with (root / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuleBroken(f"Somebody is publishing into {root} at this moment. Try again later.") from None
        shutil.rmtree(root / STAGING, ignore_errors=True)
        try:
            held, state, groups = _listed(root)
            yield Folder(root, held, (told, at.isoformat(timespec="minutes")), state, groups)
        finally:
            shutil.rmtree(root / STAGING, ignore_errors=True)


def _listed(root: Path) -> tuple[dict[str, Held | None], State | None, dict[str, Group]]:
    """What is ours in the folder, of what state, and what was read together; nothing where no list is."""
    try:
        with (root / LIST).open(encoding="utf-8") as file:
            if json.loads(f"{_line(file)}}}") != {"registry_copy": WRITTEN}:
                file.seek(0)
                return _listed_before(json.load(file)["files"]), None, {}
            names = ("state", "addresses", "groups")
            state, addresses, groups = (json.loads(f"{{{_line(file)}}}")[name] for name in names)
            if _line(file) != '"files": {':
                raise ValueError
            # Line by line, since all of it at once takes three times the memory.
            held: dict[str, Held | None] = {}
            while (line := _line(file)) != "}}":
                held.update(
                    (path, _read(told, addresses)) for path, told in json.loads(f"{{{line}}}").items()
                )
            together = {name: _read_group(told, addresses) for name, told in groups.items()}
            return held, state and State(state[0], *map(datetime.fromisoformat, state[1:])), together
    except FileNotFoundError:
        return {}, None, {}
    except (ValueError, LookupError, TypeError, AttributeError):
        raise RuleBroken(
            f"{root / LIST} cannot be read, so nobody knows what in {root} is ours. Publish into a new folder."
        ) from None


def _line(file: TextIO) -> str:
    return file.readline().strip().removesuffix(",")


def _listed_before(files: Mapping[str, Sequence[Any] | None]) -> dict[str, Held | None]:
    """As earlier versions wrote it: what each file was made of is no matter, since another program made it."""
    return {path: _read(told[:4], ()) if told else None for path, told in files.items()}

"""Whose the ways to say a tool are: the one rule for letting in, for editing and for imports.

No act takes a certain match from another tool, or gives one a name by which people find another: that is refused, or
left undone and told, with the other tool named.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, Protocol, TypeVar

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.services.answers.asking import read_query
from registry.store import asked
from registry.store.asked import KnownBy
from registry.store.tables import AliasKind

Way = tuple[AliasKind, str, str]
"""Kind, text and key."""
KEEP = "Where both are one tool, keep it on that one; else change what leads to it there first."
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Known(Protocol[T_co]):
    """Whose the ways to say a tool are."""

    def owner(self, kind: AliasKind, key: str, written: str = "") -> T_co | None:
        """Where `written` is given only the tool whose name is written just so, case aside."""


@dataclass(frozen=True)
class Clash(Generic[T]):
    """Why a tool may not be said so."""

    other: T
    owned: bool = False
    """Whether the other one is said just so; else people who say this find it."""
    led_away: str = ""
    """The name of the other tool by which it would be found no more."""
    above: bool = False
    """Whether the other one only has the host, or a page above this one: both can live there, each found by its own."""

    def told(self, text: str, name: str, to_do: str = KEEP) -> str:
        """What is in the way, and what to do about it; `name` is the other tool's."""
        if self.led_away:
            why = f"would lead away from “{name}” whoever asks for “{self.led_away[:60]}”."
        else:
            why = f"belongs to “{name}” already." if self.owned else f"means “{name}” for certain already."
        return f"“{text[:60]}” {why} {to_do}"


class Ways:
    """Whose in the store, by the tool's id, are these ways and all that people type or paste who mean them; and what
    was taken since."""

    def __init__(self, session: Session, ways: Iterable[Way]) -> None:
        given = list(ways)
        keys = {(kind, key) for kind, _, key in given}
        self._names = [
            (text, tool_id)
            for text, tool_id in asked.written(session)
            if not keys.isdisjoint(read_query(text).keys)
        ]
        """The names that hold one of the ways."""
        queries = {each for way in given for each in asked_by(way)} | {text for text, _ in self._names}
        keys.update(key for each in queries for key in read_query(each).keys)
        self._known = {(each.kind, each.key): each for each in asked.known_by(session, keys)}

    def owner(self, kind: AliasKind, key: str, written: str = "") -> int | None:
        found = self._known.get((kind, key))
        return found.tool_id if found and written in ("", found.text.casefold()) else None

    def clash(self, way: Way, tool_id: int, *, beside: bool = False) -> Clash[int] | None:
        return clash(self, way, tool_id, self._names, beside=beside)

    def take(self, way: Way, tool_id: int) -> None:
        kind, text, key = way
        self._known[kind, key] = KnownBy(kind, key, text, tool_id)
        if kind is AliasKind.NAME and "." in text:
            self._names.append((text, tool_id))


@dataclass(frozen=True)
class _With(Generic[T]):
    """The same after one way became a tool's."""

    known: Known[T]
    way: Way
    tool: T

    def owner(self, kind: AliasKind, key: str, written: str = "") -> T | None:
        is_it = (kind, key) == (self.way[0], self.way[2]) and written in ("", self.way[1].casefold())
        return self.tool if is_it else self.known.owner(kind, key, written)


def asked_by(way: Way) -> tuple[str, ...]:
    """What people type or paste who mean a tool by this way to say it."""
    kind, text, key = way
    if kind is AliasKind.EXE:
        return key, f"/{key}"
    return (text,) if kind is AliasKind.NAME else (key,)


def meant(known: Known[T], query: str) -> T | None:
    """The tool that the query certainly means, as the look-up finds it."""
    wanted = read_query(query)
    found = (
        known.owner(kind, key, wanted.written if kind is AliasKind.NAME else "") for kind, key in wanted.keys
    )
    return next((each for each in found if each is not None), None)


def clash(
    known: Known[T], way: Way, tool: T, names: Iterable[tuple[str, T]], *, beside: bool = False
) -> Clash[T] | None:
    """Why this way may not become the tool's, or None; `names` are those, each with its tool, that hold a stop.

    `beside` where it may live on the host of another one knowingly.
    """
    kind, _, key = way
    owner, found = known.owner(kind, key), (meant(known, query) for query in asked_by(way))
    if owner is not None and owner != tool:
        return Clash(owner, owned=True)
    other = next((each for each in found if each is not None and each != tool), None)
    above = other is not None and kind is AliasKind.PATH and _is_above(known, key, other)
    if other is not None and not (above and beside):
        return Clash(other, above=above)
    after = _With(known, way, tool)
    for name, owner in names:
        if owner != tool and meant(known, name) == owner and meant(after, name) == tool:
            return Clash(owner, led_away=name)
    return None


def _is_above(known: Known[T], page: str, tool: T) -> bool:
    """Whether the tool is found by a page's address only since it has the host, or a page above."""
    keys = [(kind, key) for kind, key in read_query(page).keys if kind is not AliasKind.NAME]
    return any(known.owner(kind, key) == tool for kind, key in keys if key.lower() != page.lower())


def holding(names: Iterable[tuple[str, T]]) -> Mapping[tuple[AliasKind, str], list[tuple[str, T]]]:
    """Kind and key of a way -> the names, each with its tool, that hold it: `www.monday.com` holds `monday.com`."""
    found = defaultdict(list)
    for name, tool in names:
        for key in read_query(name).keys:
            found[key].append((name, tool))
    return found


def lost(known: Known[T], names: Iterable[tuple[str, T]]) -> Iterator[tuple[str, T, T, str]]:
    """Each name with its tool, the other tool that people find by it, and the key that leads there."""
    for name, tool in names:
        found = meant(known, name)
        if found is not None and found != tool:
            wanted = read_query(name)
            yield name, tool, found, next(key for kind, key in wanted.keys if known.owner(kind, key) == found)

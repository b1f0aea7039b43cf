"""Very many short texts, each with the number of what it means, in a sixth of the memory that a dict of them takes."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import groupby, islice

LAST = "\U0010ffff"
"""Sorts after every letter."""


class Texts:
    """Texts by the place at which they were added, as UTF-8 in one piece."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def add(self, text: bytes) -> None:
        self._bytes += text
        self._ends.append(len(self._bytes))

    def at(self, place: int) -> bytes:
        return bytes(self._bytes[self._ends[place] : self._ends[place + 1]])


class Packed:
    """A text may mean several; found by bisection. What changes later is kept beside until it is much."""

    def __init__(self, rows: Iterable[tuple[str, int]] = ()) -> None:
        self._texts = Texts()
        self._owners = array("q")
        self._order = array("I")
        """Places as their texts sort."""
        self._gone: set[int] = set()
        """Places."""
        self._late: dict[str, list[int]] = {}
        for text, owner in rows:
            self.add(text, owner)
        self.settle()

    def add(self, text: str, owner: int) -> None:
        """While it is made; nothing of it is found before `settle`."""
        self._texts.add(text.encode())
        self._owners.append(owner)

    def settle(self) -> None:
        self._order = array("I", sorted(range(len(self._texts)), key=self._texts.at))

    @property
    def is_worn(self) -> bool:
        """Whether so much changed that packing anew is the better."""
        changed = len(self._gone) + len(self._late)
        return changed > 1_000 and changed * 4 > len(self._owners)

    def get(self, text: str) -> int | None:
        return next(self._all(text), None)

    def all(self, text: str) -> list[int]:
        return list(self._all(text))

    def begun(self, beginning: str, *, most: int) -> list[str]:
        """Texts that begin so, the first ones in their order."""
        first, last = self._bisect(beginning), self._bisect(beginning + LAST)
        places = (place for at in range(first, last) if (place := self._order[at]) not in self._gone)
        texts = (text for text, _ in groupby(map(self._texts.at, places)))
        found = {text.decode() for text in islice(texts, most)}
        found.update(text for text in self._late if text.startswith(beginning))
        return sorted(found)[:most]

    def put(self, text: str, owner: int) -> None:
        self._late.setdefault(text, []).append(owner)

    def forget(self, owners: frozenset[int]) -> None:
        """Leave out all texts of these."""
        self._gone.update(place for place, owner in enumerate(self._owners) if owner in owners)
        for text, late in list(self._late.items()):
            if not owners.isdisjoint(late):
                self._late[text] = [owner for owner in late if owner not in owners]
                if not self._late[text]:
                    del self._late[text]

    def rows(self) -> Iterator[tuple[str, int]]:
        for place, owner in enumerate(self._owners):
            if place not in self._gone:
                yield self._texts.at(place).decode(), owner
        yield from ((text, owner) for text, owners in self._late.items() for owner in owners)

    def _all(self, text: str) -> Iterator[int]:
        key = text.encode()
        for at in range(self._bisect(text), len(self._order)):
            place = self._order[at]
            if self._texts.at(place) != key:
                break
            if place not in self._gone:
                yield self._owners[place]
        yield from self._late.get(text, ())

    def _bisect(self, text: str) -> int:
        """Where in the order the first one stands that does not sort before it."""
        return bisect_left(self._order, text.encode(), key=self._texts.at)

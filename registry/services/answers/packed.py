"""Very many short texts, each with the number of what it means, in a sixth of the memory that a dict of them takes."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate, groupby, islice
from operator import itemgetter

LAST = "\U0010ffff"
"""Sorts after every letter."""


class Packed:
    """A text may mean several; found by bisection. What changes later is kept beside until it is much."""

    def __init__(self, rows: Iterable[tuple[str, int]] = ()) -> None:
        known = sorted(rows, key=itemgetter(0))
        texts = [text.encode() for text, _ in known]
        self._texts = b"".join(texts)
        """As they sort, as UTF-8 in one piece."""
        self._ends = array("Q", accumulate(map(len, texts), initial=0))
        self._owners = array("q", map(itemgetter(1), known))
        self._gone: set[int] = set()
        """Places."""
        self._late: dict[str, list[int]] = {}

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
        places = (place for place in range(first, last) if place not in self._gone)
        texts = (text for text, _ in groupby(map(self._at, places)))
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
                yield self._at(place).decode(), owner
        yield from ((text, owner) for text, owners in self._late.items() for owner in owners)

    def _all(self, text: str) -> Iterator[int]:
        key = text.encode()
        for place in range(self._bisect(text), len(self._owners)):
            if self._at(place) != key:
                break
            if place not in self._gone:
                yield self._owners[place]
        yield from self._late.get(text, ())

    def _at(self, place: int) -> bytes:
        return self._texts[self._ends[place] : self._ends[place + 1]]

    def _bisect(self, text: str) -> int:
        """The first place whose text does not sort before it."""
        return bisect_left(range(len(self._owners)), text.encode(), key=self._at)

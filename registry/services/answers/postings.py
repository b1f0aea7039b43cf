"""Very many names by place: read again by the thousand, and found by the runs of letters they hold."""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby


class Words:
    """Texts by place. Those known at first stand in the order of their lengths, without anything between them."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """In the order of their lengths."""
        self._joined: list[str] = []
        """By length, all that are so long."""
        self._first = array("I", [0])
        """By length, the place of the first that is so long."""
        for length, group in groupby(texts, key=len):
            alike = list(group)
            while len(self._joined) < length:
                self._joined.append("")
                self._first.append(self._first[-1])
            self._joined.append("".join(alike))
            self._first.append(self._first[-1] + len(alike))
        self._late: list[str] = []

    def __len__(self) -> int:
        return self.late + len(self._late)

    @property
    def late(self) -> int:
        """From this place on texts stand as they came."""
        return self._first[-1]

    def add(self, text: str) -> None:
        self._late.append(text)

    def of_lengths(self, least: int, most: int) -> tuple[int, int]:
        """The places of those so long, from the first to before the second; of what came late none."""
        longest = len(self._joined)
        return self._first[min(max(least, 0), longest)], self._first[min(most + 1, longest)]

    def length(self, place: int) -> int:
        if place >= self.late:
            return len(self._late[place - self.late])
        return bisect_right(self._first, place) - 1

    def read(self, places: Sequence[int]) -> list[str]:
        """Those at these places, which rise; a thousand in some 0.2 ms."""
        found: list[str] = []
        while len(found) < len(places):
            at, place = len(found), places[len(found)]
            if place >= self.late:
                return found + [self._late[each - self.late] for each in places[at:]]
            length = self.length(place)
            text, first = self._joined[length], self._first[length]
            until = bisect_left(places, self._first[length + 1], at)
            found += [
                text[(each - first) * length : (each - first + 1) * length] for each in places[at:until]
            ]
        return found


class Postings:
    """By a text, rising places at which it stands. A text is known by its hash: two that share one share places."""

    def __init__(self, known: Iterable[Iterable[str]] = ()) -> None:
        """`known`: the texts of each place, from the first one on."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for place, texts in enumerate(known):
            for text in texts:
                found[text].append(place)
        by_hash = sorted(found, key=hash)
        self._hashes = array("q", map(hash, by_hash))
        self._ends = array("Q", accumulate((len(found[text]) for text in by_hash), initial=0))
        self._places = array("I")
        for text in by_hash:
            self._places.fromlist(found[text])
        self._late: defaultdict[str, array[int]] = defaultdict(_no_places)

    def add(self, text: str, place: int) -> None:
        """Places of one text rise."""
        self._late[text].append(place)

    def all(self, text: str) -> "array[int]":
        start, end = self._bounds(text)
        return self._places[start:end] + self._late.get(text, _NONE)

    def between(self, text: str, first: int, last: int) -> "array[int]":
        """Those from the first place to before the last, and those that came late."""
        start, end = self._bounds(text)
        start = bisect_left(self._places, first, start, end)
        return self._places[start : bisect_left(self._places, last, start, end)] + self._late.get(text, _NONE)

    def _bounds(self, text: str) -> tuple[int, int]:
        key = hash(text)
        at = bisect_left(self._hashes, key)
        if at == len(self._hashes) or self._hashes[at] != key:
            return 0, 0
        return self._ends[at], self._ends[at + 1]


def _no_places() -> "array[int]":
    return array("I")


_NONE = _no_places()

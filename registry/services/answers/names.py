"""Near names: what is written much like a name, in memory, for as many names as there are."""

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from registry.services.answers.packed import Texts

SHORT = 5
"""A key of no more letters than this may share no three of them with its own misspelling."""
MIDDLING = 7
"""From so many letters on a name is known by runs of four, up to one more by runs of three: long runs are rare."""
MOST_COUNTED = 12_000
"""Places looked at for one question: the rarest runs come first, and tell most."""
MOST_COMPARED = 80
NEAR = 60
"""Of 100; what is less alike is no suggestion."""
FAR = 3
"""Edits between two names that nobody mistypes for one another."""
GONE = -1


class Names:
    """Keys of names, each with whose it is (a number); near ones are found by the runs of letters they share."""

    def __init__(self, names: Iterable[tuple[str, int]] = ()) -> None:
        self._keys = Texts()
        self._owners = array("q")
        """GONE where a name is left out."""
        self._runs: defaultdict[str, array[int]] = defaultdict(_no_places)
        self._shortened: defaultdict[str, array[int]] = defaultdict(_no_places)
        self._gone = 0
        for key, owner in names:
            self.add(key, owner)

    def add(self, key: str, owner: int) -> None:
        place = len(self._keys)
        self._keys.add(key.encode())
        self._owners.append(owner)
        if len(key) <= MIDDLING + 1:
            for run in _runs(key, 3):
                self._runs[run].append(place)
        if len(key) >= MIDDLING:
            for run in _runs(key, 4):
                self._runs[run].append(place)
        if len(key) <= SHORT:
            for shorter in _shortened(key):
                self._shortened[shorter].append(place)

    def forget(self, owners: frozenset[int]) -> None:
        """Leave out all names of these."""
        for place in [place for place, owner in enumerate(self._owners) if owner in owners]:
            self._owners[place] = GONE
            self._gone += 1

    @property
    def is_worn(self) -> bool:
        """Whether so many names are left out that building anew is the better."""
        return self._gone > 1_000 and self._gone * 4 > len(self._keys)

    def near(self, key: str, *, limit: int) -> list[int]:
        """Owners, each by its likest name, best first: one edit, two edits, then what is alike."""
        places = [place for place in self._candidates(key) if self._owners[place] != GONE]
        return likest(
            key, [(self._keys.at(place).decode(), self._owners[place]) for place in places], limit=limit
        )

    def _candidates(self, key: str) -> set[int]:
        """Places of the names that share most with the key, and of short ones those that are one edit away."""
        found = set(self._sharing(key, 4))
        if len(key) <= MIDDLING + 2:
            found.update(self._sharing(key, 3))
        if len(key) <= SHORT + 1:
            found.update(*(self._shortened.get(each, _NONE) for each in _shortened(key)))
        return found

    def _sharing(self, key: str, size: int) -> list[int]:
        counted: Counter[int] = Counter()
        left = MOST_COUNTED
        for places in sorted((self._runs.get(each, _NONE) for each in sorted(_runs(key, size))), key=len):
            if places is not _NONE:
                counted.update(places[:left])
                left -= len(places)
            if left <= 0:
                break
        most = max(counted.values(), default=0)
        likely = [place for place, times in counted.items() if 2 * times >= most]
        if len(likely) > MOST_COMPARED:
            length = len(key.encode())
            likely.sort(
                key=lambda place: (-counted[place] / (self._keys.size(place) + length), self._owners[place])
            )
        return likely[:MOST_COMPARED]


def likest(key: str, names: Sequence[tuple[str, int]], *, limit: int) -> list[int]:
    """Owners of names that are like the key, each by its likest one, best first."""
    best: dict[int, tuple[int, float]] = {}
    reach = 1 if len(key) < SHORT else 2
    keys = [name for name, _ in names]
    # A short name inside a long one scores high by WRatio; plain likeness breaks the tie.
    for name, score, at in process.extract(key, keys, scorer=fuzz.WRatio, score_cutoff=NEAR, limit=None):
        edits = min(OSA.distance(key, name, score_cutoff=reach), FAR if reach == 2 else 2)
        likeness = 0.5 * score + 0.5 * fuzz.ratio(key, name) + (name[0] == key[0])
        owner = names[at][1]
        rank = (-edits if edits <= reach else -FAR, likeness)
        best[owner] = max(best.get(owner, rank), rank)
    return sorted(best, key=lambda owner: (best[owner], -owner), reverse=True)[:limit]


def near_of_all(key: str, names: Iterable[Sequence[tuple[str, int]]], *, limit: int) -> list[int]:
    """What `Names` of all of these would find, in their order: for one question only those that it could are kept."""
    return Names(each for some in names for each in _in_reach(key, some)).near(key, limit=limit)


def _in_reach(key: str, names: Sequence[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Every name that `Names` looks at for this key, and some more: it shares a run of the size for its length."""
    long = _holds_one_of(_runs(key, 4))
    short = _holds_one_of(_runs(key, 3)) if len(key) <= MIDDLING + 2 else long
    shortened = _shortened(key) if len(key) <= SHORT + 1 else set()
    for name, owner in names:
        holds = short if len(name) <= MIDDLING + 1 else long
        if holds(f"^{name}$") or (len(name) <= SHORT and not shortened.isdisjoint(_shortened(name))):
            yield name, owner


def _holds_one_of(runs: set[str]) -> Callable[[str], object]:
    return re.compile("|".join(map(re.escape, runs)) or "(?!)").search


def _no_places() -> "array[int]":
    return array("I")


_NONE = _no_places()


def _runs(key: str, size: int) -> set[str]:
    """So many letters each; the edges of the key count as letters."""
    edged = f"^{key}$"
    return {edged[start : start + size] for start in range(len(edged) - size + 1)}


def _shortened(key: str) -> set[str]:
    """The key and what is left of it when one letter goes: two keys one edit apart share one of these."""
    return {key, *(key[:place] + key[place + 1 :] for place in range(len(key)))}

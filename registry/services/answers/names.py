"""Near names: what is written much like a name, in memory, for as many names as there are."""

import re
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from registry.services.answers.postings import Postings, Words

SHORT = 5
"""A key of no more letters than this may share no three of them with its own misspelling."""
MIDDLING = 7
"""From so many letters on a name is known by runs of four, up to one more by runs of three: long runs are rare."""
MOST_TRIED = 3_000
"""Names of nearly the same length that are measured for one question: those with the rarest runs, the nearest lengths
first."""
MOST_COUNTED = 3_000
"""Places looked at for what is alike: the rarest runs come first, and tell most."""
MOST_COMPARED = 80
NEAR = 60
"""Of 100; what is less alike is no suggestion."""
FAR = 3
"""Edits between two names that nobody mistypes for one another."""
GONE = -1


class Names:
    """Keys of names, each with whose it is (a number); near ones are found by the runs of letters they share."""

    def __init__(self, names: Iterable[tuple[str, int]] = ()) -> None:
        known = sorted(names, key=lambda name: len(name[0]))
        self._keys = Words(key for key, _ in known)
        """By their lengths, so that a run's places for some lengths lie together."""
        self._owners = array("q", (owner for _, owner in known))
        """GONE where a name is left out."""
        self._runs = Postings(_runs_of(key) for key, _ in known)
        self._shortened = Postings(_shortened_of(key) for key, _ in known)
        self._gone = 0

    def add(self, key: str, owner: int) -> None:
        place = len(self._keys)
        self._keys.add(key)
        self._owners.append(owner)
        for run in _runs_of(key):
            self._runs.add(run, place)
        for shorter in _shortened_of(key):
            self._shortened.add(shorter, place)

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
        places = sorted(self._candidates(key))
        named = zip(self._keys.read(places), self._owners_of(places), strict=True)
        return likest(key, [each for each in named if each[1] != GONE], limit=limit)

    def _owners_of(self, places: Sequence[int]) -> Sequence[int]:
        """Of places that rise."""
        return [self._owners[place] for place in places]

    def _candidates(self, key: str) -> set[int]:
        """Places of the names within reach, of those that share most with the key, and of short ones one edit away."""
        sizes = (4, 3) if len(key) <= MIDDLING + 2 else (4,)
        found = set(self._within_reach(key, sizes))
        for size in sizes:
            found.update(self._sharing(key, size))
        if len(key) <= SHORT + 1:
            found.update(*(self._shortened.all(each) for each in _shortened(key)))
        return found

    def _within_reach(self, key: str, sizes: Sequence[int]) -> Iterator[int]:
        reach = _reach(key)
        first, last = self._keys.of_lengths(len(key) - reach, len(key) + reach)
        tried: set[int] = set()
        for size in sizes:
            shared = (self._runs.between(each, first, last) for each in sorted(_runs(key, size)))
            # No edit changes more than size + 1 runs: beside so many for each, one is left.
            for some in sorted(shared, key=len)[: reach * (size + 1) + 1]:
                left = MOST_TRIED - len(tried)
                tried.update(some if len(some) <= left else self._nearest(some, len(key), reach)[:left])
        places = sorted(tried)
        keys = self._keys.read(places)
        for _, _, at in process.extract(key, keys, scorer=OSA.distance, score_cutoff=reach, limit=None):
            yield places[at]

    def _nearest(self, places: "array[int]", length: int, reach: int) -> "array[int]":
        """The same, those of nearly the length first."""
        found = array("I")
        for far in range(reach + 1):
            for each in {length - far, length + far}:
                first, last = self._keys.of_lengths(each, each)
                found += places[bisect_left(places, first) : bisect_left(places, last)]
        return found + places[bisect_left(places, self._keys.late) :]

    def _sharing(self, key: str, size: int) -> list[int]:
        counted: Counter[int] = Counter()
        left = MOST_COUNTED
        for places in sorted((self._runs.all(each) for each in sorted(_runs(key, size))), key=len):
            counted.update(places[:left])
            left -= len(places)
            if left <= 0:
                break
        by_count: defaultdict[int, list[int]] = defaultdict(list)
        for place, times in counted.items():
            by_count[times].append(place)
        most = max(by_count, default=0)
        # The shorter ones come first: of as many runs they share the greater part.
        likely = sorted(
            place
            for times, places in by_count.items()
            if 2 * times >= most
            for place in sorted(places)[:MOST_COMPARED]
        )
        ranked = sorted(
            (-counted[place] / (self._keys.length(place) + len(key)), owner, place)
            for place, owner in zip(likely, self._owners_of(likely), strict=True)
        )
        return [place for _, _, place in ranked[:MOST_COMPARED]]


def likest(key: str, names: Sequence[tuple[str, int]], *, limit: int) -> list[int]:
    """Owners of names that are like the key, each by its likest one, best first.

    Among as few edits, letters left out, swapped or typed twice come before letters that the name does not have: they
    are what people mistype most (Pollock and Zamora 1983), and one of few such slips, not of an alphabet.
    """
    best: dict[int, tuple[int, int, float]] = {}
    reach = _reach(key)
    keys = [name for name, _ in names]
    # A short name inside a long one scores high by WRatio; plain likeness breaks the tie.
    for name, score, at in process.extract(key, keys, scorer=fuzz.WRatio, score_cutoff=NEAR, limit=None):
        edits = OSA.distance(key, name, score_cutoff=reach)
        likeness = 0.5 * score + 0.5 * fuzz.ratio(key, name) + (name[0] == key[0])
        owner = names[at][1]
        rank = (-edits, -_foreign(key, name), likeness) if edits <= reach else (-FAR, 0, likeness)
        best[owner] = max(best.get(owner, rank), rank)
    return sorted(best, key=lambda owner: (best[owner], -owner), reverse=True)[:limit]


def _reach(key: str) -> int:
    """So many edits a key may be away from the name that was meant."""
    return 1 if len(key) < SHORT else 2


def _foreign(key: str, name: str) -> int:
    """How many letters of the key the name does not have, those aside that follow their like."""
    return (Counter(letter for letter, _ in groupby(key)) - Counter(name)).total()


class NamesInLines(Names):
    """Of very many names, one a line, those that may be near one key, found as `Names` of all of them would find them:
    they are looked for by the runs of this key alone, and whose they are is asked of the few that count.
    """

    def __init__(self, key: str, lines: str, owners_of: Callable[[Sequence[str]], Mapping[str, int]]) -> None:
        super().__init__()
        self._owners_by_key = owners_of
        lines = f"\n{lines}\n"
        if len(key) <= MIDDLING + 2:
            sharing = {run: {*_holding(run, lines)} for run in _runs(key, 3)}
            long = [name for name in set().union(*sharing.values()) if len(name) >= MIDDLING]
            holding = {
                run: {name for name in some if len(name) <= MIDDLING + 1} for run, some in sharing.items()
            }
            holding |= {run: {name for name in long if run in f"\n{name}\n"} for run in _runs(key, 4)}
        else:
            holding = {
                run: {name for name in _holding(run, lines) if len(name) >= MIDDLING} for run in _runs(key, 4)
            }
        shortened = _shortened(key) if len(key) <= SHORT + 1 else frozenset[str]()
        short = {
            name: _shortened(name) & shortened for name in (_SHORT_ONES.findall(lines) if shortened else ())
        }
        found = set().union(*holding.values(), (name for name, shared in short.items() if shared))
        known = sorted(sorted(found), key=len)
        self._keys = Words(known)
        self._runs = Postings([run for run, some in holding.items() if name in some] for name in known)
        self._shortened = Postings(short.get(name, ()) for name in known)

    def _owners_of(self, places: Sequence[int]) -> Sequence[int]:
        keys = self._keys.read(places)
        owners = self._owners_by_key(keys)
        return [owners.get(key, GONE) for key in keys]


_SHORT_ONES = re.compile(f"\n(.{{1,{SHORT}}})(?=\n)")


def _holding(run: str, lines: str) -> Iterator[str]:
    """Each line in which it stands."""
    at = lines.find(run)
    while at >= 0:
        start = lines.rfind("\n", 0, at + 1) + 1
        end = lines.index("\n", start)
        yield lines[start:end]
        at = lines.find(run, end)


def _runs(key: str, size: int) -> set[str]:
    """So many letters each; the ends of a line count as letters."""
    edged = f"\n{key}\n"
    return {edged[start : start + size] for start in range(len(edged) - size + 1)}


def _runs_of(key: str) -> set[str]:
    """By which a name is known."""
    if len(key) < MIDDLING:
        return _runs(key, 3)
    return _runs(key, 4) if len(key) > MIDDLING + 1 else _runs(key, 3) | _runs(key, 4)


def _shortened_of(key: str) -> Collection[str]:
    """By which a short name is known as well."""
    return _shortened(key) if len(key) <= SHORT else ()


def _shortened(key: str) -> set[str]:
    """The key and what is left of it when one letter goes: two keys one edit apart share one of these."""
    return {key, *(key[:place] + key[place + 1 :] for place in range(len(key)))}

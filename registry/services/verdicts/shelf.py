"""All published verdicts in memory by their facets: found, counted and ordered without asking the store.

A value made of facts; how it is kept true is shelving.py's business.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import field
from datetime import date
from functools import cached_property, reduce
from operator import and_, or_
from typing import Any

from registry.domain.lookup import House
from registry.domain.outcome import MEANINGS, Outcome, members
from registry.domain.validity import ValidityState
from registry.domain.values import dataclass
from registry.services.verdicts.publishing import HIDDEN
from registry.store.paging import NoMark
from registry.store.shelf import Fact

OLDER = "older"
FACETS = ("outcome", "category", "tag", "office", "tool", "data_class", "validity", "rubric")
UNLIMITED = ""
"""Under this value stand the verdicts that bind a facet to nothing."""


@dataclass(frozen=True)
class Filter:
    """Facets of the list and of every feed; several values of one facet widen it, several facets narrow it."""

    outcomes: frozenset[Outcome] = frozenset()
    categories: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    offices: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    data_classes: frozenset[str] = frozenset()
    validities: frozenset[ValidityState] = frozenset()
    rubrics: frozenset[str] = frozenset()
    """Rubrics by name and version, `standard-1`; OLDER for what was judged by one that is in force no more."""
    text: str = ""


@dataclass(frozen=True)
class Judges:
    """Rubric and table files by content hash."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Of rubrics: name and version, `standard-1`."""
    in_force: frozenset[str] = frozenset()

    def told(self, judged: tuple[str, str]) -> frozenset[str]:
        """The values of the facet by which what was judged so is found."""
        older = frozenset() if self.in_force.issuperset(judged) else frozenset({OLDER})
        return frozenset({self.names.get(judged[0], "")}) | older


ORDERS: Mapping[str, Callable[[Fact], Any]] = {
    "number": lambda each: each.number,
    "tool": lambda each: (each.name.casefold(), each.number),
    "category": lambda each: (each.category.casefold(), each.number),
    "ends": lambda each: (each.ends_on or date.max, each.number),
}
NEWEST = "-number"


@dataclass(frozen=True)
class Cut:
    """One page of what was found, in order."""

    facts: Sequence[Fact]
    start: int
    """How many come before it."""
    more: bool
    before: int | None
    """Number of the verdict after which the page before begins, 0 for the first page; None where this is it."""


Bits = int
"""One bit a verdict, at its place among the facts."""


class Shelf:
    mark = ""
    """Differs from that of any other shelf of the same store whose verdicts may read otherwise."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self.facts: Sequence[Fact] = sorted(facts, key=ORDERS["number"])
        self._orders: dict[str, Sequence[int]] = {}
        self._all: Bits = (1 << len(self.facts)) - 1

    def marked(self, mark: str) -> "Shelf":
        """The same shelf under another mark."""
        found = copy(self)
        found.mark = mark
        return found

    def with_facts(self, tool_ids: Collection[int], facts: Sequence[Fact]) -> "Shelf":
        """Another one, on which these tools have these facts; itself, where they have them already."""
        known = [each for each in self.facts if each.tool_id in tool_ids]
        if known == sorted(facts, key=ORDERS["number"]):
            return self
        return Shelf([*(each for each in self.facts if each.tool_id not in tool_ids), *facts])

    def differing(self, other: "Shelf") -> frozenset[int]:
        """Ids of the tools of which the two do not say the same."""
        return frozenset(each.tool_id for each in {*self.facts} ^ {*other.facts})

    def find(self, wanted: Filter, house: House, judges: Judges, says: Collection[int] | None) -> Bits:
        """What passes the filter; `says` holds the ids of those with its words, None where it has none."""
        return reduce(and_, self._passing(wanted, house, judges).values(), self._saying(says))

    def count(
        self, wanted: Filter, house: House, judges: Judges, says: Collection[int] | None
    ) -> dict[str, dict[str, int]]:
        """Facet -> value -> how many there would be with that value chosen instead; none is left out."""
        passing, said = self._passing(wanted, house, judges), self._saying(says)
        counts: dict[str, dict[str, int]] = {}
        for facet, values in self._offered(house, judges).items():
            rest = reduce(and_, (bits for name, bits in passing.items() if name != facet), said)
            counted = {value: (rest & bits).bit_count() for value, bits in values.items()}
            counts[facet] = {value: counted[value] for value in sorted(counted) if counted[value]}
        return counts

    def cut(self, found: Bits, *, sort: str = NEWEST, after: int = 0, limit: int) -> Cut:
        """The page after the verdict of this number, which need not be found itself; the first one for 0.

        `sort` is one of ORDERS, with a minus before it for the other way round. Raises NoMark where no verdict here
        has this number.
        """
        order, at = self._order(sort), self._after(sort, after)
        holds = _tester(found, len(self.facts))
        before = [place for place in order[:at] if holds(place)]
        rows: list[Fact] = []
        more = False
        for place in order[at:]:
            if holds(place):
                more = len(rows) == limit
                if more:
                    break
                rows.append(self.facts[place])
        back = len(before) - limit - 1
        earlier = None if not before else self.facts[before[back]].number if back >= 0 else 0
        return Cut(rows, len(before), more, earlier)

    def ordered(self, found: Bits, sort: str = NEWEST) -> list[Fact]:
        """All that was found, in order."""
        holds = _tester(found, len(self.facts))
        return [self.facts[place] for place in self._order(sort) if holds(place)]

    def find_number(self, number: int) -> Fact | None:
        at = bisect_left(self.facts, number, key=ORDERS["number"])
        return self.facts[at] if at < len(self.facts) and self.facts[at].number == number else None

    def called(self, word: str) -> set[int]:
        """Ids of the verdicts on tools whose name or vendor holds this word."""
        return {
            each.id for each in self.facts if word in each.name.casefold() or word in each.vendor.casefold()
        }

    def _order(self, sort: str) -> Sequence[int]:
        if sort not in self._orders:
            key = ORDERS[sort.removeprefix("-")]
            places = sorted(range(len(self.facts)), key=lambda place: key(self.facts[place]))
            self._orders[sort] = places[::-1] if sort.startswith("-") else places
        return self._orders[sort]

    def _after(self, sort: str, number: int) -> int:
        """Where in the order the page after this verdict begins."""
        if not number:
            return 0
        fact = self.find_number(number)
        if fact is None:
            raise NoMark(str(number))
        key, order = ORDERS[sort.removeprefix("-")], self._order(sort)
        turned = order[::-1] if sort.startswith("-") else order
        at = bisect_left(turned, key(fact), key=lambda place: key(self.facts[place]))
        return len(order) - at if sort.startswith("-") else at + 1

    def _saying(self, says: Collection[int] | None) -> Bits:
        return (
            self._all
            if says is None
            else self._bits(at for at, each in enumerate(self.facts) if each.id in says)
        )

    def _passing(self, wanted: Filter, house: House, judges: Judges) -> dict[str, Bits]:
        """Facet -> what passes it."""
        asked: Mapping[str, Iterable[str]] = {
            "outcome": {each for outcome in wanted.outcomes for each in members(outcome)},
            "category": wanted.categories,
            "tag": wanted.tags,
            "office": {*wanted.offices, UNLIMITED} if wanted.offices else (),
            "validity": wanted.validities or frozenset(ValidityState) - HIDDEN,
        }
        passing = {facet: self._any(self._by[facet], values) for facet, values in asked.items() if values}
        offered = self._offered(house, judges)
        if wanted.rubrics:
            passing["rubric"] = self._any(offered["rubric"], wanted.rubrics)
        if wanted.data_classes:
            unlimited = self._by["ceiling"].get(UNLIMITED, 0)
            covering = (offered["data_class"].get(name, unlimited) for name in wanted.data_classes)
            passing["data_class"] = reduce(and_, covering)
        if wanted.tools:
            passing["tool"] = self._bits(
                at for at, each in enumerate(self.facts) if each.slug in wanted.tools
            )
        return passing

    def _offered(self, house: House, judges: Judges) -> dict[str, dict[str, Bits]]:
        """Facet -> value -> what would be listed under it."""
        by = self._by
        groups = {outcome.value: self._any(by["outcome"], members(outcome)) for outcome in MEANINGS}
        everywhere, ceilings = by["office"].get(UNLIMITED, 0), by["ceiling"]
        named = {*house.offices, *by["office"]} - {UNLIMITED}
        rubrics: dict[str, Bits] = defaultdict(int)
        for judged, bits in self._judged.items():
            for value in judges.told(judged):
                rubrics[value] |= bits
        classes = house.data_classes
        return {
            "outcome": groups,
            "category": {name: bits for name, bits in by["category"].items() if name},
            "tag": dict(by["tag"]),
            "office": {
                code: by["office"].get(code, 0) | (everywhere if code in house.offices else 0)
                for code in named
            },
            "data_class": {
                name: self._any(ceilings, (UNLIMITED, *classes[place:])) for place, name in enumerate(classes)
            },
            "validity": dict(by["validity"]),
            "rubric": rubrics,
        }

    @cached_property
    def _by(self) -> Mapping[str, Mapping[str, Bits]]:
        places: dict[str, dict[str, list[int]]] = {
            facet: defaultdict(list)
            for facet in ("outcome", "category", "tag", "office", "ceiling", "validity")
        }
        for at, each in enumerate(self.facts):
            places["outcome"][each.outcome].append(at)
            places["category"][each.category].append(at)
            places["ceiling"][each.data_ceiling or UNLIMITED].append(at)
            places["validity"][each.state].append(at)
            for tag in each.tags:
                places["tag"][tag].append(at)
            for office in each.offices or (UNLIMITED,):
                places["office"][office].append(at)
        return {
            facet: {value: self._bits(found) for value, found in values.items()}
            for facet, values in places.items()
        }

    @cached_property
    def _judged(self) -> Mapping[tuple[str, str], Bits]:
        places: dict[tuple[str, str], list[int]] = defaultdict(list)
        for at, each in enumerate(self.facts):
            if each.judged is not None:
                places[each.judged].append(at)
        return {judged: self._bits(found) for judged, found in places.items()}

    def _any(self, values: Mapping[str, Bits], wanted: Iterable[str]) -> Bits:
        return reduce(or_, (values.get(value, 0) for value in wanted), 0)

    def _bits(self, places: Iterable[int]) -> Bits:
        told = bytearray(len(self.facts) // 8 + 1)
        for place in places:
            told[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(told, "little")


def _tester(bits: Bits, size: int) -> Callable[[int], int]:
    told = bits.to_bytes(size // 8 + 1, "little")
    return lambda place: told[place >> 3] >> (place & 7) & 1

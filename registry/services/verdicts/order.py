"""Notices in one order, with what they are found by as sets of bits: one bit a notice, at its place.

A value; which notices there are, and who may read them by when, is annals.py's business.
"""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from typing import Any

from registry.domain.values import dataclass

Bits = int
Mark = tuple[str, object]
"""A facet and a value of it."""
Key = tuple[int, int]
"""A moment in microseconds, and the number of a notice: its place in an order."""


@dataclass(frozen=True)
class Order:
    moments: "array[int]"
    numbers: "array[int]"
    """Ascending by moment and, of one moment, by number."""
    marked: Mapping[Mark, Bits]
    """Under each mark, those that bear it."""

    def __len__(self) -> int:
        return len(self.numbers)

    def before(self, moment: int, number: int = 0) -> Bits:
        """All that stand before a notice of this moment and number."""
        return (1 << self._place((moment, number))) - 1

    def among(self, keys: Iterable[Key]) -> Bits:
        """Those of these keys that stand here."""
        places = ((self._place(key), key[1]) for key in keys)
        return _bits(
            (at for at, number in places if self.numbers[at : at + 1] == array("q", (number,))), len(self)
        )

    def later_than(self, number: int) -> Bits:
        """Those with a higher number."""
        return _bits((at for at, each in enumerate(self.numbers) if each > number), len(self))

    def any(self, facet: str, values: Iterable[object]) -> Bits:
        return reduce(or_, (self.marked.get((facet, value), 0) for value in values), 0)

    def values(self, facet: str) -> list[Any]:
        return [value for of, value in self.marked if of == facet]

    def with_more(self, rows: Collection[tuple[Key, tuple[Mark, ...]]]) -> "Order":
        """Another one, in which these have their places too; made for few of them."""
        moments, numbers, marked = self.moments[:], self.numbers[:], dict(self.marked)
        order = Order(moments, numbers, marked)
        for key, marks in rows:
            at = order._place(key)
            moments.insert(at, key[0])
            numbers.insert(at, key[1])
            below = (1 << at) - 1
            if at < len(numbers) - 1:
                marked.update({mark: bits & below | (bits & ~below) << 1 for mark, bits in marked.items()})
            for mark in marks:
                marked[mark] = marked.get(mark, 0) | 1 << at
        return order

    def _place(self, key: Key) -> int:
        return bisect_left(range(len(self)), key, key=lambda at: (self.moments[at], self.numbers[at]))


def order_of(rows: Iterable[tuple[Key, tuple[Mark, ...]]]) -> Order:
    ordered = sorted(rows, key=lambda row: row[0])
    alike: dict[tuple[Mark, ...], list[int]] = defaultdict(list)
    for at, (_, marks) in enumerate(ordered):
        alike[marks].append(at)
    marked: dict[Mark, Bits] = defaultdict(int)
    for marks, places in alike.items():
        bits = _bits(places, len(ordered))
        for mark in marks:
            marked[mark] |= bits
    return Order(
        array("q", (moment for (moment, _), _ in ordered)),
        array("q", (number for (_, number), _ in ordered)),
        dict(marked),
    )


def downward(bits: Bits) -> Iterator[int]:
    """The places of the bits that are set, the last one first."""
    while bits:
        at = bits.bit_length() - 1
        yield at
        bits ^= 1 << at


def cut(bits: Bits, *, skip: int, limit: int) -> list[int]:
    """The places of so many bits that are set, in order, after the first ones."""

    def counted(place: int) -> int:
        return (bits & ((1 << place) - 1)).bit_count()

    size = bits.bit_length()
    start, end = (bisect_left(range(size), wanted, key=counted) for wanted in (skip, skip + limit))
    return [*downward((bits & ((1 << end) - 1)) >> start << start)][::-1]


def _bits(places: Iterable[int], size: int) -> Bits:
    told = bytearray(size // 8 + 1)
    for place in places:
        told[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(told, "little")

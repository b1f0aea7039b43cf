"""The list of tools under its filters: a page of it, and how many there are of each kind."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from sqlmodel import Session

from registry.domain.lookup import AnswerCode
from registry.domain.values import dataclass
from registry.services.answers.roll import Entry, Holding, Roll
from registry.store import tools
from registry.store.tags import Tagged, Tags
from registry.store.tools import Line, Narrowed

Some = TypeVar("Some", Entry, Tagged)

OFFERED = tuple(code for code in AnswerCode if code is not AnswerCode.UNKNOWN_TOOL)
BARE = AnswerCode.NOT_REVIEWED
"""The answer of every tool that is not on the roll."""
AT_ONCE = 1_000
MOST_WORDS = 200
"""Searches of which it is kept what they find."""
MOST_FOUND = 4_000
"""Tools of one search that are kept; of more the first fifty are soon found by their order."""
MOST_AMONG = 1_000
"""Tools by whose ids the store is asked for a page; among more it finds those that hold the words sooner."""


@dataclass(frozen=True)
class ToolFilter:
    """Several values of one facet widen the list, several facets narrow it."""

    answers: frozenset[AnswerCode] = frozenset()
    categories: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    text: str = ""


@dataclass(frozen=True)
class Told:
    tool: Line
    answer: AnswerCode
    tags: Tags


@dataclass(frozen=True)
class ToolListing:
    tools: Sequence[Told]
    total: int
    back: bool
    """Whether there are some before these."""
    on: bool
    """Whether there are some after these."""
    facets: Mapping[str, Mapping[str, int]]
    """`answer`, `category` and `tag`: value -> how many tools would be listed with that value chosen instead."""


def listing(
    session: Session,
    roll: Roll,
    wanted: ToolFilter,
    *,
    sort: str = "tool",
    after: str = "",
    before: str = "",
    limit: int,
) -> ToolListing:
    """The page after the tool of that slug, or before it. `sort` is one of `tools.ORDERS`, turned by a minus."""
    first = limit + 1 if sort == "tool" and not (after or before) else None
    narrowed = _narrowed(session, roll, wanted, first=first)
    found = tools.lines(session, narrowed, sort=sort, after=after, before=before, limit=limit + 1)
    more = len(found) > limit
    shown = found[-limit:] if before else found[:limit]
    counts = _counts(session, roll, wanted)
    total = sum(
        count
        for (category, code), count in counts.items()
        if (not wanted.categories or category in wanted.categories)
        and (not wanted.answers or code in wanted.answers)
    )
    back, on = (more, True) if before else (bool(after), more)
    facets = _facets(counts, wanted) | {"tag": _tag_facet(session, roll, wanted)}
    return ToolListing(_told(roll, shown), total, back, on, facets)


def every(session: Session, roll: Roll, wanted: ToolFilter, *, sort: str = "tool") -> Iterator[Told]:
    """All that pass the filter, in order, read some at a time."""
    narrowed, after = _narrowed(session, roll, wanted), ""
    while True:
        found = tools.lines(session, narrowed, sort=sort, after=after, limit=AT_ONCE)
        yield from _told(roll, found)
        if len(found) < AT_ONCE:
            return
        after = found[-1].slug


def _told(roll: Roll, found: Sequence[Line]) -> list[Told]:
    return [Told(each, roll.code(each.id), roll.tags(each.id)) for each in found]


def _narrowed(session: Session, roll: Roll, wanted: ToolFilter, *, first: int | None = None) -> Narrowed:
    """With `first` no more than so many are wanted, by their slugs."""
    among: frozenset[int] | None = None
    without: frozenset[int] = frozenset()
    if wanted.answers and BARE in wanted.answers:
        without = frozenset(each.id for each in roll.entries.values() if each.code not in wanted.answers)
    elif wanted.answers:
        among = frozenset(each.id for each in roll.entries.values() if each.code in wanted.answers)
    words = tuple(wanted.text.split())
    if words and not wanted.tags:
        ids = _holding(session, roll, words).ids
        if ids is not None and first and not (wanted.answers or wanted.categories):
            ids = ids[:first]
        if ids is not None and len(ids) <= MOST_AMONG:
            words, among = (), frozenset(ids) if among is None else among.intersection(ids)
    return Narrowed(wanted.categories, wanted.tags, words, among, without)


def _counts(session: Session, roll: Roll, wanted: ToolFilter) -> Mapping[tuple[str, AnswerCode], int]:
    """Category and answer -> how many tools have one of the tags, where some are wanted, and hold the words."""
    words = wanted.text.casefold().split()
    if wanted.tags:
        bearing = {each.id: each for tag in wanted.tags for each in roll.bearing.get(tag, ())}
        return Counter((each.category, roll.code(each.id)) for each in bearing.values() if _says(each, words))
    if words:
        totals = _holding(session, roll, tuple(wanted.text.split())).categories
        saying = _saying(session, roll, wanted, roll.entries)
        counted = Counter((each.category, each.code) for each in saying)
    else:
        totals, counted = roll.categories, Counter(roll.counted)
    decided: Counter[str] = Counter()
    for (category, _), count in counted.items():
        decided[category] += count
    for category, count in totals.items():
        counted[category, BARE] = max(0, count - decided[category])
    return counted


def _holding(session: Session, roll: Roll, words: tuple[str, ...]) -> Holding:
    """The tools that hold these words: every tool is looked at, so it is kept until one is renamed."""
    found = roll.holding.get(words)
    if found is None:
        if len(roll.holding) >= MOST_WORDS:
            roll.holding.clear()
        counts = tools.category_counts_of(session, words)
        few = sum(counts.values()) <= MOST_FOUND
        ids = array("i", tools.ids_holding(session, words)) if few else None
        found = roll.holding[words] = Holding(counts, ids)
    return found


def _saying(session: Session, roll: Roll, wanted: ToolFilter, known: Mapping[int, Some]) -> Iterable[Some]:
    """Of what is known by the tools' ids, that of those which hold the words."""
    ids = None if wanted.tags else _holding(session, roll, tuple(wanted.text.split())).ids
    if ids is None:
        words = wanted.text.casefold().split()
        return (each for each in known.values() if _says(each, words))
    return (known[each] for each in ids if each in known)


def _says(entry: Entry | Tagged, words: Sequence[str]) -> bool:
    told = f"{entry.name} {entry.vendor}".casefold()
    return all(word in told for word in words)


def _facets(counts: Mapping[tuple[str, AnswerCode], int], wanted: ToolFilter) -> dict[str, dict[str, int]]:
    answers: Counter[str] = Counter()
    categories: Counter[str] = Counter()
    for (category, code), count in counts.items():
        if not wanted.categories or category in wanted.categories:
            answers[code.value] += count
        if category and (not wanted.answers or code in wanted.answers):
            categories[category] += count
    return {
        "answer": {code.value: answers[code.value] for code in OFFERED if answers[code.value]},
        "category": {name: categories[name] for name in sorted(categories) if categories[name]},
    }


def _tag_facet(session: Session, roll: Roll, wanted: ToolFilter) -> dict[str, int]:
    counted: Iterable[tuple[tuple[str, str, AnswerCode], int]] = roll.tag_counted.items()
    if wanted.text.split():
        counted = (
            ((tag, each.category, roll.code(each.id)), 1)
            for each in _saying(session, roll, wanted, roll.tagged)
            for tag in each.tags
        )
    found: Counter[str] = Counter()
    for (tag, category, code), count in counted:
        if not wanted.categories or category in wanted.categories:
            found[tag] += count if not wanted.answers or code in wanted.answers else 0
    return {tag: found[tag] for tag in sorted(found) if found[tag]}

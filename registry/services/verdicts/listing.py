"""The list of published verdicts under its filters, with how many there are of each kind."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from registry.domain.lookup import House
from registry.domain.outcome import MEANINGS, Outcome, members
from registry.domain.validity import ValidityState
from registry.services.verdicts.publishing import HIDDEN, Published, published
from registry.store import rubrics, tables, verdicts

OLDER = "older"


@dataclass(frozen=True)
class Filter:
    """Facets of the list and of every feed; several values of one facet widen it, several facets narrow it."""

    outcomes: frozenset[Outcome] = frozenset()
    categories: frozenset[str] = frozenset()
    offices: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    data_classes: frozenset[str] = frozenset()
    validities: frozenset[ValidityState] = frozenset()
    rubrics: frozenset[str] = frozenset()
    """Rubrics by name and version, `standard-1`; OLDER for what was judged by one that is in force no more."""
    text: str = ""


@dataclass(frozen=True)
class Listing:
    verdicts: Sequence[Published]
    """All that pass the filter, newest first."""
    facets: Mapping[str, Mapping[str, int]]
    """Facet -> value -> how many verdicts would be listed with that value chosen instead."""


def listing(session: Session, wanted: Filter, house: House, *, now: datetime) -> Listing:
    """The published verdicts under a filter, in a fixed number of queries."""
    every = published(session, verdicts.published(session, now=now), house, now=now)
    judged = _judged_by(session)
    every = [replace(each, rubrics=judged.get(each.row.evaluation_id, frozenset())) for each in every]
    return Listing([each for each in every if passes(each, wanted, house)], _facets(every, wanted, house))


def _judged_by(session: Session) -> dict[int | None, frozenset[str]]:
    """Evaluation id -> the rubric that its verdict was judged by, and whether it or its table is in force no more."""
    found: dict[int | None, frozenset[str]] = {}
    for each in rubrics.judging(session):
        older = frozenset() if each.in_force else frozenset({OLDER})
        found[each.evaluation_id] = frozenset({f"{each.name}-{each.version}"}) | older
    return found


def passes(each: Published, wanted: Filter, house: House) -> bool:
    """Whether a verdict is among those that a filter lists."""
    return all(_passes_facet(each, facet, wanted, house) for facet in _FACETS) and _says(each, wanted.text)


def _passes_facet(each: Published, facet: str, wanted: Filter, house: House) -> bool:
    row = each.row
    if facet == "outcome":
        allowed = frozenset[Outcome]().union(*(members(outcome) for outcome in wanted.outcomes))
        return not wanted.outcomes or row.outcome in allowed
    if facet == "category":
        return not wanted.categories or each.tool.category in wanted.categories
    if facet == "office":
        return not wanted.offices or not row.offices or bool(wanted.offices & set(row.offices))
    if facet == "tool":
        return not wanted.tools or each.tool.slug in wanted.tools
    if facet == "rubric":
        return not wanted.rubrics or bool(wanted.rubrics & each.rubrics)
    if facet == "data_class":
        return not wanted.data_classes or all(_covers(row, name, house) for name in wanted.data_classes)
    if wanted.validities:
        return each.validity.state in wanted.validities
    return each.validity.state not in HIDDEN


_FACETS = ("outcome", "category", "office", "tool", "data_class", "validity", "rubric")


def _covers(row: tables.Verdict, data_class: str, house: House) -> bool:
    order = house.data_classes
    if row.data_ceiling is None or data_class not in order or row.data_ceiling not in order:
        return row.data_ceiling is None
    return order.index(data_class) <= order.index(row.data_ceiling)


def _says(each: Published, text: str) -> bool:
    words = text.casefold().split()
    told = f"{each.tool.name} {each.tool.vendor} {each.row.rationale}".casefold()
    return all(word in told for word in words)


def _facets(every: Sequence[Published], wanted: Filter, house: House) -> dict[str, dict[str, int]]:
    values: dict[str, Callable[[Published], list[str]]] = {
        "outcome": lambda each: [MEANINGS[each.row.outcome].group.value, each.row.outcome.value],
        "category": lambda each: [each.tool.category] if each.tool.category else [],
        "office": lambda each: each.row.offices or list(house.offices),
        "data_class": lambda each: [name for name in house.data_classes if _covers(each.row, name, house)],
        "validity": lambda each: [each.validity.state.value],
        "rubric": lambda each: sorted(each.rubrics),
    }
    counts: dict[str, dict[str, int]] = {}
    for facet, of in values.items():
        rest = [other for other in _FACETS if other != facet]
        counted: Counter[str] = Counter()
        for each in every:
            if _says(each, wanted.text) and all(_passes_facet(each, other, wanted, house) for other in rest):
                counted.update(set(of(each)))
        counts[facet] = dict(sorted(counted.items()))
    return counts

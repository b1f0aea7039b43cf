"""The list of published verdicts under its filters: a page of it, all of it, and how many there are of each kind."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.lookup import House
from registry.domain.validity import validity
from registry.domain.values import dataclass
from registry.services.verdicts.publishing import Listed
from registry.services.verdicts.shelf import NEWEST, Cut, Filter, Judges, Shelf
from registry.store import rubrics, rulings
from registry.store import shelf as store
from registry.store.shelf import Fact


@dataclass(frozen=True)
class Listing:
    cut: Cut
    total: int
    """How many pass the filter."""
    facets: Mapping[str, Mapping[str, int]]
    """Facet -> value -> how many verdicts would be listed with that value chosen instead."""


def listing(
    session: Session,
    shelf: Shelf,
    wanted: Filter,
    house: House,
    *,
    sort: str = NEWEST,
    after: int = 0,
    limit: int,
) -> Listing:
    """One page under a filter, and the counts beside it; the cost does not grow with the registry, save for words."""
    judges, says = Judges(*rubrics.judges(session)), saying(session, shelf, wanted.text)
    found = shelf.find(wanted, house, judges, says)
    cut = shelf.cut(found, sort=sort, after=after, limit=limit)
    return Listing(cut, found.bit_count(), shelf.count(wanted, house, judges, says))


def every(session: Session, shelf: Shelf, wanted: Filter, house: House, *, sort: str = NEWEST) -> list[Fact]:
    """All that pass the filter, in order."""
    says = saying(session, shelf, wanted.text)
    return shelf.ordered(shelf.find(wanted, house, Judges(*rubrics.judges(session)), says), sort)


def newest(
    session: Session, wanted: Filter, house: House, *, now: datetime, limit: int | None = None
) -> list[Listed]:
    """All that pass the filter, or so many of them, whole and newest first."""
    shelf = Shelf(store.facts(session, now=now, zone=house.zone))
    return whole(session, every(session, shelf, wanted, house)[:limit], house, now=now)


def whole(session: Session, facts: Sequence[Fact], house: House, *, now: datetime) -> list[Listed]:
    """The same verdicts with all that is published of them, in the same order."""
    known = rulings.whole(session, [each.id for each in facts])
    found = [known[each.id] for each in facts if each.id in known]
    rows, slugs = [each.decided for each in found], {each.decided.tool_id: each.tool.slug for each in found}
    return [
        Listed(each.decided, each.tool, ruling, validity(ruling, at=now, zone=house.zone), each.adopted)
        for each, ruling in zip(found, rulings.as_rulings(session, rows, slugs=slugs, now=now), strict=True)
    ]


def saying(session: Session, shelf: Shelf, text: str) -> set[int] | None:
    """Ids of the verdicts that hold every word in the tool's name, its vendor or the reasons; None for no word."""
    words = text.casefold().split()
    if not words:
        return None
    return set.intersection(*(shelf.called(word) | store.saying(session, word) for word in words))

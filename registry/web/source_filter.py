"""Which sources a list shows and in what order, as its address says: for the page, its files and the API alike."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.values import dataclass
from registry.services.sources.source_health import Health, SourceState, health
from registry.store import sources
from registry.store.columns import id_of
from registry.store.paging import row_mark
from registry.store.sources import SourceYield, Standing
from registry.store.tables import Source
from registry.web.understood import code
from registry.web.words import words
from scrapers.links import public_url

YEAR = timedelta(days=365)
TROUBLE = "trouble"
NO_GROUP = "-"

ORDER = (
    SourceState.BROKEN,
    SourceState.GONE,
    SourceState.FAILING,
    SourceState.QUIET,
    SourceState.UNREAD,
    SourceState.HEALTHY,
    SourceState.PAUSED,
)
"""Those that need somebody come first."""
IN_TROUBLE = frozenset(ORDER[:4])


class Sort(StrEnum):
    TROUBLE = "trouble"
    NAME = "name"
    GROUP = "group"
    YIELD = "yield"
    NEWS = "news"


@dataclass(frozen=True)
class Filter:
    """Which sources the list shows; every one of it is an address that can be kept and sent."""

    state: str = ""
    """A SourceState, `trouble` for all that is not well, or "" for any."""
    group: str = ""
    """A group's name, `-` for none, or "" for any."""
    text: str = ""
    sort: Sort = Sort.TROUBLE
    page: int = 1

    @property
    def address(self) -> str:
        return self._address("/sources", ("page", "" if self.page == 1 else str(self.page)))

    def file(self, ending: str) -> str:
        """Where just these are had as a file, from all pages."""
        return self._address(f"/sources.{ending}")

    def _address(self, path: str, *more: tuple[str, str]) -> str:
        parts = [
            ("state", self.state),
            ("group", self.group),
            ("q", self.text),
            ("sort", "" if self.sort is Sort.TROUBLE else self.sort),
            *more,
        ]
        query = urlencode([(name, value) for name, value in parts if value])
        return f"{path}?{query}" if query else path

    @property
    def narrows(self) -> bool:
        return bool(self.state or self.group or self.text)


def as_filter(query: QueryParams) -> Filter:
    """The filter that an address names. Raises InvalidInput for a state, an order or a page that there is not."""
    return Filter(
        state=code(query.get("state", ""), [*SourceState, TROUBLE], "state"),
        group=query.get("group", "").replace("\0", "").strip()[:80],
        text=query.get("q", "").replace("\0", "").strip()[:200],
        sort=Sort(code(query.get("sort", ""), tuple(Sort), "sort") or Sort.TROUBLE),
        page=max(1, row_mark(query.get("page", ""))),
    )


@dataclass(frozen=True)
class Fares:
    standing: Standing
    health: Health
    has_text: bool


def fares_of(session: Session, wanted: Filter, now: datetime) -> list[Fares]:
    sought = wanted.text.casefold().split()
    return [Fares(each, health(each, now), _has_text(each, sought)) for each in sources.standings(session)]


def matches(each: Fares, wanted: Filter) -> bool:
    return (
        each.has_text
        and in_state(each.health.state, wanted.state)
        and in_group(each.standing.group, wanted.group)
    )


def in_state(state: SourceState, wanted: str) -> bool:
    return not wanted or (state in IN_TROUBLE if wanted == TROUBLE else state == wanted)


def in_group(group: str, wanted: str) -> bool:
    return not wanted or (not group if wanted == NO_GROUP else group == wanted)


def listed(session: Session, wanted: Filter, now: datetime) -> list[Source]:
    """All that the filter shows, on every page, in its order."""
    found = [each for each in fares_of(session, wanted, now) if matches(each, wanted)]
    return some(session, in_order(session, found, wanted, now))


def matching_ids(session: Session, wanted: Filter, now: datetime) -> list[int]:
    return [each.standing.id for each in fares_of(session, wanted, now) if matches(each, wanted)]


def in_order(session: Session, found: Sequence[Fares], wanted: Filter, now: datetime) -> list[int]:
    harvests = sources.yields(session, now - YEAR) if wanted.sort is Sort.YIELD else {}
    return [each.standing.id for each in sorted(found, key=_key(wanted.sort, harvests))]


def some(session: Session, ids: Sequence[int]) -> list[Source]:
    """Those of the ids that there are, in the same order."""
    by_id = {id_of(each): each for each in sources.some(session, ids)}
    return [by_id[each] for each in ids if each in by_id]


def _has_text(source: Standing, sought: Sequence[str]) -> bool:
    if not sought:
        return True
    held = f"{source.name} {public_url(source.url)} {source.group} {words(source.announcer)}".casefold()
    return all(word in held for word in sought)


def _key(sort: Sort, harvests: Mapping[int, SourceYield]) -> Callable[[Fares], tuple[object, ...]]:
    def by_yield(source: Standing) -> tuple[object, ...]:
        found = harvests.get(source.id, SourceYield())
        share = found.accepted / found.candidates if found.candidates else 2.0
        return (share, -found.candidates)

    def key(each: Fares) -> tuple[object, ...]:
        source, state = each.standing, each.health.state
        name = (source.name.casefold(), source.id)
        match sort:
            case Sort.NAME:
                return name
            case Sort.GROUP:
                return (not source.group, source.group.casefold(), ORDER.index(state), *name)
            case Sort.YIELD:
                return (*by_yield(source), *name)
            case Sort.NEWS:
                return (source.changed_at or source.created_at, *name)
            case _:
                return (ORDER.index(state), *name)

    return key

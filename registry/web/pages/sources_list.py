"""What the list of sources shows: a filter, a count for each choice, an order, and one page of lines."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.values import dataclass
from registry.domain.visit import Visit, visits
from registry.services.entries import holding
from registry.services.entries.holding import AskedAbout
from registry.services.people.acting import Actor
from registry.services.sources.source_health import Health, SourceState, health
from registry.store import sources
from registry.store.columns import id_of
from registry.store.sources import SourceYield, Standing
from registry.store.tables import Role, Source
from registry.web.pages.sources_words import ANNOUNCERS
from registry.web.shapes import Form, Link, Option, Pager
from registry.web.understood import code
from registry.web.words import words
from scrapers.links import public_url

YEAR = timedelta(days=365)
ROWS = 100
POOR = 50
"""Proposals in a year, none of them let in: worth asking whether the source is worth its place."""
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


SORTS = (
    Option(Sort.TROUBLE, "Trouble first"),
    Option(Sort.NAME, "By name"),
    Option(Sort.GROUP, "By group"),
    Option(Sort.YIELD, "Least let in first"),
    Option(Sort.NEWS, "Longest silent first"),
)


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
        parts = [
            ("state", self.state),
            ("group", self.group),
            ("q", self.text),
            ("sort", "" if self.sort is Sort.TROUBLE else self.sort),
            ("page", "" if self.page == 1 else str(self.page)),
        ]
        query = urlencode([(name, value) for name, value in parts if value])
        return f"/sources?{query}" if query else "/sources"

    @property
    def narrows(self) -> bool:
        return bool(self.state or self.group or self.text)


@dataclass(frozen=True)
class SourceLine:
    source: Source
    url: str
    """Without the password that an address may hold."""
    health: Health
    cells: Sequence[tuple[str, str]]
    """Of the strip: label and state of each visit, oldest first."""
    strip_says: str
    new: int
    """Entries that the visits of the strip brought."""
    harvest: SourceYield

    @property
    def poor(self) -> bool:
        return self.harvest.candidates >= POOR and not self.harvest.accepted


@dataclass(frozen=True)
class SourcesPage:
    lines: Sequence[SourceLine]
    filter: Filter
    total: int
    """Of all sources, whatever the filter says."""
    matching: int
    summary: Sequence[Link]
    """How many there are in each state, each leading to those."""
    states: Sequence[Option]
    groups: Sequence[Option]
    pager: Pager
    keeps: bool
    """Whether the reader may change sources."""
    asked_about: Sequence[AskedAbout]
    sorts: Sequence[Option] = SORTS
    announcers: Sequence[Option] = ANNOUNCERS
    import_form: Form = field(default_factory=lambda: Form({"announcer": "news"}))
    bulk: Form = field(default_factory=Form)
    told: str = ""
    left_out: Sequence[str] = ()


def keeps(user: Actor) -> bool:
    return Role.ADMIN in user.roles


def as_filter(query: QueryParams) -> Filter:
    """The filter that an address names. Raises InvalidInput for a state or an order that there is not."""
    page = query.get("page", "1")
    return Filter(
        state=code(query.get("state", ""), [*SourceState, TROUBLE], "state"),
        group=query.get("group", "").replace("\0", "").strip()[:80],
        text=query.get("q", "").replace("\0", "").strip()[:200],
        sort=Sort(code(query.get("sort", ""), tuple(Sort), "sort") or Sort.TROUBLE),
        page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 5 else 1,
    )


def sources_page(
    session: Session,
    user: Actor,
    now: datetime,
    wanted: Filter | None = None,
    *,
    form: Form | None = None,
    bulk: Form | None = None,
    told: str = "",
    left_out: Sequence[str] = (),
) -> SourcesPage:
    """Three queries however many sources."""
    wanted = wanted or Filter()
    fares = _fares(session, wanted, now)
    matching = [each for each in fares if _matches(each, wanted)]
    harvests: Mapping[int, SourceYield] | None = None
    if wanted.sort is Sort.YIELD:
        harvests = sources.yields(session, now - YEAR)
    matching.sort(key=_key(wanted.sort, harvests or {}))
    last = max(1, -(-len(matching) // ROWS))
    wanted = replace(wanted, page=min(wanted.page, last))
    start = (wanted.page - 1) * ROWS
    ids = [each.standing.id for each in matching[start : start + ROWS]]
    by_id = {id_of(each): each for each in sources.some(session, ids)}
    shown = [by_id[each] for each in ids if each in by_id]
    return SourcesPage(
        lines=lines(session, shown, now, harvests),
        filter=wanted,
        total=len(fares),
        matching=len(matching),
        summary=_summary(fares),
        states=_states(fares, wanted),
        groups=_groups(fares, wanted),
        pager=_pager(wanted, len(matching), start, len(shown), last),
        keeps=keeps(user),
        asked_about=holding.asked_about(session),
        import_form=form or Form({"announcer": "news"}),
        bulk=bulk or Form(),
        told=told,
        left_out=left_out,
    )


def matching_ids(session: Session, wanted: Filter, now: datetime) -> list[int]:
    """All that the filter shows, on every page."""
    return [each.standing.id for each in _fares(session, wanted, now) if _matches(each, wanted)]


def lines(
    session: Session,
    shown: Sequence[Source],
    now: datetime,
    harvests: Mapping[int, SourceYield] | None = None,
) -> list[SourceLine]:
    """With their yield of a year, in one query."""
    if harvests is None:
        harvests = sources.yields(session, now - YEAR, only=[id_of(each) for each in shown])
    return [_line(each, visits(each.strip), harvests, now) for each in shown]


def _line(
    source: Source, strip: Sequence[Visit], harvests: Mapping[int, SourceYield], now: datetime
) -> SourceLine:
    failed = sum(bool(each.error_code) for each in strip)
    count = len(strip)
    return SourceLine(
        source=source,
        url=public_url(source.url),
        health=health(source, now),
        cells=[cell(each) for each in strip],
        strip_says=f"{count - failed} of the last {count} visits worked" if count else "No visit yet",
        new=sum(each.new for each in strip),
        harvest=harvests.get(id_of(source), SourceYield()),
    )


def cell(visit: Visit) -> tuple[str, str]:
    """Title and state of a visit in the strip."""
    reply = f"HTTP {visit.status}" if visit.status else "no reply"
    cost = f"{visit.wire_bytes / 1000:.1f} kB in {visit.elapsed_ms / 1000:.1f} s"
    at = f"{visit.at:%Y-%m-%d %H:%M} UTC"
    if visit.error_code:
        return f"{at}: {words(visit.error_code)}, {reply}", "failed"
    what = f"{visit.new} new of {visit.entries}" if visit.new else "nothing new"
    return f"{at}: {what}, {reply}, {cost}", "changed" if visit.new else "ok"


@dataclass(frozen=True)
class _Fares:
    standing: Standing
    health: Health
    has_text: bool


def _fares(session: Session, wanted: Filter, now: datetime) -> list[_Fares]:
    sought = wanted.text.casefold().split()
    return [_Fares(each, health(each, now), _has_text(each, sought)) for each in sources.standings(session)]


def _matches(each: _Fares, wanted: Filter) -> bool:
    return (
        each.has_text
        and _in_state(each.health.state, wanted.state)
        and _in_group(each.standing.group, wanted.group)
    )


def _in_state(state: SourceState, wanted: str) -> bool:
    return not wanted or (state in IN_TROUBLE if wanted == TROUBLE else state == wanted)


def _in_group(group: str, wanted: str) -> bool:
    return not wanted or (not group if wanted == NO_GROUP else group == wanted)


def _has_text(source: Standing, sought: Sequence[str]) -> bool:
    if not sought:
        return True
    held = f"{source.name} {public_url(source.url)} {source.group} {words(source.announcer)}".casefold()
    return all(word in held for word in sought)


def _key(sort: Sort, harvests: Mapping[int, SourceYield]) -> Callable[[_Fares], tuple[object, ...]]:
    def by_yield(source: Standing) -> tuple[object, ...]:
        found = harvests.get(source.id, SourceYield())
        share = found.accepted / found.candidates if found.candidates else 2.0
        return (share, -found.candidates)

    def key(each: _Fares) -> tuple[object, ...]:
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


def _summary(fares: Sequence[_Fares]) -> list[Link]:
    counts = Counter(each.health.state for each in fares)
    return [
        Link(f"{counts[state]} {words(state).lower()}", Filter(state=state).address)
        for state in ORDER
        if counts[state]
    ]


def _states(fares: Sequence[_Fares], wanted: Filter) -> list[Option]:
    counts = Counter(
        each.health.state for each in fares if each.has_text and _in_group(each.standing.group, wanted.group)
    )
    ill = sum(counts[state] for state in IN_TROUBLE)
    return [
        Option("", f"Any ({counts.total()})"),
        Option(TROUBLE, f"Not well ({ill})"),
        *(Option(state, f"{words(state)} ({counts[state]})") for state in ORDER),
    ]


def _groups(fares: Sequence[_Fares], wanted: Filter) -> list[Option]:
    counts = Counter(
        each.standing.group for each in fares if each.has_text and _in_state(each.health.state, wanted.state)
    )
    names = {each.standing.group for each in fares}
    options = [Option("", f"Any ({counts.total()})")]
    options += [Option(name, f"{name} ({counts[name]})") for name in sorted(names - {""}, key=str.casefold)]
    if "" in names:
        options.append(Option(NO_GROUP, f"Without a group ({counts['']})"))
    return options


def _pager(wanted: Filter, matching: int, start: int, shown: int, last: int) -> Pager:
    what = f"{matching} source{'' if matching == 1 else 's'}"
    if last > 1:
        what = f"Sources {start + 1} to {start + shown} of {matching}"
    return Pager(
        what,
        previous_url=replace(wanted, page=wanted.page - 1).address if wanted.page > 1 else "",
        next_url=replace(wanted, page=wanted.page + 1).address if wanted.page < last else "",
    )

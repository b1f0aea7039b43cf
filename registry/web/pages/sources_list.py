"""What the list of sources shows: a filter, a count for each choice, an order, and one page of lines."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.domain.visit import Visit, visits
from registry.services.entries import holding
from registry.services.entries.holding import AskedAbout
from registry.services.people.acting import Actor
from registry.services.sources.source_health import Health, health
from registry.store import sources
from registry.store.columns import id_of
from registry.store.sources import SourceYield
from registry.store.tables import Role, Source
from registry.web.files import as_files
from registry.web.pages.sources_words import ANNOUNCERS
from registry.web.shapes import Form, Link, Option, Pager
from registry.web.source_filter import (
    IN_TROUBLE,
    NO_GROUP,
    ORDER,
    TROUBLE,
    YEAR,
    Fares,
    Filter,
    Sort,
    fares_of,
    in_group,
    in_order,
    in_state,
    matches,
    some,
)
from registry.web.words import words
from scrapers.links import public_url

ROWS = 100
POOR = 50
"""Proposals in a year, none of them let in: worth asking whether the source is worth its place."""
SORTS = (
    Option(Sort.TROUBLE, "Trouble first"),
    Option(Sort.NAME, "By name"),
    Option(Sort.GROUP, "By group"),
    Option(Sort.YIELD, "Least let in first"),
    Option(Sort.NEWS, "Longest silent first"),
)


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
    formats: Sequence[Link]
    sorts: Sequence[Option] = SORTS
    announcers: Sequence[Option] = ANNOUNCERS
    import_form: Form = field(default_factory=lambda: Form({"announcer": "news"}))
    bulk: Form = field(default_factory=Form)
    told: str = ""
    left_out: Sequence[str] = ()


def keeps(user: Actor) -> bool:
    return Role.ADMIN in user.roles


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
    fares = fares_of(session, wanted, now)
    matching = in_order(session, [each for each in fares if matches(each, wanted)], wanted, now)
    last = max(1, -(-len(matching) // ROWS))
    wanted = replace(wanted, page=min(wanted.page, last))
    start = (wanted.page - 1) * ROWS
    shown = some(session, matching[start : start + ROWS])
    return SourcesPage(
        lines=lines(session, shown, now),
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
        formats=as_files(wanted.file("csv")),
        bulk=bulk or Form(),
        told=told,
        left_out=left_out,
    )


def lines(session: Session, shown: Sequence[Source], now: datetime) -> list[SourceLine]:
    """With their yield of a year, in one query."""
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


def _summary(fares: Sequence[Fares]) -> list[Link]:
    counts = Counter(each.health.state for each in fares)
    return [
        Link(f"{counts[state]} {words(state).lower()}", Filter(state=state).address)
        for state in ORDER
        if counts[state]
    ]


def _states(fares: Sequence[Fares], wanted: Filter) -> list[Option]:
    counts = Counter(
        each.health.state for each in fares if each.has_text and in_group(each.standing.group, wanted.group)
    )
    ill = sum(counts[state] for state in IN_TROUBLE)
    return [
        Option("", f"Any ({counts.total()})"),
        Option(TROUBLE, f"Not well ({ill})"),
        *(Option(state, f"{words(state)} ({counts[state]})") for state in ORDER),
    ]


def _groups(fares: Sequence[Fares], wanted: Filter) -> list[Option]:
    counts = Counter(
        each.standing.group for each in fares if each.has_text and in_state(each.health.state, wanted.state)
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

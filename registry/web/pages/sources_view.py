"""What the pages of sources show, built whole from the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from sqlmodel import Session

from registry.domain.proposal import Announcer
from registry.domain.visit import Visit, visits
from registry.services.acting import Actor
from registry.services.source_health import SICK, Health, SourceState, health
from registry.services.sources import FETCH_NOW_EVERY
from registry.store import entries, events, sources, tables
from registry.store.columns import id_of
from registry.store.sources import SourceYield
from registry.store.tables import Entry, Role, Source
from registry.web.deps import INSIDERS
from registry.web.shapes import Event, Form, Option, Pager
from registry.web.words import words

if TYPE_CHECKING:
    from registry.trying import Checked

YEAR = timedelta(days=365)
ENTRIES = 25
POOR = 50
"""Proposals in a year, none of them let in: worth asking whether the source is worth its place."""

ANNOUNCERS = (
    Option(Announcer.LAUNCH_FEED.value, "A launch feed", "each entry is a tool: “Name - what it does”"),
    Option(Announcer.DISCUSSION.value, "A discussion board", "people show what they made"),
    Option(Announcer.RELEASES.value, "Releases of a repository", "each entry is a version"),
    Option(Announcer.PACKAGE_INDEX.value, "A package index", "each entry is a package"),
    Option(Announcer.VENDOR_BLOG.value, "A vendor’s blog", "“Introducing …”, “… is now available”"),
    Option(Announcer.ADVISORIES.value, "Security advisories", "risks of known tools"),
    Option(Announcer.OTHER_REGISTRY.value, "Another office’s registry", "its verdicts, as evidence"),
    Option(Announcer.NEWS.value, "News", "articles; few of them bring a tool"),
)

ORDER = (
    SourceState.BROKEN,
    SourceState.FAILING,
    SourceState.UNREAD,
    SourceState.QUIET,
    SourceState.HEALTHY,
    SourceState.PAUSED,
)
"""Those that need somebody come first."""
EVENTS = {
    "source.added": "Added",
    "source.paused": "Paused",
    "source.resumed": "Resumed",
    "source.removed": "Removed",
    "source.edited": "Changed",
    "source.asked_now": "Asked to be read at once",
    "source.failed": "Could not be read",
    "source.recovered": "Can be read again",
    "source.fetched": "Brought something",
    "source.flooded": "Brought suspiciously much, which was recorded as seen",
    "source.moved": "Moved to another address",
    "source.moved_back": "Moved back",
    "source.gone": "Is gone",
}

TOLD = {"url": "address", "announcer": "sort"}
"""How a field of an event is called on the page, where its own name is not."""


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
    says: str
    keeps: bool
    """Whether the reader may change sources."""
    import_form: Form = field(default_factory=Form)
    told: str = ""
    left_out: Sequence[str] = ()


@dataclass(frozen=True)
class AddPage:
    form: Form
    announcers: Sequence[Option] = ANNOUNCERS
    checked: "Checked | None" = None
    refused: str = ""
    suggested: Sequence[Option] = ()


@dataclass(frozen=True)
class SourcePage:
    line: SourceLine
    keeps: bool
    sees_inbox: bool
    entries: Sequence[Entry]
    pager: Pager
    newest_url: str
    visits: Sequence[Visit]
    """Newest first."""
    history: Sequence[Event]
    form: Form
    may_fetch: bool
    announcers: Sequence[Option] = ANNOUNCERS
    refused: str = ""


def keeps(user: Actor) -> bool:
    return Role.ADMIN in user.roles


def sources_page(
    session: Session,
    user: Actor,
    now: datetime,
    *,
    form: Form | None = None,
    told: str = "",
    left_out: Sequence[str] = (),
) -> SourcesPage:
    """Two queries however many sources; those that need somebody come first."""
    found = sources.sources(session)
    lines = _lines(session, found, now)
    lines.sort(key=lambda line: ORDER.index(line.health.state))
    sick = sum(line.health.state in SICK for line in lines)
    says = f"{len(lines)} source{'' if len(lines) == 1 else 's'}" + (
        f", {sick} of which cannot be read" if sick else ""
    )
    return SourcesPage(lines, says, keeps(user), form or Form({"announcer": "news"}), told, left_out)


def source_page(
    session: Session,
    source_id: int,
    user: Actor,
    now: datetime,
    *,
    after: str = "",
    form: Form | None = None,
    refused: str = "",
) -> SourcePage:
    source = sources.get(session, source_id)
    (line,) = _lines(session, [source], now)
    page = entries.page(session, source_id=source_id, after=after, limit=ENTRIES)
    total = entries.count(session, source_id)
    path = f"/sources/{source_id}"
    shown = f", {len(page.rows)} on this page" if len(page.rows) < total else ""
    held = {"name": source.name, "announcer": source.announcer.value, "group": source.group}
    return SourcePage(
        line=line,
        keeps=keeps(user),
        sees_inbox=bool(user.roles & INSIDERS),
        entries=page.rows,
        pager=Pager(
            f"{total} entr{'y' if total == 1 else 'ies'}{shown}",
            next_url=f"{path}?after={page.next_cursor}" if page.next_cursor else "",
        ),
        newest_url=path if after else "",
        visits=visits(source.strip)[::-1],
        history=[_event(each) for each in events.of_subject(session, "source", source_id)[:30]],
        form=form or Form(held),
        may_fetch=source.paused_at is None
        and (source.fetched_at is None or now - source.fetched_at >= FETCH_NOW_EVERY),
        refused=refused,
    )


def add_form(
    url: str = "",
    name: str = "",
    announcer: str = Announcer.NEWS,
    group: str = "",
    faults: Mapping[str, str] | None = None,
) -> Form:
    return Form({"url": url, "name": name, "announcer": announcer, "group": group}, faults or {})


def public_url(url: str) -> str:
    """The address without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _lines(session: Session, found: Sequence[Source], now: datetime) -> list[SourceLine]:
    harvests = sources.yields(session, now - YEAR)
    return [_line(each, harvests, now) for each in found]


def _line(source: Source, harvests: Mapping[int, SourceYield], now: datetime) -> SourceLine:
    strip = visits(source.strip)
    failed = sum(bool(each.error_code) for each in strip)
    count = len(strip)
    says = f"{count - failed} of the last {count} visits worked" if count else "No visit yet"
    return SourceLine(
        source=source,
        url=public_url(source.url),
        health=health(source, now),
        cells=[_cell(each) for each in strip],
        strip_says=says,
        new=sum(each.new for each in strip),
        harvest=harvests.get(id_of(source), SourceYield()),
    )


def _cell(visit: Visit) -> tuple[str, str]:
    at = f"{visit.at:%Y-%m-%d %H:%M} UTC"
    if visit.error_code:
        return f"{at}: {words(visit.error_code)}", "failed"
    if visit.new:
        return f"{at}: {visit.new} new", "changed"
    return f"{at}: nothing new", "ok"


def _event(event: tables.Event) -> Event:
    title = EVENTS.get(event.action, words(event.action))
    if event.action == "source.failed":
        return Event(event.at, title, str(event.after.get("error", "")))
    told = ", ".join(
        f"{TOLD.get(key, words(key).lower())} {_plain(value)}" for key, value in event.after.items() if value
    )
    return Event(event.at, f"{title} by {event.actor}", told)


def _plain(value: object) -> str:
    text = str(value)
    return public_url(text) if text.startswith(("http://", "https://")) else text

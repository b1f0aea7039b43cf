"""What the pages of one source show, and those on which one is tried out or added; built whole from the store."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Session

from registry.domain.proposal import Announcer
from registry.domain.values import dataclass
from registry.domain.visit import Visit, visits
from registry.services.entries import holding
from registry.services.entries.holding import AskedAbout
from registry.services.people.acting import Actor
from registry.services.sources.sources import may_fetch_at
from registry.store import entries, events, sources, tables
from registry.store.tables import Entry, Source
from registry.web.deps import INSIDERS
from registry.web.pages.sources_list import SourceLine, keeps, lines
from registry.web.pages.sources_words import ANNOUNCERS, as_event
from registry.web.shapes import Event, Form, Option, Pager
from scrapers.links import public_url

if TYPE_CHECKING:
    from registry.trying import Checked

ENTRIES = 25
HISTORY = 30


@dataclass(frozen=True)
class AddPage:
    form: Form
    announcers: Sequence[Option] = ANNOUNCERS
    checked: "Checked | None" = None
    refused: str = ""
    suggested: Sequence[Option] = ()
    slow: bool = False
    """It can be added all the same: only this look was too short."""


@dataclass(frozen=True)
class TryPage:
    """What a stored source would bring at this moment."""

    source_id: int
    name: str
    checked: "Checked | None" = None
    refused: str = ""
    feeds: Sequence[Option] = ()
    """To take instead of its address, where that is no feed."""


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
    may_fetch_at: datetime
    feeds: Sequence[Option]
    """That the web page names which came instead of a feed."""
    former_url: str
    moved_to: str
    asked_about: Sequence[AskedAbout]
    """Itself, where entries of it are held back."""
    announcers: Sequence[Option] = ANNOUNCERS
    refused: str = ""


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
    (line,) = lines(session, [source], now)
    page = entries.page(session, source_id=source_id, after=after, limit=ENTRIES)
    total = entries.count(session, source_id)
    path = f"/sources/{source_id}"
    shown = f", {len(page.rows)} on this page" if len(page.rows) < total else ""
    befell = events.of_subject(session, "source", source_id)
    held = {
        "name": source.name,
        "url": public_url(source.url),
        "announcer": source.announcer.value,
        "group": source.group,
    }
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
        history=[as_event(each) for each in befell[:HISTORY]],
        form=form or Form(held),
        may_fetch_at=may_fetch_at(source, now),
        feeds=_feeds(source, befell),
        former_url=public_url(source.former_url),
        moved_to=public_url(source.moved_to),
        asked_about=[each for each in holding.asked_about(session) if each.source is source],
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


def as_options(addresses: Sequence[str]) -> list[Option]:
    return [Option(each, each) for each in addresses]


def _feeds(source: Source, befell: Sequence[tables.Event]) -> list[Option]:
    """What the page named that turned up instead of the feed, while that is what is the matter."""
    if source.error_code != "web_page_not_feed":
        return []
    failed = next((each for each in befell if each.action == "source.failed"), None)
    named = failed.after.get("feeds", []) if failed else []
    return as_options([str(each) for each in named])

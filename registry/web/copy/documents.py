"""The documents about tools, which are most of a copy: made for many tools at once, past the requests of the site.

They are the site's own pages and feeds, made by the functions that answer requests; only how the store is read differs.
Of each is known what it is made of, so that one which would be the same as last time is not made again.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from urllib.parse import quote

from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.lookup import House
from registry.domain.values import dataclass
from registry.publish.formats import FORMATS
from registry.publish.notice import Channel
from registry.publish.notice import Notice as Entry
from registry.services.answers.dossier import Dossier, dossiers
from registry.services.answers.holding import holds_until
from registry.services.answers.shown import ANY_TOOL, Shown
from registry.services.people.house import house
from registry.services.verdicts import feed
from registry.services.verdicts.annals import Reading
from registry.services.verdicts.entries import Entries, keys_of
from registry.services.verdicts.feed import Document as FeedPage
from registry.services.verdicts.naming import Naming, naming
from registry.store import copied, tools
from registry.store.columns import id_of
from registry.store.tables import Tool
from registry.web.copy.digest import digest, made_of
from registry.web.feed_address import Asked, narrowed, read_address
from registry.web.feeds import document_of, facet_channel, tool_channel
from registry.web.pages.tools import badge_of, tool_feeds, tool_page
from registry.web.pages.verdicts import verdict_pages
from registry.web.parts import Parts
from registry.web.render import site_of
from registry.web.rendering import FeedLink

MOST_WRITTEN = 9_000
"""Entries of feeds, some kilobytes each."""


@dataclass(frozen=True)
class Document:
    address: str
    media_type: str
    made_of: str
    make: Callable[[], bytes]
    group: str = ""
    """Name of all that is read together with it."""
    shown: Shown = ANY_TOOL
    """What the whole group tells of."""


@dataclass
class _Shown:
    """Entries of some feeds, which are made where one of them is wanted."""

    marks: Mapping[int, str]
    """Number of a notice -> digest of all that its entry is made of."""
    make: Callable[[], Mapping[int, Entry]]

    @cached_property
    def entries(self) -> Mapping[int, Entry]:
        return self.make()


class Documents:
    """Of one registry at one moment."""

    def __init__(self, parts: Parts, now: datetime) -> None:
        self._parts, self._now = parts, now
        self._entries = Entries()
        self._written: dict[tuple[str, str], str] = {}

    def of(self, session: Session, slugs: Sequence[str]) -> Iterator[Document]:
        """All of these tools, in their order, but for the archives of long feeds and answers about one edition."""
        settings, now = self._parts.settings, self._now
        by_slug = tools.by_slugs(session, slugs)
        found = [by_slug[slug] for slug in slugs]
        organisation = house(session, settings)
        index = self._parts.following.index()
        known = dossiers(session, found, organisation, now=now, index=index)
        until = holds_until(session, found, organisation, now=now)
        every = [each for of_tool in known for each in of_tool.verdicts]
        of_verdict = dict(
            zip(
                (each.row.number for each in every),
                verdict_pages(session, every, organisation, now=now),
                strict=True,
            )
        )
        feeds = self._feeds(session, found, organisation)
        for each in known:
            # Verdicts of ours on any tool may be among what others say.
            shown = ANY_TOOL if each.evidence.pieces else each.found.shown
            pages = ((decided.row.number, of_verdict[decided.row.number]) for decided in each.verdicts)
            for document in (
                self._tool(each, organisation, until[id_of(each.tool)]),
                *self._badges(each),
                *feeds[id_of(each.tool)],
                *(self._page(f"/verdicts/{number}", "verdicts/show.html", page) for number, page in pages),
            ):
                yield replace(document, group=each.tool.slug, shown=shown)

    def _tool(self, each: Dossier, organisation: House, until: date | None) -> Document:
        page, feeds = tool_page(each, organisation, self._parts.settings), tool_feeds(each.tool)
        return self._page(address_of_tool(each.tool.slug), "tools/show.html", page, feeds, until)

    def _badges(self, each: Dossier) -> Iterator[Document]:
        page, address = (
            badge_of(each.found.answer, self._parts.settings),
            f"{address_of_tool(each.tool.slug)}/badge",
        )
        template = self._parts.environment.get_template("tools/badge.svg")
        made_of = self._made_of(page)
        yield Document(
            f"{address}.svg", "image/svg+xml", made_of, lambda: template.render(page=page).encode()
        )
        told = page.told
        yield Document(
            f"{address}.json",
            "application/json",
            made_of,
            lambda: json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(),
        )

    def places(self, session: Session, queries: Sequence[str]) -> list[tuple[int, str]]:
        """All documents of the feeds that have these queries, each as its own query, after the number of a notice that
        tells which of them are about the same time; itself after none."""
        found: list[tuple[int, str]] = []
        for asked in map(_asked, queries):
            found.append((0, asked.query))
            if asked == asked.feed:
                archives = feed.archives(self._reading(session, asked))
                found += ((number, replace(asked, part=part).query) for number, part in archives)
        return found

    def feeds(self, session: Session, queries: Sequence[str]) -> Iterator[Document]:
        """The documents of the feed of all verdicts that have these queries, each in every format."""
        settings, called = self._parts.settings, naming(session, self._parts.settings.base_url)
        asked = [_asked(query) for query in queries]
        pages = [(each, document_of(self._reading(session, each), each, paged=False)) for each in asked]
        shown = self._shown(session, [page for _, page in pages], house(session, settings), called)
        for each, page in pages:
            # What an archive holds that another one follows is changed no more by what is told of other tools.
            followed = page.part is not None and page.next_archive is not None
            tells = Shown(frozenset(line.tool_id for line in page.found)) if followed else ANY_TOOL
            for ending in FORMATS:
                channel = facet_channel(each, page, settings, called, ending)
                document = self._feed(channel, ending, page, shown)
                yield replace(document, group=group_of_feed(each.query), shown=tells)

    def _reading(self, session: Session, asked: Asked) -> Reading:
        wanted = narrowed(session, asked, house(session, self._parts.settings))
        return self._parts.annals.reading(session, wanted, now=self._now)

    def _feeds(
        self, session: Session, found: Sequence[Tool], organisation: House
    ) -> Mapping[int, Sequence[Document]]:
        """Of these tools, by their ids."""
        settings, slugs = self._parts.settings, {id_of(tool): tool.slug for tool in found}
        called = naming(session, settings.base_url)
        read = {
            tool_id: [replace(each, next=None) for each in pages]
            for tool_id, pages in feed.of_tools(session, self._parts.annals, slugs, now=self._now).items()
        }
        shown = self._shown(session, [each for some in read.values() for each in some], organisation, called)
        return {
            tool_id: [
                self._feed(tool_channel(page, settings, called, slugs[tool_id], ending), ending, page, shown)
                for page in pages
                for ending in FORMATS
            ]
            for tool_id, pages in read.items()
        }

    def _shown(
        self, session: Session, pages: Sequence[FeedPage], organisation: House, called: Naming
    ) -> "_Shown":
        settings = self._parts.settings
        base_url, author = settings.base_url, settings.name
        lines = {line.number: line for page in pages for line in page.found}
        keys = keys_of(session, [*lines.values()], organisation, called, base_url=base_url, author=author)
        written = copied.notices(session, lines.keys())
        marks = {number: digest([key, written[number]]) for number, key in keys.items()}

        def make() -> Mapping[int, Entry]:
            told = self._entries.of(
                session, [*lines.values()], organisation, called, base_url=base_url, author=author
            )
            return dict(zip(lines, told, strict=True))

        return _Shown(marks, make)

    def _feed(self, channel: Channel, ending: str, page: FeedPage, shown: "_Shown") -> Document:
        form, numbers = FORMATS[ending], [line.number for line in page.found]
        return Document(
            channel.url.removeprefix(self._parts.settings.base_url),
            form.media_type,
            self._made_of([channel, [shown.marks[number] for number in numbers]]),
            lambda: form.whole(channel, [self._entry(channel, ending, shown, each) for each in numbers]),
        )

    def _entry(self, channel: Channel, ending: str, shown: "_Shown", number: int) -> str:
        """As text, which stands in many feeds, and is written once as long as it is kept."""
        key = ending, shown.marks[number]
        if key not in self._written:
            if len(self._written) >= MOST_WRITTEN:
                self._written.clear()
            self._written[key] = FORMATS[ending].entry(channel, shown.entries[number])
        return self._written[key]

    def _page(
        self,
        address: str,
        template: str,
        page: object,
        feeds: Sequence[FeedLink] = (),
        until: date | None = None,
    ) -> Document:
        def make() -> bytes:
            site = site_of(self._parts, template, address, feeds, indexed=True)
            text = self._parts.environment.get_template(template).render(page=page, site=site)
            return _dated(text, until).encode()

        return Document(address, "text/html", self._made_of([page, feeds, until]), make)

    def _made_of(self, value: object) -> str:
        return digest([self._around, value])

    @cached_property
    def _around(self) -> str:
        """All that every document is made of beside its own value."""
        return made_of(self._parts.settings, site_of(self._parts, "", ""))


def _asked(query: str) -> Asked:
    return read_address(QueryParams(query))


def group_of_feed(query: str) -> str:
    return f"?{query}"


def address_of_tool(slug: str) -> str:
    return f"/tools/{quote(slug)}"


def _dated(text: str, until: date | None) -> str:
    """With the day after which the tool's answer is another one, where time alone brings that."""
    if until is None:
        return text
    said = f'data-until="{until.isoformat()}" data-until-text="{until.day} {until:%B %Y}"'
    return text.replace('<article class="answer ', f'<article {said} class="answer ', 1)

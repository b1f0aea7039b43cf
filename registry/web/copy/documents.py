"""The documents about tools, which are most of a copy: made for many tools at once, past the requests of the site.

They are the site's own pages and feeds, made by the functions that answer requests; only how the store is read differs.
Of each is known what it is made of, so that one which would be the same as last time is not made again.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from urllib.parse import quote

from sqlmodel import Session

from registry.domain.lookup import House
from registry.domain.values import dataclass
from registry.publish.formats import FORMATS
from registry.services.answers.dossier import Dossier, dossiers
from registry.services.answers.holding import holds_until
from registry.services.people.house import house
from registry.services.verdicts import feed
from registry.services.verdicts.entries import entries
from registry.services.verdicts.feed import Document as FeedPage
from registry.services.verdicts.naming import naming
from registry.store import notice_pages, tools
from registry.store.columns import id_of
from registry.store.tables import Tool
from registry.web.copy.digest import digest, of_program
from registry.web.feeds import tool_channel
from registry.web.pages.tools import badge_of, tool_feeds, tool_page
from registry.web.pages.verdicts import verdict_pages
from registry.web.parts import Parts
from registry.web.render import site_of
from registry.web.rendering import FeedLink


@dataclass(frozen=True)
class Document:
    address: str
    media_type: str
    made_of: str
    make: Callable[[], bytes]


class Documents:
    """Of one registry at one moment."""

    def __init__(self, parts: Parts, now: datetime) -> None:
        self._parts, self._now = parts, now

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
            yield self._tool(each, organisation, until[id_of(each.tool)])
            yield from self._badges(each)
            yield from feeds[id_of(each.tool)]
            for decided in each.verdicts:
                number = decided.row.number
                yield self._page(f"/verdicts/{number}", "verdicts/show.html", of_verdict[number])

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

    def _feeds(
        self, session: Session, found: Sequence[Tool], organisation: House
    ) -> Mapping[int, Sequence[Document]]:
        settings, slugs = self._parts.settings, {id_of(tool): tool.slug for tool in found}
        called = naming(session, settings.base_url)
        read = feed.of_tools(session, self._parts.annals, slugs, now=self._now)
        numbers = {line.number for some in read.values() for each in some for line in each.found}
        rows = notice_pages.whole(session, numbers)
        told = entries(session, rows, organisation, called, base_url=settings.base_url, author=settings.name)
        by_number = {notice.number: entry for (notice, *_), entry in zip(rows, told, strict=True)}
        marks = {number: digest(entry) for number, entry in by_number.items()}

        def document(slug: str, page: FeedPage, ending: str) -> Document:
            channel = tool_channel(page, settings, called, slug, ending)
            shown = [by_number[line.number] for line in page.found]
            form, address = FORMATS[ending], channel.url.removeprefix(settings.base_url)
            return Document(
                address,
                form.media_type,
                self._made_of([channel, [marks[line.number] for line in page.found]]),
                lambda: form.render(channel, shown),
            )

        return {
            tool_id: [document(slugs[tool_id], page, ending) for page in pages for ending in FORMATS]
            for tool_id, pages in read.items()
        }

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
        parts, settings = self._parts, self._parts.settings
        told = (settings.time_zone, settings.public, settings.language)
        return digest([of_program(), site_of(parts, "", ""), *told])


def address_of_tool(slug: str) -> str:
    return f"/tools/{quote(slug)}"


def _dated(text: str, until: date | None) -> str:
    """With the day after which the tool's answer is another one, where time alone brings that."""
    if until is None:
        return text
    said = f'data-until="{until.isoformat()}" data-until-text="{until.day} {until:%B %Y}"'
    return text.replace('<article class="answer ', f'<article {said} class="answer ', 1)

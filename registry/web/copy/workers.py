"""The site, asked for its pages in this process or, where there are many, by several at once, and made files of."""

import multiprocessing
import multiprocessing.util
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import field, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar

from registry.domain.values import dataclass
from registry.services.answers.asking import read_query
from registry.services.answers.shown import ANY_TOOL, Shown
from registry.settings import Settings
from registry.store.columns import id_of
from registry.store.engine import snapshot
from registry.store.tools import every
from registry.web.app import create_app
from registry.web.copy import names
from registry.web.copy.documents import Document, Documents, address_of_tool
from registry.web.copy.driving import Driver, Reply, driving
from registry.web.copy.index import Key
from registry.web.copy.rewriting import Found, Rewriter, leads_to
from registry.web.parts import Parts
from registry.web.rendering import Copy

T = TypeVar("T")
Done = TypeVar("Done")
AT_ONCE = 25
"""Tools, or pages, of one task."""
FEEDS_AT_ONCE = 4
"""Documents of feeds, each in every format."""
AHEAD = 4
"""Tasks of one process that may wait to be written."""


@dataclass(frozen=True)
class Site:
    """All that a process needs to be the site of one moment."""

    settings: Settings
    copy: Copy
    now: datetime
    keys: Sequence[Key]
    called: Mapping[str, str]
    origins: Mapping[str, tuple[str, Mapping[str, str]]]
    """Of the files that lie in the folder and may stay: what each was made of, and what is meant in its links."""


@dataclass(frozen=True)
class Made:
    """One address as a file."""

    address: str
    path: str
    status: int
    body: bytes | None
    """None where the file that lies there is the same."""
    made_of: str
    """Of what need not be made again as long as it comes from the same; else empty."""
    wants: Sequence[str] = ()
    """Addresses of the copy that it leads to, where it was made."""
    meant: Mapping[str, str] = field(default_factory=dict)
    """As in `Origin`."""
    leads_to: frozenset[str] = frozenset()
    """Files that relative links lead to."""
    next: str = ""
    """The address of the page of a list that follows."""
    group: str = ""
    shown: Shown = ANY_TOOL
    """As in `Document`."""


class Maker:
    def __init__(self, site: Site, parts: Parts, driver: Driver) -> None:
        self._site, self._parts, self._driver = site, parts, driver
        copy = site.copy
        self._rewriter = Rewriter(copy.live_url, copy.own_url, site.settings.base_url, _meaning(parts))
        self._documents = Documents(parts, site.now)

    def pages(self, asked: Sequence[tuple[str, str]]) -> list[Made]:
        """What the site answers to addresses, each given with that of the page of a list before it."""
        known = [self._known(*each) for each in asked]
        replies = self._driver.get([(address, tag) for (address, _), tag in zip(asked, known, strict=True)])
        return [
            self._reply(reply, address, earlier)
            for (address, earlier), reply in zip(asked, replies, strict=True)
        ]

    def _known(self, address: str, earlier: str) -> str:
        """The tag of the page as it lies in the folder, where it may stay if it still has that one; else empty."""
        made_of, meant = self._site.origins.get(self._rewriter.file(address), ("", {}))
        tag, _, before = made_of.partition(" ")
        return tag if before == earlier and self._means_the_same(meant) else ""

    def _reply(self, reply: Reply, address: str, earlier: str) -> Made:
        made_of = f"{reply.tag} {earlier}" if reply.tag else ""
        if reply.status == HTTPStatus.NOT_MODIFIED:
            return Made(address, self._rewriter.file(address), HTTPStatus.OK, None, made_of)
        if reply.media_type != "text/html":
            made_of = ""  # its tag tells nothing of the addresses that it gets here
        return self._made(address, reply.status, reply.media_type, reply.body, made_of, earlier=earlier)

    def tools(self, slugs: Sequence[str]) -> list[Made]:
        with snapshot(self._parts.engine) as session:
            return [self._document(each) for each in self._documents.of(session, slugs)]

    def places(self, queries: Sequence[str]) -> list[tuple[int, str]]:
        """All documents of the feeds with these queries, as `Documents.places` gives them."""
        with snapshot(self._parts.engine) as session:
            return self._documents.places(session, queries)

    def feeds(self, queries: Sequence[str]) -> list[Made]:
        with snapshot(self._parts.engine) as session:
            found = self._documents.feeds(session, queries)
            return [self._document(each) for each in found if self._rewriter.file(each.address)]

    def _document(self, document: Document) -> Made:
        path = self._rewriter.file(document.address)
        made_of, meant = self._site.origins.get(path, ("", {}))
        if made_of == document.made_of and self._means_the_same(meant):
            made = Made(document.address, path, HTTPStatus.OK, None, made_of)
        else:
            made = self._made(
                document.address, HTTPStatus.OK, document.media_type, document.make(), document.made_of
            )
        return replace(made, group=document.group, shown=document.shown)

    def _means_the_same(self, meant: Mapping[str, str]) -> bool:
        return all(self._rewriter.meant(query) == address for query, address in meant.items())

    def _made(
        self, address: str, status: int, media_type: str, body: bytes, made_of: str = "", *, earlier: str = ""
    ) -> Made:
        path, met, leads = self._rewriter.file(address), Found(), frozenset[str]()
        if media_type == "text/html":
            text, met = self._rewriter.page(address, body.decode(), earlier=earlier)
            body, leads = text.encode(), leads_to(path, text)
        elif not path.startswith("static/"):
            text, met = self._rewriter.document(
                body.decode(), markup="xml" in media_type or path.endswith(".opml")
            )
            body = text.encode()
        return Made(address, path, status, body, made_of, tuple(met.wants), met.meant, leads, met.next)


def _meaning(parts: Parts) -> Callable[[str], str]:
    """The same certain matches as everywhere, as addresses of tools."""
    index = parts.following.index()
    assert index is not None
    with snapshot(parts.engine) as session:
        slugs = {id_of(each): each.slug for each in every(session)}

    def meant(query: str) -> str:
        found = index.match(read_query(query))
        return address_of_tool(slugs[found[2]]) if found and found[2] in slugs else ""

    return meant


class Making:
    """Has documents made, in the order asked."""

    def __init__(self, processes: int, maker: Maker | None, pool: ProcessPoolExecutor | None) -> None:
        self._processes, self._maker, self._pool = processes, maker, pool

    def pages(self, asked: Sequence[tuple[str, str]]) -> Iterator[Made]:
        share = -(-len(asked) // self._processes)
        return self._each(Maker.pages, asked, min(share, AT_ONCE))

    def tools(self, slugs: Sequence[str]) -> Iterator[Made]:
        return self._each(Maker.tools, slugs, AT_ONCE)

    def places(self, queries: Sequence[str]) -> list[str]:
        """All documents of the feeds with these queries, as queries, those about the same time one after another."""
        places = sorted({*self._each(Maker.places, queries, FEEDS_AT_ONCE)}, reverse=True)
        return [query for _, query in places]

    def feeds(self, queries: Sequence[str]) -> Iterator[Made]:
        return self._each(Maker.feeds, queries, FEEDS_AT_ONCE)

    def _each(
        self, make: Callable[[Maker, Sequence[T]], list[Done]], asked: Sequence[T], at_once: int
    ) -> Iterator[Done]:
        tasks = [asked[start : start + at_once] for start in range(0, len(asked), max(at_once, 1))]
        if self._pool is None:
            assert self._maker is not None
            for task in tasks:
                yield from make(self._maker, task)
            return
        waiting: deque[Future[list[Any]]] = deque()
        for task in tasks:
            waiting.append(self._pool.submit(_make, make.__name__, task))
            if len(waiting) > AHEAD * self._processes:
                yield from waiting.popleft().result()
        for each in waiting:
            yield from each.result()


@contextmanager
def making(site: Site, *, processes: int) -> Iterator[Making]:
    with ExitStack() as stack:
        if processes == 1:
            yield Making(1, stack.enter_context(_running(site)), None)
            return
        pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _start, (site,))
        stack.enter_context(pool)
        yield Making(processes, None, pool)


@contextmanager
def _running(site: Site) -> Iterator[Maker]:
    app = create_app(site.settings, clock=lambda: site.now, copy=site.copy)
    app.router.routes.extend(names.make_router(site.keys, site.called).routes)
    with driving(app, site.settings) as driver:
        yield Maker(site, app.state.parts, driver)


_stack = ExitStack()
_makers: list[Maker] = []


def _start(site: Site) -> None:
    _makers.append(_stack.enter_context(_running(site)))
    multiprocessing.util.Finalize(None, _stack.close, exitpriority=10)


def _make(what: str, asked: Sequence[object]) -> list[Any]:
    found: list[Any] = getattr(_makers[0], what)(asked)
    return found

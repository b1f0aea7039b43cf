"""The pages of sources: how they fare, a look before adding, and lists in and out."""

import html
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import Engine
from sqlmodel import func, select
from starlette.testclient import TestClient

from registry import trying
from registry.domain.proposal import Announcer
from registry.domain.visit import Visit, with_visit
from registry.services.people.acting import REGISTRY
from registry.services.sources import sources
from registry.settings import Settings
from registry.store.engine import snapshot, transaction
from registry.store.tables import Entry, Event, Source
from tests.feeds import a_feed
from tests.scrapers.hostile import HostileServer, reply, silence
from tests.web.conftest import HandClock
from tests.web.pages.test_inbox_page import queries

As = Callable[[str], TestClient]
FEED = a_feed(
    ("1", "Plumeria - Minutes", "https://plumeria.example/"), ("2", "Plumo - Notes", "https://plumo.example/")
)
PAGE = (
    b"<html><head><title>Harbour Notes</title>"
    b"<link rel=alternate type=application/rss+xml href=/feed></head><body>Hello</body></html>"
)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Loopback may be reached here, where the feed server is."""
    return Settings(
        data_dir=tmp_path,
        database_url=database_url,
        base_url="http://testserver",
        allow_private_cidrs=("127.0.0.0/8",),
    )


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as server:
        server.plays("/feed", reply(FEED))
        server.plays("/", reply(PAGE, content_type="text/html"))
        yield server


@pytest.fixture
def a_source(site_engine: Engine, now: datetime) -> Callable[..., int]:
    def add(name: str = "Launches", **fares: object) -> int:
        with transaction(site_engine) as session:
            row = sources.add_source(
                session, url=f"https://{name.lower()}.example/feed", name=name, by=REGISTRY, now=now
            )
            for field, value in fares.items():
                setattr(row, field, value)
            return row.id or 0

    return add


def stored(engine: Engine, table: type[Source] | type[Entry]) -> int:
    with snapshot(engine) as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_a_check_shows_what_would_come_in_and_stores_nothing(
    as_: As, server: HostileServer, site_engine: Engine
) -> None:
    sent = {"url": server.url("/feed"), "announcer": "launch_feed", "group": "Launches"}
    reply = as_("Ada").post("/sources/check", data=sent)
    assert reply.status_code == 200
    for words in (
        "It can be read: Launches",
        "2 entries; 2 would propose a tool",
        "Plumo",
        "Add this source",
    ):
        assert words in reply.text
    assert stored(site_engine, Source) == stored(site_engine, Entry) == 0


def test_the_feeds_that_a_web_page_names_are_offered(as_: As, server: HostileServer) -> None:
    reply = as_("Ada").post("/sources/check", data={"url": server.url("/"), "announcer": "news"})
    assert reply.status_code == 422
    assert f'name="url" value="{server.url("/feed")}"' in reply.text


@pytest.mark.parametrize("url", ["", "nowhere", "ftp://example.org/x", "http://127.0.0.1:1/x"])
def test_what_cannot_be_read_is_told_and_stays_typed(as_: As, url: str) -> None:
    reply = as_("Ada").post("/sources/check", data={"url": url, "name": "My <feed>", "announcer": "news"})
    assert reply.status_code == 422
    assert f'value="{url}"' in reply.text
    assert "My &lt;feed&gt;" in reply.text


def test_who_waits_is_told_in_a_moment_that_it_takes_too_long_and_can_add_it_all_the_same(
    as_: As, server: HostileServer, site_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "PATIENCE_S", 0.3)
    ada, began = as_("Ada"), monotonic()
    sent = {"url": server.plays("/slow", silence), "name": "My <feed>", "announcer": "news"}
    slow = ada.post("/sources/check", data=sent)
    assert monotonic() - began < 5
    assert (slow.status_code, trying.SLOW in slow.text) == (422, True)
    assert "My &lt;feed&gt;" in slow.text
    assert 'formaction="/sources">Add it without a look' in slow.text
    assert ada.post("/sources", data=sent).status_code == 303
    tried = ada.post("/sources/1/try")
    assert (tried.status_code, trying.SLOW in tried.text) == (422, True)


def test_an_added_source_is_due_at_once(as_: As, site_engine: Engine, now: datetime) -> None:
    sent = {"url": "https://a.example/feed", "name": "Harbour", "announcer": "releases", "group": "Vendors"}
    ada = as_("Ada")
    reply = ada.post("/sources", data=sent)
    assert "Harbour" in ada.get(reply.headers["location"]).text
    with snapshot(site_engine) as session:
        added = session.exec(select(Source)).one()
        assert (added.announcer, added.group, added.due_at) == (Announcer.RELEASES, "Vendors", now)


def test_a_source_is_not_added_twice_nor_without_its_sort(as_: As) -> None:
    ada, sent = as_("Ada"), {"url": "https://a.example/feed", "name": "Harbour", "announcer": "news"}
    ada.post("/sources", data=sent)
    twice = ada.post("/sources", data=sent)
    assert twice.status_code == 409
    assert "polled already" in twice.text
    assert 'value="Harbour"' in twice.text
    assert ada.post("/sources", data=sent | {"announcer": "gossip"}).status_code == 422


def test_the_list_shows_strip_news_and_what_is_the_matter(
    as_: As, a_source: Callable[..., int], now: datetime
) -> None:
    strip = with_visit([], Visit(now, status=200, entries=9, new=7))
    strip = with_visit(strip, Visit(now, error_code="timeout"))
    a_source(failures=2, error_code="timeout", error="It took too long.", succeeded_at=now, strip=strip)
    shown = as_("Rosa").get("/sources").text
    for words in ("1 failing", "It failed 2 times in a row. It took too long.", "7 new"):
        assert words in shown
    assert "1 of the last 2 visits worked" in shown
    assert "0 of 0" in shown


def test_the_queries_are_as_many_for_one_source_as_for_twelve(
    as_: As, a_source: Callable[..., int], site_engine: Engine
) -> None:
    a_source()
    rosa = as_("Rosa")
    rosa.get("/sources")  # the first of a process reads what is kept in memory
    with queries(site_engine) as few:
        rosa.get("/sources")
    for number in range(11):
        a_source(f"Source{number}")
    with queries(site_engine) as more:
        rosa.get("/sources")
    assert len(more) == len(few)


def test_pause_resume_fetch_and_remove(
    as_: As, a_source: Callable[..., int], clock: HandClock, site_engine: Engine, now: datetime
) -> None:
    source_id = a_source(fetched_at=now)
    ada, page = as_("Ada"), f"/sources/{source_id}"
    early = ada.post(f"{page}/fetch")
    assert early.status_code == 409
    assert "less than five minutes ago" in early.text
    clock.pass_time(minutes=6)
    assert ada.post(f"{page}/fetch").status_code == 303
    assert ada.post(f"{page}/pause").status_code == 303
    assert ada.post(f"{page}/pause").status_code == 409
    assert "Paused" in ada.get(page).text
    assert ada.post(f"{page}/resume").status_code == 303
    assert ada.post(f"{page}/remove").headers["location"] == "/sources"
    assert ada.get(page).status_code == 404


def test_a_source_without_a_name_is_refused_and_the_rest_stays_typed(
    as_: As, a_source: Callable[..., int]
) -> None:
    reply = as_("Ada").post(
        f"/sources/{a_source()}/edit", data={"name": " ", "announcer": "news", "group": "Gr<oup>"}
    )
    assert reply.status_code == 422
    assert "Gr&lt;oup&gt;" in reply.text


def test_a_reviewer_reads_and_finds_no_button(as_: As, a_source: Callable[..., int]) -> None:
    page = f"/sources/{a_source()}"
    for path in ("/sources", page):
        shown = as_("Rosa").get(path)
        assert shown.status_code == 200
        assert 'href="/sources/new"' not in shown.text
        assert "/remove" not in shown.text


def test_what_is_no_opml_is_refused_in_words(as_: As) -> None:
    ada = as_("Ada")
    reply = ada.post("/sources/import", data={"announcer": "releases"}, files={"file": ("a.opml", b"PDF")})
    assert reply.status_code == 422
    assert "This file is no OPML" in reply.text
    assert 'value="releases" selected' in reply.text
    assert ada.post("/sources/import", data={"announcer": "news"}).status_code == 422


def test_a_password_in_an_address_is_shown_to_nobody(as_: As, site_engine: Engine, now: datetime) -> None:
    with transaction(site_engine) as session:
        sources.add_source(session, url="https://me:hush@a.example/feed", by=REGISTRY, now=now)
        sources.change_address(session, 1, url="https://me:hush@b.example/feed", by=REGISTRY, now=now)
        raw = {"url": "https://me:hush@c.example/feed"}  # as events were written once
        told = {"at": now, "actor": "registry", "action": "source.moved", "subject_kind": "source"}
        session.add(Event(**told, subject_id=1, before=raw, after=raw))
    paths = ("/sources", "/sources/1", "/sources.opml", "/sources/health.atom", "/audit")
    for who, path in [("Rosa", "/sources"), ("Rosa", "/sources/1"), *(("Ada", path) for path in paths)]:
        assert "hush" not in html.unescape(as_(who).get(path).text), path
    for path in ("/api/v1/sources", "/api/v1/sources/1", "/api/v1/events"):
        reply = as_("Ada").get(path)
        assert (reply.status_code, "hush" in reply.text) == (200, False), path

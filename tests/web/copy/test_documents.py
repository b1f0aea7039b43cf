"""The documents about tools: read by the dozen they are what the site answers, and their origin tells them apart."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from registry.domain.identity import slug
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind
from registry.domain.verdict import Scope
from registry.services.people.acting import REGISTRY, Actor, record
from registry.services.verdicts import feed, verdict_life
from registry.settings import Settings
from registry.store.engine import snapshot, transaction
from registry.store.tables import Alias, AliasKind, Notice, Office, Tool, ToolTag
from registry.web.copy import digest, documents, driving, rewriting, workers
from registry.web.copy.documents import Documents
from registry.web.copy.folder import State
from registry.web.copy.making import publish
from registry.web.pages import tool_list
from registry.web.rendering import Copy
from tests.builders import UTC_ZONE, a_tool, a_verdict, the_cast, the_offices
from tests.conftest import Beginning
from tests.web.test_queries import counting

COPY = Copy("http://testserver", "", "now", "now", "policy", "/static/copy.js")
FEEDS = (
    *("", "outcome=approved", "outcome=rejected", "category=Writing", "office=hq", "validity=superseded"),
    "tag=ink",
)
Made = dict[str, tuple[str, bytes]]
"""Address -> what the document is made of, and its bytes."""


def prepare(session: Session, now: datetime) -> dict[str, Actor]:
    """A tool that was decided twice, one that names another instead, one of another kind."""
    before = now - timedelta(days=40)
    cast = the_cast(session, now)
    the_offices(session)
    quill = a_tool(session, now=before, aliases={"quillmark.example": AliasKind.DOMAIN}, vendor="Feather")
    first = a_verdict(session, quill, cast, now=before, valid_until=date(2026, 12, 31))
    odd = a_tool(session, "C++ & <Friends>", now=now)
    a_verdict(session, odd, cast, now=before, outcome=Outcome.REJECTED, alternatives=("quillmark",))
    a_verdict(
        session, quill, cast, now=now - timedelta(days=2), outcome=Outcome.APPROVED_WITH_CONDITIONS,
        supersedes=(first.number,),
    )  # fmt: skip
    a_tool(session, "Bare", now=now, category="Maps")
    session.add(ToolTag(tool_id=quill.id, tag="ink"))
    _mention(session, quill, before)
    return cast


@pytest.fixture
def beginning() -> Beginning:
    return prepare


@pytest.fixture
def cast(given: dict[str, Actor]) -> dict[str, Actor]:
    return given


def _mention(session: Session, tool: Tool, at: datetime) -> None:
    after = {
        "title": "Quillmark - its terms changed",
        "signal": "terms",
        "announcer": "press",
        "link": "",
        "entry": 0,
    }
    record(session, "tool.mentioned", ("tool", tool.id), by=REGISTRY, now=at, after=after)


@contextmanager
def running(settings: Settings, now: datetime) -> Iterator[workers.Maker]:
    with workers._running(workers.Site(settings, COPY, now, (), {}, {})) as maker:
        yield maker


def made(settings: Settings, engine: Engine, now: datetime) -> Made:
    with running(settings, now) as maker, snapshot(engine) as session:
        slugs = session.exec(select(Tool.slug).order_by(Tool.slug)).all()
        documents = Documents(maker._parts, now)
        queries = [query for _, query in documents.places(session, FEEDS)]
        found = [*documents.of(session, slugs), *documents.feeds(session, queries)]
        return {each.address: (each.made_of, each.make()) for each in found}


def test_each_is_the_one_that_the_site_answers(
    settings: Settings, site_engine: Engine, now: datetime
) -> None:
    found = made(settings, site_engine, now)
    of_tools = [address for address in found if not address.startswith("/feeds/")]
    assert len(of_tools) == 3 * 6 + 3 + 2 * 3  # two tools have an archive of the month before
    assert len(found) - len(of_tools) > 3 * len(FEEDS)  # and so do some facets
    with running(settings, now) as maker:
        replies = maker._driver.get([(address, "") for address in found])
        for address, reply in zip(found, replies, strict=True):
            body = re.sub(rb' data-until(-text)?="[^"]*"', b"", found[address][1])
            assert reply.body == body, address


def test_they_are_read_by_as_many_queries_for_many_tools_as_for_few(
    settings: Settings, site_engine: Engine, now: datetime
) -> None:
    with running(settings, now) as maker, snapshot(site_engine) as session, counting(site_engine) as said:
        counts = []
        for slugs in (["quillmark"], ["quillmark", "bare"], ["quillmark", "bare", slug("C++ & <Friends>")]):
            before = len(said)
            list(Documents(maker._parts, now).of(session, slugs))
            counts.append(len(said) - before)
    assert counts[1] <= counts[0]
    assert counts[2] <= counts[0] + 3  # what is used instead is asked for by name


def suspended(session: Session, cast: dict[str, Actor], now: datetime) -> None:
    verdict_life.mark(
        session, 3, MarkKind.SUSPENDED, reason="A leak.", zone=UTC_ZONE, by=cast["ana"], now=now
    )


def decided(session: Session, cast: dict[str, Actor], now: datetime) -> None:
    bare = session.exec(select(Tool).where(Tool.slug == "bare")).one()
    a_verdict(session, bare, cast, now=now - timedelta(minutes=10), scope=Scope(offices=frozenset({"hq"})))


def mentioned(session: Session, _cast: dict[str, Actor], now: datetime) -> None:
    _mention(session, session.exec(select(Tool).where(Tool.slug == "bare")).one(), now)


def renamed(session: Session, _cast: dict[str, Actor], _now: datetime) -> None:
    session.exec(select(Tool).where(Tool.slug == "quillmark")).one().name = "Quill & Mark"


def moved(session: Session, _cast: dict[str, Actor], _now: datetime) -> None:
    session.exec(select(Tool).where(Tool.slug == "quillmark")).one().category = "Maps"


def called_otherwise(session: Session, _cast: dict[str, Actor], _now: datetime) -> None:
    tool = session.exec(select(Tool).where(Tool.slug == "bare")).one()
    session.add(Alias(tool_id=tool.id, kind=AliasKind.NAME, text="Nude", key="nude"))


def an_office_renamed(session: Session, _cast: dict[str, Actor], _now: datetime) -> None:
    session.exec(select(Office).where(Office.code == "hq")).one().name = "Main house"


def an_office_opened(session: Session, _cast: dict[str, Actor], _now: datetime) -> None:
    session.add(Office(code="north", name="North"))


def tagged(session: Session, _cast: dict[str, Actor], _now: datetime) -> None:
    tool = session.exec(select(Tool).where(Tool.slug == "bare")).one()
    session.add(ToolTag(tool_id=tool.id, tag="ink"))


Change = Callable[[Session, dict[str, Actor], datetime], None]
CHANGES: tuple[Change, ...] = (
    suspended, decided, mentioned, renamed, moved, called_otherwise, an_office_renamed, an_office_opened, tagged,
)  # fmt: skip


def held(before: Made, after: Made) -> int:
    """How many come from the same and are the same; none comes from the same and is another one."""
    same = [address for address in after if before.get(address, ("", b""))[0] == after[address][0]]
    for address in same:
        assert before[address][1] == after[address][1], address
    return len(same)


def test_what_comes_from_the_same_is_the_same_whatever_was_written(
    settings: Settings, site_engine: Engine, cast: dict[str, Actor], now: datetime
) -> None:
    before = made(settings, site_engine, now)
    assert held(before, made(settings, site_engine, now)) == len(before)
    for change in CHANGES:
        with transaction(site_engine) as session:
            change(session, cast, now)
        after = made(settings, site_engine, now)
        assert after != before, change
        assert held(before, after) > 0, change
        before = after


def test_a_day_a_setting_or_another_program_tells_documents_apart(
    settings: Settings, site_engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made(settings, site_engine, now)
    lapsed = made(settings, site_engine, now + timedelta(days=500))
    assert 0 < held(before, lapsed) < len(before)
    for each in (
        settings.model_copy(update={"name": "Another"}),
        settings.model_copy(update={"language": "es"}),
    ):
        assert held(before, made(each, site_engine, now)) == 0
    monkeypatch.setattr(digest, "of_program", lambda: "another")
    assert held(before, made(settings, site_engine, now)) == 0


def contents(root: Path) -> dict[str, bytes]:
    stamp = re.compile(rb'<time datetime="[^"]*">[^<]*</time>; what was decided since')
    return {
        str(each.relative_to(root)): stamp.sub(b"", each.read_bytes())
        for each in root.rglob("*")
        if each.is_file() and not each.name.startswith(".registry-copy")
    }


@pytest.mark.whole
def test_a_copy_that_was_brought_up_to_date_is_one_that_was_made_from_nothing(
    settings: Settings, site_engine: Engine, cast: dict[str, Actor], now: datetime, tmp_path: Path
) -> None:
    root, at = tmp_path / "copy", now
    publish(settings, site_engine, root, now=at)
    for place, change in enumerate((*CHANGES, None, "es")):
        with transaction(site_engine) as session:
            if callable(change):
                change(session, cast, now)
        if change == "es":
            settings = settings.model_copy(update={"language": "es"})
        at += timedelta(days=500) if change is None else timedelta(0)
        publish(settings, site_engine, root, now=at)
        publish(settings, site_engine, tmp_path / f"{place}", now=at)
        assert contents(root) == contents(tmp_path / f"{place}"), change


@pytest.mark.whole
def test_an_unchanged_copy_is_not_made_again(
    settings: Settings, site_engine: Engine, cast: dict[str, Actor], now: datetime, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    publish(settings, site_engine, tmp_path / "copy", now=now)
    asked: list[str] = []
    whole = driving.Driver.get

    def get(driver: driving.Driver, addresses: Sequence[tuple[str, str]]) -> list[driving.Reply]:
        asked.extend(address for address, _ in addresses)
        return whole(driver, addresses)

    def make(maker: workers.Maker, document: documents.Document) -> workers.Made:
        return was(maker, replace(document, make=refuse))

    def refuse(*_: object, **__: object) -> Any:
        raise AssertionError("made again")

    was = workers.Maker._document
    monkeypatch.setattr(State, "stands", lambda *_: False)
    monkeypatch.setattr(driving.Driver, "get", get)
    monkeypatch.setattr(rewriting.Rewriter, "page", refuse)
    monkeypatch.setattr(workers.Maker, "_document", make)
    publish(settings, site_engine, tmp_path / "copy", now=now)
    assert not [each for each in asked if each.startswith(("/tools/", "/feeds/"))]


@pytest.mark.whole
def test_pages_of_a_list_lead_to_each_other_though_some_of_them_were_left_as_they_were(
    settings: Settings, site_engine: Engine, cast: dict[str, Actor], now: datetime, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(tool_list, "MOST_TOOLS", 1)
    root, first = tmp_path / "copy", tmp_path / "copy" / "tools.html"
    publish(settings, site_engine, root, now=now)
    written = first.stat().st_mtime_ns
    with transaction(site_engine) as session:
        session.exec(select(Tool).where(Tool.slug == "quillmark")).one().vendor = "Another"
    publish(settings, site_engine, root, now=now)
    publish(settings, site_engine, tmp_path / "anew", now=now)
    assert first.stat().st_mtime_ns == written
    assert "Another" in (root / "tools-after-c-plus-plus-friends.html").read_text()
    assert contents(root) == contents(tmp_path / "anew")


def test_a_copy_leads_to_what_is_older_by_archives_alone(
    settings: Settings, site_engine: Engine, cast: dict[str, Actor], now: datetime, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(feed, "MOST", 1)
    publish(settings, site_engine, tmp_path / "copy", now=now)
    feeds = tmp_path / "copy" / "feeds"
    found = {each.name: each.read_text() for each in feeds.iterdir() if each.suffix == ".atom"}
    assert not [name for name, text in found.items() if 'rel="next"' in text or "before" in name]
    ids = {entry for text in found.values() for entry in re.findall(r"<entry>\s*<id>([^<]*)", text)}
    with snapshot(site_engine) as session:
        assert len(ids) == len(session.exec(select(Notice)).all())

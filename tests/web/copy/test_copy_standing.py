"""Whether a copy still says all that the registry would say: told by its rows and the clock, before a page is made."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session, select

from registry.settings import Settings
from registry.store import copied
from registry.store.engine import snapshot, transaction
from registry.store.tables import User
from registry.web.copy import making, workers
from registry.web.copy.folder import State
from registry.web.copy.making import publish
from registry.web.copy.standing import standing_of
from registry.web.copy.writing import SEEDS
from tests.web.copy.test_documents import (
    CHANGES,
    COPY,
    FEEDS,
    beginning,
    cast,
    mentioned,
    renamed,
    running,
    suspended,
)

__all__ = ["beginning", "cast"]


def state(settings: Settings, engine: Engine, now: datetime) -> State:
    with snapshot(engine) as session:
        return standing_of(session, settings, COPY, now=now).state


def test_whatever_was_written_ends_it(
    settings: Settings,
    site_engine: Engine,
    cast: dict,
    now: datetime,  # type: ignore[type-arg]
) -> None:
    before = state(settings, site_engine, now)
    assert before.stands(state(settings, site_engine, now + timedelta(hours=1)))
    for change in CHANGES:
        with transaction(site_engine) as session:
            change(session, cast, now)
        after = state(settings, site_engine, now)
        assert not before.stands(after), change
        before = after


def test_a_day_a_clock_put_back_or_a_setting_ends_it_too(
    settings: Settings, site_engine: Engine, now: datetime
) -> None:
    before = state(settings, site_engine, now)
    assert not before.stands(state(settings, site_engine, now + timedelta(days=1)))
    assert not before.stands(state(settings, site_engine, now - timedelta(minutes=1)))
    spanish = settings.model_copy(update={"language": "es"})
    assert not before.stands(state(spanish, site_engine, now))


@pytest.fixture
def tables_read() -> Iterator[set[str]]:
    found: set[str] = set()

    def note(*said: object) -> None:
        found.update(re.findall(r'\b(?:FROM|JOIN) "?(\w+)', str(said[2])))

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def test_no_table_that_does_not_count_is_read_for_a_page_of_a_copy(
    settings: Settings, site_engine: Engine, now: datetime, tables_read: set[str]
) -> None:
    with running(settings, now) as maker:
        tables_read.clear()
        maker.tools(["quillmark", "bare"])
        maker.feeds([query for _, query in maker.places(FEEDS)])
        assert not tables_read & copied.BESIDE
        maker.pages([(address, "") for address in SEEDS if address != "/a-z"])
    assert {"tool", "verdict", "notice", "event", "office"} <= tables_read
    assert not tables_read & copied.UNSHOWN - {
        "tool_change"
    }  # which says that something was written, not what


def test_after_a_change_only_what_tells_of_that_tool_is_read_again(
    settings: Settings,
    site_engine: Engine,
    cast: dict,  # type: ignore[type-arg]
    now: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = tmp_path / "copy"
    with running(settings, now):
        pass  # the site's first start settles what feeds are called
    publish(settings, site_engine, root, now=now)
    read: list[str] = []
    was = workers.Maker.tools
    monkeypatch.setattr(workers.Maker, "tools", lambda maker, slugs: read.extend(slugs) or was(maker, slugs))
    of_both = ["c-plus-plus-friends", "quillmark"]  # the one names the other as what to use instead
    for change, told in ((suspended, of_both), (mentioned, ["bare"]), (somebody_left, []), (renamed, None)):
        read.clear()
        with transaction(site_engine) as session:
            change(session, cast, now)
        publish(settings, site_engine, root, now=now + timedelta(hours=1))
        assert sorted(read) == (["bare", *of_both] if told is None else told), change
    read.clear()
    publish(settings, site_engine, root, now=now + timedelta(days=1))
    assert len(read) == 3


def somebody_left(session: Session, _cast: object, now: datetime) -> None:
    session.exec(select(User)).all()[0].disabled_at = now


def test_a_copy_that_says_all_already_is_left_alone_and_one_that_was_touched_is_not(
    settings: Settings, site_engine: Engine, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "copy"
    with running(settings, now):
        pass  # the site's first start settles what feeds are called
    publish(settings, site_engine, root, now=now)
    made: list[int] = []
    was = making._make
    monkeypatch.setattr(making, "_make", lambda *given: made.append(1) or was(*given))
    report = publish(settings, site_engine, root, now=now + timedelta(hours=1))
    assert (made, report.written.new, report.written.changed) == ([], 0, 1)
    assert (root / "published.json").read_text().count("15:02")
    page = root / "tools" / "bare.html"
    page.write_bytes(b"broken")
    publish(settings, site_engine, root, now=now + timedelta(hours=2))
    assert (made, page.read_bytes().count(b"<h1")) == ([1], 1)

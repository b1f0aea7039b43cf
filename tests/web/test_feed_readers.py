"""Feed readers that people use, against a real server: each shows every entry once, and an edited one as edited."""

import mailbox
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import Engine

from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind
from registry.publish.formats import FORMATS
from registry.services.people.acting import Actor
from registry.services.verdicts.verdict_life import mark
from registry.settings import Settings
from registry.store.engine import make_engine, transaction
from registry.web.app import create_app
from tests.builders import UTC_ZONE, a_tool, a_verdict, the_cast

pytestmark = pytest.mark.whole
TITLES = [
    "Inkwell: Rejected",
    "Quillmark: Approved with conditions",
    "Quillmark: Approved with conditions – suspended",
]


@dataclass
class Site:
    """A registry on loopback with three notices, the last of them a suspension."""

    port: int
    engine: Engine
    cast: dict[str, Actor]
    clock: Callable[[], datetime]
    replies: list[int] = field(default_factory=list)
    """The status of each reply about a feed, in order."""

    def url(self, ending: str) -> str:
        return f"http://127.0.0.1:{self.port}/feeds/verdicts.{ending}"

    def edit(self) -> None:
        """The suspension is confirmed: its entry says so from now on."""
        with transaction(self.engine) as session:
            told = {"reason": "", "zone": UTC_ZONE, "by": self.cast["ada"], "now": self.clock()}
            mark(session, 1, MarkKind.SUSPENSION_CONFIRMED, **told)  # type: ignore[arg-type]


@pytest.fixture
def site(tmp_path: Path, database_url: str, now: datetime) -> Iterator[Site]:
    engine = make_engine(database_url)
    with transaction(engine) as session:
        cast = the_cast(session, now)
        before = now - timedelta(days=3)
        conditional = Outcome.APPROVED_WITH_CONDITIONS
        a_verdict(session, a_tool(session, now=before), cast, now=before, outcome=conditional)
        a_verdict(session, a_tool(session, "Inkwell", now=before), cast, now=before, outcome=Outcome.REJECTED)
        told = {"reason": "A leak.", "zone": UTC_ZONE, "by": cast["amir"], "now": now - timedelta(days=1)}
        mark(session, 1, MarkKind.SUSPENDED, **told)  # type: ignore[arg-type]
    with closing(socket.socket()) as tried:
        tried.bind(("127.0.0.1", 0))
        port = tried.getsockname()[1]
    settings = Settings(data_dir=tmp_path, database_url=database_url, base_url=f"http://127.0.0.1:{port}")
    served = Site(port, engine, cast, lambda: now)
    app = create_app(settings, engine=engine, clock=lambda: now)
    with _serving(_counted(app, served.replies), port):
        yield served
    engine.dispose()


def _counted(app: Any, replies: list[int]) -> Any:
    async def counting(scope: Any, receive: Any, send: Any) -> None:
        async def note(message: Any) -> None:
            if message["type"] == "http.response.start":
                replies.append(message["status"])
            await send(message)

        about_a_feed = scope["type"] == "http" and scope["path"].startswith("/feeds/")
        await app(scope, receive, note if about_a_feed else send)

    return counting


@contextmanager
def _serving(app: Any, port: int) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    ends = time.monotonic() + 30
    while not server.started and time.monotonic() < ends:
        thread.join(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(30)


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed here; .ci/run installs it")
    return found


def run(*command: str, home: Path) -> None:
    environment = {
        "HOME": str(home),
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "XDG_CONFIG_HOME": str(home),
    }
    subprocess.run(command, check=True, env=environment, timeout=60, capture_output=True)


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_newsboat(site: Site, tmp_path: Path, ending: str) -> None:
    home = tmp_path / "newsboat"
    home.mkdir()
    urls, cache, config = home / "urls", home / "cache.db", home / "config"
    urls.write_text(f"{site.url(ending)}\n", "utf-8")
    config.write_text(f'reset-unread-on-update "{site.url(ending)}"\n', "utf-8")
    newsboat = (program("newsboat"), "-q", "-u", str(urls), "-c", str(cache), "-C", str(config))

    def shown() -> dict[str, tuple[str, str]]:
        run(*newsboat, "-x", "reload", home=home)
        with closing(sqlite3.connect(cache)) as held:
            rows = held.execute("SELECT guid, title, content FROM rss_item").fetchall()
        assert len({guid for guid, *_ in rows}) == len(rows)
        return {guid: (title, content) for guid, title, content in rows}

    first = shown()
    assert sorted(title for title, _ in first.values()) == TITLES
    assert shown() == first
    assert shown() == first
    # It has no place for validators until a feed was read once, so the third visit is the first that sends them.
    assert site.replies == [200, 200, 304]
    site.edit()
    edited = shown()
    assert edited.keys() == first.keys()
    changed = [guid for guid in first if edited[guid] != first[guid]]
    assert [first[guid][0] for guid in changed] == [TITLES[2]]
    assert "Ada has confirmed it" in edited[changed[0]][1]


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_rss2email(site: Site, tmp_path: Path, ending: str) -> None:
    home = tmp_path / "rss2email"
    (home / "mail").mkdir(parents=True)
    config = home / "rss2email.cfg"
    config.write_text(
        f"[DEFAULT]\nfrom = r2e@reader.example\nto = emil@reader.example\nemail-protocol = maildir\n"
        f"maildir-path = {home}/mail\nmaildir-mailbox = box\ntrust-guid = False\ntrust-link = False\n"
        "reply-changes = True\nhtml-mail = True\n",
        "utf-8",
    )
    r2e = (program("r2e"), "-c", str(config), "-d", str(home / "seen.json"))
    run(*r2e, "add", "verdicts", site.url(ending), home=home)

    def mails() -> list[str]:
        run(*r2e, "run", home=home)
        box = mailbox.Maildir(home / "mail" / "box")
        return sorted(str(make_header(decode_header(each["subject"]))) for each in box)

    assert mails() == TITLES
    assert mails() == TITLES
    assert site.replies == [200, 304]
    site.edit()
    again = mails()
    assert len(again) == 4
    assert again.count(TITLES[2]) == 2


@pytest.mark.parametrize("ending", FORMATS)
def test_the_package_reader(site: Site, ending: str) -> None:
    reader = pytest.importorskip("reader")
    changes: list[tuple[str, str]] = []
    with closing(reader.make_reader(":memory:")) as reading:
        reading.add_feed(site.url(ending))
        reading.after_entry_update_hooks.append(
            lambda _, entry, status: changes.append((entry.title, str(status.value)))
        )
        reading.update_feed(site.url(ending))
        entries = {each.id: each for each in reading.get_entries()}
        assert sorted(each.title for each in entries.values()) == TITLES
        assert {status for _, status in changes} == {"new"}
        changes.clear()
        reading.update_feed(site.url(ending))
        assert changes == []
        assert site.replies == [200, 304]
        site.edit()
        reading.update_feed(site.url(ending))
        assert changes == [(TITLES[2], "modified")]
        after = {each.id: each for each in reading.get_entries()}
        assert after.keys() == entries.keys()
        [edited] = [each for each in after.values() if each.title == TITLES[2]]
        assert edited.updated == site.clock()
        assert edited.published == site.clock() - timedelta(days=1)
        assert "Ada has confirmed it" in edited.content[0].value

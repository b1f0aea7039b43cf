"""What a person at a terminal sees while `registry scrape` runs: on a real terminal, with a publisher that waits."""

import os
import pty
import re
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from registry.cli import app
from tests.feeds import a_feed
from tests.scrapers.hostile import HostileServer, Visit, reply

FEED = a_feed(("1", "Plumeria - Minutes", "https://plumeria.example/"))
COLOUR = re.compile(r"\x1b\[[\d;]*m")


class Terminal:
    """A process whose standard output and error are one terminal, 100 columns wide."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self.shown = ""
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from registry.cli import main; main()", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30", **environment},
        )
        os.close(theirs)

    def read_until(self, words: str, *, within_s: float = 30) -> None:
        ends = time.monotonic() + within_s
        while words not in COLOUR.sub("", self.shown):
            assert time.monotonic() < ends, f"{words!r} did not come: {self.shown!r}"
            self._read()

    def read_to_end(self) -> int:
        while self._read():
            continue
        os.close(self._ours)
        return self.process.wait(timeout=30)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], 1)
        if not ready:
            return self.process.poll() is None
        try:
            data = os.read(self._ours, 65_536)
        except OSError:  # the terminal closes with its last user
            return False
        self.shown += data.decode("utf-8", "replace")
        return bool(data)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def server(gate: threading.Event) -> Iterator[HostileServer]:
    def waits(visit: Visit) -> None:
        gate.wait(30)
        reply(FEED)(visit)

    with HostileServer() as server:
        server.plays("/feed", waits)
        yield server


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path, database_url, server) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGISTRY_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("REGISTRY_ALLOW_PRIVATE_CIDRS", "127.0.0.0/8")
    monkeypatch.delenv("NO_COLOR", raising=False)
    added = CliRunner().invoke(app, ["sources", "add", server.url("/feed"), "--name", "Harbour launches"])
    assert added.exit_code == 0, added.output


def test_a_terminal_shows_a_bar_what_is_read_now_a_line_a_source_and_a_table(gate):
    screen = Terminal("scrape")
    screen.read_until("now: Harbour launches")
    seen = COLOUR.sub("", screen.shown)
    assert "Reading sources" in seen
    assert "0/1" in seen
    gate.set()
    assert screen.read_to_end() == 0
    told = COLOUR.sub("", screen.shown)
    assert "Harbour launches: 1 new of 1 entries" in told
    assert "1 source read, 0 failed." in told
    assert "new entries" in told


def test_no_colour_is_used_where_none_is_wanted(gate):
    gate.set()
    screen = Terminal("scrape", NO_COLOR="1")
    assert screen.read_to_end() == 0
    assert not re.search(r"\x1b\[[\d;]*3[0-8]", screen.shown)

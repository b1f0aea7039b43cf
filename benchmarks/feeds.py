"""What feeds and pages take: told from memory, answered with 304, and rendered anew, on registries of three sizes.

    python benchmarks/feeds.py [unchanged] [anew] [grow] [--json]

`unchanged`  the whole feed asked for again and again (gzip and plain), and with its ETag, and so some pages, beside a
             FastAPI hello-world on the same server: replies for a second of the server's processor
`anew`       the same feed when something was written before each request, 50 entries, beside datasette's table page of
             the same 50 rows, where that is installed
`grow`       documents of 50 entries at 1,000, 10,000 and 100,000 tools

Compared is the processor time of the server's process, since others may load the machine. Sides run in turn; medians.
"""

import argparse
import json
import os
import re
import socket
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from made_registry import fill, touch_a_verdict
from serving import datasette, hello, served, wait_for, wait_until_idle

PARTS = ("unchanged", "anew", "grow")
FEED = "/feeds/verdicts.atom"
GROWN = (
    FEED,
    "/feeds/verdicts.rss",
    "/feeds/verdicts.json",
    f"{FEED}?outcome=approved",
    f"{FEED}?category=C3",
    f"{FEED}?office=o3",
    f"{FEED}?event=published",
)
PAGES = ("/", "/verdicts")
TABLE = "/registry/notice?_size=50&_sort_desc=updated_at"
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of them where none is named")
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--decided", type=float, default=0.6, help="share of the tools with a verdict")
    parser.add_argument("--times", type=int, default=5, help="runs to take the medians of")
    parser.add_argument("--requests", type=int, default=2_000, help="of each run of `unchanged`")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the registries, made once")
    parser.add_argument("--json", action="store_true", help="print data alone")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = {size: registry(asked.keep or Path(folder), size, asked) for size in asked.sizes}
        report = {part: globals()[f"measure_{part}"](asked, made) for part in asked.parts or PARTS}
    if asked.json:
        print(json.dumps(report, indent=2))
        return
    for part, told in report.items():
        print(f"\n{part}")
        for name, value in told.items():
            print(f"  {name:<58} {value}")


def registry(folder: Path, size: int, asked: argparse.Namespace) -> Path:
    """A registry of so many tools and five offices, with the notices of its verdicts, all told a month ago."""
    from registry.services.verdicts.announcing import Sweep
    from registry.store.engine import make_engine, transaction

    file = folder / f"registry-{size}.sqlite3"
    if not file.exists():
        fill(file, size, asked.decided, asked.seed, offices=5)
        engine = make_engine(f"sqlite:///{file}")
        with transaction(engine) as session:
            Sweep(ZoneInfo("UTC")).write(session, datetime.now(UTC) - timedelta(days=29))
        engine.dispose()
    return file


def measure_unchanged(asked: argparse.Namespace, made: dict[int, Path]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    with sites(made[min(made)]) as (ours, greeting, _):
        etag = ours.ask(FEED, "Accept-Encoding: gzip")[1]
        sides: dict[str, Callable[[], object]] = {
            "hello-world": lambda: greeting.ask("/"),
            "feed, gzip": lambda: ours.ask(FEED, "Accept-Encoding: gzip"),
            "feed, plain": lambda: ours.ask(FEED),
            "304": lambda: ours.ask(FEED, f"Accept-Encoding: gzip\r\nIf-None-Match: {etag}"),
        }
        for path in (*PAGES, tool_page(made[min(made)])):
            said = ours.ask(path)[1]
            sides[path] = partial(ours.ask, path)
            sides[f"{path}, 304"] = partial(ours.ask, path, f"If-None-Match: {said}")
        rates: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(asked.times):
            for side, ask in sides.items():
                site = greeting if side == "hello-world" else ours
                rates[side].append(1 / site.processor_s(ask, asked.requests))
    for side, every in rates.items():
        told[f"{side}: replies for a second of processor"] = round(median(every))
        ratio = median(mine / theirs for mine, theirs in zip(every, rates["hello-world"], strict=True))
        told[f"{side}: of hello-world's rate"] = round(ratio, 2)
    return told


def tool_page(database: Path) -> str:
    with closing(sqlite3.connect(database)) as reader:
        (slug,) = reader.execute("SELECT slug FROM tool ORDER BY id").fetchone()
    return f"/tools/{slug}"


def measure_anew(asked: argparse.Namespace, made: dict[int, Path]) -> dict[str, Any]:
    database = made[min(made)]
    told: dict[str, Any] = {}
    with sites(database) as (ours, _, table), closing(sqlite3.connect(database)) as writer:
        times: dict[str, list[float]] = {}
        for _ in range(asked.times):
            for name in ("atom", "rss", "json"):
                ask = anew(ours, writer, f"/feeds/verdicts.{name}")
                times.setdefault(f"feed of 50, {name}", []).append(ours.processor_s(ask, 20))
            if table is not None:
                times.setdefault("datasette's table page", []).append(
                    table.processor_s(lambda: table.ask(TABLE), 20)
                )
    for side, every in times.items():
        told[f"{side}: ms of processor"] = round(median(every) * 1e3, 1)
    if "datasette's table page" in times:
        for name in ("atom", "rss", "json"):
            pairs = zip(times["datasette's table page"], times[f"feed of 50, {name}"], strict=True)
            told[f"{name}: times datasette's rate"] = round(
                median(theirs / mine for theirs, mine in pairs), 1
            )
    return told


def measure_grow(asked: argparse.Namespace, made: dict[int, Path]) -> dict[str, Any]:
    """The registries in turn, path by path."""
    times: dict[str, dict[int, list[float]]] = {path: {size: [] for size in made} for path in GROWN}
    with ExitStack() as opened:
        asking = {}
        for size, database in made.items():
            site = opened.enter_context(ours_alone(database))
            asking[size] = (site, opened.enter_context(closing(sqlite3.connect(database))))
        for path in GROWN:
            for _ in range(asked.times):
                for size, (site, writer) in asking.items():
                    times[path][size].append(site.processor_s(anew(site, writer, path), 10))
    told: dict[str, Any] = {}
    for path, runs in times.items():
        by_size = {size: median(each) for size, each in runs.items()}
        least = by_size[min(by_size)]
        told[path] = ", ".join(
            f"{size:,}: {taken * 1e3:.0f} ms ({taken / least:.2f})" for size, taken in by_size.items()
        )
    return told


class Site:
    """A server, asked over one connection that is kept open during a run, and its process."""

    def __init__(self, port: int, pid: int) -> None:
        self._port, self._pid = port, pid
        self._connect()

    def _connect(self) -> None:
        self._link = socket.create_connection(("127.0.0.1", self._port), 60)
        self._reader = self._link.makefile("rb")

    def ask(self, path: str, *headers: str) -> tuple[int, str]:
        """The status, and the ETag where there is one."""
        told = "".join(f"{each}\r\n" for each in headers)
        self._link.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{told}\r\n".encode())
        status = int(self._reader.readline().split()[1])
        length, etag, chunked = 0, "", False
        while (line := self._reader.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(": ")
            length = int(value) if name.lower() == "content-length" else length
            etag = value if name.lower() == "etag" else etag
            chunked |= name.lower() == "transfer-encoding"
        if chunked:
            while size := int(self._reader.readline(), 16):
                self._reader.read(size + 2)
            self._reader.readline()
        elif status != 304:
            self._reader.read(length)
        if status not in (200, 304):
            raise SystemExit(f"{path} gives {status}")
        return status, etag

    def processor_s(self, ask: Callable[[], object], count: int) -> float:
        """Seconds of the server's processor for one reply."""
        self._connect()  # a server hangs up on a connection that was idle
        ask()
        before = self._spent()
        for _ in range(count):
            ask()
        return max(self._spent() - before, 1 / TICKS) / count

    def _spent(self) -> float:
        told = Path(f"/proc/{self._pid}/schedstat").read_text().split()
        threads = Path(f"/proc/{self._pid}/task").iterdir()
        with suppress(OSError):
            return sum(int((each / "schedstat").read_text().split()[0]) for each in threads) / 1e9
        return int(told[0]) / 1e9


def anew(site: Site, writer: sqlite3.Connection, path: str) -> Callable[[], object]:
    """Something befell one verdict, which may concern every feed, so that none is told from memory."""

    def ask() -> object:
        touch_a_verdict(writer)
        return site.ask(path)

    return ask


@contextmanager
def sites(database: Path) -> Iterator[tuple[Site, Site, Site | None]]:
    """Ours, hello-world and, where it is installed, datasette."""
    with tempfile.TemporaryDirectory() as folder, served(folder, database) as (port, started):
        wait_for(port, FEED)
        wait_until_idle(started.pid)
        with hello(folder) as greeting, datasette(folder, database) as table:
            yield (
                Site(port, started.pid),
                Site(greeting, child("hello.py")),
                Site(table, child("datasette")) if table else None,
            )


@contextmanager
def ours_alone(database: Path) -> Iterator[Site]:
    with tempfile.TemporaryDirectory() as folder, served(folder, database) as (port, started):
        wait_for(port, FEED)
        wait_until_idle(started.pid)
        yield Site(port, started.pid)


def child(name: str) -> int:
    """The process that this one has started with such a command."""
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            with suppress(OSError):
                parent = re.search(r"PPid:\s+(\d+)", (each / "status").read_text())
                if parent and int(parent[1]) == os.getpid() and name in (each / "cmdline").read_text():
                    return int(each.name)
    raise SystemExit(f"{name} does not run")


if __name__ == "__main__":
    main()

"""What "may I use it?" takes on a large registry: look-ups, suggestions, memory, growth, and the command.

    python benchmarks/lookup.py [rate] [suggest] [grow] [command] [--tools 100000] [--json]

`rate`     `GET /api/v1/check`, certain matches as people ask (a few tools often, most seldom), 32 connections, beside a
           FastAPI hello-world on the same server, and beside datasette's JSON row page where it is installed
`suggest`  a mistyped name, one at a time; how often the right one comes first
`grow`     pages with a fixed number of rows at 1,000, 10,000 and 100,000 tools
`command`  `registry check` as a process beside `python -c "import sqlmodel"`

Everything is made from a seed. Sides run in turn; medians.
"""

# ruff: noqa: S311
import argparse
import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT.parent), str(ROOT)]

CONNECTIONS = 32
PARTS = ("rate", "suggest", "grow", "command")
ONSETS = tuple("b br c ch d dr f fl g gr h j k kl l m n p pl qu r s sh sk st t tr v w z".split())  # noqa: SIM905
VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "io", "ou"]
ENDINGS = ["", "", "n", "r", "l", "x", "t", "s", "m", "ck"]
TAILS = [
    "",
    "",
    "",
    "app",
    "hq",
    "labs",
    "cloud",
    "studio",
    "desk",
    "flow",
    "board",
    "notes",
    "io",
    "works",
    "hub",
]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
PAGES = (
    "/",
    "/check?q={name}",
    "/check?q={typo}",
    "/tools",
    "/tools/{slug}",
    "/verdicts",
    "/suggest?q={begun}",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of them where none is named")
    parser.add_argument("--tools", type=int, default=100_000)
    parser.add_argument("--names", type=int, nargs="*", default=[100_000, 1_000_000], help="for `suggest`")
    parser.add_argument("--decided", type=float, default=0.05, help="share of the tools with a verdict")
    parser.add_argument(
        "--questions", type=int, default=3_000, help="of `rate`; each is asked again and again"
    )
    parser.add_argument("--times", type=int, default=5, help="runs to take the medians of")
    parser.add_argument("--seconds", type=float, default=4, help="of each run of `rate`")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print data alone")
    asked = parser.parse_args()
    report = {part: globals()[f"measure_{part}"](asked) for part in asked.parts or PARTS}
    if asked.json:
        print(json.dumps(report, indent=2))
        return
    for part, told in report.items():
        print(f"\n{part}")
        for name, value in told.items():
            print(f"  {name:<58} {value}")


def measure_rate(asked: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        database = fill(Path(folder) / "registry.sqlite3", asked.tools, asked.decided, asked.seed)
        queries = as_people_ask(asked.tools, asked.seed, asked.questions)
        sides = {"ours": [f"/api/v1/check?q={quote(each)}" for each in queries], "hello": ["/"]}
        with served(folder, database) as (ours, started), hello(folder) as greeting:
            sides_at = {"ours": ours, "hello": greeting}
            wait_for(ours, "/api/v1/check?q=nobody+has+this")
            told: dict[str, Any] = {"tools": asked.tools, "memory when ready, MB": memory_mb(started.pid)}
            first = dict.fromkeys(sides["ours"])
            told["ours, asked for the first time: requests a second"] = round(asked_once(ours, list(first)))
            runs: dict[str, list[tuple[float, float]]] = {side: [] for side in sides}
            with datasette(folder, database) as port:
                if port:
                    dice = random.Random(asked.seed)
                    rows = [f"/registry/alias/{dice.randrange(1, asked.tools)}.json" for _ in range(2_000)]
                    sides["datasette"], sides_at["datasette"], runs["datasette"] = rows, port, []
                for _ in range(asked.times):
                    for side, paths in sides.items():
                        runs[side].append(load(sides_at[side], paths, asked.seconds))
            for side, every in runs.items():
                told[f"{side}: requests a second"] = round(median(rate for rate, _ in every))
                told[f"{side}: 99th percentile, ms"] = round(median(late for _, late in every) * 1e3, 1)
                told[f"ours beside {side}"] = round(
                    median(our[0] / their[0] for our, their in zip(runs["ours"], every, strict=True)), 2
                )
            told["memory after, MB"] = memory_mb(started.pid)
            told["index made in, s"] = round(index_made_in(database), 2)
    return told


def measure_suggest(asked: argparse.Namespace) -> dict[str, Any]:
    from registry.services.answers.names import Names

    told: dict[str, Any] = {}
    for number in asked.names:
        dice = random.Random(asked.seed)
        names = made_names(number, dice)
        known = set(names)
        begun = time.perf_counter()
        found = Names((name, at) for at, name in enumerate(names))
        told[f"{number:,} names: made in, s"] = round(time.perf_counter() - begun, 2)
        for edits in (1, 2):
            right, times = 0, []
            typed = list(mistyped(names, known, edits, dice, 1_000))
            for wrong, at in typed:
                begun = time.perf_counter()
                near = found.near(wrong, limit=8)
                times.append(time.perf_counter() - begun)
                right += bool(near) and near[0][0] == at
            told[f"{number:,} names, {edits} edit(s): right first, %"] = round(100 * right / len(typed), 1)
            told[f"{number:,} names, {edits} edit(s): 99th percentile, ms"] = round(
                percentile(times, 99) * 1e3, 1
            )
    return told


def measure_grow(asked: argparse.Namespace) -> dict[str, Any]:
    from fastapi.testclient import TestClient

    from registry.settings import Settings
    from registry.web.app import create_app

    sizes = [size for size in (1_000, 10_000, 100_000) if size <= max(asked.tools, 1_000)]
    times: dict[str, dict[int, float]] = {page: {} for page in PAGES}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            database = fill(Path(folder) / "registry.sqlite3", size, asked.decided, asked.seed)
            settings = Settings(
                data_dir=Path(folder), database_url=f"sqlite:///{database}", base_url="http://testserver"
            )
            app = create_app(settings)
            with TestClient(app) as client:
                app.state.parts.following.wait()
                name = made_names(size, random.Random(asked.seed))[size // 2]
                given = {"name": name, "typo": name[1:], "slug": name, "begun": name[:4]}
                for page in PAGES:
                    every = []
                    for _ in range(4 * asked.times):
                        begun = time.perf_counter()
                        assert client.get(page.format(**given)).status_code == 200, page
                        every.append(time.perf_counter() - begun)
                    times[page][size] = median(every)
    return {
        page: "  ".join(
            f"{size:,}: {took * 1e3:.1f} ms ({took / by_size[sizes[0]]:.2f})"
            for size, took in by_size.items()
        )
        for page, by_size in times.items()
    }


def measure_command(asked: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        database = fill(Path(folder) / "registry.sqlite3", 1_000, asked.decided, asked.seed)
        name = made_names(1_000, random.Random(asked.seed))[7]
        environment = os.environ | {
            "REGISTRY_DATA_DIR": folder,
            "REGISTRY_DATABASE_URL": f"sqlite:///{database}",
        }
        registry = [str(Path(sys.executable).with_name("registry")), "check", name]
        commands = {"registry check": registry, "import sqlmodel": [sys.executable, "-c", "import sqlmodel"]}
        took: dict[str, list[float]] = {each: [] for each in commands}
        for _ in range(2 * asked.times):
            for each, command in commands.items():
                begun = time.perf_counter()
                subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
                took[each].append(time.perf_counter() - begun)
    ours, theirs = took.values()
    return {
        **{f"{each}, s": round(median(every), 2) for each, every in took.items()},
        "ratio": round(median(our / their for our, their in zip(ours, theirs, strict=True)), 2),
    }


def made_names(number: int, dice: random.Random) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < number:
        parts = dice.choices((1, 2, 3, 4), (5, 50, 35, 10))[0]
        word = "".join(dice.choice(ONSETS) + dice.choice(VOWELS) + dice.choice(ENDINGS) for _ in range(parts))
        found[word + dice.choice(TAILS)] = None
    return list(found)


def mistyped(
    names: list[str], known: set[str], edits: int, dice: random.Random, number: int
) -> Iterator[tuple[str, int]]:
    """So many wrong spellings that are no other name's, each with the place of the right one."""
    while number:
        at = dice.randrange(len(names))
        word = names[at]
        for _ in range(edits):
            word = edited(word, dice)
        if word and word not in known and len(names[at]) > 3:
            number -= 1
            yield word, at


def edited(word: str, dice: random.Random) -> str:
    at = dice.randrange(max(len(word) - 1, 1))
    return dice.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + dice.choice(LETTERS) + word[at:],
            word[:at] + dice.choice(LETTERS) + word[at + 1 :],
            word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
        ]
    )


def as_people_ask(tools: int, seed: int, number: int) -> list[str]:
    """Names, domains and addresses of the tools, the one at place n asked for as often as 1/n."""
    dice = random.Random(seed)
    names = made_names(tools, dice)
    weights = list(accumulate(1 / (place + 1) for place in range(tools)))
    spelled = ("{}", "{}", "{}.example", "https://app.{}.example/x?utm_source=y")
    return [dice.choice(spelled).format(name) for name in dice.choices(names, cum_weights=weights, k=number)]


def fill(file: Path, tools: int, decided: float, seed: int) -> Path:
    """A registry of so many tools, two and a half aliases each, some of them with a verdict."""
    from registry.domain.outcome import Outcome
    from registry.store import schema, tables
    from registry.store.engine import make_engine

    engine = make_engine(f"sqlite:///{file}")
    schema.upgrade(engine)
    dice = random.Random(seed)
    names = made_names(tools, dice)
    before = datetime.now(UTC) - timedelta(days=30)
    with engine.begin() as connection:
        rows = [
            {
                "id": at,
                "slug": name,
                "name": name,
                "vendor": f"Vendor {at % (tools // 5 + 1)}",
                "category": f"C{at % 40}",
            }
            | {
                "homepage": f"https://{name}.example/",
                "description": "",
                "guidance": "",
                "created_at": before,
                "version": 1,
            }
            for at, name in enumerate(names, 1)
        ]
        connection.execute(tables.Tool.__table__.insert(), rows)  # type: ignore[attr-defined]
        aliases = [
            {"tool_id": at, "kind": kind, "text": key, "key": key}
            for at, name in enumerate(names, 1)
            for kind, key in (
                ("name", name),
                ("domain", f"{name}.example"),
                *((("purl", f"pkg:pypi/{name}"),) if at % 2 else ()),
            )
        ]
        connection.execute(tables.Alias.__table__.insert(), aliases)  # type: ignore[attr-defined]
        verdicts = [
            tables.Verdict(
                number=at, tool_id=at, outcome=dice.choice([Outcome.APPROVED, Outcome.REJECTED]), rationale="It is so.",
                decided_by="Amir", decided_at=before, published_at=before, starts_at=before, imported=True,
                valid_until=(before + timedelta(days=700)).date(),
            ).model_dump(exclude={"id"}) | {"uid": f"v{at}"}
            for at in range(1, int(tools * decided) + 1)
        ]  # fmt: skip
        connection.execute(tables.Verdict.__table__.insert(), verdicts)  # type: ignore[attr-defined]
    engine.dispose()
    return file


def index_made_in(database: Path) -> float:
    from registry.services.answers.matching import read_index
    from registry.store.engine import make_engine, snapshot

    engine = make_engine(f"sqlite:///{database}")
    begun = time.perf_counter()
    with snapshot(engine) as session:
        read_index(session)
    took = time.perf_counter() - begun
    engine.dispose()
    return took


@contextmanager
def served(folder: str, database: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    environment = os.environ | {"REGISTRY_DATA_DIR": folder, "REGISTRY_DATABASE_URL": f"sqlite:///{database}"}
    command = [
        str(Path(sys.executable).with_name("registry")),
        "serve",
        "--no-scheduler",
        "--port",
        str(port),
    ]
    with process(command, port, environment) as started:
        yield port, started


@contextmanager
def hello(folder: str) -> Iterator[int]:
    """The same server with the same settings around the smallest FastAPI application."""
    port = free_port()
    source = (
        "import uvicorn\nfrom fastapi import FastAPI\nfrom registry.cli.serve import SERVER\napp = FastAPI()\n"
        "@app.get('/')\nasync def hello():\n    return {'hello': 'world'}\n"
        f"uvicorn.run(app, port={port}, **SERVER)\n"
    )
    file = Path(folder) / "hello.py"
    file.write_text(source, "utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT.parent)}
    with process([sys.executable, str(file)], port, environment):
        yield port


@contextmanager
def datasette(folder: str, database: Path) -> Iterator[int]:
    """Its port, or 0 where it is not installed (`pip install datasette`, in any environment on the path)."""
    program = shutil.which("datasette")
    if program is None:
        yield 0
        return
    copy = Path(folder) / "datasette" / "registry.db"
    copy.parent.mkdir()
    shutil.copy(database, copy)
    port = free_port()
    with process([program, "serve", "-i", str(copy), "--port", str(port)], port, dict(os.environ)):
        yield port


@contextmanager
def process(command: list[str], port: int, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as started:
        try:
            wait_for(port, "/")
            yield started
        finally:
            started.terminate()


def wait_for(port: int, path: str) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        try:
            with socket.create_connection(("127.0.0.1", port), 30) as link:
                link.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                if link.recv(64):
                    return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing answers on port {port}")


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def memory_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024)


def load(port: int, paths: list[str], seconds: float) -> tuple[float, float]:
    """Replies a second and the 99th percentile of their times, in seconds, over 32 connections kept open."""
    return asyncio.run(_load(port, paths, seconds))


def asked_once(port: int, paths: list[str]) -> float:
    """Replies a second, each question once: computed, not remembered."""
    begun = time.perf_counter()
    asyncio.run(_load(port, paths, 3_600, rounds=1))
    return len(paths) / (time.perf_counter() - begun)


async def _load(port: int, paths: list[str], seconds: float, rounds: int = 1_000_000) -> tuple[float, float]:
    times: list[float] = []
    asked = iter(path for _ in range(rounds) for path in paths)
    ends = time.perf_counter() + seconds

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (begun := time.perf_counter()) < ends and (path := next(asked, "")):
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head[:16], head
            at = head.lower().find(b"content-length: ")
            if at >= 0:
                await reader.readexactly(int(head[at + 16 : head.index(b"\r", at)]))
            else:
                while size := int(await reader.readline(), 16):
                    await reader.readexactly(size + 2)
                await reader.readline()
            times.append(time.perf_counter() - begun)
        writer.close()

    await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))
    return len(times) / seconds, percentile(times, 99)


def percentile(times: list[float], which: int) -> float:
    return sorted(times)[min(len(times) * which // 100, len(times) - 1)]


if __name__ == "__main__":
    main()

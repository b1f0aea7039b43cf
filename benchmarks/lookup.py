"""What "may I use it?" takes on a large registry: look-ups, suggestions, memory, growth, and the command.

    python benchmarks/lookup.py [rate] [suggest] [ceiling] [grow] [lists] [command] [--tools 100000] [--json]

`rate`     `GET /api/v1/check`, certain matches as people ask (a few tools often, most seldom), 32 connections, beside a
           FastAPI hello-world on the same server, and beside datasette's JSON row page where it is installed; by wrk,
           which has one processor to itself
`suggest`  a mistyped name, one at a time; how often the right one comes first
`ceiling`  how often the right one is the nearest, alone or among others, by comparing with all names: what no order by
           edits alone can pass
`grow`     pages with a fixed number of rows at 1,000, 10,000 and 100,000 tools, by processor time; the radar shows more
           the more tools are decided, save where only what moved since yesterday is asked for, which is none
`lists`    a list page of 50 rows rendered anew, beside datasette's table page of the same rows, one connection
`command`  `registry check` as a process beside `python -c "import sqlmodel"`

Everything is made from a seed. Sides run in turn; medians.
"""

# ruff: noqa: S311
import argparse
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from made_registry import as_people_ask, fill, made_names, mistyped, touch_a_verdict
from serving import (
    asked_once,
    datasette,
    hello,
    load,
    memory_mb,
    percentile,
    served,
    wait_for,
    wait_until_idle,
)

PARTS = ("rate", "suggest", "ceiling", "grow", "lists", "command")
PAGES = (
    "/",
    "/check?q={name}",
    "/check?q={typo}",
    "/tools",
    "/tools/{slug}",
    "/tools/{decided}",
    "/verdicts",
    "/verdicts/1",
    "/radar",
    "/radar?since={yesterday}&moved=yes",
    "/feeds",
    "/feeds.opml",
    "/suggest?q={begun}",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of them where none is named")
    parser.add_argument("--tools", type=int, default=100_000)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000], help="for `grow`")
    parser.add_argument("--names", type=int, nargs="*", default=[100_000, 1_000_000], help="for `suggest`")
    parser.add_argument("--mistyped", type=int, default=200, help="for `ceiling`")
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
            wait_until_idle(started.pid)
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
        begun = time.process_time()
        found = Names((name, at) for at, name in enumerate(names))
        told[f"{number:,} names: made in, s of processor"] = round(time.process_time() - begun, 2)
        for edits in (1, 2):
            right, among, times = 0, 0, []
            typed = list(mistyped(names, known, edits, dice, 1_000))
            for wrong, at in typed:
                begun = time.thread_time()
                near = found.near(wrong, limit=8)
                times.append(time.thread_time() - begun)
                right += near[:1] == [at]
                among += at in near
            told[f"{number:,} names, {edits} edit(s): right first, %"] = round(100 * right / len(typed), 1)
            told[f"{number:,} names, {edits} edit(s): among eight, %"] = round(100 * among / len(typed), 1)
            told[f"{number:,} names, {edits} edit(s): median and 99th percentile, ms of processor"] = (
                f"{median(times) * 1e3:.1f}, {percentile(times, 99) * 1e3:.1f}"
            )
    return told


def measure_ceiling(asked: argparse.Namespace) -> dict[str, Any]:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    told: dict[str, Any] = {}
    for number in asked.names:
        dice = random.Random(asked.seed)
        names = made_names(number, dice)
        known = set(names)
        for edits in (1, 2):
            alone, chance = 0, 0.0
            for wrong, at in mistyped(names, known, edits, dice, asked.mistyped):
                far = OSA.distance(wrong, names[at])
                near = process.extract(wrong, names, scorer=OSA.distance, score_cutoff=far, limit=None)
                if min(edits_to for _, edits_to, _ in near) == far:
                    alone += len(near) == 1
                    chance += 1 / len(near)
            of_all = f"{number:,} names, {edits} edit(s): right one"
            told[f"{of_all} nearest alone, %"] = round(100 * alone / asked.mistyped, 1)
            told[f"{of_all} first by chance among as near, %"] = round(100 * chance / asked.mistyped, 1)
    return told


def measure_grow(asked: argparse.Namespace) -> dict[str, Any]:
    """Each page rendered anew after something befell one verdict; the registries in turn, page by page."""
    from fastapi.testclient import TestClient

    from registry.settings import Settings
    from registry.web.app import create_app

    sizes = [size for size in asked.sizes if size <= max(asked.tools, min(asked.sizes))]
    times: dict[str, dict[int, list[float]]] = {page: {size: [] for size in sizes} for page in PAGES}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        asking = {}
        for size in sizes:
            database = fill(
                Path(folder) / f"registry-{size}.sqlite3", size, asked.decided, asked.seed, offices=5
            )
            settings = Settings(
                data_dir=Path(folder), database_url=f"sqlite:///{database}", base_url="http://testserver"
            )
            app = create_app(settings)
            client = opened.enter_context(TestClient(app))
            app.state.parts.following.wait()
            names = made_names(size, random.Random(asked.seed))
            name = names[
                size // 80 * 40
            ]  # of the category of the first, which a verdict on that one concerns too
            given = {"name": name, "typo": name[1:], "slug": name, "begun": name[:4], "decided": names[0]}
            given["yesterday"] = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
            asking[size] = (client, given, opened.enter_context(closing(sqlite3.connect(database))))
        for page in PAGES:
            for turn in range(2 * asked.times + 1):
                for size, (client, given, writer) in asking.items():
                    touch_a_verdict(writer)
                    begun = time.process_time()
                    assert client.get(page.format(**given)).status_code == 200, page
                    if turn:  # the first time, what is read once a process is read
                        times[page][size].append(time.process_time() - begun)
    medians = {page: {size: median(every) for size, every in runs.items()} for page, runs in times.items()}
    return {
        page: "  ".join(
            f"{size:,}: {took * 1e3:.1f} ms ({took / by_size[sizes[0]]:.2f})"
            for size, took in by_size.items()
        )
        for page, by_size in medians.items()
    }


def measure_lists(asked: argparse.Namespace) -> dict[str, Any]:
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        database = fill(Path(folder) / "registry.sqlite3", asked.tools, asked.decided, asked.seed)
        sides = {"/verdicts": "verdict", "/tools": "tool"}
        with served(folder, database) as (ours, _), datasette(folder, database) as theirs:
            wait_for(ours, "/verdicts")
            for path, table in sides.items():
                places = {"ours": (ours, path)}
                if theirs:
                    places["datasette"] = (theirs, f"/registry/{table}?_size=50")
                took: dict[str, list[float]] = {side: [] for side in places}
                for _ in range(8 * asked.times):
                    for side, (port, page) in places.items():
                        took[side].append(1 / asked_once(port, [page]))
                for side, every in took.items():
                    told[f"{path}, {side}, ms"] = round(median(every) * 1e3, 1)
                if theirs:
                    told[f"{path}: so many times as fast"] = round(
                        median(took["datasette"]) / median(took["ours"]), 1
                    )
    return told


def measure_command(asked: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        database = fill(Path(folder) / "registry.sqlite3", 1_000, asked.decided, asked.seed)
        name = made_names(1_000, random.Random(asked.seed))[7]
        environment = os.environ | {
            "REGISTRY_DATA_DIR": folder,
            "REGISTRY_DATABASE_URL": f"sqlite:///{database}",
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as people run it: compiled before
        registry = [str(Path(sys.executable).with_name("registry")), "check", name]
        commands = {"registry check": registry, "import sqlmodel": [sys.executable, "-c", "import sqlmodel"]}
        took: dict[str, list[float]] = {each: [] for each in commands}
        for _ in range(2 * asked.times + 1):
            for each, command in commands.items():
                begun = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
                subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
                took[each].append(sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - begun)
    took = {each: every[1:] for each, every in took.items()}  # the first one may have compiled
    ours, theirs = took.values()
    return {
        **{f"{each}, s of processor": round(median(every), 2) for each, every in took.items()},
        "ratio": round(median(our / their for our, their in zip(ours, theirs, strict=True)), 2),
    }


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


if __name__ == "__main__":
    main()

"""A steady load on a big registry: two sites and a worker on PostgreSQL, 95 % reads, for minutes.

    python benchmarks/soak.py [--seconds 600] [--rate 200] [--ramp 60] [--tools 10000] [--entries 200000] [--json]

Everything is made from a seed and stays on loopback. The load is open: each request is due at its own moment, whether
the ones before have been answered or not, and latency counts from that moment. It grows evenly to its rate, as a
morning does: sites that have just started remember nothing yet. Reads are pages, suggestions, the API
and feeds, by nobody and by staff; writes are requests for tools, scorecards and decisions, by people who are signed in.
Meanwhile the worker reads local feeds. Anything but the expected status is an error. Memory is that of each site and
the worker with their children (proportional set size), every ten seconds. The database writes through to the disk.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from postgresql import postgresql
from publisher import published
from serving import free_port, percentile, process, serve_command, wait_for
from soak_load import WRITES, Asked, Load, Site
from soak_registry import fill

from registry.store import schema
from registry.store.engine import make_engine

SITES = 2
FEEDS = 120
SAMPLE_S = 10.0
WARMING_S = 60.0
"""After the ramp; what is due later is told apart too."""


@dataclass
class Found:
    times: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    """When each was due, in seconds from the first, and how long it took."""
    errors: Counter[str] = field(default_factory=Counter)
    late: float = 0.0
    """How far the load itself fell behind, at worst, in seconds."""


def due_s(nth: int, rate: float, ramp_s: float) -> float:
    """When a request is due, in seconds from the first: within the ramp the rate grows from none."""
    meanwhile = rate * ramp_s / 2
    return (2 * ramp_s * nth / rate) ** 0.5 if nth < meanwhile else ramp_s / 2 + nth / rate


async def soak(load: Load, ports: list[int], rate: float, ramp_s: float, seconds: float) -> Found:
    found, sites = Found(), [Site(port) for port in ports]
    begun = perf_counter()
    running: set[asyncio.Task[None]] = set()

    async def one(asked: Asked, site: Site, due: float) -> None:
        try:
            status: object = await site.ask(asked)
        except Exception as error:  # whatever it is, it is an error of the soak
            status = type(error).__name__
        found.times[asked.kind].append((due - begun, perf_counter() - due))
        if status == asked.expected and asked.then is not None:
            load.waiting.append(asked.then)
        if status != asked.expected:
            found.errors[f"{asked.kind}: {status}"] += 1
            if found.errors.total() < 10:
                print(f"{asked.method} {asked.path}: {status}", file=sys.stderr)

    for nth in range(int(rate * (seconds + ramp_s / 2))):
        due = begun + due_s(nth, rate, ramp_s)
        ahead = due - perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
        found.late = max(found.late, perf_counter() - due)
        task = asyncio.create_task(one(load.next(), sites[nth % len(sites)], due))
        running.add(task)
        task.add_done_callback(running.discard)
        if nth and nth % int(rate * 10) == 0:
            print(
                f"{due - begun:.0f} s, {found.errors.total()} errors, {len(running)} under way",
                file=sys.stderr,
            )
    await asyncio.gather(*running)
    return found


def memory_kb(pid: int) -> int:
    """Of a process and all its children, what they share counted once."""
    total = 0
    with suppress(OSError):
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        for thread in Path(f"/proc/{pid}/task").iterdir():
            total += sum(memory_kb(int(child)) for child in (thread / "children").read_text().split())
    return total


def processor_s(pid: int) -> float:
    """Of a process, its children and those it had."""
    total = 0.0
    with suppress(OSError):
        numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
        total += sum(map(int, numbers)) / os.sysconf("SC_CLK_TCK")
        for thread in Path(f"/proc/{pid}/task").iterdir():
            total += sum(processor_s(int(child)) for child in (thread / "children").read_text().split())
    return total


async def watch(pids: dict[str, int], samples: dict[str, list[int]]) -> None:
    while True:
        for name, pid in pids.items():
            samples[name].append(await asyncio.to_thread(memory_kb, pid))
        await asyncio.sleep(SAMPLE_S)


@contextmanager
def worker(environment: dict[str, str], log: Path) -> Iterator[int]:
    command = [str(Path(sys.executable).with_name("registry")), "worker"]
    with log.open("wb") as told, subprocess.Popen(command, env=environment, stderr=told) as started:  # noqa: S603
        try:
            yield started.pid
        finally:
            started.send_signal(signal.SIGTERM)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--rate", type=float, default=200.0, help="requests a second, of all together")
    parser.add_argument(
        "--ramp", type=float, default=60.0, help="seconds before those, in which the rate grows"
    )
    parser.add_argument("--writes", type=float, default=0.05, help="share of writes")
    parser.add_argument("--tools", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print data alone")
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="soak-"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that all that was started is ended
    try:
        told = run(given, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if given.json:
        json.dump(told, sys.stdout, indent=2)
        return
    print_table(told)


def run(given: argparse.Namespace, home: Path) -> dict[str, Any]:
    database = home / "postgresql"
    database.mkdir()
    home.chmod(0o755)
    with ExitStack() as stack:
        publisher = stack.enter_context(published(feeds=FEEDS, seed=given.seed))
        url, postmaster = stack.enter_context(postgresql(database))
        begun = perf_counter()
        engine = make_engine(url)
        schema.upgrade(engine)
        writes = int(given.rate * (given.seconds + given.ramp / 2) * given.writes)
        weights = sum(WRITES.values())
        soaked = fill(
            engine,
            home / "secret",
            tools=given.tools,
            entries=given.entries,
            scorecards=writes * WRITES["scorecard"] // weights + 40,
            decisions=writes * WRITES["decision"] // weights + 40,
            feeds=publisher.urls,
            lasts_s=given.seconds + given.ramp,
            seed=given.seed,
        )
        engine.dispose()
        filled_s = perf_counter() - begun
        print(f"filled in {filled_s:.0f} s", file=sys.stderr)
        environment = os.environ | {
            "REGISTRY_DATABASE_URL": url,
            "REGISTRY_SECRET_FILE": str(home / "secret"),
            "REGISTRY_DATA_DIR": str(home / "data"),
            "REGISTRY_BASE_URL": "http://127.0.0.1",
            "REGISTRY_ALLOW_PRIVATE_CIDRS": "127.0.0.0/8",
            "REGISTRY_TICK_S": "5",
        }
        ports, pids = [free_port() for _ in range(SITES)], {}
        for number, port in enumerate(ports, 1):
            started = stack.enter_context(process(serve_command(port), port, environment, most_s=300))
            pids[f"site {number}"] = started.pid
            wait_for(port, "/tools", most_s=300)
        pids["worker"] = stack.enter_context(worker(environment, home / "worker.log"))
        samples: dict[str, list[int]] = {name: [] for name in pids}
        dice = random.Random(given.seed)  # noqa: S311 - a load, no secret
        used = {name: processor_s(pid) for name, pid in (pids | {"postgresql": postmaster}).items()}
        took, spent = time.time(), time.process_time()
        found = asyncio.run(_watched(Load(soaked, dice, given.writes), ports, pids, samples, given))
        took = time.time() - took
        told = summary(found, samples, took, warm_s=given.ramp + WARMING_S)
        told["processor s"] = {
            name: round(processor_s(pid) - used[name], 1)
            for name, pid in (pids | {"postgresql": postmaster}).items()
        } | {"the load itself": round(time.process_time() - spent, 1)}
        with make_engine(url).connect() as connection:
            count = connection.exec_driver_sql("SELECT count(*) FROM entry").scalar_one()
            told["entries read meanwhile"] = count - given.entries
        log = (home / "worker.log").read_text()
        told["errors in the worker's log"] = log.count(" ERROR ")
        return {"tools": given.tools, "entries": given.entries, "filled_s": round(filled_s)} | told


async def _watched(
    load: Load,
    ports: list[int],
    pids: dict[str, int],
    samples: dict[str, list[int]],
    given: argparse.Namespace,
) -> Found:
    watching = asyncio.create_task(watch(pids, samples))
    try:
        return await soak(load, ports, given.rate, given.ramp, given.seconds)
    finally:
        watching.cancel()


def summary(found: Found, samples: dict[str, list[int]], took_s: float, *, warm_s: float) -> dict[str, Any]:
    writes = {"request", "scorecard saved", "scorecard handed in", "decision"}
    every = [each for times in found.times.values() for each in times]
    reads = [each for kind, times in found.times.items() if kind not in writes for each in times]
    groups = {"all": every, "reads": reads, **dict(sorted(found.times.items()))}
    warm = {
        f"{name}, warm": [each for each in groups[name] if each[0] >= warm_s] for name in ("all", "reads")
    }
    return {
        "asked": len(every),
        "a second": round(len(every) / took_s, 1),
        "errors": dict(found.errors),
        "load late by at most ms": round(found.late * 1000, 1),
        "latency": {
            name: {"count": len(times)}
            | {f"p{p}_ms": round(percentile([took for _, took in times], p) * 1000, 1) for p in (50, 95, 99)}
            for name, times in (warm | groups).items()
            if times
        },
        "memory_mb": {
            name: {
                "first": round(each[0] / 1024),
                "after a tenth": round(each[len(each) // 10] / 1024),
                "half": round(each[len(each) // 2] / 1024),
                "last": round(each[-1] / 1024),
                "most": round(max(each) / 1024),
            }
            for name, each in samples.items()
        },
    }


def print_table(told: dict[str, Any]) -> None:
    for name, value in told.items():
        if name not in ("latency", "memory_mb"):
            print(f"{name:<28} {value}")
    for part in ("latency", "memory_mb"):
        rows = told[part]
        columns = list(next(iter(rows.values())))
        print(f"\n{part:<22}" + "".join(f"{column:>15}" for column in columns))
        for name, row in rows.items():
            print(f"{name:<22}" + "".join(f"{row[column]:>15}" for column in columns))


if __name__ == "__main__":
    main()

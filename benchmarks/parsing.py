"""Reads every file of a folder of feed archives, beside two other feed parsers, and says what each found.

    python -m benchmarks.parsing FOLDER [--only NAME] [--json]
    python -m benchmarks.parsing --speed [--json]

Missed are the files in which another parser finds entries and we find none; at most 0.2 % may be.
"""

import argparse
import json
import sys
import tarfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import fastfeedparser
import feedparser

from benchmarks.publisher import documents
from scrapers.catalogue import parse_feed
from scrapers.errors import ParseError

URL = "https://feeds.example/folder/feed.xml"


@dataclass
class Reading:
    """What became of one file: entries of ours and of the others (-1 where one broke), our error code."""

    name: str
    ours: int = 0
    code: str = ""
    sentence: str = ""
    feedparser: int = 0
    fastfeedparser: int = 0
    same_again: bool = True
    ms: float = 0.0

    @property
    def missed(self) -> bool:
        return self.ours == 0 and max(self.feedparser, self.fastfeedparser) > 0


@dataclass
class Tally:
    """What became of one archive."""

    files: int = 0
    with_entries: int = 0
    entries: int = 0
    missed: list[str] = field(default_factory=list)
    missed_share: float = 0.0
    fewer: list[str] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    unsteady: int = 0
    ms_per_file: float = 0.0
    slowest_ms: float = 0.0


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folder", type=Path, nargs="?", help="holds archives of feeds, .tar.gz")
    arguments.add_argument("--only", default="", help="archives whose name holds this")
    arguments.add_argument("--speed", action="store_true", help="time made-up feeds instead")
    arguments.add_argument("--json", action="store_true", help="print data alone")
    given = arguments.parse_args()
    if given.speed:
        _print_speed(measure_speed(), as_json=given.json)
    elif given.folder:
        archives = [path for path in sorted(given.folder.glob("*.tar.gz")) if given.only in path.name]
        _print_tallies({path.name: sweep(path) for path in archives}, as_json=given.json)
    else:
        arguments.error("name a folder, or --speed")


def sweep(archive: Path, *, every: int = 1) -> Tally:
    """Each file of an archive, or every so many-th, read by all parsers."""
    with ProcessPoolExecutor(2) as pool:
        return tally(list(pool.map(read, members(archive, every=every), chunksize=20)))


def members(archive: Path, *, every: int = 1) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as opened:
        for number, member in enumerate(opened):
            file = opened.extractfile(member) if member.isfile() and number % every == 0 else None
            if file:
                yield member.name, file.read()


def read(document: tuple[str, bytes]) -> Reading:
    """One file by us, twice, and by the two others."""
    warnings.simplefilter("ignore")
    name, body = document
    reading = Reading(name)
    start = time.perf_counter()
    first = _outcome(body)
    reading.ms = (time.perf_counter() - start) * 1_000
    reading.same_again = _outcome(body) == first
    if isinstance(first, tuple):
        reading.code, reading.sentence = first
    else:
        reading.ours = len(first.entries)
    reading.feedparser = _count(lambda: feedparser.parse(BytesIO(body)).entries)
    reading.fastfeedparser = _count(lambda: fastfeedparser.parse(body).entries)
    return reading


def _outcome(body: bytes) -> object:
    try:
        return parse_feed(body, url=URL, headers={})
    except ParseError as error:
        return error.code, error.sentence


def _count(entries: Callable[[], list[object]]) -> int:
    try:
        return len(entries())
    except Exception:  # the others may break on what we are asked about
        return -1


def tally(readings: list[Reading]) -> Tally:
    found = Tally(files=len(readings))
    for reading in readings:
        others = max(reading.feedparser, reading.fastfeedparser)
        found.with_entries += reading.ours > 0
        found.entries += reading.ours
        found.codes[reading.code or ("entries" if reading.ours else "no entries, in order")] += 1
        found.unsteady += not reading.same_again
        found.slowest_ms = max(found.slowest_ms, reading.ms)
        found.ms_per_file += reading.ms / len(readings)
        if reading.missed:
            found.missed.append(f"{reading.name}: {reading.code}, others {others}")
        elif 0 < reading.ours < others:
            found.fewer.append(f"{reading.name}: {reading.ours} of {others}")
    found.missed_share = len(found.missed) / max(found.files, 1)
    return found


def measure_speed(feeds: int = 60, seed: int = 7) -> dict[str, float]:
    """Milliseconds per entry, the best of five rounds taken in turn."""
    made = documents(feeds, seed)
    ways: dict[str, Callable[[bytes], int]] = {
        "feedparser as other readers run it": lambda body: len(feedparser.parse(BytesIO(body)).entries),
        "feedparser, unsanitised": lambda body: len(
            feedparser.parse(BytesIO(body), sanitize_html=False, resolve_relative_uris=False).entries
        ),
        "ours, whole": lambda body: len(parse_feed(body, url=URL, headers={}).entries),
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(5):
        for name, way in ways.items():
            start = time.perf_counter()
            entries = sum(way(body) for body in made)
            best[name] = min(best[name], (time.perf_counter() - start) / entries * 1_000)
    return best


def _print_speed(best: dict[str, float], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(best, indent=2))
        return
    for name, ms in best.items():
        print(f"{name:40} {ms:8.3f} ms per entry")


def _print_tallies(tallies: dict[str, Tally], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({name: asdict(each) for name, each in tallies.items()}, indent=2))
        return
    print(
        f"{'archive':36} {'files':>6} {'read':>6} {'entries':>8} {'missed':>7} {'fewer':>6} {'ms':>7} {'slowest':>8}"
    )
    for name, each in tallies.items():
        print(
            f"{name:36} {each.files:6} {each.with_entries:6} {each.entries:8} {each.missed_share:7.2%}"
            f" {len(each.fewer):6} {each.ms_per_file:7.2f} {each.slowest_ms:8.1f}"
        )
        print("    " + ", ".join(f"{code} {times}" for code, times in each.codes.most_common()))
        for line in each.missed:
            print(f"    missed {line}")
        for line in each.fewer:
            print(f"    fewer {line}")
        if each.unsteady:
            print(f"    {each.unsteady} gave something else the second time")


if __name__ == "__main__":
    main()

"""Reads many feeds of a made-up publisher, all of it from network to table, beside the package `reader`.

    python benchmarks/ingest.py [--feeds 500] [--times 5] [--json]

Both sides in turn, each time in a process of its own with an empty database: cold; again, nothing changed (304);
again, without validators and the same bytes. Beside them what fetching alone takes with the same guarded client.
Each by the clock and in seconds of processor, user and system, of the process and its children; on a machine that
has other work to do take the latter.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT.parent), str(ROOT)]

from publisher import Publisher, published  # noqa: E402 - its folder is on the path from here on

ROUNDS = ("cold", "unchanged", "same_bytes")
TARGETS = {"cold": 4, "unchanged": 5, "same_bytes": 20}
WORDS = {
    "cold": "cold: everything is new",
    "unchanged": "nothing changed (304)",
    "same_bytes": "no validators, same bytes",
}
UNCHANGED_TIMES = 5
READER_WORKERS = (1, 2, 8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--times", type=int, default=5, help="runs to take the medians of")
    parser.add_argument("--seed", type=int, default=7, help="of the made-up feeds")
    parser.add_argument("--alone", action="store_true", help="our side only")
    parser.add_argument("--json", action="store_true", help="print data alone")
    asked = parser.parse_args()
    with published(feeds=asked.feeds, seed=asked.seed) as publisher:
        report = _compare(publisher, asked.times, alone=asked.alone)
    if asked.json:
        print(json.dumps(report, indent=2))
    else:
        _print_table(report)


def _compare(publisher: Publisher, times: int, *, alone: bool) -> dict[str, Any]:
    runs: dict[str, list[dict[str, float]]] = {"ours": [], "reader": []}
    best = READER_WORKERS[0]
    for run in range(times):
        runs["ours"].append(_apart(read_with_ours, publisher))
        _say(f"run {run + 1} of {times}: ours {runs['ours'][-1]}")
        if alone:
            continue
        if run == 0:  # which number of workers suits it best is found once
            trials = {workers: _apart(read_with_reader, publisher, workers) for workers in READER_WORKERS}
            best = min(trials, key=lambda workers: trials[workers]["cold"])
            runs["reader"].append(trials[best])
        else:
            runs["reader"].append(_apart(read_with_reader, publisher, best))
        _say(f"run {run + 1} of {times}: reader, {best} workers {runs['reader'][-1]}")
    return {
        "feeds": publisher.feeds,
        "entries": publisher.entries_in_all,
        "megabytes": round(publisher.bytes_in_all / 1e6, 1),
        "runs": times,
        "reader_workers": best,
        **{side: _medians(every) for side, every in runs.items() if every},
    }


def _apart(read: Callable[..., dict[str, float]], publisher: Publisher, *more: int) -> dict[str, float]:
    """In a fresh process with a fresh folder, so that neither side finds anything warm."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="ingest-") as folder:
        ours, theirs = spawn.Pipe(duplex=False)
        process = spawn.Process(target=_told, args=(read, theirs, publisher, folder, *more))
        process.start()
        theirs.close()
        try:
            told: dict[str, float] = ours.recv()
        finally:
            process.join()
    return told


def _told(read: Callable[..., dict[str, float]], line: Any, *given: Any) -> None:
    line.send({name: round(value, 4) for name, value in read(*given).items()})


def read_with_ours(publisher: Publisher, folder: str) -> dict[str, float]:
    """Seconds per round, each through the scheduler's own way, and mebibytes of all processes."""
    from memory import family_mb

    from registry import jobs, rounds
    from registry.domain.proposal import Announcer
    from registry.scheduler import PARSERS, THREADS
    from registry.services.people.acting import REGISTRY
    from registry.services.sources import sources
    from registry.settings import load_settings
    from registry.store import schema
    from registry.store.engine import make_engine, transaction
    from scrapers.fetch import Fetcher, Validators
    from scrapers.workers import Workers

    engine = make_engine(f"sqlite:///{folder}/ingest.sqlite3")
    schema.upgrade(engine)
    with transaction(engine) as session:
        for url in publisher.urls:
            sources.add_source(
                session, url=url, announcer=Announcer.LAUNCH_FEED, by=REGISTRY, now=datetime.now(UTC)
            )
    publisher.gives_validators(True)

    def make_due() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE source SET due_at = '2000-01-01 00:00:00.000000'")

    def round_of(fetcher: Fetcher, workers: Workers) -> Took:
        make_due()
        took = measured()
        seen = list(rounds.refresh_due(engine, fetcher, workers, lambda: datetime.now(UTC), threads=THREADS))
        result = took()
        assert len(seen) == publisher.feeds, len(seen)
        assert all(each.ok for each in seen)
        return result

    def fetch_alone(fetcher: Fetcher, validators: dict[str, Validators]) -> Took:
        took = measured()
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(lambda url: fetcher.get(url, validators=validators[url]), publisher.urls):
                pass
        return took()

    settings = load_settings(allow_private_cidrs=("127.0.0.0/8",))
    with jobs.make_fetcher(settings) as fetcher, jobs.make_workers(PARSERS) as workers:
        cold = round_of(fetcher, workers)
        with engine.connect() as connection:
            stored = connection.exec_driver_sql("SELECT count(*) FROM entry").scalar()
        assert stored == publisher.entries_in_all, (stored, publisher.entries_in_all)
        with fetcher_alone(settings) as other:
            validators = {url: other.get(url).validators for url in publisher.urls}
            unchanged, fetched = [], []
            for _ in range(UNCHANGED_TIMES):
                unchanged.append(round_of(fetcher, workers))
                fetched.append(fetch_alone(other, validators))
        publisher.gives_validators(False)
        same_bytes = round_of(fetcher, workers)
        memory = family_mb()
    return {
        **_told_of("cold", [cold]),
        **_told_of("unchanged", unchanged),
        **_told_of("same_bytes", [same_bytes]),
        **_told_of("fetch_alone", fetched),
        "memory_mb": memory,
    }


def fetcher_alone(settings: Any) -> Any:
    from registry import jobs

    return jobs.make_fetcher(settings)


def read_with_reader(publisher: Publisher, folder: str, workers: int) -> dict[str, float]:
    """The same of the package `reader`, which keeps what it reads in SQLite too."""
    from memory import family_mb
    from reader import make_reader

    reader = make_reader(f"{folder}/reader.sqlite")
    for url in publisher.urls:
        reader.add_feed(url)
    publisher.gives_validators(True)

    def round_of() -> Took:
        took = measured()
        seen = list(reader.update_feeds_iter(workers=workers, scheduled=False))
        result = took()
        assert len(seen) == publisher.feeds
        assert not any(isinstance(each.value, Exception) for each in seen)
        return result

    cold = round_of()
    assert reader.get_entry_counts().total == publisher.entries_in_all
    unchanged = [round_of() for _ in range(UNCHANGED_TIMES)]
    publisher.gives_validators(False)
    same_bytes = round_of()
    return {
        **_told_of("cold", [cold]),
        **_told_of("unchanged", unchanged),
        **_told_of("same_bytes", [same_bytes]),
        "memory_mb": family_mb(),
    }


class Took(NamedTuple):
    clock_s: float
    cpu_s: float


def measured() -> Callable[[], Took]:
    """Gives what tells how much time went by since this call."""
    from memory import family_cpu_s

    began, spent = time.perf_counter(), family_cpu_s()
    return lambda: Took(time.perf_counter() - began, family_cpu_s() - spent)


def _told_of(what: str, took: Sequence[Took]) -> dict[str, float]:
    return {what: median(each.clock_s for each in took), f"{what}_cpu": median(each.cpu_s for each in took)}


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(median(run[name] for run in runs), 3) for name in runs[0]}


def _print_table(report: dict[str, Any]) -> None:
    ours, reader = report["ours"], report.get("reader")
    print(
        f"{report['feeds']} feeds, {report['entries']} entries, {report['megabytes']} MB; medians of"
        f" {report['runs']}; reader with its best of {READER_WORKERS} workers: {report['reader_workers']}\n"
    )
    for by, suffix in (("by the clock", ""), ("processor", "_cpu")):
        print(f"{by:28} {'ours':>9} {'reader':>9} {'ratio':>7} {'at least':>8}")
        for name in ROUNDS:
            mine = ours[name + suffix]
            other = reader and reader[name + suffix]
            theirs = f"{other:8.2f}s {other / mine:7.1f}" if reader else f"{'-':>9} {'-':>7}"
            print(f"{WORDS[name]:28} {mine:8.2f}s {theirs} {TARGETS[name]:8}")
        alone = ours["fetch_alone" + suffix]
        print(
            f"nothing changed / fetching alone ({alone:.2f}s): {ours['unchanged' + suffix] / alone:.2f}, at most 1.3\n"
        )
    theirs = f" (reader: {reader['memory_mb']:.0f} MB)" if reader else ""
    print(f"memory of all processes: {ours['memory_mb']:.0f} MB, at most 256{theirs}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

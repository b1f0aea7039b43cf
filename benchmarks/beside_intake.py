"""How long a colleague who asks for a tool waits while a worker takes in thousands of new entries.

    python -m benchmarks.beside_intake [--feeds 300] [--gap-ms 30] [--postgres] [--together] [--json]

A real site and a real `registry worker` (with --together the site's own scheduler) on one database, a made-up publisher
on loopback. Somebody asks over the API for one new tool after another, at first alone and then while all of them are
read for the first time: both make candidates, and no two may make one of the same.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from publisher import published
from sqlalchemy import Engine

from registry.domain.proposal import Announcer
from registry.services.people.acting import REGISTRY
from registry.services.sources import sources
from registry.store.engine import make_engine, transaction
from tests.serving import Site, a_site

ALONE = 200
"""Requests that nothing else goes on beside."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--gap-ms", type=float, default=30.0, help="between an answer and the next request")
    parser.add_argument(
        "--postgres", action="store_true", help="rather than SQLite; comes with the dev group"
    )
    parser.add_argument(
        "--together", action="store_true", help="no worker: the site reads the sources itself"
    )
    parser.add_argument("--json", action="store_true", help="print data alone")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="beside-")))
        url = f"sqlite:///{folder}/registry.sqlite3"
        if given.postgres:
            from postgresql import postgresql  # which comes with the dev group alone

            url, _ = stack.enter_context(postgresql(folder / "postgresql"))
        site = stack.enter_context(
            a_site(
                folder / "site",
                REGISTRY_DATABASE_URL=url,
                REGISTRY_ALLOW_PRIVATE_CIDRS="127.0.0.0/8",
                REGISTRY_TICK_S="1",
            )
        )
        token = site.a_token("request")
        engine = make_engine(url)
        stack.callback(engine.dispose)
        site.start("--no-scheduler")
        found = {"alone": asked(site, token, given.gap_ms, until=lambda count: count >= ALONE)}
        publisher = stack.enter_context(published(feeds=given.feeds, seed=7))
        with transaction(engine) as session:
            for address in publisher.urls:
                sources.add_source(
                    session, url=address, announcer=Announcer.LAUNCH_FEED, by=REGISTRY, now=datetime.now(UTC)
                )
        if given.together:
            site.end()
            site.start()
        else:
            stack.enter_context(a_worker(site))
        began = perf_counter()
        found["beside"] = asked(site, token, given.gap_ms, until=lambda _: not waiting(engine))
        found["beside"]["entries_a_second"] = round(publisher.entries_in_all / (perf_counter() - began))
    if given.json:
        json.dump(found, sys.stdout, indent=2)
        return
    names = [*found["beside"]]
    for name in names:
        print(f"{name:<18}" + "".join(f"{found[part].get(name, '')!s:>24}" for part in found))


def asked(site: Site, token: str, gap_ms: float, *, until: Callable[[int], bool]) -> dict[str, Any]:
    """What one who asks again and again had to wait, in milliseconds."""
    took: list[float] = []
    statuses = Counter[int]()
    while not until(len(took)):
        request = {"name": f"Wanted {time.monotonic_ns()}", "purpose": "To see how long it takes."}
        began = perf_counter()
        status, _, _ = site.ask("POST", "/api/v1/requests", request, token=token)
        took.append((perf_counter() - began) * 1000)
        statuses[status] += 1
        time.sleep(gap_ms / 1000)
    took.sort()
    shares = {f"p{share}": round(took[len(took) * share // 100], 1) for share in (50, 90, 99)}
    return {
        "asked": len(took),
        "statuses": dict(statuses),
        **shares,
        "slowest": round(took[-1], 1),
        "over_100_ms": sum(each > 100 for each in took),
    }


def waiting(engine: Engine) -> bool:
    """Whether a source was not read yet."""
    with engine.connect() as connection:
        query = "SELECT 1 FROM source WHERE succeeded_at IS NULL AND failures = 0 LIMIT 1"
        return connection.exec_driver_sql(query).first() is not None


@contextmanager
def a_worker(site: Site) -> Iterator[None]:
    command = [sys.executable, "-m", "registry", "worker"]
    log = site.log.with_name("worker.log").open("wb")
    with log, subprocess.Popen(command, env=site.environment, cwd=site.folder, stderr=log) as worker:  # noqa: S603
        try:
            yield
        finally:
            worker.terminate()
            worker.wait(60)


if __name__ == "__main__":
    main()

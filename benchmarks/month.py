"""Simulates days of polling against a careful publisher that judges each request, and counts what it objects to.

    python benchmarks/month.py [--days 30] [--seed 1] [--naive] [--json]

The publisher is a real HTTP server on loopback with 27 feeds of many tempers; only time is simulated. `--naive` asks
the same feeds every hour without any memory instead, for comparison. Ends with 1 where the registry breaks a rule.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from registry.store import schema
from registry.store.engine import make_engine
from scrapers.errors import FetchError
from scrapers.fetch import Fetcher
from tests.politeness.careful_publisher import CarefulPublisher
from tests.politeness.month import AGENT, START, Month, Outcome

SHOWN = 20
"""Violations that the table tells in full."""


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--days", type=float, default=30)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--naive", action="store_true", help="a poller without a memory, once an hour")
    arguments.add_argument("--json", action="store_true", help="print data alone")
    given = arguments.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="month-") as folder, CarefulPublisher() as publisher:
        engine = make_engine(f"sqlite:///{folder}/registry.sqlite3")
        schema.upgrade(engine)
        month = Month(engine, publisher, days=given.days, seed=given.seed)
        outcome = _naive(month, publisher, given.days) if given.naive else month.run()
        engine.dispose()
    report = _report(outcome, given.days, time.perf_counter() - began)
    if given.json:
        print(json.dumps(report, indent=2))
    else:
        _print(report)
    if outcome.faults and not given.naive:
        raise SystemExit(1)


def _naive(month: Month, publisher: CarefulPublisher, days: float) -> Outcome:
    """Every address once an hour, whatever it said."""
    with Fetcher(
        agent=AGENT, allow_cidrs=("127.0.0.0/8",), host_pause_s=0, resolver=publisher.resolve
    ) as fetcher:
        for hour in range(int(days * 24)):
            publisher.now = START + timedelta(hours=hour)
            for address in month.cast.addresses:
                try:
                    fetcher.get(publisher.url(address, user=month.cast.users.get(address, "")))
                except FetchError:
                    continue
    outcome = Outcome()
    month.count(outcome)
    return outcome


def _report(outcome: Outcome, days: float, seconds: float) -> dict[str, Any]:
    return {
        "days": days,
        "seconds": round(seconds, 1),
        "sources": [
            {
                "address": address,
                "requests": counts.total(),
                "by_status": {str(status): count for status, count in sorted(counts.items())},
                "bytes": outcome.wire_bytes[address],
            }
            for address, counts in sorted(outcome.requests.items())
        ],
        "requests": sum(each.total() for each in outcome.requests.values()),
        "bytes": outcome.wire_bytes.total(),
        "share_of_304": round(outcome.share_of(304), 3),
        "events": dict(outcome.events),
        "violations": list(outcome.violations),
        "violations_by_rule": Counter(each.rpartition("[")[2].rstrip("]") for each in outcome.violations),
        "lost_or_doubled": outcome.lost,
        "told_in_outage": outcome.told_in_outage,
    }


def _print(report: dict[str, Any]) -> None:
    print(f"{'address':52} {'requests':>8} {'304':>6} {'kB':>8}")
    for each in report["sources"]:
        unchanged = each["by_status"].get("304", 0)
        print(f"{each['address']:52} {each['requests']:8,} {unchanged:6,} {each['bytes'] // 1000:8,}")
    print(
        f"\n{report['requests']:,} requests in {report['days']:g} days, {report['share_of_304']:.0%} unchanged, "
        f"{report['bytes'] // 1000:,} kB; {report['seconds']:g} s to simulate"
    )
    print(f"{len(report['violations'])} violations {dict(report['violations_by_rule']) or ''}")
    faults = [*report["violations"], *report["lost_or_doubled"], *report["told_in_outage"]]
    for sentence in faults[:SHOWN]:
        print(f"  {sentence}")
    if len(faults) > SHOWN:
        print(f"  and {len(faults) - SHOWN} more")
    print(f"{len(report['lost_or_doubled'])} entries missed or stored twice")


if __name__ == "__main__":
    main()

"""A log of a million events: how long writing, verifying and proving take.

    python -m benchmarks.audit [--events 1000000]

Writes them into a SQLite file in a temporary folder, ten thousand a transaction, and verifies them.
"""

import argparse
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

from registry.services.log.verifying import verify
from registry.services.people.acting import Actor, event_of, record_all
from registry.store import schema
from registry.store.engine import make_engine, transaction
from registry.store.tables import User

START = datetime(2026, 1, 1, tzinfo=UTC)
AT_ONCE = 10_000


@contextmanager
def timed(what: str, count: int) -> Iterator[None]:
    clock, processor = perf_counter(), process_time()
    yield
    clock, processor = perf_counter() - clock, process_time() - processor
    print(f"{what}: {clock:.2f} s, processor {processor:.2f} s, {processor / count * 1e6:.2f} us each")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    count = parser.parse_args().events
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'registry.sqlite3'}")
        schema.upgrade(engine)
        with transaction(engine) as session:
            session.add(User(id=1, email="rosa@example.org", name="Rosa", created_at=START))
        with timed("written", count):
            for start in range(0, count, AT_ONCE):
                with transaction(engine) as session:
                    record_all(
                        session, [_event(number) for number in range(start, min(start + AT_ONCE, count))]
                    )
        with timed("verified", count):
            report = verify(engine)
        assert report.sound, report.faults
        print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def _event(number: int) -> dict[str, object]:
    return event_of(
        "candidate.dismissed",
        ("candidate", number),
        by=Actor(1, "Rosa"),
        now=START + timedelta(seconds=number),
        before={"status": "new"},
        after={"status": "dismissed", "reason": "out_of_scope", "note": "Not for us: it is for schools."},
    )


if __name__ == "__main__":
    main()

"""How long a scorecard takes to be handed in, beside the same rows written by plain sqlite3, and with many at once.

    python -m benchmarks.writing [--rounds 200] [--writers 8] [--rate 30] [--seconds 20] [--postgres] [--json]

First one at a time, in turn: our act in one transaction (who may, which lines are unfinished, where the evaluation
stands; scorecard, lines, event, evaluation; synced to disk), then the rows that it left, by the same SQLite under the
same pragmas in a file of its own. Each evaluation has two reviewers, so that every other scorecard is the last one and
has their ratings compared. Then reviewers hand whole scorecards in over HTTP at a steady rate, to a real site in a
process of its own; latency counts from the moment at which each was due.
"""

import argparse
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time, sleep
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from registry.domain.scorecard import TypedScorecard
from registry.services.evaluations import scoring
from registry.services.log import verifying
from registry.services.people import sign_in
from registry.services.people.acting import Actor
from registry.services.rubrics import rubric_files, rubrics
from registry.settings import Settings
from registry.store import schema
from registry.store.columns import id_of
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import Role, Scorecard, User

try:
    from pysqlite3 import dbapi2 as sqlite3
except ImportError:
    import sqlite3  # as registry/store/engine.py chooses

from tests.builders import a_person, a_tool, a_typed_scorecard, an_evaluation

WRITTEN = ("scorecard", "scorecard_rating", "scorecard_knock_out", "event")
MOST_A_SECOND = 120
"""So many evaluations are made for each second in which they write as fast as they can."""
PRAGMAS = ("foreign_keys=ON", "journal_mode=WAL", "busy_timeout=15000", "synchronous=FULL")


@dataclass(frozen=True)
class Turn:
    """One evaluation that waits for one reviewer's scorecard."""

    evaluation_id: int
    reviewer: Actor


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=200, help="scorecards of each side, one at a time")
    parser.add_argument("--writers", type=int, default=8, help="reviewers at once")
    parser.add_argument(
        "--rate",
        type=float,
        default=30.0,
        help="scorecards a second, of all together; 0: as fast as they can",
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="how long they hand in")
    parser.add_argument("--servers", type=int, default=1, help="processes that serve the many at once")
    parser.add_argument(
        "--postgres", action="store_true", help="the many at once; it comes with the dev group"
    )
    parser.add_argument("--json", action="store_true", help="print data alone")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="writing-") as folder:
        found = {
            **({"one_at_a_time": one_at_a_time(Path(folder) / "one", given.rounds)} if given.rounds else {}),
            "many_at_once": many_at_once(Path(folder) / "many", given),
        }
    if given.json:
        json.dump(found, sys.stdout, indent=2)
        return
    for part, values in found.items():
        print(part.replace("_", " "))
        for name, value in values.items():
            print(f"  {name:<28} {value!s:>10}")


def one_at_a_time(folder: Path, rounds: int) -> dict[str, Any]:
    settings, engine = _office(folder)
    with transaction(engine) as session:
        turns, typed = _turns(session, reviewers=2, count=rounds)
    engine.dispose()
    plain_file = folder / "plain.sqlite3"
    shutil.copy(folder / "registry.sqlite3", plain_file)
    engine = make_engine(settings.resolved_database_url)
    plain = sqlite3.connect(plain_file, isolation_level=None)
    reading = sqlite3.connect(folder / "registry.sqlite3", isolation_level=None)
    for pragma in PRAGMAS:
        plain.execute(f"PRAGMA {pragma}")
    ours: list[Took] = []
    theirs: list[Took] = []
    commits: list[float] = []
    marks = {table: _highest(reading, table) for table in ("scorecard", "event")}
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for turn in turns:
        now = datetime.now(UTC)
        began, worked = perf_counter(), process_time()
        with transaction(engine) as session:
            scoring.hand_in(
                session, turn.evaluation_id, typed, version=0, solo=False, by=turn.reviewer, now=now
            )
        ours.append((perf_counter() - began, process_time() - worked))
        rows = _rows_since(reading, marks)
        took, committing = _write_plainly(plain, rows, reading, turn.evaluation_id)
        theirs.append(took)
        commits.append(committing)
        marks = {table: _highest(reading, table) for table in marks}
    engine.dispose()
    mine, plainly = _medians(ours), _medians(theirs)
    return {
        "rounds": len(turns),
        "rows": sum(len(each) for each in rows.values()) + 1,
        "ours_ms": _ms(mine[0]),
        "plain_sqlite3_ms": _ms(plainly[0]),
        "times": round(mine[0] / plainly[0], 2),
        "of_plain_the_commit_ms": _ms(statistics.median(commits)),
        "ours_cpu_ms": _ms(mine[1]),
        "plain_cpu_ms": _ms(plainly[1]),
        "ours_fastest_ms": _ms(min(each for each, _ in ours)),
        "plain_fastest_ms": _ms(min(each for each, _ in theirs)),
    }


Took = tuple[float, float]
"""Seconds by the clock, seconds of processor."""


def _medians(took: Sequence[Took]) -> Took:
    return statistics.median(each for each, _ in took), statistics.median(each for _, each in took)


def _rows_since(reading: sqlite3.Connection, marks: dict[str, int]) -> dict[str, list[tuple[Any, ...]]]:
    card, event = marks["scorecard"], marks["event"]
    wheres = {
        "scorecard": ("id > ?", card),
        "scorecard_rating": ("scorecard_id > ?", card),
        "scorecard_knock_out": ("scorecard_id > ?", card),
        "event": ("id > ?", event),
    }
    return {
        table: reading.execute(f"SELECT * FROM {table} WHERE {where}", (mark,)).fetchall()  # noqa: S608
        for table, (where, mark) in wheres.items()
    }


def _write_plainly(
    plain: sqlite3.Connection,
    rows: dict[str, list[tuple[Any, ...]]],
    reading: sqlite3.Connection,
    evaluation_id: int,
) -> tuple[Took, float]:
    """What it took, and how long the commit was of it."""
    state, version = reading.execute(
        "SELECT state, version FROM evaluation WHERE id = ?", (evaluation_id,)
    ).fetchone()
    began, worked = perf_counter(), process_time()
    plain.execute("BEGIN IMMEDIATE")
    for table in WRITTEN:
        marks = ",".join("?" * len(rows[table][0]))
        plain.executemany(f"INSERT INTO {table} VALUES ({marks})", rows[table])  # noqa: S608
    plain.execute(
        "UPDATE evaluation SET state = ?, version = ? WHERE id = ?", (state, version, evaluation_id)
    )
    committing = perf_counter()
    plain.execute("COMMIT")
    ended = perf_counter()
    return (ended - began, process_time() - worked), ended - committing


def _highest(reading: sqlite3.Connection, table: str) -> int:
    found: int | None = reading.execute(f"SELECT max(id) FROM {table}").fetchone()[0]  # noqa: S608
    return found or 0


def many_at_once(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    writers, rate, seconds = given.writers, given.rate, given.seconds
    with ExitStack() as stack:
        url = ""
        if given.postgres:
            from postgresql import postgresql  # which comes with the dev group alone

            folder.parent.chmod(0o755)
            url, _ = stack.enter_context(postgresql(folder.with_name("postgresql")))
        settings, engine = _office(folder, url)
        stack.callback(engine.dispose)
        each = max(2, round((rate or MOST_A_SECOND) * seconds / writers))
        with transaction(engine) as session:
            turns, typed = _turns(session, reviewers=writers, count=writers * each)
            cookies = {
                turn.reviewer.person_id: sign_in.start_session(
                    session,
                    session.get_one(User, turn.reviewer.person_id),
                    secret=settings.secret,
                    now=datetime.now(UTC),
                )
                for turn in turns[:writers]
            }
        body = urlencode(_form(typed))
        took: list[float] = []
        statuses = Counter[int]()
        with _served(folder, settings.resolved_database_url, given.servers) as port:
            start = perf_counter() + 0.5

            def write(nth: int) -> None:
                pace = Pace(start + nth / rate, writers / rate) if rate else Pace(start, 0.0)
                _hand_in(port, cookies, turns[nth::writers], body, pace, start + seconds, took, statuses)

            threads = [threading.Thread(target=write, args=(nth,)) for nth in range(writers)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            lasted = perf_counter() - start
        with snapshot(engine) as session:
            query = (
                select(func.count()).select_from(Scorecard).where(col(Scorecard.submitted_at).is_not(None))
            )
            there = session.exec(query).one()
        verified = verifying.verify(engine)
    ordered = sorted(took)
    return {
        "database": "PostgreSQL" if given.postgres else "SQLite",
        "writers": writers,
        "asked_a_second": rate or "all",
        "statuses": dict(statuses),
        "a_second": round(len(took) / lasted, 1),
        "acknowledged": statuses[http.client.SEE_OTHER],
        "there": there,
        "log_verifies": verified.sound,
        "median_ms": _ms(_percentile(ordered, 50)),
        "p95_ms": _ms(_percentile(ordered, 95)),
        "p99_ms": _ms(_percentile(ordered, 99)),
        "slowest_ms": _ms(ordered[-1]),
    }


@dataclass(frozen=True)
class Pace:
    """When the first is due, and seconds between two; none: each is due when the one before is answered."""

    start: float
    gap: float

    def due(self, nth: int) -> float:
        return self.start + nth * self.gap if self.gap else max(self.start, perf_counter())


def _hand_in(
    port: int,
    cookies: dict[int, str],
    turns: Sequence[Turn],
    body: str,
    pace: Pace,
    until: float,
    took: list[float],
    statuses: Counter[int],
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    for nth, turn in enumerate(turns):
        due = pace.due(nth)
        if due > until:
            return
        sleep(max(0.0, due - perf_counter()))
        headers = {
            "Cookie": f"registry={cookies[turn.reviewer.person_id]}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Sec-Fetch-Site": "same-origin",
        }
        connection.request("POST", f"/evaluations/{turn.evaluation_id}/scorecard", body, headers)
        reply = connection.getresponse()
        reply.read()
        took.append(perf_counter() - due)
        statuses[reply.status] += 1


@contextmanager
def _served(folder: Path, url: str, servers: int) -> Iterator[int]:
    """A real site on a free port, in a process of its own, without the scheduler."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "REGISTRY_DATA_DIR": str(folder), "REGISTRY_DATABASE_URL": url}
    command = [sys.executable, "-m", "registry", "serve", "--port", str(port), "--no-scheduler"]
    command += ["--workers", str(servers)]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603 - our own site
    try:
        for _ in range(300):
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _office(folder: Path, url: str = "") -> tuple[Settings, Engine]:
    folder.mkdir()
    settings = Settings(data_dir=folder, database_url=url or f"sqlite:///{folder}/registry.sqlite3")
    engine = make_engine(settings.resolved_database_url)
    schema.upgrade(engine)
    return settings, engine


def _turns(session: Session, *, reviewers: int, count: int) -> tuple[list[Turn], TypedScorecard]:
    """Evaluations of tier 2, each for two of an even number of reviewers in turn, nobody's scorecard in yet."""
    now = datetime.now(UTC) - timedelta(days=1)
    rubric_files.take_in(session, None, now=now)
    owner = a_person(session, "Owner", Role.REVIEWER, now=now)
    people = [a_person(session, f"Reviewer{nth}", Role.REVIEWER, now=now) for nth in range(reviewers)]
    turns = []
    for nth in range(0, count, 2):
        tool = a_tool(session, f"Tool {nth}", now=now)
        both = [people[nth % reviewers], people[(nth + 1) % reviewers]]
        evaluation = an_evaluation(session, tool, owner=owner, reviewers=both, now=now)
        turns += [Turn(id_of(evaluation), who) for who in both]
    return turns, a_typed_scorecard(rubrics.current(session)[0])


def _form(typed: TypedScorecard) -> dict[str, str]:
    form = {"version": "0", "action": "submit"}
    for key, line in typed.ratings.items():
        form |= {
            f"{key}.rating": str(line.rating),
            f"{key}.confidence": line.confidence,
            f"{key}.sentence": line.sentence,
            f"{key}.evidence": line.evidence,
        }
    return form | {f"{key}.answer": str(line.answer) for key, line in typed.knock_outs.items()}


def _percentile(ordered: Sequence[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


if __name__ == "__main__":
    main()

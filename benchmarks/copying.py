"""How long it takes to publish a registry as files and to export it: seconds, files, memory. It is published once,
again when nothing had changed, and again when one verdict had been suspended.

python benchmarks/copying.py --tools 1000
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import select

from benchmarks.made_registry import fill
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind
from registry.services.lists.exporting import export_rows
from registry.services.lists.import_rows import COLUMNS
from registry.services.lists.spreadsheets import FORMATS
from registry.services.people.acting import Actor
from registry.services.verdicts.announcing import Sweep
from registry.services.verdicts.naming import settle
from registry.services.verdicts.verdict_life import mark
from registry.settings import Settings
from registry.store.columns import id_of
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import Role, User, Verdict
from registry.web.copy.making import publish


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tools", type=int, default=1_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", choices=("export", "publish"))
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = fill(Path(folder) / "registry.sqlite3", asked.tools, 1.0, asked.seed)
        settings = Settings(_env_file=None, data_dir=Path(folder), database_url=f"sqlite:///{file}")
        announce(settings)
        told: dict[str, Any] = {"tools": asked.tools}
        if asked.only != "publish":
            told |= exported(settings)
        if asked.only != "export":
            told |= published(settings, Path(folder) / "copy", asked.processes)
    for name, value in told.items():
        print(f"{name:>24}  {value}")
    print(json.dumps(told))


def announce(settings: Settings) -> None:
    """The notices of the verdicts, of a month ago; and what feeds are called, as a site that was started has it."""
    engine = make_engine(settings.resolved_database_url)
    with transaction(engine) as session:
        settle(session, settings.base_url, now=datetime.now(UTC))
        Sweep(settings.zone).write(session, datetime.now(UTC) - timedelta(days=29))
    engine.dispose()


def suspend(engine: Engine) -> None:
    now = datetime.now(UTC)
    with transaction(engine) as session:
        user = User(email="ana@office.example", name="Ana", created_at=now)
        session.add(user)
        session.flush()
        by = Actor(id_of(user), "Ana", frozenset({Role.APPROVER}))
        permitted = select(Verdict.number).where(Verdict.outcome == Outcome.APPROVED).limit(1)
        mark(
            session,
            session.exec(permitted).one(),
            MarkKind.SUSPENDED,
            reason="A leak.",
            zone=UTC,
            by=by,
            now=now,
        )


def exported(settings: Settings) -> dict[str, Any]:
    engine = make_engine(settings.resolved_database_url)
    told: dict[str, Any] = {}
    began = time.process_time()
    with snapshot(engine) as session:
        rows = export_rows(session, now=datetime.now(UTC))
    told["export: rows, s"] = round(time.process_time() - began, 2)
    for name, form in FORMATS.items():
        began = time.process_time()
        body = form.write(COLUMNS, rows)
        told[f"export: {name}, s"] = round(time.process_time() - began, 2)
        told[f"export: {name}, MB"] = round(len(body) / 1e6, 1)
    told["export: memory, MB"] = peak_mb()
    engine.dispose()
    return told


def published(settings: Settings, root: Path, processes: int) -> dict[str, Any]:
    """Each time by a process of its own, as the command is one."""
    told: dict[str, Any] = {}
    for run in ("first", "again", "one changed"):
        if run == "one changed":
            engine = make_engine(settings.resolved_database_url)
            suspend(engine)
            engine.dispose()
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
            told |= {
                f"{run}: {name}": value
                for name, value in alone.submit(copy, settings, root, processes).result().items()
            }
        print(told, file=sys.stderr)
    return told


def copy(settings: Settings, root: Path, processes: int) -> dict[str, Any]:
    engine = make_engine(settings.resolved_database_url)
    began, busy = time.monotonic(), cpu_s()
    report = publish(settings, engine, root, now=datetime.now(UTC), processes=processes)
    engine.dispose()
    return {
        "s": round(time.monotonic() - began, 1),
        "cpu s": round(cpu_s() - busy, 1),
        "files": report.files,
        "written": report.written.new + report.written.changed,
        "MB": round(report.written.bytes / 1e6, 1),
        "memory, MB": peak_mb(),
        "memory of the largest worker, MB": peak_mb(resource.RUSAGE_CHILDREN),
    }


def cpu_s() -> float:
    """Of this process and of those that it started and that have ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def peak_mb(whose: int = resource.RUSAGE_SELF) -> int:
    return resource.getrusage(whose).ru_maxrss // 1024


if __name__ == "__main__":
    main()

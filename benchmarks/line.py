"""Runs the real jobs over archives of captured feeds, each served on loopback as a source of its own.

    python benchmarks/line.py FOLDER_OR_ARCHIVE... [--limit N] [--json]

Says how many sources gave entries and candidates, how many did not and why, in what time and memory.
"""

import argparse
import json
import mimetypes
import os
import resource
import sys
import tarfile
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import Engine

from registry import jobs, rounds
from registry.domain.proposal import Announcer
from registry.scheduler import PARSERS, THREADS
from registry.services.people.acting import REGISTRY
from registry.services.sources import sources
from registry.settings import load_settings
from registry.store import schema
from registry.store.engine import make_engine, transaction
from registry.store.sources import sources as every_source

ARCHIVES = ("feeds-2011.tar.gz", "feeds-fixtures.tar.gz")
TYPES = {".json": "application/json", ".html": "text/html", ".dat": "application/octet-stream"}
HOSTS = 8
"""Loopback addresses in use: one host is read by one at a time."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("places", nargs="+", type=Path, metavar="FOLDER_OR_ARCHIVE")
    parser.add_argument("--limit", type=int, default=0, help="at most so many feeds of each archive")
    parser.add_argument("--json", action="store_true", help="print data alone")
    asked = parser.parse_args()
    archives = [found for place in asked.places for found in _archives(place)]
    rows = [_run(archive, asked.limit) for archive in archives]
    if asked.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print(f"\n{row['archive']}")
        for name, value in row.items():
            if isinstance(value, dict):
                print(f"  {name}")
                for key, times in value.items():
                    print(f"    {str(key).ljust(24)} {times}")
            elif name != "archive":
                print(f"  {name.ljust(26)} {value}")


def _archives(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    return [place / name for name in ARCHIVES if (place / name).exists()]


def _run(archive: Path, limit: int) -> dict[str, Any]:
    bodies = dict(list(_members(archive))[: limit or None])
    with tempfile.TemporaryDirectory() as folder, _served(bodies) as ports:
        engine = make_engine(f"sqlite:///{folder}/line.sqlite3")
        schema.upgrade(engine)
        urls = [
            f"http://127.0.0.{1 + at % HOSTS}:{ports[at % HOSTS]}/{name}" for at, name in enumerate(bodies)
        ]
        _add(engine, urls)
        began = time.perf_counter()
        seen, children_mb = _read(engine)
        told = _told(seen, time.perf_counter() - began)
        again = time.perf_counter()
        unchanged = sum(each.unchanged for each in _read(engine)[0])
        seconds = time.perf_counter() - again
        engine.dispose()
    return {
        "archive": archive.name,
        "feeds": len(bodies),
        **told,
        "second_round_s": round(seconds, 1),
        "second_round_unchanged": unchanged,
        "peak_parent_mb": _peak(),
        "peak_children_mb": children_mb,
    }


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as packed:
        for member in packed:
            file = packed.extractfile(member) if member.isfile() else None
            if file is not None:
                yield member.name.lstrip("./"), file.read()


def _add(engine: Engine, urls: list[str]) -> None:
    with transaction(engine) as session:
        for url in urls:
            sources.add_source(
                session, url=url, announcer=Announcer.LAUNCH_FEED, by=REGISTRY, now=datetime.now(UTC)
            )


def _read(engine: Engine) -> tuple[list[jobs.Refreshed], int]:
    """All sources, and the peak memory of the parsing children together, in mebibytes."""
    settings = load_settings(allow_private_cidrs=("127.0.0.0/8",))
    with transaction(engine) as session:
        only = {source.id for source in every_source(session) if source.id is not None}
    with jobs.make_fetcher(settings) as fetcher, jobs.make_workers(PARSERS) as workers:
        seen = list(
            rounds.refresh_due(
                engine, fetcher, workers, lambda: datetime.now(UTC), threads=THREADS, only=only
            )
        )
        return seen, _children_mb()


def _told(seen: list[jobs.Refreshed], seconds: float) -> dict[str, Any]:
    good = [each for each in seen if each.ok]
    return {
        "visited": len(seen),
        "gave_entries": sum(each.brought.entries > 0 for each in good),
        "gave_candidates": sum(each.brought.candidates > 0 for each in good),
        "read_but_empty": sum(each.brought.entries == 0 for each in good),
        "read_with_a_note": sum(bool(each.note) for each in good),
        "gave_nothing": sum(not each.ok for each in seen),
        "why": dict(Counter(each.error_code for each in seen if not each.ok).most_common()),
        "entries": sum(each.brought.entries for each in good),
        "candidates": sum(each.brought.candidates for each in good),
        "mentions": sum(each.brought.mentions for each in good),
        "seconds": round(seconds, 1),
        "feeds_a_second": round(len(seen) / seconds, 1),
    }


@contextmanager
def _served(bodies: dict[str, bytes]) -> Iterator[list[int]]:
    """The files over HTTP on several loopback addresses, with a validator each; gives the port of each address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = bodies.get(self.path.lstrip("/"))
            etag = f'"{len(body or b"")}"'
            known = body is not None and self.headers.get("If-None-Match") == etag
            self.send_response(404 if body is None else 304 if known else 200)
            self.send_header("ETag", etag)
            sent = b"" if body is None or known else body
            if not known:
                suffix = Path(self.path).suffix
                guessed = TYPES.get(suffix) or mimetypes.guess_type(self.path)[0] or "application/xml"
                self.send_header("Content-Type", guessed)
                self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Says nothing."""

    servers = [ThreadingHTTPServer((f"127.0.0.{1 + at}", 0), Handler) for at in range(HOSTS)]
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield [server.server_port for server in servers]
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (
        2**20 if sys.platform == "darwin" else 2**10
    )


def _children_mb() -> int:
    """Peaks of the children that are alive, from the system's own count; 0 where it does not tell.

    What `getrusage` says of children begins with the parent's own size, at the fork.
    """
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:
            continue
        if int(lines["PPid"]) == os.getpid():
            total += int(lines.get("VmHWM", "0 kB").split()[0])
    return total // 1024


if __name__ == "__main__":
    main()

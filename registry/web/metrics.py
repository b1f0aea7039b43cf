"""What `/metrics` tells, in the Prometheus text format: requests and database time of the processes that serve, and
registry.services.gauges. It is told to a bearer token, or on an address of its own, and to nobody else."""

import hmac
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
    multiprocess,
    values,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import SQLAlchemyError

import registry
from registry.services import gauges
from registry.settings import Settings
from registry.store.engine import snapshot

FORMAT = "text/plain; version=0.0.4; charset=utf-8"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""What the library reads the place from where several processes put their numbers for any of them to tell."""
REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
DATABASE_BUCKETS = (0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5)
VERBS = frozenset({"select", "insert", "update", "delete", "begin", "pragma"})


class Metrics:
    """The measures of one process; `text` tells those of all that share its folder."""

    def __init__(self, settings: Settings, engine: Engine, clock: Callable[[], datetime]) -> None:
        self.own = CollectorRegistry()
        self._stored = Stored(settings, engine, clock)
        self.requests = Counter(
            "registry_http_requests",
            "Requests that were answered, by route and status.",
            ("method", "route", "status"),
            registry=self.own,
        )
        self.durations = Histogram(
            "registry_http_request_seconds",
            "From a request's head to the end of its reply.",
            ("method", "route"),
            buckets=REQUEST_BUCKETS,
            registry=self.own,
        )
        self.database = Histogram(
            "registry_database_statement_seconds",
            "Statements by their first word, until the database answered.",
            ("verb",),
            buckets=DATABASE_BUCKETS,
            registry=self.own,
        )
        processes = Gauge(
            "registry_processes", "Processes that serve.", registry=self.own, multiprocess_mode="livesum"
        )
        processes.set(1)
        if not shared():
            ProcessCollector(registry=self.own)
            PlatformCollector(registry=self.own)
        time_statements(engine, self.database)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self.requests.labels(method, route, str(status)).inc()
        self.durations.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        return told([*self._sources, self._stored])

    @cached_property
    def _sources(self) -> list[Collector]:
        return shared() or [self.own]


def shared() -> list[Collector]:
    """Of all processes of one `serve`; empty where there is one alone."""
    return [OfAll()] if getattr(values.ValueClass, "_multiprocess", False) else []


def of_this_process() -> Collector:
    """Memory, processor time and open files."""
    return ProcessCollector(registry=None)


def told(collectors: list[Collector]) -> bytes:
    """One text of what these collect."""
    whole = CollectorRegistry()
    for each in collectors:
        whole.register(each)
    return generate_latest(whole)


class OfAll(Collector):
    """The numbers of all processes; one that ended counts no longer among those that serve."""

    def __init__(self) -> None:
        self._of_all = multiprocess.MultiProcessCollector(None)  # type: ignore[no-untyped-call]

    def collect(self) -> Iterator[Metric]:
        for live in Path(self._of_all._path).glob("gauge_live*_*.db"):
            number = live.stem.rpartition("_")[2]
            if number.isdigit() and not _lives(int(number)):
                multiprocess.mark_process_dead(int(number))  # type: ignore[no-untyped-call]
        yield from self._of_all.collect()  # type: ignore[no-untyped-call]

    def describe(self) -> list[Metric]:
        return []


def _lives(number: int) -> bool:
    with suppress(PermissionError):
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return False
    return True


class Stored(Collector):
    """registry.services.gauges, read anew each time; a database that cannot be read is told as 0, and nothing else."""

    def __init__(self, settings: Settings, engine: Engine, clock: Callable[[], datetime]) -> None:
        self.settings, self.engine, self.clock = settings, engine, clock

    def collect(self) -> Iterator[Metric]:
        about = GaugeMetricFamily("registry_build", "Always 1.", labels=("version", "database"))
        about.add_metric((registry.__version__, self.engine.dialect.name), 1)
        yield about
        try:
            with snapshot(self.engine) as session:
                found = gauges.read(session, self.settings, self.clock())
        except SQLAlchemyError:
            found = []
        yield GaugeMetricFamily("registry_database_up", "1 where it could be read.", value=float(bool(found)))
        for each in found:
            family = GaugeMetricFamily(each.name, each.told, labels=each.labels)
            for labels, number in each.samples:
                family.add_metric(labels, number)
            yield family

    def describe(self) -> list[Metric]:
        return []


def time_statements(engine: Engine, durations: Histogram) -> None:
    def began(connection: Connection, *_more: Any) -> None:
        connection.info["began"] = perf_counter()

    def ended(connection: Connection, _cursor: object, statement: str, *_more: Any) -> None:
        verb = statement.split(maxsplit=1)[0].lower()
        took = perf_counter() - connection.info.pop("began", perf_counter())
        durations.labels(verb if verb in VERBS else "other").observe(took)

    event.listen(engine, "before_cursor_execute", began)
    event.listen(engine, "after_cursor_execute", ended)


def allows(settings: Settings, authorization: str) -> bool:
    """Whether this header bears the token of the settings. Compared in a time that tells nothing of it."""
    scheme, _, value = authorization.partition(" ")
    right = hmac.compare_digest(value.strip().encode(), settings.metrics_secret.encode())
    return bool(settings.metrics_secret) and scheme.lower() == "bearer" and right


@contextmanager
def listening(bind: str, text: Callable[[], bytes]) -> Iterator[int]:
    """Tells it on an address of its own, such as 127.0.0.1:9464, until the block ends; gives the port.

    Raises OSError where the address is taken.
    """
    place = urlsplit(f"//{bind}")

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            known = self.path == "/metrics"
            body = text() if known else b"Look at /metrics.\n"
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", FORMAT)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_told: object) -> None:
            """Nothing: it is asked every few seconds."""

    with ThreadingHTTPServer((place.hostname or "127.0.0.1", place.port or 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()

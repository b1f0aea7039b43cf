"""A real HTTP server on loopback that plays many hosts with feeds of many tempers, and judges whoever asks them.

    with CarefulPublisher() as publisher:
        publisher.plays("a.publisher.example/feed", Feed(publication))
        publisher.judge = Judge(...)
        publisher.now = moment

Time is what it is told to be. Names that are silent are known to nobody.
"""

import contextlib
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from tests.politeness.judge import Judge, Reply, Request
from tests.politeness.publications import http_date
from tests.politeness.tempers import Temper

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Heard:
    at: datetime
    address: str
    status: int
    wire_bytes: int


class CarefulPublisher:
    def __init__(self) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)
        self.judge = Judge((), agent_names=())
        self.heard: list[Heard] = []
        self._tempers: dict[str, Temper] = {}
        self._silent: list[tuple[str, Span]] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def plays(self, address: str, temper: Temper) -> str:
        """Answer `host/path` with a temper from now on; gives its URL."""
        self._tempers[address] = temper
        return self.url(address)

    def url(self, address: str, *, user: str = "") -> str:
        host, _, path = address.partition("/")
        return f"http://{user}{'@' if user else ''}{host}:{self.port}/{path}"

    def falls_silent(self, host: str, span: Span) -> None:
        """Nobody knows this name for a while; "" is every name: it is the asker's network that is down."""
        self._silent.append((host, span))

    def resolve(self, host: str, _port: int) -> Sequence[str]:
        """What the fetcher asks for addresses."""
        with self._lock:
            silent = {name for name, (begin, end) in self._silent if begin <= self.now < end}
            if "" in silent:
                raise OSError("the network is down")
            if host in silent:
                self.judge.silence(host, self.now)
                raise OSError("no such name")
        return ["127.0.0.1"]

    def answer(self, host: str, target: str, headers: dict[str, str]) -> bytes:
        """The whole reply, judged and in bytes."""
        with self._lock:
            request = Request(self.now, host.partition(":")[0], target, headers)
            chain = self.judge.hears(request)
            temper = self._tempers.get(request.address)
            reply = temper(request) if temper else Reply(404)
            raw = _raw(reply, self.now)
            self.judge.says(request, chain, reply)
            self.heard.append(Heard(self.now, request.address, reply.status, len(raw)))
        return raw

    def done(self, host: str, target: str) -> None:
        with self._lock:
            self.judge.ends(Request(self.now, host.partition(":")[0], target, {}))


def _raw(reply: Reply, now: datetime) -> bytes:
    length = {} if reply.status == 304 else {"Content-Length": str(len(reply.body))}
    headers = {"Date": http_date(now), **reply.headers, **length, "Connection": "close"}
    lines = [f"HTTP/1.1 {reply.status} Played", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + reply.body


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    address_family = socket.AF_INET
    request_queue_size = 64


def _handler(publisher: CarefulPublisher) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            host = headers.get("host", "")
            raw = publisher.answer(host, self.path, headers)
            publisher.done(host, self.path)  # before the client can know that it is over
            with contextlib.suppress(OSError):
                self.wfile.write(raw)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler

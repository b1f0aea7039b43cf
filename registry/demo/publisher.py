"""Serves the demo's sample feeds over HTTP on loopback, with all that real hosts do to a reader: validators, a
move, a slow answer, broken XML, a page for a feed, a dead host. What is read from them is for others."""

import hashlib
import re
import sys
import threading
import tomllib
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from registry.demo.moments import moment
from registry.domain.values import dataclass

FEEDS = Path(__file__).with_name("feeds")
SLOW_S = 1.0
CHAT = "/hooks/chat"
"""Takes what is posted there, as the chat of the office."""
MOST_TAKEN = 1_000_000

_PLACEHOLDER = re.compile(r"\{\{(iso|rfc822|date) ([^}]+)\}\}")
_WAYS = {
    "iso": lambda when: when.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "rfc822": lambda when: when.strftime("%a, %d %b %Y %H:%M:%S +0000"),
    "date": lambda when: when.strftime("%Y-%m-%d"),
}


@dataclass(frozen=True)
class SampleSource:
    """One source as a person would add it; `url` is the address typed, which may have moved since."""

    name: str
    url: str
    announcer: str
    group: str
    fault: str = ""
    """What a reader will find wrong: `malformed`, `html`, `dead`, `gone`, or nothing."""


@dataclass(frozen=True)
class _Reply:
    body: bytes
    content_type: str
    etag: str
    modified: datetime
    wait_s: float = 0.0


def fill_in(text: str, now: datetime) -> str:
    """The text with each `{{iso -3d4h}}`, `{{rfc822 -3d4h}}`, `{{date -3d}}` told from the hour of `now`."""
    return _PLACEHOLDER.sub(lambda found: _WAYS[found[1]](moment(now, found[2])), text)


class Publisher:
    """A server on a free port of 127.0.0.1 while the `with` block lasts; the same `now` gives the same bytes.

    `now` is UTC-aware. `requests` counts the answers given, by path and status, for tests and reports.
    """

    def __init__(self, now: datetime, *, port: int = 0, slow_s: float = SLOW_S) -> None:
        self._now = now.astimezone(UTC)
        self._port = port
        self._table: list[dict[str, Any]] = tomllib.loads((FEEDS / "sources.toml").read_text("utf-8"))[
            "source"
        ]
        self._closing = threading.Event()
        self._counting = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self.requests: dict[tuple[str, int], int] = {}
        self.replies = {
            row.get("to", row["path"]): self._reply(row, slow_s) for row in self._table if "file" in row
        }
        self.moves: dict[str, str] = {row["path"]: row["to"] for row in self._table if "to" in row}
        self.failures = {
            row["path"]: HTTPStatus.GONE if row["behaviour"] == "gone" else HTTPStatus.INTERNAL_SERVER_ERROR
            for row in self._table
            if "file" not in row
        }

    def _reply(self, row: dict[str, Any], slow_s: float) -> _Reply:
        body = fill_in((FEEDS / row["file"]).read_text("utf-8"), self._now).encode()
        weak = "W/" if row["file"].endswith(".json") else ""
        etag = f'{weak}"{hashlib.sha256(body).hexdigest()[:24]}"'
        wait_s = slow_s if row.get("behaviour") == "slow" else 0.0
        return _Reply(body, row["type"], etag, moment(self._now, "-1h"), wait_s)

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT`, without a slash at the end. Only while it is open."""
        if self._server is None:
            raise RuntimeError("the publisher is not open")
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def sources(self) -> list[SampleSource]:
        """All sources in the order in which a person would add them. Only while it is open."""
        return [
            SampleSource(
                row["name"], self.base_url + row["path"], row["announcer"], row["group"], row.get("fault", "")
            )
            for row in self._table
        ]

    def count(self, path: str, status: int) -> None:
        with self._counting:
            self.requests[path, status] = self.requests.get((path, status), 0) + 1

    def pause(self, seconds: float) -> None:
        """Waits as a slow host does, but no longer than the publisher is open."""
        self._closing.wait(seconds)

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"site": self})
        self._closing.clear()
        self._server = _Server(("127.0.0.1", self._port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="demo publisher"
        )
        self._thread.daemon = True
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self._server = self._thread = None


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silent where the reader went away: it may have seen enough in the headers."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    site: Publisher
    protocol_version = "HTTP/1.1"
    server_version = "SampleFeeds/1"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path in self.site.moves:
            self._send(path, HTTPStatus.MOVED_PERMANENTLY, b"", {"Location": self.site.moves[path]})
        elif path in self.site.failures:
            status = self.site.failures[path]
            self._send(
                path, status, f"{status.phrase}\n".encode(), {"Content-Type": "text/plain; charset=utf-8"}
            )
        elif path in self.site.replies:
            self._send_feed(path, self.site.replies[path])
        else:
            self._send(
                path, HTTPStatus.NOT_FOUND, b"Not found\n", {"Content-Type": "text/plain; charset=utf-8"}
            )

    def do_POST(self) -> None:
        """What the registry tells the office's chat is taken, and nothing more."""
        self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST_TAKEN))
        status = HTTPStatus.OK if self.path == CHAT else HTTPStatus.NOT_FOUND
        self._send(self.path, status, f"{status.phrase}\n".encode(), {"Content-Type": "text/plain"})

    do_HEAD = do_GET  # noqa: N815 - the name is the base class's

    def _send_feed(self, path: str, reply: _Reply) -> None:
        self.site.pause(reply.wait_s)
        validators = {"ETag": reply.etag, "Last-Modified": format_datetime(reply.modified, usegmt=True)}
        if self._is_known(reply):
            self._send(path, HTTPStatus.NOT_MODIFIED, b"", validators)
        else:
            self._send(path, HTTPStatus.OK, reply.body, {"Content-Type": reply.content_type, **validators})

    def _is_known(self, reply: _Reply) -> bool:
        known = self.headers.get("If-None-Match")
        if known is not None:  # RFC 9110 13.2.2: If-Modified-Since is asked only where this header is absent
            tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
            return "*" in tags or reply.etag.removeprefix("W/") in tags
        since = self.headers.get("If-Modified-Since")
        if since is None:
            return False
        try:
            return reply.modified <= parsedate_to_datetime(since)
        except (TypeError, ValueError):
            return False

    def _send(self, path: str, status: HTTPStatus, body: bytes, headers: dict[str, str]) -> None:
        self.site.count(path, status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status is not HTTPStatus.NOT_MODIFIED:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Says nothing: what came of a request is the reader's to tell."""

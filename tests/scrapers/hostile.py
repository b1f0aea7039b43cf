"""A small real HTTP server on loopback that plays odd and hostile publishers, byte by byte.

    with HostileServer() as server:
        url = server.plays("/feed", reply(b"<rss/>", etag='"1"'))

A play is a function of the visit it answers. What was asked stands in `server.visits`.
"""

import contextlib
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from types import TracebackType
from typing import Self

import pytest

from scrapers.errors import FetchError
from scrapers.fetch import Fetcher, Validators

AGENT = "Registry of Example (mailto:office@example.org)"
FEED = b"<rss><channel><title>New tools</title></channel></rss>"
DRIP_S = 0.02


@dataclass
class Visit:
    """One request and the socket to answer it on; a play that ends the connection closes the socket."""

    method: str
    target: str
    headers: dict[str, str]
    raw: bytes
    sock: socket.socket
    over: threading.Event

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, pieces: Iterator[bytes], every_s: float = DRIP_S) -> None:
        """Send the pieces slowly, until they end, the client goes or the server stops."""
        for piece in pieces:
            self.send(piece)
            if self.over.wait(every_s):
                return
        self.close()

    def flood(self, pieces: Iterator[bytes]) -> None:
        """Send the pieces as fast as the client takes them, until it goes or the server stops."""
        for piece in pieces:
            if self.over.is_set():
                return
            self.send(piece)
        self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def reset(self) -> None:
        """End the connection with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


Play = Callable[[Visit], None]


class HostileServer:
    """Listens on loopback, any free port if none is named; 404 where nothing is played. `tls`: it speaks HTTPS."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        greeting: Play | None = None,
    ) -> None:
        """`greeting` is played on each connection before anything is read, and then it is over."""
        self.visits: list[Visit] = []
        self.connections = 0
        self._plays: dict[str, Play] = {}
        self._tls = tls
        self._greeting = greeting
        self._over = threading.Event()
        self._socket = socket.create_server((host, port), backlog=64)
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._start(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for sock in (self._socket, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def plays(self, path: str, play: Play) -> str:
        """Answer `path` with `play` from now on; gives its URL."""
        self._plays[path] = play
        return self.url(path)

    def url(self, path: str = "/", *, host: str = "", scheme: str | None = None) -> str:
        return f"{scheme or ('https' if self._tls else 'http')}://{host or self.host}:{self.port}{path}"

    def asked(self, path: str) -> list[Visit]:
        return [visit for visit in self.visits if visit.target == path]

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            self._start(lambda sock=sock: self._serve(sock))  # type: ignore[misc]

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._greeting:
                self._greeting(Visit("", "", {}, b"", sock, self._over))
                return
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._open.append(sock)
            while visit := self._read(sock):
                self.visits.append(visit)
                self._plays.get(visit.target.partition("?")[0], reply(b"nothing here", status=404))(visit)
        sock.close()

    def _read(self, sock: socket.socket) -> Visit | None:
        raw = b""
        while b"\r\n\r\n" not in raw:
            data = sock.recv(65_536)
            if not data:
                return None
            raw += data
            if raw.startswith(b"\x16"):  # a TLS greeting on a plain port
                sock.sendall(head(400, Connection="close"))
                return None
        first, *lines = raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        pairs = (line.split(": ", 1) for line in lines)
        return Visit(method, target, {name.lower(): value for name, value in pairs}, raw, sock, self._over)


def head(status: int = 200, **headers: str | int) -> bytes:
    """A status line and headers, with underscores for hyphens, and the empty line after them."""
    lines = [f"HTTP/1.1 {status} Played"] + [f"{k.replace('_', '-')}: {v}" for k, v in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def reply(body: bytes = b"", *, status: int = 200, **headers: str | int) -> Play:
    """An honest answer that leaves the connection open."""
    length = {} if status == 304 else {"Content_Length": len(body)}
    return lambda visit: visit.send(head(status, **length, **headers) + body)


def redirect(to: str, *, status: int = 302) -> Play:
    return reply(status=status, Location=to)


def raw(data: bytes) -> Play:
    """These bytes as they are, then the end of the connection."""

    def play(visit: Visit) -> None:
        visit.send(data)
        visit.close()

    return play


def reset_after(data: bytes) -> Play:
    def play(visit: Visit) -> None:
        visit.send(data)
        visit.reset()

    return play


def in_turn(*plays: Play) -> Play:
    """The first visit gets the first play and so on; the last one goes on for ever."""
    waiting = list(plays)
    return lambda visit: (waiting.pop(0) if len(waiting) > 1 else waiting[0])(visit)


def conditional(body: bytes, *, etag: str = "", last_modified: str = "") -> Play:
    """A good publisher: 304 where exactly its validators come back, else the body with them."""
    given = {k: v for k, v in {"ETag": etag, "Last_Modified": last_modified}.items() if v}

    def play(visit: Visit) -> None:
        came_back = {
            "ETag": visit.headers.get("if-none-match", ""),
            "Last_Modified": visit.headers.get("if-modified-since", ""),
        }
        unchanged = all(came_back[name] == value for name, value in given.items())
        (reply(status=304, **given) if unchanged else reply(body, **given))(visit)

    return play


def silence(visit: Visit) -> None:
    """Takes the request and never says a word."""
    visit.over.wait()


def slow_headers(visit: Visit) -> None:
    visit.drip(bytes([byte]) for byte in head(200, Content_Type="text/xml", X_Padding="x" * 100_000))


def endless_headers(visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\n")
    visit.flood(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(10**9))


def endless_interim_replies(visit: Visit) -> None:
    visit.drip((b"HTTP/1.1 103 Early Hints\r\n\r\n" for _ in range(10**9)), every_s=0.005)


def slow_body(visit: Visit) -> None:
    visit.send(head(200, Content_Length=1_000_000))
    visit.drip(b"<" for _ in range(1_000_000))


def endless_body(visit: Visit) -> None:
    visit.send(head(200, Connection="close"))
    visit.flood(b"x" * 65_536 for _ in range(10**9))


def endless_chunks(visit: Visit) -> None:
    """Chunks of one byte each, with long extensions."""
    visit.send(head(200, Transfer_Encoding="chunked"))
    visit.flood(b"1;%s\r\nx\r\n" % (b"e" * 500) * 100 for _ in range(10**9))


def gzip_bomb(megabytes: int) -> bytes:
    """A gzip member that inflates to so many megabytes of zeros."""
    zeros = bytes(1_000_000)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    again = packer.compress(zeros) + packer.flush(
        zlib.Z_FULL_FLUSH
    )  # what follows does not look back: it repeats
    checksum = reduce(lambda so_far, _: zlib.crc32(zeros, so_far), range(megabytes), 0)
    begun = b"\x1f\x8b\x08" + bytes(7)
    return begun + again * megabytes + packer.flush() + struct.pack("<II", checksum, megabytes * len(zeros))


def refusal(fetcher: Fetcher, url: str, *, validators: Validators | None = None) -> FetchError:
    """The error that this fetch ends with; its sentence is one for a person."""
    with pytest.raises(FetchError) as refused:
        fetcher.get(url, validators=validators)
    assert refused.value.sentence.endswith(".")
    return refused.value


class Names:
    """A resolver that knows these names alone (`__` for a dot); `asked` lists every look-up."""

    def __init__(self, **known: list[str]) -> None:
        self._known = {name.replace("__", "."): addresses for name, addresses in known.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host not in self._known:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return self._known[host]

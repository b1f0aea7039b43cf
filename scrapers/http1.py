"""HTTP/1.1 as llhttp reads it, over checked streams: one request, one reply, and the line kept for the next one."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from scrapers.connection import Dialler, Exchange, Stream, Unsent, cut_off
from scrapers.errors import FetchError

MAX_HEAD_BYTES = 100 * 1024
MOST_KEPT = 20
KEPT_FOR_S = 10.0
_SENDABLE = re.compile(rb"(?:GET|POST) [!-~]+ HTTP/1\.1\r\n(?:[A-Za-z-]+: [\t -~\x80-\xff]*\r\n)+\r\n")
"""RFC 9110 5.5, 7.1: nothing in an address or a header can begin another header, or another request."""

Origin = tuple[str, str, int]
"""Scheme, host, port."""
RawHeaders = list[tuple[bytes, bytes]]


class _Reply:
    """One final reply as it comes in; what llhttp tells of those before it (1xx) is passed over."""

    def __init__(self) -> None:
        self.status = 0
        """0 while the head is not complete."""
        self.headers: RawHeaders = []
        self.done = False
        self.lasts = False
        """Whether another request may follow: it came whole, and nothing that is no part of it."""
        self._pieces: list[bytes] = []
        self._parser = HttpResponseParser(self)
        # Servers that end a line with a mere line feed are many, and RFC 9112 2.2 lets a reader take it.
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)

    def feed(self, data: bytes) -> None:
        """Raises HttpParserError for what is no HTTP."""
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:  # it speaks no more HTTP from here on
            self.status, self.done = 101, True
        except HttpParserError:
            if not self.done:
                raise
            self.lasts = False

    def end(self) -> None:
        """The server closed the connection. Raises FetchError `cut_off` where that is not the reply's own end."""
        names = {name for name, _ in self.headers}
        if not self.done and (not self.status or names & {b"content-length", b"transfer-encoding"}):
            raise cut_off()
        self.done, self.lasts = True, False

    def take_body(self) -> bytes:
        """What has come of it since it was last taken."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken

    def on_message_begin(self) -> None:
        self.lasts = False
        if not self.done:
            self.headers.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.status:  # else it is a trailer
            self.headers.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if not self.done and status >= 200:
            self.status = status

    def on_body(self, body: bytes) -> None:
        if not self.done:
            self._pieces.append(body)

    def on_message_complete(self) -> None:
        if self.status and not self.done:
            self.done, self.lasts = True, self._parser.should_keep_alive()


class Line:
    """A connection to one origin; all its methods raise FetchError."""

    def __init__(self, origin: Origin, stream: Stream) -> None:
        self.origin = origin
        self.left_at = 0.0
        self._stream = stream
        self._reply = _Reply()

    def ask(
        self, target: bytes, headers: RawHeaders, *, method: bytes = b"GET", body: bytes = b""
    ) -> tuple[int, RawHeaders]:
        """Status and headers, their names in lower case. Where there is a body, `headers` tell its length."""
        lines = (b"%b: %b\r\n" % header for header in headers)
        request = b"%b %b HTTP/1.1\r\n%b\r\n" % (method, target, b"".join(lines))
        if not _SENDABLE.fullmatch(request) or request.count(b"\n") != len(headers) + 2:
            raise FetchError(
                "bad_address", "This address cannot be asked for over HTTP. Check it for odd characters."
            )
        with suppress(Unsent):  # a server may refuse, and hang up, before it has read the request
            self._stream.write(request + body)
        self._reply, heard = _Reply(), self._stream.exchange.heard_bytes
        while not self._reply.status:
            if self._stream.exchange.heard_bytes - heard > MAX_HEAD_BYTES:
                raise _bad_reply()
            self._hear()
        return self._reply.status, self._reply.headers

    def pieces(self) -> Iterator[bytes]:
        """The reply's body, as it comes."""
        yield self._reply.take_body()
        while not self._reply.done:
            self._hear()
            yield self._reply.take_body()

    def free(self) -> bool:
        """Whether its last reply came whole and nothing beyond it, so that another request may follow."""
        return self._reply.lasts

    def serve(self, exchange: Exchange) -> bool:
        """From now on for this exchange; False where it was closed or spoilt meanwhile."""
        self._stream.exchange = exchange
        return not self._stream.is_readable()

    def close(self) -> None:
        self._stream.close()

    def _hear(self) -> None:
        data = self._stream.read()
        if not data:
            self._reply.end()
            return
        try:
            self._reply.feed(data)
        except HttpParserError as exc:
            raise _bad_reply() from exc


def _bad_reply() -> FetchError:
    return FetchError(
        "bad_reply", "What answers there does not speak HTTP as it should. Check the address, port included."
    )


class Lines:
    """Those open and idle, the longest idle first; may be shared by any number of threads."""

    def __init__(self, dialler: Dialler) -> None:
        self._dialler = dialler
        self._lock = threading.Lock()
        self._idle: list[Line] = []

    def take(self, origin: Origin, exchange: Exchange) -> Line:
        """One for the caller alone, until it is left."""
        while (kept := self._kept(origin)) is not None:
            if time.monotonic() - kept.left_at < KEPT_FOR_S and kept.serve(exchange):
                return kept
            kept.close()
        return self.new(origin, exchange)

    def new(self, origin: Origin, exchange: Exchange) -> Line:
        scheme, host, port = origin
        return Line(origin, self._dialler.dial(host, port, secure=scheme == "https", exchange=exchange))

    def leave(self, line: Line) -> None:
        if not line.free():
            line.close()
            return
        now = line.left_at = time.monotonic()
        too_long: list[Line] = []
        with self._lock:
            self._idle.append(line)
            while len(self._idle) > MOST_KEPT or now - self._idle[0].left_at >= KEPT_FOR_S:
                too_long.append(self._idle.pop(0))
        for each in too_long:
            each.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()

    def _kept(self, origin: Origin) -> Line | None:
        with self._lock:
            for place in reversed(range(len(self._idle))):
                if self._idle[place].origin == origin:
                    return self._idle.pop(place)
        return None

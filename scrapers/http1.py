"""HTTP/1.1 as h11 speaks it, over checked streams: one request, one reply, and the line kept for the next one."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import h11

from scrapers.connection import Dialler, Exchange, Stream, Unsent, cut_off
from scrapers.errors import FetchError

MAX_HEAD_BYTES = 100 * 1024
MOST_KEPT = 20
KEPT_FOR_S = 10.0

Origin = tuple[str, str, int]
"""Scheme, host, port."""
RawHeaders = list[tuple[bytes, bytes]]


class Line:
    """A connection to one origin; all its methods raise FetchError."""

    def __init__(self, origin: Origin, stream: Stream) -> None:
        self.origin = origin
        self.left_at = 0.0
        self._stream = stream
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)

    def ask(self, target: bytes, headers: RawHeaders) -> tuple[int, RawHeaders]:
        """Status and headers, their names in lower case."""
        try:
            request = self._h11.send(h11.Request(method=b"GET", target=target, headers=headers))
            end = self._h11.send(h11.EndOfMessage())
        except h11.LocalProtocolError as exc:
            raise FetchError(
                "bad_address", "This address cannot be asked for over HTTP. Check it for odd characters."
            ) from exc
        with suppress(Unsent):  # a server may refuse, and hang up, before it has read the request
            self._stream.write((request or b"") + (end or b""))
        while True:
            said = self._next()
            if isinstance(said, h11.Response) or (
                isinstance(said, h11.InformationalResponse) and said.status_code == 101
            ):
                return said.status_code, list(said.headers)

    def pieces(self) -> Iterator[bytes]:
        """The reply's body, as it comes."""
        while not isinstance(said := self._next(), h11.EndOfMessage):
            if isinstance(said, h11.Data):
                yield said.data
            elif said is h11.PAUSED:  # it speaks no more HTTP from here on
                return

    def free(self) -> bool:
        """Whether its last reply came whole and nothing beyond it, so that another request may follow."""
        done = self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE
        if not done or self._h11.trailing_data != (b"", False):
            return False
        self._h11.start_next_cycle()
        return True

    def serve(self, exchange: Exchange) -> bool:
        """From now on for this exchange; False where it was closed or spoilt meanwhile."""
        self._stream.exchange = exchange
        return not self._stream.is_readable()

    def close(self) -> None:
        self._stream.close()

    def _next(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        try:
            while (said := self._h11.next_event()) is h11.NEED_DATA:
                data = self._stream.read()
                if not data and self._h11.their_state is h11.SEND_RESPONSE:
                    raise cut_off()
                self._h11.receive_data(data)
        except h11.RemoteProtocolError as exc:
            if "closed connection" in str(exc):
                raise cut_off() from exc
            raise FetchError(
                "bad_reply",
                "What answers there does not speak HTTP as it should. Check the address, port included.",
            ) from exc
        return said


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

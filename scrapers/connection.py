"""The network under the fetcher: connects to checked addresses alone, and ends it all when time is up.

HTTP itself is http1.py's; which URL is asked, and what an answer means, is fetch.py's.
"""

import math
import os
import select
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from threading import Thread
from typing import TypeVar

from scrapers.addresses import AddressRule, IPAddress, literal
from scrapers.errors import FetchError

T = TypeVar("T")
Resolver = Callable[[str, int], Sequence[str]]
_READ_BYTES = 65_536
_LOOK_UP_S = 0.5
"""So often whoever waits looks whether all fetches are to end."""
_MOST_TRIED = 8
"""Of a name's addresses, so that each is given a fair share of the time to connect."""


def resolve(host: str, port: int) -> list[str]:
    """Every address of a host name, in the order to try them. Raises OSError where there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass
class Ends:
    """When all that one fetcher does is over."""

    at: float


@dataclass
class Exchange:
    """What one fetch, with all its redirects, may still cost. Moments are seconds of the monotonic clock."""

    deadline_s: float
    connect_timeout_s: float
    max_wire_bytes: int
    ends: Ends
    wire_bytes: int = 0
    heard_bytes: int = 0
    """Of HTTP itself, so less than came over the wire where that is TLS."""
    connections: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.started

    def remaining_s(self) -> float:
        """Always above zero; raises FetchError `timeout` where nothing remains."""
        remaining = min(self.deadline_s - self.elapsed_s, self.ends.at - time.monotonic())
        if remaining <= 0:
            raise self.too_slow()
        return remaining

    def count(self, received: int) -> None:
        """Raises FetchError `too_large` where more came over the wire than may."""
        self.wire_bytes += received
        if self.wire_bytes > self.max_wire_bytes:
            raise too_large(self.max_wire_bytes)

    def hear(self, data: bytes) -> bytes:
        self.heard_bytes += len(data)
        return data

    def too_slow(self) -> FetchError:
        if self.elapsed_s < self.deadline_s:
            return FetchError(
                "timeout", "We had to end before the answer was complete. It will be asked again later."
            )
        return FetchError(
            "timeout",
            f"The answer was not complete after {self.deadline_s:g} seconds. It will be asked again later; "
            "if this goes on, tell the publisher.",
        )


def too_large(max_bytes: int) -> FetchError:
    return FetchError(
        "too_large",
        f"The answer is larger than {max_bytes:,} bytes. Look for a shorter feed of the same publisher.",
    )


def cut_off() -> FetchError:
    return FetchError(
        "cut_off", "The connection broke before the answer was complete. It will be asked again later."
    )


class Unsent(Exception):
    """The other side hung up before it had read all; what it said until then may still be read."""


class Dialler:
    """Looks a name up once, requires every answer to be allowed, and connects to exactly those addresses.

    `tls` is shared by all secure connections: to make one costs more than to use it.
    """

    def __init__(self, rule: AddressRule, resolver: Resolver, tls: ssl.SSLContext) -> None:
        self._rule = rule
        self._resolver = resolver
        self._tls = tls
        tls.set_alpn_protocols(["http/1.1"])

    def dial(self, host: str, port: int, *, secure: bool, exchange: Exchange) -> "Stream":
        exchange.connections += 1
        connect_by = time.monotonic() + min(exchange.connect_timeout_s, exchange.remaining_s())
        addresses = self._addresses(host, port, connect_by, exchange)
        for address in addresses:
            self._rule.check(address, port)
        stream = Stream(_connect_to_any(addresses, port, connect_by, exchange), exchange)
        return _secured(stream, self._tls, host, connect_by) if secure else stream

    def _addresses(self, host: str, port: int, connect_by: float, exchange: Exchange) -> list[IPAddress]:
        written_out = literal(host)
        if written_out is not None:
            return [written_out]
        future: Future[Sequence[str]] = Future()
        # A look-up has no time-out of its own, and a daemon thread is not waited for when the program ends.
        Thread(target=_look_up, args=(self._resolver, host, port, future), daemon=True).start()
        while not future.done():
            wait([future], timeout=_piece(_until(connect_by), exchange))
        try:
            found = [ip_address(answer) for answer in dict.fromkeys(future.result())]
        except TimeoutError:
            raise _connect_too_slow() from None
        except (OSError, ValueError) as exc:
            raise _no_such_name(host) from exc
        if not found:
            raise _no_such_name(host)
        return found


class Stream:
    """A socket whose every wait ends with the exchange that it serves, and whose every byte that exchange counts."""

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._wait = _Wait(sock)
        self.exchange = exchange
        self.connect_by: float | None = None
        """While both sides agree on TLS: when that has to be done."""

    def read(self) -> bytes:
        """What has come; empty at the end. Raises FetchError."""
        return self.exchange.hear(self.receive())

    def receive(self) -> bytes:
        try:
            while not self._wait.to_read(self._patience_s()):
                pass
            data = self._sock.recv(_READ_BYTES)
        except OSError as exc:
            raise cut_off() from exc
        self.exchange.count(len(data))
        return data

    def write(self, data: bytes) -> None:
        """Raises FetchError `timeout`, and Unsent."""
        unsent = memoryview(data)
        while unsent:
            self._patience_s()
            try:
                unsent = unsent[self._sock.send(unsent) :]
            except BlockingIOError:
                self._wait.to_write(self._patience_s())
            except OSError as exc:
                raise Unsent from exc

    def is_readable(self) -> bool:
        """An idle connection with something to read is one that the server closed, or spoilt."""
        try:
            return self._wait.to_read(0)
        except (OSError, ValueError):
            return True

    def close(self) -> None:
        self._sock.close()

    def _patience_s(self) -> float:
        left_s = math.inf if self.connect_by is None else _until(self.connect_by)
        return _piece(left_s, self.exchange)


class _SecureStream(Stream):
    """TLS over a stream, fed by hand: each of its bytes is counted and each wait for one ends in time."""

    def __init__(self, plain: Stream, context: ssl.SSLContext, host: str) -> None:
        self._plain = plain
        self._received, self._unsent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._unsent, server_hostname=host)
        self._step(self._tls.do_handshake)

    @property
    def exchange(self) -> Exchange:
        return self._plain.exchange

    @exchange.setter
    def exchange(self, exchange: Exchange) -> None:
        self._plain.exchange = exchange

    def read(self) -> bytes:
        try:
            return self.exchange.hear(self._step(lambda: self._tls.read(_READ_BYTES)))
        except ssl.SSLEOFError:
            return b""  # many servers end without a farewell, and HTTP knows when it was too early
        except ssl.SSLError as exc:
            raise cut_off() from exc

    def write(self, data: bytes) -> None:
        try:
            self._step(lambda: self._tls.write(data))
        except ssl.SSLError as exc:
            raise Unsent from exc

    def is_readable(self) -> bool:
        return bool(self._received.pending or self._tls.pending()) or self._plain.is_readable()

    def close(self) -> None:
        self._plain.close()

    def _step(self, step: Callable[[], T]) -> T:
        """One step of TLS, as often as it takes to hear enough for it."""
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                pass
            finally:
                if self._unsent.pending:
                    self._plain.write(self._unsent.read())
            if data := self._plain.receive():
                self._received.write(data)
            else:
                self._received.write_eof()


def _secured(plain: Stream, context: ssl.SSLContext, host: str, connect_by: float) -> Stream:
    plain.connect_by = connect_by
    try:
        return _SecureStream(plain, context, host)
    except (OSError, ValueError, Unsent) as exc:
        plain.close()
        raise _tls_failed(exc) from exc
    except FetchError:
        plain.close()
        raise
    finally:
        plain.connect_by = None


class _Wait:
    """Until a socket can be read or written; where the system has `poll`, any number of them may be open."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._poller = select.poll() if hasattr(select, "poll") else None
        if self._poller is not None:
            self._poller.register(sock, select.POLLIN)

    def to_read(self, patience_s: float) -> bool:
        if self._poller is None or self._sock.fileno() < 0:
            return bool(select.select([self._sock], [], [], patience_s)[0])
        return bool(self._poller.poll(patience_s * 1000))

    def to_write(self, patience_s: float) -> bool:
        if self._poller is None:
            _, ready, failed = select.select([], [self._sock], [self._sock], patience_s)
            return bool(ready or failed)
        poller = select.poll()
        poller.register(self._sock, select.POLLOUT)
        return bool(poller.poll(patience_s * 1000))


def _look_up(resolver: Resolver, host: str, port: int, future: Future[Sequence[str]]) -> None:
    try:
        future.set_result(resolver(host, port))
    except BaseException as exc:  # carried over to the thread that waits
        future.set_exception(exc)


def _connect_to_any(
    addresses: Sequence[IPAddress], port: int, connect_by: float, exchange: Exchange
) -> socket.socket:
    failure: FetchError | None = None
    tried = addresses[:_MOST_TRIED]
    for nth, address in enumerate(tried):
        # An address that stays silent leaves time for the next.
        share_s = _until(connect_by) / (len(tried) - nth)
        try:
            return _connect(address, port, time.monotonic() + share_s, exchange)
        except TimeoutError:
            failure = _connect_too_slow()
        except OSError:
            failure = FetchError(
                "connect_failed",
                "The server does not take connections. It will be asked again later; "
                "if this goes on, check the address.",
            )
    assert failure is not None
    raise failure


def _connect(address: IPAddress, port: int, until: float, exchange: Exchange) -> socket.socket:
    """Raises OSError, TimeoutError where it took until then, and FetchError where all fetches ended meanwhile."""
    sock = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        with suppress(BlockingIOError):
            sock.connect((str(address), port))
        waiting = _Wait(sock)
        while not waiting.to_write(_piece(until - time.monotonic(), exchange)):
            if time.monotonic() >= until:
                raise TimeoutError
        if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(code, os.strerror(code))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, FetchError):
        sock.close()
        raise
    return sock


def _piece(left_s: float, exchange: Exchange) -> float:
    """Of what is left so much as may be waited in one go, never below zero. Raises FetchError where nothing is left."""
    return max(0.0, min(left_s, exchange.remaining_s(), _LOOK_UP_S))


def _until(moment: float) -> float:
    remaining = moment - time.monotonic()
    if remaining <= 0:
        raise _connect_too_slow()
    return remaining


def _connect_too_slow() -> FetchError:
    return FetchError(
        "timeout",
        "The server did not take the connection in time. It will be asked again later; "
        "if this goes on, check the address.",
    )


def _no_such_name(host: str) -> FetchError:
    return FetchError(
        "name_not_found", f"No server is known under the name {host}. Check the address for a typing error."
    )


def _tls_failed(exc: Exception) -> FetchError:
    if isinstance(exc, ssl.SSLCertVerificationError):
        why = f"its certificate is not trusted ({exc.verify_message})"
    else:
        why = "no secure connection could be agreed on"
    return FetchError("tls_failed", f"The server cannot prove who it is: {why}. Tell the publisher.")

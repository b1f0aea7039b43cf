"""The network under the fetcher: connects to checked addresses alone, and ends it all when time is up.

HTTP itself is httpcore2's; which URL is asked, and what an answer means, is fetch.py's.
"""

import select
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass, field
from ipaddress import ip_address
from threading import Thread
from typing import Any, TypeVar

import httpcore2

from scrapers.addresses import AddressRule, IPAddress, literal
from scrapers.errors import FetchError

T = TypeVar("T")
Resolver = Callable[[str, int], Sequence[str]]
_READ_BYTES = 65_536
_MOST_TRIED = 8
"""Of a name's addresses, so that each is given a fair share of the time to connect."""


def resolve(host: str, port: int) -> list[str]:
    """Every address of a host name, in the order to try them. Raises OSError where there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass
class Exchange:
    """What one fetch, with all its redirects, may still cost. Moments are seconds of the monotonic clock."""

    deadline_s: float
    connect_timeout_s: float
    max_wire_bytes: int
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
        remaining = self.deadline_s - self.elapsed_s
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


# httpcore2 hands time-outs down once per phase, so a deadline over it all reaches each read by another way.
# An exchange stays in the thread that began it.
CURRENT: ContextVar[Exchange] = ContextVar("CURRENT")


class CheckedBackend(httpcore2.NetworkBackend):
    """Looks a name up once, requires every answer to be allowed, and connects to exactly those addresses."""

    def __init__(self, rule: AddressRule, resolver: Resolver) -> None:
        self._rule = rule
        self._resolver = resolver

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        exchange = CURRENT.get()
        exchange.connections += 1
        connect_by = time.monotonic() + min(exchange.connect_timeout_s, exchange.remaining_s())
        addresses = self._addresses(host, port, connect_by)
        for address in addresses:
            self._rule.check(address, port)
        return _Stream(_connect_to_any(addresses, port, connect_by), connect_by)

    def _addresses(self, host: str, port: int, connect_by: float) -> list[IPAddress]:
        written_out = literal(host)
        if written_out is not None:
            return [written_out]
        future: Future[Sequence[str]] = Future()
        # A look-up has no time-out of its own, and a daemon thread is not waited for when the program ends.
        Thread(target=_look_up, args=(self._resolver, host, port, future), daemon=True).start()
        try:
            answers = future.result(timeout=max(0.0, connect_by - time.monotonic()))
            found = [ip_address(answer) for answer in dict.fromkeys(answers)]
        except TimeoutError:
            raise _connect_too_slow() from None
        except (OSError, ValueError) as exc:
            raise _no_such_name(host) from exc
        if not found:
            raise _no_such_name(host)
        return found


class _Stream(httpcore2.NetworkStream):
    """A socket whose every wait ends with the exchange; the time-outs it is handed are not needed."""

    def __init__(self, sock: socket.socket, connect_by: float) -> None:
        self._sock = sock
        self._connect_by = connect_by
        self._connecting = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return CURRENT.get().hear(self.receive(max_bytes))

    def receive(self, max_bytes: int) -> bytes:
        self._sock.settimeout(self._patience_s())
        try:
            data = self._sock.recv(max_bytes)
        except TimeoutError:
            raise self._too_slow() from None
        except OSError as exc:
            raise cut_off() from exc
        CURRENT.get().count(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        unsent = memoryview(buffer)
        while unsent:
            self._sock.settimeout(self._patience_s())
            try:
                unsent = unsent[self._sock.send(unsent) :]
            except TimeoutError:
                raise self._too_slow() from None
            except OSError as exc:
                # httpcore2 still reads what the server said before it hung up.
                raise httpcore2.WriteError(exc) from exc

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        self._connecting = True  # until both sides know each other
        try:
            return _SecureStream(self, ssl_context, server_hostname)
        except (OSError, ValueError, httpcore2.WriteError) as exc:
            self.close()
            raise _tls_failed(exc) from exc
        except FetchError:
            self.close()
            raise
        finally:
            self._connecting = False

    def get_extra_info(self, info: str) -> Any:
        # An idle connection with something to read is one that the server closed.
        return _is_readable(self._sock) if info == "is_readable" else None

    def _patience_s(self) -> float:
        return _until(self._connect_by) if self._connecting else CURRENT.get().remaining_s()

    def _too_slow(self) -> FetchError:
        return _connect_too_slow() if self._connecting else CURRENT.get().too_slow()


class _SecureStream(httpcore2.NetworkStream):
    """TLS over a stream, fed by hand: each of its bytes is counted and each wait for one ends in time."""

    def __init__(self, plain: _Stream, context: ssl.SSLContext, host: str | None) -> None:
        self._plain = plain
        self._received, self._unsent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._unsent, server_hostname=host)
        self._step(self._tls.do_handshake)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        try:
            return CURRENT.get().hear(self._step(lambda: self._tls.read(max_bytes)))
        except ssl.SSLEOFError:
            return b""  # many servers end without a farewell, and HTTP knows when it was too early
        except ssl.SSLError as exc:
            raise cut_off() from exc

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        try:
            if buffer:
                self._step(lambda: self._tls.write(buffer))
        except ssl.SSLError as exc:
            raise httpcore2.WriteError(exc) from exc

    def close(self) -> None:
        self._plain.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._tls
        if info == "is_readable" and self._received.pending:
            return True
        return self._plain.get_extra_info(info)

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
            if data := self._plain.receive(_READ_BYTES):
                self._received.write(data)
            else:
                self._received.write_eof()


def _look_up(resolver: Resolver, host: str, port: int, future: Future[Sequence[str]]) -> None:
    try:
        future.set_result(resolver(host, port))
    except BaseException as exc:  # carried over to the thread that waits
        future.set_exception(exc)


def _connect_to_any(addresses: Sequence[IPAddress], port: int, connect_by: float) -> socket.socket:
    failure: FetchError | None = None
    tried = addresses[:_MOST_TRIED]
    for nth, address in enumerate(tried):
        # An address that stays silent leaves time for the next.
        share_s = _until(connect_by) / (len(tried) - nth)
        try:
            return _connect(address, port, share_s)
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


def _connect(address: IPAddress, port: int, timeout_s: float) -> socket.socket:
    sock = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout_s)
        sock.connect((str(address), port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        sock.close()
        raise
    return sock


def _until(moment: float) -> float:
    remaining = moment - time.monotonic()
    if remaining <= 0:
        raise _connect_too_slow()
    return remaining


def _is_readable(sock: socket.socket) -> bool:
    if sock.fileno() < 0:
        return True
    if not hasattr(select, "poll"):
        return bool(select.select([sock], [], [], 0)[0])
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return bool(poller.poll(0))


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

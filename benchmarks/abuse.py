"""What hostile clients cost a served site: memory, and how long others wait meanwhile. `python -m benchmarks.abuse`"""

import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.serving import Site, a_site

HEAD = b"POST /api/v1/requests HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
FOR_S = 4.0


def connected(site: Site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), timeout=10)


def say(site: Site, *parts: bytes) -> str:
    """The first line of the reply, or how the connection ended."""
    try:
        with connected(site) as connection:
            for part in parts:
                with suppress(ConnectionError):
                    connection.sendall(part)
            return connection.recv(100).split(b"\r\n")[0].decode() or "hung up"
    except OSError as error:
        return type(error).__name__


def big_body(site: Site) -> str:
    return say(site, HEAD + b"Content-Length: 314572800\r\n\r\n", *([b"x" * 1_000_000] * 300))


def big_chunked_body(site: Site) -> str:
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    return say(site, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *([chunk] * 300))


def deep_json(site: Site) -> str:
    body = b'{"name":' + b"[" * 900_000
    return say(site, HEAD + b"Content-Length: %d\r\n\r\n" % len(body), body)


def many_headers(site: Site) -> str:
    return say(site, HEAD + b"".join(b"x-%d: y\r\n" % n for n in range(10_000)) + b"\r\n")


@contextmanager
def opened(site: Site, count: int, first: bytes) -> Iterator[list[socket.socket]]:
    slow = []
    for _ in range(count):
        with suppress(OSError):
            slow.append(connected(site))
            slow[-1].sendall(first)
    try:
        yield slow
    finally:
        for each in slow:
            each.close()


def slow_heads(site: Site) -> str:
    return keep_open(site, 900, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")


def slow_bodies(site: Site) -> str:
    return keep_open(site, 900, HEAD + b"Content-Length: 900000\r\n\r\n" + b"x" * 60_000)


def slow_readers(site: Site) -> str:
    """Each asks for three megabytes and takes none of them."""
    style = site.ask("GET", "/")[2].partition('rel="stylesheet" href="')[2].partition('"')[0]
    length = len(site.ask("GET", style)[2])
    again = f"GET {style} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * (3_000_000 // length)
    return keep_open(site, 100, again.encode())


def keep_open(site: Site, count: int, first: bytes) -> str:
    with opened(site, count, first) as slow:
        time.sleep(FOR_S)
        left = 0
        for each in slow:
            each.setblocking(False)
            try:
                left += each.recv(1) != b""
            except BlockingIOError:
                left += 1
            except OSError:
                pass
        return f"{left} of {count} open or answered after {FOR_S:.0f} s"


ABUSES: tuple[Callable[[Site], str], ...] = (
    big_body,
    big_chunked_body,
    deep_json,
    many_headers,
    slow_heads,
    slow_bodies,
    slow_readers,
)


def ask_meanwhile(site: Site, over: threading.Event, took: list[float]) -> None:
    """Another visitor, who asks five times a second."""
    while not over.wait(0.2):
        began = time.monotonic()
        status = site.ask("GET", "/check?q=quillmark", timeout=30)[0]
        took.append(time.monotonic() - began if status == 200 else 30.0)


def main() -> None:
    print(f"{'':18} {'reply':44} {'memory':>10} {'others: median':>15} {'longest':>9}")
    with tempfile.TemporaryDirectory() as folder, a_site(Path(folder) / "site") as site:
        site.start("--no-scheduler")
        for _ in range(30):
            site.ask("GET", "/check?q=quillmark")
        for abuse in ABUSES:
            before, over, took = site.memory(), threading.Event(), [0.0]
            other = threading.Thread(target=ask_meanwhile, args=(site, over, took))
            other.start()
            reply = abuse(site)
            grown = site.memory() - before
            over.set()
            other.join()
            cost = f"{grown / 1e6:+8.1f} MB {statistics.median(took):13.3f} s {max(took):7.3f} s"
            print(f"{abuse.__name__:18} {reply:44} {cost}", flush=True)
            time.sleep(0.5)
    sys.stdout.flush()


if __name__ == "__main__":
    main()

"""The server under clients that keep it waiting; over real connections on loopback."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from registry.web import security
from registry.web import server as web_server
from registry.web.security import BodyDeadline

HALF = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def port(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Of the site behind its real server, with deadlines of half a second."""
    monkeypatch.setattr(web_server, "HEADERS_DEADLINE_S", 0.5)
    config = uvicorn.Config(
        BodyDeadline(app, seconds=0.5),
        port=0,
        http=web_server.PromptHttp,
        log_config=None,
        timeout_keep_alive=30,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def reply_of(port: int, first: bytes, then: bytes = b"") -> bytes:
    """All bytes until the server hangs up; fails where it has not after ten seconds."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(first)
        if then:
            threading.Event().wait(0.1)
            connection.sendall(then)
        received = b""
        while chunk := connection.recv(4096):
            received += chunk
        return received


def test_a_request_whose_headers_never_end_is_hung_up_on(port: int) -> None:
    assert reply_of(port, HALF, b"X-Slow: yes\r\n") == b""


def test_a_connection_that_asks_nothing_is_hung_up_on(port: int) -> None:
    assert reply_of(port, b"") == b""


def test_a_second_request_on_a_connection_has_the_same_deadline(port: int) -> None:
    received = reply_of(port, HALF + b"\r\n", HALF)
    assert received.count(b"HTTP/1.1 200") == 1


def test_a_body_that_never_ends_is_refused(port: int) -> None:
    head = b"POST /theme HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1000\r\n"
    received = reply_of(port, head + b"Content-Type: application/x-www-form-urlencoded\r\n\r\ntheme=")
    assert received.startswith(b"HTTP/1.1 400")


def test_a_head_without_end_is_refused_before_it_fills_the_memory(port: int) -> None:
    received = reply_of(port, HALF, b"X-Long: " + b"x" * web_server.MOST_HEADER_BYTES)
    assert received.startswith(b"HTTP/1.1 400")


def test_a_head_of_many_short_lines_is_refused_too(port: int) -> None:
    received = reply_of(port, HALF, b"a:b\r\n" * 10_000 + b"\r\n")
    assert received.startswith(b"HTTP/1.1 400")


def test_of_too_many_that_wait_the_one_that_waits_longest_is_hung_up_on(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "HEADERS_DEADLINE_S", 30)
    monkeypatch.setattr(web_server, "MOST_WAITING", 5)
    monkeypatch.setattr(web_server, "PATIENCE_S", 0)
    slow = []
    for _ in range(8):
        slow.append(socket.create_connection(("127.0.0.1", port), timeout=10))
        slow[-1].sendall(HALF)
        assert reply_of(port, HALF + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200")
    for early in slow[:3]:
        assert early.recv(100) == b""
    for late in slow[-3:]:
        late.sendall(b"Connection: close\r\n\r\n")
        assert late.recv(100).startswith(b"HTTP/1.1 200")
    for each in slow:
        each.close()


def test_who_never_takes_the_reply_is_hung_up_on(
    app: FastAPI, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "REPLY_DEADLINE_S", 0.3)
    app.add_api_route("/long", lambda: PlainTextResponse("x" * 20_000_000))
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", port))
        connection.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
        threading.Event().wait(1.0)
        taken = 0
        with suppress(ConnectionError):
            while chunk := connection.recv(1 << 20):
                taken += len(chunk)
    assert taken < 20_000_000


def test_bodies_that_are_too_much_together_are_refused_and_others_go_on(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security, "MOST_BODY_BYTES_AT_ONCE", 150_000)
    head = b"POST /theme HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 200000\r\n"
    head += b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as first:
        first.sendall(head + b"x" * 100_000)
        received = reply_of(port, head, b"x" * 100_000)
        assert received.startswith(b"HTTP/1.1 429"), received[:200]
        assert b"retry-after: 10" in received
    assert reply_of(port, HALF + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_more_bodies_than_may_come_in_at_once_are_refused_at_their_head(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "MOST_BODIES", 1)
    head = b"POST /theme HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 10\r\n"
    head += b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as first:
        first.sendall(head)
        threading.Event().wait(0.2)
        received = reply_of(port, head)
        assert received.startswith(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 10\r\nX-Request-Id: ")
        first.sendall(b"theme=dark")
        assert first.recv(100).startswith(b"HTTP/1.1 303")
    assert reply_of(port, head, b"theme=dark").startswith(b"HTTP/1.1 303")


def test_json_without_end_inwards_is_refused(port: int) -> None:
    body = b'{"name": ' + b"[" * 500_000
    head = b"POST /api/v1/requests HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n"
    received = reply_of(port, head % len(body) + b"Content-Type: application/json\r\n\r\n", body)
    assert received.partition(b" ")[2][:1] == b"4", received[:200]
    assert b"Traceback" not in received


def test_a_long_body_is_no_long_head(port: int) -> None:
    body = b"theme=" + b"x" * 200_000
    head = b"POST /theme HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n" % len(
        body
    )
    received = reply_of(port, head + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n", body)
    assert not received.startswith(b"HTTP/1.1 400 "), received[:200]


@pytest.mark.parametrize(
    "odd",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n X-Folded: x\r\nX: \x00\r\n\r\n",
        b"NONSENSE\r\n\r\n",
    ],
)
def test_what_two_servers_may_read_differently_is_refused(port: int, odd: bytes) -> None:
    received = reply_of(port, odd)
    assert received.startswith(b"HTTP/1.1 400")
    assert b"\r\nX-Request-Id: " in received

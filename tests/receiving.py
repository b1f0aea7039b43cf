"""Those to whom the registry sends: a real mail server and a real webhook's receiver, both on loopback."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

# What the server tells of each connection may come when a test has closed the place for it.
logging.getLogger("mail.log").propagate = False


@dataclass
class MailServer:
    """What it says of a recipient, else it takes all; what it took."""

    port: int
    answers: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    connections: int = 0

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        message: Any = message_from_bytes(envelope.content, policy=default)
        self.raw.append(envelope.content)
        self.taken.append((envelope.rcpt_tos[0], message))
        return "250 taken"


def a_free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


@contextmanager
def mail_server(**options: Any) -> Iterator[MailServer]:
    server = MailServer(a_free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


NOT_A_WORD, ALL_BUT_THE_END = 0, 5
"""How much a mail server said before it fell silent: nothing, or all but what became of the message."""
TALK = ("220 here", "250 hello", "250 from", "250 to", "354 go on")


@contextmanager
def a_silent_mail_server(said: int) -> Iterator[tuple[int, threading.Event]]:
    """Its port, and what is set when somebody has begun to wait for its next word, which never comes."""
    waited_for = threading.Event()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            for nth, words in enumerate(TALK[:said]):
                if nth:
                    self.rfile.readline()
                self.wfile.write(f"{words}\r\n".encode())
            if said == len(TALK):
                while self.rfile.readline().rstrip() != b".":
                    pass
            waited_for.set()
            self.rfile.read()

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True).start()
        yield server.server_address[1], waited_for
        server.shutdown()


@dataclass(frozen=True)
class Posted:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    url: str
    answer: Callable[[Posted], tuple[int, dict[str, str]]]
    posted: list[Posted] = field(default_factory=list)
    connections: int = 0


@contextmanager
def receiver(status: int = 200, **headers: str) -> Iterator[Receiver]:
    """Answers every message alike, unless its `answer` is set to something else."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    made = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook", lambda _: (status, headers))
    server.receiver = made  # type: ignore[attr-defined]
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.server.receiver.connections += 1  # type: ignore[attr-defined]

    def do_POST(self) -> None:
        made: Receiver = self.server.receiver  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        posted = Posted(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        made.posted.append(posted)
        status, headers = made.answer(posted)
        told = b"so be it"
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_args: object) -> None:
        pass

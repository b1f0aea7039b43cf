"""uvicorn's HTTP protocol with deadlines and limits: who asks slowly, or reads slowly, or endlessly, is hung up on."""

import asyncio
import logging
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from registry.web.request_id import new_id

logger = logging.getLogger(__name__)

HEADERS_DEADLINE_S = 20.0
MOST_HEADER_BYTES = 64 * 1024
MOST_HEADERS = 200
MOST_WAITING = 300
"""Connections of this process on which no request is whole; one more, and the one that waits longest is hung up on.

So whoever asks at once is answered, from wherever the many come that do not.
"""
PATIENCE_S = 1.0
"""So long nobody is hung up on for that, as long as there are not MOST_AT_ONCE: what they ask may not be read yet."""
MOST_AT_ONCE = 1000
MOST_BODIES = 80
"""Requests of this process whose bodies are coming in; one more is refused before anything else looks at it."""
REPLY_DEADLINE_S = 60.0
"""In which somebody must take the next some ten kilobytes of a reply."""


class PromptHttp(HttpToolsProtocol):
    """Slow half-requests are otherwise kept open for ever, and heads without end are kept whole.

    Bodies have web/security.py's deadline.
    """

    _waiting: ClassVar[dict["PromptHttp", float]] = {}
    """Since when; in this order."""
    _bringing: ClassVar[set["PromptHttp"]] = set()
    _too_many = False
    _headers_deadline: asyncio.TimerHandle | None = None
    _reply_deadline: asyncio.TimerHandle | None = None
    _awaits_head = True
    _head_bytes = 0
    """Of a head of which some has come."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()
        self._headers_deadline = self.loop.call_later(HEADERS_DEADLINE_S, self._hang_up_unless_asked)

    def data_received(self, data: bytes) -> None:
        if self._headers_deadline is None and (self.cycle is None or self.cycle.response_complete):
            self._headers_deadline = self.loop.call_later(HEADERS_DEADLINE_S, self._hang_up_unless_asked)
        if self._awaits_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > MOST_HEADER_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget_deadline()

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) >= MOST_HEADERS:
            raise ValueError("too many headers")  # answered with 400 by whoever parses
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._awaits_head, self._head_bytes = False, 0
        if any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers):
            if len(self._bringing) >= MOST_BODIES:
                self._too_many = True
                raise ValueError("too many bodies")  # whoever parses has send_400_response answer
            self._bringing.add(self)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._waiting.pop(self, None)
        self._bringing.discard(self)
        self._awaits_head = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        name, status = new_id(), "400 Bad Request"
        if self._too_many:
            status, msg = "429 Too Many Requests\r\nRetry-After: 10", "Too much is being sent here at once."
        logger.info("request refused request=%s reason=%s", name, msg)
        body = f"{msg} When you ask for help, name {name}.\n".encode("ascii")
        head = (
            f"HTTP/1.1 {status}\r\nX-Request-Id: {name}\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
            "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete):
            self._wait()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._reply_deadline is None:
            self._reply_deadline = self.loop.call_later(REPLY_DEADLINE_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._forget_reply_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._waiting.pop(self, None)
        self._bringing.discard(self)
        self._forget_deadline()
        self._forget_reply_deadline()
        super().connection_lost(exc)

    def _wait(self) -> None:
        now = self.loop.time()
        self._waiting[self] = now
        while len(self._waiting) > MOST_WAITING:
            oldest, since = next(iter(self._waiting.items()))
            if now - since < PATIENCE_S and len(self._waiting) <= MOST_AT_ONCE:
                return
            del self._waiting[oldest]
            oldest.transport.close()

    def _hang_up_unless_asked(self) -> None:
        self._headers_deadline = None
        answering = self.cycle is not None and not self.cycle.response_complete
        if not answering and not self.transport.is_closing():
            self.transport.close()

    def _forget_reply_deadline(self) -> None:
        if self._reply_deadline is not None:
            self._reply_deadline.cancel()
            self._reply_deadline = None

    def _forget_deadline(self) -> None:
        if self._headers_deadline is not None:
            self._headers_deadline.cancel()
            self._headers_deadline = None

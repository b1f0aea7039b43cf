"""uvicorn's HTTP protocol with a deadline and a limit: a request whose head does not come whole is hung up on."""

import asyncio
import logging

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from registry.web.request_id import new_id

logger = logging.getLogger(__name__)

HEADERS_DEADLINE_S = 20.0
MOST_HEADER_BYTES = 64 * 1024


class PromptHttp(HttpToolsProtocol):
    """Slow half-requests are otherwise kept open for ever, and heads without end are kept whole.

    Bodies have web/security.py's deadline.
    """

    _headers_deadline: asyncio.TimerHandle | None = None
    _awaits_head = True
    _head_bytes = 0
    """Of a head of which some has come."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
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

    def on_headers_complete(self) -> None:
        self._awaits_head, self._head_bytes = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._awaits_head = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        name = new_id()
        logger.info("request refused request=%s reason=%s", name, msg)
        body = f"{msg} When you ask for help, name {name}.\n".encode("ascii")
        head = (
            f"HTTP/1.1 400 Bad Request\r\nX-Request-Id: {name}\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
            "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

    def _hang_up_unless_asked(self) -> None:
        self._headers_deadline = None
        answering = self.cycle is not None and not self.cycle.response_complete
        if not answering and not self.transport.is_closing():
            self.transport.close()

    def _forget_deadline(self) -> None:
        if self._headers_deadline is not None:
            self._headers_deadline.cancel()
            self._headers_deadline = None

"""uvicorn's HTTP protocol with a deadline: a request whose headers do not come whole in time is hung up on."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_DEADLINE_S = 20.0


class PromptH11(H11Protocol):
    """Slow half-requests are otherwise kept open for ever; bodies have web/security.py's deadline."""

    _headers_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._headers_deadline = self.loop.call_later(HEADERS_DEADLINE_S, self._hang_up_unless_asked)

    def data_received(self, data: bytes) -> None:
        if self._headers_deadline is None and (self.cycle is None or self.cycle.response_complete):
            self._headers_deadline = self.loop.call_later(HEADERS_DEADLINE_S, self._hang_up_unless_asked)
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

    def _hang_up_unless_asked(self) -> None:
        self._headers_deadline = None
        idle = self.cycle is not None and not self.cycle.response_complete
        if not idle and not self.transport.is_closing():
            self.transport.close()

    def _forget_deadline(self) -> None:
        if self._headers_deadline is not None:
            self._headers_deadline.cancel()
            self._headers_deadline = None

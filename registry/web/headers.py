"""The security headers that every reply bears, and the encoding of XML among its types."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """Adds HEADERS to every reply; one that a route set itself stays. All XML that we write is UTF-8."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        added = HEADERS | ({"Strict-Transport-Security": HSTS} if secure else {})
        self.headers = [(name.lower().encode(), value.encode()) for name, value in added.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._with_ours(message["headers"])}
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _with_ours(self, given: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        headers = [
            _with_encoding(value) if name == b"content-type" else (name, value) for name, value in given
        ]
        said = {name for name, _ in headers}
        if b"content-security-policy" in said:  # a route that says itself who may frame it
            said.add(b"x-frame-options")
        return headers + [each for each in self.headers if each[0] not in said]


def _with_encoding(kind: bytes) -> tuple[bytes, bytes]:
    is_xml = kind.endswith((b"/xml", b"+xml"))
    return b"content-type", kind + b"; charset=utf-8" if is_xml else kind  # RFC 7303, 3.2

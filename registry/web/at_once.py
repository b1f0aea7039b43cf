"""A question that was just asked in the same words gets the same reply, before anything else looks at the request."""

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.web.parts import Parts

PATH = "/api/v1/check"
UNUSUAL = (
    b"cookie",
    b"authorization",
    b"if-modified-since",
    b"range",
    b"content-length",
    b"transfer-encoding",
)
"""With one of these the reply may be another one, or more than a reply is due."""
MOST_BYTES = 1_000
"""Of a question as it stands in the address; longer ones are asked seldom, and would fill the memory."""
NOT_WITH_304 = (b"content-type", b"content-length")
OF_ONE = (b"etag", b"content-length")
Reply = tuple[Message, Message, bytes]
"""The two messages as they were sent, and the ETag."""


class AtOnce:
    """Keeps the replies for which a handler set `request.state.keep_under`, the age that Remembered gave it."""

    def __init__(self, app: ASGIApp, *, parts: Parts) -> None:
        self.app, self.following, self.clock = app, parts.following, parts.clock
        self.headers: dict[tuple[bytes, bytes], tuple[bytes, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") != PATH or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        following = self.following
        index = await run_in_threadpool(following.index) if following.asks_far else following.index()
        asked = scope["query_string"]
        if index is None or len(asked) > MOST_BYTES or any(name in headers for name in UNUSUAL):
            await self.app(scope, receive, send)
            return
        key = (headers.get(b"host"), asked)
        kept = following.remembered.find(key, now=self.clock())
        if kept is None:
            await self._ask(key, scope, receive, send)
            return
        start, body, tag = kept
        if headers.get(b"if-none-match") == tag:
            start, body = _not_modified(start), {"type": "http.response.body", "body": b""}
        await send(start)
        await send(body)

    async def _ask(self, key: tuple[bytes | None, bytes], scope: Scope, receive: Receive, send: Send) -> None:
        sent: list[Message] = []

        async def note(message: Message) -> None:
            sent.append(message)
            await send(message)

        await self.app(scope, receive, note)
        age = scope.get("state", {}).get("keep_under")
        if age is not None and len(sent) == 2 and sent[0]["status"] == 200:
            start, body = sent
            tag = dict(start["headers"])[b"etag"]
            # Most headers are those of every reply, and are held once.
            shared = [
                self.headers.setdefault(each, each) for each in start["headers"] if each[0] not in OF_ONE
            ]
            own = [each for each in start["headers"] if each[0] in OF_ONE]
            start = {**start, "headers": [*own, *shared]}
            self.following.remembered.keep(
                key, (start, body, tag), size=len(body["body"]) + len(key[1]), age=age
            )


def _not_modified(start: Message) -> Message:
    headers = [(name, value) for name, value in start["headers"] if name not in NOT_WITH_304]
    return {**start, "status": 304, "headers": headers}

"""A feed that was just asked for is the same for the next who asks, as long as nothing was written and no moment came.

What was written, by this process or another, is heard of by the trail that the index follows, before each reply.
"""

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.web.etag import accepts_gzip, matches
from registry.web.parts import Parts

ENDINGS = (".atom", ".rss", ".json")
UNUSUAL = (b"cookie", b"authorization", b"range", b"content-length", b"transfer-encoding")
"""With one of these the reply may be another one, or more than a reply is due."""
NOT_WITH_304 = (b"content-type", b"content-length", b"content-encoding")
MOST_ADDRESS = 1_000
MOST_BYTES = 16_000_000
Key = tuple[bytes | None, str, bytes, bool]


@dataclass(frozen=True)
class Held:
    start: Message
    body: Message
    tag: str
    age: int
    since: datetime
    until: datetime


def is_feed(path: str) -> bool:
    return path.endswith(ENDINGS) and path.startswith(("/feeds/", "/tools/"))


def keep_until(request: Request, age: int, until: datetime) -> None:
    """Let this reply be given again until then, unless something is written after `age`, which was read first."""
    request.state.feed_holds = (age, until)


class FeedMemory:
    """Outermost: gives what it holds before anything else looks at the request."""

    def __init__(self, app: ASGIApp, *, parts: Parts) -> None:
        self.app, self.following, self.clock = app, parts.following, parts.clock
        self._held: dict[Key, Held] = {}
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not is_feed(scope["path"]):
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        known = headers.get(b"if-none-match", b"").decode("latin-1")
        following = self.following
        index = await run_in_threadpool(following.index) if following.asks_far else following.index()
        unusual = any(name in headers for name in UNUSUAL) or (b"if-modified-since" in headers and not known)
        if index is None or unusual or len(scope["query_string"]) > MOST_ADDRESS:
            await self.app(scope, receive, send)
            return
        zipped = accepts_gzip(headers.get(b"accept-encoding", b"").decode("latin-1"))
        key = (headers.get(b"host"), scope["path"], scope["query_string"], zipped)
        held = self._held.get(key)
        now = self.clock()
        if held is None or held.age != following.remembered.age or not held.since <= now < held.until:
            await self._ask(key, now, scope, receive, send)
            return
        if known and matches(known, held.tag):
            await send(_not_modified(held.start))
            await send({"type": "http.response.body", "body": b""})
            return
        await send(held.start)
        await send(held.body)

    async def _ask(self, key: Key, now: datetime, scope: Scope, receive: Receive, send: Send) -> None:
        sent: list[Message] = []

        async def note(message: Message) -> None:
            sent.append(message)
            await send(message)

        await self.app(scope, receive, note)
        holds = scope.get("state", {}).get("feed_holds")
        if holds is None or len(sent) != 2 or sent[0]["status"] != 200:
            return
        start, body = sent
        tag = dict(start["headers"])[b"etag"].decode("latin-1")
        self._keep(key, Held(start, body, tag, holds[0], now, holds[1]))

    def _keep(self, key: Key, held: Held) -> None:
        self._drop(key)
        while self._held and self._bytes > MOST_BYTES:
            self._drop(next(iter(self._held)))
        self._held[key] = held
        self._bytes += len(held.body["body"])

    def _drop(self, key: Key) -> None:
        dropped = self._held.pop(key, None)
        if dropped is not None:
            self._bytes -= len(dropped.body["body"])


def _not_modified(start: Message) -> Message:
    headers = [(name, value) for name, value in start["headers"] if name not in NOT_WITH_304]
    return {**start, "status": 304, "headers": headers}

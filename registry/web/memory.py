"""What everybody may read, and was just asked for, is given again before anything else looks at the request: the same
bytes under the same headers, as long as nothing was written that it shows and no moment came that changes it.

What was written, by this process or another, is heard of before each reply. A handler says by `keep` that its reply
may be given again, and of what it tells: all tables that it is read from must be on the trail of changes. No reply to
somebody who may be known, by a cookie or a token, is kept or comes from here.
"""

import asyncio
import zlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache

from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.domain.values import dataclass
from registry.services.answers.following import Heard
from registry.services.answers.shown import Shown
from registry.web.etag import accepts_gzip, matches
from registry.web.listening import Listening
from registry.web.parts import Parts
from registry.web.viewer import own_cookie

PLACES = frozenset({"", "check", "feeds", "guidance", "radar", "suggest", "tools", "verdicts"})
"""First parts of the addresses of what is kept, beside OF_THE_API."""
CHECK = "/api/v1/check"
OF_THE_API = frozenset({CHECK, "/api/v1/tools", "/api/v1/verdicts"})
UNUSUAL = frozenset({b"authorization", b"range", b"content-length", b"transfer-encoding"})
"""With one of these the reply may be another one, or more than a reply is due."""
THEMES = ("light", "dark")
OF_A_BODY = (b"content-type", b"content-length", b"content-encoding")
OF_ONE = (b"etag", b"content-length", b"last-modified", b"link")
MOST_ADDRESS = 1_000
MOST_WAITS = 2
"""For others who asked for the same: for the one who was there, and for the first of those who waited for that one."""
MOST_BYTES = 24_000_000
COST = 1_500
"""Bytes that one takes besides its body: messages, headers, its key."""
WORTH_PACKING = 1_000
"""Bytes; of pages a fifth is left."""
Key = tuple[bytes | None, str, bytes, bytes, bool]


@dataclass(frozen=True)
class Holds:
    until: datetime
    """When time alone changes it."""
    shown: Shown
    """What must not be written meanwhile."""


@dataclass(slots=True)
class Held:
    start: Message
    kept: bytes
    packed: bool
    tag: str
    age: int
    """The newest change that was heard of before it was made, or before it was last found to hold."""
    lists: int | None
    """What lists told when it was made (Shelving.lists); None where that is not known, or not to be."""
    holds: Holds
    since: datetime

    @property
    def body(self) -> bytes:
        return zlib.decompress(self.kept) if self.packed else self.kept

    @property
    def size(self) -> int:
        return len(self.kept) + COST


def keep(request: Request, until: datetime, shown: Shown) -> None:
    """Let this reply be given again until then to everybody who is not known, unless something it shows is written."""
    request.state.holds = Holds(until, shown)


class Memory:
    def __init__(self, app: ASGIApp, *, parts: Parts) -> None:
        self.app, self.following, self.shelving = app, parts.following, parts.shelving
        looks = [f"{own_cookie(parts, 'theme')}={each}".encode() for each in THEMES]
        self._of_nobody = frozenset({b"", *looks})
        """Cookies that tell nothing of who asks."""
        self._held: dict[Key, Held] = {}
        self._making: dict[Key, asyncio.Event] = {}
        """What is made anew now; set once it is held."""
        self._headers: dict[tuple[bytes, bytes], tuple[bytes, bytes]] = {}
        self._bytes = 0
        self._listening = Listening(parts.following)
        self._lists: tuple[int, int | None] = (-1, None)
        """The newest change that was heard of, and what lists told then."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        key = self._key(scope, headers)
        heard = await self._listening.hear() if key else None
        if key is None or heard is None or heard.index is None:
            await self.app(scope, receive, send)
            return
        held, known = self._held.get(key), headers.get(b"if-none-match")
        if held is not None and not await self._still_holds(held, heard.at):
            held = await self._made_meanwhile(key, heard.at)
        if held is None:
            scope.setdefault("state", {})["index"] = heard.index
            await self._ask(key, heard, scope, receive, send)
        elif known and matches(known.decode("latin-1"), held.tag):
            await send(_not_modified(held.start))
            await send({"type": "http.response.body", "body": b""})
        else:
            await send(held.start)
            await send({"type": "http.response.body", "body": held.body})

    def _key(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Key | None:
        """None where the reply may be for this asker alone, and where it is never kept."""
        if scope["type"] != "http" or scope["method"] != "GET" or not UNUSUAL.isdisjoint(headers):
            return None
        if len(headers) < len(scope["headers"]):  # of what is given twice, who answers may read the other one
            return None
        if b"if-modified-since" in headers and not headers.get(b"if-none-match"):
            return None
        path, query, cookie = scope["path"], scope["query_string"], headers.get(b"cookie", b"")
        zipped = _accepts_gzip(headers.get(b"accept-encoding", b""))
        key = (headers.get(b"host"), path, query, cookie, zipped)
        if key in self._held:
            return key
        may_be_kept = cookie in self._of_nobody and len(query) <= MOST_ADDRESS and _may_be_kept(path)
        return key if may_be_kept else None

    async def _still_holds(self, held: Held, now: datetime) -> bool:
        shown, written = held.holds.shown, self.following.written
        if not held.since <= now < held.holds.until:
            return False
        newest = written.newest
        if newest == held.age:
            return True
        if written.of(shown) > held.age or (
            shown.listed and (held.lists is None or held.lists != await self._told_by_lists(now))
        ):
            return False
        held.age = newest
        return True

    async def _made_meanwhile(self, key: Key, now: datetime) -> Held | None:
        """What somebody who asked for the same is about to get, where it holds: it is made once for all who wait."""
        for _ in range(MOST_WAITS):
            made = self._making.get(key)
            if made is None:
                return None
            await made.wait()
            held = self._held.get(key)
            if held is not None and await self._still_holds(held, now):
                return held
        return None

    def _let_on(self, key: Key, made: asyncio.Event) -> None:
        made.set()
        if self._making.get(key) is made:
            del self._making[key]

    async def _told_by_lists(self, now: datetime) -> int | None:
        newest, lists = self.following.written.newest, None
        if self._lists[0] != newest:
            with suppress(SQLAlchemyError):  # who asks is told so by the page itself
                lists = await run_in_threadpool(self.shelving.lists, now, newest)
            self._lists = newest, lists
        return self._lists[1]

    async def _ask(self, key: Key, heard: Heard, scope: Scope, receive: Receive, send: Send) -> None:
        asked_before = key in self._held
        made = self._making[key] = asyncio.Event()
        sent: list[Message] = []
        held: Held | None = None

        async def note(message: Message) -> None:
            nonlocal held
            sent.append(message)
            if len(sent) == 2 and not message.get("more_body"):
                held = self._noted(key, heard, scope, *sent)
                self._let_on(key, made)  # before it is sent: who takes it slowly keeps nobody waiting
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            self._let_on(key, made)
        # To look at what all lists tell is worth it for what is asked for again.
        if held is not None and held.holds.shown.listed and asked_before:
            lists = await self._told_by_lists(heard.at)
            # Else something was written meanwhile: it may tell what was before, and the lists what is now.
            if not await self._since(heard.newest):
                held.lists = lists

    def _noted(self, key: Key, heard: Heard, scope: Scope, start: Message, end: Message) -> Held | None:
        """What is held from now on; None where it is not to be."""
        holds: Holds | None = scope.get("state", {}).get("holds")
        named, body = dict(start["headers"]), end.get("body", b"")
        if holds is None or start["status"] != 200 or b"etag" not in named or b"set-cookie" in named:
            return None
        # Most headers are those of every reply, and are held once.
        shared = [
            each if each[0] in OF_ONE else self._headers.setdefault(each, each) for each in start["headers"]
        ]
        tag = named[b"etag"].decode("latin-1")
        packed = len(body) > WORTH_PACKING and b"content-encoding" not in named
        kept = zlib.compress(body, 1) if packed else body
        # As old as what was heard before anything was read.
        held = Held({**start, "headers": shared}, kept, packed, tag, heard.newest, None, holds, heard.at)
        self._keep(key, held)
        return held

    async def _since(self, age: int) -> bool:
        """Whether anything may have been written since."""
        heard = await self._listening.hear()
        return heard.index is None or heard.newest != age

    def _keep(self, key: Key, held: Held) -> None:
        self._drop(key)
        while self._held and self._bytes + held.size > MOST_BYTES:
            self._drop(next(iter(self._held)))
        self._held[key] = held
        self._bytes += held.size

    def _drop(self, key: Key) -> None:
        dropped = self._held.pop(key, None)
        if dropped is not None:
            self._bytes -= dropped.size


_accepts_gzip = lru_cache(256)(lambda header: accepts_gzip(header.decode("latin-1")))


def _may_be_kept(path: str) -> bool:
    place = path[1:].partition("/")[0]
    return place in PLACES or place.partition(".")[0] in PLACES or path in OF_THE_API


def _not_modified(start: Message) -> Message:
    headers = [(name, value) for name, value in start["headers"] if name not in OF_A_BODY]
    return {**start, "status": 304, "headers": headers}

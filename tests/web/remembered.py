"""Watches the memory of pages in any test: after an act all that is still held is what would be made anew, and is
read from nothing that the trail of changes does not tell of.

To look takes longer than the act, and acts are alike: each address is looked at until it has written something twice,
in a process.
"""

import asyncio
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, event, text
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.web import deps
from registry.web.memory import Key, Memory
from registry.web.parts import Parts

OF_ANY = (
    "/",
    "/feeds",
    "/feeds/verdicts.atom",
    "/guidance",
    "/radar",
    "/radar/risk-fit",
    "/tools",
    "/verdicts",
    "/suggest?q=q",
    "/api/v1/tools",
    "/api/v1/verdicts",
)
OF_A_TOOL = (
    "/tools/{slug}",
    "/tools/{slug}/verdicts.json",
    "/check?q={slug}",
    "/api/v1/check?q={slug}",
)
MOST = 6
"""Tools, and verdicts, whose pages are looked at."""
ENOUGH = 2
"""How often an address is looked at that wrote something."""
MOST_LOOKS = 2 * ENOUGH
"""At one address, whatever it wrote."""
READ = re.compile(r'(?:FROM|JOIN) "?(\w+)"?')
FOLLOWED = {
    "sqlite": "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%INSERT INTO tool_change%'",
    "postgresql": "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
    " JOIN pg_proc ON pg_proc.oid = tgfoid WHERE prosrc LIKE '%INSERT INTO tool_change%'",
}
OF_AN_EVENT = {"event", "log_entry", "log_head"}
NO_TABLE = {
    "json_each",
    "tool_change",
    "anon_1",
    "anon_2",
    "sqlite_master",
    "plain",
    "found",
    "one",
    "ranked",
    "named",
}
WROTE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)

answered: ContextVar[Scope] = ContextVar("answered")
"""The request that is being answered."""
looks, fruitful = Counter[str](), Counter[str]()
"""How often each address was looked at in this process, and how often it wrote more than an event."""


class Noting:
    """Notes which request is being answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered.set(scope)
        await self.app(scope, receive, send)


def address_of(caller: str) -> str:
    """That of the act; whoever else writes, as what keeps refusals on record does, is one whatever was asked."""
    scope = answered.get({})
    route = scope.get("route")
    return f"{scope['method']} {route.path}" if route and caller == deps.__name__ else caller


def is_known(address: str) -> bool:
    return fruitful[address] >= ENOUGH or looks[address] >= MOST_LOOKS


def memory_of(app: FastAPI) -> Memory:
    found: Any = app.middleware_stack
    while not isinstance(found, Memory):
        found = found.app
    return found


def followed(engine: Engine) -> set[str]:
    """Tables of which each write is on the trail."""
    with engine.connect() as connection:
        return set(connection.scalars(text(FOLLOWED[engine.dialect.name])))


def pages_of(engine: Engine) -> Sequence[str]:
    """Addresses of what everybody may read and is kept, of each kind some."""
    with engine.connect() as connection:
        slugs = connection.scalars(text(f"SELECT slug FROM tool ORDER BY id DESC LIMIT {MOST}")).all()
        numbers = connection.scalars(text(f"SELECT number FROM verdict ORDER BY id DESC LIMIT {MOST}")).all()
    of_tools = [each.format(slug=slug) for slug in slugs for each in OF_A_TOOL]
    return [*OF_ANY, *of_tools, *(f"/verdicts/{number}" for number in numbers)]


async def given(app: Any, key: Key, site: FastAPI) -> tuple[int, bytes]:
    """What `app` replies to nobody in particular under this key."""
    host, path, query, cookie, zipped = key
    headers = [(b"host", host or b"testserver")]
    headers += [(b"cookie", cookie)] if cookie else []
    headers += [(b"accept-encoding", b"gzip")] if zipped else []
    headers += [(b"sec-purpose", b"prefetch")]  # nobody looked, so nothing is counted
    scope: dict[str, Any] = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query,
        "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("testserver", 80),
        "client": ("testclient", 1), "root_path": "", "state": {}, "extensions": {}, "app": site,
    }  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await asyncio.create_task(app(scope, receive, send))  # what is kept of a request, its id too, stays apart
    return sent[0]["status"], b"".join(each.get("body", b"") for each in sent[1:])


async def warm(app: FastAPI, engine: Engine) -> None:
    for address in await run_in_threadpool(pages_of, engine):
        path, _, query = address.partition("?")
        await given(app, (b"testserver", path, query.encode(), b"", False), app)


async def stale(app: FastAPI, memory: Memory) -> list[str]:
    """Of all that is held and would be given, what is not what would be made anew."""
    now = (await run_in_threadpool(memory.following.heard)).at
    found = []
    for key, held in list(memory._held.items()):
        if await memory._still_holds(held, now):
            status, body = await given(memory.app, key, app)
            if (status, body) != (200, held.body):
                found.append(f"{key[1]}?{key[2].decode()} is remembered as it was")
    return found


@contextmanager
def remembering(app: FastAPI, engine: Engine) -> Iterator[list[str]]:
    """What was told wrongly from memory, or read from tables that nothing is heard of, while the block runs."""
    found: list[str] = []
    memory, writing, heard = memory_of(app), Parts.writing, followed(engine)
    busy = counting = False
    wrote: set[str] = set()

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if match := WROTE.match(statement):
            wrote.add(match[1])
        if busy and not counting and statement.lstrip().upper().startswith(("SELECT", "WITH")):
            found.extend(
                f"a page is read from {each}, of which the trail tells nothing"
                for each in set(READ.findall(statement)) - heard - NO_TABLE
            )

    def watched(parts: Parts, *first: Any) -> AbstractAsyncContextManager[Session]:
        return watching(parts, address_of(sys._getframe(1).f_globals["__name__"]), *first)

    @asynccontextmanager
    async def watching(parts: Parts, address: str, *first: Any) -> AsyncIterator[Session]:
        nonlocal busy, counting
        if not busy and is_known(address):
            async with writing(parts, *first) as session:
                yield session
            return
        if busy or await run_in_threadpool(parts.following.wait) is None:
            counting = True  # what was asked for and is not known
            async with writing(parts, *first) as session:
                yield session
            counting = False
            return
        busy = True
        await warm(app, engine)
        busy = False
        wrote.clear()
        async with writing(parts, *first) as session:
            yield session
        looks[address] += 1
        fruitful[address] += bool(wrote - OF_AN_EVENT)
        busy = True
        found.extend(await stale(app, memory))
        busy = False

    memory.app = Noting(memory.app)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parts, "writing", watched)
        event.listen(engine, "before_cursor_execute", note)
        yield found
        event.remove(engine, "before_cursor_execute", note)

"""Asks the site for its pages within this process, as somebody who is not signed in would."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from starlette.types import Message

from registry.domain.values import dataclass
from registry.settings import Settings


@dataclass(frozen=True)
class Reply:
    status: int
    media_type: str
    body: bytes
    tag: str
    """The opaque part of its ETag; empty where it has none."""


class Driver:
    def __init__(self, app: FastAPI, settings: Settings, portal: BlockingPortal) -> None:
        self._app, self._portal = app, portal
        parts = urlsplit(settings.base_url)
        self._scheme = parts.scheme
        self._host = parts.netloc.encode()

    def get(self, asked: Sequence[tuple[str, str]]) -> list[Reply]:
        """The replies in the order asked: to addresses, each with the tag of what is known of it already, or none."""
        return self._portal.call(self._get_all, asked)

    async def _get_all(self, asked: Sequence[tuple[str, str]]) -> list[Reply]:
        return [await self._get(*each) for each in asked]

    async def _get(self, address: str, known: str) -> Reply:
        path, _, query = address.partition("?")
        headers = [(b"host", self._host), *([(b"if-none-match", f'"{known}"'.encode())] if known else [])]
        asked: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]
        sent: list[Message] = []

        async def receive() -> Message:
            if not asked:
                await anyio.sleep_forever()  # nobody goes away
            return asked.pop()

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http", "http_version": "1.1", "asgi": {"version": "3.0"}, "method": "GET",
            "scheme": self._scheme, "path": unquote(path), "raw_path": path.encode(), "root_path": "",
            "query_string": query.encode(), "headers": headers, "state": {},
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        await self._app(scope, receive, send)
        told = {name: value.decode() for name, value in sent[0]["headers"]}
        media_type, tag = told.get(b"content-type", "").partition(";")[0], told.get(b"etag", "").strip('"')
        body = b"".join(each.get("body", b"") for each in sent[1:])
        return Reply(sent[0]["status"], media_type, body, tag)


@contextmanager
def driving(app: FastAPI, settings: Settings) -> Iterator[Driver]:
    """The site as it runs, from start-up to shutdown, its index ready."""
    with start_blocking_portal() as portal:

        async def started() -> None:
            await anyio.to_thread.run_sync(app.state.parts.following.wait)

        with portal.wrap_async_context_manager(app.router.lifespan_context(app)):
            portal.call(started)
            yield Driver(app, settings, portal)

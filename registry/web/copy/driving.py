"""Asks the site for its pages within this process, as somebody who is not signed in would."""

from collections.abc import Iterator
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


class Driver:
    def __init__(self, app: FastAPI, settings: Settings, portal: BlockingPortal) -> None:
        self._app, self._portal = app, portal
        parts = urlsplit(settings.base_url)
        self._scheme = parts.scheme
        self._host = parts.netloc.encode()

    def get(self, addresses: list[str]) -> list[Reply]:
        """The replies in the order asked."""
        return self._portal.call(self._get_all, addresses)

    async def _get_all(self, addresses: list[str]) -> list[Reply]:
        return [await self._get(each) for each in addresses]

    async def _get(self, address: str) -> Reply:
        path, _, query = address.partition("?")
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
            "query_string": query.encode(), "headers": [(b"host", self._host)], "state": {},
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        await self._app(scope, receive, send)
        headers = dict(sent[0]["headers"])
        media_type = headers.get(b"content-type", b"").decode().partition(";")[0]
        return Reply(sent[0]["status"], media_type, b"".join(each.get("body", b"") for each in sent[1:]))


@contextmanager
def driving(app: FastAPI, settings: Settings) -> Iterator[Driver]:
    """The site as it runs, from start-up to shutdown, its index ready."""
    with start_blocking_portal() as portal:

        async def started() -> None:
            await anyio.to_thread.run_sync(app.state.parts.following.wait)

        with portal.wrap_async_context_manager(app.router.lifespan_context(app)):
            portal.call(started)
            yield Driver(app, settings, portal)

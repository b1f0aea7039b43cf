"""A made-up publisher of many feeds, the same for the same seed, and a server process that hands them out.

    with published(feeds=500, seed=7) as publisher:
        ask(publisher.urls)

The server does next to nothing per request, so that what is measured is who asks.
"""

import asyncio
import multiprocessing
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from multiprocessing.connection import Connection
from typing import cast
from urllib.request import urlopen

HOSTS = 8
"""Loopback addresses in use: as many hosts."""
WORDS = [
    "agent",
    "archive",
    "assistant",
    "audio",
    "batch",
    "board",
    "browser",
    "budget",
    "build",
    "cache",
    "canvas",
    "chart",
    "client",
    "cloud",
    "code",
    "column",
    "data",
    "desk",
    "draft",
    "drive",
    "editor",
    "engine",
    "event",
    "field",
    "file",
    "flow",
    "form",
    "frame",
    "grid",
    "guide",
    "image",
    "index",
    "inbox",
    "ledger",
    "letter",
    "library",
    "line",
    "list",
    "local",
    "loop",
    "map",
    "mark",
    "meeting",
    "memo",
    "mesh",
    "minute",
    "model",
    "note",
    "office",
    "open",
    "page",
    "panel",
    "paper",
    "path",
    "plan",
    "point",
    "post",
    "privacy",
    "query",
    "reader",
    "record",
    "release",
    "report",
    "review",
    "route",
    "safe",
    "scan",
    "schedule",
    "search",
    "secure",
    "server",
    "sheet",
    "shift",
    "signal",
    "simple",
    "space",
    "speech",
    "stack",
    "stream",
    "studio",
    "table",
    "task",
    "team",
    "text",
    "thread",
    "tool",
    "track",
    "translate",
    "vault",
    "version",
    "video",
    "voice",
    "watch",
    "window",
    "writer",
]
NEWEST = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Publisher:
    """Where the feeds are served, and how much they hold."""

    port: int
    feeds: int
    bytes_in_all: int
    entries_in_all: int

    @property
    def urls(self) -> list[str]:
        return [self._url(number, f"{number}.xml") for number in range(self.feeds)]

    def gives_validators(self, wanted: bool) -> None:
        """Whether replies carry an ETag, and a 304 is given to who sends it back."""
        with urlopen(self._url(0, "-/validators" if wanted else "-/bare")) as reply:  # noqa: S310 - our own
            reply.read()

    def _url(self, number: int, path: str) -> str:
        return f"http://127.0.0.{1 + number % HOSTS}:{self.port}/{path}"


@contextmanager
def published(*, feeds: int, seed: int) -> Iterator[Publisher]:
    """Serve `feeds` feeds of 25 to 50 entries on loopback, in a process of its own, until the block ends."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_serve, args=(feeds, seed, theirs), daemon=True)
    process.start()
    theirs.close()  # so that one that dies early is noticed
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def documents(feeds: int, seed: int) -> list[bytes]:
    """RSS and Atom in turn; every fourth feed carries whole articles, the others a paragraph or two."""
    return [_document(number, random.Random(f"{seed}/{number}")) for number in range(feeds)]  # noqa: S311


def _document(number: int, dice: random.Random) -> bytes:
    home = f"https://publisher{number}.example"
    entries = [
        _entry(number, place, home, dice, whole=number % 4 == 3) for place in range(dice.randint(25, 50))
    ]
    if number % 2:
        head = (
            f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Publisher {number}</title><id>{home}/</id>'
            f'<link href="{home}/"/><updated>{NEWEST.isoformat()}</updated>'
        )
        return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{"".join(entries)}</feed>\n'.encode()
    head = f"<title>Publisher {number}</title><link>{home}/</link><description>News &amp; tools</description>"
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>{head}{"".join(entries)}</channel></rss>\n'
    ).encode()


def _entry(number: int, place: int, home: str, dice: random.Random, *, whole: bool) -> str:
    name = "".join(dice.sample(WORDS, 2)).capitalize()
    title = f"{name} - {_words(dice, 6)}"
    link = f"{home}/{name.lower()}-{place}?utm_source=feed"
    at = NEWEST - timedelta(hours=20 * place + number % 19)
    summary = _escaped(_paragraphs(dice, dice.randint(1, 2)))
    article = _escaped(_paragraphs(dice, dice.randint(5, 12))) if whole else ""
    tags = dice.sample(WORDS, 3)
    if number % 2:
        return (
            f'<entry><id>tag:publisher{number}.example,2026:{place}</id><title>{title}</title><link href="{link}"/>'
            f"<published>{at.isoformat()}</published><updated>{at.isoformat()}</updated><author><name>Ada</name></author>"
            + "".join(f'<category term="{tag}"/>' for tag in tags)
            + f'<summary type="html">{summary}</summary>'
            + (f'<content type="html">{article}</content>' if whole else "")
            + "</entry>\n"
        )
    return (
        f'<item><guid isPermaLink="false">{number}-{place}</guid><title>{title}</title><link>{link}</link>'
        f"<pubDate>{format_datetime(at)}</pubDate><dc:creator>Ada</dc:creator>"
        + "".join(f"<category>{tag}</category>" for tag in tags)
        + f"<description>{summary}</description>"
        + (f"<content:encoded>{article}</content:encoded>" if whole else "")
        + "</item>\n"
    )


def _paragraphs(dice: random.Random, count: int) -> str:
    return "".join(
        f"<p>{_words(dice, dice.randint(20, 50))} <a href='/{dice.choice(WORDS)}'>{_words(dice, 3)}</a>, "
        f"<em>{_words(dice, 2)}</em> &amp; <img src='/{place}.png' alt=''/> {_words(dice, 10)}.</p>"
        for place in range(count)
    )


def _words(dice: random.Random, count: int) -> str:
    return " ".join(dice.choices(WORDS, k=count))


def _escaped(markup: str) -> str:
    return markup.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _serve(feeds: int, seed: int, ready: Connection) -> None:
    """In the server's process: replies are made beforehand, whole, and only picked."""
    bodies = documents(feeds, seed)
    entries = sum(body.count(b"</item>") + body.count(b"</entry>") for body in bodies)
    replies = {f"/{number}.xml".encode(): _Replies.of(body) for number, body in enumerate(bodies)}
    asyncio.run(_serve_replies(replies, ready, Publisher(0, feeds, sum(map(len, bodies)), entries)))


@dataclass
class _Replies:
    """Every reply that one path may get."""

    etag: bytes
    whole: bytes
    unchanged: bytes
    bare: bytes

    @classmethod
    def of(cls, body: bytes) -> "_Replies":
        etag = f'"{sha256(body).hexdigest()[:16]}"'.encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n" % len(body)
        return cls(
            etag,
            head + b"ETag: " + etag + b"\r\n\r\n" + body,
            b"HTTP/1.1 304 Not Modified\r\nETag: " + etag + b"\r\n\r\n",
            head + b"\r\n" + body,
        )


class _Server:
    def __init__(self, replies: dict[bytes, _Replies]) -> None:
        self._replies = replies
        self._validators = True

    def reply(self, request: bytes) -> bytes:
        path = request.split(b" ", 2)[1]
        if path.startswith(b"/-/"):
            self._validators = path == b"/-/validators"
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        found = self._replies.get(path)
        if found is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        if not self._validators:
            return found.bare
        return found.unchanged if found.etag in request else found.whole


class _Connection(asyncio.Protocol):
    def __init__(self, server: _Server) -> None:
        self._server = server
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast("asyncio.Transport", transport).write

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while b"\r\n\r\n" in self._unread:
            request, _, self._unread = self._unread.partition(b"\r\n\r\n")
            self._write(self._server.reply(request))


async def _serve_replies(replies: dict[bytes, _Replies], ready: Connection, publisher: Publisher) -> None:
    loop, server = asyncio.get_running_loop(), _Server(replies)
    port = 0
    for host in range(HOSTS):
        listening = await loop.create_server(lambda: _Connection(server), f"127.0.0.{1 + host}", port)
        port = listening.sockets[0].getsockname()[1]
    ready.send(replace(publisher, port=port))
    await asyncio.Event().wait()

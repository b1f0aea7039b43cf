"""What a soak asks, drawn from a seed, and the connections on which it asks.

Reads are pages, suggestions, the API and feeds, by nobody and by staff; writes are requests for tools, scorecards and
decisions, by people who are signed in.
"""

import asyncio
import itertools
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from soak_registry import Soaked

MOST_OPEN = 64
"""Connections to each site; who is due and finds none free waits, and the waiting counts."""
WRITES = {"request": 10, "scorecard": 5, "decision": 2}
"""Weights among the writes; a scorecard is a draft saved and then handed in."""
READS = {
    "answer in JSON": 25,
    "answer": 14,
    "suggestions": 15,
    "tool": 12,
    "list of tools": 6,
    "list of verdicts": 6,
    "verdict": 6,
    "start": 5,
    "feed": 6,
    "feed of a tool": 2,
    "API lists": 2,
    "inbox": 1,
    "evaluations": 1,
}
SIGN = ("Sec-Fetch-Site: same-origin", "Host: 127.0.0.1")


@dataclass
class Asked:
    kind: str
    method: str
    path: str
    expected: int = 200
    cookie: str = ""
    body: bytes = b""
    then: "Asked | None" = None
    """What may be asked once this has been answered."""

    def raw(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", *SIGN, "Accept: */*"]
        if self.cookie:
            lines.append(f"Cookie: registry={self.cookie}")
        if self.method != "GET":
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass
class Load:
    """Draws what is asked next, the same for the same seed."""

    soaked: Soaked
    dice: random.Random
    write_share: float
    number: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    waiting: list[Asked] = field(default_factory=list)

    def next(self) -> Asked:
        if self.dice.random() >= self.write_share:
            return self.read()
        if self.waiting and self.dice.random() < 0.3:
            return self.waiting.pop(0)
        return self.write()

    def read(self) -> Asked:
        kind = self._draw(READS)
        at = min(int(self.dice.expovariate(8) * len(self.soaked.slugs)), len(self.soaked.slugs) - 1)
        slug, name = self.soaked.slugs[at], self.soaked.names[at].replace(" ", "+")
        page = self.dice.randrange(1, 20)
        paths = {
            "answer in JSON": f"/api/v1/check?q={name}",
            "answer": f"/check?q={name}",
            "suggestions": f"/suggest?q={name[: self.dice.randrange(2, len(name))]}",
            "tool": f"/tools/{slug}",
            "list of tools": f"/tools?q=known+{page}" if page % 2 else "/tools",
            "list of verdicts": "/verdicts?outcome=rejected" if page % 2 else "/verdicts",
            "verdict": f"/verdicts/{self.dice.randrange(1, self.soaked.verdicts)}",
            "start": "/",
            "feed": self.dice.choice(["/feeds/verdicts.atom", "/feeds/verdicts.json", "/feeds/verdicts.rss"]),
            "feed of a tool": f"/tools/{slug}/verdicts.atom",
            "API lists": self.dice.choice(["/api/v1/tools", "/api/v1/verdicts"]),
            "inbox": "/inbox",
            "evaluations": "/evaluations",
        }
        staff = kind in ("inbox", "evaluations")
        return Asked(kind, "GET", paths[kind], cookie=self.soaked.reviewer if staff else "")

    def write(self) -> Asked:
        kind = self._draw(WRITES)
        if kind == "scorecard" and self.soaked.to_score:
            case, cookie = self.soaked.to_score.pop()
            address = f"/api/v1/evaluations/{case}/scorecard"
            submit = Asked("scorecard handed in", "POST", f"{address}/submit", cookie=cookie, body=b"{}")
            draft = json.dumps(self.soaked.draft).encode()
            return Asked("scorecard saved", "PUT", address, cookie=cookie, body=draft, then=submit)
        if kind == "decision" and self.soaked.to_decide:
            body = json.dumps({"outcome": "approved", "rationale": "It does what we need."}).encode()
            address = f"/api/v1/evaluations/{self.soaked.to_decide.pop()}/decide"
            return Asked("decision", "POST", address, 201, self.soaked.approver, body)
        number = next(self.number)
        body = json.dumps({"name": f"Wished {number}", "purpose": "To write letters with it."}).encode()
        return Asked("request", "POST", "/api/v1/requests", 201, self.soaked.employee, body)

    def _draw(self, weights: dict[str, int]) -> str:
        return self.dice.choices(list(weights), list(weights.values()))[0]


class Site:
    """Connections to one site that are kept open."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.room = asyncio.Semaphore(MOST_OPEN)

    async def ask(self, asked: Asked) -> int:
        async with self.room:
            if self.free:
                with suppress(OSError, EOFError):  # it may have been closed for having been idle
                    return await self._ask(asked, *self.free.pop())
            return await self._ask(asked, *await asyncio.open_connection("127.0.0.1", self.port))

    async def _ask(self, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        try:
            writer.write(asked.raw())
            status = await asyncio.wait_for(_reply(reader), 60)
        except BaseException:
            writer.close()
            raise
        self.free.append((reader, writer))
        return status


async def _reply(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = int(head.split(" ", 2)[1])
    if "content-length: " in head:
        await reader.readexactly(int(head.split("content-length: ", 1)[1].split("\r", 1)[0]))
    elif "transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return status

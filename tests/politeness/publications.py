"""What invented publishers bring out as time goes by, and the feeds that say so at a given moment."""

import hashlib
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from itertools import count, takewhile
from xml.sax.saxutils import escape

WINDOW = 60
"""Entries that a feed shows."""


@dataclass(frozen=True)
class Publication:
    """Entries about `every` so often, the same for the same name and seed, from 20 gaps before `start` on.

    `edits`: each entry is worded anew six hours after it came. `flaps`: dates move by minutes from hour to hour.
    """

    name: str
    start: datetime
    every: timedelta
    seed: int = 0
    edits: bool = False
    flaps: bool = False
    extra: str = ""
    """Put into the channel, such as a `ttl`."""

    def numbers(self, now: datetime) -> list[int]:
        """Every entry there is by `now`, newest first."""
        there = list(takewhile(lambda number: self.published_at(number) <= now, count()))
        return there[::-1]

    def shown(self, now: datetime) -> list[int]:
        return self.numbers(now)[:WINDOW]

    def published_at(self, number: int) -> datetime:
        moment = self.start + self.every * (number - 20 + _chance(f"{self.seed}/{self.name}/{number}") / 2)
        return moment.replace(microsecond=0)

    def key(self, number: int) -> str:
        return f"{self.name}-{number}"

    def shown_dates(self, now: datetime) -> list[datetime]:
        return [self._shown(number, now) for number in self.shown(now)]

    def body(self, now: datetime) -> bytes:
        items = "".join(self._item(number, now) for number in self.shown(now))
        return (
            "<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>"
            f"<channel><title>{escape(self.name)}</title>{self.extra}{items}</channel></rss>"
        ).encode()

    def changed_at(self, now: datetime) -> datetime:
        """When the feed last became what it is."""
        newest = self.published_at(self.numbers(now)[0])
        if not self.edits:
            return newest
        edits = [self.published_at(number) + timedelta(hours=6) for number in self.shown(now)]
        return max([newest, *(moment for moment in edits if moment <= now)])

    def _shown(self, number: int, now: datetime) -> datetime:
        published = self.published_at(number)
        return published - timedelta(minutes=now.hour % 3) if self.flaps else published

    def _item(self, number: int, now: datetime) -> str:
        key, published = self.key(number), self.published_at(number)
        edited = self.edits and published + timedelta(hours=6) <= now
        return (
            f"<item><guid isPermaLink='false'>{key}</guid>"
            f"<title>Product {key} - {'Does it better' if edited else 'Does it'}</title>"
            f"<link>https://{key}.products.example/</link>"
            f"<pubDate>{format_datetime(self._shown(number, now))}</pubDate></item>"
        )


@cache
def _chance(of: str) -> float:
    return random.Random(of).random()


def tag_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)

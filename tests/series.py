"""Series of documents as one publisher serves them over weeks, with everything that publishers do to entries.

Generated from a seed; the truth stands beside each document, so that a test can judge without reading it again.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from xml.sax.saxutils import escape

from tests.feeds import THEN

EVERY = timedelta(hours=9)
WINDOW = 25
SAYS = ("quieter", "swifter", "kinder", "smaller", "brighter", "calmer", "warmer", "plainer")


class Ids(StrEnum):
    ADDRESS = "address"
    NAME = "name"
    NONE = "none"


@dataclass
class Item:
    number: int
    title: str
    text: str
    id: str
    published: datetime
    edits: list[tuple[str, str, str]] = field(default_factory=list)
    """What it said at each sighting, repetitions aside."""
    link: str = ""
    """At its last sighting."""


@dataclass(frozen=True)
class Document:
    at: datetime
    body: bytes
    served: frozenset[int]
    """Numbers of the items in it; each title holds its own, as `Item7`."""
    revisions: dict[int, int]
    """By number, how often each item has been edited by now."""


def a_series(seed: int, ids: Ids, *, documents: int = 40) -> Iterator[Document]:
    """New items, edits, flapping dates, changing and reused ids, moves to https and to another host, shuffled order,
    items that vanish and come back, and the same item twice in one document."""
    dice = random.Random(f"{seed} {ids}")
    items: list[Item] = []
    base = "http://old.example"
    seen: set[int] = set()
    for step in range(documents):
        at = THEN + EVERY * step
        if step in (documents // 3, documents // 2):
            base = {"http://old.example": "https://old.example"}.get(base, "https://new.example")
        for _ in range(8 if not items else dice.randrange(4)):
            items.append(_an_item(len(items), at, base, ids, items, dice))
        for item in items:
            _trouble(item, dice, ids, base)
        served = [item for item in items[-WINDOW:] if dice.random() > 0.1]
        if dice.random() < 0.2:
            served += [item for item in dice.sample(items, 1) if item not in served and item.id != ""]
        if dice.random() < 0.3:
            served += dice.sample(served, 1)
        if dice.random() < 0.5:
            dice.shuffle(served)
        for item in {each.number: each for each in served}.values():
            _perhaps_another_id(item, dice, ids, base)
            seen.add(item.number)
            item.link = _link(item, base)
            said = (item.title, item.text, item.link)
            if item.edits[-1:] != [said]:
                item.edits.append(said)
        yield Document(
            at,
            _written([_told(item, base, ids, at, dice) for item in served]),
            frozenset(item.number for item in served),
            {number: len(items[number].edits) - 1 for number in seen},
        )


def _an_item(number: int, at: datetime, base: str, ids: Ids, items: list[Item], dice: random.Random) -> Item:
    own = {Ids.ADDRESS: f"{base}/?p={number}", Ids.NAME: f"urn:item:{number}", Ids.NONE: "none"}[ids]
    if ids is Ids.NAME and number > 3 * WINDOW // 2 and dice.random() < 0.2:
        long_gone = items[number - 3 * WINDOW // 2]
        own, long_gone.id = long_gone.id or own, ""  # the id is used again; the old item is served no more
    return Item(number, f"Item{number} is {dice.choice(SAYS)}", "Words.", own, at)


def _trouble(item: Item, dice: random.Random, ids: Ids, base: str) -> None:
    if dice.random() < 0.05 or item.number == 3:  # one of them is edited all the time
        item.title = f"Item{item.number} is {dice.choice(SAYS)} than {dice.randrange(1000)}"
    if dice.random() < 0.05:
        item.text = f"Words, {dice.randrange(1000)} times as many."
    if item.id.startswith(("http", "tag")):
        item.id = base + "/" + item.id.partition("://")[2].partition("/")[2]


def _perhaps_another_id(item: Item, dice: random.Random, ids: Ids, base: str) -> None:
    """While its address stays as it was last seen: who changes id and address at once is another item."""
    if ids is Ids.NONE or item.link != _link(item, base) or dice.random() > 0.03:
        return
    again = f"{item.number}.{dice.randrange(1000)}"
    item.id = f"{base}/?post={again}" if ids is Ids.ADDRESS else f"urn:new:{again}"


def _link(item: Item, base: str) -> str:
    return f"{base}/news/{item.number}"


def _told(item: Item, base: str, ids: Ids, at: datetime, dice: random.Random) -> str:
    link = _link(item, base) + dice.choice(["", "", "?utm_source=feed", "/", "#top"])
    guid = f"<guid isPermaLink='false'>{escape(item.id)}</guid>" if ids is not Ids.NONE else ""
    date = dice.choice(
        [item.published] * 12
        + [item.published + timedelta(days=dice.randrange(-30, 30)), at + timedelta(days=400), None]
        + [datetime(1970, 1, 1, tzinfo=at.tzinfo)]
    )
    dated = f"<pubDate>{date:%a, %d %b %Y %H:%M:%S} +0000</pubDate>" if date else ""
    text = f"{item.text} {dice.randrange(500)} comments, {dice.randrange(2, 59)} minutes ago"
    title, text, link = escape(item.title), escape(text), escape(link)
    return f"<item>{guid}<title>{title}</title><link>{link}</link><description>{text}</description>{dated}</item>"


def _written(rows: list[str]) -> bytes:
    return f"<rss version='2.0'><channel><title>Series</title>{''.join(rows)}</channel></rss>".encode()

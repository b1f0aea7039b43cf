"""Who publishes in the simulated month: 27 feeds on as many hosts, each with a temper and a plot."""

import base64
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.politeness.careful_publisher import CarefulPublisher
from tests.politeness.judge import DAY, HOUR
from tests.politeness.publications import Publication
from tests.politeness.tempers import (
    Between,
    Feed,
    Liar,
    Temper,
    empty_at_first,
    for_members,
    gone,
    overloaded,
    redirect,
    too_many,
    web_page,
    with_cookies,
)

HOSTS = "publisher.example"
WEEKLY = "<sy:updatePeriod>weekly</sy:updatePeriod>"
USER = "reader:secret"


@dataclass
class Cast:
    """`addresses` are told to the reader, each with the publication behind it; `users` are put before the host."""

    addresses: dict[str, Publication] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    outage: tuple[datetime, datetime] | None = None

    @property
    def secret_hosts(self) -> list[str]:
        return [address.partition("/")[0] for address in self.users]


@dataclass
class Stage:
    """Puts up a cast; `at(0.5)` is the middle of the plot."""

    publisher: CarefulPublisher
    start: datetime
    days: float
    seed: int
    hosts: Collection[str]
    cast: Cast = field(default_factory=Cast)

    def at(self, share: float) -> datetime:
        return self.start + timedelta(days=self.days * share)

    def brings_out(self, name: str, every: timedelta, **more: object) -> Publication:
        return Publication(name, self.start, every, self.seed, **more)  # type: ignore[arg-type]

    def tells(self, host: str, temper: Temper, publication: Publication, path: str = "feed") -> str:
        address = f"{host}.{HOSTS}/{path}"
        self.publisher.plays(address, temper)
        if not self.hosts or host in self.hosts:
            self.cast.addresses[address] = publication
        return address

    def has(self, host: str, every: timedelta, path: str = "feed", **gives: object) -> str:
        """One honest feed."""
        publication = self.brings_out(f"{host}-{path}".partition("?")[0], every)
        return self.tells(host, Feed(publication, **gives), publication, path)  # type: ignore[arg-type]


def put_up(
    publisher: CarefulPublisher, start: datetime, *, days: float, seed: int, hosts: Collection[str] = ()
) -> Cast:
    """Every temper, its turns spread over so many days; with `hosts` the reader is told of these alone."""
    stage = Stage(publisher, start, days, seed, hosts)
    _honest(stage)
    _demanding(stage)
    _moving(stage)
    _failing(stage)
    stage.cast.outage = (stage.at(0.66), stage.at(0.66) + min(DAY, timedelta(days=days / 4)))
    publisher.falls_silent("", stage.cast.outage)
    return stage.cast


def _honest(stage: Stage) -> None:
    stage.has("both", 8 * HOUR)
    stage.has("weak", 12 * HOUR, gives=("weak",))
    stage.has("dated", 9 * HOUR, gives=("date",))
    stage.has("one-of-two", 10 * HOUR, gives=("one", "date"))
    stage.has("bare", 6 * HOUR, gives=())
    stage.has("busy-pen", 1.5 * HOUR, gives=("tag",))
    for number in range(5):
        stage.has("five", (7 + number) * HOUR, path=f"{number}.xml")
    edited = stage.brings_out("edited", 11 * HOUR, edits=True, flaps=True)
    stage.tells("edits", Feed(edited, gives=("tag",)), edited)
    liar = stage.brings_out("liar", DAY)
    stage.tells("liar", Liar(liar), liar)


def _demanding(stage: Stage) -> None:
    stage.has("max-age", 3 * HOUR, headers={"Cache-Control": "public, max-age=86400"}, asks=DAY)
    weekly = stage.brings_out("weekly", DAY, extra=WEEKLY)
    stage.tells("weekly", Feed(weekly, asks=timedelta(days=7)), weekly)
    query = stage.brings_out("query", 10 * HOUR)
    stage.tells("query", with_cookies(Feed(query)), query, "feed?format=rss&page=1")
    members = stage.brings_out("members", 10 * HOUR)
    basic = "Basic " + base64.b64encode(USER.encode()).decode()
    address = stage.tells(
        "members",
        for_members(redirect(f"elsewhere.{HOSTS}/feed", stage.publisher.port, 302), basic),
        members,
    )
    stage.publisher.plays(f"elsewhere.{HOSTS}/feed", Feed(members))
    if address in stage.cast.addresses:
        stage.cast.users[address] = USER


def _moving(stage: Stage) -> None:
    port, publisher = stage.publisher.port, stage.publisher
    moved = stage.brings_out("moved", 9 * HOUR)
    publisher.plays(f"half-way.{HOSTS}/feed", redirect(f"moved-to.{HOSTS}/feed", port, 308))
    publisher.plays(f"moved-to.{HOSTS}/feed", Feed(moved))
    on = redirect(f"half-way.{HOSTS}/feed", port, 301)
    stage.tells("moved", Between(Feed(moved), on, stage.at(0.1)), moved)
    lent = stage.brings_out("lent", 9 * HOUR)
    publisher.plays(f"lent-to.{HOSTS}/feed", Feed(lent))
    stage.tells("lent", redirect(f"lent-to.{HOSTS}/feed", port, 302), lent)
    lost = stage.brings_out("lost", 9 * HOUR)
    publisher.plays(f"lost-to.{HOSTS}/", web_page)
    away = redirect(f"lost-to.{HOSTS}/", port, 301)
    stage.tells("lost", Between(Feed(lost), away, stage.at(0.2), stage.at(0.8)), lost)


def _failing(stage: Stage) -> None:
    wait = timedelta(days=min(2.0, stage.days / 5))
    busy = stage.brings_out("overloaded", 8 * HOUR)
    stage.tells(
        "overloaded", Between(Feed(busy), overloaded(wait), stage.at(0.3), stage.at(0.3) + wait), busy
    )
    stage.has("overloaded", 8 * HOUR, path="other")
    limited = stage.brings_out("limited", 4 * HOUR)
    often = too_many(wait, skew=timedelta(hours=-5))
    stage.tells("limited", Between(Feed(limited), often, stage.at(0.25), stage.at(0.25) + wait), limited)
    stage.has("limited", 5 * HOUR, path="other")
    ends = stage.brings_out("ends", 8 * HOUR)
    stage.tells("ends", Between(Feed(ends), gone, stage.at(0.2)), ends)
    nameless = stage.brings_out("nameless", 12 * HOUR)
    address = stage.tells("nameless", Feed(nameless), nameless)
    stage.publisher.falls_silent(address.partition("/")[0], (stage.at(0.27), stage.at(0.27 + 1 / 3)))
    empty = stage.brings_out("empty", 12 * HOUR)
    stage.tells("empty", empty_at_first(Feed(empty), stage.at(0.1)), empty)

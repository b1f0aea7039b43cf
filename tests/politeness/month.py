"""Runs a registry through simulated days against the careful publisher: from one due time to the next."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import select

from registry import rounds
from registry.domain.proposal import Announcer
from registry.services.people.acting import Actor
from registry.services.sources import sources
from registry.store import sources as stored
from registry.store.engine import snapshot, transaction
from registry.store.tables import Entry, Event, Source
from scrapers.fetch import Fetcher
from scrapers.workers import Workers
from tests.politeness.careful_publisher import CarefulPublisher
from tests.politeness.cast import put_up
from tests.politeness.judge import DAY, Judge

START = datetime(2026, 11, 3, 14, 2, tzinfo=UTC)
TICK = timedelta(seconds=30)
AGENT = "Office registry (+https://registry.office.example; feeds@office.example)"
AGENT_NAMES = ("Office registry", "https://registry.office.example", "feeds@office.example")
ADA = Actor(None, "Ada")


@dataclass
class Outcome:
    """What became of it: per address requests by status and bytes, and whatever was wrong, in sentences."""

    violations: Sequence[str] = ()
    lost: list[str] = field(default_factory=list)
    """Entries that were published and are not stored, or stored twice."""
    events: Counter[str] = field(default_factory=Counter)
    told_in_outage: list[str] = field(default_factory=list)
    """Sources that our own outage was told against."""
    requests: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    wire_bytes: Counter[str] = field(default_factory=Counter)

    def share_of(self, status: int) -> float:
        """How many of all replies had this status, from 0 to 1."""
        counts = sum(self.requests.values(), Counter())
        return counts[status] / counts.total() if counts else 0.0

    @property
    def faults(self) -> list[str]:
        return [*self.violations, *self.lost, *self.told_in_outage]


class Month:
    """A registry and the publisher it reads.

    It is started anew `restarts` times, and its clock is set back two hours after the share `back_at` of all days.
    """

    def __init__(
        self,
        engine: Engine,
        publisher: CarefulPublisher,
        *,
        days: float,
        seed: int = 1,
        hosts: Collection[str] = (),
        restarts: int = 3,
        back_at: float = 0.5,
    ) -> None:
        self.engine, self.publisher, self.days = engine, publisher, days
        publisher.now = START
        self.cast = put_up(publisher, START, days=days, seed=seed, hosts=hosts)
        publisher.judge = Judge(
            list(self.cast.addresses), agent_names=AGENT_NAMES, secrets=self.cast.secret_hosts
        )
        self.end = START + timedelta(days=days)
        self._back_at = START + timedelta(days=days * back_at)
        self._restart_every = timedelta(days=days / (restarts + 1))
        self._ahead = timedelta(0)
        self._ids: dict[str, int] = {}

    def clock(self) -> datetime:
        """What the registry takes for the time."""
        return self.publisher.now + self._ahead

    def run(self) -> Outcome:
        with transaction(self.engine) as session:
            for address in self.cast.addresses:
                url = self.publisher.url(address, user=self.cast.users.get(address, ""))
                added = sources.add_source(
                    session, url=url, by=ADA, now=START, announcer=Announcer.NEWS, name=address
                )
                self._ids[address] = added.id or 0
        outcome = Outcome()
        with Workers(count=2) as workers:
            while self.publisher.now < self.end:
                until = min(self.publisher.now + self._restart_every, self.end)
                with Fetcher(
                    agent=AGENT,
                    allow_cidrs=("127.0.0.0/8",),
                    host_pause_s=0,  # real seconds, while days are simulated
                    resolver=self.publisher.resolve,
                ) as fetcher:
                    while self.publisher.now < until:
                        read = len(list(rounds.refresh_due(self.engine, fetcher, workers, self.clock)))
                        self._go_on(until, next_tick=read > 0)
        self._take_stock(outcome)
        return outcome

    def _go_on(self, until: datetime, *, next_tick: bool) -> None:
        """To the next tick, or, where nothing could be read in this one, to the first at which something may be."""
        ahead = TICK
        if not next_tick:
            with snapshot(self.engine) as session:
                moments = [
                    moment for each in stored.polled(session) for moment in (each.due_at, each.wait_until)
                ]
            to_come = [each for each in moments if each is not None and each > self.clock()]
            ahead += (min(to_come) - self.clock()) // TICK * TICK if to_come else DAY
        before = self.publisher.now
        self.publisher.now = min(before + ahead, until)
        if before < self._back_at <= self.publisher.now:
            self._ahead = timedelta(hours=-2)

    def _told_in_outage(self) -> list[str]:
        if self.cast.outage is None:
            return []
        begin, end = self.cast.outage
        with snapshot(self.engine) as session:
            told = session.exec(
                select(Event).where(
                    Event.action == "source.failed", Event.at >= begin + self._ahead, Event.at < end
                )
            ).all()
            return [f"our own outage was told against source {each.subject_id}" for each in told]

    def _take_stock(self, outcome: Outcome) -> None:
        outcome.told_in_outage = self._told_in_outage()
        self.count(outcome)
        with snapshot(self.engine) as session:
            outcome.events = Counter(session.exec(select(Event.action)).all())
            for address, publication in self.cast.addresses.items():
                source = session.get_one(Source, self._ids[address])
                rows = session.exec(
                    select(Entry.key, Entry.seen_at).where(Entry.source_id == source.id)
                ).all()
                keys = Counter(key for key, _ in rows)
                # By the registry's clock, which may have been set back: then a little too early, never too late.
                seen_until = source.succeeded_at or START
                if "liar" in address:
                    seen_until = max(seen_at for _, seen_at in rows)
                expected = {publication.key(number) for number in publication.numbers(seen_until)}
                outcome.lost += [f"{address}: {key} was missed" for key in sorted(expected - set(keys))]
                outcome.lost += [f"{address}: {key} is stored {n} times" for key, n in keys.items() if n > 1]

    def count(self, outcome: Outcome) -> None:
        """What the publisher heard and what it thinks of it."""
        outcome.violations = [str(each) for each in self.publisher.judge.violations]
        for heard in self.publisher.heard:
            outcome.requests[heard.address][heard.status] += 1
            outcome.wire_bytes[heard.address] += heard.wire_bytes

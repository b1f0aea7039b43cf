"""Sites and workers on one database, started and killed at will: nothing read twice or told twice, and one verdict."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from registry import posting, rounds
from registry.domain.errors import RegistryError
from registry.domain.outcome import Outcome
from registry.domain.proposal import Announcer
from registry.domain.visit import visits
from registry.services.decisions.decision import Decision, decide
from registry.services.notices import hooks
from registry.services.people import sign_in
from registry.services.people.acting import REGISTRY
from registry.settings import Settings
from registry.store import users
from registry.store.columns import id_of
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import (
    Candidate,
    Delivery,
    DeliveryState,
    Entry,
    Event,
    Mention,
    Notice,
    Source,
    Verdict,
)
from tests.builders import TERMS, a_tool, an_evaluation, scored, the_cast
from tests.conftest import NOW
from tests.feeds import a_feed
from tests.reading import LEASE_IS_OVER, InProcess, a_fetcher, started
from tests.receiving import Receiver, a_free_port, receiver
from tests.scrapers.hostile import HostileServer, reply

APPROVERS = ("amir", "ana")
LOST = (signal.SIGKILL,) * 3 + (signal.SIGTERM,)
"""How processes end, one after another in any order."""


def cases(engine: Engine, count: int, now: datetime) -> tuple[list[int], dict[str, int]]:
    """Evaluations that are ready to decide, and who may."""
    with transaction(engine) as session:
        cast = the_cast(session, now)
        found = []
        for number in range(count):
            case = an_evaluation(
                session,
                a_tool(session, f"Tool {number}", now=now),
                owner=cast["rosa"],
                reviewers=(cast["rosa"], cast["ravi"]),
                now=now,
            )
            for who in ("rosa", "ravi"):
                scored(session, case, cast[who], now=now)
            found.append(id_of(case))
        return found, {name: cast[name].person_id or 0 for name in APPROVERS}


def decide_all(url: str, person: int, name: str, every: list[int]) -> None:
    """In a child: tries to decide each of them."""
    engine, by = make_engine(url), None
    with snapshot(engine) as session:
        by = sign_in.as_actor(session, users.get(session, person))
    for case in every:
        with suppress(RegistryError), transaction(engine) as session:
            decide(
                session,
                case,
                Decision(outcome=Outcome.APPROVED, rationale=f"{name}: yes."),
                TERMS,
                by=by,
                now=NOW,
            )


@pytest.mark.both_databases
def test_two_processes_that_decide_the_same_cases_publish_one_verdict_of_each(engine: Engine) -> None:
    every, people = cases(engine, 6, NOW)
    url = engine.url.render_as_string(hide_password=False)
    deciding = [started(decide_all, url, people[name], name, every) for name in APPROVERS]
    for each in deciding:
        each.join(60)
        assert each.exitcode == 0
    check_verdicts(engine, every)


def check_verdicts(engine: Engine, every: list[int]) -> None:
    with snapshot(engine) as session:
        rows = session.exec(select(Verdict).order_by(col(Verdict.number))).all()
        assert [row.number for row in rows] == list(range(1, len(every) + 1))
        assert sorted(row.evaluation_id or 0 for row in rows) == sorted(every)
        published = session.exec(select(Event.subject_id).where(Event.action == "verdict.published")).all()
        assert sorted(published) == sorted(id_of(row) for row in rows)
        notices = Counter(session.exec(select(Notice.verdict_id)).all())
        assert notices == {id_of(row): 1 for row in rows}


@dataclass
class Fleet:
    """Processes of one registry, of which any may die."""

    folder: Path
    environment: dict[str, str]
    ports: list[int] = field(default_factory=list)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: int = 0

    def start(self, name: str, *arguments: str) -> None:
        home = self.folder / name.partition(" ")[0]
        home.mkdir(exist_ok=True)
        command = [str(Path(sys.executable).with_name("registry")), *arguments]
        self.running[name] = subprocess.Popen(
            command,
            env=self.environment | {"REGISTRY_DATA_DIR": str(home)},
            cwd=home,
            stdout=subprocess.DEVNULL,
            stderr=(home / "log").open("ab"),
            start_new_session=True,
        )

    def start_all(self) -> None:
        for number, port in enumerate(self.ports):
            self.start(f"site{number}", "serve", "--port", str(port), "--workers", "2")
        for number in range(2):
            self.start(f"worker{number}", "worker")

    def lose(self, name: str, how: signal.Signals) -> None:
        """Kill it with all its children, or end it in words; then start another in its place."""
        old = self.running[name]
        if how is signal.SIGKILL:
            os.killpg(old.pid, how)
            self.kills += 1
        else:
            old.send_signal(how)
        assert old.wait(60) in (0, -how), (name, how)
        self.start(name, *old.args[1:])  # type: ignore[misc, index]

    def end(self) -> None:
        for each in self.running.values():
            each.terminate()
        for each in self.running.values():
            try:
                each.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(each.pid, signal.SIGKILL)
                raise

    def answers(self, port: int) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return self.ask(port, "GET", "/healthz")[0] == 200
        return False

    def ask(
        self, port: int, method: str, path: str, body: object = None, cookie: str = ""
    ) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Host": "127.0.0.1", "Sec-Fetch-Site": "same-origin", "Cookie": f"registry={cookie}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        got = connection.getresponse()
        return got.status, got.read().decode()


@contextmanager
def a_fleet(folder: Path, url: str) -> Iterator[Fleet]:
    secret = folder / "secret"
    secret.write_text("of the tests, and long enough for them")
    secret.chmod(0o600)
    own = {
        "REGISTRY_DATABASE_URL": url,
        "REGISTRY_SECRET_FILE": str(secret),
        "REGISTRY_BASE_URL": "http://127.0.0.1",
        "REGISTRY_TICK_S": "1",
        "REGISTRY_UNDO_S": "0",
        "REGISTRY_ALLOW_PRIVATE_CIDRS": "127.0.0.0/8",
    }
    fleet = Fleet(folder, dict(os.environ) | own, [a_free_port(), a_free_port()])
    fleet.start_all()
    try:
        yield fleet
    finally:
        fleet.end()


def add_feeds(engine: Engine, server: HostileServer, count: int, *, over: timedelta, now: datetime) -> None:
    """As many feeds with two entries each, which become due one after the other."""
    with transaction(engine) as session:
        for number in range(count):
            rows = (
                (each, f"Thing{number}{each} - New", f"https://t{number}{each}.example/") for each in "ab"
            )
            url = server.plays(f"/feed{number}", reply(a_feed(*rows)))
            due = now + over * number / count
            session.add(
                Source(
                    name=f"Feed {number}",
                    url=url,
                    announcer=Announcer.LAUNCH_FEED,
                    created_at=now,
                    due_at=due,
                )
            )


@pytest.mark.whole
@pytest.mark.parametrize("seed", [1])
def test_started_and_killed_at_random_they_lose_nothing_and_do_nothing_twice(
    postgres: object, tmp_path: Path, seed: int
) -> None:
    dice, now, lasts, feeds, count = random.Random(seed), datetime.now(UTC), timedelta(seconds=15), 40, 12
    with postgres.database() as url, HostileServer() as server, receiver() as hook:  # type: ignore[attr-defined]
        engine = make_engine(url)
        every, people = cases(engine, count, now)
        with a_fleet(tmp_path, url) as fleet:
            secret = (tmp_path / "secret").read_bytes().strip()
            settings = Settings(
                database_url=url,
                base_url="http://127.0.0.1",
                secret_file=tmp_path / "secret",
                allow_private_cidrs=("127.0.0.0/8",),
            )
            with transaction(engine) as session:
                hooks.add(session, url=hook.url, settings=settings, by=REGISTRY, now=now)
                cookies = {
                    name: sign_in.start_session(session, users.get(session, person), secret=secret, now=now)
                    for name, person in people.items()
                }
            while not all(fleet.answers(port) for port in fleet.ports):
                time.sleep(0.2)
            add_feeds(engine, server, feeds, over=lasts, now=datetime.now(UTC))
            told = live_on(fleet, dice, every, cookies, lasts)
        assert told[201] + told[409] > count, told
        finish(engine, settings)
        check_verdicts(engine, every)
        check_sources(engine, server, feeds, fleet.kills)
        check_messages(engine, hook, fleet.kills, count)
        engine.dispose()


def live_on(
    fleet: Fleet, dice: random.Random, every: list[int], cookies: dict[str, str], lasts: timedelta
) -> Counter[int]:
    """One process after another is lost, while two people decide the same cases at the two sites."""
    told: Counter[int] = Counter()
    over = threading.Event()

    def decide_at(case: int, name: str) -> None:
        asked = {"outcome": "approved", "rationale": f"{name}: yes."}
        while True:  # as a person does whose page did not load
            for port in dice.sample(fleet.ports, 2):
                with suppress(OSError, http.client.HTTPException):
                    status, said = fleet.ask(
                        port, "POST", f"/api/v1/evaluations/{case}/decide", asked, cookies[name]
                    )
                    told[status] += 1
                    assert status in (201, 409, 503), (status, said)
                    if status != 503:
                        return
            time.sleep(0.2)

    def lose_some() -> None:
        for how in dice.sample(LOST, len(LOST)):
            time.sleep(dice.uniform(0.5, 2))
            fleet.lose(dice.choice(list(fleet.running)), how)
        over.set()

    with ThreadPoolExecutor(2 * len(cookies) + 1) as pool:
        losing = pool.submit(lose_some)
        for case in every:
            both = [pool.submit(decide_at, case, name) for name in cookies]
            for each in both:
                each.result(120)
            over.wait(lasts.total_seconds() / len(every) / 2)
        losing.result()
    return told


def finish(engine: Engine, settings: Settings) -> None:
    """What the killed ones held is done by another after their leases."""
    later = datetime.now(UTC) + LEASE_IS_OVER
    for _ in rounds.refresh_due(engine, a_fetcher(), InProcess(), lambda: later):
        pass
    with posting.a_postman(engine, settings, lambda: later) as postman:
        postman.tick()


def check_sources(engine: Engine, server: HostileServer, feeds: int, kills: int) -> None:
    with snapshot(engine) as session:
        sources = session.exec(select(Source)).all()
        assert [len(visits(each.strip)) for each in sources] == [1] * feeds
        assert all(each.lease_until is None and each.failures == 0 for each in sources)
        titles = Counter(session.exec(select(Entry.title)).all())
        assert (len(titles), set(titles.values())) == (2 * feeds, {1})
        assert len(session.exec(select(Mention)).all()) == 2 * feeds
        assert len(session.exec(select(Candidate)).all()) == 2 * feeds
    asked = Counter(each.target for each in server.visits)
    assert set(asked) == {f"/feed{number}" for number in range(feeds)}
    assert max(asked.values()) <= 2, "again only after the lease of one that was killed"
    assert sum(times - 1 for times in asked.values()) <= 16 * kills


def check_messages(engine: Engine, hook: Receiver, kills: int, count: int) -> None:
    with snapshot(engine) as session:
        rows = session.exec(select(Delivery)).all()
    assert [row.state for row in rows] == [DeliveryState.SENT] * count
    came = Counter(each.headers["webhook-id"].removeprefix("msg_") for each in hook.posted)
    assert set(came) == {row.uid for row in rows}
    assert came.total() - len(came) <= kills * sum(posting.LANES.values())

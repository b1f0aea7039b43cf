"""A served site is killed at any moment under eight writers: what it acknowledged is there, and the log verifies."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPException
from pathlib import Path
from statistics import median

import pytest
from sqlmodel import select

from registry.services.log import verifying
from registry.store.engine import make_engine, snapshot
from registry.store.tables import Event, Request
from tests.postgres import Postgres
from tests.serving import Site, a_site

WRITERS = 8
ROUNDS = int(os.environ.get("KILL_ROUNDS", "4"))
"""`KILL_ROUNDS=100` by hand, before a release; `-s` shows what each round found."""
MOST_START_S = 6.0
"""Of processor time; in quiet it is two."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.whole)])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        database = {}
        if request.param == "postgresql":
            postgres: Postgres = request.getfixturevalue("postgres")
            database["REGISTRY_DATABASE_URL"] = stack.enter_context(postgres.database())
        yield stack.enter_context(a_site(tmp_path / "site", REGISTRY_TICK_S="1", **database))


def url_of(site: Site) -> str:
    file = Path(site.environment["REGISTRY_DATA_DIR"]) / "registry.sqlite3"
    return site.environment.get("REGISTRY_DATABASE_URL", f"sqlite:///{file}")


def write_until_it_dies(site: Site, token: str, prefix: str, acknowledged: list[int]) -> None:
    nth = 0
    while True:
        nth += 1
        asked = {"name": f"{prefix} {nth}", "purpose": "To see whether it stays."}
        try:
            status, _, body = site.ask("POST", "/api/v1/requests", asked, token=token)
        except (OSError, HTTPException):
            return
        if status == 201:
            acknowledged.append(int(body.partition('"id":')[2].partition(",")[0]))


def check_what_was_acknowledged(site: Site, acknowledged: list[int]) -> None:
    """Each with the event of its act; and nothing by halves beside them."""
    engine = make_engine(url_of(site))
    with snapshot(engine) as session:
        there = set(session.exec(select(Request.id)).all())
        told = set(session.exec(select(Event.subject_id).where(Event.action == "tool.requested")).all())
    report = verifying.verify(engine)
    engine.dispose()
    assert set(acknowledged) <= there
    assert there == told
    assert report.sound, report.faults


def kills(site: Site, rounds: int, *, seed: int) -> None:
    dice = random.Random(seed)
    token = site.a_token("request")
    acknowledged: list[int] = []
    processor_s, clock_s = [], []
    for nth in range(rounds):
        processor_s.append(site.start())
        clock_s.append(site.started_in_s)
        assert processor_s[-1] < MOST_START_S
        writing = [
            threading.Thread(
                target=write_until_it_dies, args=(site, token, f"R{nth} W{writer}", acknowledged)
            )
            for writer in range(WRITERS)
        ]
        for each in writing:
            each.start()
        enough, until = len(acknowledged) + dice.randrange(1, 40), time.monotonic() + 60
        while len(acknowledged) < enough and time.monotonic() < until:
            time.sleep(dice.uniform(0, 0.01))
        site.kill()
        for each in writing:
            each.join()
        check_what_was_acknowledged(site, acknowledged)
        print(
            f"{nth + 1} kills, {len(acknowledged)} acknowledged writes, all there, and the log verifies; "
            f"a start: median {median(clock_s):.1f} s, worst {max(clock_s):.1f} s by the clock, "
            f"{median(processor_s):.1f} and {max(processor_s):.1f} s of processor",
            flush=True,
        )
    assert len(acknowledged) >= rounds


@pytest.mark.whole
def test_killed_under_eight_writers_it_has_what_it_acknowledged(site: Site) -> None:
    kills(site, ROUNDS, seed=7)


def test_told_to_end_it_answers_what_it_was_asked_and_ends(site: Site) -> None:
    """Requests that have begun are finished, and no answer is cut off; nothing is there that nobody was told of."""
    token = site.a_token("request")
    site.start()
    acknowledged: list[int] = []
    cut: list[str] = []

    def write(writer: int) -> None:
        nth = 0
        while True:
            nth += 1
            asked = {"name": f"W{writer} {nth}", "purpose": "To see whether it is answered."}
            try:
                status, _, body = site.ask("POST", "/api/v1/requests", asked, token=token)
            except ConnectionRefusedError:
                return
            except (OSError, HTTPException) as error:
                cut.append(repr(error))
                return
            assert status == 201
            acknowledged.append(int(body.partition('"id":')[2].partition(",")[0]))

    writing = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for each in writing:
        each.start()
    while len(acknowledged) < 20:
        time.sleep(0.01)
    began = time.monotonic()
    assert site.end() in (0, -signal.SIGTERM)
    took_s = time.monotonic() - began
    for each in writing:
        each.join()
    check_what_was_acknowledged(site, acknowledged)
    engine = make_engine(url_of(site))
    with suppress(AssertionError), snapshot(engine) as session:
        unheard = set(session.exec(select(Request.id)).all()) - set(acknowledged)
    engine.dispose()
    assert unheard == set(), f"{len(unheard)} acts were done and their answers lost; {cut}"
    assert took_s < 10

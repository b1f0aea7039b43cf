import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlmodel import select

from registry.domain.evaluation import EvaluationState
from registry.domain.proposal import Announcer
from registry.domain.triage import CandidateStatus, DismissReason
from registry.scheduler import Scheduler
from registry.services.candidates import triage
from registry.services.evaluations import evaluation
from registry.services.notices import hooks
from registry.services.people.acting import Actor
from registry.services.sources import sources
from registry.settings import Settings
from registry.store.engine import snapshot, transaction
from registry.store.tables import Candidate, Entry, Evaluation, Event, Role, Source
from tests.builders import a_person, a_tool, an_evaluation
from tests.feeds import a_feed
from tests.receiving import receiver
from tests.scrapers.hostile import HostileServer, reply

ADA = Actor(None, "Ada")


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(
        data_dir=tmp_path, allow_private_cidrs="127.0.0.0/8", name="Office", contact="it@office.example"
    )


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


def test_a_tick_reads_what_is_due_and_names_the_registry(engine, settings, server, now):
    url = server.plays("/feed", reply(a_feed(("1", "Plumeria - Minutes", "https://plumeria.example/"))))
    with transaction(engine) as session:
        sources.add_source(session, url=url, announcer=Announcer.LAUNCH_FEED, by=ADA, now=now)
    scheduler = Scheduler(engine, settings, clock=lambda: now)
    try:
        scheduler.tick()
    finally:
        scheduler.stop()
    with snapshot(engine) as session:
        assert len(session.exec(select(Entry)).all()) == 1
    assert scheduler.ticked_at == now
    agent = server.visits[0].headers["user-agent"]
    assert "Office" in agent
    assert "it@office.example" in agent


def test_a_tick_numbers_what_came_in_by_what_was_decided(engine, settings, server, now):
    with transaction(engine) as session:
        for number in range(12):
            kind = "agent" if number % 2 else "newsletter"
            decided = triage.propose_by_hand(session, name=f"{kind} Plum{number}", by=ADA, now=now)
            if number % 2:
                triage.accept(session, decided.id, by=ADA, now=now)
            else:
                triage.dismiss(session, decided.id, reason=DismissReason.SPAM, by=ADA, now=now)
        url = server.plays("/feed", reply(a_feed(("1", "Zither - An agent", "https://zither.example/"))))
        sources.add_source(session, url=url, announcer=Announcer.LAUNCH_FEED, by=ADA, now=now)
    scheduler = Scheduler(engine, settings, clock=lambda: now)
    try:
        scheduler.tick()
    finally:
        scheduler.stop()
    with snapshot(engine) as session:
        zither = session.exec(select(Candidate).where(Candidate.name == "Zither")).one()
    assert (zither.relevance or 0) > 50


def test_a_tick_wakes_what_was_watched_until_today_in_the_organisations_zone(engine, settings, now):
    with transaction(engine) as session:
        candidate = triage.propose_by_hand(session, name="Plumeria", by=ADA, now=now)
        triage.watch(session, candidate.id, until=date(2026, 11, 4), by=ADA, now=now)
    late_evening = datetime.fromisoformat("2026-11-03T20:00:00+00:00")
    abroad = settings.model_copy(update={"time_zone": "Asia/Tokyo"})
    for zone, status in ((settings, CandidateStatus.WATCH), (abroad, CandidateStatus.NEW)):
        scheduler = Scheduler(engine, zone, clock=lambda: late_evening)
        scheduler.tick()
        scheduler.stop()
        with snapshot(engine) as session:
            assert session.exec(select(Candidate.status)).one() is status


def test_a_tick_lets_go_on_what_waited_until_today_in_the_organisations_zone(engine, settings, now):
    with transaction(engine) as session:
        rosa = a_person(session, "Rosa", Role.REVIEWER, now=now)
        case = an_evaluation(session, a_tool(session, now=now), owner=rosa, reviewers=(rosa,), now=now)
        until, today = date(2026, 11, 4), date(2026, 11, 3)
        evaluation.wait(session, case.id, until=until, for_whom="The vendor", today=today, by=rosa, now=now)
    late_evening = datetime.fromisoformat("2026-11-03T20:00:00+00:00")
    abroad = settings.model_copy(update={"time_zone": "Asia/Tokyo"})
    for zone, state in ((settings, EvaluationState.WAITING), (abroad, EvaluationState.SCORING)):
        scheduler = Scheduler(engine, zone, clock=lambda: late_evening)
        scheduler.tick()
        scheduler.stop()
        with snapshot(engine) as session:
            assert session.exec(select(Evaluation.state)).one() is state


def test_a_tick_notes_who_fell_silent_and_looks_again_after_five_minutes(engine, settings, now):
    with transaction(engine) as session:
        source = sources.add_source(session, url="https://a.example/", by=ADA, now=now - timedelta(days=40))
        source.fetched_at = source.succeeded_at = now
        source.due_at = now + timedelta(hours=1)
    moment = [now]
    scheduler = Scheduler(engine, settings, clock=lambda: moment[0])
    try:
        scheduler.tick()
        assert noted(engine) == ["source.quiet"]
        with transaction(engine) as session:
            session.exec(select(Source)).one().changed_at = now
        for minutes, events in ((4, ["source.quiet"]), (5, ["source.quiet", "source.woke"])):
            moment[0] = now + timedelta(minutes=minutes)
            scheduler.tick()
            assert noted(engine) == events
    finally:
        scheduler.stop()


def noted(engine) -> list[str]:
    with snapshot(engine) as session:
        acts = session.exec(select(Event.action).order_by(Event.id)).all()
    return [each for each in acts if each in ("source.quiet", "source.woke", "source.broken")]


def test_a_started_scheduler_ticks_at_once_and_stops_when_told(engine, settings, now):
    ticked = threading.Event()

    def clock() -> datetime:
        ticked.set()
        return now

    scheduler = Scheduler(engine, settings, clock=clock)
    scheduler.start()
    assert ticked.wait(10)
    scheduler.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("refresh")]


@pytest.mark.parametrize("hours", [-2, 2])
def test_ticks_go_on_when_the_clock_steps(engine, settings, now, hours):
    ticks = threading.Semaphore(0)

    class Counted(Scheduler):
        def tick(self) -> None:
            ticks.release()

    scheduler = Counted(engine, settings.model_copy(update={"tick_s": 1}), clock=lambda: now)
    scheduler.start()
    assert ticks.acquire(timeout=10)
    stepped = datetime.now(UTC) + timedelta(hours=hours)
    with time_machine.travel(stepped, tick=True):
        gone_on = [ticks.acquire(timeout=10) for _ in range(2)]
    scheduler.stop()
    assert gone_on == [True, True]


def test_a_tick_survives_a_database_that_fails(engine, settings, now):
    def broken() -> datetime:
        return now

    scheduler = Scheduler(engine, settings, clock=broken)
    with transaction(engine) as session:
        session.connection().exec_driver_sql("ALTER TABLE source RENAME TO elsewhere")
    scheduler.tick()
    scheduler.stop()
    assert scheduler.ticked_at is None


def test_the_outbox_is_sent_beside_the_reading_of_sources(engine, settings, now):
    with receiver() as hook:
        with transaction(engine) as session:
            row, _ = hooks.add(session, url=hook.url, settings=settings, by=ADA, now=now)
            hooks.send_test(session, row.id, by=ADA, now=now)
        scheduler = Scheduler(engine, settings, clock=lambda: now)
        try:
            scheduler.post()
        finally:
            scheduler.stop()
        assert len(hook.posted) == 1

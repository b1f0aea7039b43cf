"""Makes the demo: the past of its office by the real services, then its sources added and really scraped, then triage.

Where it is kept is place.py's; what the story is, content.py's.
"""

import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from registry import rounds
from registry.demo import ahead, lately, practice, told
from registry.demo import content as story
from registry.demo.content import Content, TriageRecord
from registry.demo.ground import Ground, lay
from registry.demo.history import History
from registry.demo.place import Note, Place, SignIn
from registry.demo.publisher import SLOW_S, Publisher, SampleSource
from registry.domain.proposal import Announcer
from registry.domain.validity import validity
from registry.jobs import Refreshed, make_fetcher, make_workers
from registry.services.candidates import saved_filters, triage
from registry.services.decisions.decision import Terms
from registry.services.people.acting import REGISTRY
from registry.services.people.sign_in import make_link
from registry.services.rubrics import rubric_files
from registry.services.sources import sources
from registry.services.verdicts import announcing
from registry.settings import Settings
from registry.store import candidates, copying, gauges, schema, tables, verdicts
from registry.store import sources as store
from registry.store.columns import id_of
from registry.store.engine import make_engine, snapshot, transaction
from scrapers.links import identity_key

FEEDS_PORTS = range(8790, 8800)
"""Tried in turn, below the ports that systems hand out by themselves, so that the one taken is free again later."""
LINKS_SERVE = timedelta(days=365)

Tell = Callable[[Refreshed], None]
WANTED = "demand=requested&demand=looked_up&sort=demand"
"""A filter of the inbox that reviewers keep."""


def seed(
    place: Place, base: Settings, *, port: int, now: datetime, tell: Tell, slow_s: float = SLOW_S
) -> Note:
    """Make the demo in its empty folder; `tell` hears of each source as it was read. `now` is UTC-aware."""
    place.begin()
    content = story.load(now)
    settings = place.settings(base, audiences=content.audiences, port=port)
    engine = make_engine(settings.resolved_database_url)
    try:
        schema.upgrade(engine)
        with transaction(engine) as session:
            ground, people = _tell_the_past(session, content, settings, now)
        with open_publisher(now, free_port(), slow_s=slow_s) as publisher:
            with transaction(engine) as session:
                _add_sources(session, publisher.sources, ground, now)
            _scrape(engine, settings, now, tell)
            feeds_port = int(publisher.base_url.rpartition(":")[2])
        with transaction(engine) as session:
            _triage(session, content, ground, settings, now)
            lately.prepare(session, ground, settings, _terms(settings, content), now=now)
            ahead.prepare(session, ground, now=now)
            practice.prepare(session, ground, now=now)
            told.prepare(session, ground, settings, f"http://127.0.0.1:{feeds_port}", now=now)
            announcing.Sweep(settings.zone).write(session, now)
        with snapshot(engine) as session:
            summary = _summary(session, settings, now)
    finally:
        engine.dispose()
    note = Note(now, feeds_port, content.audiences, people, summary)
    place.write(note)
    return note


def free_port() -> int:
    """The first of FEEDS_PORTS that nobody listens on, or 0, which means any."""
    for port in FEEDS_PORTS:
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    return 0


def open_publisher(now: datetime, port: int, *, slow_s: float = SLOW_S) -> Publisher:
    return Publisher(now, port=port, slow_s=slow_s)


def _terms(settings: Settings, content: Content) -> Terms:
    return Terms(
        zone=settings.zone,
        undo_s=settings.undo_s,
        solo=settings.solo,
        data_classes=settings.data_classes,
        account_types=settings.account_types,
        audiences=settings.audiences,
        offices=tuple(each.code for each in content.offices),
    )


def _tell_the_past(
    session: Session, content: Content, settings: Settings, now: datetime
) -> tuple[Ground, tuple[SignIn, ...]]:
    began = min(each.opened_at for each in content.evaluations)
    began = min(began, *(each.decided_at for each in content.verdicts)) - timedelta(days=30)
    rubric_files.take_in(session, None, now=began)
    ground = lay(session, content, now=began)
    History(session, content, ground, _terms(settings, content), settings.secret, now).play()
    people = tuple(
        SignIn(
            each.name,
            each.email,
            each.roles,
            make_link(
                session,
                ground.people[each.key].person_id,
                secret=settings.secret,
                valid_for=LINKS_SERVE,
                reusable=True,
                by=REGISTRY,
                now=now,
            ),
        )
        for each in content.people
    )
    return ground, people


def _add_sources(session: Session, samples: Iterable[SampleSource], ground: Ground, now: datetime) -> None:
    admin = next(each for each in ground.people.values() if tables.Role.ADMIN in each.roles)
    for each in samples:
        sources.add_source(
            session,
            url=each.url,
            name=each.name,
            group=each.group,
            announcer=Announcer(each.announcer),
            by=admin,
            now=now,
        )


def _scrape(engine: Engine, settings: Settings, now: datetime, tell: Tell) -> None:
    began = time.monotonic()

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    with make_fetcher(settings) as fetcher, make_workers(1) as workers:  # one host is read by one at a time
        for refreshed in rounds.refresh_due(engine, fetcher, workers, clock):
            tell(refreshed)


def _triage(session: Session, content: Content, ground: Ground, settings: Settings, now: datetime) -> None:
    """What colleagues ask of candidates, and what triage did with some; nothing is done before it came in."""
    history = History(session, content, ground, _terms(settings, content), settings.secret, now)
    for request in content.requests:
        if not request.tool:
            history.request(request, request.at)
    for each in ground.people.values():
        if tables.Role.REVIEWER in each.roles:
            saved_filters.save(session, name="Wanted by colleagues", query=WANTED, by=each, now=now)
    for act in content.triage:
        candidate = candidates.find_by_identity(session, identity_key(act.url))
        if candidate is not None:
            _treat(session, act, candidate, ground, max(act.at, candidate.seen_at))


def _treat(
    session: Session, told: TriageRecord, candidate: tables.Candidate, ground: Ground, at: datetime
) -> None:
    by, number = ground.people[told.by], id_of(candidate)
    if told.until is not None:
        triage.watch(session, number, until=told.until, by=by, now=at)
    elif told.reason is not None:
        triage.dismiss(session, number, reason=told.reason, note=told.note, by=by, now=at)


def _summary(session: Session, settings: Settings, now: datetime) -> dict[str, Any]:
    """How many of each there are, as plain data."""
    rows = verdicts.published(session, now=now)
    states = Counter(
        validity(each, at=now, zone=settings.zone).state.value for each in verdicts.as_rulings(session, rows)
    )
    counts = copying.counts(session.connection())
    waiting = candidates.counts_by_status(session)
    rounds = gauges.evaluations(session)
    return {
        "sources": counts["source"],
        "broken_sources": sum(bool(each.error) for each in store.standings(session)),
        "entries": counts["entry"],
        "candidates": {status.value: count for status, count in waiting.items() if count},
        "tools": counts["tool"],
        "evaluations": {state.value: count for state, count in rounds.items()},
        "verdicts": dict(Counter(row.outcome.value for row in rows)),
        "validities": dict(states),
    }

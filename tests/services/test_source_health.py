from datetime import datetime, timedelta

import pytest

from registry.domain.proposal import Announcer
from registry.services import intake, sources
from registry.services.acting import Actor
from registry.services.source_health import SourceState, health_of_sources, state_of
from registry.store.sources import usual_gaps
from registry.store.tables import Source
from tests.feeds import some_entries

ADA = Actor(None, "Ada")
THEN = datetime.fromisoformat("2026-11-03T12:00:00+00:00")


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, SourceState.NEW),
        ({"succeeded_at": THEN, "changed_at": THEN}, SourceState.OK),
        ({"succeeded_at": THEN, "changed_at": THEN - timedelta(days=9)}, SourceState.STALE),
        ({"failures": 1, "error": "Nobody answers there."}, SourceState.FAILING),
        ({"failures": 1, "paused_at": THEN}, SourceState.PAUSED),
        ({"paused_at": THEN, "gone_at": THEN}, SourceState.GONE),
    ],
)
def test_a_source_is_in_the_first_state_that_holds(values, state):
    source = Source(
        name="Launches", url="https://feeds.example/", announcer="news", created_at=THEN, **values
    )
    found, reason = state_of(source, timedelta(days=2), THEN)
    assert found is state
    assert reason


@pytest.mark.both_databases
def test_health_shows_visits_and_what_came_of_the_entries(session, now):
    source = sources.add_source(
        session, url="https://feeds.example/", announcer=Announcer.LAUNCH_FEED, by=ADA, now=now
    )
    intake.record_entries(session, source, some_entries(5), first=True, now=now)
    session.flush()
    (health,) = health_of_sources(session, now)
    assert (health.state, health.brought.candidates, health.brought.accepted) == (SourceState.NEW, 5, 0)
    assert usual_gaps(session) == {source.id: timedelta(hours=6)}

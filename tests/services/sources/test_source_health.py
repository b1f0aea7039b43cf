"""When a source counts as failing, broken, gone or quiet, and the events that say so, each once."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.proposal import Announcer
from registry.services.sources.source_health import SourceState, health, notice
from registry.store.tables import Event, Source

HOUR, DAY = 3_600, 86_400


def a_source(now: datetime, **fares) -> Source:
    """Each `..._at` is told in days before now."""
    row = Source(
        name="Launches",
        url="https://a.example/",
        announcer=Announcer.NEWS,
        created_at=now - timedelta(days=200),
    )
    for key, value in fares.items():
        setattr(row, key, now - timedelta(days=value) if key.endswith("_at") else value)
    return row


@pytest.mark.parametrize(
    ("fares", "state"),
    [
        ({}, SourceState.UNREAD),
        ({"succeeded_at": 1, "changed_at": 1}, SourceState.HEALTHY),
        ({"failures": 1, "succeeded_at": 1}, SourceState.FAILING),
        ({"failures": 9, "succeeded_at": 3}, SourceState.BROKEN),
        ({"gone_at": 1}, SourceState.GONE),
        ({"failures": 1, "last_code": "gone"}, SourceState.GONE),
        ({"failures": 2, "last_code": "server_error", "succeeded_at": 1}, SourceState.FAILING),
        ({"gone_at": 1, "paused_at": 1}, SourceState.PAUSED),
    ],
)
def test_the_state_of_a_source_follows_from_its_row(fares, state, now):
    assert health(a_source(now, **fares), now).state is state


def test_our_own_outage_is_told_and_makes_nobody_sick(now):
    fares = health(a_source(now, succeeded_at=1, changed_at=1, last_code="timeout"), now)
    assert (fares.state, "our own network" in fares.sentence) == (SourceState.HEALTHY, True)


@pytest.mark.parametrize(
    ("gap_s", "silent_days", "quiet"),
    [
        (HOUR // 2, 1, False),
        (HOUR // 2, 2, True),
        (8 * HOUR, 6, False),
        (8 * HOUR, 7, True),
        (3 * DAY, 13, False),
        (3 * DAY, 14, True),
        (30 * DAY, 119, False),
        (30 * DAY, 120, True),
        (0, 29, False),
        (0, 30, True),
    ],
)
def test_a_source_is_quiet_after_four_usual_gaps_and_never_over_a_night_or_a_holiday(
    gap_s, silent_days, quiet, now
):
    source = a_source(now, succeeded_at=0, changed_at=silent_days, usual_gap_s=gap_s)
    assert (health(source, now).state is SourceState.QUIET) == quiet


def acts(session: Session) -> list[str]:
    session.flush()
    return list(session.exec(select(Event.action).order_by(Event.id)).all())


@pytest.mark.both_databases
def test_silence_is_noted_once_and_its_end_once(session, now):
    source = a_source(now, succeeded_at=0, changed_at=15, usual_gap_s=DAY)
    session.add(source)
    session.flush()
    assert notice(session, now) == 1
    assert notice(session, now + timedelta(hours=1)) == 0
    assert source.quiet_at == now
    source.changed_at = now + timedelta(hours=2)
    notice(session, now + timedelta(hours=2))
    notice(session, now + timedelta(hours=3))
    assert source.quiet_at is None
    assert acts(session) == ["source.quiet", "source.woke"]


def test_what_fails_for_three_days_or_is_gone_is_noted_once_an_episode(session, now):
    session.add(a_source(now, failures=9, succeeded_at=3))
    gone = a_source(now, gone_at=1, succeeded_at=2)
    gone.url = "https://b.example/"
    session.add(gone)
    session.add(Source(name="New", url="https://c.example/", announcer=Announcer.NEWS, created_at=now))
    notice(session, now)
    notice(session, now)
    assert acts(session) == ["source.broken", "source.broken"]
    gone.gone_at, gone.succeeded_at, gone.changed_at = None, now, now
    notice(session, now)
    assert gone.broken_at is None
    gone.gone_at = now
    notice(session, now)
    assert acts(session) == ["source.broken"] * 3


def test_a_paused_source_is_let_be_and_its_trouble_is_not_told_twice(session, now):
    source = a_source(now, failures=9, succeeded_at=3)
    session.add(source)
    session.flush()
    notice(session, now)
    source.paused_at = now
    notice(session, now)
    source.paused_at = None
    notice(session, now)
    assert acts(session) == ["source.broken"]


def test_what_was_said_to_be_gone_once_calls_for_nobody_before_it_is_said_again(session, now):
    source = a_source(now, failures=1, last_code="gone", succeeded_at=1, changed_at=1)
    session.add(source)
    session.flush()
    assert notice(session, now) == 0
    source.gone_at = now
    assert notice(session, now) == 1

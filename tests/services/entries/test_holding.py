"""A flood of new entries is held back and asked about; a person lets it in, or leaves it as seen."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from registry.domain.errors import NotFound, RuleBroken
from registry.domain.intake_rule import Rule, RuleAct, RuleField
from registry.domain.proposal import Announcer
from registry.services.entries import holding, intake, intake_rules
from registry.services.people.acting import Actor
from registry.store import entries
from registry.store.engine import snapshot, transaction
from registry.store.tables import Candidate, Entry, Event, Mention, Source
from tests.feeds import some_entries

ADA = Actor(None, "Ada")
FLOOD = 60
DAY = timedelta(days=1)


@pytest.fixture
def source(session: Session, now: datetime) -> Source:
    return a_flooded_source(session, now)


def a_flooded_source(session: Session, now: datetime) -> Source:
    source = Source(
        name="Launches", url="https://feeds.example/", announcer=Announcer.LAUNCH_FEED, created_at=now
    )
    session.add(source)
    session.flush()
    intake.record_entries(session, source, some_entries(10), first=True, now=now)
    intake.record_entries(session, source, some_entries(FLOOD, first=100), first=False, now=now)
    session.flush()
    return source


def all_of(session, table):
    session.flush()
    return session.exec(select(table).order_by(table.id)).all()


def told(session, action: str) -> list[Event]:
    return [event for event in all_of(session, Event) if event.action == action]


def test_more_than_fifty_new_keys_that_are_over_four_fifths_of_a_known_source_are_held(session, now):
    source = a_flooded_source(session, now)
    assert sum(row.held for row in all_of(session, Entry)) == FLOOD
    assert len(all_of(session, Candidate)) == 10
    assert [event.after for event in told(session, "source.flooded")] == [{"new": FLOOD, "entries": FLOOD}]
    (asked,) = holding.asked_about(session)
    assert (asked.source.id, asked.held) == (source.id, FLOOD)
    assert asked.sentence == "60 entries are held back because so many came at once."


@pytest.mark.parametrize(("new", "known"), [(50, 0), (60, 15)], ids=["fifty", "four fifths"])
def test_fewer_are_let_in_as_ever(session, now, new, known):
    source = Source(
        name="Launches", url="https://feeds.example/", announcer=Announcer.LAUNCH_FEED, created_at=now
    )
    session.add(source)
    session.flush()
    intake.record_entries(session, source, some_entries(15), first=True, now=now)
    found = some_entries(new, first=100) + some_entries(known)
    assert intake.record_entries(session, source, found, first=False, now=now).candidates == new


def test_what_is_let_in_proposes_as_if_it_had_just_come(session, source, now):
    later = now + timedelta(hours=1)
    found = holding.let_in(session, source.id, by=ADA, now=later)
    assert (found.entries, found.kept_out, found.proposed.candidates) == (FLOOD, 0, FLOOD)
    rows = all_of(session, Candidate)
    assert [row.name for row in rows[10:]] == [f"Product{number}" for number in range(100, 160)]
    assert {row.seen_at for row in rows[10:]} == {later}
    assert len(all_of(session, Mention)) == 70
    assert holding.asked_about(session) == []
    (event,) = told(session, "source.let_in")
    assert (event.actor, event.after) == ("Ada", {"entries": FLOOD, "candidates": FLOOD, "kept_out": 0})


def test_rules_of_intake_hold_for_what_is_let_in(session, source, now):
    rule = Rule(act=RuleAct.BLOCK, field=RuleField.TITLE, pattern="Product100")
    intake_rules.add(session, rule, by=ADA, now=now)
    found = holding.let_in(session, source.id, by=ADA, now=now)
    assert (found.kept_out, found.proposed.candidates) == (1, FLOOD - 1)


def test_what_is_left_stays_seen_for_ever(session, source, now):
    assert holding.leave(session, source.id, by=ADA, now=now) == FLOOD
    rows = all_of(session, Entry)
    assert [row.only_seen for row in rows] == [False] * 10 + [True] * FLOOD
    assert not any(row.held for row in rows)
    again = some_entries(FLOOD, first=100)
    assert intake.record_entries(session, source, again, first=False, now=now).new == 0
    assert len(all_of(session, Candidate)) == 10
    assert [event.after for event in told(session, "source.left")] == [{"entries": FLOOD}]


@pytest.mark.parametrize("act", [holding.let_in, holding.leave])
def test_what_is_decided_cannot_be_decided_again(session, source, now, act: Callable[..., object]):
    act(session, source.id, by=ADA, now=now)
    session.flush()
    for another in (holding.let_in, holding.leave):
        with pytest.raises(RuleBroken):
            another(session, source.id, by=ADA, now=now)
    with pytest.raises(NotFound):
        act(session, 999, by=ADA, now=now)


@pytest.mark.both_databases
def test_of_two_who_decide_at_one_moment_one_counts(engine: Engine, now: datetime):
    with transaction(engine) as session:
        source_id = a_flooded_source(session, now).id
    told_no: list[Exception] = []

    def second() -> None:
        try:
            with transaction(engine) as session:
                holding.leave(session, source_id, by=ADA, now=now)
        except RuleBroken as refused:
            told_no.append(refused)

    thread = Thread(target=second)
    with transaction(engine) as session:
        holding.let_in(session, source_id, by=ADA, now=now)
        session.flush()
        thread.start()
        thread.join(0.3)
    thread.join(20)
    assert len(told_no) == 1
    with snapshot(engine) as session:
        assert len(session.exec(select(Candidate)).all()) == 10 + FLOOD


def test_held_entries_are_shown_a_page_at_a_time(session, source):
    shown, cursor = [], ""
    while True:
        page = entries.page(session, source_id=source.id, held=True, after=cursor, limit=25)
        shown += [row.id for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    assert len(shown) == len(set(shown)) == FLOOD


@pytest.mark.parametrize(
    ("days_away", "gap", "oldest", "held"),
    [
        pytest.param(40, DAY, DAY * 39, 0, id="forty days' news"),
        pytest.param(1, DAY, DAY / 2, FLOOD, id="a day's, at the pace of forty"),
        pytest.param(
            1, timedelta(seconds=1), DAY / 2, FLOOD, id="a day's, from one that gives many at a time"
        ),
        pytest.param(40, DAY, DAY * 400, FLOOD, id="what is older than the last visit"),
    ],
)
def test_what_a_source_brought_out_while_it_was_away_is_no_flood(session, now, days_away, gap, oldest, held):
    """At one entry a day forty days bring forty; twice as many are believed."""
    source = Source(
        name="Launches", url="https://feeds.example/", announcer=Announcer.LAUNCH_FEED, created_at=now
    )
    source.usual_gap_s, source.succeeded_at = int(gap.total_seconds()), now - days_away * DAY
    session.add(source)
    session.flush()
    intake.record_entries(session, source, some_entries(10), first=True, now=now)
    news = [
        replace(each, published_at=now - oldest * (number + 1) / FLOOD)
        for number, each in enumerate(some_entries(FLOOD, first=100))
    ]
    assert intake.record_entries(session, source, news, first=False, now=now).held == held

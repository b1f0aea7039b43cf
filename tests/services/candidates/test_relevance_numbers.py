"""What an office decided teaches the numbers of what is open; what says nothing about fit teaches nothing."""

from datetime import timedelta

import pytest
from sqlmodel import select

from registry.domain.proposal import Announcer
from registry.domain.triage import DismissReason
from registry.services.candidates import triage
from registry.services.candidates.relevance import Refresher, learnt_so_far, relevance_of
from registry.services.people.acting import Actor
from registry.store import candidates, inbox, traits
from registry.store.columns import id_of
from registry.store.inbox import Filter, Order
from registry.store.tables import Candidate
from tests.feeds import an_entry
from tests.services.entries.test_intake import a_source, take_in

ROSA = Actor(None, "Rosa")


@pytest.fixture
def office(session, now):
    """Six agents were let in, six newsletters dismissed; one of each waits. Gives the ids of the two that wait."""
    source = a_source(session, now, "Launches", Announcer.LAUNCH_FEED)
    kinds = ["agent for notes", "newsletter of the week"]
    titles = [f"Plum{n}x - An {kinds[n % 2]}" for n in range(14)]
    found = [
        an_entry(title, title=title, link=f"https://plum{n}x.example/") for n, title in enumerate(titles)
    ]
    take_in(session, source, found, now)
    rows = {each.name: each for each in session.exec(select(Candidate)).all()}
    for n in range(12):
        decide(session, rows[f"Plum{n}x"], now, let_in=n % 2 == 0)
    session.flush()
    return id_of(rows["Plum12x"]), id_of(rows["Plum13x"])


def decide(session, candidate, now, *, let_in, reason=DismissReason.NOT_A_TOOL):
    if let_in:
        triage.accept(session, id_of(candidate), by=ROSA, now=now)
    else:
        triage.dismiss(session, id_of(candidate), reason=reason, by=ROSA, now=now)


@pytest.mark.both_databases
def test_what_waits_gets_a_number_and_reasons_from_what_was_decided(session, office, now):
    agent, newsletter = office
    numbers = dict(Refresher().outdated(session, now))
    traits.write_numbers(session, list(numbers.items()))
    assert numbers[agent] > 70 > 30 > numbers[newsletter]
    session.expire_all()
    assert candidates.get(session, agent).relevance == numbers[agent] == relevance_of(session, agent).number
    assert candidates.get(session, agent).version == 1
    assert "6 of 6 with the word “agent” were let in." in relevance_of(session, agent).reasons


@pytest.mark.parametrize(
    "reason", [DismissReason.DUPLICATE_NEWS, DismissReason.TOO_EARLY, DismissReason.OTHER]
)
def test_a_dismissal_that_says_nothing_about_fit_teaches_nothing(session, office, now, reason):
    before = learnt_so_far(session)
    decide(session, candidates.get(session, office[0]), now, let_in=False, reason=reason)
    assert learnt_so_far(session) == before


def test_what_is_taken_back_is_forgotten(session, office, now):
    before = learnt_so_far(session)
    decide(session, candidates.get(session, office[0]), now, let_in=False)
    assert learnt_so_far(session).decided == before.decided + 1
    triage.reopen(session, office[0], by=ROSA, now=now)
    assert learnt_so_far(session) == before


def test_what_came_after_a_decision_is_no_reason_for_it(session, office, now):
    dismissed = session.exec(select(Candidate).where(Candidate.name == "Plum1x")).one()
    source = a_source(session, now, "Later", Announcer.LAUNCH_FEED)
    late = now + timedelta(days=1)
    take_in(session, source, [an_entry("late", title="Plum1x - Again", link=dismissed.homepage)], late)
    assert not any(feature.value == "Later" for feature in learnt_so_far(session).seen)


def test_new_candidates_get_a_number_at_once_and_all_at_most_once_an_hour(session, office, now):
    refresher = Refresher()
    traits.write_numbers(session, refresher.outdated(session, now))
    source = a_source(session, now, "Board", Announcer.LAUNCH_FEED)
    fresh = an_entry("f", title="Zither - An agent", link="https://zither.example/")
    take_in(session, source, [fresh], now)
    ((_, number),) = refresher.outdated(session, now)
    assert number > 50
    traits.write_numbers(session, refresher.outdated(session, now))
    session.expire_all()
    decide(session, candidates.get(session, office[1]), now, let_in=True)
    assert refresher.outdated(session, now + timedelta(minutes=30)) == []
    assert len(refresher.outdated(session, now + timedelta(minutes=90))) >= 1
    assert refresher.outdated(session, now + timedelta(hours=9)) == []


def test_before_enough_is_decided_nothing_is_numbered(session, now):
    source = a_source(session, now, "Board", Announcer.LAUNCH_FEED)
    take_in(session, source, [an_entry()], now)
    assert Refresher().outdated(session, now) == []


@pytest.mark.both_databases
def test_the_inbox_by_relevance_goes_on_where_it_stopped_and_shows_each_once(session, office, now):
    rows = session.exec(select(Candidate)).all()
    for place, row in enumerate(rows):
        row.relevance = (None, 90, 10, 50)[place % 4]
    session.flush()
    seen, after = [], ""
    while True:
        page = inbox.page(session, Filter(status=None), order=Order.RELEVANCE, after=after, limit=3)
        seen += [50 if row.candidate.relevance is None else row.candidate.relevance for row in page.rows]
        after = page.next_cursor
        if not after:
            break
    assert len(seen) == len(rows)
    assert seen == sorted(seen, reverse=True)


def test_the_queries_do_not_grow_with_what_is_decided_or_open(session, office, now, count_queries):
    with count_queries(session) as sent:
        Refresher().outdated(session, now)
    assert len(sent) <= 8

from datetime import date, datetime

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput, NotFound
from registry.domain.triage import CandidateStatus
from registry.services.answers import requests
from registry.services.answers.requests import Requested
from registry.services.candidates import triage
from registry.services.people.acting import Actor
from registry.store.tables import Candidate, Request

EMIL, ROSA = Actor(None, "Emil"), Actor(None, "Rosa")
SECRET = b"the registry's own key"


def ask(
    session: Session, now: datetime, name="Plumeria", homepage="https://plumeria.example/", **more
) -> Requested:
    more.setdefault("purpose", "minutes of meetings")
    return requests.request_tool(
        session, name=name, homepage=homepage, by=EMIL, secret=SECRET, now=now, **more
    )


def test_a_request_for_something_new_makes_a_candidate(session, now):
    asked = ask(session, now)
    assert asked.candidate is not None
    assert (asked.candidate.name, asked.candidate.identity) == ("Plumeria", "plumeria.example")


def test_a_second_request_joins_the_candidate_of_the_first(session, now):
    first, second = ask(session, now), ask(session, now, "Plumeria App", "http://www.plumeria.example/app")
    assert first.candidate == second.candidate
    assert len(session.exec(select(Candidate)).all()) == 1


def test_two_requests_by_name_alone_join_and_one_with_an_address_does_not(session, now):
    first, second = ask(session, now, homepage=""), ask(session, now, "plumeria", "")
    assert first.candidate == second.candidate
    assert ask(session, now).candidate != first.candidate


def test_a_request_for_a_known_tool_joins_the_tool(session, now):
    asked = ask(session, now)
    tool = triage.accept(session, asked.candidate.id, by=ROSA, now=now)
    assert (ask(session, now).tool, ask(session, now, homepage="").tool) == (tool, tool)


def test_the_secret_link_shows_where_the_request_stands_and_is_not_stored(session, now):
    asked = ask(session, now, contact="emil@office.example")
    stored = session.exec(select(Request)).one()
    assert asked.secret not in str(stored.model_dump())
    assert requests.follow(session, asked.secret, secret=SECRET).tool is None
    tool = triage.accept(session, asked.candidate.id, by=ROSA, now=now)
    assert requests.follow(session, asked.secret, secret=SECRET).tool == tool


def test_a_link_that_was_never_given_out_is_not_found(session, now):
    asked = ask(session, now)
    with pytest.raises(NotFound):
        requests.follow(session, asked.secret + "x", secret=SECRET)
    with pytest.raises(NotFound):
        requests.follow(session, asked.secret, secret=b"another key")


def test_two_fresh_requests_wake_a_watched_candidate(session, now):
    candidate = ask(session, now).candidate
    triage.watch(session, candidate.id, until=date(2027, 6, 1), by=ROSA, now=now)
    later = now.replace(day=4)
    ask(session, later)
    assert candidate.status is CandidateStatus.WATCH
    ask(session, later)
    assert candidate.status is CandidateStatus.NEW


@pytest.mark.parametrize(
    ("field", "faulty"),
    [
        ("name", " "),
        ("name", "x" * 121),
        ("purpose", ""),
        ("homepage", "javascript:alert(1)"),
        ("homepage", "https://quill.example@evil.example/"),
    ],
)
def test_a_request_must_be_complete(session, now, field, faulty):
    with pytest.raises(InvalidInput) as refused:
        ask(session, now, **{field: faulty})
    assert list(refused.value.faults) == [field]


def test_the_home_page_that_a_colleague_pastes_tracks_nobody(session, now):
    asked = ask(session, now, homepage="plumeria.example/app?utm_medium=mail&gclid=7&page=2")
    assert asked.candidate.homepage == "https://plumeria.example/app?page=2"
    by_hand = triage.propose_by_hand(
        session, name="Zither", homepage="https://zither.example/?fbclid=1", by=ROSA, now=now
    )
    assert by_hand.homepage == "https://zither.example/"

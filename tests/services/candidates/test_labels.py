"""Labels that people put on candidates."""

import pytest
from sqlmodel import select

from registry.domain.errors import InvalidInput, NotFound
from registry.services.candidates import labels, triage
from registry.services.people.acting import Actor
from registry.store import candidates
from registry.store.columns import id_of
from registry.store.tables import Event

ROSA = Actor(None, "Rosa")


@pytest.fixture
def plumeria(session, now) -> int:
    return id_of(triage.propose_by_hand(session, name="Plumeria", by=ROSA, now=now))


def put(session, candidate_id, now, *add, remove=()):
    return list(labels.label(session, candidate_id, add=add, remove=remove, by=ROSA, now=now))


def test_labels_are_put_on_and_taken_off_and_what_two_people_do_adds_up(session, plumeria, now):
    assert put(session, plumeria, now, "writing", "Agents") == ["Agents", "writing"]
    assert put(session, plumeria, now, "meetings", remove=["WRITING"]) == ["Agents", "meetings"]
    assert candidates.labels(session, [plumeria]) == {plumeria: ("Agents", "meetings")}


def test_a_label_in_use_in_another_spelling_is_put_on_as_it_is_spelled_there(session, plumeria, now):
    other = id_of(triage.propose_by_hand(session, name="Zither", by=ROSA, now=now))
    put(session, other, now, "Agents")
    assert put(session, plumeria, now, "agents", "AGENTS") == ["Agents"]


def test_each_change_writes_one_event_and_no_change_writes_none(session, plumeria, now):
    put(session, plumeria, now, "a")
    put(session, plumeria, now, "a", remove=["b"])
    put(session, plumeria, now, "b", remove=["a"])
    told = session.exec(select(Event).where(Event.action == "candidate.labelled").order_by(Event.id)).all()
    assert [(each.before, each.after) for each in told] == [
        ({"labels": ""}, {"labels": "a"}),
        ({"labels": "a"}, {"labels": "b"}),
    ]


@pytest.mark.parametrize("wrong", ["x" * 61, "a,b", " "])
def test_what_is_no_label_is_refused(session, plumeria, now, wrong):
    with pytest.raises(InvalidInput):
        put(session, plumeria, now, wrong)


def test_there_is_an_end_to_labels_and_nothing_has_none(session, plumeria, now):
    put(session, plumeria, now, *(f"l{n}" for n in range(20)))
    with pytest.raises(InvalidInput):
        put(session, plumeria, now, "one more")
    with pytest.raises(NotFound):
        put(session, 99, now, "x")

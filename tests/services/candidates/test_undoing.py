"""What a person did in triage is taken back whole, within ten minutes, while nothing depends on it."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.errors import NotAllowed, RuleBroken
from registry.domain.triage import CandidateStatus, DismissReason
from registry.services.answers import requests
from registry.services.candidates import editing, labels, merging, triage, undoing, waking
from registry.services.people.acting import Actor
from registry.services.tools.editing import edit
from registry.store import candidates, triage_acts
from registry.store.columns import id_of
from registry.store.tables import Alias, Candidate, Event, Tool
from tests.services.candidates.test_triage import ROSA, a_candidate

RAVI = Actor(None, "Ravi")
LATER = timedelta(minutes=9)


def last_act(session: Session) -> int:
    return id_of(triage_acts.newest(session, limit=1)[0])


def undo(session: Session, now):
    return undoing.undo(session, last_act(session), by=ROSA, now=now + LATER)


@pytest.mark.both_databases
def test_a_dismissal_is_undone_and_the_event_names_what_was_undone(session, now):
    candidate = a_candidate(session, now)
    triage.dismiss(session, candidate.id, reason=DismissReason.SPAM, note="an advert", by=ROSA, now=now)
    undo(session, now)
    assert (candidate.status, candidate.reason, candidate.note, candidate.closed_at) == ("new", "", "", None)
    told = session.exec(select(Event).where(Event.action == "candidate.undone")).one()
    assert (told.after["undid"], told.after["status"]) == ("dismiss", "new")


@pytest.mark.both_databases
def test_accepting_is_undone_with_the_tool_and_its_names(session, now):
    candidate = a_candidate(session, now)
    triage.accept(session, candidate.id, by=ROSA, now=now)
    undo(session, now)
    assert (candidate.status, candidate.tool_id) == (CandidateStatus.NEW, None)
    assert session.exec(select(Tool)).all() == session.exec(select(Alias)).all() == []
    triage.accept(session, candidate.id, by=ROSA, now=now + LATER)


@pytest.mark.both_databases
def test_accepting_is_not_undone_once_somebody_asked_for_the_tool(session, now):
    triage.accept(session, a_candidate(session, now).id, by=ROSA, now=now)
    requests.request_tool(session, name="Plumeria", purpose="Minutes", by=RAVI, secret=b"x", now=now)
    with pytest.raises(RuleBroken, match="in use by now"), session.begin_nested():
        undo(session, now)
    assert len(session.exec(select(Tool)).all()) == 1


def test_accepting_into_a_tool_is_undone_by_the_names_alone(session, now):
    tool = triage.accept(session, a_candidate(session, now).id, by=ROSA, now=now)
    other = a_candidate(session, now, "Plumes", "https://plumes.example/")
    triage.accept(session, other.id, tool_id=id_of(tool), by=ROSA, now=now)
    undo(session, now)
    assert other.status is CandidateStatus.NEW
    assert {each.key for each in session.exec(select(Alias))} == {"plumeria", "plumeria.example"}


def test_a_tool_that_was_renamed_to_what_was_accepted_into_it_keeps_that_name(session, now):
    tool = triage.accept(session, a_candidate(session, now).id, by=ROSA, now=now)
    other = a_candidate(session, now, "Plumes", "https://plumes.example/")
    triage.accept(session, other.id, tool_id=id_of(tool), by=ROSA, now=now)
    edit(session, tool.slug, with_texts={"name": "Plumes"}, by=ROSA, now=now)
    undo(session, now)
    assert other.status is CandidateStatus.NEW
    assert {each.key for each in session.exec(select(Alias))} == {"plumeria", "plumeria.example", "plumes"}


@pytest.mark.both_databases
def test_a_merge_is_undone_and_undoing_that_merge_back_is_undone_too(session, now):
    one, two = a_candidate(session, now), a_candidate(session, now, "Plumo", "https://plumo.example/")
    requests.request_tool(
        session, name="Plumo", homepage=two.homepage, purpose="Minutes", by=RAVI, secret=b"x", now=now
    )
    merging.merge(session, two.id, into=one.id, by=ROSA, now=now)
    undo(session, now)
    assert (two.status, two.merged_into_id) == (CandidateStatus.NEW, None)
    merging.merge(session, two.id, into=one.id, by=ROSA, now=now)
    merging.unmerge(session, two.id, by=ROSA, now=now)
    undo(session, now)
    assert (two.status, two.merged_into_id) == (CandidateStatus.MERGED, one.id)


def test_watching_labelling_correcting_and_telling_apart_are_undone(session, now):
    one, two = a_candidate(session, now), a_candidate(session, now, "Plumo", "https://plumo.example/")
    triage.watch(session, one.id, until=date(2027, 1, 1), by=ROSA, now=now)
    undo(session, now)
    assert (one.status, one.watch_until) == (CandidateStatus.NEW, None)
    labels.label(session, one.id, add=["agents"], by=ROSA, now=now)
    undo(session, now)
    assert candidates.labels(session, [one.id]) == {}
    editing.edit(session, one.id, name="Petunia", homepage="https://petunia.example", by=ROSA, now=now)
    undo(session, now)
    assert (one.name, one.identity) == ("Plumeria", "plumeria.example")
    merging.differ(session, one.id, other_id=two.id, by=ROSA, now=now)
    undo(session, now)
    merging.differ(session, one.id, other_id=two.id, by=ROSA, now=now)


def test_after_ten_minutes_an_act_stays(session, now):
    candidate = a_candidate(session, now)
    triage.dismiss(session, candidate.id, reason=DismissReason.SPAM, by=ROSA, now=now)
    with pytest.raises(RuleBroken, match="ten minutes"):
        undoing.undo(session, last_act(session), by=ROSA, now=now + timedelta(minutes=11))


def test_only_who_did_it_undoes_it_and_undoing_twice_undoes_once(session, now):
    candidate = a_candidate(session, now)
    triage.dismiss(session, candidate.id, reason=DismissReason.SPAM, by=ROSA, now=now)
    with pytest.raises(NotAllowed, match="only Rosa"):
        undoing.undo(session, last_act(session), by=RAVI, now=now)
    undo(session, now)
    version = candidate.version
    undo(session, now)
    assert candidate.version == version


def test_what_changed_later_is_named_and_keeps_the_act(session, now):
    candidate = a_candidate(session, now)
    triage.watch(session, candidate.id, until=(now + timedelta(days=1)).date(), by=ROSA, now=now)
    act = last_act(session)
    waking.wake_due_watches(session, (now + timedelta(days=1)).date(), now)
    with pytest.raises(RuleBroken, match="“Plumeria” changed after this"):
        undoing.undo(session, act, by=ROSA, now=now)


def test_a_home_page_that_another_has_by_now_is_not_given_back(session, now):
    one = a_candidate(session, now)
    editing.edit(session, one.id, homepage="https://petunia.example", by=ROSA, now=now)
    act = last_act(session)
    a_candidate(session, now, "Plumeria Two", "https://plumeria.example")
    with pytest.raises(RuleBroken, match="Merge the two instead"):
        undoing.undo(session, act, by=ROSA, now=now)
    assert len(session.exec(select(Candidate)).all()) == 2

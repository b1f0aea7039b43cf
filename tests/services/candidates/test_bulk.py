"""Acts on several: shown first, then done to exactly those, whole or not at all, and once."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput, RuleBroken, StaleVersion
from registry.domain.triage import CandidateStatus, DismissReason, Verb
from registry.services.candidates import bulk, triage, undoing
from registry.services.candidates.bulk import Changed, Order
from registry.services.candidates.recording import Chosen
from registry.store.columns import id_of
from registry.store.inbox import Filter
from registry.store.tables import Candidate, Event, Tool, TriageAct
from tests.services.candidates.test_triage import ROSA, a_candidate

SPAM = Order(Verb.DISMISS, reason=DismissReason.SPAM)
ACCEPT = Order(Verb.ACCEPT)


def some(session: Session, now, *names: str) -> list[Candidate]:
    return [a_candidate(session, now, name, f"https://{name.lower()}.example/") for name in names]


def read(found: list[Candidate]) -> list[Chosen]:
    return [Chosen(id_of(each), each.version) for each in found]


@pytest.mark.both_databases
def test_a_plan_does_nothing_and_its_mark_lets_exactly_that_be_done(session, now):
    found = some(session, now, "Plumeria", "Zither", "Oboe")
    plan = bulk.plan(session, read(found), SPAM, by=ROSA, now=now)
    assert (plan.count, list(plan.names)) == (3, ["Plumeria", "Zither", "Oboe"])
    assert {each.status for each in found} == {CandidateStatus.NEW}
    act = bulk.act(session, read(found), SPAM, by=ROSA, now=now, mark=plan.mark)
    assert (act.count, act.told) == (3, "dismissed: spam")
    assert {each.status for each in found} == {CandidateStatus.DISMISSED}
    assert len(session.exec(select(Event).where(Event.action == "candidate.dismissed")).all()) == 3


@pytest.mark.both_databases
def test_where_somebody_was_at_it_meanwhile_nothing_is_done_and_the_new_plan_comes_along(session, now):
    found = some(session, now, "Plumeria", "Zither")
    seen = read(found)
    plan = bulk.plan(session, seen, SPAM, by=ROSA, now=now)
    triage.dismiss(session, found[1].id, reason=DismissReason.OTHER, by=ROSA, now=now)
    with pytest.raises(Changed) as told:
        bulk.act(session, seen, SPAM, by=ROSA, now=now, mark=plan.mark)
    assert (told.value.plan.count, [each.name for each in told.value.plan.refused]) == (1, ["Zither"])
    assert found[0].status is CandidateStatus.NEW


@pytest.mark.both_databases
def test_the_same_press_twice_acts_once(session, now):
    found = some(session, now, "Plumeria", "Zither")
    seen = bulk.matching(session, Filter())
    plan = bulk.plan(session, seen, SPAM, by=ROSA, now=now)
    first = bulk.act(session, seen, SPAM, by=ROSA, now=now, mark=plan.mark)
    again = bulk.act(session, bulk.matching(session, Filter()), SPAM, by=ROSA, now=now, mark=plan.mark)
    assert first == again
    assert len(session.exec(select(TriageAct)).all()) == 1
    assert {each.version for each in found} == {2}


def test_without_a_plan_one_refusal_leaves_all_undone(session, now):
    found = some(session, now, "Plumeria", "Zither")
    triage.dismiss(session, found[1].id, reason=DismissReason.OTHER, by=ROSA, now=now)
    with pytest.raises(RuleBroken):
        bulk.act(session, [Chosen(each.id or 0) for each in found], SPAM, by=ROSA, now=now)
    assert found[0].status is CandidateStatus.NEW
    with pytest.raises(StaleVersion):
        bulk.act(session, [Chosen(id_of(found[0]), 9)], SPAM, by=ROSA, now=now)
    act = bulk.act(
        session, [Chosen(each.id or 0) for each in found], SPAM, by=ROSA, now=now, leaving_out=True
    )
    assert act.count == 1


@pytest.mark.both_databases
def test_a_plan_of_accepting_says_who_cannot_and_why_and_all_of_it_is_undone_at_once(session, now):
    found = [*some(session, now, "Plumeria", "Zither"), a_candidate(session, now, "Plumeria", "")]
    plan = bulk.plan(session, read(found), ACCEPT, by=ROSA, now=now)
    assert (plan.count, session.exec(select(Tool)).all()) == (2, [])
    assert "belongs to “Plumeria” already" in plan.refused[0].error.sentence
    act = bulk.act(session, read(found), ACCEPT, by=ROSA, now=now, mark=plan.mark)
    assert len(session.exec(select(Tool)).all()) == act.count == 2
    undoing.undo(session, id_of(act), by=ROSA, now=now + timedelta(minutes=9))
    assert session.exec(select(Tool)).all() == []
    assert {each.status for each in found} == {CandidateStatus.NEW}


def test_merging_several_leaves_the_one_that_stays_and_is_undone_at_once(session, now):
    one, two, three = some(session, now, "Plumeria", "Plumo", "Plumes")
    order = Order(Verb.MERGE, into=id_of(one))
    act = bulk.act(session, read([one, two, three]), order, by=ROSA, now=now)
    assert (act.count, one.status, two.merged_into_id) == (2, CandidateStatus.NEW, one.id)
    undoing.undo(session, id_of(act), by=ROSA, now=now)
    assert {two.status, three.status} == {CandidateStatus.NEW}


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (Order(Verb.DISMISS), "reason"),
        (Order(Verb.WATCH), "until"),
        (Order(Verb.MERGE), "into"),
        (Order(Verb.LABEL), "add"),
        (Order(Verb.EDIT), "act"),
    ],
)
def test_an_order_that_lacks_what_its_verb_needs_names_it(session, now, order, field):
    with pytest.raises(InvalidInput) as told:
        bulk.act(session, read(some(session, now, "Plumeria")), order, by=ROSA, now=now)
    assert field in told.value.faults


def test_as_many_statements_for_two_as_for_forty(session, now, count_queries):
    few, many = some(session, now, "A1", "A2"), some(session, now, *(f"B{each}" for each in range(40)))
    with count_queries(session) as two:
        bulk.act(session, read(few), SPAM, by=ROSA, now=now)
    with count_queries(session) as forty:
        bulk.act(session, read(many), SPAM, by=ROSA, now=now)
    assert len(two) == len(forty)

"""Probable duplicates: kept in memory, up to date after every act, and never those that were told apart."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.triage import DismissReason
from registry.services.candidates import editing, merging, triage, undoing
from registry.services.candidates.likeness import _Named, _Names, likeness, twins
from registry.store import triage_acts
from registry.store.columns import id_of
from registry.store.tables import AliasKind
from tests.builders import a_tool
from tests.services.candidates.test_triage import ROSA, a_candidate


def named(session, candidate, now):
    return [each.name for each in twins(session, [candidate], now=now)[candidate.id]]


@pytest.mark.both_databases
def test_what_comes_goes_and_is_renamed_is_noticed_at_once(session, now):
    one = a_candidate(session, now)
    assert named(session, one, now) == []
    two = a_candidate(session, now, "Plumerio", "https://plumerio.example")
    assert named(session, one, now) == ["Plumerio"]
    editing.edit(session, two.id, name="Zither", by=ROSA, now=now)
    session.flush()
    assert named(session, one, now) == []
    editing.edit(session, two.id, name="Plumeria!", by=ROSA, now=now)
    session.flush()
    assert named(session, one, now) == ["Plumeria!"]
    triage.dismiss(session, two.id, reason=DismissReason.SPAM, by=ROSA, now=now)
    session.flush()
    assert named(session, one, now) == []


def test_a_tool_of_that_name_is_a_likeness_until_its_making_is_undone(session, now):
    one = a_candidate(session, now)
    two = a_candidate(session, now, "Plumerio", "https://plumerio.example")
    triage.accept(session, two.id, by=ROSA, now=now)
    session.flush()
    (twin,) = twins(session, [one], now=now)[one.id]
    assert (twin.tool_slug, twin.reason) == ("plumerio", "88 % alike")
    undoing.undo(session, id_of(triage_acts.newest(session, limit=1)[0]), by=ROSA, now=now)
    session.flush()
    assert [each.candidate_id for each in twins(session, [one], now=now)[one.id]] == [two.id]


@pytest.mark.both_databases
def test_what_was_told_apart_is_not_suggested_again_on_either_side(session, now):
    one, two = a_candidate(session, now), a_candidate(session, now, "Plumerio", "https://plumerio.example")
    merging.differ(session, two.id, other_id=one.id, by=ROSA, now=now)
    merging.differ(session, one.id, other_id=two.id, by=ROSA, now=now)
    assert named(session, one, now) == named(session, two, now) == []
    tool = triage.accept(session, a_candidate(session, now, "Plumerie", "").id, by=ROSA, now=now)
    session.flush()
    assert named(session, one, now) == ["Plumerie"]
    merging.differ(session, one.id, tool_id=id_of(tool), by=ROSA, now=now)
    assert named(session, one, now) == []


def test_a_tools_other_name_is_no_same_name(session, now):
    a_tool(session, "Earshelf", aliases={"Earshelf Notes": AliasKind.NAME}, now=now)
    (twin,) = twins(session, [one := a_candidate(session, now, "Earshelf Notes", "")], now=now)[one.id]
    assert (twin.name, twin.score, twin.reason) == ("Earshelf", 100, "also known by this name")
    (twin,) = twins(session, [one := a_candidate(session, now, "Earshelf", "")], now=now)[one.id][:1]
    assert twin.reason == "the same name"


@given(st.lists(st.text("ab", min_size=1, max_size=9), min_size=1, max_size=40), st.integers(0, 40))
def test_among_many_names_those_are_found_that_comparing_each_would_find(keys, first):
    known = _Names(datetime(2026, 11, 3, tzinfo=UTC))
    for key in keys[:first]:
        known.add(_Named(key))
    list(map(known.alike, keys))
    for key in keys[first:]:
        known.add(_Named(key))
    for key in keys:
        compared = ((place, likeness(key, other)) for place, other in enumerate(keys))
        assert {place for place, _, _ in known.alike(key)} == {place for place, found in compared if found}

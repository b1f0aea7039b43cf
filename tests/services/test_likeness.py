from registry.services import triage
from registry.services.acting import Actor
from registry.services.likeness import possible_duplicates

ROSA = Actor(None, "Rosa")


def propose(session, now, name, homepage=""):
    return triage.propose_by_hand(session, name=name, homepage=homepage, by=ROSA, now=now)


def test_the_same_and_a_near_name_are_possible_duplicates_with_their_reason(session, now):
    plumeria = propose(session, now, "Plumeria", "https://plumeria.example/")
    same = propose(session, now, "plumeria", "https://flowers.example/")
    near = propose(session, now, "Plumerias", "https://plumerias.example/")
    propose(session, now, "Frangipani", "https://frangipani.example/")
    found = possible_duplicates(session, plumeria)
    assert [each.candidate for each in found] == [same, near]
    assert found[0].reason == "It has the same name, “plumeria”."


def test_a_tool_of_a_near_name_is_told_too(session, now):
    tool = triage.accept(session, propose(session, now, "Plumeria").id, by=ROSA, now=now)
    other = propose(session, now, "Plumerja", "https://plumerja.example/")
    assert [each.tool for each in possible_duplicates(session, other)] == [tool]


def test_short_names_are_alike_by_chance(session, now):
    propose(session, now, "Abc", "https://abc.example/")
    assert possible_duplicates(session, propose(session, now, "Abd", "https://abd.example/")) == []

"""A category and tags suggested for a candidate, and what becomes of those that are taken."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput
from registry.domain.proposal import Announcer
from registry.services.candidates import triage, undoing
from registry.services.candidates.tool_suggestions import suggestions_of
from registry.services.entries import intake
from registry.services.people.acting import REGISTRY
from registry.store import tags
from registry.store.columns import id_of
from registry.store.tables import Candidate, Event, Source, Tool
from tests.builders import a_person, a_tool
from tests.feeds import an_entry


def heard_of(session: Session, now: datetime, *titles: str, filed: tuple[str, ...] = ()) -> Candidate:
    source = Source(
        name="Launches",
        url="https://feeds.example/",
        announcer=Announcer.LAUNCH_FEED,
        created_at=now,
        due_at=now,
    )
    session.add(source)
    session.flush()
    link = "https://quaver.example/"
    found = [an_entry(title=f"Quaver - {title}", link=link, key=title, tags=filed) for title in titles]
    intake.record_entries(session, source, found, first=True, home="", now=now)
    return session.exec(select(Candidate)).one()


@pytest.mark.both_databases
def test_what_entries_say_in_words_of_the_registry_is_suggested_and_nothing_is_set(session, now):
    for name in ("Murmur", "Hearsay"):
        a_tool(session, name, now=now, tagged=("speech", "offline")).description = "Speech into minutes"
    candidate = heard_of(session, now, "Speech into text", "Speech, faster", filed=("AI",))
    found = suggestions_of(session, id_of(candidate), mark="")
    assert [(each.value, list(each.reasons)) for each in found.tags] == [
        ("speech", ["Both of its entries say “speech”; so do 2 tools here, of which 2 have that tag."])
    ]
    made = triage.accept(session, id_of(candidate), by=REGISTRY, now=now)
    assert (made.category, tags.of_tool(session, id_of(made))) == ("", ())


def test_a_category_that_somebody_gave_it_is_not_put_in_question(session, now):
    for name in ("Murmur", "Hearsay"):
        a_tool(session, name, now=now).description = "Turns recorded speech into minutes"
    for number in range(8):
        a_tool(session, f"Other {number}", now=now, category="Drawing").description = f"Draws plan {number}"
    candidate = heard_of(session, now, "Turns recorded speech into minutes")
    assert suggestions_of(session, id_of(candidate), mark="").category.value == "Writing"
    candidate.category = "Meetings"
    assert suggestions_of(session, id_of(candidate), mark="").category is None


def test_it_is_learnt_anew_once_the_tools_may_read_otherwise(session, now):
    candidate = heard_of(session, now, "Speech into text", "Speech, faster")
    assert suggestions_of(session, id_of(candidate), mark="before").tags == []
    for name in ("Murmur", "Hearsay"):
        a_tool(session, name, now=now, tagged=("speech",)).description = "Speech into minutes"
    session.flush()
    assert suggestions_of(session, id_of(candidate), mark="before").tags == []
    assert [each.value for each in suggestions_of(session, id_of(candidate), mark="after").tags] == ["speech"]


@pytest.mark.both_databases
def test_tags_taken_at_accepting_are_the_tools_in_their_one_spelling_and_go_when_it_is_undone(session, now):
    rosa = a_person(session, "Rosa", now=now)
    candidate = heard_of(session, now, "Speech into text")
    made = triage.accept(
        session, id_of(candidate), category="Meetings", with_tags=["Open Source", "speech"], by=rosa, now=now
    )
    assert (made.category, tags.of_tool(session, id_of(made))) == ("Meetings", ("open-source", "speech"))
    (event,) = session.exec(select(Event).where(Event.action == "tool.made"))
    assert event.after["tags"] == ["open-source", "speech"]
    (act,) = undoing.undoable(session, rosa, now)
    undoing.undo(session, id_of(act.act), by=rosa, now=now + timedelta(minutes=1))
    assert session.exec(select(Tool)).all() == []
    assert tags.counts(session) == {}


def test_what_is_no_tag_or_goes_into_a_tool_with_tags_of_its_own_is_refused(session, now):
    candidate = heard_of(session, now, "Speech into text")
    with pytest.raises(InvalidInput) as refused:
        triage.accept(session, id_of(candidate), with_tags=["!!!"], by=REGISTRY, now=now)
    assert "is no tag" in refused.value.faults["tags"]
    into = id_of(a_tool(session, "Murmur", now=now))
    with pytest.raises(InvalidInput, match="its own tags"):
        triage.accept(session, id_of(candidate), tool_id=into, with_tags=["speech"], by=REGISTRY, now=now)
    assert candidate.tool_id is None

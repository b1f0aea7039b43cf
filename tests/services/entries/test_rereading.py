"""Stored entries are read again by a newer extractor: better readings come in, decisions stay, nothing twice."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.proposal import EXTRACTOR_VERSION, Announcer, EntryKind
from registry.domain.triage import CandidateStatus, DismissReason
from registry.services.candidates import editing, triage
from registry.services.entries import holding, intake, rereading
from registry.services.entries.rereading import Reread
from registry.services.people.acting import Actor
from registry.store.tables import Candidate, Entry, Event, Mention, Source
from tests.feeds import an_entry, some_entries

ROSA = Actor(None, "Rosa")
LATER = timedelta(days=30)


@pytest.fixture
def source(session: Session, now: datetime) -> Source:
    return a_source(session, now, "Launches")


def a_source(session: Session, now: datetime, name: str) -> Source:
    source = Source(
        name=name,
        url=f"https://{name.lower()}.example/",
        announcer=Announcer.LAUNCH_FEED,
        created_at=now,
    )
    session.add(source)
    session.flush()
    return source


def take_in(session, source, found, now, *, first=False) -> None:
    intake.record_entries(session, source, found, first=first, now=now)
    session.flush()


def all_of(session, table) -> list:
    session.flush()
    return list(session.exec(select(table).order_by(table.id)).all())


def as_an_older_extractor_read_it(session, entry: Entry, kind: EntryKind | None = None, **candidate) -> None:
    """The entry as it stood before: another kind, and a candidate of another name, or none where it was news."""
    entry.extractor_version, entry.kind, entry.signal = "0", kind or entry.kind, ""
    session.add(entry)
    mention = session.exec(select(Mention).where(Mention.entry_id == entry.id)).first()
    if mention is not None:
        found = session.get_one(Candidate, mention.candidate_id)
        if kind is EntryKind.NEWS:
            session.delete(mention)
            session.flush()
            session.delete(found)
        for name, value in candidate.items():
            setattr(found, name, value)
    session.flush()


def read_all(session, now) -> Reread:
    found, last = Reread(), 0
    while True:
        batch, last = rereading.read_batch(session, after=last, now=now)
        if not last:
            return found
        found.add(batch)


def state(session) -> list[tuple]:
    rows = [*all_of(session, Entry), *all_of(session, Candidate), *all_of(session, Mention)]
    return [*(tuple(sorted(row.model_dump().items(), key=str)) for row in rows), len(all_of(session, Event))]


@pytest.mark.both_databases
def test_an_entry_that_names_a_tool_by_now_proposes_it(session, source, now):
    take_in(session, source, [an_entry("1")], now)
    as_an_older_extractor_read_it(session, all_of(session, Entry)[0], EntryKind.NEWS)
    assert rereading.ahead(session) == 1
    found = read_all(session, now + LATER)
    assert (found.entries, found.kinds, found.candidates, found.mentions) == (1, 1, 1, 1)
    (entry,) = all_of(session, Entry)
    assert (entry.kind, entry.extractor_version) == (EntryKind.TOOL, EXTRACTOR_VERSION)
    assert [row.name for row in all_of(session, Candidate)] == ["Plumeria"]
    assert [dict(change.after) for change in found.changes] == [
        {"kind": "tool", "signal": ""},
        {"proposes": "Plumeria"},
    ]


@pytest.mark.both_databases
def test_reading_again_twice_changes_nothing_the_second_time(session, source, now):
    take_in(session, source, some_entries(8), now)
    rows = all_of(session, Entry)
    for row in rows[:3]:
        as_an_older_extractor_read_it(session, row, EntryKind.NEWS)
    for row in rows[3:]:
        as_an_older_extractor_read_it(session, row, name="Something", name_key="something")
    assert read_all(session, now + LATER).bettered == 5
    before = state(session)
    assert read_all(session, now + 2 * LATER) == Reread()
    assert state(session) == before


def test_what_is_up_to_date_is_left_alone(session, source, now):
    take_in(session, source, some_entries(3), now)
    before = state(session)
    assert rereading.ahead(session) == 0
    assert read_all(session, now + LATER) == Reread()
    assert state(session) == before


def test_a_candidate_that_nobody_touched_gets_its_better_name(session, source, now):
    take_in(session, source, [an_entry("1"), an_entry("2", link="https://plumeria.example/two")], now)
    for row in all_of(session, Entry):
        as_an_older_extractor_read_it(
            session, row, name="Write minutes", name_key="write minutes", homepage="", sure=False
        )
    found = read_all(session, now + LATER)
    (candidate,) = all_of(session, Candidate)
    assert (candidate.name, candidate.name_key, candidate.sure) == ("Plumeria", "plumeria", True)
    assert candidate.homepage.startswith("https://plumeria.example/")
    assert (candidate.version, candidate.seen_at) == (2, now)
    (event,) = [event for event in all_of(session, Event) if event.action == "candidate.reread"]
    assert (event.before["name"], event.after["name"]) == ("Write minutes", "Plumeria")
    assert found.bettered == 1


def test_a_candidate_of_which_its_entries_say_different_things_waits_for_a_person(session, source, now):
    take_in(session, source, [an_entry("1"), an_entry("2", title="Plumo - Notes")], now)
    assert len(all_of(session, Candidate)) == 1
    for row in all_of(session, Entry):
        as_an_older_extractor_read_it(session, row, name="Write minutes")
    read_all(session, now + LATER)
    assert all_of(session, Candidate)[0].name == "Write minutes"


def edited(session, candidate, now):
    editing.edit(session, candidate.id, tagline="Our words", by=ROSA, now=now)


def dismissed(session, candidate, now):
    triage.dismiss(session, candidate.id, reason=DismissReason.SPAM, by=ROSA, now=now)


def watched(session, candidate, now):
    triage.watch(session, candidate.id, until=(now + LATER * 9).date(), by=ROSA, now=now)


def accepted(session, candidate, now):
    triage.accept(session, candidate.id, by=ROSA, now=now)


def reopened(session, candidate, now):
    dismissed(session, candidate, now)
    triage.reopen(session, candidate.id, by=ROSA, now=now)


@pytest.mark.parametrize("act", [edited, dismissed, watched, accepted, reopened])
def test_what_a_person_decided_is_never_changed(session, source, now, act):
    take_in(session, source, [an_entry("1")], now)
    as_an_older_extractor_read_it(session, all_of(session, Entry)[0], name="Write minutes")
    act(session, all_of(session, Candidate)[0], now)
    before = [row.model_dump() for row in all_of(session, Candidate)]
    assert read_all(session, now + LATER).bettered == 0
    assert [row.model_dump() for row in all_of(session, Candidate)] == before


def test_a_better_home_page_that_is_another_candidates_waits_for_a_person(session, source, now):
    take_in(session, source, [an_entry("1")], now)
    (candidate,) = all_of(session, Candidate)
    candidate.identity, candidate.homepage, candidate.name = (
        "elsewhere.example",
        "https://elsewhere.example/",
        "X",
    )
    session.add(candidate)
    session.flush()
    triage.propose_by_hand(session, name="Plumeria", homepage="https://plumeria.example", by=ROSA, now=now)
    as_an_older_extractor_read_it(session, all_of(session, Entry)[0])
    read_all(session, now + LATER)
    assert [row.name for row in all_of(session, Candidate)] == ["X", "Plumeria"]


def held(session, source, now):
    take_in(session, source, [an_entry("0")], now)
    take_in(session, source, some_entries(60, first=100), now)


def left(session, source, now):
    held(session, source, now)
    holding.leave(session, source.id, by=ROSA, now=now)


def long_ago(session, source, now):
    take_in(session, source, some_entries(80, every=-LATER)[::-1], now, first=True)


@pytest.mark.parametrize("came", [held, left, long_ago])
def test_what_is_held_or_only_seen_proposes_nothing_however_often_it_is_read(session, source, now, came):
    came(session, source, now)
    for row in all_of(session, Entry):
        row.extractor_version = "0"
        if row.held or row.only_seen:
            row.kind = EntryKind.NEWS
    before = len(all_of(session, Candidate))
    found = read_all(session, now + LATER)
    assert (found.candidates, found.mentions) == (0, 0)
    assert found.kinds >= 30
    assert len(all_of(session, Candidate)) == before


@pytest.mark.both_databases
def test_a_tool_is_not_told_again_of_what_it_has_heard(session, source, now):
    take_in(session, source, [an_entry("1")], now)
    triage.accept(session, all_of(session, Candidate)[0].id, by=ROSA, now=now)
    take_in(
        session,
        source,
        [an_entry("2", title="Plumeria 2.0 - Faster", link="https://plumeria.example/2")],
        now,
    )
    told = [event for event in all_of(session, Event) if event.action == "tool.mentioned"]
    assert len(told) == 1
    for row in all_of(session, Entry):
        as_an_older_extractor_read_it(session, row, EntryKind.DIGEST)
    assert read_all(session, now + LATER).tool_events == 0
    assert len([event for event in all_of(session, Event) if event.action == "tool.mentioned"]) == 1


def test_a_candidate_that_was_dismissed_hears_of_it_and_stays_dismissed(session, source, now):
    take_in(session, source, [an_entry("1"), an_entry("2", link="https://plumeria.example/two")], now)
    (candidate,) = all_of(session, Candidate)
    second = all_of(session, Mention)[1]
    session.delete(second)
    entry = session.get_one(Entry, second.entry_id)
    entry.kind, entry.extractor_version = EntryKind.NEWS, "0"
    dismissed(session, candidate, now)
    assert read_all(session, now + LATER).mentions == 1
    assert candidate.status is CandidateStatus.DISMISSED


def test_only_the_sources_that_are_named_are_read_again(session, source, now):
    other = a_source(session, now, "Others")
    take_in(session, source, [an_entry("1")], now)
    take_in(session, other, [an_entry("2", title="Plumo - Notes", link="https://plumo.example/")], now)
    for row in all_of(session, Entry):
        as_an_older_extractor_read_it(session, row, EntryKind.NEWS)
    found, _ = rereading.read_batch(session, source_ids=[other.id], now=now + LATER)
    assert (found.entries, [row.name for row in all_of(session, Candidate)]) == (1, ["Plumo"])


def test_many_entries_are_read_in_batches_in_the_order_in_which_they_came(session, source, now, monkeypatch):
    monkeypatch.setattr(rereading, "AT_ONCE", 7)
    take_in(session, source, some_entries(20, every=timedelta(minutes=1)), now)
    for row in all_of(session, Entry):
        as_an_older_extractor_read_it(session, row, EntryKind.NEWS)
    sizes, last = [], 0
    while True:
        batch, last = rereading.read_batch(session, after=last, now=now + LATER)
        if not last:
            break
        sizes.append(batch.entries)
    assert sizes == [7, 7, 6]
    assert [row.name for row in all_of(session, Candidate)] == [f"Product{number}" for number in range(1, 21)]

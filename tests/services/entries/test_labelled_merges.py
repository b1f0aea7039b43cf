"""The labelled announcements through intake into a real store: no two things are one candidate."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

import pytest
from sqlmodel import Session, select

from registry.domain.proposal import Announcer
from registry.services.entries import intake
from registry.store.tables import Entry, Mention, Source
from scrapers.entry import Draft, entries_of
from scrapers.links import host_of, registrable_domain
from tests.labelled import Labelled, labelled

AT_ONCE = 40
"""Fewer than would be taken for a flood."""


@pytest.fixture
def things(session: Session, now: datetime) -> Mapping[int, list[str]]:
    """Candidate id to what its entries speak of, by their labels."""
    said = {}
    for name, found in by_source(labelled()).items():
        source = Source(
            name=name,
            url=source_url(found[0]),
            announcer=found[0].announcer,
            created_at=now,
            due_at=now,
        )
        session.add(source)
        session.flush()
        for start in range(0, len(found), AT_ONCE):
            drafts = [
                Draft(id=each.id or f"{name} {start + place}", title=each.title, link=each.link)
                for place, each in enumerate(found[start : start + AT_ONCE])
            ]
            said.update(
                {(source.id, draft.id): each.same for draft, each in zip(drafts, found[start:], strict=False)}
            )
            intake.record_entries(session, source, entries_of(drafts), first=False, now=now)
    spoken = defaultdict(list)
    for mention, entry in session.exec(
        select(Mention, Entry).join(Entry, Entry.id == Mention.entry_id)  # type: ignore[arg-type]
    ):
        spoken[mention.candidate_id].append(said[entry.source_id, entry.key])
    return spoken


def by_source(entries: Iterable[Labelled]) -> dict[str, list[Labelled]]:
    """As they would come: each vendor's blog and each repository's releases from a feed of their own."""
    found = defaultdict(list)
    for each in entries:
        own = each.announcer in (Announcer.VENDOR_BLOG, Announcer.RELEASES)
        found[f"{each.announcer.value} {own and registrable_domain(host_of(each.link))}"].append(each)
    return found


def source_url(entry: Labelled) -> str:
    return f"https://{host_of(entry.link) or 'feeds.example'}/feed/{entry.announcer.value}"


def test_no_two_things_are_one_candidate(things):
    wrong = {candidate: said for candidate, said in things.items() if len(set(said)) > 1}
    assert wrong == {}
    assert len(things) > 300


def test_what_is_told_twice_is_mostly_one_candidate(things):
    where = defaultdict(set)
    for candidate, said in things.items():
        for thing in said:
            where[thing].add(candidate)
    parted = sorted(thing for thing, found in where.items() if len(found) > 1)
    assert parted == ["lume", "rust"], "their links share no strong key; a person merges them by their names"

"""Trouble and silence of a source as episodes: one number from beginning to end, an end that is told."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from registry.services.people.acting import REGISTRY, record
from registry.services.sources import sources
from registry.services.sources.source_episodes import episodes
from registry.store.tables import Source


@pytest.fixture
def source(session: Session, now: datetime) -> Source:
    return sources.add_source(
        session,
        url="https://me:hush@a.example/feed",
        name="Harbour",
        by=REGISTRY,
        now=now - timedelta(days=90),
    )


def befalls(session: Session, source: Source, at: datetime, action: str, **told: str) -> None:
    before = {"error_code": told.pop("before")} if "before" in told else {}
    record(session, action, ("source", source.id), by=REGISTRY, now=at, before=before, after=told)
    session.flush()


def test_an_episode_keeps_its_number_while_it_gets_worse_and_past_its_end(session, source, now):
    befalls(session, source, now, "source.failed", error_code="timeout", error="It took too long.")
    (first,) = episodes(session, now)
    assert (first.state, first.sentence, first.began_at) == ("failing", "It took too long.", now)
    later = now + timedelta(days=3)
    befalls(session, source, later, "source.failed", before="timeout", error="It is not there.")
    befalls(session, source, later, "source.broken", state="broken", error="It failed 9 times in a row.")
    (worse,) = episodes(session, later)
    assert (worse.number, worse.began_at, worse.changed_at) == (first.number, now, later)
    assert worse.state == "broken"
    well = later + timedelta(hours=1)
    befalls(session, source, well, "source.recovered")
    (over,) = episodes(session, well)
    assert (over.number, over.state, over.over, len(over.story)) == (first.number, "recovered", True, 4)


def test_the_next_trouble_is_another_episode(session, source, now):
    for hours in (0, 10):
        befalls(session, source, now + timedelta(hours=hours), "source.failed", error="No.")
        befalls(session, source, now + timedelta(hours=hours + 1), "source.recovered")
    found = episodes(session, now + timedelta(days=1))
    assert len({each.number for each in found}) == 2
    assert found[0].changed_at > found[1].changed_at


def test_silence_is_an_episode_of_its_own_that_ends_with_news(session, source, now):
    befalls(session, source, now, "source.quiet", error="Nothing new for 20 days.")
    befalls(session, source, now, "source.failed", error="No.")
    befalls(session, source, now + timedelta(days=1), "source.woke")
    states = {each.state for each in episodes(session, now + timedelta(days=1))}
    assert states == {"woke", "failing"}


def test_a_removed_source_ends_what_befell_it(session, source, now):
    befalls(session, source, now, "source.failed", error="No.")
    sources.remove(session, source.id, by=REGISTRY, now=now)
    session.flush()
    assert [(each.state, each.over) for each in episodes(session, now)] == [("removed", True)]


def test_what_ended_long_ago_is_told_no_more_and_what_goes_on_for_ever_is(session, source, now):
    long_ago = now - timedelta(days=80)
    befalls(session, source, long_ago, "source.failed", error="No.")
    befalls(session, source, long_ago + timedelta(days=1), "source.recovered")
    assert list(episodes(session, now)) == []
    befalls(session, source, long_ago + timedelta(days=2), "source.failed", error="No.")
    source.failures, source.error = 40, "No."
    session.flush()
    assert [each.state for each in episodes(session, now)][:1] == ["failing"]


def test_no_episode_tells_an_address(session, source, now):
    befalls(session, source, now, "source.failed", error="No.")
    sources.change_address(session, source.id, url="https://b.example/", by=REGISTRY, now=now)
    session.flush()
    (episode,) = episodes(session, now)
    assert "example" not in " ".join(episode.story)

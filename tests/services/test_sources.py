from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput, NotFound, RuleBroken
from registry.domain.proposal import Announcer
from registry.services import sources
from registry.services.acting import Actor
from registry.store import sources as store
from registry.store.tables import Event, Source

ADA = Actor(None, "Ada")
URL = "https://feeds.example/launches"


def add(session: Session, now: datetime, url=URL, **more) -> Source:
    return sources.add_source(session, url=url, by=ADA, now=now, **more)


def test_a_new_source_is_due_at_once(session, now):
    source = add(session, now, announcer=Announcer.LAUNCH_FEED)
    assert (source.name, source.due_at) == ("feeds.example", now)
    assert session.exec(select(Event.action)).all() == ["source.added"]


@pytest.mark.parametrize("url", ["", "launches", "ftp://feeds.example/", "file:///etc/passwd", "https://"])
def test_what_is_no_web_address_is_refused(session, now, url):
    with pytest.raises(InvalidInput):
        add(session, now, url)


@pytest.mark.parametrize(
    "twin", [URL, "http://feeds.example/launches", "https://FEEDS.example/launches/#top"]
)
def test_the_same_address_in_another_spelling_is_refused(session, now, twin):
    add(session, now)
    with pytest.raises(RuleBroken, match="polled already"):
        add(session, now, twin)


def test_a_removed_source_is_gone_from_the_list_and_comes_back_with_what_it_had(session, now):
    source = add(session, now, name="Launches")
    sources.remove(session, source.id, by=ADA, now=now)
    session.flush()
    assert store.sources(session) == []
    with pytest.raises(NotFound):
        store.get(session, source.id)
    assert add(session, now).id == source.id


def test_a_paused_source_is_not_due_until_it_is_resumed(session, now):
    source = add(session, now)
    sources.pause(session, source.id, by=ADA, now=now)
    session.flush()
    assert store.due(session, now, 10) == []
    sources.resume(session, source.id, by=ADA, now=now)
    session.flush()
    assert store.due(session, now, 10) == [source]


def test_fetch_now_is_for_every_five_minutes_at_most(session, now):
    source = add(session, now)
    source.fetched_at, source.due_at = now, now + timedelta(hours=1)
    with pytest.raises(RuleBroken, match="five minutes"):
        sources.fetch_now(session, source.id, by=ADA, now=now + timedelta(minutes=4))
    later = now + timedelta(minutes=5)
    assert sources.fetch_now(session, source.id, by=ADA, now=later).due_at == later


def test_a_move_can_be_undone(session, now):
    source = add(session, now)
    source.former_url, source.url, source.etag = URL, "https://elsewhere.example/feed", '"1"'
    sources.undo_move(session, source.id, by=ADA, now=now)
    assert (source.url, source.former_url, source.etag) == (URL, "", "")
    with pytest.raises(RuleBroken):
        sources.undo_move(session, source.id, by=ADA, now=now)


def test_a_source_is_named_by_number_address_or_name(session, now):
    source = add(session, now, name="Launches")
    assert [store.named(session, text) for text in (str(source.id), URL, "launches")] == [source] * 3
    with pytest.raises(NotFound):
        store.named(session, "Landings")

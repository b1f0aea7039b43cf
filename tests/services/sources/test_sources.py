from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput, NotFound, RuleBroken
from registry.domain.proposal import Announcer
from registry.services.people.acting import Actor
from registry.services.sources import sources
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


def test_another_address_drops_what_the_old_one_taught_and_can_be_undone(session, now):
    source = add(session, now)
    source.etag, source.body_hash, source.gone_at, source.failures = '"1"', "x", now, 3
    fence = source.fence
    sources.change_address(session, source.id, url="elsewhere.example/feed", by=ADA, now=now)
    assert (source.url, source.former_url) == ("https://elsewhere.example/feed", URL)
    assert (source.etag, source.body_hash, source.gone_at, source.due_at) == ("", "", None, now)
    assert source.fence > fence, "whoever reads the old address now may not write"
    sources.undo_move(session, source.id, by=ADA, now=now)
    assert (source.url, source.refused_url) == (URL, "https://elsewhere.example/feed")
    session.flush()
    actions = session.exec(select(Event.action).order_by(Event.id)).all()
    assert actions == ["source.added", "source.moved", "source.moved_back"]


def test_an_address_that_is_no_address_its_own_or_polled_by_another_is_refused(session, now):
    source = add(session, now)
    add(session, now, "https://other.example/feed", name="Other")
    gone = add(session, now, "https://gone.example/feed")
    sources.remove(session, gone.id, by=ADA, now=now)
    for url, error in (
        ("nowhere", InvalidInput),
        (URL, RuleBroken),
        ("http://www.other.example/feed/", RuleBroken),
        ("https://gone.example/feed", RuleBroken),
    ):
        with pytest.raises(error):
            sources.change_address(session, source.id, url=url, by=ADA, now=now)
    sources.change_address(session, source.id, url="http://feeds.example/launches", by=ADA, now=now)


def test_a_plan_says_what_would_be_added_and_adds_nothing(session, now):
    add(session, now, name="Launches")
    asked = [sources.Wanted(url) for url in ("a.example/f", "https://a.example/f#x", URL, "ftp://b.example")]
    planned = sources.plan(session, asked)
    assert [each.url for each in planned.wanted] == ["https://a.example/f"]
    assert [each.wanted.url for each in planned.left_out] == [each.url for each in asked[1:]]
    assert "twice" in planned.left_out[0].why
    assert "source 1, “Launches”" in planned.left_out[1].why
    assert len(store.sources(session)) == 1


def test_a_removed_source_comes_back_with_a_list_too(session, now):
    source = add(session, now, name="Launches")
    sources.remove(session, source.id, by=ADA, now=now)
    added, _ = sources.add_all(session, [sources.Wanted(URL), sources.Wanted("a.example")], by=ADA, now=now)
    assert (added[0].id, added[0].name) == (source.id, "Launches")
    assert len(store.sources(session)) == 2


def test_an_act_on_many_does_what_can_be_done_and_names_the_others(session, now):
    one, two = add(session, now, name="One"), add(session, now, "https://two.example/", name="Two")
    sources.pause(session, one.id, by=ADA, now=now)
    done = sources.act_on_many(session, [one.id, two.id, 999], sources.ManyAct.PAUSE, by=ADA, now=now)
    assert done.count == 1
    assert [each.partition(":")[0] for each in done.left] == ["One", "Source 999"]
    done = sources.act_on_many(
        session, [one.id, two.id], sources.ManyAct.GROUP, group="Tools", by=ADA, now=now
    )
    assert (done.count, one.group, two.group) == (2, "Tools", "Tools")
    done = sources.act_on_many(session, [one.id, two.id], sources.ManyAct.REMOVE, by=ADA, now=now)
    assert done.count == 2


def test_a_source_may_be_fetched_again_when_both_five_minutes_and_its_publisher_allow_it(session, now):
    source = add(session, now)
    assert sources.may_fetch_at(source, now) == now
    source.fetched_at = now
    assert sources.may_fetch_at(source, now) == now + timedelta(minutes=5)
    source.wait_until = now + timedelta(hours=1)
    assert sources.may_fetch_at(source, now) == source.wait_until

"""The user and password that a source's address may hold: used to ask its own server, and told to nobody."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from registry import rounds
from registry.domain.errors import RuleBroken
from registry.services.people.acting import Actor, event_of
from registry.services.sources import opml, sources
from registry.store.engine import snapshot, transaction
from registry.store.sources import get
from registry.store.tables import Event
from scrapers.errors import FetchError
from scrapers.fetch import Fetched, Validators
from scrapers.links import public_url
from tests.visiting import Visited

NOW = datetime(2026, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)
SECRETS = ("me-myself", "hush-hush")
HELD = "https://me-myself:hush-hush@old.example"
ADA = Actor(None, "Ada")


def tells(text: object) -> bool:
    return any(secret in str(text) for secret in SECRETS)


def events(engine) -> str:
    with snapshot(engine) as session:
        return json.dumps([(each.before, each.after) for each in session.exec(select(Event))])


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        ("https://me:hush@a.example:8443/x?y=@z", "https://a.example:8443/x?y=@z"),
        ("HTTP://me@a.example", "HTTP://a.example"),
        ("https://me:hu@sh@a.example/", "https://a.example/"),
        ("https:///me:hush@a.example/", "https:///a.example/"),
        ("https://[me:hush@a.example/", "https://a.example/"),
        ("https://a.example/@me", "https://a.example/@me"),
        ("write to me@a.example", "write to me@a.example"),
    ],
)
def test_an_address_is_shown_without_its_user_part(held, shown):
    assert public_url(held) == shown


def test_no_event_keeps_a_password_however_deep_it_lies():
    told = event_of(
        "a.b",
        ("source", 1),
        by=ADA,
        now=NOW,
        before={"url": f"{HELD}/a"},
        after={"feeds": [f"{HELD}/b", {"c": f" {HELD}/c"}], "count": 2},
    )
    assert told["before"] == {"url": "https://old.example/a"}
    assert not tells(told)
    assert told["after"]["count"] == 2


def test_whatever_becomes_of_a_source_its_password_stays_in_its_address(engine, now, caplog):
    caplog.set_level(logging.DEBUG)
    source = Visited(engine, f"{HELD}/feed", now)
    moved = "https://old.example/new"
    for day in (0, 2, 4, 6, 8):
        source.is_unchanged(now + day * DAY, to=moved)
    assert source.row().url == f"{HELD}/new"
    later = now + 20 * DAY
    with transaction(engine) as session:
        sources.undo_move(session, source.id, by=ADA, now=later)
        sources.change_address(session, source.id, url=f"{HELD}/third", by=ADA, now=later)
        with pytest.raises(RuleBroken) as refused:
            sources.add_source(session, url=f"{HELD}/third", by=ADA, now=later)
        assert not tells(refused.value.sentence)
        exported = opml.write_opml([get(session, source.id)], title="Sources", now=later)
        sources.remove(session, source.id, by=ADA, now=later)
        sources.add_source(session, url=f"{HELD}/third", by=ADA, now=later)
    assert "https://old.example/third" in str(exported)
    assert events(engine).count("old.example") >= 6
    assert not any(map(tells, (exported, events(engine), caplog.text)))


class Refuses:
    """A publisher of whom each answer is another trouble."""

    def __init__(self, trouble: Exception) -> None:
        self.trouble = trouble

    def get(self, url: str, *, validators: Validators | None = None) -> Fetched:
        raise self.trouble


@pytest.mark.parametrize(
    "trouble", [FetchError("http_401", "It asks for a name.", status=401), ValueError("a bug of ours")]
)
def test_a_visit_that_fails_tells_no_password(engine, now, caplog, trouble):
    caplog.set_level(logging.DEBUG)
    with transaction(engine) as session:
        added = sources.add_source(session, url=f"{HELD}/feed", by=ADA, now=now)
    (told,) = rounds.refresh_due(engine, Refuses(trouble), None, lambda: now)
    with snapshot(engine) as session:
        row = get(session, added.id)
    assert not told.ok
    assert not any(map(tells, (row.error, row.name, told.error, events(engine), caplog.text)))

"""What is held back of a source: shown to whoever works here, decided by admins, asked about where people look."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import func, select
from starlette.testclient import TestClient

from registry.domain.proposal import Announcer
from registry.services.entries import intake
from registry.services.people.acting import REGISTRY
from registry.services.sources import sources
from registry.store.engine import snapshot, transaction
from registry.store.tables import Candidate, Entry, Event
from tests.feeds import some_entries

As = Callable[[str], TestClient]
SAID = "Launches: 60 entries are held back because so many came at once."


@pytest.fixture
def flooded(site_engine: Engine, now: datetime) -> int:
    """A source that brought one entry, and then sixty at once."""
    return flood(site_engine, "Launches", now)


def flood(engine: Engine, name: str, now: datetime) -> int:
    with transaction(engine) as session:
        source = sources.add_source(
            session,
            url=f"https://{name.lower()}.example/feed",
            name=name,
            announcer=Announcer.LAUNCH_FEED,
            by=REGISTRY,
            now=now - timedelta(days=9),
        )
        for found, first in ((some_entries(1), True), (some_entries(60, first=100), False)):
            intake.record_entries(session, source, found, first=first, now=now)
        return source.id or 0


def candidates(engine: Engine) -> int:
    with snapshot(engine) as session:
        return session.exec(select(func.count()).select_from(Candidate)).one()


def test_the_inbox_asks_about_what_is_held_back(as_: As, flooded: int) -> None:
    shown = as_("Rosa").get("/inbox").text
    assert SAID in shown
    assert f'href="/sources/{flooded}/held"' in shown


@pytest.mark.parametrize("who", ["Rosa", "Ada"])
def test_the_pages_of_sources_ask_too(as_: As, flooded: int, who: str) -> None:
    for address in ("/sources", f"/sources/{flooded}"):
        shown = as_(who).get(address).text
        assert SAID in shown
        assert f'href="/sources/{flooded}/held"' in shown


def test_the_health_feed_tells_of_the_flood_and_of_what_became_of_it(as_: As, flooded: int) -> None:
    assert "Launches brought so much at once that somebody has to look" in health(as_)
    as_("Ada").post(f"/sources/{flooded}/held", data={"act": "let-in"})
    told = health(as_)
    assert "Launches: what was held back was let in" in told
    assert told.count("<entry>") == 1


def test_several_floods_are_asked_about_in_one_place(
    as_: As, flooded: int, site_engine: Engine, now: datetime
) -> None:
    flood(site_engine, "Boards", now)
    shown = as_("Rosa").get("/inbox").text
    assert "2 sources have entries held back because so many came at once." in shown


def health(as_: As) -> str:
    return as_("Rosa").get("/sources/health.atom").text


def test_it_shows_what_is_held_back_a_page_at_a_time(as_: As, flooded: int) -> None:
    rosa = as_("Rosa")
    first = rosa.get(f"/sources/{flooded}/held").text
    assert "60 held back, 50 on this page" in first
    assert "Product159 - Does thing 159" in first
    assert "Product109" not in first
    address = first.partition('rel="next" href="')[2].partition('"')[0]
    second = rosa.get(address).text
    assert "Product100 - Does thing 100" in second
    assert "Back to the newest" in second


def test_only_an_admin_is_offered_the_decision(as_: As, flooded: int) -> None:
    assert "An admin decides" in as_("Rosa").get(f"/sources/{flooded}/held").text
    assert "Let all 60 in" in as_("Ada").get(f"/sources/{flooded}/held").text
    assert as_("Rosa").post(f"/sources/{flooded}/held", data={"act": "let-in"}).status_code == 403


def test_let_in_they_are_in_the_inbox(as_: As, flooded: int, site_engine: Engine) -> None:
    ada = as_("Ada")
    reply = ada.post(f"/sources/{flooded}/held", data={"act": "let-in"}, follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (303, f"/sources/{flooded}")
    assert candidates(site_engine) == 61
    assert "Nothing is held back" in ada.get(f"/sources/{flooded}/held").text
    assert SAID not in as_("Rosa").get("/inbox").text


def test_left_they_propose_nothing(as_: As, flooded: int, site_engine: Engine) -> None:
    as_("Ada").post(f"/sources/{flooded}/held", data={"act": "leave"})
    assert candidates(site_engine) == 1
    with snapshot(site_engine) as session:
        assert session.exec(select(Event.actor).where(Event.action == "source.left")).one() == "Ada"
        assert session.exec(select(func.count()).where(Entry.only_seen)).one() == 60  # type: ignore[arg-type]


def test_what_somebody_else_decided_meanwhile_is_told(as_: As, flooded: int) -> None:
    ada = as_("Ada")
    ada.post(f"/sources/{flooded}/held", data={"act": "leave"})
    late = ada.post(f"/sources/{flooded}/held", data={"act": "let-in"})
    assert late.status_code == 409
    assert "Perhaps somebody has decided about it already." in late.text


def test_an_act_that_there_is_not_is_refused(as_: As, flooded: int) -> None:
    assert as_("Ada").post(f"/sources/{flooded}/held", data={"act": "?"}).status_code == 422

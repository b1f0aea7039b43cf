"""Each act on a verdict against each place that tells of it: seen at once in all of them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from registry.domain.outcome import Outcome
from registry.domain.validity import STATE_LABELS, ValidityState
from registry.services.verdicts.announcing import Sweep
from registry.store.engine import transaction
from registry.web.words import MARKS
from tests.builders import UTC_ZONE, a_tool, a_verdict
from tests.conftest import Beginning
from tests.web.conftest import the_actors

As = Callable[[str], TestClient]
ACTS: dict[str, tuple[list[tuple[str, str, dict[str, str]]], str, str]] = {
    "suspended": ([("Amir", "suspend", {"reason": "A leak.", "sure": "yes"})], "suspended", "suspended"),
    "confirmed": (
        [("Amir", "suspend", {"reason": "A leak.", "sure": "yes"}), ("Ada", "confirm", {})],
        "suspended",
        "suspended",
    ),
    "lifted": (
        [("Amir", "suspend", {"reason": "A leak.", "sure": "yes"}), ("Ada", "lift", {})],
        "active",
        "yes_if",
    ),
    "sunset": ([("Amir", "sunset", {"effective_on": "2027-01-01"})], "sunset_announced", "yes_if"),
    "kept after all": (
        [("Amir", "sunset", {"effective_on": "2027-01-01"}), ("Amir", "keep", {"reason": "It stays."})],
        "active",
        "yes_if",
    ),
    "graduated": ([("Amir", "graduate", {})], "graduated", "yes"),
    "approved again": (
        [("Amir", "graduate", {}), ("Amir", "approve-again", {"reason": "Too early."})],
        "active",
        "yes_if",
    ),
    "revoked": (
        [("Amir", "revoke", {"reason": "Gone.", "replacement": "Pen Flow", "sure": "yes"})],
        "revoked",
        "no",
    ),
}
DAYS: dict[str, tuple[int, str, str]] = {
    "review due": (330, "review_due", "yes_if"),
    "grace": (367, "grace", "yes_if"),
    "lapsed": (400, "lapsed", "lapsed"),
}


def prepare(session: Session, now: datetime) -> None:
    """Conditionally approved on 3 November 2026, until 3 November 2027."""
    actors = the_actors(session)
    a_tool(session, "Pen Flow", now=now)
    tool = a_tool(session, now=now)
    a_verdict(session, tool, actors, now=now, outcome=Outcome.APPROVED_WITH_CONDITIONS)


@pytest.fixture
def beginning() -> Beginning:
    return prepare


@pytest.fixture
def published(clock: Any) -> None:
    """The undo window of the verdict is over."""
    clock.pass_time(minutes=6)


pytestmark = pytest.mark.usefixtures("published")


def told_everywhere(client: TestClient, state: str, answer: str) -> None:
    label = MARKS[state].label
    words = STATE_LABELS[ValidityState(state)].lower()
    assert client.get("/api/v1/verdicts/1").json()["validity"] == state
    assert client.get("/api/v1/check?q=quillmark").json()["answer"] == answer
    assert client.get("/api/v1/tools/quillmark").json()["answer"] == answer
    assert [
        each["validity"] for each in client.get(f"/api/v1/verdicts?validity={state}").json()["items"]
    ] == [state]
    assert client.get(f"/verdicts.json?validity={state}").json()["verdicts"][0]["validity"] == state
    assert f",{state}," in client.get(f"/verdicts.csv?validity={state}").text
    assert label in client.get("/verdicts/1").text
    pages = [f"/verdicts?validity={state}", "/tools/quillmark"]
    if state != "active":  # a verdict that simply stands needs no word beside its outcome there
        for page in pages:
            assert label in client.get(page).text, page
    for ending in ("atom", "rss", "json"):
        for feed in (f"/feeds/verdicts.{ending}", f"/tools/quillmark/verdicts.{ending}"):
            body = client.get(feed)
            assert body.status_code == 200
            if state not in ("active", "review_due"):  # that its review is due is the office's business
                assert words in body.text.lower(), feed
    told = client.get("/feeds/verdicts.json").json()["items"][0]["_registry"]["validity"]
    assert told == ("active" if state == "review_due" else state)
    if state in ("revoked", "superseded"):
        assert client.get("/api/v1/verdicts").json()["items"] == []


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_seen_at_once_everywhere(name: str, as_: As, client: TestClient, clock: Any) -> None:
    acts, state, answer = ACTS[name]
    for who, path, typed in acts:
        clock.pass_time(minutes=1)
        assert as_(who).post(f"/verdicts/1/{path}", data=typed).is_redirect
    told_everywhere(client, state, answer)
    updated = client.get("/feeds/verdicts.json").json()["items"][0]["date_modified"]
    assert datetime.fromisoformat(updated) == clock.now
    if name == "revoked":
        assert "Pen Flow" in client.get("/check?q=quillmark").text
        assert client.get("/api/v1/verdicts/1").json()["replacement"] == "pen-flow"
        assert 'href="/tools/pen-flow"' in client.get("/verdicts/1").text


@pytest.mark.parametrize("name", DAYS)
def test_what_the_date_does_is_seen_everywhere_and_news_for_followers(
    name: str, client: TestClient, clock: Any, app: FastAPI, site_engine: Engine
) -> None:
    days, state, answer = DAYS[name]
    before = client.get("/feeds/verdicts.json").json()["items"][0]["date_modified"]
    clock.pass_time(days=days)
    with transaction(site_engine) as session:
        Sweep(UTC_ZONE).write(session, clock.now)
    told_everywhere(client, state, answer)
    updated = client.get("/feeds/verdicts.json").json()["items"][0]["date_modified"]
    assert updated == before if state == "review_due" else updated > before

"""Entries held back, through the API: listed in pages, let in or left, once."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.proposal import Announcer
from registry.services.entries import intake
from registry.services.people.acting import REGISTRY
from registry.services.sources import sources
from registry.store.engine import transaction
from tests.feeds import some_entries

Program = Callable[..., TestClient]


@pytest.fixture
def held(site_engine: Engine, now: datetime) -> str:
    """The address of what is held back of a source that brought sixty entries at once."""
    with transaction(site_engine) as session:
        source = sources.add_source(
            session,
            url="https://launches.example/feed",
            announcer=Announcer.LAUNCH_FEED,
            by=REGISTRY,
            now=now,
        )
        for found, first in ((some_entries(1), True), (some_entries(60, first=100), False)):
            intake.record_entries(session, source, found, first=first, now=now)
        return f"/api/v1/sources/{source.id}/held"


def test_they_are_listed_in_pages(program: Program, held: str) -> None:
    rosa = program("Rosa", "read")
    first = rosa.get(held, params={"limit": 40})
    assert len(first.json()["items"]) == 40
    assert 'rel="next"' in first.headers["link"]
    second = rosa.get(held, params={"limit": 40, "cursor": first.json()["next"]}).json()
    assert (len(second["items"]), second["next"]) == (20, None)
    assert second["items"][-1]["title"] == "Product100 - Does thing 100"


def test_let_in_they_propose_and_repeating_it_under_a_key_tells_the_same(program: Program, held: str) -> None:
    ada = program("Ada", "sources")
    replies = [ada.post(held, json={"let_in": True}, headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert [reply.json() for reply in replies] == [{"entries": 60, "candidates": 60, "kept_out": 0}] * 2
    assert ada.post(held, json={"let_in": True}).status_code == 409


def test_left_they_stay_seen(program: Program, held: str) -> None:
    ada = program("Ada", "read", "sources")
    assert ada.post(held, json={"let_in": False}).json() == {"entries": 60, "candidates": 0, "kept_out": 0}
    assert ada.get(held).json()["items"] == []


def test_only_those_who_keep_sources_decide(program: Program, held: str) -> None:
    assert program("Rosa", "read", "triage").post(held, json={"let_in": True}).status_code == 403
    assert program("Ada", "read").post(held, json={"let_in": True}).status_code == 403

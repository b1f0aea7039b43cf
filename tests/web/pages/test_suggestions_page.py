"""What the page of a candidate, and the API, suggest for the tool that it may become."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.proposal import Announcer
from registry.services.entries import intake
from registry.store import tags, tools
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from registry.store.tables import Source
from tests.builders import a_tool
from tests.feeds import an_entry

As = Callable[[str], TestClient]
OFFERED = 'name="suggested" value="tag:speech" aria-describedby="f-suggested-h">'
"""A box that nobody ticked."""
WHY = "Both of its entries say “speech”; so do 2 tools here, of which 2 have that tag."


@pytest.fixture(autouse=True)
def _heard_of(site_engine: Engine, now: datetime) -> None:
    """Candidate 1, of which two entries say `speech`, a tag of the registry."""
    with transaction(site_engine) as session:
        for name in ("Murmur", "Hearsay"):
            a_tool(session, name, now=now, tagged=("speech",)).description = "Speech into minutes"
        source = Source(
            name="Launches",
            url="https://feeds.example/",
            announcer=Announcer.LAUNCH_FEED,
            created_at=now,
            due_at=now,
        )
        session.add(source)
        session.flush()
        found = [
            an_entry(key=title, title=f"Quaver - {title}", link="https://quaver.example/")
            for title in ("Speech into text", "Speech, faster")
        ]
        intake.record_entries(session, source, found, first=True, home="", now=now)


def test_a_suggestion_is_offered_with_why_and_taken_with_one_click(as_: As, site_engine: Engine) -> None:
    rosa = as_("Rosa")
    page = rosa.get("/inbox/1").text
    assert OFFERED in page
    assert WHY in page
    typed = {"suggested": "tag:speech", "new_category": "Meetings", "new_tags": "Open Source"}
    assert rosa.post("/inbox/1/accept", data=typed).status_code == 303
    with snapshot(site_engine) as session:
        tool = tools.get(session, "quaver")
        assert tool.category == "Meetings"
        assert tags.of_tool(session, id_of(tool)) == ("open-source", "speech")
    assert "f-suggested" not in rosa.get("/inbox/1").text


def test_what_is_refused_comes_back_with_what_was_ticked_and_typed(as_: As) -> None:
    sent = {"suggested": ["category:Writing", "tag:speech"], "new_category": "Meetings", "new_tags": "!!!"}
    for change, told in (({}, "not both"), ({"new_category": ""}, "“!!!” is no tag")):
        reply = as_("Rosa").post("/inbox/1/accept", data=sent | change)
        assert reply.status_code == 422
        assert told in reply.text
        assert 'value="tag:speech" checked' in reply.text
        assert 'value="!!!"' in reply.text


def test_who_may_not_triage_is_offered_nothing(as_: As) -> None:
    assert "f-suggested" not in as_("Uma").get("/inbox/1").text


def test_a_program_is_suggested_the_same_and_gives_what_it_takes(as_: As) -> None:
    rosa, at = as_("Rosa"), "/api/v1/candidates/1"
    told = {"value": "speech", "reasons": [WHY]}
    assert rosa.get(f"{at}/suggestions").json() == {"category": None, "tags": [told]}
    assert rosa.post(f"{at}/accept", json={"tags": ["!!!"]}).json()["faults"].keys() == {"tags"}
    assert rosa.post(f"{at}/accept", json={"tags": ["Speech"]}).status_code == 200
    assert rosa.get("/api/v1/tools/quaver").json()["tags"] == ["speech"]

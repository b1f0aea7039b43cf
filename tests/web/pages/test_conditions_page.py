"""The library of conditions: who keeps it, what comes back as typed, and that verdicts keep the words they took."""

from collections.abc import Callable, Mapping
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.library import as_condition
from registry.domain.outcome import Outcome
from registry.services.decisions import library as keeping
from registry.services.people.acting import Actor
from registry.services.rubrics import rubric_files
from registry.store import library
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from tests.builders import a_tool, a_verdict
from tests.conftest import NOW

As = Callable[[str], TestClient]
PUBLIC = {
    "text": "Enter only <public> information.",
    "duty": "user",
    "check": "self_attested",
    "kind": "data_ceiling",
    "mitigates": "r5, R2",
    "lasts": "standing",
}


@pytest.fixture(autouse=True)
def _rubric(site_engine: Engine, cast: Mapping[str, int], now: datetime) -> None:
    with transaction(site_engine) as session:
        rubric_files.take_in(session, None, now=now)


@pytest.fixture
def amir(as_: As) -> TestClient:
    return as_("Amir")


@pytest.fixture
def kept(amir: TestClient, site_engine: Engine) -> str:
    """The address of the one condition of the library."""
    amir.post("/conditions", data=PUBLIC)
    with snapshot(site_engine) as session:
        [one] = library.conditions(session, now=NOW)
        return f"/conditions/{one.row.id}"


def offered(engine: Engine) -> list[str]:
    with snapshot(engine) as session:
        return [each.wording.text for each in library.conditions(session, now=NOW)]


def test_what_is_added_stands_in_the_list_in_words(amir: TestClient) -> None:
    assert amir.post("/conditions", data=PUBLIC).headers["location"] == "/conditions"
    page = amir.get("/conditions").text
    assert "Enter only &lt;public&gt; information." in page
    assert "covers R2 Security, R5 Terms and contract" in page
    assert "not used yet" in page


def test_what_lacks_something_comes_back_whole_in_an_open_form(amir: TestClient, site_engine: Engine) -> None:
    reply = amir.post("/conditions", data=PUBLIC | {"duty": "", "mitigates": "R5 R99", "due_days": "ten"})
    assert reply.status_code == 422
    assert PUBLIC["text"] in unescape(reply.text)
    assert 'value="R5 R99"' in reply.text
    assert 'value="ten"' in reply.text
    assert '<details class="more" open><summary>Add a condition' in reply.text
    assert offered(site_engine) == []


@pytest.mark.parametrize("path", ["", "/starter"])
def test_a_reviewer_reads_it_and_keeps_nothing(as_: As, kept: str, site_engine: Engine, path: str) -> None:
    rosa = as_("Rosa")
    assert "Add a condition" not in rosa.get("/conditions").text
    assert "Word it anew" not in rosa.get(kept).text
    assert rosa.post(f"/conditions{path}", data=PUBLIC | {"text": "Other."}).status_code == 403
    assert rosa.post(f"{kept}/retire", data={"reason": "So.", "version": "1"}).status_code == 403
    assert len(offered(site_engine)) == 1


def test_it_is_no_business_of_who_only_looks_things_up(as_: As, kept: str) -> None:
    assert as_("Emil").get("/conditions").status_code == 403
    assert as_("Emil").get(kept).status_code == 403


def test_an_empty_library_begins_with_the_usual_ones_and_a_second_press_adds_none(
    amir: TestClient, site_engine: Engine
) -> None:
    assert "Begin with the usual ones" in amir.get("/conditions").text
    assert amir.post("/conditions/starter").status_code == 303
    usual = offered(site_engine)
    assert len(usual) == len(keeping.starter())
    assert amir.post("/conditions/starter").status_code == 409
    assert offered(site_engine) == usual
    assert "Begin with the usual ones" not in amir.get("/conditions").text


def test_a_verdict_keeps_its_words_and_the_condition_lists_it(
    amir: TestClient,
    kept: str,
    site_engine: Engine,
    actors: Mapping[str, Actor],
    clock: Any,
    now: datetime,
) -> None:
    with transaction(site_engine) as session:
        [one] = library.conditions(session, now=NOW)
        taken = as_condition(library.as_wording(one.wording), wording_id=id_of(one.wording), on=now.date())
        tool = a_tool(session, "Quillmark", now=now)
        a_verdict(
            session,
            tool,
            actors,
            now=now,
            outcome=Outcome.APPROVED_WITH_CONDITIONS,
            conditions=(taken,),
        )
    clock.pass_time(minutes=10)
    reply = amir.post(f"{kept}/reword", data=PUBLIC | {"text": "Public only.", "version": "1"})
    assert reply.headers["location"] == kept
    page = amir.get(kept).text
    assert "<h1>Public only.</h1>" in page
    assert "Quillmark, verdict 1" in page
    assert "wording 1" in page
    assert PUBLIC["text"] in unescape(amir.get("/verdicts/1").text)


def test_a_stale_page_is_told_with_both_wordings_in_sight(as_: As, amir: TestClient, kept: str) -> None:
    amir.post(f"{kept}/reword", data=PUBLIC | {"text": "Public only.", "version": "1"})
    reply = as_("Ada").post(f"{kept}/reword", data=PUBLIC | {"text": "Nothing secret.", "version": "1"})
    assert reply.status_code == 409
    assert "Somebody changed this condition meanwhile" in reply.text
    assert "<h1>Public only.</h1>" in reply.text
    assert "Nothing secret.</textarea>" in reply.text
    again = as_("Ada").post(f"{kept}/reword", data=PUBLIC | {"text": "Nothing secret.", "version": "2"})
    assert again.status_code == 303


@pytest.mark.parametrize("act", ["reword", "retire", "bring-back"])
def test_a_version_that_cannot_be_read_is_stale(amir: TestClient, kept: str, act: str) -> None:
    typed = PUBLIC | {"text": "Public only.", "reason": "Because.", "version": "1e3"}
    reply = amir.post(f"{kept}/{act}", data=typed)
    assert reply.status_code == 409
    assert "Somebody changed this condition meanwhile" in reply.text


def test_one_that_is_retired_says_why_is_offered_no_more_and_comes_back(
    amir: TestClient, kept: str, site_engine: Engine
) -> None:
    assert amir.post(f"{kept}/retire", data={"reason": " ", "version": "1"}).status_code == 422
    amir.post(f"{kept}/retire", data={"reason": "The login page says so.", "version": "1"})
    assert offered(site_engine) == []
    assert "Retired (1)" in amir.get("/conditions").text
    page = amir.get(kept).text
    assert "The login page says so." in page
    assert "Offer it again" in page
    amir.post(f"{kept}/bring-back", data={"version": "2"})
    assert offered(site_engine) == [PUBLIC["text"]]

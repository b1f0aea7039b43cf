"""Reports, reopened cases and acts on several verdicts, as their users meet them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlmodel import Session, select
from starlette.testclient import TestClient

from registry.store.engine import snapshot
from registry.store.tables import Event, Report
from registry.web.asking import MOST_FROM_ONE_PLACE
from tests.builders import a_tool, a_verdict
from tests.conftest import Beginning
from tests.web.conftest import the_actors

As = Callable[[str], TestClient]


def prepare(session: Session, now: datetime) -> None:
    """Verdict 1 on Quillmark and 2 on Scrawl; nobody has decided on Pen Flow."""
    actors = the_actors(session)
    a_verdict(session, a_tool(session, now=now), actors, now=now)
    a_verdict(session, a_tool(session, "Scrawl", now=now), actors, now=now)
    a_tool(session, "Pen Flow", now=now)


@pytest.fixture
def beginning() -> Beginning:
    return prepare


@pytest.fixture
def published(clock: Any) -> None:
    """The undo windows of the verdicts are over."""
    clock.pass_time(minutes=6)


pytestmark = pytest.mark.usefixtures("published")
INCIDENT = {"tool": "Quillmark", "text": "It sent a draft to a stranger.", "happened_on": "2026-11-02"}


def test_an_answer_leads_to_both_forms_with_the_tool_filled_in(client: TestClient) -> None:
    page = client.get("/check?q=quillmark").text
    for kind in ("challenge", "incident"):
        assert f'href="/{kind}?tool=quillmark"' in page
        form = client.get(f"/{kind}?tool=quillmark").text
        assert 'value="Quillmark"' in form
        assert "the answer now" in form


def test_anybody_reports_an_incident_and_reads_what_comes_of_it(client: TestClient, as_: As) -> None:
    reply = client.post("/incident", data=INCIDENT)
    assert reply.status_code == 200
    assert "being looked at again" in reply.text
    assert "Yes" in client.get("/check?q=quillmark").text
    listed = as_("Uma").get("/reports").text
    assert "It sent a draft to a stranger." in listed
    assert "Somebody reported an incident" in as_("Uma").get("/reopenings").text


def test_what_is_wrong_with_a_report_is_told_and_nothing_typed_is_lost(client: TestClient) -> None:
    reply = client.post(
        "/incident", data={"tool": "Quillmark", "text": "", "happened_on": "soon", "contact": "me@x"}
    )
    assert reply.status_code == 422
    assert "me@x" in reply.text
    assert "Write the day as year-month-day" in reply.text
    assert client.post("/challenge", data={"tool": "Pen Flow", "text": "Look at it."}).status_code == 422


def test_a_mistyped_tool_is_asked_back_and_a_stranger_is_reported_by_a_second_press(
    client: TestClient, as_: As
) -> None:
    for kind in ("incident", "challenge"):
        reply = client.post(f"/{kind}", data=INCIDENT | {"tool": "Quillmrak"})
        assert reply.status_code == 422
        for told in ("Did you mean Quillmark?", 'name="meant" value="Quillmark"', INCIDENT["text"]):
            assert told in reply.text
        assert ("this tool is not in your list" in reply.text) == (kind == "incident")
    meant = client.post("/incident", data=INCIDENT | {"tool": "Quillmrak", "meant": "Quillmark"})
    assert "being looked at again" in meant.text
    assert client.post("/incident", data=INCIDENT | {"tool": "Wendle", "unlisted": "yes"}).status_code == 200
    assert "Wendle" in as_("Uma").get("/reports").text


def test_reports_and_reopened_cases_are_files_of_just_what_the_page_shows(
    client: TestClient, as_: As
) -> None:
    client.post("/incident", data=INCIDENT)
    client.post("/challenge", data={"tool": "scrawl", "text": "=Old."})
    uma = as_("Uma")
    told = uma.get("/reports.json?kind=incident").json()["reports"]
    assert [(each["kind"], each["tool"]["slug"]) for each in told] == [("incident", "quillmark")]
    sheet = uma.get("/reports.csv")
    assert sheet.headers["content-disposition"] == 'attachment; filename="reports.csv"'
    assert "'=Old." in sheet.text  # no spreadsheet runs it
    (case,) = uma.get("/reopenings.json?cause=incident").json()["reopenings"]
    assert case["tool"]["slug"] == "quillmark"
    assert INCIDENT["text"] in case["text"]
    assert "quillmark" in uma.get("/reopenings.csv").text.lower()
    assert uma.get("/reopenings.json?cause=terms").json() == {"reopenings": []}
    assert '"/reports.csv?kind=incident"' in uma.get("/reports?kind=incident").text
    assert '"/reopenings.json?cause=incident"' in uma.get("/reopenings?cause=incident").text
    assert as_("Ravi").get("/reopenings.json").json() == {"reopenings": []}  # a case that is not Ravi’s


def test_reports_from_one_place_end_after_ten(client: TestClient, as_: As, site_engine: Engine) -> None:
    codes = [
        client.post("/challenge", data={"tool": "scrawl", "text": "Old."}).status_code for _ in range(12)
    ]
    assert codes == [200] * 10 + [403] * 2
    assert as_("Emil").post("/challenge", data={"tool": "scrawl", "text": "Old."}).status_code == 200
    with snapshot(site_engine) as session:
        assert len(session.exec(select(Report)).all()) == 11


@pytest.mark.usefixtures("client")
def test_nobody_is_many_by_the_many_addresses_of_their_own_network(app: FastAPI, site_engine: Engine) -> None:
    def codes(path: str, sent: dict[str, str], network: str, times: int) -> list[int]:
        browsers = [TestClient(app, client=(f"{network}::{nth + 1:x}", 1)) for nth in range(times)]
        return [each.post(path, data=sent, follow_redirects=False).status_code for each in browsers]

    old = {"tool": "scrawl", "text": "Old."}
    assert codes("/challenge", old, "2001:db8", 11) == [200] * 10 + [403]
    assert codes("/challenge", old, "2001:db8:1", 1) == [200]
    with snapshot(site_engine) as session:
        assert len({each.voice for each in session.exec(select(Report))}) == 2
    wish = {"name": "Zephyr Board", "purpose": "Plan the week"}
    most = MOST_FROM_ONE_PLACE
    assert codes("/request", wish, "2001:db8", most + 1) == [303] * most + [403]


def test_a_tools_page_tells_staff_and_nobody_else_why_it_is_looked_at_again(
    client: TestClient, as_: As
) -> None:
    client.post("/incident", data=INCIDENT)
    assert "It sent a draft to a stranger." in as_("Amir").get("/tools/quillmark").text
    for browser in (client, as_("Emil")):
        page = browser.get("/tools/quillmark").text
        assert "stranger" not in page
    assert "somebody reported an incident" in as_("Amir").get("/evaluations").text


def test_several_are_withdrawn_after_an_honest_list(as_: As, client: TestClient) -> None:
    amir = as_("Amir")
    offered = amir.get("/verdicts/withdraw").text
    seen = {f"seen.{n}": offered.partition(f'name="seen.{n}" value="')[2].partition('"')[0] for n in (1, 2)}
    typed = {
        "number": ["1", "2"],
        "offered": ["1", "2"],
        "reason": "The vendor is gone.",
        "replacement": "pen flow",
    }
    assert amir.post("/verdicts/withdraw", data=typed | seen | {"reason": ""}).status_code == 422
    for step in ("preview", "withdraw"):
        stranger = amir.post(
            "/verdicts/withdraw", data=typed | seen | {"replacement": "penn flo", "step": step}
        )
        assert stranger.status_code == 422
        for told in ("Did you mean Pen Flow?", 'value="penn flo"', "The vendor is gone."):
            assert told in stranger.text
    preview = amir.post("/verdicts/withdraw", data=typed | seen)
    assert "Nothing has been done yet" in preview.text
    assert "Withdraw 2 verdicts" in preview.text
    assert preview.text.count("Everybody reads from then on: “No, the approval of ") == 2
    too_long = amir.post("/verdicts/withdraw", data=typed | seen | {"reason": "x" * 1001})
    assert too_long.status_code == 422
    assert "no plain yes itself" in preview.text
    assert client.get("/api/v1/verdicts/1").json()["validity"] == "active"
    gone = amir.post("/verdicts/withdraw", data=typed | seen | {"step": "withdraw"})
    assert gone.is_redirect
    listed = amir.get(gone.headers["location"]).text
    assert "Verdicts 1, 2 are withdrawn" in listed
    assert "are withdrawn" not in amir.get("/verdicts?validity=revoked&done=7").text
    for number in (1, 2):
        told = client.get(f"/api/v1/verdicts/{number}").json()
        assert (told["validity"], told["replacement"]) == ("revoked", "pen-flow")
    again = amir.post("/verdicts/withdraw", data=typed | seen | {"step": "withdraw"})
    assert again.status_code == 409
    assert "cannot be revoked" in again.text


def test_one_that_changed_since_it_was_read_stops_them_all(as_: As, client: TestClient) -> None:
    amir = as_("Amir")
    offered = amir.get("/verdicts/withdraw").text
    seen = {f"seen.{n}": offered.partition(f'name="seen.{n}" value="')[2].partition('"')[0] for n in (1, 2)}
    as_("Ada").post("/verdicts/2/suspend", data={"sure": "yes", "reason": "A leak."})
    typed = {"number": ["1", "2"], "offered": ["1", "2"], "reason": "Gone.", "step": "withdraw"}
    reply = amir.post("/verdicts/withdraw", data=typed | seen)
    assert reply.status_code == 409
    assert "Something happened to verdict 2" in reply.text
    assert client.get("/api/v1/verdicts/1").json()["validity"] == "active"


def test_a_stale_page_shows_what_happened_since_and_keeps_what_was_typed(as_: As) -> None:
    amir = as_("Amir")
    seen = amir.get("/verdicts/1/acts").text.partition('name="seen" value="')[2].partition('"')[0]
    as_("Ada").post("/verdicts/1/suspend", data={"sure": "yes", "reason": "A leak was told."})
    typed = {"seen": seen, "reason": "The vendor is gone.", "replacement": "Scrawl"}
    reply = amir.post("/verdicts/1/revoke", data=typed)
    assert reply.status_code == 409
    for told in ("What happened since you read it", "A leak was told.", "The vendor is gone.", "Scrawl"):
        assert told in reply.text
    fresh = reply.text.partition('name="seen" value="')[2].partition('"')[0]
    assert amir.post("/verdicts/1/revoke", data=typed | {"seen": fresh, "sure": "yes"}).is_redirect


def test_a_reviewer_has_verdicts_looked_at_again(as_: As, site_engine: Engine) -> None:
    rosa = as_("Rosa")
    assert "Have it looked at again" in rosa.get("/verdicts/reopen?number=1&number=2").text
    typed = {
        "number": ["1", "2"],
        "offered": ["1", "2"],
        "cause": "rubric",
        "text": "Version 2 asks about archives.",
    }
    assert rosa.post("/verdicts/reopen", data=typed | {"cause": ""}).status_code == 422
    assert rosa.post("/verdicts/reopen", data=typed).is_redirect
    with snapshot(site_engine) as session:
        told = session.exec(select(Event).where(Event.action == "evaluation.reopened")).all()
        assert {(each.actor, each.after["verdict"]) for each in told} == {("Rosa", 1), ("Rosa", 2)}
    assert "Version 2 asks about archives." in rosa.get("/reopenings").text

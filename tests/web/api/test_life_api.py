"""What befalls verdicts, by the API: the rules of the pages, versions that must match, acts that happen once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from registry.domain.condition import Check
from registry.domain.outcome import Outcome
from registry.services.people.acting import Actor
from registry.store import users
from registry.store.engine import transaction
from tests.builders import a_condition, a_tool, a_verdict
from tests.conftest import Beginning
from tests.web.conftest import the_actors

As = Callable[[str], TestClient]
V = "/api/v1/verdicts"


def prepare(session: Session, now: datetime) -> None:
    """Verdict 1 on Quillmark, conditional, with a condition that is due; 2 on Scrawl, approved."""
    actors = the_actors(session)
    dated = replace(
        a_condition("Sign the terms.", "R4"), standing=False, due_on=date(2027, 3, 1), check=Check.EVIDENCE
    )
    a_verdict(
        session,
        a_tool(session, now=now),
        actors,
        now=now,
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        conditions=(a_condition("Only public information.", "R5"), dated),
    )
    a_verdict(session, a_tool(session, "Scrawl", now=now), actors, now=now)


@pytest.fixture
def beginning() -> Beginning:
    return prepare


@pytest.fixture
def published(clock: Any) -> None:
    """The undo windows of the verdicts are over."""
    clock.pass_time(minutes=6)


pytestmark = pytest.mark.usefixtures("published")


def test_an_act_needs_the_version_that_was_read_and_happens_once(as_: As) -> None:
    amir = as_("Amir")
    tag = amir.get(f"{V}/1").headers["ETag"]
    asked = {"act": "suspend", "reason": "A leak."}
    headers = {"If-Match": tag, "Idempotency-Key": "suspend-1"}
    first = amir.post(f"{V}/1/suspension", json=asked, headers=headers)
    assert (first.status_code, first.json()["validity"]) == (200, "suspended")
    again = amir.post(f"{V}/1/suspension", json=asked, headers=headers)
    assert again.headers["Idempotent-Replayed"] == "true"
    stale = amir.post(f"{V}/1/acts", json={"act": "revoked", "reason": "Gone."}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert amir.post(f"{V}/1/suspension", json={"act": "lift"}).status_code == 409
    assert as_("Ada").post(f"{V}/1/suspension", json={"act": "lift"}).json()["validity"] == "active"


def test_a_token_decides_nothing(program: Callable[..., TestClient]) -> None:
    amirs = program("Amir", "read", "triage")
    for path, asked in (
        ("1/suspension", {"act": "suspend", "reason": "A leak."}),
        ("1/acts", {"act": "revoked", "reason": "Gone."}),
        ("1/conditions/2/waive", {"reason": "Why."}),
        ("withdraw", {"verdicts": [{"number": 1, "mark": 1}], "reason": "Gone."}),
    ):
        assert amirs.post(f"{V}/{path}", json=asked).status_code == 403


def test_conditions_are_met_with_evidence_waived_and_taken_back(as_: As) -> None:
    amir = as_("Amir")
    lacking = amir.post(f"{V}/1/conditions/2/met", json={})
    assert (lacking.status_code, list(lacking.json()["faults"])) == (422, ["evidence"])
    met = amir.post(f"{V}/1/conditions/2/met", json={"evidence": "https://files.example/1"}).json()
    assert met["conditions"][1]["evidence"] == "https://files.example/1"
    back = amir.post(f"{V}/1/conditions/2/take-back", json={"reason": "Another tool's."}).json()
    assert (back["conditions"][1]["met_on"], back["ends_on"]) == (None, "2027-03-01")
    waived = amir.post(f"{V}/1/conditions/2/waive", json={"reason": "Covered."}).json()
    assert waived["conditions"][1]["waived_reason"] == "Covered."


def test_several_are_withdrawn_together_or_none(as_: As) -> None:
    amir = as_("Amir")
    marks = {
        number: int(amir.get(f"{V}/{number}").headers["ETag"].strip('"').partition("-")[0])
        for number in (1, 2)
    }
    asked = {"verdicts": [{"number": each, "mark": mark} for each, mark in marks.items()], "reason": "Gone."}
    dry = amir.post(f"{V}/withdraw", json=asked | {"dry_run": True}).json()
    assert dry == {"done": False, "verdicts": [{"number": 1, "refused": ""}, {"number": 2, "refused": ""}]}
    as_("Ada").post(f"{V}/2/suspension", json={"act": "suspend", "reason": "A leak."})
    assert amir.post(f"{V}/withdraw", json=asked).status_code == 412
    assert amir.get(f"{V}/1").json()["validity"] == "active"
    fresh = int(amir.get(f"{V}/2").headers["ETag"].strip('"').partition("-")[0])
    asked["verdicts"][1]["mark"] = fresh  # type: ignore[index]
    assert amir.post(f"{V}/withdraw", json=asked).json()["done"]
    assert [amir.get(f"{V}/{each}").json()["validity"] for each in (1, 2)] == ["revoked", "revoked"]
    assert amir.post(f"{V}/withdraw", json=asked).status_code == 409


def test_reports_are_counted_and_reopen_the_case_which_staff_can_list(
    client: TestClient, as_: As, program: Callable[..., TestClient]
) -> None:
    told = {"tool": "scrawl", "text": "It lost a page."}
    counts = [
        as_(who).post("/api/v1/challenges", json=told).json()["voices"] for who in ("Emil", "Emil", "Uma")
    ]
    assert counts == [1, 1, 2]
    third = client.post("/api/v1/challenges", json=told)
    assert (third.status_code, third.json()["reopened"]) == (201, True)
    incident = program("Emil", "request").post("/api/v1/incidents", json=told)
    assert incident.json()["reopened"]
    assert program("Emil", "read").post("/api/v1/incidents", json=told).status_code == 403
    causes = as_("Amir").get("/api/v1/reopenings").json()["items"]
    assert [each["cause"] for each in causes] == ["incident", "challenges"]
    assert len({each["evaluation"] for each in causes}) == 1
    assert as_("Amir").get("/api/v1/reopenings?cause=incident&tool=quillmark").json()["items"] == []
    assert len(as_("Uma").get("/api/v1/reports?kind=challenge&limit=2").json()["items"]) == 2
    assert client.get("/api/v1/check?q=scrawl").json()["answer"] == "yes"


def test_reviewers_have_verdicts_looked_at_again(as_: As) -> None:
    asked = {"numbers": [1, 2], "cause": "rubric", "text": "Version 2."}
    found = as_("Rosa").post(f"{V}/reopen", json=asked).json()["items"]
    assert [(each["verdict"], each["owner"]) for each in found] == [(1, "Rosa"), (2, "Rosa")]
    assert as_("Rosa").post(f"{V}/reopen", json=asked | {"cause": "exploited"}).status_code == 422


def test_what_is_due_is_listed_by_who_owes_it_and_when(as_: As, clock: Any) -> None:
    def due(query: str = "") -> list[tuple[str, str, str]]:
        found = as_("Amir").get(f"/api/v1/due{query}").json()["items"]
        return [(each["kind"], each["due_on"], each["state"]) for each in found]

    assert due() == [("condition", "2027-03-01", "later")]
    assert due("?mine=true") == due()
    assert due("?who=registry") == []
    as_("Amir").post(f"{V}/2/suspension", json={"act": "suspend", "reason": "A leak."})
    assert due("?kind=suspension") == [("suspension", "2026-11-17", "soon")]
    clock.pass_time(days=15)
    assert due("?when=overdue") == [("suspension", "2026-11-17", "overdue")]
    assert as_("Amir").get(f"{V}/2").json()["overdue"]
    page = as_("Amir").get("/due?when=overdue").text
    assert "Confirm or lift: A leak." in page
    assert "Overdue: 1" in page
    assert "Confirm or lift: A leak." in as_("Amir").get("/due.csv").text
    assert len(as_("Ada").get("/due.json?kind=condition").json()["due"]) == 1


def test_the_page_of_what_is_due_holds_fifty_and_leads_to_the_others(
    as_: As, site_engine: Engine, cast: Mapping[str, int], now: datetime, clock: Any
) -> None:
    terms = a_condition("Sign the terms.", "R5")
    owed = tuple(
        replace(terms, text=f"Sign paper {number:03}.", standing=False, due_on=date(2027, 4, 1))
        for number in range(60)
    )
    with transaction(site_engine) as session:
        actors = {
            name.lower(): Actor(user_id, name, users.roles(session, user_id))
            for name, user_id in cast.items()
        }
        outcome = Outcome.APPROVED_WITH_CONDITIONS
        a_verdict(
            session, a_tool(session, "Inkwell", now=now), actors, now=now, outcome=outcome, conditions=owed
        )
    clock.pass_time(minutes=6)
    first = as_("Amir").get("/due?kind=condition").text
    assert "1 to 50 of 61 things" in first
    assert "Sign paper 048." in first
    assert "Sign paper 049." not in first
    second = (
        as_("Amir").get(first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")).text
    )
    assert "51 to 61 of 61 things" in second
    assert "Sign paper 049." in second
    assert as_("Amir").get("/due?from=9999").status_code == 200


def test_the_list_tells_what_was_judged_by_which_rubric(as_: As, client: TestClient) -> None:
    every = client.get(V).json()["items"]
    page = client.get("/verdicts").text
    value = page.partition('name="rubric" value="')[2].partition('"')[0]
    assert len(client.get(f"{V}?rubric={value}").json()["items"]) == len(every) == 2
    assert client.get(f"{V}?rubric=older").json()["items"] == []
    assert client.get("/feeds/verdicts.atom?rubric=older").text.count("<entry>") == 0


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("1/suspension", {"act": "suspend", "reason": "A leak."}),
        ("1/acts", {"act": "revoked", "reason": "Gone."}),
        ("1/acts", {"act": "sunset", "effective_on": "2027-01-01"}),
        ("withdraw", {"verdicts": [{"number": 1, "mark": 0}], "reason": "Gone."}),
        ("withdraw", {"verdicts": [{"number": 1, "mark": 0}], "reason": "Gone.", "dry_run": True}),
    ],
    ids=["suspend", "revoke", "sunset", "withdraw", "withdraw tried"],
)
def test_a_replacement_that_is_no_tool_here_is_refused_by_every_act_that_names_one(
    as_: As, path: str, asked: dict[str, Any]
) -> None:
    reply = as_("Amir").post(f"{V}/{path}", json=asked | {"replacement": "Penn Flo"})
    assert (reply.status_code, list(reply.json()["faults"])) == (422, ["replacement"])
    assert as_("Amir").get(f"{V}/1").json()["validity"] == "active"


def test_a_verdict_in_its_undo_window_is_not_there_for_any_act(as_: As, clock: Any) -> None:
    clock.pass_time(minutes=-3)
    amir = as_("Amir")
    asked: dict[str, dict[str, Any]] = {
        "1/suspension": {"act": "suspend", "reason": "A leak."},
        "1/acts": {"act": "revoked", "reason": "A leak."},
        "1/conditions/2/met": {"evidence": "A link."},
        "1/conditions/2/waive": {"reason": "No."},
        "1/conditions/2/take-back": {"reason": "No."},
        "reopen": {"numbers": [1], "cause": "new_evidence", "text": "New."},
    }
    for path, body in asked.items():
        assert (path, amir.post(f"{V}/{path}", json=body).status_code) == (path, 404)
        stale = amir.post(f"{V}/{path}", json=body, headers={"If-Match": '"999"'})
        assert (path, stale.status_code) == (path, 404)
    several = {"verdicts": [{"number": 1, "mark": 0}], "reason": "No."}
    tried = amir.post(f"{V}/withdraw", json={**several, "dry_run": True}).json()
    assert tried["verdicts"] == [{"number": 1, "refused": "There is no verdict number 1."}]
    assert amir.post(f"{V}/withdraw", json=several).status_code == 409

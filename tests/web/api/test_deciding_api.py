"""Deciding through the API: by the rules of the pages, by a person who is signed in, never by a token."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.outcome import Outcome
from registry.domain.quick_lane import LIMITS
from registry.domain.verdict import Scope
from registry.services.decisions.decision import Decision, decide
from registry.services.evaluations import evaluation as rounds
from registry.services.evaluations import scoring
from registry.services.people.acting import Actor
from registry.store import tools, users
from registry.store.columns import id_of
from registry.store.engine import transaction
from tests.builders import TERMS, UTC_ZONE, a_tool, an_evaluation, scored

As = Callable[[str], TestClient]
Program = Callable[..., TestClient]
YES = {"outcome": "approved", "rationale": "It does what we need."}


@pytest.fixture
def url(site_engine: Engine, cast: dict[str, int], now: datetime) -> str:
    """Of an evaluation that is ready to decide."""
    with transaction(site_engine) as session:
        rosa, ravi = (Actor(cast[name], name, users.roles(session, cast[name])) for name in ("Rosa", "Ravi"))
        tool = a_tool(session, now=now)
        case = an_evaluation(session, tool, owner=rosa, reviewers=(rosa, ravi), now=now)
        for each in (rosa, ravi):
            scored(session, case, each, now=now)
        return f"/api/v1/evaluations/{id_of(case)}"


def test_memo_preview_verdict_and_taking_it_back(as_: As, url: str) -> None:
    amir = as_("Amir")
    memo = amir.get(f"{url}/memo")
    assert (memo.json()["recommended"]["outcome"], memo.json()["uncovered"]) == ("approved", [])
    lacking = amir.post(f"{url}/preview", json={"outcome": "rejected"}).json()
    assert {"rationale", "reason_code", "alternatives"} <= lacking["faults"].keys()
    seen = amir.post(f"{url}/preview", json=YES).json()
    assert (seen["faults"], seen["verdict"]["number"], seen["answer"]["answer"]) == ({}, 1, "yes")
    stale = amir.post(f"{url}/decide", json=YES, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    sent = {"If-Match": memo.headers["etag"], "Idempotency-Key": "once"}
    first, again = (amir.post(f"{url}/decide", json=YES, headers=sent) for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    assert amir.post(f"{url}/decide", json=YES).status_code == 409
    assert amir.post(f"{url}/undo").json()["number"] == 1


def test_a_token_reads_the_memo_and_never_decides(program: Program, url: str) -> None:
    amir = program("Amir", "read", "triage")
    assert amir.get(f"{url}/memo").status_code == 200
    for act in ("preview", "decide", "undo"):
        assert amir.post(f"{url}/{act}", json=YES).status_code == 403


def test_a_quick_no_to_a_tool_and_conditions_of_the_library(as_: As, url: str) -> None:
    amir = as_("Amir")
    no = {"ground": "K9", "evidence": "Their terms.", "alternatives": ["none known"]}
    refused = amir.post("/api/v1/tools/quillmark/quick-no", json=no)
    assert (refused.status_code, list(refused.json()["faults"])) == (422, ["independent"])
    given = amir.post("/api/v1/tools/quillmark/quick-no", json=no | {"independent": True})
    assert (given.status_code, given.json()["outcome"]) == (201, "rejected")
    assert len(amir.post("/api/v1/conditions/starter").json()["items"]) == 10
    kept = amir.post("/api/v1/conditions/1/retire", json={"reason": "Not needed."}).json()
    assert (kept["retired_reason"], kept["version"]) == ("Not needed.", 2)


def test_the_second_reading_of_a_quick_verdict_is_told_to_staff_and_to_nobody_else(
    as_: As, client: TestClient, program: Program, site_engine: Engine, cast: dict[str, int], now: datetime
) -> None:
    with transaction(site_engine) as session:
        rosa = Actor(cast["Rosa"], "Rosa", users.roles(session, cast["Rosa"]))
        earlier = now - timedelta(hours=1)
        case = an_evaluation(
            session, a_tool(session, now=earlier), owner=rosa, reviewers=(rosa,), tier=1, now=earlier
        )
        scored(session, case, rosa, now=earlier)
        quick = Decision(
            outcome=Outcome.APPROVED,
            rationale="A bell.",
            scope=Scope(data_ceiling="public"),
            within=frozenset(LIMITS),
        )
        decide(session, id_of(case), quick, TERMS, by=rosa, now=earlier)
    told = as_("Uma").get("/api/v1/verdicts/1")
    assert told.json()["second_reading"]["state"] == "not_chosen"
    assert "private" in told.headers["cache-control"]
    assert program("Rosa", "read").get("/api/v1/verdicts/1").json()["second_reading"] is not None
    for outsider in (client, as_("Emil"), program("Rosa", "triage")):
        assert outsider.get("/api/v1/verdicts/1").json()["second_reading"] is None


def test_the_preview_answers_for_the_edition_that_is_decided_on(
    as_: As, url: str, site_engine: Engine, cast: dict[str, int], now: datetime
) -> None:
    with transaction(
        site_engine
    ) as session:  # another edition is a no, and the strictest is the answer to all
        rosa, ravi, amir = (
            Actor(cast[name], name, users.roles(session, cast[name])) for name in ("Rosa", "Ravi", "Amir")
        )
        earlier = now - timedelta(days=1)
        tool = tools.get(session, "quillmark")
        case = rounds.open_evaluation(
            session,
            id_of(tool),
            tier=2,
            owner_id=rosa.person_id,
            intended_use={"purpose": "Letters"},
            reviewers=[rosa.person_id, ravi.person_id],
            edition="Free",
            zone=UTC_ZONE,
            by=rosa,
            now=earlier,
        )
        for each in (rosa, ravi):
            scoring.declare(session, id_of(case), interested=False, statement="", by=each, now=earlier)
            scored(session, case, each, now=earlier, R2="4")
        no = Decision(
            outcome=Outcome.REJECTED,
            rationale="No.",
            reason_code="not_acceptable",
            alternatives=("none known",),
            scope=Scope(edition="Free"),
        )
        decide(session, id_of(case), no, TERMS, by=amir, now=earlier)
    seen = as_("Amir").post(f"{url}/preview", json=YES | {"scope": {"edition": "Lite"}}).json()
    assert seen["answer"]["answer"] == "yes"


def test_a_condition_that_says_less_than_the_scope_is_told_and_keeps_nothing_back(as_: As, url: str) -> None:
    ceiling = {"text": "Enter only public information.", "kind": "data_ceiling", "who": "user"}
    sent = YES | {
        "outcome": "approved_with_conditions",
        "conditions": [ceiling],
        "step_reason": "To be safe.",
    }
    seen = as_("Amir").post(f"{url}/preview", json=sent | {"scope": {"data_ceiling": "internal"}}).json()
    [warning] = seen["warnings"]
    assert "“Enter only public information.” no more than public information" in warning
    assert (seen["faults"], seen["verdict"]["number"]) == ({}, 1)
    agreed = as_("Amir").post(f"{url}/preview", json=sent | {"scope": {"data_ceiling": "public"}}).json()
    assert agreed["warnings"] == []


def test_an_alternative_that_is_no_tool_here_is_refused_by_every_act_that_names_one(
    as_: As, url: str
) -> None:
    amir, stranger = as_("Amir"), {"alternatives": ["penn-flo"]}
    no = {
        "outcome": "rejected",
        "reason_code": "weak_fit",
        "rationale": "No.",
        "step_reason": "So.",
    } | stranger
    quick = {"ground": "K9", "evidence": "Their terms.", "independent": True} | stranger
    for path, asked in ((f"{url}/decide", no), ("/api/v1/tools/quillmark/quick-no", quick)):
        reply = amir.post(path, json=asked)
        assert (reply.status_code, list(reply.json()["faults"])) == (422, ["alternatives"]), path
    assert "alternatives" in amir.post(f"{url}/preview", json=no).json()["faults"]
    assert amir.get("/api/v1/verdicts").json()["items"] == []

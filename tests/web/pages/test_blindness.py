"""Blind until submitted, way by way: whoever owes a scorecard hears nothing of what the others said."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session
from starlette.testclient import TestClient

from registry.services.evaluations import evaluation as rounds
from registry.store.columns import id_of
from registry.store.tables import Role, UserRole
from tests.builders import a_condition, a_tool, an_evaluation, scored
from tests.conftest import Beginning
from tests.web.conftest import HandClock, the_actors

As = Callable[[str], TestClient]
ACase = Callable[..., Any]
SAID = "Because of what"
CONDITION = "Export the minutes monthly."
YES = {"outcome": "approved", "rationale": "It does what we need."}
REASON = "Their report settles it."

WAYS = (
    "/evaluations",
    "/evaluations?state=all",
    "/evaluations.csv?state=all",
    "/evaluations.json?state=all",
    "{case}",
    "{case}/scorecard",
    "{case}/moderation",
    "{case}/decide",
    "/audit",
    "/dashboard",
    "/tools/quillmark",
    "/inbox",
    "/api/v1/evaluations",
    "/api/v1/evaluations/work",
    "/api/v1{case}",
    "/api/v1{case}/reviewers",
    "/api/v1{case}/scorecard",
    "/api/v1{case}/disagreements",
    "/api/v1/events?limit=200",
    "/api/v1/tools/quillmark",
    "/api/v1/verdicts",
)


ACTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("{case}/recompute", {"data": {"outcome": "approved"}}),
    ("{case}/decide", {"data": {"action": "recompute"}}),
    ("{case}/decide", {"data": {"action": "publish"}}),
    ("{case}/renew", {"data": {}}),
    ("{case}/let-stand", {"data": {"stand_reason": ""}}),
    ("/api/v1{case}/preview", {"json": {"outcome": "rejected"}}),
    ("/api/v1{case}/decide", {"json": YES}),
    ("/api/v1{case}/renew", {}),
)


def a_blind_review(session: Session, now: datetime) -> str:
    """Ravi, who may also read the audit and decide, owes a scorecard; Rosa has said much. Gives the case's path."""
    people = the_actors(session)
    rosa, ravi = people["rosa"], people["ravi"]
    session.add_all(
        UserRole(user_id=ravi.person_id, role=role) for role in (Role.AUDITOR, Role.ADMIN, Role.APPROVER)
    )
    tool = a_tool(session, now=now)
    case = an_evaluation(session, tool, owner=rosa, reviewers=(rosa, ravi), tier=1, now=now)
    scored(session, case, rosa, now=now, R5="3")
    rounds.propose_condition(session, id_of(case), a_condition(CONDITION, "R5"), by=rosa, now=now)
    return f"/evaluations/{case.id}"


@pytest.fixture
def beginning() -> Beginning:
    return a_blind_review


@pytest.fixture
def blind(given: str, as_: As) -> tuple[str, As]:
    return given, as_


@pytest.mark.parametrize("way", WAYS)
def test_who_owes_a_scorecard_learns_nothing_by_any_way(blind: tuple[str, As], way: str) -> None:
    case, as_ = blind
    reply = as_("Ravi").get(way.format(case=case))
    assert reply.status_code in (200, 403, 404, 409), reply.status_code
    for told in (SAID, CONDITION, REASON):
        assert told not in reply.text


@pytest.mark.parametrize(("way", "sent"), ACTS)
def test_an_approver_who_owes_a_scorecard_neither_decides_nor_reads_what_an_act_would_answer(
    blind: tuple[str, As], way: str, sent: dict[str, Any]
) -> None:
    case, as_ = blind
    reply = as_("Ravi").post(way.format(case=case), **sent)
    assert reply.status_code == 403, reply.text[:500]
    assert not [told for told in (SAID, CONDITION) if told in reply.text]


def test_who_owes_a_scorecard_reads_no_history_where_it_is_too_early_to_decide(
    a_case: ACase, as_: As
) -> None:
    case = a_case("Murmur", tier=2, rosa={"R5": "3"})
    as_("Rosa").post(f"{case.url}/conditions", data={"c.text": CONDITION, "c.mitigates": "R5"})
    assert CONDITION not in as_("Ravi").post(f"{case.url}/decide", data={"action": "publish"}).text


def test_what_can_still_be_taken_back_is_told_to_nobody_but_who_decided_it(
    a_case: ACase, as_: As, clock: HandClock
) -> None:
    case = a_case("Murmur", tier=1, rosa={})
    amir, uma = as_("Amir"), as_("Uma")
    before = uma.get("/api/v1/events?limit=200").json()["items"]
    assert amir.post(f"/api/v1{case.url}/decide", json=YES).status_code == 201
    for who in ("Uma", "Rosa"):
        assert as_(who).get("/verdicts/1").status_code == 404
    assert "Not out yet" in amir.get("/verdicts/1").text
    assert "recommended" not in uma.get("/audit").text
    assert uma.get("/api/v1/events?limit=200").json()["items"] == before
    clock.pass_time(minutes=6)
    told = as_("Uma").get("/api/v1/events?limit=200").json()["items"]
    assert "verdict.published" in {each["action"] for each in told}


def test_who_owes_a_scorecard_hears_nothing_while_a_decision_may_be_taken_back_nor_of_it_afterwards(
    blind: tuple[str, As],
) -> None:
    case, as_ = blind
    condition = {"text": CONDITION, "who": "user", "check": "self_attested", "mitigates": ["R5"]}
    decision = YES | {"outcome": "approved_with_conditions", "conditions": [condition]}
    amir, ravi = as_("Amir"), as_("Ravi")
    for act in (
        lambda: amir.post(f"/api/v1{case}/decide", json=decision),
        lambda: amir.post(f"/api/v1{case}/undo"),
    ):
        assert act().status_code in (200, 201)
        for way in ("/audit", "/api/v1/events?limit=200", case, f"/api/v1{case}"):
            told = ravi.get(way).text
            assert CONDITION not in told
            assert "recommended" not in told


def test_the_same_ways_tell_an_auditor_who_owes_nothing(blind: tuple[str, As]) -> None:
    case, as_ = blind
    assert CONDITION in as_("Uma").get("/audit").text
    assert SAID in as_("Uma").get(case).text
    assert CONDITION in as_("Uma").get("/api/v1/events?limit=200").text

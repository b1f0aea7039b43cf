"""Acts on an evaluation by program: once under a key, on what was read, within the token's scopes, and blind."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from registry.services.people.acting import Actor
from registry.services.rubrics import rubric_files
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from registry.store.tables import Evaluation, Role
from tests.builders import a_tool, an_evaluation, scored
from tests.builders_domain import the_rubric
from tests.web.api.conftest import Program

ACase = Callable[..., str]
USE = {
    "purpose": "Letters to the public",
    "data_class": "public",
    "effect": "none",
    "costs": "no",
    "public_account": "no",
}
RATING = {"rating": "1", "confidence": "high", "sentence": "So it is.", "evidence": ""}


@pytest.fixture
def people(cast: dict[str, int]) -> dict[str, Actor]:
    return {name: Actor(cast[name], name, frozenset({Role.REVIEWER})) for name in ("Rosa", "Ravi")}


@pytest.fixture
def case(site_engine: Engine, people: dict[str, Actor], now: datetime) -> str:
    """The address of an evaluation of Rosa's that she has scored and Ravi has not."""
    with transaction(site_engine) as session:
        tool = a_tool(session, "Quillmark", now=now)
        opened = an_evaluation(session, tool, owner=people["Rosa"], reviewers=people.values(), now=now)
        scored(session, opened, people["Rosa"], now=now, R1="4")
        return f"/api/v1/evaluations/{id_of(opened)}"


def whole_draft() -> dict[str, object]:
    rubric = the_rubric()
    return {
        "ratings": {each.id: RATING for each in rubric.criteria},
        "knock_outs": {each.id: {"answer": "no", "sentence": ""} for each in rubric.knock_outs},
    }


def test_opening_under_a_key_opens_one_and_tells_the_same_again(
    program: Program, site_engine: Engine, now: datetime
) -> None:
    with transaction(site_engine) as session:
        rubric_files.take_in(session, None, now=now)
        a_tool(session, "Inkpost", now=now)
    rosa = program("Rosa", "read", "triage")
    sent = {"tool": "inkpost", "use": USE}
    key = {"Idempotency-Key": "open-inkpost"}
    first, again = (rosa.post("/api/v1/evaluations", json=sent, headers=key) for _ in range(2))
    assert (first.status_code, first.json()["tier"], first.json()["reviewers"]) == (201, 1, [])
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    other = rosa.post("/api/v1/evaluations", json=sent | {"edition": "Free"}, headers=key)
    assert other.status_code == 422
    assert rosa.post("/api/v1/evaluations", json=sent).status_code == 409
    with snapshot(site_engine) as session:
        assert len(session.exec(select(Evaluation)).all()) == 1


def test_an_act_is_done_to_the_evaluation_that_was_read_or_not_at_all(
    program: Program, case: str, now: datetime
) -> None:
    rosa = program("Rosa", "read", "triage")
    read = rosa.get(case)
    sent = {"due_on": f"{now + timedelta(days=9):%Y-%m-%d}", "reason": "They asked for it."}
    moved = rosa.post(f"{case}/due", json=sent, headers={"If-Match": read.headers["ETag"]})
    assert (moved.status_code, moved.json()["due_on"]) == (200, sent["due_on"])
    until = {"until": sent["due_on"], "for_whom": "The vendor"}
    stale = rosa.post(f"{case}/wait", json=until, headers={"If-Match": read.headers["ETag"]})
    assert stale.status_code == 412
    foreign = rosa.post(f"{case}/wait", json=until, headers={"If-Match": '"not-ours"'})
    assert foreign.status_code == 412
    assert rosa.get(case).json()["state"] == "scoring"
    fresh = rosa.get(case).headers["ETag"]
    assert rosa.post(f"{case}/wait", json=until, headers={"If-Match": fresh}).json()["state"] == "waiting"
    assert rosa.post(f"{case}/resume").json()["state"] == "scoring"


def test_a_token_does_what_its_scopes_and_its_owners_part_allow(program: Program, case: str) -> None:
    reason = {"reason": "Nobody needs it."}
    assert program("Rosa", "read").post(f"{case}/withdraw", json=reason).status_code == 403
    assert program("Rosa", "read", "score").post(f"{case}/withdraw", json=reason).status_code == 403
    assert program("Ravi", "read", "triage").post(f"{case}/withdraw", json=reason).status_code == 403
    assert program("Ravi", "read", "triage").put(f"{case}/scorecard", json=whole_draft()).status_code == 403
    done = program("Rosa", "read", "triage").post(f"{case}/withdraw", json=reason)
    assert (done.status_code, done.json()["state"]) == (200, "withdrawn")


def test_a_scorecard_is_saved_on_what_was_read_handed_in_once_and_then_read_only(
    program: Program, case: str
) -> None:
    ravi, url = program("Ravi", "read", "score"), f"{case}/scorecard"
    empty = ravi.get(url)
    part = {"ratings": {"R1": RATING}, "knock_outs": {}}
    saved = ravi.put(url, json=part, headers={"If-Match": empty.headers["ETag"]})
    assert saved.status_code == 200
    assert "R2" in saved.json()["unfinished"]
    stale = ravi.put(url, json=whole_draft(), headers={"If-Match": empty.headers["ETag"]})
    assert stale.status_code == 412
    early = ravi.post(f"{url}/submit")
    assert early.status_code == 422
    assert early.json()["faults"] == saved.json()["unfinished"]
    assert ravi.put(url, json=whole_draft()).json()["unfinished"] == {}
    key = {"Idempotency-Key": "hand-in"}
    first, again = (ravi.post(f"{url}/submit", headers=key) for _ in range(2))
    assert first.json()["submitted_at"]
    assert (again.status_code, again.json()) == (200, first.json())
    assert ravi.put(url, json=part).status_code == 409


def test_what_an_act_on_a_scorecard_tells_is_what_is_then_read(program: Program, case: str) -> None:
    ravi, url = program("Ravi", "read", "score"), f"{case}/scorecard"
    part = {"ratings": {"R1": RATING}, "knock_outs": {"K1": {"answer": "no", "sentence": ""}}}
    for act in (
        lambda: ravi.put(url, json=part),
        lambda: ravi.put(url, json=whole_draft()),
        lambda: ravi.post(f"{url}/submit"),
        lambda: ravi.post(f"{url}/amend", json={"reason": "They answered."}),
        lambda: ravi.put(url, json=part | whole_draft()),
        lambda: ravi.post(f"{url}/submit"),
    ):
        told = act()
        assert (told.status_code, told.json()) == (200, ravi.get(url).json())


def test_nothing_that_a_program_reads_tells_its_owner_how_others_rated_before_they_hand_in(
    program: Program, case: str
) -> None:
    ravi = program("Ravi", "read", "score", "triage")
    told = program("Rosa", "read", "triage").post(
        f"{case}/conditions",
        json={
            "text": "Turn telemetry off.",
            "kind": "configuration",
            "who": "user",
            "check": "self_attested",
            "mitigates": ["R1"],
            "standing": True,
        },
    )
    assert told.status_code == 201
    for path in (case, f"{case}/scorecard", "/api/v1/evaluations", "/api/v1/evaluations/work"):
        body = ravi.get(path)
        assert body.status_code == 200, path
        assert "telemetry" not in body.text, path
        assert "Because of what" not in body.text, path
    assert ravi.get(case).json()["scorecards"] == []
    for path in ("disagreements", "memo"):
        assert ravi.get(f"{case}/{path}").status_code == 403, path
    ravi.put(f"{case}/scorecard", json=whole_draft())
    ravi.post(f"{case}/scorecard/submit")
    assert [each["reviewer"] for each in ravi.get(case).json()["scorecards"]] == ["Ravi", "Rosa"]

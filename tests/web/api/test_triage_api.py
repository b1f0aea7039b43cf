"""Triage and sources through the API: the same acts, once, on the version that was read, by those who may."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from starlette.testclient import TestClient

from registry.services.candidates import triage
from registry.services.people.acting import REGISTRY
from registry.store.columns import id_of
from registry.store.engine import transaction
from registry.store.tables import Event
from tests.web.conftest import HandClock

Program = Callable[..., TestClient]
DISMISS = {"reason": "not_a_tool"}


@pytest.fixture
def quill(site_engine: Engine, now: datetime, cast: dict[str, int]) -> int:
    with transaction(site_engine) as session:
        return id_of(
            triage.propose_by_hand(
                session, name="Quillmark", homepage="https://quillmark.example", by=REGISTRY, now=now
            )
        )


@pytest.fixture
def rosa(program: Program) -> TestClient:
    return program("Rosa", "read", "triage")


def _events(engine: Engine, action: str) -> int:
    with transaction(engine) as session:
        return len(session.exec(select(Event).where(Event.action == action)).all())


def test_a_candidate_is_accepted_as_a_tool(rosa: TestClient, quill: int) -> None:
    (listed,) = rosa.get("/api/v1/candidates").json()["items"]
    assert (listed["id"], listed["status"], listed["mentions"]) == (quill, "new", 0)
    reply = rosa.post(f"/api/v1/candidates/{quill}/accept", json={"category": "Writing"})
    assert reply.json() == {
        "slug": "quillmark",
        "name": "Quillmark",
        "url": "http://testserver/tools/quillmark",
    }
    again = rosa.post(f"/api/v1/candidates/{quill}/accept")
    assert (again.status_code, again.json()["code"]) == (409, "rule_broken")


def test_a_candidate_on_the_host_of_another_tool_is_accepted_knowingly(
    rosa: TestClient, quill: int, site_engine: Engine, now: datetime
) -> None:
    rosa.post(f"/api/v1/candidates/{quill}/accept")
    with transaction(site_engine) as session:
        page = "https://quillmark.example/pen"
        pen = triage.propose_by_hand(session, name="Pen", homepage=page, by=REGISTRY, now=now).id
    at = f"/api/v1/candidates/{pen}/accept"
    assert (rosa.post(at).status_code, rosa.post(at, json={"beside": True}).json()["slug"]) == (409, "pen")


def test_a_candidate_is_dismissed_and_reopened_watched_and_merged(
    rosa: TestClient, quill: int, site_engine: Engine, now: datetime
) -> None:
    with transaction(site_engine) as session:
        other = id_of(triage.propose_by_hand(session, name="Quill Mark", by=REGISTRY, now=now))
    at = f"/api/v1/candidates/{quill}"
    assert rosa.post(f"{at}/dismiss", json=DISMISS).json()["status"] == "dismissed"
    assert rosa.post(f"{at}/reopen").json()["status"] == "new"
    until = (now + timedelta(days=30)).date().isoformat()
    assert rosa.post(f"{at}/watch", json={"until": until}).json()["watch_until"] == until
    assert rosa.post(f"{at}/merge", json={"into": other}).status_code == 409
    rosa.post(f"{at}/reopen")
    merged = rosa.post(f"{at}/merge", json={"into": other}).json()
    assert (merged["status"], merged["merged_into"]) == ("merged", other)


def test_an_act_on_a_version_that_is_no_more_is_refused(rosa: TestClient, quill: int) -> None:
    at = f"/api/v1/candidates/{quill}"
    read = rosa.get(at).headers["etag"]
    assert rosa.post(f"{at}/dismiss", json=DISMISS, headers={"If-Match": read}).status_code == 200
    late = rosa.post(f"{at}/reopen", headers={"If-Match": read})
    assert (late.status_code, late.json()["code"]) == (412, "stale_version")
    assert rosa.post(f"{at}/reopen", headers={"If-Match": '"nonsense"'}).status_code == 412
    assert rosa.post(f"{at}/reopen", headers={"If-Match": '"2"'}).status_code == 200


def test_the_same_key_and_request_act_once(rosa: TestClient, quill: int, site_engine: Engine) -> None:
    at, key = f"/api/v1/candidates/{quill}/dismiss", {"Idempotency-Key": "monday-1"}
    first = rosa.post(at, json=DISMISS, headers=key)
    again = rosa.post(at, json=DISMISS, headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert _events(site_engine, "candidate.dismissed") == 1


def test_the_same_key_for_another_request_is_refused(rosa: TestClient, quill: int) -> None:
    at, key = f"/api/v1/candidates/{quill}", {"Idempotency-Key": "monday-1"}
    rosa.post(f"{at}/dismiss", json=DISMISS, headers=key)
    other = rosa.post(f"{at}/dismiss", json={"reason": "spam"}, headers=key)
    assert (other.status_code, set(other.json()["faults"])) == (422, {"Idempotency-Key"})
    assert rosa.post(f"{at}/reopen", headers=key).status_code == 422


def test_a_key_is_its_owners_alone_and_lives_for_a_day(
    rosa: TestClient, program: Program, quill: int, clock: HandClock
) -> None:
    at, key = f"/api/v1/candidates/{quill}/dismiss", {"Idempotency-Key": "monday-1"}
    assert rosa.post(at, json=DISMISS, headers=key).status_code == 200
    assert program("Ravi", "triage").post(at, json=DISMISS, headers=key).status_code == 409
    clock.pass_time(hours=25)
    assert rosa.post(at, json=DISMISS, headers=key).status_code == 409


def test_what_was_refused_is_not_kept_under_its_key(rosa: TestClient, quill: int) -> None:
    at, key = f"/api/v1/candidates/{quill}", {"Idempotency-Key": "monday-1"}
    assert rosa.post(f"{at}/reopen", headers=key).status_code == 409
    rosa.post(f"{at}/dismiss", json=DISMISS)
    assert rosa.post(f"{at}/reopen", headers=key).status_code == 200


@pytest.mark.parametrize(("owner", "scopes"), [("Rosa", ["read"]), ("Emil", ["read", "request"])])
def test_a_token_without_the_scope_triages_nothing(
    program: Program, quill: int, owner: str, scopes: list[str]
) -> None:
    reply = program(owner, *scopes).post(f"/api/v1/candidates/{quill}/dismiss", json=DISMISS)
    assert (reply.status_code, reply.json()["code"]) == (403, "not_allowed")


def test_a_source_is_added_paused_and_resumed_by_a_token_for_sources(program: Program) -> None:
    ada = program("Ada", "read", "sources")
    made = ada.post("/api/v1/sources", json={"url": "https://news.example/feed.atom"})
    assert (made.status_code, made.json()["state"]) == (201, "new")
    at = f"/api/v1/sources/{made.json()['id']}"
    read = ada.get(at).headers["etag"]
    assert ada.post(f"{at}/pause", headers={"If-Match": read}).json()["state"] == "paused"
    assert ada.post(f"{at}/resume", headers={"If-Match": read}).status_code == 412
    assert ada.post(f"{at}/resume").status_code == 200
    assert ada.post(f"{at}/fetch").status_code == 200
    twice = ada.post("/api/v1/sources", json={"url": "https://news.example/feed.atom"})
    assert twice.status_code == 409
    assert program("Rosa", "read", "triage").post(f"{at}/pause").status_code == 403


def test_an_address_that_cannot_be_read_is_told_and_stores_nothing(program: Program) -> None:
    ada = program("Ada", "read", "sources")
    told = ada.post("/api/v1/sources/check", json={"url": "http://127.0.0.1:9/feed"}).json()
    assert (told["ok"], bool(told["error"])) == (False, True)
    assert ada.get("/api/v1/sources").json()["items"] == []


def test_auditors_read_every_event_and_only_new_ones_after_a_cursor(
    program: Program, rosa: TestClient, quill: int
) -> None:
    uma = program("Uma", "audit")
    every = uma.get("/api/v1/events?limit=200").json()["items"]
    assert [each["id"] for each in every] == sorted(each["id"] for each in every)
    rosa.post(f"/api/v1/candidates/{quill}/dismiss", json=DISMISS)
    (new,) = uma.get(f"/api/v1/events?cursor={every[-1]['id']}").json()["items"]
    assert (new["action"], new["actor"], new["subject"]["id"]) == ("candidate.dismissed", "Rosa", quill)
    assert rosa.get("/api/v1/events").status_code == 403


def test_what_no_keyboard_types_is_left_out_of_what_a_program_sends(rosa: TestClient, quill: int) -> None:
    reply = rosa.post(f"/api/v1/candidates/{quill}/dismiss", json=DISMISS | {"note": "No\x00 tool.\x07"})
    assert reply.json()["note"] == "No tool."
    found = rosa.get("/api/v1/candidates", params={"status": "dismissed", "q": "quill\x00mark"}).json()
    assert [each["id"] for each in found["items"]] == [quill]
    for address in ("tools?category=%00", "tools?cursor=%00", "check?q=%00x&edition=%00", "tools/%00"):
        assert rosa.get(f"/api/v1/{address}").status_code < 500


def test_text_that_is_no_text_is_refused(rosa: TestClient, quill: int) -> None:
    body = b'{"reason": "not_a_tool", "note": "\\ud800"}'
    headers = {"Content-Type": "application/json"}
    reply = rosa.post(f"/api/v1/candidates/{quill}/dismiss", content=body, headers=headers)
    assert reply.status_code == 422

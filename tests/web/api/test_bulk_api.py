"""Triage as a whole through the API: the same rules as on the pages."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from tests.web.pages.test_bulk_page import proposed

Program = Callable[..., TestClient]
BULK = "/api/v1/candidates/bulk"


@pytest.fixture
def three(site_engine: Engine, now: datetime, cast: dict[str, int]) -> list[int]:
    return proposed(site_engine, now, "Plumeria", "Plumerio", "Zither")


@pytest.fixture
def rosa(program: Program) -> TestClient:
    return program("Rosa", "read", "triage")


def test_a_dry_run_tells_and_its_etag_lets_exactly_that_be_done_once(
    rosa: TestClient, three: list[int]
) -> None:
    asked = {"act": "dismiss", "reason": "spam", "matching": {"q": "plum"}}
    dry = rosa.post(BULK, json=asked | {"dry_run": True})
    assert (dry.json()["count"], dry.json()["act"]) == (2, None)
    sent = {"If-Match": dry.headers["etag"], "Idempotency-Key": "once"}
    done, again = (rosa.post(BULK, json=asked, headers=sent) for _ in range(2))
    assert (done.json()["ids"], done.json()["told"]) == (three[:2], "dismissed: spam")
    assert again.json() == done.json()
    undone = rosa.post(f"/api/v1/candidates/acts/{done.json()['act']}/undo")
    assert undone.json()["undone_at"]
    assert len(rosa.get("/api/v1/candidates").json()["items"]) == 3
    late = rosa.post(BULK, json=asked | {"reason": "other"}, headers={"If-Match": dry.headers["etag"]})
    assert (late.status_code, late.json()["code"]) == (412, "stale_version")


def test_it_is_whole_or_not_done_unless_refusals_are_left_out(rosa: TestClient, three: list[int]) -> None:
    rosa.post(f"/api/v1/candidates/{three[0]}/dismiss", json={"reason": "spam"})
    asked = {"act": "label", "add": ["agents"], "ids": [{"id": each} for each in three]}
    assert rosa.post(BULK, json=asked).json()["count"] == 3
    asked = {"act": "accept", "ids": [{"id": each} for each in three]}
    assert rosa.post(BULK, json=asked).status_code == 409
    assert rosa.get("/api/v1/tools").json()["items"] == []
    some = rosa.post(BULK, json=asked | {"leave_out": True}).json()
    assert (some["count"], [each["name"] for each in some["refused"]]) == (2, ["Plumeria"])
    assert rosa.post(BULK, json={"act": "accept"}).status_code == 422
    assert rosa.post(BULK, json={"act": "dismiss", "ids": [{"id": three[0]}]}).status_code == 422


def test_filters_are_kept_and_removed(rosa: TestClient, three: list[int]) -> None:
    made = rosa.post("/api/v1/candidates/filters", json={"name": "Plums", "filter": {"q": "plum"}})
    assert (made.status_code, made.json()["count"]) == (201, 2)
    assert made.json()["url"].endswith("/inbox?q=plum")
    assert [each["name"] for each in rosa.get("/api/v1/candidates/filters").json()["items"]] == ["Plums"]
    gone = rosa.delete(f"/api/v1/candidates/filters/{made.json()['id']}")
    assert gone.json()["items"] == []


def test_duplicates_are_told_and_told_apart(rosa: TestClient, three: list[int]) -> None:
    at = f"/api/v1/candidates/{three[0]}"
    (twin,) = rosa.get(f"{at}/duplicates").json()["items"]
    assert (twin["candidate"], twin["reason"]) == (three[1], "88 % alike")
    assert rosa.post(f"{at}/differ", json={"candidate": three[1]}).status_code == 200
    assert rosa.get(f"{at}/duplicates").json()["items"] == []
    assert rosa.post(f"{at}/differ", json={}).status_code == 422


def test_a_correction_names_the_version_that_was_read(rosa: TestClient, three: list[int]) -> None:
    at = f"/api/v1/candidates/{three[0]}"
    read = rosa.get(at).headers["etag"]
    assert (
        rosa.post(f"{at}/edit", json={"name": "Petunia"}, headers={"If-Match": read}).json()["name"]
        == "Petunia"
    )
    assert rosa.post(f"{at}/edit", json={"name": "Pansy"}, headers={"If-Match": read}).status_code == 412


def test_dismissals_are_counted_with_the_list_behind_each_number(rosa: TestClient, three: list[int]) -> None:
    rosa.post(BULK, json={"act": "dismiss", "reason": "spam", "ids": [{"id": each} for each in three]})
    (row,) = rosa.get("/api/v1/candidates/dismissals").json()["rows"]
    assert (row["name"], row["reason"], row["count"]) == ("2026-11", "spam", 3)
    listed = rosa.get("/api/v1/candidates?status=dismissed&reason=spam&decided=2026-11").json()["items"]
    assert len(listed) == 3

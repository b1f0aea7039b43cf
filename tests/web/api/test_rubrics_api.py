"""Rubrics, offices, people and requests by a program: the same rules as on the pages, by tokens with scopes."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.store.engine import transaction
from tests.builders import a_tool, a_verdict, the_cast, the_offices
from tests.web.api.conftest import Program
from tests.web.pages.test_rubrics_page import NEXT, RUBRIC, STRICTER

As = Callable[[str], TestClient]
API = "/api/v1"
OPML = """<opml version="2.0"><body><outline text="Work">
<outline type="rss" text="Tidings" xmlUrl="https://tidings.example/feed"/>
<outline type="rss" text="Broken" xmlUrl="nonsense"/></outline></body></opml>"""


@pytest.fixture
def decided(site_engine: Engine, now: datetime) -> None:
    """Two offices, and verdict 1, a yes, that has gone out."""
    with transaction(site_engine) as session:
        the_offices(session)
        before = now - timedelta(days=2)
        a_verdict(session, a_tool(session, now=before), the_cast(session, before), now=before)


@pytest.fixture
def keeper(decided: None, program: Program) -> TestClient:
    return program("Ada", "read", "settings", "sources")


def test_a_version_is_stored_compared_and_switched_on(keeper: TestClient) -> None:
    stored = keeper.post(f"{API}/rubrics", json={"text": NEXT})
    assert (stored.status_code, stored.json()["version"], stored.json()["in_force"]) == (201, 2, False)
    place = f"{API}/rubrics/{stored.json()['number']}"
    found = keeper.get(f"{place}/comparison").json()
    assert ("added", "R13 Energy") in {(each["sort"], each["what"]) for each in found["differences"]}
    changed = {each["verdict"]: each for each in found["effects"]["changed"]}
    assert (changed[1]["before"], changed[1]["after"], changed[1]["unanswered"]) == (
        "approved",
        "rejected",
        ["R13"],
    )
    assert found["effects"]["only_unanswered"] == len(changed)
    whole = keeper.get(place)
    assert whole.json()["text"] == NEXT
    stale = keeper.post(f"{place}/switch-on", headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    done = keeper.post(f"{place}/switch-on", headers={"If-Match": whole.headers["etag"]})
    assert done.json()["in_force"] is True
    assert keeper.post(f"{place}/switch-on").status_code == 409
    listed = keeper.get(f"{API}/rubrics").json()["items"]
    assert [each["in_force"] for each in listed if each["kind"] == "rubric"] == [True, False]


@pytest.mark.parametrize(
    ("text", "told"), [("name =", "cannot be read"), (RUBRIC + "\n", "is stored already with other content")]
)
def test_a_file_that_cannot_be_used_is_refused_under_its_field(
    keeper: TestClient, text: str, told: str
) -> None:
    reply = keeper.post(f"{API}/rubrics", json={"text": text})
    assert reply.status_code == 422
    assert told in str(reply.json())


def test_looking_at_the_folder_tells_what_came_in(keeper: TestClient) -> None:
    assert keeper.post(f"{API}/rubrics/look").json() == {"stored": [], "faults": []}


def test_an_office_is_added_tried_changed_and_guarded(keeper: TestClient) -> None:
    assert keeper.post(f"{API}/offices", json={"code": "north", "name": "North"}).status_code == 201
    outcomes = {"8": "approved_with_conditions"}
    tried = keeper.post(f"{API}/offices/north/try", json={"outcomes": outcomes}).json()
    assert {each["after"] for each in tried["changed"]} == {"approved_with_conditions"}
    read = keeper.get(f"{API}/offices/north")
    changed = keeper.patch(
        f"{API}/offices/north", json={"outcomes": outcomes}, headers={"If-Match": read.headers["etag"]}
    )
    assert (changed.json()["version"], changed.json()["outcomes"]) == (2, outcomes)
    late = keeper.patch(
        f"{API}/offices/north", json={"name": "N"}, headers={"If-Match": read.headers["etag"]}
    )
    assert late.status_code == 412
    at_odds = keeper.patch(f"{API}/offices/north", json={"outcomes": {"4": "approved"}})
    assert at_odds.status_code == 422
    assert "is worse than" in str(at_odds.json())
    assert keeper.patch(f"{API}/offices/north", json={"name": "Far north"}).json()["outcomes"] == outcomes


def test_a_table_waits_until_every_office_with_outcomes_has_them_for_it(keeper: TestClient) -> None:
    keeper.patch(f"{API}/offices/field", json={"outcomes": {"9": "rejected"}})
    number = keeper.post(f"{API}/rubrics", json={"text": STRICTER}).json()["number"]
    refused = keeper.post(f"{API}/rubrics/{number}/switch-on")
    assert refused.status_code == 409
    assert "Field office" in refused.json()["detail"]
    keeper.patch(f"{API}/offices/field", json={"decision_table": number, "outcomes": {"9": "rejected"}})
    assert keeper.post(f"{API}/rubrics/{number}/switch-on").status_code == 200


def test_a_token_without_the_scope_reads_and_changes_nothing(decided: None, program: Program) -> None:
    reader = program("Ada", "read")
    assert reader.get(f"{API}/rubrics").status_code == 200
    assert reader.post(f"{API}/rubrics", json={"text": NEXT}).status_code == 403
    assert reader.patch(f"{API}/offices/field", json={"name": "F"}).status_code == 403


def test_people_and_tokens_are_made_in_person_and_by_no_token(as_: As, program: Program) -> None:
    ada = as_("admin")
    made = ada.post(
        f"{API}/people", json={"email": "Nia@example.org", "roles": ["reviewer"], "areas": ["privacy"]}
    )
    assert made.status_code == 201
    place = f"{API}/people/{made.json()['id']}"
    assert ada.put(f"{place}/roles", json={"roles": ["approver"]}).json()["roles"] == ["approver"]
    token = ada.post(f"{place}/tokens", json={"name": "script", "scopes": ["read"], "days": 5}).json()
    assert token["token"].startswith("reg_")
    assert ada.get(place).json()["tokens"][0]["token"] == ""
    link = ada.post(f"{place}/link").json()["url"]
    assert "/sign-in/" in link
    assert ada.post(f"{place}/tokens/{token['id']}/revoke").json()["revoked_at"]
    other = ada.get(f"{API}/people").json()["items"][0]["id"]
    assert ada.post(f"{API}/people/{other}/tokens/{token['id']}/revoke").status_code == 404
    assert ada.post(f"{place}/disable").json()["disabled_at"]
    every = program("Ada", "read", "settings", "sources", "audit")
    assert every.get(f"{API}/people").status_code == 403


def test_asking_for_a_tool_gives_the_address_to_follow_it(
    decided: None, program: Program, client: TestClient
) -> None:
    asker = program("Emil", "request")
    asked = {"name": "Tidepool", "purpose": "Minutes of meetings."}
    first = asker.post(f"{API}/requests", json=asked, headers={"Idempotency-Key": "one"})
    again = asker.post(f"{API}/requests", json=asked, headers={"Idempotency-Key": "one"})
    assert first.status_code == 201
    assert again.json() == first.json()
    assert "Minutes of meetings." in client.get(first.json()["url"].removeprefix("http://testserver")).text
    assert asker.post(f"{API}/requests", json={"name": "", "purpose": ""}).status_code == 422
    assert program("Emil", "read").post(f"{API}/requests", json=asked).status_code == 403


def test_a_list_of_sources_is_planned_added_and_acted_on_at_once(keeper: TestClient) -> None:
    planned = keeper.post(f"{API}/sources/import?dry_run=true", json={"opml": OPML}).json()
    assert (planned["added"], len(planned["left_out"]), planned["dry_run"]) == (["Tidings"], 1, True)
    assert keeper.get(f"{API}/sources").json()["items"] == []
    assert keeper.post(f"{API}/sources/import", json={"opml": OPML}).json()["added"] == ["Tidings"]
    (source,) = keeper.get(f"{API}/sources").json()["items"]
    done = keeper.post(f"{API}/sources/bulk", json={"ids": [source["id"], 999], "act": "pause"}).json()
    assert (done["count"], len(done["left"])) == (1, 1)
    assert keeper.post(f"{API}/sources/import", json={"opml": "<html/>"}).status_code == 422


def test_rules_change_places_and_let_in_what_they_kept_out(keeper: TestClient) -> None:
    ids = [
        keeper.post(f"{API}/rules", json={"act": "block", "field": "title", "pattern": word}).json()["id"]
        for word in ("alpha", "beta")
    ]
    assert keeper.post(f"{API}/rules/{ids[1]}/move", json={"to": "up"}).status_code == 200
    assert [each["id"] for each in keeper.get(f"{API}/rules").json()["items"]] == ids[::-1]
    assert keeper.post(f"{API}/rules/{ids[0]}/move", json={"to": "sideways"}).status_code == 422
    assert keeper.post(f"{API}/rules/{ids[0]}/let-in").status_code == 409

"""What anybody may read through the API: the answer, tools and verdicts."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select
from starlette.testclient import TestClient

from registry.domain.outcome import Outcome
from registry.settings import Settings
from registry.store.engine import transaction
from registry.store.tables import Unanswered
from registry.web.schemas import AnswerOut, Page, ToolOut, VerdictOut
from tests.builders import a_tool, a_verdict, the_cast, the_offices
from tests.conftest import Beginning
from tests.web.conftest import HandClock


def four_tools(session: Session, now: datetime) -> None:
    """Quillmark approved (1), Paletta conditional (2), Sketchline rejected (3), Tidebook never looked at."""
    people = the_cast(session, now)
    the_offices(session)
    outcomes: Mapping[str, Outcome] = {
        "Quillmark": Outcome.APPROVED,
        "Paletta": Outcome.APPROVED_WITH_CONDITIONS,
        "Sketchline": Outcome.REJECTED,
    }
    for name, outcome in outcomes.items():
        a_verdict(session, a_tool(session, name, now=now), people, now=now, outcome=outcome)
    a_tool(session, "Tidebook", now=now)


@pytest.fixture
def beginning() -> Beginning:
    return four_tools


@pytest.fixture
def decided(site_engine: Engine, clock: HandClock) -> Engine:
    """Their verdicts have gone out."""
    clock.pass_time(hours=1)
    return site_engine


def test_the_answer_is_the_object_that_the_command_prints(
    decided: Engine, client: TestClient, settings: Settings, tmp_path: Path
) -> None:
    reply = client.get("/api/v1/check", params={"q": "paletta", "on": "2026-11-10"})
    assert reply.status_code == 200
    answered = reply.json()
    assert answered["answer"] == "yes_if"
    assert AnswerOut.model_validate(answered).model_dump(mode="json").keys() == answered.keys()
    printed = subprocess.run(
        [sys.executable, "-m", "registry", "check", "paletta", "--json", "--on", "2026-11-10"],
        env={
            "REGISTRY_DATABASE_URL": settings.database_url,
            "REGISTRY_BASE_URL": settings.base_url,
            "PATH": "/usr/bin",
        },
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert json.loads(printed.stdout) == answered
    assert printed.returncode == 10


def test_what_nobody_could_answer_is_counted(decided: Engine, client: TestClient) -> None:
    for _ in range(2):
        told = client.get("/api/v1/check", params={"q": "Nimbuscast"}).json()
    assert (told["answer"], told["match"]) == ("unknown_tool", None)
    with transaction(decided) as session:
        (row,) = session.exec(select(Unanswered)).all()
        assert (row.query, row.times) == ("Nimbuscast", 2)


def test_a_value_that_is_not_known_here_is_told_by_name(decided: Engine, client: TestClient) -> None:
    reply = client.get("/api/v1/check", params={"q": "paletta", "data_class": "secret"})
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert "data_class" in reply.json()["faults"]


def test_lists_page_by_cursor_with_a_link_to_the_next_part(decided: Engine, client: TestClient) -> None:
    seen, address = [], "/api/v1/verdicts?limit=2"
    while address:
        reply = client.get(address)
        seen += [each["number"] for each in reply.json()["items"]]
        address = reply.links.get("next", {}).get("url", "")
    assert seen == [3, 2, 1]
    tools = client.get("/api/v1/tools?limit=3")
    assert [each["slug"] for each in tools.json()["items"]] == ["paletta", "quillmark", "sketchline"]
    (last,) = client.get(tools.links["next"]["url"]).json()["items"]
    assert (last["slug"], last["answer"]) == ("tidebook", "not_reviewed")


def test_verdicts_have_the_facets_of_the_list(decided: Engine, client: TestClient) -> None:
    def numbers(query: str) -> list[int]:
        return [each["number"] for each in client.get(f"/api/v1/verdicts?{query}").json()["items"]]

    assert numbers("outcome=approved&outcome=rejected") == [3, 1]
    assert numbers("tool=paletta") == [2]
    assert numbers("validity=lapsed") == []
    assert client.get("/api/v1/verdicts?outcome=perhaps").status_code == 422
    assert client.get("/api/v1/verdicts?cursor=x").status_code == 422


def test_one_tool_and_one_verdict_can_be_read(decided: Engine, client: TestClient) -> None:
    tool = client.get("/api/v1/tools/paletta").json()
    assert (tool["answer"], tool["verdicts"], tool["url"]) == (
        "yes_if",
        [2],
        "http://testserver/tools/paletta",
    )
    verdict = client.get("/api/v1/verdicts/2").json()
    assert (verdict["outcome"], verdict["validity"]) == ("approved_with_conditions", "active")
    assert verdict["conditions"][0]["mitigates"] == ["R5"]
    assert client.get("/api/v1/verdicts/99").status_code == 404
    assert client.get("/api/v1/tools/none").json()["code"] == "not_found"


def test_a_list_tells_of_each_what_its_own_address_tells(decided: Engine, client: TestClient) -> None:
    for address, shape, key in (
        ("/api/v1/verdicts", Page[VerdictOut], "number"),
        ("/api/v1/tools", Page[ToolOut], "slug"),
    ):
        listed = client.get(address).json()
        assert shape.model_validate(listed).model_dump(mode="json") == listed
        for each in listed["items"]:
            alone = client.get(f"{address}/{each[key]}").json()
            assert {name: alone[name] for name in each} == each


@pytest.mark.parametrize("path", ["check?q=paletta", "tools", "tools/paletta", "verdicts", "verdicts/2"])
def test_a_read_that_the_asker_has_already_is_an_empty_304(
    path: str, decided: Engine, client: TestClient
) -> None:
    first = client.get(f"/api/v1/{path}")
    again = client.get(f"/api/v1/{path}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "no-cache"


def test_a_verdict_in_its_undo_window_is_nowhere(client: TestClient) -> None:
    assert client.get("/api/v1/verdicts/1").status_code == 404
    assert client.get("/api/v1/verdicts").json()["items"] == []
    assert client.get("/api/v1/tools/quillmark").json()["verdicts"] == []


@pytest.mark.parametrize("path", ["verdicts/0", f"verdicts/{10**30}", "verdicts/one", "tools/%00"])
def test_an_address_that_no_row_can_have_is_404(path: str, client: TestClient) -> None:
    reply = client.get(f"/api/v1/{path}")
    assert (reply.status_code, reply.headers["content-type"]) == (404, "application/problem+json")

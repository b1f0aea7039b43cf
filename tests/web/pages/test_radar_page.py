import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select
from starlette.testclient import TestClient

from registry.domain.evaluation import EvaluationState
from registry.settings import Settings
from registry.store import tools
from registry.store.engine import snapshot, transaction
from registry.store.tables import Evaluation, Verdict
from registry.web.app import create_app
from tests.conftest import NOW
from tests.web.conftest import HandClock

pytestmark = pytest.mark.usefixtures("decided")
SVG = "{http://www.w3.org/2000/svg}"


def told(client: TestClient, query: str = "") -> dict[str, dict[str, str]]:
    return {each["name"]: each for each in client.get(f"/radar.json{query}").json()["entries"]}


def rings(client: TestClient, query: str = "") -> dict[str, str]:
    return {name: each["ring"] for name, each in told(client, query).items()}


def day(days: int) -> str:
    return (NOW - timedelta(days=days)).date().isoformat()


def test_each_tool_stands_in_the_ring_of_its_answer(client: TestClient) -> None:
    found = rings(client)
    assert {name: found.get(name) for name in ("Harrow Chat", "Lapsa", "Sundial", "Murmur Notes")} == {
        "Harrow Chat": "no",
        "Lapsa": "no",
        "Sundial": "no",
        "Murmur Notes": "yes_if",
    }
    assert "in_review" in found.values()
    assert "Untried" not in found


def test_a_past_day_is_counted_from_the_verdicts_as_they_stood_then(client: TestClient) -> None:
    assert rings(client, f"?at={day(10)}")["Sundial"] == "yes"  # suspended two days ago
    assert "Harrow Chat" not in rings(client, f"?at={day(25)}")  # rejected twenty days ago
    assert rings(client, f"?at={day(1000)}") == {"Lapsa": "yes"}  # long before it lapsed
    assert rings(client, f"?at={day(5000)}") == {}


def test_the_past_stays_as_it_was_when_something_befalls_a_verdict_later(
    client: TestClient, clock: HandClock
) -> None:
    before = client.get(f"/radar.json?at={day(10)}&since={day(50)}").text
    clock.pass_time(days=900)
    assert rings(client)["Sundial"] == "no"
    assert client.get(f"/radar.json?at={day(10)}&since={day(50)}").text == before


def test_it_tells_what_moved_since_a_day(client: TestClient) -> None:
    found = told(client, f"?since={day(10)}")
    assert (found["Sundial"]["moved"], found["Sundial"]["was"]) == ("out", "yes")
    assert found["Harrow Chat"]["moved"] == "none"
    assert told(client, f"?since={day(25)}")["Harrow Chat"]["moved"] == "new"
    only = told(client, f"?since={day(10)}&moved=yes")
    assert only.keys() == {name for name, each in found.items() if each["moved"] != "none"}


def test_the_page_says_in_a_list_what_the_picture_shows(client: TestClient) -> None:
    shown = client.get(f"/radar?since={day(10)}").text
    picture = shown[
        shown.index('<svg class="chart"') : shown.index("</svg>", shown.index('<svg class="chart"'))
    ]
    names = set(re.findall(r'aria-label="([^:"]+):', picture))
    listed = set(
        re.findall(r'<a href="/tools/[^"]+">([^<]+)</a>', shown[shown.index("The same as a list") :])
    )
    assert names == listed == told(client).keys()
    assert 'role="group"' in picture
    assert "<title" in picture
    assert "<desc" in picture
    assert "Sundial: Paused, moved out, was “Yes”" in picture


@pytest.mark.parametrize("query", ["", "?ring=no", "?category=Drawing", "?moved=yes"])
def test_page_and_files_show_the_same_tools(client: TestClient, query: str) -> None:
    names = told(client, query).keys()
    sheet = csv.DictReader(io.StringIO(client.get(f"/radar.csv{query}").text.lstrip("\ufeff")))
    assert {row["name"] for row in sheet} == names
    picture = ET.fromstring(client.get(f"/radar.svg{query}").content)
    assert {link.get("aria-label", "").split(":")[0] for link in picture.iter(f"{SVG}a")} == names
    assert all(
        link.get("href", "").startswith("http://testserver/tools/") for link in picture.iter(f"{SVG}a")
    )
    shown = client.get(f"/radar{query}").text
    assert all(f">{name}</a>" in shown for name in names)
    backstage = client.get(f"/radar/backstage.json{query}").json()
    zalando = client.get(f"/radar/zalando.json{query}").json()
    assert {each["title"] for each in backstage["entries"]} == names
    assert {each["label"] for each in zalando["entries"]} == names


def test_backstage_finds_four_quadrants_and_every_id_that_an_entry_names(client: TestClient) -> None:
    found = client.get("/radar/backstage.json").json()
    assert len(found["quadrants"]) == 4
    quadrants, known = {each["id"] for each in found["quadrants"]}, {each["id"] for each in found["rings"]}
    for each in found["entries"]:
        assert each["quadrant"] in quadrants
        assert {snapshot["ringId"] for snapshot in each["timeline"]} <= known
        assert {snapshot["moved"] for snapshot in each["timeline"]} <= {-1, 0, 1}
        assert each["key"] == each["id"]


def test_zalando_finds_four_quadrants_and_rings_by_place(client: TestClient) -> None:
    found = client.get(f"/radar/zalando.json?since={day(10)}").json()
    assert (len(found["quadrants"]), len(found["rings"])) == (4, 4)
    by_name = {each["label"]: each for each in found["entries"]}
    assert by_name["Sundial"]["moved"] == -1
    assert by_name["Sundial"]["ring"] == 3
    assert all(0 <= each["quadrant"] < 4 for each in found["entries"])


def test_risk_and_fit_shows_what_was_scored(client: TestClient) -> None:
    shown = client.get("/radar/risk-fit").text
    assert re.search(r'aria-label="Murmur Notes: Yes, if', shown)
    assert "Moderate risk" in shown


def test_what_is_no_day_is_told_on_the_page_and_refused_in_a_file(client: TestClient) -> None:
    assert client.get("/radar?at=0001-01-01").status_code == 422
    shown = client.get("/radar?at=2999-Q1&ring=maybe")
    assert shown.status_code == 422
    assert "no day of the past" in shown.text
    assert client.get("/radar.csv?at=2999-Q1").status_code == 422
    assert json.loads(client.get("/radar.json?group=999").text)["entries"]


def test_a_category_that_no_tool_has_is_told_on_the_page_and_refused_in_a_file(
    client: TestClient, site_engine: Engine
) -> None:
    told_so = "There is no category “Drawings”. Choose among: "
    for page in ("/radar", "/radar/risk-fit"):
        shown = client.get(f"{page}?category=Drawings&ring=no")
        assert shown.status_code == 422
        assert told_so in shown.text
    for file in ("svg", "csv", "json"):
        refused = client.get(f"/radar.{file}?category=Drawing&category=Drawings")
        assert refused.status_code == 422
        assert "There is no category" in refused.text


def test_tools_without_a_category_are_chosen_by_the_same_word_in_every_language(
    settings: Settings, site_engine: Engine, clock: HandClock
) -> None:
    with transaction(site_engine) as session:
        tools.get(session, "harrow-chat").category = ""
    spoken = settings.model_copy(update={"language": "es"})
    client = TestClient(create_app(spoken, engine=site_engine, clock=clock))
    [value] = re.findall(r'value="([^"]*)"[^>]*><label[^>]*>Sin categoría', client.get("/radar").text)
    found = client.get("/radar.json", params={"category": value})
    assert [each["name"] for each in found.json()["entries"]] == ["Harrow Chat"]


def test_what_was_under_review_then_is_in_review_though_its_review_ended_since(
    client: TestClient, site_engine: Engine
) -> None:
    assert rings(client)["Wendle"] == "in_review"
    with transaction(site_engine) as session:
        (case,) = session.exec(select(Evaluation).where(col(Evaluation.closed_at).is_(None))).all()
        case.state, case.withdrawn_reason = EvaluationState.WITHDRAWN, "It was sold."
        case.closed_at = NOW - timedelta(days=2)
    assert "Wendle" not in rings(client)
    assert rings(client, f"?at={day(3)}")["Wendle"] == "in_review"
    assert "Wendle" not in rings(client, f"?at={day(1)}")
    assert "Wendle" not in rings(client, f"?at={day(10)}")


def test_nothing_moves_by_a_decision_before_it_goes_out(client: TestClient, clock: HandClock) -> None:
    assert rings(client)["Umber Draw"] == "in_review"
    clock.pass_time(minutes=6)
    assert rings(client)["Umber Draw"] == "yes"


def test_a_no_at_once_is_seen_when_it_goes_out_and_leaves_no_trace_where_it_was_taken_back(
    client: TestClient, as_: Callable[[str], TestClient], site_engine: Engine
) -> None:
    pages = ("/radar.csv", "/tools/untried", "/api/v1/check?q=untried", "/tools.csv")
    before = {page: client.get(page).text for page in pages}
    no = {"ground": "K9", "said_by": "The legal office", "rationale": "No.", "alternatives": "none known"}
    sent = as_("Amir").post(
        "/tools/untried/quick-no",
        data=no | {"evidence": "https://untried.example/terms", "independent": "yes", "action": "publish"},
    )
    assert sent.status_code == 303
    assert {page: client.get(page).text for page in pages} == before
    with snapshot(site_engine) as session:
        (verdict,) = session.exec(select(Verdict).where(Verdict.reason_code == "K9")).all()
        undo, number = f"/evaluations/{verdict.evaluation_id}/undo", verdict.number
    assert as_("Amir").post(undo, data={"number": str(number)}).status_code == 303
    assert {page: client.get(page).text for page in pages} == before

"""A pasted list of software: one answer a line, on the page, as a sheet, and the same by the API."""

import csv
import io
import re
from html import unescape

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select
from starlette.testclient import TestClient

from registry.settings import Settings
from registry.store.tables import Unanswered
from registry.web.answer_sheet import MOST_QUERIES
from registry.web.app import create_app
from registry.web.asking import MOST_FROM_ONE_PLACE

pytestmark = pytest.mark.usefixtures("decided")
LIST = "quillmark\n\n  https://quillmark.example/pricing \r\nharrow chat\nuntried\nZzyzx & Sons\nquilmark\n"
ANSWERS = ["yes", "yes", "no", "not_reviewed", "unknown_tool", "unknown_tool"]


def rows_of(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def one_by_one(client: TestClient, queries: list[str], **said: str) -> list[dict]:
    return [client.get("/api/v1/check", params={"q": each, **said}).json() for each in queries]


def test_each_line_gets_its_answer_in_the_order_of_the_list(client: TestClient) -> None:
    shown = client.post("/check/list", data={"list": LIST}).text
    table = unescape(shown.split("<tbody", 1)[1].split("</tbody>", 1)[0])
    places = [table.index(name) for name in ("quillmark<", "quillmark.example/pricing<", "harrow", "Zzyzx")]
    assert places == sorted(places)
    assert table.count('<tr role="row">') == len(ANSWERS)
    assert 'Did you mean</span> <a href="/check?q=Quillmark">' in table


def test_a_sheet_holds_the_same_answers(client: TestClient) -> None:
    sheet = client.post("/check/list", data={"list": LIST, "as": "csv"})
    assert sheet.headers["content-type"].startswith("text/csv")
    assert "answers.csv" in sheet.headers["content-disposition"]
    assert [each["answer"] for each in rows_of(sheet.content)] == ANSWERS
    assert rows_of(sheet.content)[0]["in_words"] == "Yes"


def test_a_line_that_a_spreadsheet_would_run_is_made_harmless(client: TestClient) -> None:
    sheet = client.post("/check/list", data={"list": "=HYPERLINK(1)", "as": "csv"})
    assert rows_of(sheet.content)[0]["query"] == "'=HYPERLINK(1)"


def test_the_api_gives_for_a_list_what_it_gives_one_by_one(client: TestClient) -> None:
    queries = [line.strip() for line in LIST.splitlines() if line.strip()]
    said = {"data_class": "internal", "account": "organisation"}
    told = client.post("/api/v1/check", json={"queries": queries, **said})
    assert told.json()["answers"] == one_by_one(client, queries, **said)
    sheet = client.post("/api/v1/check", json={"queries": queries}, headers={"Accept": "text/csv"})
    assert [each["answer"] for each in rows_of(sheet.content)] == ANSWERS


def test_what_was_pasted_is_kept_where_something_is_wrong_with_it(client: TestClient) -> None:
    for given, told in (
        ({"list": " \n "}, "Paste at least one"),
        ({"list": "quillmark\n" + "x" * 501}, "Line 2 is too long"),
        ({"list": "quillmark\n" * (MOST_QUERIES + 1)}, "1,001 lines are too many"),
        ({"list": "quillmark", "data_class": "secretest"}, "secretest"),
        ({"list": "quillmark", "on": "yesterday"}, "year-month-day"),
    ):
        reply = client.post("/check/list", data=given)
        assert reply.status_code == 422, given
        assert told in unescape(reply.text), given
        assert given["list"].strip() in reply.text


@pytest.mark.parametrize("queries", [[], ["q"] * (MOST_QUERIES + 1), ["x" * 501], [""], "quillmark", [7]])
def test_a_program_is_told_what_is_wrong_with_its_list(client: TestClient, queries: object) -> None:
    reply = client.post("/api/v1/check", json={"queries": queries})
    assert reply.status_code == 422
    assert any("queries" in name for name in reply.json()["faults"])


def test_nobody_counts_as_wanted_what_a_list_holds(client: TestClient, site_engine: Engine) -> None:
    client.post("/check/list", data={"list": "Nobody Knows This"})
    with Session(site_engine) as session:
        assert session.exec(select(Unanswered)).all() == []


def test_one_place_may_not_ask_for_ever_without_an_account(client: TestClient) -> None:
    for _ in range(MOST_FROM_ONE_PLACE):
        assert client.post("/api/v1/check", json={"queries": ["quillmark"]}).status_code == 200
    refused = client.post("/api/v1/check", json={"queries": ["quillmark"]})
    assert refused.status_code == 403
    assert "quarter of an hour" in refused.json()["detail"]
    assert client.get("/api/v1/check?q=quillmark").status_code == 200


def test_what_is_said_twice_or_unknown_is_refused_and_the_list_is_kept(client: TestClient) -> None:
    for more in ({"data_class": ["regulated", "public"]}, {"dataclass": "public"}):
        shown = client.post("/check/list", data={"list": "quillmark", **more})
        assert shown.status_code == 422
        assert re.search(r"quillmark\s*</textarea>", shown.text)
    twice = '{"queries": ["quillmark"], "data_class": "regulated", "data_class": "public"}'
    for sent in (
        client.post("/api/v1/check", content=twice, headers={"Content-Type": "application/json"}),
        client.post("/api/v1/check?data_class=regulated", json={"queries": ["quillmark"]}),
    ):
        assert sent.status_code == 422
        assert "data_class" in sent.json()["faults"]
    sent = client.post("/api/v1/check", json={"queries": ["quillmark"], "dataclass": "public"})
    assert (sent.status_code, [*sent.json()["faults"]]) == (422, ["dataclass"])


def test_the_form_speaks_the_language_of_the_house(settings: Settings, site_engine: Engine) -> None:
    spanish = settings.model_copy(update={"language": "es"})
    with TestClient(create_app(spanish, engine=site_engine)) as client:
        shown = unescape(client.get("/check/list").text)
    for english in ("What will you enter?", "With which account?", "In which office?", "Not said"):
        assert english not in shown
    assert "¿" in shown

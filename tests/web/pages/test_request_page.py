from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from registry.settings import Settings
from registry.web.asking import MOST_FROM_ONE_PLACE

pytestmark = pytest.mark.usefixtures("decided")
ASKED = {"name": "Zephyr Board", "purpose": "Plan the week", "homepage": "https://zephyr.example/"}


def test_the_form_knows_the_name_and_offers_what_is_here_already(client: TestClient) -> None:
    shown = client.get("/request?name=Harow+Chat").text
    assert 'value="Harow Chat"' in shown
    assert "Is it one of these?" in shown
    assert "/check?q=Harrow+Chat" in shown
    assert "There is an answer already" in client.get("/request?name=quillmark").text


def test_a_request_can_be_followed_by_its_link(client: TestClient) -> None:
    reply = client.post("/request", data=ASKED)
    assert reply.status_code == 303
    followed = client.get(reply.headers["location"])
    assert "It waits for somebody to look at it." in followed.text
    assert followed.headers["cache-control"] == "no-store"
    assert followed.headers["referrer-policy"] == "no-referrer"
    assert client.get("/request/" + "x" * 30).status_code == 404


def test_a_request_for_a_tool_under_review_names_the_day(client: TestClient) -> None:
    where = client.post("/request", data={"name": "Wendle", "purpose": "Ask it things"}).headers["location"]
    shown = client.get(where).text
    assert "It is being reviewed." in shown
    assert "18 November 2026" in shown


def test_what_was_typed_is_kept_where_something_lacks(client: TestClient) -> None:
    typed = {"name": "<b>Zephyr", "purpose": "", "homepage": "not an address", "needed_by": "May"}
    reply = client.post("/request", data=typed)
    assert reply.status_code == 422
    assert "There is a problem" in reply.text
    for kept in ('value="&lt;b&gt;Zephyr"', 'value="not an address"', 'value="May"'):
        assert kept in reply.text
    assert 'href="#f-purpose"' in reply.text
    assert 'href="#f-homepage"' in reply.text


@pytest.mark.parametrize(
    ("name", "length"),
    [("name", 121), ("purpose", 2001), ("homepage", 2100), ("contact", 201), ("needed_by", 81)],
)
def test_what_is_too_long_is_refused_and_never_cut(client: TestClient, name: str, length: int) -> None:
    text = "https://zephyr.example/".ljust(length, "x")
    reply = client.post("/request", data=ASKED | {name: text})
    assert reply.status_code == 422
    assert f'id="f-{name}-fault"' in reply.text
    assert text in reply.text


def test_a_data_class_that_is_not_ours_is_refused(client: TestClient) -> None:
    assert client.post("/request", data=ASKED | {"data_class": "secret"}).status_code == 422


def test_without_an_account_only_so_many_come_from_one_place(
    client: TestClient, as_: Callable[[str], TestClient]
) -> None:
    for _ in range(MOST_FROM_ONE_PLACE):
        assert client.post("/request", data=ASKED).status_code == 303
    assert client.post("/request", data=ASKED).status_code == 403
    assert as_("employee").post("/request", data=ASKED).status_code == 303


class TestWhereOnlyEmployeesAsk:
    @pytest.fixture
    def settings(self, tmp_path: Path, database_url: str) -> Settings:
        return Settings(
            data_dir=tmp_path, database_url=database_url, base_url="http://testserver", requests="employees"
        )

    def test_a_stranger_is_led_to_the_sign_in(
        self, app: FastAPI, client: TestClient, as_: Callable[[str], TestClient]
    ) -> None:
        assert client.get("/request").headers["location"] == "/login?next=%2Frequest"
        kept = client.post("/request", data=ASKED)
        assert kept.status_code == 401
        assert ASKED["purpose"] in kept.text
        assert as_("employee").get("/request").status_code == 200

"""What is asked in an address is said once and known, so that no answer is milder than what was meant."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from registry.web.question import QUESTION

TWICE = "data_class=regulated&data_class=public"


@pytest.mark.parametrize("said", [TWICE, "dataclass=public", "q=murmur", "utm_source=x"])
def test_the_api_refuses_what_is_given_twice_or_unknown(client: TestClient, said: str) -> None:
    for _ in range(2):  # the second time a remembered reply could be given
        sent = client.get(f"/api/v1/check?q=quillmark&{said}")
        assert sent.status_code == 422
        assert said.partition("=")[0] in sent.json()["faults"]


def test_the_refusal_names_what_may_be_said(client: TestClient) -> None:
    told = client.get("/api/v1/check?q=quillmark&dataclass=public").json()["detail"]
    assert all(name in told for name in QUESTION)


@pytest.mark.parametrize("path", ["/check", "/embed"])
@pytest.mark.parametrize("said", [TWICE, "dataclass=public"])
def test_a_page_tells_it_above_its_form_and_keeps_what_was_typed(
    client: TestClient, path: str, said: str
) -> None:
    shown = client.get(f"{path}?q=quillmark&{said}")
    assert shown.status_code == 422
    assert 'value="quillmark"' in shown.text
    assert said.partition("=")[0] in shown.text
    assert "tone-" not in shown.text.partition("<main")[2], "no answer stands beside it"
    assert (
        client.get(f"{path}?{said.partition('&')[0].replace('data_class', 'dataclass')}").status_code == 422
    )


@pytest.mark.parametrize("path", ["/check", "/embed"])
def test_a_page_passes_over_what_only_tells_where_a_reader_came_from(client: TestClient, path: str) -> None:
    assert client.get(f"{path}?q=quillmark&utm_source=mail&fbclid=1").status_code == 200


def test_completions_take_one_name_alone(client: TestClient) -> None:
    assert client.get("/suggest?q=quill").status_code == 200
    assert client.get("/suggest?q=quill&q=mur").status_code == 422
    assert client.get("/suggest?q=quill&edition=x").status_code == 422


@pytest.mark.parametrize(
    "day",
    ["9999-12-31", "0001-01-01", "1999-12-31", "2200-01-01", "0", "1796083200", "20261103", "2026-W01-1"],
)
def test_one_rule_for_days_everywhere(client: TestClient, day: str) -> None:
    for path in ("/api/v1/check", "/check", "/embed"):
        assert client.get(path, params={"q": "quillmark", "on": day}).status_code == 422, path
    sent = client.post("/api/v1/check", json={"queries": ["quillmark"], "on": day})
    assert (sent.status_code, [*sent.json()["faults"]]) == (422, ["on"])
    assert client.post("/check/list", data={"list": "quillmark", "on": day}).status_code == 422


def test_a_day_as_a_number_is_no_day(client: TestClient) -> None:
    assert client.post("/api/v1/check", json={"queries": ["quillmark"], "on": 0}).status_code == 422
    for day in ("2000-01-01", "2199-12-31", ""):
        assert client.get("/api/v1/check", params={"q": "quillmark", "on": day}).status_code == 200


def _named_in(shape: object) -> Iterator[str]:
    if isinstance(shape, dict):
        if "$ref" in shape:
            yield shape["$ref"].rsplit("/", 1)[1]
        shape = list(shape.values())
    if isinstance(shape, list):
        for each in shape:
            yield from _named_in(each)


@pytest.mark.whole
def test_no_body_of_the_api_takes_a_field_that_it_does_not_know(api_description: dict[str, Any]) -> None:
    schemas = api_description["components"]["schemas"]
    bodies = [act.get("requestBody") for path in api_description["paths"].values() for act in path.values()]
    waiting, taken = set(_named_in(bodies)), set()
    while waiting:
        name = waiting.pop()
        taken.add(name)
        waiting |= set(_named_in(schemas[name])) - taken
    assert len(taken) > 50
    open_ones = {
        name
        for name in taken
        if "properties" in schemas[name] and schemas[name].get("additionalProperties") is not False
    }
    assert open_ones <= {"TeamsMessage"}, "what others send, and may add to"


def test_a_webhook_with_a_misspelled_limit_is_refused(as_: Callable[[str], TestClient]) -> None:
    client = as_("Ada")
    sent = client.post(
        "/api/v1/webhooks", json={"url": "https://hooks.example/x", "filter": "tool=quillmark"}
    )
    assert (sent.status_code, [*sent.json()["faults"]]) == (422, ["filter"])
    assert "no such field" in sent.json()["detail"]

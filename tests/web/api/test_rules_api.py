"""Rules of intake, labels and the order of the inbox through the API."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.proposal import Announcer
from registry.services.entries import intake
from registry.services.people.acting import REGISTRY
from registry.services.sources import sources
from registry.store.engine import transaction
from tests.feeds import an_entry

Program = Callable[..., TestClient]
RULES = "/api/v1/rules"
FUNDING = {"act": "block", "pattern": "funding"}


@pytest.fixture(autouse=True)
def came_in(site_engine: Engine, now: datetime) -> None:
    titles = ("Plumeria - Funding", "Zither - Chat")
    found = [
        an_entry(title, title=title, link=f"https://{title.split()[0].lower()}.example/") for title in titles
    ]
    with transaction(site_engine) as session:
        source = sources.add_source(
            session, url="https://launches.example/", announcer=Announcer.LAUNCH_FEED, by=REGISTRY, now=now
        )
        intake.record_entries(session, source, found, first=False, now=now)


@pytest.fixture
def ada(program: Program) -> TestClient:
    return program("Ada", "read", "sources")


def test_a_rule_is_tried_without_being_stored_and_then_added_listed_and_ended(ada: TestClient) -> None:
    tried = ada.post(f"{RULES}/try", json=FUNDING).json()
    assert (tried["entries"], tried["blocked"], tried["sample"][0]["status"]) == (2, 1, "new")
    assert ada.get(RULES).json()["items"] == []
    added = ada.post(RULES, json=FUNDING)
    assert added.status_code == 201
    assert ada.get(RULES).json()["items"] == [added.json()]
    assert added.json()["sentence"] == "Block entries whose title holds “funding”"
    assert ada.delete(f"{RULES}/{added.json()['id']}").status_code == 200
    assert ada.get(RULES).json()["items"] == []
    assert ada.delete(f"{RULES}/{added.json()['id']}").status_code == 409


def test_a_rule_is_added_once_under_one_key(ada: TestClient) -> None:
    keyed = {"Idempotency-Key": "one"}
    assert (
        ada.post(RULES, json=FUNDING, headers=keyed).json()
        == ada.post(RULES, json=FUNDING, headers=keyed).json()
    )
    assert len(ada.get(RULES).json()["items"]) == 1


@pytest.mark.parametrize("wrong", [{"pattern": "("}, {"pattern": "a{99999}"}, {"pattern": " "}])
def test_an_invalid_rule_names_its_field(ada: TestClient, wrong: dict[str, str]) -> None:
    for path in (RULES, f"{RULES}/try"):
        reply = ada.post(path, json={**FUNDING, "expression": True, **wrong})
        assert (reply.status_code, list(reply.json()["faults"])) == (422, ["pattern"])


def test_labels_filter_the_inbox_and_relevance_orders_it(program: Program) -> None:
    rosa = program("Rosa", "read", "triage")
    inbox = "/api/v1/candidates"
    put = rosa.post(f"{inbox}/1/labels", json={"add": ["agents"]})
    assert put.json()["labels"] == ["agents"]
    assert [each["id"] for each in rosa.get(f"{inbox}?label=agents").json()["items"]] == [1]
    assert len(rosa.get(f"{inbox}?sort=relevance").json()["items"]) == 2
    first = rosa.get(f"{inbox}?sort=relevance&limit=1").json()
    rest = rosa.get(f"{inbox}?sort=relevance&limit=1&cursor={first['next']}").json()
    assert rest["items"][0]["id"] != first["items"][0]["id"]
    assert rosa.get(f"{inbox}?sort=loudest").status_code == 422

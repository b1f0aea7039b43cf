"""Webhooks and the outbox, as an admin meets them on pages and through the API."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from starlette.testclient import TestClient

from registry.services.notices import outbox
from registry.store.engine import snapshot, transaction
from registry.store.tables import Channel, Delivery, DeliveryState, Event, Webhook
from tests.conftest import NOW

As = Callable[[str], TestClient]
URL = "https://chat.example/hooks/7"
API = "/api/v1"


@pytest.fixture
def ada(as_: As) -> TestClient:
    return as_("Ada")


def add(ada: TestClient, url: str = URL, **more: str):  # type: ignore[no-untyped-def]
    return ada.post("/webhooks", data={"url": url, **more})


def gives_up(engine: Engine, minutes: int = 0) -> None:
    """The first that waits was tried and given up."""
    now = NOW + timedelta(minutes=minutes)
    with transaction(engine) as session:
        for claim in outbox.claim(session, Channel.WEBHOOK, owner="x", now=now, limit=9):
            outbox.settle(session, claim, outbox.Reply(False, 500, "no <b>luck</b>", for_good=True), now)


def test_the_secret_is_shown_once_and_a_new_one_by_rotating(ada: TestClient) -> None:
    shown = add(ada, note="Chat of the office", wanted="outcome=rejected")
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "no-store"
    [secret] = set(re.findall(r"whsec_[A-Za-z0-9+/=]+", shown.text))
    page = ada.get("/webhooks/1").text
    assert secret not in page
    assert "verdicts decided as rejected" in page
    assert URL in ada.get("/webhooks").text
    rotated = ada.post("/webhooks/1/rotate").text
    assert secret not in rotated
    assert "whsec_" in rotated
    assert "with the new secret and the one before, until" in rotated


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "This is not an address"),
        ("ftp://chat.example", "This is not an address"),
        ("http://127.0.0.1/hook", "not a public address"),
        ("http://[::1]/hook", "not a public address"),
        ("https://chat.example:22/", None),
        ("http://169.254.169.254/latest", "not a public address"),
    ],
)
def test_an_address_that_cannot_be_is_refused_and_nothing_typed_is_lost(
    ada: TestClient, url: str, told: str | None
) -> None:
    reply = add(ada, url, note="Chat of the office")
    if told is None:  # a name may lead anywhere: it is judged when something is sent
        assert reply.status_code == 200
        return
    assert reply.status_code == 422
    assert told in reply.text
    assert 'value="Chat of the office"' in reply.text


def test_what_does_not_exist_is_told_to_no_webhook(ada: TestClient) -> None:
    reply = add(ada, note="Chat of the office", wanted="tool=nope")
    assert reply.status_code == 422
    assert "There is no tool “nope”" in reply.text
    assert 'value="Chat of the office"' in reply.text
    assert ada.post(f"{API}/webhooks", json={"url": URL, "wanted": "office=zz"}).status_code == 422


def test_a_filter_that_nobody_knows_is_refused(ada: TestClient) -> None:
    reply = add(ada, wanted="colour=green")
    assert reply.status_code == 422
    assert "colour is no filter" in reply.text


def test_a_test_waits_in_the_outbox_and_what_was_given_up_is_tried_again(
    ada: TestClient, site_engine: Engine
) -> None:
    add(ada)
    ada.post("/webhooks/1/test")
    ada.post("/webhooks/1/test")
    assert ada.get("/webhooks/1").text.count("A test") == 2
    gives_up(site_engine)
    gives_up(site_engine, minutes=2)
    page = ada.get("/outbox").text
    assert "Given up" in page
    assert "500 no &lt;b&gt;luck&lt;/b&gt;" in page
    ada.post("/outbox/1/replay", data={"back": "webhook"})
    assert _states(site_engine) == [DeliveryState.WAITING, DeliveryState.FAILED]
    assert ada.post("/outbox/1/replay").status_code == 409, "it waits already"
    ada.post("/webhooks/1/replay")
    assert _states(site_engine) == [DeliveryState.WAITING] * 2


def _states(engine: Engine) -> list[DeliveryState]:
    with snapshot(engine) as session:
        return list(session.exec(select(Delivery.state).order_by(Delivery.id)))


def test_one_that_is_off_gets_nothing_until_it_is_on_again(ada: TestClient, site_engine: Engine) -> None:
    add(ada)
    ada.post("/webhooks/1/test")
    ada.post("/webhooks/1/off")
    assert "It is off since 3 November 2026" in ada.get("/webhooks/1").text
    assert ada.post("/webhooks/1/test").status_code == 409
    assert ada.post("/outbox/1/replay").status_code == 409
    ada.post("/webhooks/1/on")
    ada.post("/webhooks/1/replay")
    assert _states(site_engine) == [DeliveryState.WAITING]


def test_removing_is_asked_about_once_more(ada: TestClient, site_engine: Engine) -> None:
    add(ada)
    ada.post("/webhooks/1/test")
    assert "Remove the webhook?" in ada.post("/webhooks/1/remove").text
    assert ada.get("/webhooks/1").status_code == 200
    ada.post("/webhooks/1/remove", data={"sure": "yes"})
    assert ada.get("/webhooks/1").status_code == 404
    assert _states(site_engine) == []


def test_who_changes_what_somebody_else_changed_sees_both_and_loses_nothing(ada: TestClient) -> None:
    add(ada)
    ada.post("/webhooks/1", data={"url": URL, "note": "Theirs", "version": "1"})
    reply = ada.post("/webhooks/1", data={"url": URL, "note": "Mine", "version": "1"})
    assert reply.status_code == 409
    assert 'value="Mine"' in reply.text
    assert "Theirs" in reply.text
    read = ada.get(f"{API}/webhooks/1")
    stale = ada.put(f"{API}/webhooks/1", json={"url": URL}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    fresh = ada.put(f"{API}/webhooks/1", json={"url": URL}, headers={"If-Match": read.headers["etag"]})
    assert (fresh.status_code, fresh.json()["version"]) == (200, 3)


def test_a_password_in_an_address_is_shown_nowhere_and_stands_in_no_event(
    ada: TestClient, site_engine: Engine
) -> None:
    add(ada, "https://us:pa55word@chat.example/7")
    assert "pa55word" not in ada.get("/webhooks").text
    assert "pa55word" not in ada.get(f"{API}/webhooks").text
    with snapshot(site_engine) as session:
        assert session.exec(select(Webhook.url)).one() == "https://us:pa55word@chat.example/7"
        assert "pa55word" not in str([each.model_dump() for each in session.exec(select(Event))])


def test_the_api_does_the_same(ada: TestClient, site_engine: Engine) -> None:
    made = ada.post(f"{API}/webhooks", json={"url": URL, "wanted": "outcome=rejected", "note": "Chat"})
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert ada.get(f"{API}/webhooks/1").json()["secret"] is None
    assert ada.post(f"{API}/webhooks/1/test").json()["state"] == "waiting"
    gives_up(site_engine)
    counts = ada.get(f"{API}/outbox").json()
    assert counts["counts"] == {"webhook": {"failed": 1}}
    [row] = ada.get(f"{API}/outbox/deliveries?state=failed").json()["items"]
    assert (row["status"], row["reply"]) == (500, "no <b>luck</b>")
    assert ada.post(f"{API}/outbox/replay", json={"webhook": 1}).json() == {"count": 1}
    assert ada.get(f"{API}/webhooks/1/deliveries").json()["items"][0]["state"] == "waiting"
    assert ada.delete(f"{API}/webhooks/1").json() == {"id": 1}
    assert ada.get(f"{API}/webhooks/1").status_code == 404


def test_deliveries_are_read_page_by_page(ada: TestClient, site_engine: Engine) -> None:
    add(ada)
    for _ in range(5):
        ada.post("/webhooks/1/test")
    first = ada.get(f"{API}/outbox/deliveries?limit=2").json()
    second = ada.get(f"{API}/outbox/deliveries?limit=2&cursor={first['next']}").json()
    last = ada.get(f"{API}/outbox/deliveries?limit=2&cursor={second['next']}").json()
    assert [each["id"] for page in (first, second, last) for each in page["items"]] == [5, 4, 3, 2, 1]
    assert last["next"] is None


def test_what_should_have_gone_out_is_told(ada: TestClient, clock) -> None:  # type: ignore[no-untyped-def]
    add(ada)
    ada.post("/webhooks/1/test")
    assert "Something should have gone out by now" not in ada.get("/outbox").text
    clock.now += timedelta(minutes=10)
    assert "Something should have gone out by now" in ada.get("/outbox").text

"""Sources over the API: every act that the pages have, with the same rules."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.visit import Visit, with_visit
from registry.services.people.acting import REGISTRY
from registry.services.sources import sources
from registry.settings import Settings
from registry.store.engine import transaction
from tests.feeds import a_feed
from tests.scrapers.hostile import HostileServer, reply

As = Callable[[str], TestClient]
AT = "/api/v1/sources"
FEED = a_feed(("1", "Plumeria - Minutes", "https://plumeria.example/"))


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Loopback may be reached here, where the feed server is."""
    return Settings(
        data_dir=tmp_path,
        database_url=database_url,
        base_url="http://testserver",
        allow_private_cidrs=("127.0.0.0/8",),
    )


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as server:
        server.plays("/feed", reply(FEED))
        yield server


@pytest.fixture
def source_id(site_engine: Engine, now: datetime) -> int:
    with transaction(site_engine) as session:
        row = sources.add_source(
            session, url="https://me:hush@a.example/feed", name="Harbour", group="Tools", by=REGISTRY, now=now
        )
        row.strip = with_visit([], Visit(now, status=200, wire_bytes=1000, entries=3, new=2, elapsed_ms=40))
        row.fetched_at = row.succeeded_at = row.changed_at = now
        return row.id or 0


@pytest.mark.parametrize("path", ["/feeds/verdicts.json", "/tools/quillmark/verdicts.atom", ""])
def test_our_own_feed_is_refused_when_it_is_added(as_: As, path: str) -> None:
    refused = as_("Ada").post(AT, json={"url": f"http://testserver{path}"})
    assert refused.status_code == 422
    assert "this very registry" in refused.text
    other = as_("Ada").post(AT, json={"url": f"http://testserver.example{path}"})
    assert other.status_code == 201


def test_one_source_is_told_with_its_visits_yield_and_health_and_no_password(
    source_id: int, as_: As, now: datetime
) -> None:
    told = as_("Rosa").get(f"{AT}/{source_id}").json()
    assert (told["health"], told["says"], told["url"]) == (
        "healthy",
        "It can be read.",
        "https://a.example/feed",
    )
    assert told["year"] == {"proposed": 0, "accepted": 0}
    (visit,) = told["visits"]
    assert (visit["status"], visit["bytes"], visit["new"]) == (200, 1000, 2)
    assert datetime.fromisoformat(told["may_fetch_at"]) == now + timedelta(minutes=5)


def test_the_list_can_be_narrowed(source_id: int, as_: As) -> None:
    rosa = as_("Rosa")
    for query, count in (("", 1), ("?group=Tools", 1), ("?group=Other", 0), ("?health=broken", 0)):
        assert len(rosa.get(f"{AT}{query}").json()["items"]) == count
    assert rosa.get(f"{AT}?health=nonsense").status_code == 422


def test_only_what_is_given_is_changed_and_a_stale_version_is_refused(source_id: int, as_: As) -> None:
    ada, at = as_("Ada"), f"{AT}/{source_id}"
    mark = ada.get(at).headers["etag"]
    changed = ada.patch(at, json={"group": "News"}, headers={"If-Match": mark}).json()
    assert (changed["name"], changed["group"]) == ("Harbour", "News")
    assert ada.patch(at, json={"name": "Port"}, headers={"If-Match": mark}).status_code == 412
    assert ada.patch(at, json={"name": " "}).status_code == 422


def test_another_address_can_be_given_and_taken_back(source_id: int, as_: As) -> None:
    ada, at = as_("Ada"), f"{AT}/{source_id}"
    moved = ada.patch(at, json={"url": "b.example/feed"}).json()
    assert (moved["url"], moved["former_url"]) == ("https://b.example/feed", "https://a.example/feed")
    assert ada.post(f"{at}/undo-move").json()["url"] == "https://a.example/feed"
    assert ada.post(f"{at}/undo-move").status_code == 409


def test_a_removed_source_is_there_no_more(source_id: int, as_: As) -> None:
    ada = as_("Ada")
    assert ada.delete(f"{AT}/{source_id}").status_code == 200
    assert ada.get(f"{AT}/{source_id}").status_code == 404
    assert ada.delete(f"{AT}/{source_id}").status_code == 404


def test_a_try_tells_what_is_new_or_which_feeds_to_take(as_: As, server: HostileServer) -> None:
    ada = as_("Ada")
    good = ada.post(AT, json={"url": server.url("/feed")}).json()["id"]
    told = ada.post(f"{AT}/{good}/try").json()
    assert (told["ok"], [each["new"] for each in told["entries"]]) == (True, [True])
    page = b"<html><head><link rel=alternate type='application/rss+xml' href='/feed'></head></html>"
    server.plays("/page", reply(page, Content_Type="text/html"))
    bad = ada.post(AT, json={"url": server.url("/page")}).json()["id"]
    told = ada.post(f"{AT}/{bad}/try").json()
    assert (told["ok"], told["suggested"]) == (False, [server.url("/feed")])


def test_a_publisher_that_asked_for_peace_is_neither_tried_nor_fetched(
    as_: As, source_id: int, site_engine: Engine, now: datetime
) -> None:
    with transaction(site_engine) as session:
        row = sources.pause(session, source_id, by=REGISTRY, now=now)
        row.paused_at, row.fetched_at, row.wait_until = None, None, now + timedelta(hours=1)
    ada = as_("Ada")
    assert ada.post(f"{AT}/{source_id}/try").json()["error_code"] == "asked_to_wait"
    assert ada.post(f"{AT}/{source_id}/fetch").status_code == 409


def test_starters_are_listed_and_added_in_one_act(as_: As) -> None:
    ada = as_("Ada")
    listed = ada.get(f"{AT}/starter?group=News").json()["items"]
    assert {each["group"] for each in listed} == {"News"}
    sent = {"names": ["LWN.net"], "groups": ["Package indexes"]}
    added = ada.post(f"{AT}/starter", json=sent, headers={"Idempotency-Key": "k"}).json()
    assert len(added["added"]) == 3
    assert ada.post(f"{AT}/starter", json=sent, headers={"Idempotency-Key": "k"}).json() == added
    again = ada.post(f"{AT}/starter", json={"names": ["LWN.net"]}).json()
    assert (again["added"], len(again["left_out"])) == ([], 1)
    assert ada.post(f"{AT}/starter", json={}).status_code == 422

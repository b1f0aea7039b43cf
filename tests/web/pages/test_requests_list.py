"""What colleagues asked for, as those who work on it see it."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.triage import DismissReason
from registry.services.answers import requests
from registry.services.candidates import triage
from registry.services.people.acting import REGISTRY, Actor
from registry.store.engine import transaction
from registry.web.pages import requests_list
from tests.builders import a_tool

As = Callable[[str], TestClient]
VISITOR = Actor(None, "Somebody")


@pytest.fixture(autouse=True)
def _asked_for(site_engine: Engine, cast: dict[str, int], now: datetime) -> None:
    emil = Actor(cast["Emil"], "Emil")
    with transaction(site_engine) as session:
        a_tool(session, "Murmur", now=now)

        def ask(name: str, by: Actor, contact: str = "") -> int | None:
            made = requests.request_tool(
                session,
                name=name,
                purpose=f"{name} for minutes",
                by=by,
                secret=b"x",
                now=now,
                contact=contact,
            )
            return made.request.candidate_id

        ask("Murmur", emil)
        ask("Quaver", VISITOR, "lena@example.org")
        spam = ask("Spammer", VISITOR)
        triage.dismiss(session, spam or 0, reason=DismissReason.SPAM, by=REGISTRY, now=now)


def names(page: str) -> list[str]:
    return re.findall(r'data-label="Tool"><div><a href="[^"]+">([^<]+)</a>', page)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Spammer", "Quaver", "Murmur"]),
        ("became=waiting", ["Quaver"]),
        ("became=accepted", ["Murmur"]),
        ("became=declined", ["Spammer"]),
        ("became=watched", []),
        ("q=quaver+minutes", ["Quaver"]),
    ],
)
def test_the_list_its_file_and_the_api_hold_the_same_requests(as_: As, query: str, found: list[str]) -> None:
    rosa = as_("Rosa")
    assert names(rosa.get(f"/requests?{query}").text) == found
    assert [each["name"] for each in rosa.get(f"/requests.json?{query}").json()["requests"]] == found
    assert [each["name"] for each in rosa.get(f"/api/v1/requests?{query}").json()["items"]] == found


def test_it_says_who_asked_and_where_each_stands(as_: As) -> None:
    page = as_("Rosa").get("/requests").text
    for told in (
        "lena@example.org",
        "Emil",
        "Reason: spam",
        "waits for its review",
        "/inbox/1",
        "/tools/murmur",
    ):
        assert told in page
    (murmur,) = as_("Rosa").get("/api/v1/requests?became=accepted").json()["items"]
    assert (murmur["asked_by"], murmur["stands"], murmur["tool"]["slug"]) == (
        "Emil",
        "not_reviewed",
        "murmur",
    )


def test_a_long_list_is_turned_and_nobody_learns_the_links_by_which_requests_are_followed(
    as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests_list, "MOST_LISTED", 2)
    rosa = as_("Rosa")
    first = rosa.get("/requests").text
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first)
    assert names(first) + names(rosa.get(following.replace("&amp;", "&")).text) == [
        "Spammer",
        "Quaver",
        "Murmur",
    ]
    part = rosa.get("/api/v1/requests?limit=2").json()
    rest = rosa.get(f"/api/v1/requests?limit=2&cursor={part['next']}").json()
    assert [each["name"] for each in part["items"] + rest["items"]] == ["Spammer", "Quaver", "Murmur"]
    for path in ("/requests.json", "/requests.csv", "/api/v1/requests"):
        assert "/request/" not in rosa.get(path).text
        assert "digest" not in rosa.get(path).text

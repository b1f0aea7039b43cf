"""Where each field of a candidate comes from, and what announcements say on the page of a tool."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from starlette.testclient import TestClient

from registry.domain.proposal import Announcer
from registry.services.entries import intake
from registry.services.people.acting import REGISTRY
from registry.services.sources import sources
from registry.store.engine import transaction
from registry.store.tables import AliasKind, Candidate
from scrapers.entry import Draft, entries_of
from tests.builders import a_tool

As = Callable[[str], TestClient]
Announce = Callable[..., None]


@pytest.fixture
def announce(site_engine: Engine, now: datetime) -> Announce:
    """Let a source of some sort announce something."""

    def said(
        title: str, link: str, announcer: Announcer, *, kind: str = "feed", tags: tuple[str, ...] = ()
    ) -> None:
        with transaction(site_engine) as session:
            source = sources.add_source(
                session,
                url=f"https://feeds.example/{announcer.value}/{abs(hash(title))}",
                name=title,
                announcer=announcer,
                kind=kind,
                by=REGISTRY,
                now=now,
            )
            found = entries_of([Draft(title=title, link=link, tags=tags, published_at=now)])
            intake.record_entries(session, source, found, first=False, now=now)

    return said


def the_candidate(engine: Engine) -> Candidate:
    with transaction(engine) as session:
        found = session.exec(select(Candidate)).one()
        session.expunge(found)
        return found


@pytest.fixture
def two_names(announce: Announce, site_engine: Engine) -> int:
    announce("Show HN: Plumbline – flags", "https://github.com/acme/flag-works", Announcer.DISCUSSION)
    return the_candidate(site_engine).id or 0


def test_each_field_says_where_it_comes_from_and_how_sure_that_is(as_: As, two_names: int) -> None:
    shown = as_("Rosa").get(f"/inbox/{two_names}").text
    for told in ("Home page", "The link leads to it.", "likely", "The poster shows it under this name."):
        assert told in shown


def test_where_title_and_link_differ_one_click_picks_the_name(
    as_: As, two_names: int, site_engine: Engine
) -> None:
    rosa = as_("Rosa")
    shown = rosa.get(f"/inbox/{two_names}").text
    assert "Which is its name?" in shown
    forms = re.findall(r'<form method="post" action="/inbox/\d+/edit">(.*?)</form>', shown, re.DOTALL)
    (picked,) = [form for form in forms if "It is called flag-works" in form]
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', picked))
    assert rosa.post(f"/inbox/{two_names}/edit", data=sent).status_code == 303
    now_is = the_candidate(site_engine)
    assert (now_is.name, now_is.sure, now_is.homepage) == (
        "flag-works",
        True,
        "https://github.com/acme/flag-works",
    )
    assert now_is.identity == "github.com/acme/flag-works"
    assert [each["method"] for each in now_is.findings if each["field"] == "name"] == ["by hand"]
    assert "Which is its name?" not in rosa.get(f"/inbox/{two_names}").text


def test_a_sure_name_offers_no_choice(as_: As, announce: Announce, site_engine: Engine) -> None:
    announce("Show HN: Plumbline – flags", "https://github.com/acme/plumbline", Announcer.DISCUSSION)
    assert "Which is its name?" not in as_("Rosa").get(f"/inbox/{the_candidate(site_engine).id}").text


def test_the_api_tells_the_findings(as_: As, two_names: int) -> None:
    found = as_("Rosa").get(f"/api/v1/candidates/{two_names}").json()["findings"]
    assert [each["value"] for each in found if each["field"] == "name"] == ["Plumbline", "flag-works"]
    assert {each["confidence"] for each in found} == {"guess", "sure", "likely"}


@pytest.mark.parametrize(
    ("announcer", "title", "told"),
    [
        (Announcer.VENDOR_BLOG, "Plumbline 2.1 is now available", "Version 2.1 was released"),
        (Announcer.VENDOR_BLOG, "We are sunsetting Plumbline", "Its maker announced its end"),
        (Announcer.VENDOR_BLOG, "Changes to our terms of service", "Its terms changed"),
        (Announcer.DISCUSSION, "Plumbline is shutting down", "Its end was reported"),
        (
            Announcer.ADVISORIES,
            "Acme Plumbline - CVE-2026-10001: open door",
            "Known to be exploited: CVE-2026-10001: open door",
        ),
    ],
)
def test_the_history_of_a_tool_tells_what_announcements_mean(
    client: TestClient,
    site_engine: Engine,
    now: datetime,
    announce: Announce,
    announcer: Announcer,
    title: str,
    told: str,
) -> None:
    with transaction(site_engine) as session:
        a_tool(session, "Plumbline", now=now, vendor="Acme", aliases={"plumbline.example": AliasKind.DOMAIN})
    link = "https://plumbline.example/blog/x"
    tags = ("vendor:Acme", "product:Plumbline") if announcer is Announcer.ADVISORIES else ()
    kind = "known_exploited" if tags else "feed"
    announce(title, link, announcer, kind=kind, tags=tags)
    shown = client.get("/tools/plumbline").text
    history = shown[shown.index('id="history"') :]
    assert told in history
    assert f'<a href="{link}"' in history
    assert title in shown

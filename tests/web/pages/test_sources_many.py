"""The list of sources at scale: filters, orders, acts on many, the starter list, a look before an import."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from starlette.testclient import TestClient

from registry.domain.proposal import Announcer
from registry.services.people.acting import REGISTRY, record
from registry.services.sources import sources
from registry.services.sources.opml import read_opml
from registry.services.sources.sources import Wanted
from registry.store.engine import snapshot, transaction
from registry.store.tables import Event, Source
from tests.web.pages.test_inbox_page import queries

As = Callable[[str], TestClient]
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def three(site_engine: Engine, now: datetime) -> list[int]:
    """Alder, healthy in Tools; Birch, broken in Tools; Cedar, paused without a group."""
    with transaction(site_engine) as session:
        added, _ = sources.add_all(
            session,
            [
                Wanted("https://alder.example/feed", "Alder", Announcer.RELEASES, "Tools"),
                Wanted("https://birch.example/feed", "Birch", Announcer.NEWS, "Tools"),
                Wanted("https://cedar.example/feed", "Cedar", Announcer.NEWS),
            ],
            by=REGISTRY,
            now=now - timedelta(days=30),
        )
        alder, birch, cedar = added
        alder.succeeded_at = alder.changed_at = now
        birch.failures, birch.error, birch.succeeded_at = 9, "It is not there.", now - timedelta(days=4)
        cedar.paused_at = now
        return [each.id or 0 for each in added]


def named(page: str) -> list[str]:
    return re.findall(r'<a href="/sources/\d+">(\w+)</a>', page)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Birch", "Alder", "Cedar"]),
        ("?sort=name", ["Alder", "Birch", "Cedar"]),
        ("?state=broken", ["Birch"]),
        ("?state=trouble", ["Birch"]),
        ("?state=paused", ["Cedar"]),
        ("?group=Tools&sort=name", ["Alder", "Birch"]),
        ("?group=-", ["Cedar"]),
        ("?q=ALDER.example", ["Alder"]),
        ("?q=releases", ["Alder"]),
        ("?q=tools+birch", ["Birch"]),
        ("?state=quiet", []),
        ("?sort=yield&page=99", ["Alder", "Birch", "Cedar"]),
        ("?sort=news", ["Birch", "Cedar", "Alder"]),
        ("?state=nonsense&sort=nonsense&page=x", ["Birch", "Alder", "Cedar"]),
    ],
)
def test_a_view_is_an_address(query: str, names: list[str], three: list[int], as_: As) -> None:
    assert named(as_("Rosa").get(f"/sources{query}").text) == names


def test_each_choice_says_how_many_it_shows(three: list[int], as_: As) -> None:
    page = as_("Rosa").get("/sources?group=Tools").text
    assert ">Any (2)<" in page
    assert ">Broken (1)<" in page
    assert ">Paused (0)<" in page
    assert ">Without a group (1)<" in page
    assert '<a href="/sources?state=broken">1 broken</a>' in page


def test_a_long_list_has_pages_and_as_many_queries_as_a_short_one(
    site_engine: Engine, now: datetime, as_: As, three: list[int]
) -> None:
    rosa = as_("Rosa")
    rosa.get("/sources")  # the first of a process reads what is kept in memory
    with queries(site_engine) as few:
        rosa.get("/sources")
    with transaction(site_engine) as session:
        more = [Wanted(f"https://s{n}.example/", f"S{n:03}") for n in range(250)]
        sources.add_all(session, more, by=REGISTRY, now=now)
    with queries(site_engine) as many:
        first = rosa.get("/sources?sort=name").text
    assert len(many) == len(few)
    assert "Sources 1 to 100 of 253" in first
    assert 'href="/sources?sort=name&amp;page=2"' in first
    last = rosa.get("/sources?sort=name&page=3").text
    assert "Sources 201 to 253 of 253" in last
    assert len(named(last)) == 53


def test_those_ticked_are_paused_and_the_answer_counts_honestly(three: list[int], as_: As) -> None:
    ada = as_("Ada")
    told = ada.post("/sources/bulk", data={"act": "pause", "ids": [str(each) for each in three]}).text
    assert "2 sources paused, 1 left as they were" in told
    assert "Cedar: This source is paused already." in told


def test_all_that_are_shown_are_those_of_the_filter_on_every_page(
    three: list[int], as_: As, site_engine: Engine
) -> None:
    sent = {"act": "group", "group": "Old", "everything": "yes", "back": "/sources?group=Tools"}
    assert "2 sources moved to the group “Old”" in as_("Ada").post("/sources/bulk", data=sent).text
    with snapshot(site_engine) as session:
        assert sorted(session.exec(select(Source.group)).all()) == ["", "Old", "Old"]


def test_removing_several_asks_once_more_by_name(three: list[int], as_: As, site_engine: Engine) -> None:
    ada = as_("Ada")
    sent = {"act": "remove", "ids": [str(three[0]), str(three[2])], "back": "/sources?sort=name"}
    asked = ada.post("/sources/bulk", data=sent).text
    assert "Remove these 2 sources?" in asked
    assert "<li>Alder</li><li>Cedar</li>" in asked
    with snapshot(site_engine) as session:
        assert not any(session.exec(select(Source.removed_at)).all())
    carried = re.search(r'name="ids" value="([^"]+)"', asked)
    assert carried
    sure = {"act": "remove", "ids": carried[1], "sure": "yes", "back": sent["back"]}
    done = ada.post("/sources/bulk", data=sure).text
    assert "2 sources removed" in done
    assert named(done) == ["Birch"]


@pytest.mark.parametrize(
    "sent", [{"act": "pause"}, {"act": "explode", "ids": ["1"]}, {"act": "pause", "ids": ["x"]}]
)
def test_nothing_ticked_or_no_such_act_is_told(sent: dict[str, object], three: list[int], as_: As) -> None:
    reply = as_("Ada").post("/sources/bulk", data=sent)
    assert reply.status_code == 422
    assert "There is a problem" in reply.text


def test_a_fresh_registry_leads_to_the_starter_list(as_: As) -> None:
    assert 'href="/sources/starter"' in as_("Ada").get("/sources").text
    assert 'href="/sources/starter"' not in as_("Rosa").get("/sources").text


def test_starters_are_added_by_name_and_by_group_in_one_act_and_marked(as_: As, site_engine: Engine) -> None:
    ada = as_("Ada")
    told = ada.post("/sources/starter", data={"names": ["LWN.net"], "groups": ["Package indexes"]}).text
    assert "3 sources added, 0 left out" in told
    page = ada.get("/sources/starter").text
    assert page.count("Polled already") == 3
    assert 'value="LWN.net"' not in page
    with snapshot(site_engine) as session:
        assert set(session.exec(select(Source.group)).all()) == {"News", "Package indexes"}
        acts = session.exec(select(Event.actor).where(Event.action == "source.added")).all()
        assert acts == ["Ada"] * 3


@pytest.mark.parametrize("sent", [{}, {"names": ["Nothing of the kind"]}])
def test_nothing_chosen_or_not_on_the_list_is_told(sent: dict[str, object], as_: As) -> None:
    reply = as_("Ada").post("/sources/starter", data=sent)
    assert reply.status_code == 422
    assert "There is a problem" in reply.text


def test_an_import_is_shown_before_it_is_done(three: list[int], as_: As, site_engine: Engine) -> None:
    ada = as_("Ada")
    exported = ada.get("/sources.opml").content
    assert [each.name for each in read_opml(exported)] == ["Alder", "Birch", "Cedar"]
    grown = exported.replace(b"</body>", b'<outline xmlUrl="https://b.example/feed" title="Board"/></body>')
    shown = ada.post("/sources/import", data={"announcer": "releases"}, files={"file": ("a.opml", grown)})
    assert "1 source would be added, 3 left out" in shown.text
    assert "Alder: This address is polled already" in shown.text
    with snapshot(site_engine) as session:
        assert len(session.exec(select(Source)).all()) == 3
    carried = re.search(r'name="carried" value="([^"]+)"', shown.text)
    assert carried
    done = ada.post("/sources/import/add", data={"carried": carried[1]}).text
    assert "1 source added, 0 left out" in done
    again = ada.post("/sources/import/add", data={"carried": carried[1]}).text
    assert "0 sources added, 1 left out" in again
    with snapshot(site_engine) as session:
        board = session.exec(select(Source).where(Source.name == "Board")).one()
        assert board.announcer is Announcer.RELEASES


@pytest.mark.parametrize("carried", ["", "nonsense", "e30=", "eJyrVkrLz1eyUkpKLFKqBQAdegQ0"])
def test_a_plan_that_came_back_damaged_is_refused(carried: str, as_: As) -> None:
    assert as_("Ada").post("/sources/import/add", data={"carried": carried}).status_code == 422


def test_an_address_is_changed_by_one_click_and_back_by_another(three: list[int], as_: As) -> None:
    ada, page = as_("Ada"), f"/sources/{three[0]}"
    assert ada.post(f"{page}/address", data={"url": "https://new.example/feed"}).status_code == 303
    shown = ada.get(page).text
    assert "https://new.example/feed" in shown
    assert "Address before" in shown
    assert ada.post(f"{page}/undo-move").status_code == 303
    assert ada.post(f"{page}/address", data={"url": "https://birch.example/feed"}).status_code == 409


def test_the_feeds_that_a_page_named_where_a_feed_was_are_offered(
    three: list[int], as_: As, site_engine: Engine, now: datetime
) -> None:
    feeds = ["https://birch.example/atom"]
    with transaction(site_engine) as session:
        birch = session.get_one(Source, three[1])
        birch.error_code = "web_page_not_feed"
        told = {"error_code": birch.error_code, "error": "A web page.", "feeds": feeds}
        record(session, "source.failed", ("source", birch.id), by=REGISTRY, now=now, after=told)
    page = f"/sources/{three[1]}"
    assert f'name="url" value="{feeds[0]}"' in as_("Ada").get(page).text
    assert f'value="{feeds[0]}"' not in as_("Rosa").get(page).text


def test_the_health_feed_tells_an_episode_from_beginning_to_end_under_one_id(
    three: list[int], client: TestClient, site_engine: Engine, now: datetime
) -> None:
    def befalls(action: str, minutes: int, **told: str) -> None:
        with transaction(site_engine) as session:
            at = now + timedelta(minutes=minutes)
            record(session, action, ("source", three[1]), by=REGISTRY, now=at, after=told)

    empty = client.get("/sources/health.atom")
    assert empty.headers["content-type"].startswith("application/atom+xml")
    assert (
        client.get("/sources/health.atom", headers={"If-None-Match": empty.headers["etag"]}).status_code
        == 304
    )
    befalls("source.failed", 0, error_code="timeout", error="It took too long.")
    failing = entries(client)
    befalls("source.recovered", 5)
    (over,) = entries(client)
    assert failing[0][:2] == (over[0], "Birch cannot be read")
    assert over[1] == "Birch can be read again"
    assert over[2] > failing[0][2]
    assert "birch.example" not in client.get("/sources/health.atom").text


def entries(client: TestClient) -> list[tuple[str, str, str]]:
    feed = ElementTree.fromstring(client.get("/sources/health.atom").content)
    return [
        tuple(each.findtext(f"{ATOM}{tag}", "") for tag in ("id", "title", "updated"))  # type: ignore[misc]
        for each in feed.iter(f"{ATOM}entry")
    ]

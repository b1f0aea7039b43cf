"""The feeds of verdicts as a follower gets them: every format, facet, page and month, and the directory of them."""

import gzip
import json
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, event, text
from starlette.testclient import TestClient

from registry.domain.notice import NoticeKind
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind
from registry.publish.formats import FORMATS
from registry.services.decisions.taking_back import undo
from registry.services.lists.importing import import_rows
from registry.services.lists.spreadsheets import Sheet
from registry.services.people.acting import REGISTRY, Actor
from registry.services.people.house import house
from registry.services.tools.editing import edit
from registry.services.verdicts.announcing import Sweep
from registry.services.verdicts.verdict_life import mark
from registry.settings import Settings
from registry.store.engine import make_engine, transaction
from registry.store.tables import Alias, AliasKind
from registry.web.app import create_app
from tests.builders import UTC_ZONE, a_tool, a_verdict
from tests.conftest import NOW, in_whole
from tests.feed_rules import faults

pytestmark = pytest.mark.usefixtures("decided")
HOME = "http://testserver"
FACETS = (
    *("", "outcome=approved", "outcome=approved_with_conditions", "outcome=rejected&category=Assistants"),
    *(
        "office=hq",
        "tool=gonefish",
        "data_class=internal",
        "tag=offline&tag=open-source",
        "validity=lapsed",
        "rubric=technology-1",
        "q=quill",
    ),
    *("event=published", "category=Planning&event=revoked&event=suspended", "outcome=prohibited"),
)


def titles(client: TestClient, address: str) -> list[str]:
    parsed = feedparser.parse(client.get(address).content)
    assert not parsed.bozo
    return [entry.title for entry in parsed.entries]


def items(client: TestClient, address: str = "/feeds/verdicts.json") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(address).json()["items"]
    return found


IN_TURN = [(facets, [*FORMATS][place % len(FORMATS)]) for place, facets in enumerate(FACETS)]
ALL_OTHERS = [each for each in product(FACETS, FORMATS) if each not in IN_TURN]


@pytest.mark.parametrize(("facets", "ending"), [*IN_TURN, *in_whole(ALL_OTHERS)])
def test_a_feed_under_any_facet_keeps_every_rule_of_its_format(
    onlooker: TestClient, ending: str, facets: str
) -> None:
    path = f"/feeds/verdicts.{ending}" + (f"?{facets}" if facets else "")
    reply = onlooker.get(path)
    assert reply.status_code == 200
    assert reply.headers["content-type"].partition(";")[0] == FORMATS[ending].media_type
    assert faults(ending, reply.content, url=HOME + path) == []


@pytest.mark.parametrize("ending", FORMATS)
def test_the_feed_of_one_tool_keeps_them_too(onlooker: TestClient, ending: str) -> None:
    reply = onlooker.get(f"/tools/murmur-notes/verdicts.{ending}")
    assert faults(ending, reply.content, url=f"{HOME}/tools/murmur-notes/verdicts.{ending}") == []


def test_every_format_tells_the_same_notices_by_the_same_ids(onlooker: TestClient) -> None:
    ids = [item["id"] for item in items(onlooker)]
    for ending in ("atom", "rss"):
        parsed = feedparser.parse(onlooker.get(f"/feeds/verdicts.{ending}").content)
        assert [entry.id for entry in parsed.entries] == ids
    assert len(set(ids)) == len(ids) == 12
    assert all(re.fullmatch(r"tag:testserver,2026-11-03:notice/[0-9a-f-]{36}", each) for each in ids)


def test_the_name_of_an_entry_stays_when_the_registry_moves(
    client: TestClient, app: FastAPI, settings: Settings, site_engine: Engine
) -> None:
    ids = [item["id"] for item in items(client)]
    moved = settings.model_copy(update={"base_url": "https://new.example"})
    after_it = create_app(moved, engine=site_engine, clock=app.state.parts.clock)
    with TestClient(after_it, base_url="https://new.example") as browser:
        found = items(browser)
    assert [item["id"] for item in found] == ids
    assert found[0]["url"].startswith("https://new.example/verdicts/")


def test_who_has_the_newest_feed_gets_nothing_again(onlooker: TestClient) -> None:
    reply = onlooker.get("/feeds/verdicts.atom")
    for asked in (
        {"If-None-Match": reply.headers["etag"]},
        {"If-None-Match": f'"other", W/{reply.headers["etag"]}'},
        {"If-Modified-Since": reply.headers["last-modified"]},
    ):
        again = onlooker.get("/feeds/verdicts.atom", headers=asked)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == reply.headers["etag"]
    assert not reply.headers["etag"].startswith("W/")


def test_a_feed_comes_compressed_to_who_takes_that_under_another_etag(onlooker: TestClient) -> None:
    plain = onlooker.get("/feeds/verdicts.atom", headers={"Accept-Encoding": "identity"})
    with onlooker.stream("GET", "/feeds/verdicts.atom", headers={"Accept-Encoding": "gzip"}) as reply:
        raw = b"".join(reply.iter_raw())
    assert gzip.decompress(raw) == plain.content
    assert reply.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert reply.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert reply.headers["etag"] != plain.headers["etag"]
    assert len(raw) < len(plain.content) / 4
    refused = onlooker.get("/feeds/verdicts.atom", headers={"Accept-Encoding": "gzip;q=0, br"})
    assert "content-encoding" not in refused.headers


def test_head_tells_what_get_would_send(onlooker: TestClient) -> None:
    got, head = onlooker.get("/feeds/verdicts.rss"), onlooker.head("/feeds/verdicts.rss")
    assert head.content == b""
    for name in ("etag", "content-type", "content-length", "last-modified"):
        assert head.headers[name] == got.headers[name]


def test_a_page_of_another_site_may_read_a_feed(onlooker: TestClient) -> None:
    for path in (
        "/feeds/verdicts.json",
        "/tools/quillmark/verdicts.json",
        "/feeds/verdicts.json?office=moon",
    ):
        assert onlooker.get(path).headers["access-control-allow-origin"] == "*"
    asked = onlooker.options(
        "/feeds/verdicts.json", headers={"Access-Control-Request-Headers": "if-none-match"}
    )
    assert asked.status_code == 204
    assert "If-None-Match" in asked.headers["access-control-allow-headers"]


def test_a_follower_hears_that_a_verdict_was_withdrawn_or_replaced_and_why(onlooker: TestClient) -> None:
    shown = items(onlooker)
    assert shown[0]["title"] == "Gonefish: Approved – withdrawn"
    assert "<strong>Why:</strong> It was sold." in shown[0]["content_html"]
    assert "Before: Stands. Now: Withdrawn." in shown[0]["content_html"]
    assert "Ended on 2 November 2026." in shown[0]["content_html"]
    assert "Murmur Notes: Approved with conditions – replaced by verdict 3" in [
        each["title"] for each in shown
    ]


def test_conditional_approvals_include_pilots_and_rejections_prohibitions(onlooker: TestClient) -> None:
    shown = titles(onlooker, "/feeds/verdicts.atom?outcome=approved_with_conditions")
    assert shown
    assert all(title.startswith("Murmur") for title in shown)
    assert titles(onlooker, "/feeds/verdicts.rss?outcome=rejected&category=Assistants")
    lapsed = titles(onlooker, "/feeds/verdicts.atom?category=Assistants&category=Drawing&validity=lapsed")
    assert lapsed == ["Lapsa: Approved – lapsed"]


def test_a_facet_is_about_the_notices_verdict(onlooker: TestClient) -> None:
    assert {
        each["_registry"]["tool"]["slug"] for each in items(onlooker, "/feeds/verdicts.json?tool=sundial")
    } == {"sundial"}
    assert [each["title"] for each in items(onlooker, "/feeds/verdicts.json?event=suspended")] == [
        "Sundial: Approved – suspended"
    ]
    every = items(onlooker)
    assert [each["id"] for each in items(onlooker, "/feeds/verdicts.json?office=hq")] == [
        e["id"] for e in every
    ]
    assert [each["id"] for each in items(onlooker, "/feeds/verdicts.json?rubric=technology-1")] == [
        each["id"] for each in every
    ]
    assert items(onlooker, "/feeds/verdicts.json?rubric=older") == []
    of_sensitive = items(onlooker, "/feeds/verdicts.json?data_class=sensitive")
    assert not {each["_registry"]["scope"]["data_ceiling"] for each in of_sensitive} - {None}
    assert {
        each["_registry"]["tool"]["vendor"] for each in items(onlooker, "/feeds/verdicts.json?q=north+QUILL")
    } == {"Northlight"}


def test_a_tag_of_the_tool_is_a_facet_a_category_and_part_of_the_machine_readable_verdict(
    client: TestClient, site_engine: Engine, decided: Mapping[str, Actor]
) -> None:
    every = items(client, "/feeds/verdicts.json?tag=offline")
    assert {each["_registry"]["tool"]["slug"] for each in every} == {"quillmark", "harrow-chat"}
    assert [each["id"] for each in items(client, "/feeds/verdicts.json?outcome=rejected&tag=offline")] == [
        each["id"] for each in every if each["_registry"]["outcome"] == "rejected"
    ]
    quill = next(each for each in every if each["_registry"]["tool"]["slug"] == "quillmark")
    assert quill["_registry"]["tool"]["tags"] == ["offline", "open-source"]
    assert {"offline", "open-source"} <= set(quill["tags"])
    atom = feedparser.parse(client.get("/feeds/verdicts.atom?tag=open-source").content)
    assert [each.term for each in atom.entries[0].tags if each.scheme.endswith("#tag")] == [
        "offline",
        "open-source",
    ]
    with transaction(site_engine) as session:
        edit(session, "quillmark", with_tags=["handy"], by=decided["rosa"], now=NOW)
    assert {
        each["_registry"]["tool"]["slug"] for each in items(client, "/feeds/verdicts.json?tag=offline")
    } == {"harrow-chat"}
    assert items(client, "/feeds/verdicts.json?tag=handy")[0]["id"] == quill["id"]


def test_ids_stay_whatever_the_filter(onlooker: TestClient) -> None:
    whole = feedparser.parse(onlooker.get("/feeds/verdicts.atom").content)
    part = feedparser.parse(onlooker.get("/feeds/verdicts.atom?outcome=rejected").content)
    assert {entry.id for entry in part.entries} < {entry.id for entry in whole.entries}
    assert part.feed.id != whole.feed.id


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("colour=blue", "outcome, category, tag, office"),
        ("outcome=maybe", "approved_with_conditions"),
        ("validity=fine", "review_due"),
        ("event=party", "suspended"),
        ("office=moon", "hq"),
        ("category=Cooking", "Drawing"),
        ("tag=unheard", "list of verdicts"),
        ("tool=nothing", "address"),
        ("data_class=secret", "internal"),
        ("rubric=mine-1", "technology-1"),
        ("before=x", "links"),
        ("before=99999", "links"),
        ("archive=2026-13", "archive=2026-10"),
        ("part=2", "month"),
        ("archive=2026-10&before=3", "Leave out"),
    ],
)
def test_a_parameter_or_a_value_that_nobody_knows_is_refused_and_what_is_known_is_named(
    onlooker: TestClient, query: str, told: str
) -> None:
    reply = onlooker.get(f"/feeds/verdicts.atom?{query}")
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert told in reply.text


def test_what_is_not_there_is_a_problem_too(onlooker: TestClient) -> None:
    for path in (
        "/feeds/verdicts.xml",
        "/tools/nothing/verdicts.atom",
        "/feeds/verdicts.atom?archive=2012-03",
    ):
        reply = onlooker.get(path)
        assert (reply.status_code, reply.headers["content-type"]) == (404, "application/problem+json")


def test_each_document_has_one_address(onlooker: TestClient) -> None:
    asked = onlooker.get("/feeds/verdicts.atom?q=&category=Planning&outcome=approved&outcome=approved")
    assert asked.status_code == 301
    assert asked.headers["location"] == "/feeds/verdicts.atom?outcome=approved&category=Planning"
    assert onlooker.get(asked.headers["location"]).status_code == 200


def test_every_feed_of_the_directory_and_of_its_opml_is_there(onlooker: TestClient) -> None:
    shown = onlooker.get("/feeds").text
    listed = ET.fromstring(onlooker.get("/feeds.opml").content).findall(".//outline[@xmlUrl]")
    assert len(listed) > 8
    for outline in listed:
        parts = urlsplit(outline.attrib["xmlUrl"])
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        assert path.replace("&", "&amp;") in shown
        assert onlooker.get(path).status_code == 200
        assert onlooker.get(outline.attrib["htmlUrl"].removeprefix(HOME)).status_code == 200


def test_an_entry_tells_the_limits_that_an_employee_reads_and_days_in_words(onlooker: TestClient) -> None:
    told = {item["title"].split(":")[0]: item["content_html"] for item in reversed(items(onlooker))}
    latest = items(onlooker, "/feeds/verdicts.json?tool=murmur-notes&event=published")[0]["content_html"]
    assert "Only with data up to internal." in latest
    assert "Only with" not in told["Quillmark"]
    for each in told.values():
        assert not re.search(r"\d{4}-\d{2}-\d{2}", each)
    assert re.search(r"Valid until \d{1,2} [A-Z][a-z]+ \d{4}\.", told["Quillmark"])


def test_an_entry_says_to_machines_what_happened_and_to_which_verdict(onlooker: TestClient) -> None:
    told = items(onlooker)[0]["_registry"]
    assert told["event"] | {"at": None, "id": None} == {
        "id": None,
        "revision": 1,
        "kind": "revoked",
        "at": None,
        "by": "Ana",
        "before": "active",
        "after": "revoked",
        "condition": None,
        "sentence": "Verdict 7 on Gonefish was withdrawn by Ana.",
    }
    assert (told["number"], told["outcome"], told["validity"], told["reason"]) == (
        *(7, "approved", "revoked", "It was sold."),
    )
    assert told["uid"]
    assert told["tool"]["identifiers"] == ["Gonefish"]


@pytest.fixture(scope="module")
def september(request: pytest.FixtureRequest) -> list[int]:
    """How many notices stand in each document of that month."""
    return [50, 50, 30] if request.config.getoption("--whole") else [50, 5]


@pytest.fixture(scope="module")
def many_file(
    decided_file: tuple[Path, Mapping[str, Actor]],
    september: list[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    path, decided = tmp_path_factory.mktemp("many") / "registry.sqlite3", decided_file[1]
    shutil.copy(decided_file[0], path)
    engine = make_engine(f"sqlite:///{path}")
    with transaction(engine) as session:
        Sweep(UTC_ZONE).write(session, NOW - timedelta(days=90))
        for month, count in ((9, sum(september)), (10, 3)):
            for number in range(count):
                at = datetime(2026, month, 2, 9, number % 60, number // 60, tzinfo=UTC)
                name = f"Tool {month} {number:03}"
                a_verdict(session, a_tool(session, name, now=at, category=f"Many {month}"), decided, now=at)
    engine.dispose()
    return path


@pytest.fixture
def many(site_engine: Engine, settings: Settings, many_file: Path, decided: Mapping[str, Actor]) -> None:
    """More notices in September than a document holds, 3 in October, the rest of this month; made once."""
    site_engine.dispose()
    shutil.copy(many_file, settings.data_dir / "registry.sqlite3")


WALKED = "/feeds/verdicts.atom?category=Many+10&category=Many+9"


@pytest.mark.usefixtures("many")
@pytest.mark.whole
def test_pages_lead_through_everything_once(client: TestClient) -> None:
    for ending in FORMATS:
        address, ids, documents = f"/feeds/verdicts.{ending}", [], 0
        while address:
            body = client.get(address).content
            assert faults(ending, body, url=HOME + address) == []
            page, address = _read(ending, body, "next")
            ids += page
            documents += 1
            assert len(page) <= 50
        assert documents == 3
        assert len(ids) == len(set(ids)) == 145


@pytest.mark.usefixtures("many")
def test_archives_lead_through_all_months_that_are_over_and_back(
    client: TestClient, september: list[int], clock: Any
) -> None:
    _, address = _read("atom", client.get(WALKED).content, "prev-archive")
    chain = []
    while address:
        chain.append(address)
        body = client.get(address).content
        assert faults("atom", body, url=HOME + address) == []
        assert b"<fh:archive" in body
        assert _read("atom", body, "current")[1] == WALKED
        following = _read("atom", body, "next-archive")[1]
        assert following == (chain[-2] if len(chain) > 1 else "")
        _, address = _read("atom", body, "prev-archive")
    months = [each.partition("archive=")[2] for each in chain]
    parts = [f"2026-09&part={part}" for part in range(len(september), 1, -1)]
    assert months == ["2026-10", *parts, "2026-09"]
    archived = [len(_read("atom", client.get(each).content, "")[0]) for each in chain]
    assert archived == [3, *reversed(september)]
    assert client.get("/feeds/verdicts.atom?archive=2026-11").status_code == 404
    clock.pass_time(days=40)
    assert client.get("/feeds/verdicts.atom?archive=2026-11").status_code == 200


@pytest.mark.usefixtures("many")
def test_an_archive_never_changes_whatever_happens_later(
    client: TestClient, site_engine: Engine, decided: Mapping[str, Actor], clock: Any
) -> None:
    address = "/feeds/verdicts.json?archive=2026-09"
    before = client.get(address).json()["items"]
    last_of_september = "SELECT max(number) FROM verdict WHERE decided_at < '2026-09-03'"
    with transaction(site_engine) as session:
        number = session.connection().execute(text(last_of_september)).scalar_one()
        mark(
            session,
            number,
            MarkKind.REVOKED,
            reason="Sold.",
            zone=UTC_ZONE,
            by=decided["amir"],
            now=clock.now,
        )
        clock.pass_time(days=1000)
        Sweep(UTC_ZONE).write(session, clock.now)
    assert client.get(address).json()["items"] == before
    assert "archive=2029-" in client.get("/feeds/verdicts.atom").text


def _take_over(engine: Engine, first: int, count: int, *, now: datetime) -> None:
    """Old verdicts of a list that is imported now."""
    rows = [
        {
            "name": f"Taken over {number}",
            "category": f"Taken {number % 2}",
            "outcome": "approved",
            "number": str(number),
            "decided_at": f"2024-03-{1 + number % 28:02}",
        }
        for number in range(first, first + count)
    ]
    with transaction(engine) as session:
        assert import_rows(session, Sheet.of(rows), house(session, Settings()), by=REGISTRY, now=now).done


def _chain(client: TestClient, address: str, rel: str) -> list[tuple[str, list[str]]]:
    """Address and ids of each document, the first one included."""
    found = []
    while address:
        ids, following = _read("json", client.get(address).content, rel)
        found.append((address, ids))
        address = following
    return found


@pytest.mark.parametrize("count", [3, *in_whole([140])])
def test_the_feed_and_its_archives_hold_everything_also_what_came_this_month_with_an_old_date(
    client: TestClient, site_engine: Engine, clock: Any, count: int
) -> None:
    _take_over(site_engine, 1000, 70, now=clock.now - timedelta(days=40))
    _take_over(site_engine, 2000, count, now=clock.now)
    open_archives: dict[str, list[str]] = {}
    for query in ("", "?outcome=approved", "?category=Taken+1"):
        address = f"/feeds/verdicts.json{query}"
        paged = [each for _, ids in _chain(client, address, "next") for each in ids]
        (_, newest), *archives = _chain(client, address, "prev-archive")
        archived = [each for _, ids in archives for each in ids]
        assert len(paged) == len(set(paged))
        assert len(archived) == len(set(archived))
        assert {*newest, *archived} == set(paged)
        open_archives |= {at: ids for at, ids in archives if "first=" in at}
    assert open_archives
    _take_over(site_engine, 3000, 60, now=clock.now + timedelta(minutes=1))
    clock.pass_time(days=40)
    for at, ids in open_archives.items():  # what was filed later is in another document
        assert _chain(client, at, "prev-archive")[0] == (at, ids)


def _read(ending: str, body: bytes, rel: str) -> tuple[list[str], str]:
    """Ids, and the path of the document that is linked so."""
    if ending == "json":
        feed = json.loads(body)
        found = feed["_registry"]["links"].get(rel, "")
        assert rel != "next" or feed.get("next_url", "") == found
        return [each["id"] for each in feed["items"]], found.removeprefix(HOME)
    parsed = feedparser.parse(body)
    found = next((each.href for each in parsed.feed.links if each.rel == rel), "")
    return [entry.id for entry in parsed.entries], found.removeprefix(HOME)


@pytest.fixture
def remembering(client: TestClient, app: FastAPI, site_engine: Engine) -> tuple[TestClient, list[str]]:
    app.state.parts.following.wait()
    asked: list[str] = []
    event.listen(site_engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    client.get("/feeds/verdicts.atom")
    asked.clear()
    return client, asked


def test_a_feed_that_was_just_read_is_told_from_memory(remembering: tuple[TestClient, list[str]]) -> None:
    client, asked = remembering
    first = client.get("/feeds/verdicts.atom")
    again = client.get("/feeds/verdicts.atom", headers={"If-None-Match": first.headers["etag"]})
    assert asked == []
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    plain = client.get("/feeds/verdicts.atom", headers={"Accept-Encoding": "identity"})
    assert plain.content == first.content
    assert plain.headers["etag"] != first.headers["etag"]


def test_an_act_of_another_process_is_in_the_feed_at_the_next_request(
    remembering: tuple[TestClient, list[str]], site_engine: Engine, decided: Mapping[str, Actor], clock: Any
) -> None:
    client, _ = remembering
    with transaction(site_engine) as session:
        mark(
            session, 1, MarkKind.SUSPENDED, reason="A leak.", zone=UTC_ZONE, by=decided["ada"], now=clock.now
        )
    assert titles(client, "/feeds/verdicts.atom")[0] == "Quillmark: Approved – suspended"


def test_a_verdict_is_in_the_feed_when_its_undo_window_is_over_and_not_a_moment_before(
    remembering: tuple[TestClient, list[str]], clock: Any
) -> None:
    client, asked = remembering
    clock.pass_time(seconds=299)
    assert "Umber Draw: Approved" not in titles(client, "/feeds/verdicts.atom")
    assert asked == []
    clock.pass_time(seconds=1)
    assert titles(client, "/feeds/verdicts.atom")[0] == "Umber Draw: Approved"
    for path in ("/feeds/verdicts.json?event=published", "/tools/umber-draw/verdicts.rss"):
        assert "Umber Draw: Approved" in client.get(path).text


def test_nobody_reads_of_a_verdict_that_was_taken_back(
    client: TestClient, site_engine: Engine, decided: Mapping[str, Actor], clock: Any
) -> None:
    with transaction(site_engine) as session:
        undo(session, 8, by=decided["amir"], now=clock.now)
    clock.pass_time(days=400)
    assert "Umber" not in client.get("/feeds/verdicts.json").text
    assert items(client, "/tools/umber-draw/verdicts.json") == []


def test_what_the_clock_brings_back_is_told_as_it_was(
    remembering: tuple[TestClient, list[str]], clock: Any
) -> None:
    client, _ = remembering
    clock.pass_time(days=1)
    assert "Umber Draw" in client.get("/feeds/verdicts.atom").text
    clock.pass_time(days=-1)
    assert "Umber Draw" not in client.get("/feeds/verdicts.atom").text


def test_every_kind_of_notice_may_be_asked_for(onlooker: TestClient) -> None:
    for kind in NoticeKind:
        assert onlooker.get(f"/feeds/verdicts.atom?event={kind.value}").status_code == 200


@pytest.mark.parametrize("ending", FORMATS)
def test_a_feed_names_the_hub_that_is_told_of_it_and_no_other_does(
    site_engine: Engine, settings: Settings, app: FastAPI, ending: str
) -> None:
    hub = "https://hub.example/"
    at_hub = settings.model_copy(update={"websub_hub": hub})
    with TestClient(create_app(at_hub, engine=site_engine, clock=app.state.parts.clock)) as client:
        for query, told in {
            "": True,
            "?outcome=approved": True,
            "?q=x": False,
            "?event=revoked": False,
        }.items():
            reply = client.get(f"/feeds/verdicts.{ending}{query}")
            assert (hub in reply.text) is told, query
            own = f"{HOME}/feeds/verdicts.{ending}{query}"
            assert (reply.headers.get("link") == f'<{hub}>; rel="hub", <{own}>; rel="self"') is told
            assert faults(ending, reply.content, url=own) == []


def test_an_entry_that_was_made_before_tells_what_became_known_of_its_tool_since(
    remembering: tuple[TestClient, list[str]], site_engine: Engine
) -> None:
    client, asked = remembering
    path = "/feeds/verdicts.json?tool=gonefish"
    assert items(client, path)[0]["_registry"]["tool"]["identifiers"] == ["Gonefish"]
    asked.clear()
    with transaction(site_engine) as session:
        tool = session.connection().execute(text("SELECT id FROM tool WHERE slug = 'gonefish'")).scalar_one()
        session.add(Alias(tool_id=tool, kind=AliasKind.DOMAIN, text="gone.example", key="gone.example"))
    told = items(client, path)[0]["_registry"]["tool"]
    assert told["identifiers"] == ["Gonefish", "gone.example"]


def test_an_entry_that_was_made_before_names_the_tools_it_recommends_as_they_are_called_now(
    client: TestClient, site_engine: Engine, decided: Mapping[str, Actor]
) -> None:
    with transaction(site_engine) as session:
        slow, before = a_tool(session, "Slowpen", now=NOW), NOW - timedelta(days=1)
        named = ("quillmark",)
        a_verdict(session, slow, decided, now=before, outcome=Outcome.REJECTED, alternatives=named)
    path = "/feeds/verdicts.json?tool=slowpen"
    assert "Quillmark" in items(client, path)[0]["content_html"]
    with transaction(site_engine) as session:
        session.connection().execute(text("UPDATE tool SET name = 'Quill Two' WHERE slug = 'quillmark'"))
    assert "Quill Two" in items(client, path)[0]["content_html"]

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from registry.cli import app
from registry.store.engine import make_engine, snapshot
from registry.store.tables import Entry, Event, Source
from tests.feeds import a_feed
from tests.scrapers.hostile import HostileServer, conditional, reply

FEED = a_feed(
    ("1", "Plumeria - Minutes", "https://plumeria.example/"), ("2", "Plumo - Notes", "https://plumo.example/")
)


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as server:
        server.plays("/feed", conditional(FEED, etag='"1"'))
        yield server


@pytest.fixture(autouse=True)
def database(monkeypatch, tmp_path, database_url) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGISTRY_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("REGISTRY_ALLOW_PRIVATE_CIDRS", "127.0.0.0/8")
    return database_url


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, (result.output, result.exception)
    return result


def run_json(*arguments: str, code: int = 0):
    return json.loads(run(*arguments, "--json", code=code).stdout)


def add(url: str, *more: str) -> int:
    return run_json("sources", "add", url, "--announcer", "launch_feed", *more)["id"]


def stored(database: str, table) -> list:
    engine = make_engine(database)
    with snapshot(engine) as session:
        rows = list(session.exec(select(table)).all())
    engine.dispose()
    return rows


def test_scrape_reads_what_is_due_and_tells_a_line_a_source(server):
    add(server.url("/feed"), "--name", "Launches")
    result = run("scrape")
    assert "Launches: 2 new of 2 entries, 2 candidates" in result.stdout
    assert "1 source read, 0 failed" in result.stderr
    assert "No source is due" in run("scrape").stderr


def test_a_named_source_is_read_due_or_not_and_gives_nothing_twice(server, database):
    number = add(server.url("/feed"))
    first, second = (run_json("scrape", str(number))["sources"][0] for _ in range(2))
    assert (first["new"], second["new"], second["unchanged"]) == (2, 0, True)
    assert len(stored(database, Entry)) == 2


def test_all_reads_every_source_and_some_failures_end_with_3(server, database):
    add(server.url("/feed"))
    add(server.url("/missing"))
    told = run_json("scrape", "--all", code=3)
    assert sorted(row["ok"] for row in told["sources"]) == [False, True]
    assert told["failed"] == 1
    assert len(stored(database, Entry)) == 2


def test_the_data_of_a_round_have_the_same_keys_for_each_source_and_totals(server):
    add(server.url("/feed"))
    add(server.url("/missing"))
    told = run_json("scrape", "--all", code=3)
    rows = {row["ok"]: row for row in told["sources"]}
    assert list(rows[True]) == list(rows[False])
    assert rows[True]["bytes"] > len(FEED)
    came_to = told["totals"]
    assert {key: came_to[key] for key in ("sources", "read", "unchanged", "failed", "new", "candidates")} == {
        "sources": 2,
        "read": 1,
        "unchanged": 0,
        "failed": 1,
        "new": 2,
        "candidates": 2,
    }
    assert came_to["bytes"] >= rows[True]["bytes"]
    assert came_to["elapsed_s"] > 0


def test_a_table_at_the_end_sums_up_on_standard_error(server):
    add(server.url("/feed"))
    heads, numbers = run("scrape").stderr.strip().splitlines()[-2:]
    assert heads.split()[:3] == ["read", "unchanged", "failed"]
    assert numbers.split()[:3] == ["1", "0", "0"]


def test_without_a_terminal_no_bar_is_drawn(server):
    add(server.url("/feed"))
    result = run("scrape")
    assert "Reading sources" not in result.output
    assert "\x1b" not in result.output


def test_a_source_is_tried_what_is_new_is_said_and_nothing_is_stored(server, database):
    number = str(add(server.url("/feed")))
    run("scrape")
    more = a_feed(
        ("2", "Plumo - Notes", "https://plumo.example/"), ("3", "Plunge - Water", "https://plunge.example/")
    )
    server.plays("/feed", reply(more))
    before = stored(database, Source), stored(database, Event)
    told = run_json("sources", "try", number)
    assert [(each["proposes"], each["new"]) for each in told["entries"]] == [
        ("Plumo", False),
        ("Plunge", True),
    ]
    assert told["new"] == 1
    assert (stored(database, Source), stored(database, Event)) == before


def test_a_try_of_a_source_that_became_a_page_names_the_feeds_and_edit_takes_one(server):
    page = b"<!doctype html><html><head><link rel=alternate type='application/rss+xml' href='/feed'></head></html>"
    server.plays("/old", reply(page, Content_Type="text/html"))
    number = str(add(server.url("/old")))
    assert run_json("sources", "try", number, code=1)["suggested"] == [server.url("/feed")]
    assert run_json("sources", "edit", number, "--url", server.url("/feed"))["url"] == server.url("/feed")
    assert run_json("scrape", number)["totals"]["new"] == 2
    assert run_json("sources", "undo-move", number)["url"] == server.url("/old")


def test_a_try_looks_for_a_feed_on_the_site_and_a_dry_run_does_not(server):
    server.plays("/old", reply(b"<!doctype html><html><head></head></html>", Content_Type="text/html"))
    server.plays("/feed", reply(FEED))
    number = str(add(server.url("/old")))
    assert run_json("scrape", number, "--dry-run", code=1)["sources"][0]["suggested"] == []
    assert [visit.target for visit in server.visits] == ["/old"]
    assert run_json("sources", "try", number, code=1)["suggested"] == [server.url("/feed")]


def test_starters_are_listed_by_group_added_by_name_or_group_and_marked():
    listed = run_json("sources", "starter", "--group", "risks")
    assert {row["group"] for row in listed} == {"Risks"}
    assert not any(row["source"] for row in listed)
    added = run_json("sources", "starter", "add", "lwn.net", "--group", "Risks")
    assert {row["name"] for row in added["added"]} == {"LWN.net", *(row["name"] for row in listed)}
    assert all(row["source"] for row in run_json("sources", "starter", "--group", "risks"))
    again = run_json("sources", "starter", "add", "LWN.net")
    assert (again["added"], len(again["skipped"])) == ([], 1)
    run("sources", "starter", "add", "Nothing of the kind", code=1)
    run("sources", "starter", "add", code=1)


def test_only_failures_end_with_1(server):
    add(server.url("/missing"))
    assert "There is nothing at this address" in run("scrape", code=1).stdout


def test_a_dry_run_shows_what_would_come_in_and_stores_nothing(server, database):
    add(server.url("/feed"))
    before = stored(database, Source), stored(database, Event)
    (row,) = run_json("scrape", "--dry-run")["sources"]
    assert [entry["proposes"] for entry in row["entries"]] == ["Plumeria", "Plumo"]
    assert (stored(database, Source), stored(database, Event)) == before
    assert stored(database, Entry) == []


def test_a_source_that_is_not_there_ends_with_1():
    assert isinstance(run("scrape", "Nowhere", code=1).exception, Exception)


def test_names_and_all_together_are_wrong_usage():
    run("scrape", "1", "--all", code=2)


def test_check_shows_an_address_and_stores_nothing(server, database):
    told = run_json("sources", "check", server.url("/feed"), "--announcer", "launch_feed")
    assert (told["title"], len(told["entries"])) == ("Launches", 2)
    assert stored(database, Source) == []


def test_check_of_a_web_page_names_its_feeds(server):
    page = b"<!doctype html><html><head><link rel=alternate type='application/rss+xml' href='/feed'></head></html>"
    server.plays("/", reply(page, Content_Type="text/html"))
    told = run_json("sources", "check", server.url("/"), code=1)
    assert (told["ok"], told["suggested"]) == (False, [server.url("/feed")])


def test_sources_are_added_listed_paused_resumed_and_removed(server):
    number = str(add(server.url("/feed"), "--name", "Launches", "--group", "Tools"))
    assert [row["name"] for row in run_json("sources", "list")] == ["Launches"]
    assert run_json("sources", "pause", number)["state"] == "paused"
    assert run_json("scrape", "--all")["sources"] == []
    assert run_json("sources", "resume", "launches")["state"] == "new"
    assert run_json("sources", "remove", number)["state"] == "removed"
    assert run_json("sources", "list") == []


def test_what_is_exported_can_be_imported_by_another_registry(server, tmp_path, monkeypatch):
    add(server.url("/feed"), "--name", "Launches & more", "--group", "Tools")
    add(server.url("/other"), "--name", "Talk")
    run("sources", "export", "out.opml")
    before = run_json("sources", "list")
    assert run_json("sources", "import", "out.opml")["added"] == []
    monkeypatch.setenv("REGISTRY_DATA_DIR", str(tmp_path / "another"))
    run("sources", "import", "out.opml")
    kept = ("name", "url", "group", "announcer")
    assert [[row[key] for key in kept] for row in run_json("sources", "list")] == [
        [row[key] for key in kept] for row in before
    ]


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE opml [<!ENTITY a "https://feeds.example/">]><opml><body><outline xmlUrl="&a;"/></body></opml>',
        "<rss/>",
        "no xml at all",
    ],
)
def test_a_file_that_is_no_opml_or_declares_entities_is_refused(body, database):
    Path("in.opml").write_text(body)
    run("sources", "import", "in.opml", code=1)
    assert stored(database, Source) == []


def test_candidates_are_triaged_from_the_terminal(server, database):
    add(server.url("/feed"))
    run("scrape")
    numbers = {row["name"]: str(row["id"]) for row in run_json("candidates", "list")["candidates"]}
    shown = run_json("candidates", "show", numbers["Plumo"])
    assert (shown["mentions"], [entry["title"] for entry in shown["entries"]]) == (1, ["Plumo - Notes"])
    (name,) = [found for found in shown["findings"] if found["field"] == "name"]
    assert (name["value"], name["method"], name["confidence"]) == ("Plumo", "before_separator", "sure")
    assert run_json("candidates", "accept", numbers["Plumeria"])["tool"]["slug"] == "plumeria"
    assert run_json("candidates", "watch", numbers["Plumo"], "--until", "2999-01-01")["status"] == "watch"
    assert run_json("candidates", "list")["candidates"] == []
    run("candidates", "dismiss", numbers["Plumo"], "--reason", "spam", code=1)
    assert stored(database, Event)[-1].actor


def test_an_act_as_somebody_bears_their_name(server, database):
    run("users", "add", "rosa@office.example", "--role", "reviewer", "--name", "Rosa")
    run("sources", "add", server.url("/feed"), "--as", "rosa@office.example")
    assert stored(database, Event)[-1].actor == "Rosa"
    run("sources", "remove", "1", "--as", "nobody@office.example", code=1)


def test_no_command_tells_the_password_of_an_address(server):
    source = add(server.url("/feed").replace("://", "://me:hush-hush@"), "--name", "Launches")
    told = [
        run("sources", "list").output,
        run("sources", "list", "--json").output,
        run("sources", "check", server.url("/feed").replace("://", "://me:hush-hush@"), "--json").output,
        run("sources", "export").output,
        run("scrape", "--json").output,
        run("scrape", "Launches").output,
        run("sources", "edit", str(source), "--group", "News", "--json").output,
    ]
    assert not [each for each in told if "hush-hush" in each]

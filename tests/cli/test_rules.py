"""Rules of intake and labels from a terminal."""

import json
from datetime import datetime

import pytest
from typer.testing import CliRunner, Result

from registry.cli import app
from registry.domain.proposal import Announcer
from registry.services.entries import intake
from registry.services.people.acting import REGISTRY
from registry.services.sources import sources
from registry.store.engine import make_engine, transaction
from tests.feeds import an_entry


@pytest.fixture(autouse=True)
def database(monkeypatch, tmp_path, database_url) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGISTRY_DATA_DIR", str(tmp_path))
    return database_url


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, (result.output, result.exception)
    return result


def run_json(*arguments: str):
    return json.loads(run(*arguments, "--json").stdout)


def came_in(database: str, now: datetime, *titles: str) -> None:
    engine = make_engine(database)
    found = [
        an_entry(title, title=title, link=f"https://{title.split()[0].lower()}.example/") for title in titles
    ]
    with transaction(engine) as session:
        source = sources.add_source(
            session,
            url=f"https://{len(titles)}.example/",
            announcer=Announcer.LAUNCH_FEED,
            by=REGISTRY,
            now=now,
        )
        intake.record_entries(session, source, found, first=False, now=now)
    engine.dispose()


def test_a_rule_is_tried_added_moved_and_removed_with_what_it_kept_out_let_in(database, now):
    came_in(database, now, "Plumeria - Funding", "Zither - Chat")
    tried = run_json("rules", "try", "block", "funding")
    assert (tried["entries"], tried["blocked"], tried["accepted"]) == (2, 1, 0)
    assert run_json("rules", "list") == {"rules": [], "removed": []}
    assert (
        "holds from now on: Block entries whose title holds “funding”"
        in run("rules", "add", "block", "funding").stdout
    )
    run("rules", "add", "label", "chat|talk", "--expression", "--label", "talk")
    assert run_json("rules", "move", "2", "up")["place"] == 1
    came_in(database, now, "Oboe - Funding", "Lute - Chat", "Drum - Beats")
    assert [each["kept_out"] for each in run_json("rules", "list")["rules"]] == [0, 1]
    removed = run_json("rules", "remove", "1", "--let-in")
    assert (removed["let_in"], removed["kept_out"]) == (1, 0)


def test_labels_are_put_on_and_found_again(database, now):
    came_in(database, now, "Plumeria - Minutes", "Zither - Chat")
    assert "bears a, writing" in run("candidates", "label", "1", "writing", "a").stdout
    assert run_json("candidates", "label", "1", "--remove", "a")["labels"] == ["writing"]
    assert [each["id"] for each in run_json("candidates", "list", "--label", "writing")["candidates"]] == [1]
    assert len(run_json("candidates", "list", "--relevant")["candidates"]) == 2


def test_an_unknown_source_or_rule_is_one_sentence_and_exit_code_1(database):
    assert isinstance(run("rules", "add", "block", "x", "--source", "Nowhere", code=1).exception, Exception)
    assert isinstance(run("rules", "remove", "9", code=1).exception, Exception)

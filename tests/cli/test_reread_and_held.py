"""Held entries and entries to be read again, from a terminal."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from registry.cli import app
from registry.domain.proposal import EXTRACTOR_VERSION, Announcer, EntryKind
from registry.services.entries import intake
from registry.services.people.acting import REGISTRY
from registry.services.sources import sources
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import Candidate, Entry, Mention
from tests.feeds import some_entries

NOW = datetime(2026, 11, 3, tzinfo=UTC)


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> str:
    """Launches brought two entries, and then sixty at once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGISTRY_DATA_DIR", str(tmp_path))
    engine = make_engine(database_url)
    with transaction(engine) as session:
        source = sources.add_source(
            session,
            url="https://launches.example/",
            name="Launches",
            announcer=Announcer.LAUNCH_FEED,
            by=REGISTRY,
            now=NOW,
        )
        for found, first in ((some_entries(2), True), (some_entries(60, first=100), False)):
            intake.record_entries(session, source, found, first=first, now=NOW)
    engine.dispose()
    return database_url


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, (result.output, result.exception)
    return result


def run_json(*arguments: str):
    return json.loads(run(*arguments, "--json").stdout)


def names(database: str) -> list[str]:
    engine = make_engine(database)
    with snapshot(engine) as session:
        found = list(session.exec(select(Candidate.name).order_by(Candidate.id)))
    engine.dispose()
    return found


def test_held_entries_are_shown_and_let_in(database: str) -> None:
    shown = run("sources", "held", "Launches")
    assert "Product100 - Does thing 100" in shown.stdout
    assert "60 entries are held back because so many came at once." in shown.stderr
    assert len(run_json("sources", "held", "Launches")["held"]) == 60
    told = run_json("sources", "held", "Launches", "--let-in")
    assert (told["entries"], told["candidates"], told["kept_out"]) == (60, 60, 0)
    assert len(names(database)) == 62
    assert "Nothing of Launches is held back." in run("sources", "held", "Launches").stderr
    run("sources", "held", "Launches", "--let-in", code=1)


def test_held_entries_are_left(database: str) -> None:
    assert "60 entries of Launches left as seen." in run("sources", "held", "Launches", "--leave").stdout
    assert len(names(database)) == 2
    run("sources", "held", "Launches", "--leave", "--let-in", code=2)


@pytest.fixture
def outdated(database: str) -> str:
    """An older extractor took the first entry for news and found another name in the second."""
    engine = make_engine(database)
    with transaction(engine) as session:
        first, second = session.exec(select(Entry).where(Entry.held.is_(False)).order_by(Entry.id)).all()  # type: ignore[attr-defined]
        mention = session.exec(select(Mention).where(Mention.entry_id == first.id)).one()
        session.delete(mention)
        session.flush()
        session.delete(session.get_one(Candidate, mention.candidate_id))
        first.kind, first.extractor_version = EntryKind.NEWS, "0"
        second.extractor_version = "0"
        session.exec(select(Candidate).where(Candidate.name == "Product2")).one().name = "Thing"
    engine.dispose()
    return database


def test_a_dry_run_shows_what_would_change_and_keeps_nothing(outdated: str) -> None:
    counted = {"entries": 2, "kinds": 1, "candidates": 1, "mentions": 1, "tool_events": 0, "bettered": 1}
    tried = run_json("candidates", "reread", "--dry-run")
    assert {name: tried[name] for name in counted} == counted
    assert names(outdated) == ["Thing"]
    done = run_json("candidates", "reread")
    assert {**done, "dry_run": True} == tried
    assert names(outdated) == ["Product2", "Product1"]


def test_each_change_is_a_line_and_a_second_run_changes_nothing(outdated: str) -> None:
    result = run("candidates", "reread", "Launches")
    assert "kind news → tool" in result.stdout
    assert "proposes Product1" in result.stdout
    assert "candidate 2, Thing: name Thing → Product2" in result.stdout
    assert "Read 2 entries again" in result.stderr
    again = run("candidates", "reread")
    assert again.stdout == ""
    assert "Every stored entry has been read by today's extractor." in again.stderr
    engine = make_engine(outdated)
    with snapshot(engine) as session:
        assert set(session.exec(select(Entry.extractor_version))) == {EXTRACTOR_VERSION}
    engine.dispose()


def test_the_doctor_tells_of_both(outdated: str) -> None:
    (check,) = [
        each
        for each in json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
        if each["name"] == "entries"
    ]
    assert check["ok"]
    assert "An older extractor has read 2;" in check["sentence"]
    assert "60 entries are held back" in check["sentence"]

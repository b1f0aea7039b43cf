"""Triage from a terminal: each verb does what the page does, tells its act, and can be taken back."""

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner, Result

from registry.cli import app
from registry.domain.errors import RegistryError
from registry.domain.triage import DismissReason
from registry.services.candidates import triage
from registry.services.people import accounts
from registry.services.people.acting import REGISTRY, Actor
from registry.store.engine import make_engine, transaction
from tests.builders import a_tool

AS_ROSA = ("--as", "rosa@example.org")


@pytest.fixture(autouse=True)
def numbers(monkeypatch, tmp_path, database_url) -> dict[str, int]:
    """Four candidates by name, of which two are named alike, a tool, and one reviewer to act."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGISTRY_DATA_DIR", str(tmp_path))
    now, engine = datetime.now(UTC), make_engine(database_url)
    with transaction(engine) as session:
        accounts.add_user(
            session, email="rosa@example.org", name="Rosa", roles=["reviewer"], by=REGISTRY, now=now
        )
        a_tool(session, "Murmur", now=now)
        made = {
            name: triage.propose_by_hand(
                session, name=name, homepage=f"https://{host}.example/", by=Actor(None, "somebody"), now=now
            )
            for name, host in {
                "Quillmark": "quillmark",
                "Quilmark": "quilmark",
                "Murmur Notes": "murmurnotes",
                "Wendle": "wendle",
            }.items()
        }
        found = {name: each.id or 0 for name, each in made.items()}
    engine.dispose()
    return found


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["candidates", *map(str, arguments)])
    assert isinstance(result.exception, RegistryError | SystemExit | None)
    assert result.exit_code == code, (result.output, result.exception)
    return result


def run_json(*arguments: object):
    return json.loads(run(*arguments, "--json").stdout)


def status(number: int) -> str:
    return run_json("show", number)["status"]


def test_what_was_dismissed_is_told_undone_and_new_again(numbers) -> None:
    both = numbers["Wendle"], numbers["Quilmark"]
    done = run_json("dismiss", *both, "--reason", DismissReason.NOT_A_TOOL.value, *AS_ROSA)
    assert done["count"] == 2
    assert status(numbers["Wendle"]) == "dismissed"
    (act,) = run_json("acts")["acts"]
    assert (act["act"], act["count"], act["by"], act["undone_at"]) == (done["act"], 2, "Rosa", None)
    assert run_json("undo", done["act"], *AS_ROSA)["count"] == 2
    assert status(numbers["Wendle"]) == status(numbers["Quilmark"]) == "new"
    assert run_json("acts")["acts"][0]["undone_at"]
    assert run_json("undo", done["act"], *AS_ROSA)["count"] == 2  # twice is once


def test_what_was_put_aside_comes_back_at_a_word(numbers) -> None:
    run("watch", numbers["Wendle"], "--until", "2999-01-01")
    assert status(numbers["Wendle"]) == "watch"
    assert "is new" in run("reopen", numbers["Wendle"]).stdout


def test_those_named_alike_are_told_until_somebody_says_that_they_differ(numbers) -> None:
    def suggested() -> list[int | None]:
        return [each["candidate"] for each in run_json("duplicates", numbers["Quillmark"])["duplicates"]]

    assert numbers["Quilmark"] in suggested()
    run("differ", numbers["Quillmark"], "--from", numbers["Quilmark"])
    assert numbers["Quilmark"] not in suggested()
    run("differ", numbers["Murmur Notes"], "--tool", "murmur")
    assert run_json("duplicates", numbers["Murmur Notes"])["duplicates"] == []


def test_one_says_from_what_it_differs(numbers) -> None:
    assert "--from" in run("differ", numbers["Wendle"], code=2).stderr
    assert "no tool" in str(run("differ", numbers["Wendle"], "--tool", "nothing", code=1).exception)


def test_merging_and_accepting_tell_what_came_of_it(numbers) -> None:
    merged = run_json("merge", numbers["Quilmark"], "--into", numbers["Quillmark"])
    assert merged["name"] == "Quillmark"
    assert status(numbers["Quilmark"]) == "merged"
    assert run_json("accept", numbers["Quillmark"])["tool"]["slug"] == "quillmark"
    run("dismiss", numbers["Quillmark"], "--reason", DismissReason.NOT_A_TOOL.value, code=1)


def test_dismissals_are_counted_by_month_and_by_source(numbers) -> None:
    assert run("dismissals").stderr or run("dismissals").stdout
    run("dismiss", numbers["Wendle"], "--reason", DismissReason.NOT_A_TOOL.value)
    rows = run_json("dismissals")["rows"]
    assert (rows[0]["by"], rows[0]["reason"], rows[0]["count"]) == (
        "month",
        DismissReason.NOT_A_TOOL.value,
        1,
    )


def test_an_act_on_several_is_done_whole_or_not_at_all(numbers) -> None:
    run("dismiss", numbers["Wendle"], 999, "--reason", DismissReason.NOT_A_TOOL.value, code=1)
    assert status(numbers["Wendle"]) == "new"
    assert run_json("acts")["acts"] == []

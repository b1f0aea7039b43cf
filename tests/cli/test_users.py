"""People from a terminal: data alone on standard output, a sentence on standard error, reliable exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal


def test_the_first_admin_is_made_by_command_in_an_empty_folder(run: Terminal) -> None:
    assert json.loads(run("users", "list", "--json").stdout) == []
    added = run(
        "users", "add", "Ada@Example.org", "--role", "admin", "--role", "auditor", "--password-stdin", "--json",
        typed="a quiet brown river\n",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    assert json.loads(added.stdout)["roles"] == ["admin", "auditor"]
    (ada,) = json.loads(run("users", "list", "--json").stdout)
    assert (ada["email"], ada["disabled_at"]) == ("ada@example.org", None)


def test_a_refusal_is_one_sentence_on_standard_error_and_exit_code_1(run: Terminal) -> None:
    refused = run("users", "add", "ada@example.org", "--role", "king", "--json")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("\n") == 1
    assert "Choose at least one role" in refused.stderr


@pytest.mark.parametrize("words", [["users", "add"], ["nonsense"], ["users", "list", "--loud"]])
def test_wrong_usage_is_exit_code_2(run: Terminal, words: list[str]) -> None:
    assert run(*words).returncode == 2


def test_a_token_is_printed_alone_and_a_link_leads_to_the_site(run: Terminal) -> None:
    run("users", "add", "rosa@example.org", "--role", "reviewer")
    made = run("tokens", "create", "rosa@example.org", "--scope", "read", "--days", "30")
    assert made.stdout.startswith("reg_")
    assert made.stdout.count("\n") == 1
    link = run("users", "link", "rosa@example.org", REGISTRY_BASE_URL="https://registry.example.org")
    assert link.stdout.startswith("https://registry.example.org/sign-in/")
    assert "reg_" not in run("tokens", "list", "rosa@example.org", "--json").stdout


def test_doctor_finds_what_is_wrong(bare: Terminal, tmp_path: Path) -> None:
    assert bare("db", "status").returncode == 1
    assert bare("db", "upgrade").returncode == 0
    assert bare("db", "status", "--json").returncode == 0
    sick = bare("doctor", "--json")
    assert sick.returncode == 1
    assert [each["name"] for each in json.loads(sick.stdout) if not each["ok"]] == ["admin"]
    bare("users", "add", "ada@example.org", "--role", "admin")
    assert bare("doctor").returncode == 0
    (tmp_path / "data" / "secret").chmod(0o644)
    assert "WRONG  secret" in bare("doctor").stdout


def test_doctor_warns_where_publishers_cannot_tell_whom_to_write_to(run: Terminal) -> None:
    assert "warn   agent" in run("doctor").stdout
    assert "ok     agent" in run("doctor", REGISTRY_CONTACT="it@office.example").stdout


def test_config_shows_where_each_setting_came_from_and_no_password(run: Terminal, tmp_path: Path) -> None:
    (tmp_path / "registry.toml").write_text('contact = "Ask us"\nname = "From the file"\n')
    (tmp_path / ".env").write_text("REGISTRY_UNDO_S=60\n")
    shown = run(
        "config", "show", "--json",
        REGISTRY_NAME="From outside", REGISTRY_DATABASE_URL="postgresql://us:hunter2@db.example/registry",
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert "hunter2" not in shown.stdout
    came_from = {each["setting"]: each["from"] for each in json.loads(shown.stdout)}
    assert came_from["REGISTRY_NAME"] == "environment"
    assert came_from["REGISTRY_UNDO_S"] == ".env"
    assert came_from["REGISTRY_CONTACT"] == "registry.toml"
    assert came_from["REGISTRY_TIME_ZONE"] == "default"


def test_help_names_every_command_and_pays_for_no_web_server(run: Terminal) -> None:
    from registry.cli import COMMANDS

    told = run("--help")
    assert told.returncode == 0
    assert [name for name in COMMANDS if name not in told.stdout] == []
    light = subprocess.run(
        [
            sys.executable,
            "-c",
            "import registry.cli, sys; print('fastapi' in sys.modules, 'sqlmodel' in sys.modules)",
        ],
        text=True,
        capture_output=True,
        check=True,
    )
    assert light.stdout.split() == ["False", "False"]

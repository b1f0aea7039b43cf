"""`registry backup`, `restore` and `db upgrade`; and what a program says of a database that is newer than itself."""

import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from registry.cli import COMMANDS
from tests.cli.conftest import Terminal

NEEDS_NO_DATABASE = {"config", "demo"}
WORDS = {
    "check": ("Quillmark",),
    "import": ("list.csv",),
    "publish": ("site",),
    "sources": ("list",),
    "rules": ("list",),
    "outside": ("list",),
    "candidates": ("list",),
    "users": ("list",),
    "tokens": ("list", "ada@example.org"),
    "webhooks": ("list",),
    "outbox": ("show",),
    "audit": ("verify",),
    "backup": ("b.zip",),
    "restore": ("b.zip",),
    "db": ("upgrade",),
}


def test_there_and_back(run: Terminal) -> None:
    run("users", "add", "ada@example.org", "--role", "admin")
    made = run("backup", "b.zip", "--with-secret", "--json")
    told = json.loads(made.stdout)
    assert (told["counts"]["user"], told["secret"], made.returncode) == (1, True, 0)
    assert "is there already" in run("backup", "b.zip").stderr
    place = {"REGISTRY_DATA_DIR": str(run.folder / "new")}
    looked = json.loads(run("restore", "b.zip", "--dry-run", "--json", **place).stdout)
    done = json.loads(run("restore", "b.zip", "--json", **place).stdout)
    assert (looked["restored"], done["restored"]) == (False, True)
    assert (done["counts"], done["secret"]) == (told["counts"], "restored")
    assert "ada@example.org" in run("users", "list", **place).stdout
    again = run("restore", "b.zip", **place)
    assert (again.returncode, "This database is in use" in again.stderr) == (1, True)


def test_without_the_secret_it_says_where_that_is_and_what_ends(run: Terminal) -> None:
    run("users", "add", "ada@example.org", "--role", "admin")
    run("users", "link", "ada@example.org")
    assert f"Keep a copy of {run.folder / 'data' / 'secret'}" in run("backup", "b.zip").stderr
    done = run("restore", "b.zip", REGISTRY_DATA_DIR=str(run.folder / "new"), REGISTRY_TIME_ZONE="Asia/Tokyo")
    assert "everybody signs in again" in done.stderr
    assert "REGISTRY_TIME_ZONE was UTC when it was made, and is Asia/Tokyo here." in done.stderr


def test_what_is_no_backup_and_what_is_not_there_is_said(bare: Terminal) -> None:
    (bare.folder / "list.csv").write_text("name\nQuillmark\n")
    assert "no whole backup" in bare("restore", "list.csv").stderr
    assert "There is no file" in bare("restore", "none.zip").stderr
    nothing = bare("backup", "b.zip")
    assert (nothing.returncode, "There is no registry" in nothing.stderr) == (1, True)


@pytest.mark.whole
def test_what_a_stranger_wrote_into_a_backup_does_nothing_to_the_terminal(run: Terminal) -> None:
    run("users", "add", "ada@example.org", "--role", "admin")
    run("backup", "b.zip")
    with zipfile.ZipFile(run.folder / "b.zip") as old, zipfile.ZipFile(run.folder / "new.zip", "w") as new:
        told = json.loads(old.read("manifest.json"))
        told["settings"] |= {"name": "\x1b]0;mine\x07", "audiences": ["\u202eall"]}
        new.writestr("registry.sqlite3", old.read("registry.sqlite3"))
        new.writestr("manifest.json", json.dumps(told))
    place = {"REGISTRY_DATA_DIR": str(run.folder / "new")}
    looked = run("restore", "new.zip", "--dry-run", **place)
    assert "REGISTRY_NAME was \\x1b]0;mine\\x07 when it was made" in looked.stderr
    assert "\u202e" not in looked.stderr
    told["counts"] |= {"\x1b[2J": 1}
    with zipfile.ZipFile(run.folder / "new.zip", "a") as new, pytest.warns(UserWarning, match="Duplicate"):
        new.writestr("manifest.json", json.dumps(told))
    refused = run("restore", "new.zip", **place)
    assert "\\x1b[2J holds 0 rows, and the manifest says 1." in refused.stderr


@pytest.mark.whole
def test_a_full_disk_is_said_and_no_half_file_is_left(run: Terminal) -> None:
    run("users", "add", "ada@example.org", "--role", "admin")
    folder = run.folder / "backups"
    ended = subprocess.run(
        [sys.executable, "-m", "registry", "backup", str(folder / "b.zip")],
        env={"REGISTRY_DATA_DIR": str(run.folder / "data"), "PATH": ""},
        cwd=run.folder,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1), ended.stderr
    assert f"There is not enough room in {folder}" in ended.stderr
    assert list(folder.iterdir()) == []


def test_an_upgrade_by_hand_says_where_the_copy_is(bare: Terminal, older_file: Path) -> None:
    (bare.folder / "data").mkdir()
    shutil.copy(older_file, bare.folder / "data" / "registry.sqlite3")
    asked = bare("users", "list")
    assert (asked.returncode, "Run `registry db upgrade`" in asked.stderr) == (1, True)
    done = bare("db", "upgrade", REGISTRY_BACKUP_DIR="kept")
    (kept,) = (bare.folder / "kept").iterdir()
    assert (done.returncode, f"is in kept/{kept.name}" in done.stderr) == (0, True)
    assert bare("users", "list").returncode == 0


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - NEEDS_NO_DATABASE))
def test_a_program_that_is_older_than_the_database_says_so_in_words(run: Terminal, command: str) -> None:
    (run.folder / "list.csv").write_text("name\nQuillmark\n")
    file = run.folder / "data" / "registry.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    told = run(command, *WORDS.get(command, ()))
    assert told.returncode == 1
    words = told.stderr + told.stdout
    assert "was written by a newer version of the registry: its schema is 9999" in words, words
    assert "Traceback" not in words
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    connection.close()

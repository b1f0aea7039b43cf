"""What `registry doctor` says of a place where something is broken, and that it says what to do."""

import json
import os
import socket
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest

from registry.cli import surroundings
from registry.services.people import guessing, second_factor
from registry.services.people.acting import REGISTRY
from registry.settings import Settings
from registry.store.engine import make_engine, transaction
from tests.cli.conftest import Terminal
from tests.receiving import mail_server

Look = Callable[..., dict[str, object]]


@pytest.fixture
def data(run: Terminal, tmp_path: Path) -> Path:
    """The folder of a registry with an admin."""
    run("users", "add", "ada@example.org", "--role", "admin")
    (tmp_path / "data").chmod(0o700)
    return tmp_path / "data"


@pytest.fixture
def check(run: Terminal, data: Path) -> Look:
    """One check, by name: `ok`, `warns` and `sentence`."""

    def look(name: str, **settings: str) -> dict[str, object]:
        told = json.loads(run("doctor", "--json", **settings).stdout)
        return next(each for each in told if each["name"] == name)

    return look


def stands(found: dict[str, object]) -> str:
    return "wrong" if not found["ok"] else "warns" if found["warns"] else "fine"


def test_a_folder_that_others_can_look_into_is_told(check: Look, data: Path) -> None:
    assert stands(check("folder")) == "fine"
    data.chmod(0o755)
    found = check("folder")
    assert stands(found) == "warns"
    assert "chmod 700" in str(found["sentence"])


def test_a_key_and_mails_that_others_can_read_are_told(check: Look, run: Terminal, data: Path) -> None:
    run("audit", "checkpoint")
    (data / "audit-key").chmod(0o644)
    found = check("readers")
    assert (stands(found), "chmod 600" in str(found["sentence"])) == ("wrong", True)
    (data / "audit-key").chmod(0o600)
    (data / "mails").mkdir(mode=0o755)
    found = check("readers", REGISTRY_MAIL_DIR=str(data / "mails"))
    assert (stands(found), "chmod 700" in str(found["sentence"])) == ("warns", True)
    (data / "token").write_text("a token of sixteen signs or more")
    (data / "token").chmod(0o644)
    found = check("readers", REGISTRY_METRICS_TOKEN_FILE=str(data / "token"))
    assert (stands(found), "chmod 600" in str(found["sentence"])) == ("warns", True)


@pytest.mark.parametrize(
    ("settings", "expected", "word"),
    [
        ({}, "warns", "REGISTRY_BASE_URL"),
        ({"REGISTRY_BASE_URL": "http://registry.example.org"}, "wrong", "https"),
        ({"REGISTRY_BASE_URL": "https://registry.example.org"}, "warns", "REGISTRY_TRUSTED_PROXIES"),
        (
            {"REGISTRY_BASE_URL": "https://registry.example.org", "REGISTRY_TRUSTED_PROXIES": "10.0.0.7"},
            "fine",
            "10.0.0.7",
        ),
    ],
)
def test_an_address_that_people_cannot_use_safely_is_told(
    check: Look, settings: dict[str, str], expected: str, word: str
) -> None:
    found = check("address", **settings)
    assert stands(found) == expected
    assert word in str(found["sentence"])


def test_a_mail_server_that_does_not_answer_is_told(check: Look) -> None:
    with mail_server() as server:
        mail = {
            "REGISTRY_SMTP_HOST": "127.0.0.1",
            "REGISTRY_SMTP_PORT": str(server.port),
            "REGISTRY_SMTP_SENDER": "a@office.example",
        }
        assert stands(check("mail server", **mail)) == "fine"
    found = check("mail server", **mail)
    assert stands(found) == "wrong"
    assert "REGISTRY_SMTP_HOST" in str(found["sentence"])


def test_a_provider_that_does_not_describe_itself_is_told(check: Look) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{closed.getsockname()[1]}"
        found = check("provider", REGISTRY_OIDC_ISSUER=issuer, REGISTRY_OIDC_CLIENT_ID="registry")
    assert stands(found) == "wrong"
    assert "REGISTRY_OIDC_ISSUER" in str(found["sentence"])


def test_backups_that_are_missing_or_old_are_told(check: Look, data: Path) -> None:
    assert stands(check("backups")) == "warns"
    (data / "backups").mkdir()
    made = data / "backups" / "registry.zip"
    made.touch()
    assert stands(check("backups")) == "fine"
    os.utime(made, (time.time() - 9 * 86_400,) * 2)
    found = check("backups")
    assert stands(found) == "warns"
    assert "9 days old" in str(found["sentence"])


def test_a_clock_that_is_behind_the_record_is_told(check: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stands(check("clock")) == "fine"
    with monkeypatch.context() as patch:
        patch.setattr(surroundings, "SKEW", -surroundings.timedelta(days=1))
        found = check("clock")
    assert stands(found) == "wrong"
    assert "set the clock" in str(found["sentence"])


def test_a_key_that_leads_nowhere_and_a_changed_record_are_told(check: Look, data: Path) -> None:
    assert (stands(check("integrity")), stands(check("log"))) == ("fine", "fine")
    with sqlite3.connect(data / "registry.sqlite3") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE event SET action = 'user.forged' WHERE id = 1")
        database.execute("INSERT INTO user_role (user_id, role) VALUES (4711, 'admin')")
    broken = check("integrity")
    assert stands(broken) == "wrong"
    assert "registry restore" in str(broken["sentence"])
    forged = check("log")
    assert stands(forged) == "wrong"
    assert "registry audit verify" in str(forged["sentence"])


def test_second_factors_that_are_void_missing_or_guessed_at_are_told(check: Look, data: Path) -> None:
    assert stands(check("factors")) == "fine"
    found = check("factors", REGISTRY_SECOND_FACTOR="staff")
    assert (stands(found), "1 whose roles ask for one" in str(found["sentence"])) == ("warns", True)
    settings, now = Settings(data_dir=data), datetime.now(UTC)
    engine = make_engine(settings.resolved_database_url)
    with transaction(engine) as session:
        key = second_factor.begin(session, 1, house_name="", secret=settings.secret, now=now)
        code = pyotp.TOTP(key.text).at(now)
        second_factor.confirm(session, 1, code, secret=settings.secret, by=REGISTRY, now=now)
    assert stands(check("factors", REGISTRY_SECOND_FACTOR="staff")) == "fine"
    for _ in range(guessing.ENOUGH):
        with transaction(engine) as session:
            guessing.note_wrong_code(
                session, "wrong_code", how="password", user_id=1, secret=settings.secret, mails=False, now=now
            )
    engine.dispose()
    found = check("factors")
    assert (stands(found), "codes of 1 were guessed at" in str(found["sentence"])) == ("warns", True)
    (data / "secret").write_text("another secret that is long enough to be one, and more of it")
    found = check("factors")
    assert (stands(found), "1 of 1 were made with another secret" in str(found["sentence"])) == (
        "wrong",
        True,
    )


def test_a_library_that_is_too_old_is_told(check: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stands(check("versions")) == "fine"
    monkeypatch.setattr(surroundings, "version", lambda _name: "0.0.1")
    found = check("versions")
    assert stands(found) == "wrong"
    assert "starlette 0.0.1" in str(found["sentence"])


def test_a_trigger_that_somebody_took_away_is_told(check: Look, data: Path) -> None:
    assert stands(check("guards")) == "fine"
    with sqlite3.connect(data / "registry.sqlite3") as database:
        database.execute("DROP TRIGGER event_is_kept")
    found = check("guards")
    assert stands(found) == "wrong"
    assert "trigger event_is_kept is gone" in str(found["sentence"])

"""`registry audit` of a place where something was taken away: said in words, and nothing is made by looking."""

import sqlite3
from pathlib import Path

from tests.cli.conftest import Terminal


def test_checking_makes_no_key(run: Terminal, tmp_path: Path) -> None:
    run("users", "add", "ada@example.org", "--role", "admin")
    key, proof = tmp_path / "data" / "audit-key", tmp_path / "proof.json"
    key.unlink(missing_ok=True)
    proof.write_text("{}")
    assert run("audit", "verify").returncode == 0
    refused = run("audit", "check-proof", str(proof))
    assert "is missing from" in refused.stderr
    assert "--key" in refused.stderr
    assert not key.exists()


def test_a_lost_key_is_not_made_anew_but_on_purpose_which_is_on_record_and_told(
    run: Terminal, tmp_path: Path
) -> None:
    run("users", "add", "ada@example.org", "--role", "admin")
    run("audit", "checkpoint")
    key = tmp_path / "data" / "audit-key"
    assert "The key is there" in run("audit", "new-key").stderr
    key.unlink()
    refused = run("audit", "checkpoint")
    assert (refused.returncode, "Put its file back" in refused.stderr, key.exists()) == (1, True, False)
    made = run("audit", "new-key").stdout.strip()
    assert made.count("+") >= 2
    run("audit", "checkpoint")
    told = run("audit", "verify")
    assert (told.returncode, "The key that signs was replaced on" in told.stdout) == (0, True)
    assert len(list((tmp_path / "data" / "checkpoints").glob("before-*/*.checkpoint"))) == 1
    with sqlite3.connect(tmp_path / "data" / "registry.sqlite3") as database:
        [(after,)] = database.execute("SELECT after FROM event WHERE action = 'audit_key.replaced'")
    assert made in after


def test_a_head_that_is_gone_and_a_stray_file_are_named(run: Terminal, tmp_path: Path) -> None:
    run("users", "add", "ada@example.org", "--role", "admin")
    run("audit", "checkpoint")
    (tmp_path / "data" / "checkpoints" / "zzz.checkpoint").write_text("junk")
    doctor = run("doctor").stdout
    assert "zzz.checkpoint is no checkpoint that this registry's key signed" in doctor
    with sqlite3.connect(tmp_path / "data" / "registry.sqlite3") as database:
        database.execute("DROP TRIGGER log_head_is_kept")
        database.execute("DELETE FROM log_head")
    told = run("audit", "verify")
    assert told.returncode == 1
    for each in (
        "which says where the log ends, is gone",
        "log_head_is_kept is gone",
        "zzz.checkpoint is no",
    ):
        assert each in told.stderr
    assert "which says where the log ends, is gone" in run("doctor").stdout

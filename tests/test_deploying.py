"""What deploy/ starts exists: commands, settings and files; the units and the proxy are read by their own programs."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from registry.cli import app
from registry.settings import Settings
from registry.store import engine as engines
from registry.web.security import MAX_BODY_BYTES

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
FILES = sorted(each for each in DEPLOY.rglob("*") if each.is_file())


def started() -> Iterator[list[str]]:
    """The arguments that some file gives to `registry`."""
    for unit in UNITS:
        for line in re.findall(r"/opt/registry/bin/registry ([^';\n]+)", unit.read_text("utf-8")):
            yield shlex.split(line)
    for file in (DEPLOY / "compose.yaml", DEPLOY / "Dockerfile"):
        text = file.read_text("utf-8")
        for listed in re.findall(r"^(?:\s+command:|CMD) \[([^]]+)\]", text, re.MULTILINE):
            yield [each.strip().strip('"') for each in listed.split(",")]


def test_each_command_that_is_started_exists_with_its_options() -> None:
    every = list(started())
    assert {each[0] for each in every} >= {"serve", "worker", "backup", "restore"}
    group = typer.main.get_command(app)
    for arguments in every:
        command = group.get_command(None, arguments[0])  # type: ignore[attr-defined, arg-type]
        assert command is not None, arguments
        command.make_context(arguments[0], arguments[1:])


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_each_setting_that_is_given_exists(file: Path) -> None:
    named = set(re.findall(r"\bREGISTRY_[A-Z_]+\b", file.read_text("utf-8")))
    assert {
        name for name in named if name.removeprefix("REGISTRY_").lower() not in Settings.model_fields
    } == set()


def test_the_example_of_settings_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REGISTRY_BASE_URL", raising=False)
    settings = Settings(_env_file=DEPLOY / "registry.env.example")  # type: ignore[call-arg]
    assert settings.base_url.startswith("https://")
    assert settings.reports_to == "mailto:security@example.org"


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze comes with systemd")
    for unit in UNITS:
        text = unit.read_text("utf-8").replace("/opt/registry/bin/registry", sys.executable)
        (tmp_path / unit.name.replace("@", "@1")).write_text(text)
    units = [str(each) for each in tmp_path.iterdir()]
    read = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")


def test_nginx_takes_the_proxy(tmp_path: Path) -> None:
    if shutil.which("nginx") is None or shutil.which("openssl") is None:
        pytest.skip("needs nginx and openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "fullchain.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(
        [*make, "-keyout", key, "-out", certificate, "-subj", "/CN=registry.example.org"],
        check=True,
        capture_output=True,
    )
    site = (DEPLOY / "nginx.conf").read_text("utf-8").replace("/etc/ssl/registry", str(tmp_path))
    (tmp_path / "site.conf").write_text(site)
    whole = (
        f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}} http {{ include {tmp_path}/site.conf; }}"
    )
    (tmp_path / "nginx.conf").write_text(whole)
    read = subprocess.run(
        ["nginx", "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False
    )
    assert read.returncode == 0, read.stderr


def test_the_paper_tells_the_limits_as_they_are() -> None:
    paper = (ROOT / "docs" / "deploying.md").read_text("utf-8")
    limits, pool = engines._IN_SERVICE, engines._POOL
    assert limits == {
        "statement_timeout": "60s",
        "lock_timeout": "15s",
        "idle_in_transaction_session_timeout": "5min",
    }
    rows = {
        line.split("|")[1].strip(): line.split("|")[2].strip()
        for line in paper.splitlines()
        if line.count("|") > 3
    }
    assert rows["to wait for a lock"] == "15 seconds"
    assert rows["one statement of the site or a worker"] == "60 seconds"
    assert rows["a transaction in which nothing is asked"] == "5 minutes"
    assert rows["to wait for a free connection"] == f"{pool['pool_timeout']} seconds"
    assert (
        f"at most {pool['pool_size'] + pool['max_overflow']} connections ({pool['pool_size']} are kept)"
        in paper
    )
    assert MAX_BODY_BYTES == 1_000_000
    assert "a body to 1 MB" in paper


def test_a_library_with_a_reason_has_its_lowest_version_in_the_project() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    table = (ROOT / "docs" / "deploying.md").read_text("utf-8").split("## Libraries")[1]
    rows = re.findall(r"^\| `([\w-]+)` \| ([\d.]+)", table, re.MULTILINE)
    assert len(rows) > 5
    assert [name for name, lowest in rows if f'"{name}>={lowest}' not in project] == []

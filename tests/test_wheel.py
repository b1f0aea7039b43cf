"""The wheel holds all that a site needs: installed in an empty environment, far from the sources, it serves."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
PATIENCE_S = 60


@pytest.fixture(scope="module")
def uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    return found or pytest.skip("the wheel is built by uv, which is not here")


@pytest.fixture(scope="module")
def wheel(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    from_cache_if_it_can(uv, "build", "--wheel", "-q", "--out-dir", str(folder), str(ROOT))
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def commands(uv: str, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment that has the wheel and what it needs, and nothing of ours beside."""
    place = tmp_path_factory.mktemp("elsewhere") / "environment"
    from_cache_if_it_can(
        uv, "sync", "-q", "--frozen", "--no-dev", "--no-install-project", "--project", str(ROOT), into=place
    )
    folder = place / ("Scripts" if os.name == "nt" else "bin")
    from_cache_if_it_can(
        uv, "pip", "install", "-q", "--no-deps", "--python", str(folder / "python"), str(wheel), into=place
    )
    return folder


@pytest.fixture
def site(commands: Path, tmp_path: Path) -> Iterator[str]:
    """Address of a site that the installed `registry serve` serves out of an empty folder."""
    port = free_port()
    served = subprocess.Popen(
        [commands / "registry", "serve", "--port", str(port)],
        cwd=tmp_path,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        served.terminate()
        served.communicate(timeout=PATIENCE_S)


@pytest.mark.whole
def test_an_installed_wheel_serves_pages_styles_and_feeds(site: str):
    home = asked(site, "/")
    assert "<h1" in home
    style = next(part.split('"')[0] for part in home.split('href="') if part.startswith("/static/"))
    assert "{" in asked(site, style)
    assert "http://www.w3.org/2005/Atom" in asked(site, "/feeds/verdicts.atom")
    assert '"openapi"' in asked(site, "/openapi.json")


@pytest.mark.whole
def test_an_installed_wheel_has_its_rubric_and_finds_nothing_wrong_but_that_nobody_is_there(
    commands: Path, tmp_path: Path
):
    done = subprocess.run(
        [commands / "registry", "db", "upgrade"], cwd=tmp_path, env=clean_environment(), check=False
    )
    assert done.returncode == 0
    found = subprocess.run(
        [commands / "registry", "doctor"],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    wrong = [line for line in found.stdout.splitlines() if line.startswith("WRONG")]
    assert len(wrong) == 1, found.stdout + found.stderr
    assert "admin" in wrong[0]


def test_the_wheel_holds_templates_and_rubrics_and_nothing_of_the_tests(wheel: Path):
    held = ZipFile(wheel).namelist()
    assert "registry/_templates/base.html" in held
    assert any(each.startswith("registry/rubrics/") for each in held)
    assert not any(each.startswith("tests/") for each in held)


def asked(site: str, path: str) -> str:
    """The body of a reply with 200, once the site is up."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urlopen(site + path, timeout=10) as reply:
                return str(reply.read().decode())
        except HTTPError as error:
            pytest.fail(f"{path} gave {error.code}: {error.read()[:500]!r}")
        except (URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def from_cache_if_it_can(uv: str, *arguments: str, into: Path | None = None) -> None:
    """Run uv without network, since its cache mostly has all; where it has not, with."""
    environment = clean_environment() | {"UV_PYTHON": sys.executable}
    if into is not None:
        environment["UV_PROJECT_ENVIRONMENT"] = str(into)
    for offline in (["--offline"], []):
        done = subprocess.run(
            [uv, *arguments, *offline], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return
    pytest.fail(f"uv {' '.join(arguments)}: {done.stderr}")


def clean_environment() -> dict[str, str]:
    """That of this process less what would lead back to the sources, or set the registry up."""
    leads_back = ("REGISTRY_", "PYTHON", "VIRTUAL_ENV", "UV_PROJECT")
    return {name: value for name, value in os.environ.items() if not name.startswith(leads_back)}


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])

"""A real Chromium (Debian's, or any that is installed) on a real site, started by the commands that people use."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_S = 90


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def browser_path() -> str:
    """Where Chromium is; looked for before anything is made ready for it."""
    pytest.importorskip(
        "playwright.sync_api",
        reason="NO BROWSER TEST WAS RUN: install the group (uv sync --group browser)",
        exc_type=ImportError,
    )
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("NO BROWSER TEST WAS RUN: there is no Chromium (apt-get install chromium)")
    return path


@pytest.fixture(scope="module")
def chromium(browser_path: str) -> "Iterator[Browser]":
    """One browser for a module's tests, closed after them: while it is open, its event loop is."""
    from playwright import sync_api as playwright

    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: "Browser") -> "Iterator[Callable[..., BrowserContext]]":
    """Opens a browser of one's own: no cookies, and what else is asked for (see Browser.new_context)."""
    opened: list[BrowserContext] = []

    def open_context(**wishes: Any) -> "BrowserContext":
        context = chromium.new_context(**wishes)
        context.set_default_timeout(15_000)
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        context.close()


@dataclass(frozen=True)
class Site:
    address: str
    data_dir: Path
    links: dict[str, str] = field(default_factory=dict)
    """First name to a link that signs the person in."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo, made and served once for all tests that only look."""
    with a_demo(tmp_path_factory) as site:
        yield site


@contextmanager
def a_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A demo of one's own, served."""
    place = a_copy_of_the_demo(tmp_path_factory)
    people = json.loads((place / "demo.json").read_text())["people"]
    with served(place.parent, "demo", "--port", str(free_port())) as address:
        links = {each["name"].split()[0]: f"{address}/sign-in/{each['link']}" for each in people}
        yield Site(address, place.parent, links)


def a_copy_of_the_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that nobody serves yet; it is made once for all processes of a run."""
    ours = tmp_path_factory.getbasetemp()
    made = (ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours) / "made"
    made.mkdir(exist_ok=True)
    with (made / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made / "demo" / "demo.json").exists():
            registry(made, "demo", "--no-serve")
    return Path(shutil.copytree(made / "demo", tmp_path_factory.mktemp("demo") / "demo"))


def registry(folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "registry", *arguments],
        cwd=folder,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )


@contextmanager
def served(folder: Path, *arguments: str, **settings: str) -> Iterator[str]:
    """Runs a command that serves until interrupted, from when it answers until the block ends."""
    address = f"http://127.0.0.1:{arguments[arguments.index('--port') + 1]}"
    with (folder / "served.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "registry", *arguments],
            cwd=folder,
            env=environment(folder, **settings),
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(address + "/healthz", process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, ConnectionError):
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """That of this process, with the settings given instead of its own, and the sources of this checkout."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}
    own = {f"REGISTRY_{name.upper()}": value for name, value in settings.items()}
    return kept | own | {"REGISTRY_DATA_DIR": str(folder), "PYTHONPATH": str(Path(__file__).parents[2])}


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])

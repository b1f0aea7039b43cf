"""One real `registry serve`, over HTTP on loopback, which may be killed, ended in words and started again."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.receiving import a_free_port

PATIENCE_S = 90.0
"""Until a site answers, however busy the machine is."""


@dataclass
class Site:
    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=a_free_port)
    process: "subprocess.Popen[bytes] | None" = None
    started_in_s: float = 0.0
    """By the clock, from the process's start to its first answer."""

    def start(self, *more: str) -> float:
        """Until it answers; gives the processor time that this took, in seconds."""
        command = [sys.executable, "-m", "registry", "serve", "--port", str(self.port), *more]
        began = time.monotonic()
        self.process = subprocess.Popen(
            command,
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=self.log.open("ab"),
            start_new_session=True,
        )
        while time.monotonic() < began + PATIENCE_S:
            with suppress(OSError, http.client.HTTPException):
                if self.ask("GET", "/healthz")[0] == 200:
                    self.started_in_s = time.monotonic() - began
                    return self.processor_s()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)
        raise AssertionError(f"it never answered: {self.log.read_text()}")

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def processor_s(self) -> float:
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Resident bytes."""
        assert self.process is not None
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf(
            "SC_PAGE_SIZE"
        )

    def kill(self) -> None:
        """With all its children, at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)

    def end(self) -> int:
        """In words; gives the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(60)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str = "",
        timeout: float = 60,
        **headers: str,
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers by small name, body. A dict is sent as JSON, a text as a form."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        sent = {
            "Sec-Fetch-Site": "same-origin",
            **{name.replace("_", "-"): each for name, each in headers.items()},
        }
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            is_form = isinstance(body, str)
            sent["Content-Type"] = "application/x-www-form-urlencoded" if is_form else "application/json"
            body = body if is_form else json.dumps(body)
        try:
            connection.request(method, path, body, sent)  # type: ignore[arg-type]
            got = connection.getresponse()
            return got.status, {name.lower(): value for name, value in got.getheaders()}, got.read().decode()
        finally:
            connection.close()

    def run(self, *words: str) -> str:
        """Another command of the same registry; gives what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "registry", *words],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def a_token(self, *scopes: str) -> str:
        """Of an admin who is made for it."""
        self.run("users", "add", "ada@example.org", "--role", "admin", "--role", "reviewer")
        asked = [word for scope in scopes for word in ("--scope", scope)]
        told: str = json.loads(self.run("tokens", "create", "ada@example.org", *asked, "--json"))["token"]
        return told


@contextmanager
def a_site(folder: Path, **settings: str) -> Iterator[Site]:
    """Not started yet; over afterwards, in whatever state it is."""
    folder.mkdir(exist_ok=True)
    outside = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}
    own = {"REGISTRY_DATA_DIR": str(folder / "data"), "REGISTRY_CONTACT": "desk@office.example"} | settings
    site = Site(folder, outside | own)
    try:
        yield site
    finally:
        if site.process is not None and site.process.poll() is None:
            site.kill()

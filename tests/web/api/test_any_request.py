"""Whatever is sent to the API, by anybody: no failure of ours, and a reply as its own description says."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from registry.services.people import accounts, sign_in
from registry.services.people.acting import REGISTRY
from registry.services.people.api_tokens import SCOPES
from registry.settings import Settings
from registry.store.engine import make_engine, transaction
from registry.store.tables import Role
from tests.browser.conftest import a_copy_of_the_demo, environment, free_port, registry, served

pytestmark = pytest.mark.whole

HERE = Path(__file__).parent
SEED = "1129"
MORE = int(os.environ.get("ASK_TIMES", "1"))
"""So many times as many requests by hand, and by each role."""
ASKERS = {
    "nobody": MORE,
    "token": 2 * MORE,
    **dict.fromkeys(Role if MORE > 1 else (Role.REVIEWER,), MORE),
}
"""Who asks, and how many requests of each sort every operation gets. The token does all that any role may."""
WITH_A_SESSION = ("--exclude-checks", "ignored_auth,negative_data_rejection")
"""Both send the request without the cookie, which the header would bring back; they are made by nobody and by token."""


@dataclass(frozen=True)
class Offices:
    address: str
    headers: dict[str, list[str]]
    """Asker -> what they send along, as schemathesis takes it."""
    log: Path


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offices]:
    """The demo, with everybody who asks."""
    place = a_copy_of_the_demo(tmp_path_factory)
    settings = Settings(data_dir=place)
    engine = make_engine(settings.resolved_database_url)
    now = datetime.now(UTC)
    headers: dict[str, list[str]] = {"nobody": []}
    with transaction(engine) as session:
        for name in ["token", *(role.value for role in Role)]:
            roles = list(Role) if name == "token" else [Role(name)]
            user = accounts.add_user(
                session, email=f"any-{name}@office.example", name=name, roles=roles, by=REGISTRY, now=now
            )
            cookie = sign_in.start_session(session, user, secret=settings.secret, now=now)
            headers[name] = ["-H", f"Cookie: registry={cookie}", "-H", "Sec-Fetch-Site: same-origin"]
    engine.dispose()
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    token = registry(place, "tokens", "create", "any-token@office.example", *scopes).stdout.strip()
    headers["token"] = ["-H", f"Authorization: Bearer {token}"]
    with served(place, "serve", "--port", str(free_port()), "--no-scheduler") as address:
        yield Offices(address, headers, place / "served.log")


@pytest.mark.parametrize("asker", ASKERS)
def test_the_api_answers_any_request_as_it_says(offices: Offices, asker: str, tmp_path: Path) -> None:
    root = HERE.parents[2]
    run = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli",
            "--config-file", str(HERE / "schemathesis.toml"),
            "run", f"{offices.address}/openapi.json",
            "--checks", "all", "--phases", "examples,fuzzing", "--continue-on-failure", "--no-shrink",
            "--max-examples", str(ASKERS[asker]), "--seed", SEED, "--generation-database", "none",
            "--request-timeout", "60", "--wait-for-schema", "90", "--suppress-health-check", "all", "--warnings", "off",
            *offices.headers[asker], *([] if asker in ("nobody", "token") else WITH_A_SESSION),
        ],
        cwd=root,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=900,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr[-2_000:]
    assert "Operations:" in run.stdout
    assert "Traceback" not in offices.log.read_text()

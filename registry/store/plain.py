"""Plain SQL, for what many ask and for a command that ends at once: the driver's own rows, with no object layer.

Statements are written for both databases: `?` stands for a value, `IN (??)` for any number of them, `LINES(column)` for
all of its texts, one a line. Both give texts and numbers alike; moments, days and JSON are read by the functions below.
"""

import importlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterator, KeysView, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from registry.domain.errors import RuleBroken
from registry.store import schema

if TYPE_CHECKING:
    from sqlmodel import Session

    Source: TypeAlias = "Session | Plain"
    """What can be asked by plain SQL: a session, or one snapshot of the driver's own."""

Row = tuple[Any, ...]
AT_ONCE = 5_000
_LINES = re.compile(r"LINES\((\w+)\)")
_SEVERAL = (list, tuple, set, frozenset, KeysView)
NO_TABLES = ("no such table", "does not exist")
NO_REGISTRY = "There is no registry in this database yet. Run `registry db upgrade`, or `serve`."


class Plain:
    """A cursor of the driver, within one transaction that only reads and may begin when something is asked."""

    def __init__(self, begin: Callable[[], Any], *, positional: str) -> None:
        self._begin, self.positional = begin, positional

    @cached_property
    def cursor(self) -> Any:
        return self._begin()

    def parts(self, statement: str, given: Sequence[object]) -> Iterator[list[Row]]:
        self.cursor.execute(statement, given)
        while part := self.cursor.fetchmany(AT_ONCE):
            yield part
            if len(part) < AT_ONCE:
                return


class NotAtHand(Exception):
    """Something must be asked of the database, by who would rather know that than wait for it."""


def unasked() -> Plain:
    """A database that may not be asked: what is not known in memory raises NotAtHand."""

    def begin() -> Any:
        raise NotAtHand

    return Plain(begin, positional="?")


def rows(source: "Source", statement: str, *given: object) -> list[Row]:
    """A session that only reads lends its cursor, which no two can use at once: here all is fetched at once."""
    asked = getattr(source, "plain", source)
    return [row for part in parts(asked, statement, *given) for row in part]


def parts(source: "Source", statement: str, *given: object) -> Iterator[Sequence[Row]]:
    """Rows some thousands at a time. What a session holds back is written first."""
    if isinstance(source, Plain):
        yield from source.parts(*_for_driver(statement, given, source.positional))
        return
    source.flush()
    connection = source.connection()
    positional = "%s" if connection.dialect.name == "postgresql" else "?"
    found = connection.exec_driver_sql(*_for_driver(statement, given, positional))
    yield from found.partitions(AT_ONCE)


def run(session: "Session", statement: str, *given: object) -> None:
    """Write by one statement. What the session holds back is written first; objects of these rows stay as they are."""
    session.flush()
    connection = session.connection()
    positional = "%s" if connection.dialect.name == "postgresql" else "?"
    connection.exec_driver_sql(*_for_driver(statement, given, positional))


def moment(value: Any) -> datetime:
    """In UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    found: datetime = value.astimezone(UTC)
    return found


def moment_or_none(value: Any) -> datetime | None:
    return None if value is None else moment(value)


def day(value: Any) -> date:
    found: date = date.fromisoformat(value) if isinstance(value, str) else value
    return found


def day_or_none(value: Any) -> date | None:
    return None if value is None else day(value)


def unpacked(value: Any) -> Any:
    """A JSON value."""
    return json.loads(value) if isinstance(value, str) else value


class HasId(Protocol):
    @property
    def id(self) -> int | None: ...


def id_of(row: HasId) -> int:
    """The primary key of a row that is in the database. Raises ValueError for one that was not flushed yet."""
    if row.id is None:
        raise ValueError(f"{type(row).__name__} has no id before it is flushed")
    return row.id


@contextmanager
def opened(url: str) -> Iterator[Plain]:
    """A read-only view of one moment. Raises RuleBroken where no registry can be read there."""
    on_sqlite = url.startswith("sqlite")
    driver = sqlite_module() if on_sqlite else importlib.import_module("psycopg")
    try:
        with _opened_sqlite(driver, url) if on_sqlite else _opened_postgresql(driver, url) as found:
            for (revision,) in rows(found, "SELECT version_num FROM alembic_version"):
                schema.require_known(revision)
            yield found
    except driver.Error as error:
        told = " ".join(str(error).split())
        if any(said in told for said in NO_TABLES):
            raise RuleBroken(NO_REGISTRY) from error
        raise RuleBroken(f"The database cannot be used: {told}. `registry doctor` says more.") from error


def require_registry(url: str) -> None:
    """Raise RuleBroken where no registry can be read; makes nothing there."""
    with opened(url):
        pass


def sqlite_module() -> ModuleType:
    """The SQLite that this registry uses, as a DB-API module."""
    # Versions 3.7.0 to 3.51.2 can corrupt a write-ahead log that two connections checkpoint at once.
    try:
        return importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return sqlite3


@contextmanager
def _opened_sqlite(driver: Any, url: str) -> Iterator[Plain]:
    path = Path(url.partition("///")[2].partition("?")[0])
    if not path.exists():
        raise RuleBroken(NO_REGISTRY)
    with closing(driver.connect(path, timeout=15, isolation_level=None)) as connection:
        connection.execute("PRAGMA query_only=ON")
        connection.execute("BEGIN")
        yield Plain(connection.cursor, positional="?")


@contextmanager
def _opened_postgresql(driver: Any, url: str) -> Iterator[Plain]:
    with driver.connect(url.replace("+psycopg", "", 1)) as connection:
        connection.read_only, connection.isolation_level = True, driver.IsolationLevel.REPEATABLE_READ
        yield Plain(connection.cursor, positional="%s")


def _for_driver(statement: str, given: Sequence[object], positional: str) -> tuple[str, tuple[object, ...]]:
    if positional == "?":
        return _written_for(statement, positional), tuple(_for_sqlite(each) for each in given)
    values = tuple(list(each) if isinstance(each, _SEVERAL) else each for each in given)
    return _written_for(statement, positional), values


@lru_cache(maxsize=256)
def _written_for(statement: str, positional: str) -> str:
    """One text of a statement however many values stand for `??`, so that the database knows it again."""
    if positional == "?":
        statement = _LINES.sub(r"group_concat(\1, char(10))", statement)
        return statement.replace("IN (??)", "IN (SELECT value FROM json_each(?))")
    statement = _LINES.sub(r"string_agg(\1, chr(10))", statement)
    return statement.replace("IN (??)", "= ANY(?)").replace("?", positional)


def _for_sqlite(value: object) -> object:
    if isinstance(value, _SEVERAL):
        return json.dumps(list(value))
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value

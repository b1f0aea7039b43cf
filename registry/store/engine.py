"""How the store is reached: an engine, a snapshot to read from, a transaction to write in."""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    Engine,
    PoolProxiedConnection,
    bindparam,
    event,
    insert,
    inspect,
    text,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.pool import QueuePool
from sqlmodel import Session, SQLModel, create_engine

from registry.store.alive import Sharing, watch
from registry.store.memo import forget
from registry.store.plain import Plain, sqlite_module
from registry.store.reading import POSITIONAL, Snapshot, begin_read, end_read, failed
from registry.store.trouble import has_no_room

_writers: "WeakKeyDictionary[Engine, threading.Lock]" = WeakKeyDictionary()
_WRITES = "registry_writes"
_IN_SERVICE = {
    "statement_timeout": "60s",
    "lock_timeout": "15s",
    "idle_in_transaction_session_timeout": "5min",
}
"""What a site asks of PostgreSQL for each connection, so that nothing it began holds the others up for ever."""
_PLANNING = {"jit": "off", "plan_cache_mode": "force_generic_plan", "random_page_cost": "1.1"}
"""Most statements of a site take longer to be planned than to run: each is planned once, and none is compiled to
machine code. What they look for lies in memory, or on a disk without arms, where any page costs the same."""
_PREPARED = 400
"""Statements that a connection of a site keeps planned; it has fewer."""
_PREPARED_AFTER = 1
"""Times that one was asked before."""
_CONNECTING = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""libpq's, in seconds, where the address names nothing else: a server that is gone is noticed within a minute."""
_POOL = {"pool_size": 18, "max_overflow": 12, "pool_timeout": 10, "pool_use_lifo": True}
"""At most 30 connections a process; who gets none within ten seconds is told to come back.

As many are kept as a site that has much to do uses all the time: one that is made anew has no statement prepared. The
one used last is used next.
"""
_SORTED_ON_DISK = (
    "SELECT count(*) FROM (SELECT md5(n::text) FROM generate_series(1, 25000) AS n ORDER BY 1) AS all_of_it"
)
BUSY_S = 15.0
"""How long one process waits for another to have written, on SQLite."""
LOOK_AGAIN_S = 0.002
_PRAGMAS = {
    "foreign_keys": "ON",
    "journal_mode": "WAL",
    "busy_timeout": f"{BUSY_S * 1000:.0f}",
    "synchronous": "FULL",
}


def make_engine(url: str, *, in_service: bool = False) -> Engine:
    """An engine for `sqlite:///FILE` or `postgresql://…`; makes the SQLite file's folder, and later the file, private.

    With `in_service` PostgreSQL ends what takes too long, as a site wants it and a long command does not.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        wishes = {name: value for name, value in _CONNECTING.items() if name not in parsed.query}
        engine = create_engine(url, connect_args=wishes, hide_parameters=True, poolclass=Sharing, **_POOL)
        watch(engine)
        event.listen(engine, "begin", _begin_read)
        event.listen(engine, "rollback", _end_read)
        if in_service:
            event.listen(engine, "connect", _set_limits)
        return engine
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(
        url,
        module=sqlite_module(),
        connect_args={"check_same_thread": False, "timeout": BUSY_S},
        pool_size=_POOL["pool_size"],
        pool_use_lifo=True,
        hide_parameters=True,  # a failed statement's values would stand in the log
    )
    event.listen(engine, "do_connect", _make_private)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    _writers[engine] = threading.Lock()
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One act: commits when the block ends, rolls back when it raises. On SQLite one writer at a time is let in."""
    lock = _writers.get(engine)
    bound = engine.execution_options(**{_WRITES: True})
    with lock or _no_lock(), Session(bound, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """A read-only view of one moment, which never waits for a writer."""
    with Snapshot(engine.execution_options(**{_WRITES: False}), expire_on_commit=False) as session:
        yield session


@contextmanager
def plain_snapshot(engine: Engine) -> Iterator[Plain]:
    """The same for plain SQL alone, by one cursor of the driver, at half the cost. It fails as a session does.

    The moment is that of the first statement; who asks nothing pays nothing.
    """
    dialect = engine.dialect
    failure = dialect.loaded_dbapi.Error
    pooled: PoolProxiedConnection | None = None
    driver: Any = None

    def begin() -> Any:
        nonlocal pooled, driver
        pooled = engine.raw_connection()
        driver = pooled.driver_connection
        begin_read(driver, dialect)
        return driver.cursor()

    try:
        yield Plain(begin, positional=POSITIONAL[dialect.name])
        if driver is not None:
            end_read(driver, dialect)
    except failure as error:
        gone = pooled is None or dialect.is_disconnect(error, driver, None)
        if pooled is not None and gone:
            pooled.invalidate(error)
        raise failed(error, dialect, gone=gone) from error
    finally:
        if pooled is not None:
            pooled.close()  # which rolls back what was not committed


def has_room(engine: Engine) -> bool:
    """Whether a connection is to be had at once."""
    pool = cast(QueuePool, engine.pool)
    return pool.checkedout() < pool.size()


def reach(engine: Engine) -> None:
    """Ask the database for nothing. Raises SQLAlchemyError where it does not answer."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def takes_more(engine: Engine) -> bool:
    """Whether PostgreSQL's disk has room for a megabyte, which is given back at once; a SQLite file is its folder's."""
    if engine.dialect.name != "postgresql":
        return True
    with engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL work_mem = '64kB'")
        try:
            connection.exec_driver_sql(_SORTED_ON_DISK)
        except DBAPIError as error:
            if not has_no_room(error):
                raise
            return False
    return True


def serialise(session: Session, name: str) -> None:
    """Let one transaction at a time pass here on PostgreSQL; on SQLite a writer is alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext(%s))", (name,))


def share(session: Session, name: str) -> None:
    """Let any number pass here, and keep who asks for the same by `serialise` waiting until all of them have ended."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("SELECT pg_advisory_xact_lock_shared(hashtext(%s))", (name,))


def hold(session: Session, noun: str, row_id: int) -> None:
    """Let one transaction at a time write about this row, and so read it after the one before has committed."""
    if session.get_bind().get_execution_options().get(_WRITES, True):
        serialise(session, f"{noun} {row_id}")


def reserve_ids(session: Session, table: type[SQLModel], count: int) -> Sequence[int]:
    """Ascending ids for so many rows that this transaction is about to write."""
    connection, name = session.connection(), str(table.__tablename__)
    if connection.dialect.name == "postgresql":
        query = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
        return connection.execute(query, {"name": name, "count": count}).scalars().all()
    newest: int = connection.exec_driver_sql(f'SELECT coalesce(max(id), 0) FROM "{name}"').scalar_one()  # noqa: S608
    return range(newest + 1, newest + 1 + count)  # nobody else writes until this transaction ends


def write_all(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write many new rows, all with the same columns named, as fast as the driver takes them.

    What is left out has the column's default, a plain value. Nothing else that the session holds is written before.
    """
    if not rows:
        return
    connection = session.connection()
    columns = tuple(
        each for each in _columns(table).values() if each.name in rows[0] or each.default is not None
    )
    given = [_driver_values(each, rows, connection.dialect) for each in columns]
    _send(connection, _insert(columns, connection.dialect), [each.name for each in columns], given)
    forget(session, table)


def write_one(session: Session, row: SQLModel) -> None:
    """Write a new object with its `id` at once, which costs a third of a flush; from then on the session holds it."""
    session.flush()  # what it refers to may be new too
    connection, table = session.connection(), type(row)
    columns = tuple(each for each in _columns(table).values() if each.name != "id")
    said = {each.name: getattr(row, each.name) for each in columns}
    values = [_driver_values(each, [said], connection.dialect)[0] for each in columns]
    statement, positional = _insert(columns, connection.dialect)
    if positional:
        row.id = connection.exec_driver_sql(statement, tuple(values)).lastrowid
    else:
        named = dict(zip(said, values, strict=True))
        row.id = connection.exec_driver_sql(f"{statement} RETURNING id", named).scalar_one()
    make_transient_to_detached(row)
    session.add(row)
    forget(session, table)


def update_all(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write columns of many rows that there are: each with its `id`, and all with the same columns named.

    As fast as the driver takes them; objects of them that the session holds are not brought up to date.
    """
    if not rows:
        return
    connection, of_table = session.connection(), _columns(table)
    columns = (*(of_table[name] for name in rows[0] if name != "id"), of_table["id"])
    given = [_driver_values(each, rows, connection.dialect) for each in columns]
    _send(connection, _update(columns, connection.dialect), [_bound(each) for each in columns], given)
    forget(session, table)


def _send(connection: Connection, form: tuple[str, bool], names: list[str], given: list[list[Any]]) -> None:
    statement, positional = form
    rows = zip(*given, strict=True)
    connection.exec_driver_sql(
        statement, list(rows) if positional else [dict(zip(names, row, strict=True)) for row in rows]
    )


@lru_cache(maxsize=256)
def _update(columns: tuple[Column[Any], ...], dialect: Dialect) -> tuple[str, bool]:
    """The statement that sets all these columns but the last one, by which it finds the row."""
    *to_set, key = columns
    values = [(each, bindparam(_bound(each), type_=each.type)) for each in to_set]
    of_each = update(key.table).where(key == bindparam(_bound(key))).ordered_values(*values)
    found = of_each.compile(dialect=dialect)
    return str(found), found.positional


def _bound(column: Column[Any]) -> str:
    return f"of_{column.name}"


@lru_cache(maxsize=256)
def _insert(columns: tuple[Column[Any], ...], dialect: Dialect) -> tuple[str, bool]:
    """The statement that writes these columns of one table, and whether its values go by place."""
    names = [each.name for each in columns]
    found = insert(columns[0].table).inline().compile(dialect=dialect, column_keys=names)
    return str(found), found.positional


def _driver_values(column: Column[Any], rows: Sequence[Mapping[str, Any]], dialect: Dialect) -> list[Any]:
    """What one column of every row is to the driver."""
    name, process = column.name, _for_driver(column, dialect)
    if name not in rows[0]:
        default = getattr(column.default, "arg", None)
        return [default if process is None else process(default)] * len(rows)
    values = [row[name] for row in rows]
    if process is None:
        return values
    told, last, made = [], values[0], process(values[0])
    for value in values:
        if value is not last:  # as it is with moments: many rows of one act bear the same
            last, made = value, process(value)
        told.append(made)
    return told


@lru_cache(maxsize=1024)
def _for_driver(column: Column[Any], dialect: Dialect) -> Any:
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _columns(table: type[SQLModel]) -> Any:
    return inspect(table).local_table.columns


@contextmanager
def _no_lock() -> Iterator[None]:
    yield


def _make_private(
    _dialect: Dialect, _record: object, where: Sequence[Any], options: Mapping[str, Any]
) -> None:
    """SQLite would make the file readable by everybody, with the digests of passwords in it; its log takes after it."""
    if options.get("uri") or where[0] == ":memory:":
        return
    with suppress(OSError):  # it is there already; what else is wrong with the place, the driver says
        os.close(os.open(where[0], os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions on its own
    for name, value in _PRAGMAS.items():
        connection.execute(f"PRAGMA {name}={value}")


def _set_limits(connection: Any, _record: object) -> None:
    connection.prepared_max, connection.prepare_threshold = _PREPARED, _PREPARED_AFTER
    with connection.cursor() as cursor:
        for name, value in (_IN_SERVICE | _PLANNING).items():
            cursor.execute(f"SET {name} = '{value}'")
    connection.commit()  # a SET that is rolled back was none


def _begin_read(connection: Connection) -> None:
    if _reads(connection):
        begin_read(connection.connection.driver_connection, connection.dialect)


def _end_read(connection: Connection) -> None:
    if _reads(connection) and not connection.invalidated:
        with suppress(connection.dialect.loaded_dbapi.Error):  # the rollback tells
            end_read(connection.connection.driver_connection, connection.dialect)


def _reads(connection: Connection) -> bool:
    return not connection.get_execution_options().get(_WRITES, True)


def _begin(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    if _reads(connection):
        driver.execute("PRAGMA query_only=ON")
        connection.exec_driver_sql("BEGIN")
    else:
        driver.execute("PRAGMA query_only=OFF")
        _begin_to_write(connection, driver)


def _begin_to_write(connection: Connection, driver: Any) -> None:
    """As soon as nobody else writes.

    SQLite itself would look again after ever longer naps, up to a tenth of a second: a process that writes a lot, as a
    worker does with many new entries, would be there first nearly every time.
    """
    until = monotonic() + BUSY_S
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except connection.dialect.loaded_dbapi.OperationalError as error:
                if "locked" not in str(error) or monotonic() >= until:
                    break
            sleep(LOOK_AGAIN_S)
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # fails as well, and is told as everything that fails
    finally:
        driver.execute(f"PRAGMA busy_timeout={_PRAGMAS['busy_timeout']}")

"""Whole databases: a SQLite file copied as of one moment, rows carried from one kind to the other, and counted."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Engine,
    MetaData,
    Table,
    Text,
    cast,
    create_engine,
    event,
    func,
    inspect,
    select,
    text,
)

from registry.store.plain import sqlite_module

LEFT_OUT = frozenset({"alembic_version", "tool_change"})
"""What a schema brings by itself, and the trail that memory follows: it means something in one database alone."""
ACTED_ON = ("event", "user", "tool", "source", "verdict")
"""Every act writes an event; where none of these holds a row, nobody has done anything yet."""
PRESENCE = ("user_session", "sign_in_link", "provider_sign_in", "sign_in_failure", "code_wanted")
"""Who is signed in or about to be; in an older copy also whoever was shut out since."""
AT_ONCE = 2_000


def copy_file(engine: Engine, path: Path) -> None:
    """Write the SQLite database as it stands at one moment into a new file; writers are not kept waiting."""
    with closing(engine.raw_connection()) as source, closing(sqlite_module().connect(str(path))) as target:
        source.driver_connection.backup(target)  # type: ignore[union-attr]
        target.execute("PRAGMA journal_mode=DELETE")  # one file, whole by itself


def file_engine(path: Path) -> Engine:
    """A SQLite file by itself: no keys are enforced while rows come in, and no log is written beside it."""
    return create_engine(f"sqlite:///{path}", module=sqlite_module())


def carry_rows(source: Connection, target: Connection) -> None:
    """Put every row of one database into another with the same schema, whose own rows go first.

    Triggers of the target rest meanwhile. On PostgreSQL keys are enforced; a SQLite file is looked at with `faults`.
    """
    of_source, of_target = _tables(source), _tables(target)
    on_postgresql = target.dialect.name == "postgresql"
    with _triggers_at_rest(target, of_target):
        for table in reversed(of_target):
            target.execute(table.delete())
        found = {table.name: table for table in of_source}
        for table in of_target:
            columns = [found[table.name].c[each.name] for each in table.columns]
            rows = _rows(source, columns, for_postgresql=on_postgresql)
            (_copy_in if on_postgresql else _insert)(target, table, rows)
    if on_postgresql:
        for table in of_target:
            _count_on(target, table)


def end_presence(connection: Connection) -> None:
    """Nobody is signed in any more, and no link signs anybody in."""
    for name in set(PRESENCE).intersection(_names(connection)):
        connection.execute(Table(name, MetaData()).delete())


def counts(connection: Connection) -> dict[str, int]:
    """Rows by table."""
    return {name: _count(connection, name) for name in _names(connection)}


def last_event(connection: Connection) -> int:
    """The number of the last act; 0 where there was none."""
    return connection.execute(text("SELECT max(id) FROM event")).scalar() or 0


def holds_data(connection: Connection) -> dict[str, int]:
    """Rows by table where anybody has done anything here; empty where nobody has."""
    there = _names(connection)
    numbers = {name: _count(connection, name) for name in ACTED_ON if name in there}
    return {name: number for name, number in numbers.items() if number}


def faults(connection: Connection) -> list[str]:
    """What is broken in a SQLite file, by its own account: pages, and rows whose key leads nowhere."""
    found = [row[0] for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
    for table, row_id, parent, _ in connection.execute(text("PRAGMA foreign_key_check")):
        found.append(f"Row {row_id} of {table} names a {parent} that is not there.")
    return found


def _names(connection: Connection) -> list[str]:
    """Of its tables, without reading how each is made."""
    return sorted(set(inspect(connection).get_table_names()) - LEFT_OUT)


def _count(connection: Connection, name: str) -> int:
    counted = select(func.count()).select_from(Table(name, MetaData()))
    return connection.execute(counted).scalar_one()


def _tables(connection: Connection) -> list[Table]:
    """As they are in this database, each after those that its keys name."""
    metadata = MetaData()
    event.listen(metadata, "column_reflect", _json_as_text)
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def _json_as_text(_inspector: object, _table: object, column: Any) -> None:
    if isinstance(column["type"], JSON):  # what was written comes back letter by letter
        column["type"] = Text()


def _rows(
    source: Connection, columns: Sequence[Column[Any]], *, for_postgresql: bool
) -> Iterator[Sequence[Sequence[Any]]]:
    """Some at a time, with values as the other database's driver takes them."""
    asked = [cast(each, Text) if isinstance(each.type, Text) else each for each in columns]
    moments = [place for place, each in enumerate(columns) if isinstance(each.type, DateTime)]
    as_moment = _with_zone if for_postgresql else _without_zone
    streamed = source.execution_options(stream_results=True, yield_per=AT_ONCE)
    for some in streamed.execute(select(*asked)).partitions():
        rows = [list(row) for row in some]
        for row in rows:
            for place in moments:
                row[place] = as_moment(row[place])
        yield rows


def _with_zone(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _without_zone(moment: datetime | None) -> datetime | None:
    return (
        moment.astimezone(UTC).replace(tzinfo=None)
        if moment is not None and moment.tzinfo is not None
        else moment
    )


def _insert(target: Connection, table: Table, rows: Iterator[Sequence[Sequence[Any]]]) -> None:
    names = [each.name for each in table.columns]
    for some in rows:
        target.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in some])


def _copy_in(target: Connection, table: Table, rows: Iterator[Sequence[Sequence[Any]]]) -> None:
    quoted = target.dialect.identifier_preparer.quote
    into = f"{quoted(table.name)} ({', '.join(quoted(each.name) for each in table.columns)})"
    driver: Any = target.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for some in rows:
            for row in some:
                copy.write_row(row)


def _count_on(target: Connection, table: Table) -> None:
    """The next id that is given out stands above all that came."""
    if "id" not in table.columns:
        return
    name = target.dialect.identifier_preparer.quote(table.name)
    sequence = target.execute(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": name}).scalar()
    if sequence:
        last = target.execute(select(func.max(table.c.id))).scalar()
        query = text("SELECT setval(:sequence, :last, :called)")
        target.execute(query, {"sequence": sequence, "last": last or 1, "called": last is not None})


@contextmanager
def _triggers_at_rest(target: Connection, tables: Sequence[Table]) -> Iterator[None]:
    """They would refuse, or tell of, acts that happened long ago."""
    if target.dialect.name == "postgresql":
        quoted = target.dialect.identifier_preparer.quote
        for table in tables:
            target.execute(text(f"ALTER TABLE {quoted(table.name)} DISABLE TRIGGER USER"))
        yield
        for table in tables:
            target.execute(text(f"ALTER TABLE {quoted(table.name)} ENABLE TRIGGER USER"))
        return
    query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    made: Mapping[str, str] = {row.name: row.sql for row in target.execute(query)}
    for name in made:
        target.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for sql in made.values():
        target.exec_driver_sql(sql)

"""The migrations and the tables say the same, on both databases."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, inspect, text
from sqlmodel import SQLModel

from registry.domain.visit import visits
from registry.store import schema, tables
from registry.store.engine import make_engine, snapshot
from tests.conftest import NOW


@pytest.mark.both_databases
def test_the_migrations_make_just_what_the_tables_say(engine: Engine) -> None:
    assert tables.Tool.__tablename__ in inspect(engine).get_table_names()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


@pytest.mark.both_databases
def test_where_a_database_stands_is_what_alembic_says(engine: Engine) -> None:
    """It is read without Alembic, which every start would have to load."""
    config = Config()
    config.set_main_option("script_location", str(schema._MIGRATIONS))
    told = schema.status(engine)
    assert told.newest == ScriptDirectory.from_config(config).get_current_head()
    with engine.begin() as connection:
        assert told.current == MigrationContext.configure(connection).get_current_revision()
        connection.execute(text("DROP TABLE alembic_version"))
    assert schema.status(engine).current == ""


@pytest.mark.both_databases
def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    before = schema.status(engine)
    schema.upgrade(engine)
    assert schema.status(engine) == before
    assert before.up_to_date


@pytest.mark.both_databases
def test_a_database_of_the_first_schema_keeps_its_visits_and_entries(database_url: str) -> None:
    engine = make_engine(database_url)
    _bring(engine, command.downgrade, "base")
    _bring(engine, command.upgrade, "0001")
    hour = timedelta(hours=1)
    with engine.begin() as connection:
        first = MetaData()
        first.reflect(connection)
        told = {"url": "https://a.example/feed", "name": "A", "created_at": NOW, "succeeded_at": NOW + hour}
        _insert(connection, first.tables["source"], id=1, interval_s=3600, announcer="news", **told)
        for nth, visit in enumerate([{"status": 200, "new": 7}, {"status": 304}, {"error_code": "gone"}]):
            _insert(connection, first.tables["fetch"], source_id=1, at=NOW + nth * hour, **visit)
        _insert(connection, first.tables["entry"], id=1, source_id=1, key="k", seen_at=NOW, kind="tool")
        _insert(connection, first.tables["candidate"], id=1, status="new", seen_at=NOW)
        _insert(connection, first.tables["mention"], entry_id=1, candidate_id=1, first_candidate_id=1, at=NOW)
    schema.upgrade(engine)
    with snapshot(engine) as session:
        source = session.get_one(tables.Source, 1)
        strip = visits(source.strip)
        assert [(each.at - NOW, each.status, each.new, each.error_code) for each in strip] == [
            (0 * hour, 200, 7, ""),
            (1 * hour, 304, 0, ""),
            (2 * hour, 0, 0, "gone"),
        ]
        assert (source.whole_at, source.gone_since, source.last_code) == (NOW, NOW + 2 * hour, "gone")
        entry = session.get_one(tables.Entry, 1)
        assert (entry.tags, entry.held, entry.signal) == ([], False, "")
        assert session.get_one(tables.Candidate, 1).findings == []
    _bring(engine, command.downgrade, "0001")
    assert "fetch" in inspect(engine).get_table_names()
    engine.dispose()


def _bring(engine: Engine, move: Callable[[Config, str], None], to: str) -> None:
    config = schema._config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        move(config, to)


def _insert(connection: Connection, table: Table, **values: object) -> None:
    """A row of the old schema: what is not given is empty."""
    for column in table.columns:
        if column.name not in values and not column.nullable and not column.primary_key:
            values[column.name] = {str: "", int: 0, bool: False, datetime: NOW}[column.type.python_type]
    connection.execute(table.insert().values(**values))

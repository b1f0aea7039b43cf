"""The migrations and the tables say the same, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect
from sqlmodel import SQLModel

from registry.store import schema, tables


@pytest.mark.both_databases
def test_the_migrations_make_just_what_the_tables_say(engine: Engine) -> None:
    assert tables.Tool.__tablename__ in inspect(engine).get_table_names()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


@pytest.mark.both_databases
def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    before = schema.status(engine)
    schema.upgrade(engine)
    assert schema.status(engine) == before
    assert before.up_to_date

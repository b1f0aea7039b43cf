"""A database that an earlier program made is upgraded with all it holds; each is kept as it was made.

How the next one is added: docs/releasing.md.
"""

import lzma
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import SQLModel

from registry.services.backups import making, restoring
from registry.settings import Settings
from registry.store import copying, schema
from registry.store.engine import make_engine
from tests.conftest import NOW, in_whole
from tests.postgres import Postgres

FOLDER = Path(__file__).parent / "releases"
FILES = sorted(FOLDER.glob("*.sqlite3.xz"))
STAYS = ("tool", "alias", "verdict", "evaluation", "scorecard", "entry", "candidate", "user", "source")
"""Tables that no upgrade adds rows to or takes rows from."""
SHORT = (FILES[0], FILES[-1])
CASES = [*SHORT, *in_whole(each for each in FILES if each not in SHORT)]


def unpacked(packed: Path, folder: Path) -> Settings:
    folder.mkdir()
    (folder / "registry.sqlite3").write_bytes(lzma.decompress(packed.read_bytes()))
    return Settings(data_dir=folder)


def name_of(packed: Path) -> str:
    return packed.name.partition(".")[0]


@pytest.mark.parametrize("packed", CASES, ids=name_of)
def test_a_database_of_an_earlier_program_is_upgraded_with_all_it_holds(packed: Path, tmp_path: Path) -> None:
    settings = unpacked(packed, tmp_path / "data")
    engine = make_engine(settings.resolved_database_url)
    with engine.connect() as connection:
        before = copying.counts(connection)
    schema.upgrade(engine)
    with engine.connect() as connection:
        after = copying.counts(connection)
        assert copying.faults(connection) == []
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()
    assert before["verdict"] > 30
    assert {name: after[name] for name in STAYS} == {name: before[name] for name in STAYS}
    assert after["event"] >= before["event"]


@pytest.mark.parametrize("packed", in_whole(FILES), ids=lambda each: name_of(each) if each else None)
def test_a_backup_of_it_is_restored_into_postgresql_as_into_a_file(
    packed: Path, tmp_path: Path, postgres: Postgres
) -> None:
    old = unpacked(packed, tmp_path / "old")
    engine = make_engine(old.resolved_database_url)
    made = making.back_up(old, engine, tmp_path / "old.zip", now=NOW)
    engine.dispose()
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database())
        for place in (
            Settings(data_dir=tmp_path / "file"),
            Settings(data_dir=tmp_path / "pg", database_url=url),
        ):
            done = restoring.restore(place, tmp_path / "old.zip")
            assert done.manifest.schema == made.schema != done.schema or packed == FILES[-1]
            reached = make_engine(place.resolved_database_url)
            with reached.connect() as connection:
                counted = copying.counts(connection)
                assert schema.status_in(connection).up_to_date
            reached.dispose()
            assert {name: counted[name] for name in STAYS} == {name: made.counts[name] for name in STAYS}


@pytest.mark.parametrize("packed", in_whole(FILES), ids=lambda each: name_of(each) if each else None)
def test_a_postgresql_database_with_its_rows_is_upgraded_in_place(
    packed: Path, tmp_path: Path, postgres: Postgres
) -> None:
    """As it stood when the program of that day had written it, by way of the same schema."""
    old = unpacked(packed, tmp_path / "old")
    with ExitStack() as stack:
        source = copying.file_engine(old.data_dir / "registry.sqlite3")
        target = make_engine(stack.enter_context(postgres.database()))
        stack.callback(source.dispose)
        stack.callback(target.dispose)
        with source.connect() as rows, target.begin() as connection:
            before = copying.counts(rows)
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
            schema.upgrade_in(connection, schema.status_in(rows).current)
            copying.carry_rows(rows, connection)
        settings = Settings(data_dir=tmp_path / "pg")
        kept = making.back_up_before_upgrade(settings, target, now=NOW)
        assert (kept is not None) or packed == FILES[-1]
        schema.upgrade(target)
        with target.connect() as connection:
            after = copying.counts(connection)
        assert {name: after[name] for name in STAYS} == {name: before[name] for name in STAYS}

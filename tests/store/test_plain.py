from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from registry.domain.errors import RuleBroken
from registry.store.engine import plain_snapshot, snapshot, transaction
from registry.store.plain import Plain, day, moment, opened, rows, unpacked
from tests.builders import a_tool

BOTH = pytest.mark.both_databases


@pytest.fixture(params=["session", "driver", "engine"])
def source(request: pytest.FixtureRequest, engine: Engine, now: datetime) -> Iterator[Session | Plain]:
    with transaction(engine) as session:
        for name in ("Quillmark", "Inkwell", "It’s 100 % ?"):
            a_tool(session, name, now=now)
    if request.param == "session":
        with snapshot(engine) as read:
            yield read
    elif request.param == "engine":
        with plain_snapshot(engine) as plain:
            yield plain
    else:
        with opened(engine.url.render_as_string(hide_password=False)) as plain:
            yield plain


@BOTH
def test_any_number_of_values_stand_for_one_mark(source: Session | Plain) -> None:
    query = "SELECT name FROM tool WHERE name IN (??) AND id > ? ORDER BY name"
    for wanted in (["Quillmark", "Inkwell"], {"It’s 100 % ?"}, ()):
        assert [name for (name,) in rows(source, query, wanted, 0)] == sorted(wanted)


@BOTH
def test_moments_go_in_and_come_out_as_they_are(source: Session | Plain, now: datetime) -> None:
    query = "SELECT created_at FROM tool WHERE created_at >= ? AND created_at < ?"
    elsewhere = now.astimezone(timezone(timedelta(hours=9)))
    found = [moment(at) for (at,) in rows(source, query, elsewhere, elsewhere + timedelta(seconds=1))]
    assert found == [now] * 3
    assert {at.tzinfo for at in found} == {UTC}


@BOTH
def test_nothing_can_be_written(source: Session | Plain) -> None:
    with pytest.raises(Exception, match=r"readonly|read-only"):
        rows(source, "DELETE FROM tool")


@BOTH
def test_a_plain_snapshot_shows_one_moment_and_leaves_its_connection_for_writing(
    engine: Engine, now: datetime
) -> None:
    for name in ("Quillmark", "Inkwell"):
        with plain_snapshot(engine) as plain:
            before = rows(plain, "SELECT count(*) FROM tool")
            with transaction(engine) as session:
                a_tool(session, name, now=now)
            assert rows(plain, "SELECT count(*) FROM tool") == before
    with plain_snapshot(engine) as plain:
        assert rows(plain, "SELECT name FROM tool ORDER BY id") == [("Quillmark",), ("Inkwell",)]


@BOTH
def test_what_fails_in_a_plain_snapshot_fails_as_in_a_session(engine: Engine) -> None:
    for _ in range(40):  # more than there are connections
        with pytest.raises(DBAPIError, match="elsewhere"), plain_snapshot(engine) as plain:
            rows(plain, "SELECT 1 FROM elsewhere")


@BOTH
def test_what_fails_in_plain_sql_of_a_session_that_reads_fails_as_all_its_statements(engine: Engine) -> None:
    for _ in range(40):  # more than there are connections
        with pytest.raises(DBAPIError, match="elsewhere"), snapshot(engine) as session:
            rows(session, "SELECT 1 FROM elsewhere")


@BOTH
def test_a_session_that_reads_may_be_closed_and_go_on_in_another_moment(
    engine: Engine, now: datetime
) -> None:
    with snapshot(engine) as session:
        for number in range(3):
            assert rows(session, "SELECT count(*) FROM tool") == [(number,)]
            with transaction(engine) as other:
                a_tool(other, f"Tool {number}", now=now)
            assert rows(session, "SELECT count(*) FROM tool") == [(number,)]
            session.close()


@BOTH
def test_what_a_session_holds_back_is_read(session: Session, now: datetime) -> None:
    tool = a_tool(session, "Quillmark", now=now)
    tool.vendor = "Quill Works"
    assert rows(session, "SELECT vendor FROM tool") == [("Quill Works",)]


def test_days_and_json_are_read_as_either_driver_gives_them() -> None:
    assert day("2026-11-03") == day(date(2026, 11, 3)) == date(2026, 11, 3)
    assert day(None) is None
    assert unpacked('["a"]') == unpacked(["a"]) == ["a"]


def test_where_no_registry_is_nothing_is_made_and_a_sentence_says_so(tmp_path: Path) -> None:
    with (
        pytest.raises(RuleBroken, match="no registry in this database"),
        opened(f"sqlite:///{tmp_path}/x.sqlite3"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from registry.services import health
from registry.settings import Settings
from registry.store import alive
from registry.store.engine import make_engine, plain_snapshot, reach, snapshot
from registry.store.plain import Plain, rows
from tests.postgres import Postgres


@pytest.fixture
def far(postgres: Postgres) -> Iterator[Engine]:
    with postgres.database() as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


def _backend(engine: Engine) -> int:
    with plain_snapshot(engine) as read:
        [(pid,)] = rows(read, "SELECT pg_backend_pid()")
    return int(pid)


def _asked_whether_alive(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    asked: list[object] = []
    ping = engine.dialect.do_ping

    def asking(driver: object) -> bool:
        asked.append(driver)
        return ping(driver)  # type: ignore[arg-type]

    monkeypatch.setattr(engine.dialect, "do_ping", asking)
    return asked


def test_a_connection_that_the_server_ended_is_replaced_before_it_is_used(far: Engine) -> None:
    first = _backend(far)
    with make_engine(far.url.render_as_string(hide_password=False)).connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": first})
    assert _backend(far) != first


def _end_itself(read: Plain, far: Engine) -> None:
    [(pid,)] = rows(read, "SELECT pg_backend_pid()")
    with make_engine(far.url.render_as_string(hide_password=False)).connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def test_a_read_whose_connection_is_ended_meanwhile_fails_and_the_next_has_another(far: Engine) -> None:
    first = _backend(far)
    with pytest.raises(OperationalError) as failed, plain_snapshot(far) as read:
        _end_itself(read, far)
    assert failed.value.connection_invalidated
    assert _backend(far) != first


def test_a_session_that_reads_tells_by_plain_sql_too_that_the_server_ended_its_connection(
    far: Engine,
) -> None:
    with snapshot(far) as session:
        [(pid,)] = rows(session, "SELECT pg_backend_pid()")
        with make_engine(far.url.render_as_string(hide_password=False)).connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        with pytest.raises(OperationalError) as told:
            rows(session, "SELECT 1")
    assert told.value.connection_invalidated
    assert _backend(far) != pid


def test_after_the_server_was_away_no_connection_from_before_is_used(far: Engine, postgres: Postgres) -> None:
    several = [far.connect() for _ in range(3)]
    for each in several:
        each.close()
    with postgres.away():
        pass
    for _ in range(4):
        reach(far)
    with snapshot(far) as session:
        assert session.execute(text("SELECT 1")).scalar_one() == 1


def test_one_that_served_a_moment_ago_is_asked_nothing(far: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _asked_whether_alive(far, monkeypatch)
    assert _backend(far) == _backend(far)
    assert not asked


def test_one_that_was_idle_for_long_is_asked_first(far: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alive, "TRUSTED_S", 0.0)
    asked = _asked_whether_alive(far, monkeypatch)
    assert _backend(far) == _backend(far)
    assert len(asked) == 1


FULL = "FATAL:  could not write init file: No space left on device"


def _let_nobody_in(engine: Engine, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    def refuse(*_: object) -> None:
        raise engine.dialect.loaded_dbapi.OperationalError(why)

    monkeypatch.setattr(engine.pool, "_invoke_creator", refuse)


def test_where_the_server_lets_nobody_in_for_want_of_room_those_that_it_let_in_do_for_all(
    far: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _backend(far)
    with ThreadPoolExecutor(1) as pool, far.connect() as held:
        _let_nobody_in(far, monkeypatch, FULL)
        waiting = pool.submit(_backend, far)
        with pytest.raises(TimeoutError):
            waiting.result(0.05)
        held.close()
        assert waiting.result(30) == first


def test_where_nobody_gives_one_back_it_is_said_why(far: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alive, "RETURNED_WITHIN_S", 0.05)
    _let_nobody_in(far, monkeypatch, FULL)
    with pytest.raises(OperationalError, match="No space left"):
        reach(far)
    [database, _] = health.readiness(Settings(), far)
    assert (database.ok, "disk is full" in database.sentence) == (False, True)


def test_a_server_that_is_away_is_told_at_once(far: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alive, "RETURNED_WITHIN_S", 3600)
    with far.connect():
        _let_nobody_in(far, monkeypatch, "Connection refused")
        with pytest.raises(OperationalError):
            reach(far)

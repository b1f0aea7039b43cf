"""What PostgreSQL has planned for a connection outlasts the reads that asked for it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from registry.store.engine import make_engine, plain_snapshot, snapshot
from registry.store.plain import Plain, rows
from tests.postgres import Postgres

ASKED = "SELECT name FROM tool WHERE id = ?"


@pytest.fixture
def far(postgres: Postgres) -> Iterator[Engine]:
    with postgres.database() as url:
        engine = make_engine(url, in_service=True)
        yield engine
        engine.dispose()


@pytest.mark.parametrize("reading", [snapshot, plain_snapshot])
def test_what_is_asked_often_is_planned_once(
    far: Engine, reading: Callable[[Engine], AbstractContextManager[Session | Plain]]
) -> None:
    for _ in range(8):
        with reading(far) as read:
            rows(read, ASKED, 1)
    with plain_snapshot(far) as read:
        found = rows(read, "SELECT name FROM pg_prepared_statements WHERE strpos(statement, 'FROM tool') > 0")
    assert len(found) == 1


def test_several_that_follow_each_other_use_one_connection(far: Engine) -> None:
    with far.connect(), far.connect(), far.connect():
        pass  # so that the pool holds several
    pids = set()
    for _ in range(4):
        with plain_snapshot(far) as read:
            pids |= set(rows(read, "SELECT pg_backend_pid()"))
    assert len(pids) == 1

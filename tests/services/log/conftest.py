"""A log of some acts, and hands that reach past the registry into its database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from registry.services.people.acting import REGISTRY, Actor, record
from registry.store.engine import transaction
from registry.store.tables import User
from tests.conftest import NOW

ROSA = Actor(1, "Rosa")
ACTS = 9
Tamper = Callable[..., None]


def act(engine: Engine, *numbers: int, by: Actor = ROSA) -> None:
    """One transaction with an event for each number."""
    with transaction(engine) as session:
        for each in numbers:
            record(
                session,
                "candidate.dismissed",
                ("candidate", each),
                by=by,
                now=NOW + timedelta(minutes=each),
                before={"status": "new"},
                after={"status": "dismissed", "note": f"Nr. {each}, “für uns” nichts"},
            )


@pytest.fixture
def logged(engine: Engine) -> Engine:
    """Rosa's events 1 to 8 in four transactions, and a ninth of the registry's own."""
    with transaction(engine) as session:
        session.add(User(id=1, email="rosa@example.org", name="Rosa", created_at=NOW))
    for start in (1, 3, 5, 7):
        act(engine, start, start + 1)
    act(engine, ACTS, by=REGISTRY)
    return engine


@contextmanager
def reaching_in(engine: Engine) -> Iterator[Connection]:
    """As somebody who owns the database: no trigger and no key holds them, and they put all triggers back."""
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys = OFF" if sqlite else "SET session_replication_role = replica")
        with connection.begin():
            made: dict[str, str] = {}
            if sqlite:
                query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                made = {row.name: row.sql for row in connection.execute(query)}
            for name in made:
                connection.execute(text(f"DROP TRIGGER {name}"))
            yield connection
            for sql in made.values():
                connection.exec_driver_sql(sql)
        connection.invalidate()


@pytest.fixture
def tamper(logged: Engine) -> Tamper:
    def tamper(*statements: str) -> None:
        with reaching_in(logged) as connection:
            for each in statements:
                connection.execute(text(each))

    return tamper

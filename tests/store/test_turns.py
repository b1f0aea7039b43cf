"""On SQLite a process that wants to write looks again and again whether another has written."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from registry.store import engine as engines
from registry.store.engine import make_engine, transaction
from registry.store.trouble import is_unreachable


@pytest.fixture
def two(database_url: str) -> Iterator[tuple[Engine, Engine]]:
    """As two processes have them."""
    made = make_engine(database_url), make_engine(database_url)
    yield made
    for each in made:
        each.dispose()


def test_whoever_waits_writes_soon_after_the_other(
    two: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []
    with two[0].connect() as writer:
        writer.begin()

        def nap(seconds: float) -> None:
            naps.append(seconds)
            if len(naps) == 200:
                writer.rollback()

        monkeypatch.setattr(engines, "sleep", nap)
        with transaction(two[1]) as session:
            session.connection()
    assert len(naps) == 200
    assert max(naps) < 0.01


def test_whoever_waits_in_vain_may_come_back(
    two: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_S", 0.01)
    with two[0].connect() as writer:
        writer.begin()
        with pytest.raises(OperationalError) as ended, transaction(two[1]) as session:
            session.connection()
        assert is_unreachable(ended.value)
        writer.rollback()
    with transaction(two[1]) as session:
        session.connection()

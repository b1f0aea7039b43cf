"""A database holds digests of passwords: nobody else on the machine reads it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from registry.store import engine as engines
from registry.store.engine import make_engine


@pytest.fixture(autouse=True)
def as_in_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever the shell lets files be; the engines of other tests share their dialect, and listen elsewhere."""
    monkeypatch.setattr(engines, "create_engine", create_engine)
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def write(file: Path) -> None:
    engine = make_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS word (said TEXT)"))
    with engine.connect():
        assert {mode(each) for each in file.parent.iterdir()} == {mode(file)}
        assert file.with_name(f"{file.name}-wal").exists()
    engine.dispose()


def test_what_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    write(tmp_path / "data" / "registry.sqlite3")
    assert mode(tmp_path / "data") == 0o700
    assert mode(tmp_path / "data" / "registry.sqlite3") == 0o600


def test_what_was_there_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    (tmp_path / "data" / "registry.sqlite3").touch(mode=0o644)
    write(tmp_path / "data" / "registry.sqlite3")
    assert mode(tmp_path / "data") == 0o755
    assert mode(tmp_path / "data" / "registry.sqlite3") == 0o644

"""Rubric files are stored whole when loaded; a changed file under its old version or an empty folder is refused."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import Session, select

from registry.domain.errors import RubricInvalid
from registry.services.rubrics import SUPPLIED, load_files
from registry.store.tables import RubricFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in SUPPLIED.glob("*.toml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_a_changed_file_under_a_stored_version_is_refused(
    session: Session, folder: Path, now: datetime
) -> None:
    load_files(session, folder, now=now)
    path = folder / "technology-1.toml"
    path.write_text(
        path.read_text().replace("weight = 14", "weight = 13").replace("weight = 16", "weight = 17")
    )
    with pytest.raises(RubricInvalid, match="is stored already with other content"):
        load_files(session, folder, now=now)


@pytest.mark.parametrize("name", ["", "missing"])
def test_a_folder_without_rubrics_is_refused(
    session: Session, tmp_path: Path, now: datetime, name: str
) -> None:
    with pytest.raises(RubricInvalid, match="holds no rubric"):
        load_files(session, tmp_path / name, now=now)
    assert session.exec(select(RubricFile)).all() == []

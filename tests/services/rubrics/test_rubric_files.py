"""Rubric files are stored whole when they are first read; what is broken is told and harms nothing that is in force."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import Session, select

from registry.domain.errors import RubricInvalid, RuleBroken, StaleVersion
from registry.services.rubrics import rubric_files, rubrics
from registry.services.rubrics.rubric_files import SUPPLIED, look, take_in
from registry.services.rubrics.rubrics import switch_on
from registry.store import events
from registry.store import rubrics as store
from registry.store.tables import Evaluation, RubricFile
from tests.builders import a_tool, an_evaluation, the_cast


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copies = tmp_path / "rubrics"
    copies.mkdir()
    for path in SUPPLIED.glob("*.toml"):
        (copies / path.name).write_bytes(path.read_bytes())
    return copies


def next_version(folder: Path, *, version: int = 2) -> Path:
    """The supplied rubric with another title under another version, as a file beside it."""
    path = folder / f"technology-{version}.toml"
    text = (folder / "technology-1.toml").read_text()
    path.write_text(text.replace("version = 1", f"version = {version}").replace("rubric, version 1", "anew"))
    return path


def in_force(session: Session) -> tuple[int, int]:
    rubric, table = rubrics.current(session)
    return rubric.version, table.version


def test_the_first_files_are_in_force_at_once_and_a_later_one_is_not(
    session: Session, folder: Path, now: datetime
) -> None:
    assert len(take_in(session, folder, now=now).stored) == 2
    next_version(folder)
    (new,) = take_in(session, folder, now=now).stored
    assert (new.version, new.number) == (2, 3)
    assert in_force(session) == (1, 1)


def test_of_the_first_files_the_highest_version_is_in_force(
    session: Session, folder: Path, now: datetime
) -> None:
    next_version(folder, version=3)
    take_in(session, folder, now=now)
    assert in_force(session) == (3, 1)


def test_reading_the_same_files_again_stores_nothing(session: Session, folder: Path, now: datetime) -> None:
    take_in(session, folder, now=now)
    assert take_in(session, folder, now=now).stored == []
    assert len(session.exec(select(RubricFile)).all()) == 2


def test_a_changed_file_under_a_stored_version_is_told_and_the_stored_one_stays(
    session: Session, folder: Path, now: datetime
) -> None:
    take_in(session, folder, now=now)
    before = rubrics.current(session)
    path = folder / "technology-1.toml"
    path.write_text(path.read_text().replace("What personal data", "Which data"))
    (fault,) = take_in(session, folder, now=now).faults
    assert str(fault).startswith("technology-1.toml: version 1 is stored already with other content")
    assert "version 2" in fault.sentence
    assert rubrics.current(session) == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "cannot be read"),
        ("\x00\xff", "cannot be read"),
        ('name = "technology"\nversion = "two"', "version: must be a whole number"),
        ("x" * 300_000, "longer than"),
    ],
)
def test_a_broken_file_is_told_while_good_ones_beside_it_are_stored(
    session: Session, folder: Path, now: datetime, text: str, told: str
) -> None:
    take_in(session, folder, now=now)
    (folder / "broken.toml").write_text(text, encoding="latin-1")
    next_version(folder)
    taken = take_in(session, folder, now=now)
    assert [each.file for each in taken.faults] == ["broken.toml"]
    assert told in taken.faults[0].sentence
    assert [each.version for each in taken.stored] == [2]


def test_two_new_files_of_one_version_are_told_and_one_is_stored(
    session: Session, folder: Path, now: datetime
) -> None:
    take_in(session, folder, now=now)
    twin = folder / "z.toml"
    twin.write_text(next_version(folder).read_text().replace("anew", "otherwise"))
    taken = take_in(session, folder, now=now)
    assert [str(each) for each in taken.faults] == [
        "z.toml: technology-2.toml bears the same name and version."
    ]
    assert len(taken.stored) == 1


def test_looking_writes_nothing(session: Session, folder: Path, now: datetime) -> None:
    assert len(look(session, folder).fresh) == 2
    assert session.exec(select(RubricFile)).all() == []


@pytest.mark.parametrize("name", ["", "missing"])
def test_nothing_starts_without_a_rubric(session: Session, tmp_path: Path, now: datetime, name: str) -> None:
    with pytest.raises(RubricInvalid, match="holds no rubric"):
        take_in(session, tmp_path / name, now=now)
    assert session.exec(select(RubricFile)).all() == []


def test_a_folder_that_vanishes_is_told_and_harms_nothing(
    session: Session, folder: Path, now: datetime
) -> None:
    take_in(session, folder, now=now)
    taken = take_in(session, folder / "gone", now=now)
    assert "holds no rubric" in str(taken.faults[0])
    assert in_force(session) == (1, 1)


def test_a_changed_file_is_noticed_by_the_folders_fingerprint(folder: Path) -> None:
    before = rubric_files.fingerprint(folder)
    assert rubric_files.fingerprint(folder) == before
    next_version(folder)
    assert rubric_files.fingerprint(folder) != before
    assert rubric_files.fingerprint(folder / "gone") == ()


@pytest.mark.both_databases
def test_new_evaluations_use_what_is_switched_on_and_running_ones_keep_theirs(
    session: Session, folder: Path, now: datetime
) -> None:
    cast = the_cast(session, now)
    take_in(session, folder, now=now)
    running = an_evaluation(session, a_tool(session, "Quillmark", now=now), owner=cast["rosa"], now=now)
    next_version(folder)
    (new,) = take_in(session, folder, now=now).stored
    switch_on(session, new.number, version=1, by=cast["ada"], now=now)
    opened = an_evaluation(session, a_tool(session, "Harrow", now=now), owner=cast["rosa"], now=now)
    session.flush()
    session.expire_all()
    assert session.get_one(Evaluation, running.id).rubric_hash != new.content_hash
    assert session.get_one(Evaluation, opened.id).rubric_hash == new.content_hash
    (event,) = events.of_subject(session, "rubric", new.number)[:1]
    assert (event.action, event.actor, event.before, event.after["version"]) == (
        "rubric.switched_on",
        "Ada",
        {"name": "technology", "version": 1},
        2,
    )


def test_what_was_switched_on_can_be_switched_back(session: Session, folder: Path, now: datetime) -> None:
    cast = the_cast(session, now)
    first = next(each for each in take_in(session, folder, now=now).stored if each.kind == "rubric")
    next_version(folder)
    (new,) = take_in(session, folder, now=now).stored
    switch_on(session, new.number, version=1, by=cast["ada"], now=now)
    switch_on(session, first.number, version=2, by=cast["ada"], now=now)
    assert in_force(session) == (1, 1)


def test_who_compared_with_what_is_in_force_no_more_switches_nothing_on(
    session: Session, folder: Path, now: datetime
) -> None:
    cast = the_cast(session, now)
    take_in(session, folder, now=now)
    for version in (2, 3):
        next_version(folder, version=version)
    two, three = take_in(session, folder, now=now).stored
    switch_on(session, two.number, version=1, by=cast["ada"], now=now)
    with pytest.raises(StaleVersion, match="switched on meanwhile"):
        switch_on(session, three.number, version=1, by=cast["ada"], now=now)
    with pytest.raises(RuleBroken, match="in force already"):
        switch_on(session, two.number, version=2, by=cast["ada"], now=now)
    assert store.switches(session)["rubric"].version == 2

"""What stands outside of the database finds what no look inside could, with the first number that is wrong."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from registry.domain.errors import InvalidInput, RuleBroken
from registry.services.log import checkpoints, signing
from registry.services.log.verifying import Report, verify
from registry.services.people.acting import record
from registry.settings import Settings
from registry.store.engine import snapshot, transaction
from tests.conftest import NOW
from tests.services.log.conftest import ACTS, ROSA, act
from tests.services.log.test_verifying import rehash

CHANGED = "UPDATE event SET subject_id = 77 WHERE id = 4"
SHORTENED = "DELETE FROM event WHERE id > 6"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def signed(logged: Engine, settings: Settings) -> Engine:
    """With checkpoints at 9 and 11 lines."""
    assert checkpoints.write(logged, settings) is not None
    act(logged, 10, 11)
    assert checkpoints.write(logged, settings) is not None
    return logged


def wanted(engine: Engine, settings: Settings, *, since: bool) -> bool:
    with snapshot(engine) as session:
        return checkpoints.wanted(session, settings, since=since)


def look(engine: Engine, settings: Settings, *given: Path) -> Report:
    return verify(engine, checkpoints.outside(settings, given))


def said(report: Report) -> str:
    return " ".join(each.sentence for each in report.faults)


def test_checkpoints_agree_with_a_log_that_goes_on(signed: Engine, settings: Settings) -> None:
    act(signed, 12)
    report = look(signed, settings)
    assert report.sound
    assert (report.size, report.checkpoints, report.covered) == (ACTS + 3, 2, ACTS + 2)


def test_a_checkpoint_is_the_size_and_the_root_under_a_name(signed: Engine, settings: Settings) -> None:
    newest = checkpoints.last(settings)
    assert newest is not None
    origin, size, _, empty, signature, end = newest.note.split("\n")
    assert (origin, size, empty, end) == ("127.0.0.1:8000/log", str(ACTS + 2), "", "")
    assert signature.startswith("— 127.0.0.1:8000/log ")
    assert newest.root.hex() == verify(signed).root
    assert checkpoints.write(signed, settings) is None


def test_a_log_that_was_changed_and_hashed_again_is_found_at_the_very_number(
    signed: Engine, settings: Settings
) -> None:
    rehash(signed, CHANGED)
    report = look(signed, settings)
    assert report.first_bad == 4
    assert "hashed again from there on" in said(report)


def test_without_the_hashes_outside_it_is_found_between_two_checkpoints(
    signed: Engine, settings: Settings
) -> None:
    (checkpoints.folder(settings) / checkpoints.LEAVES).unlink()
    rehash(signed, "UPDATE event SET subject_id = 77 WHERE id = 10")
    report = look(signed, settings)
    assert report.first_bad == ACTS + 1
    assert "between number 10 and 11" in said(report)


def test_hashes_outside_that_were_changed_too_are_not_believed(signed: Engine, settings: Settings) -> None:
    path = checkpoints.folder(settings) / checkpoints.LEAVES
    path.write_bytes(bytes(32) + path.read_bytes()[32:])
    assert look(signed, settings).sound
    rehash(signed, CHANGED)
    assert "between number 1 and 9" in said(look(signed, settings))


def test_an_end_that_was_cut_off_cleanly_is_found(signed: Engine, settings: Settings) -> None:
    rehash(signed, SHORTENED)
    assert verify(signed).sound
    report = look(signed, settings)
    assert report.first_bad == 7
    assert "cut off, or it was restored from an older copy" in said(report)


def test_an_older_copy_that_goes_on_is_found_and_gets_no_checkpoint(
    signed: Engine, settings: Settings
) -> None:
    rehash(signed, SHORTENED)
    with pytest.raises(RuleBroken, match="no new checkpoint"):
        checkpoints.write(signed, settings)
    act(signed, *range(20, 30))
    with pytest.raises(RuleBroken, match="no new checkpoint"):
        checkpoints.write(signed, settings)
    report = look(signed, settings)
    assert report.first_bad == 7
    assert "goes on from an older copy" in said(report)


def test_a_checkpoint_of_another_key_is_not_believed(
    signed: Engine, settings: Settings, tmp_path: Path
) -> None:
    rehash(signed, CHANGED)
    other = signing.signer(Settings(data_dir=tmp_path / "other"))
    with snapshot(signed) as session:
        forged = checkpoints.sign(session, other)
    path = checkpoints.folder(settings) / f"{forged.size:012d}.checkpoint"
    path.write_text(forged.note)
    report = look(signed, settings)
    assert "is not signed by the key of this registry" in said(report)
    assert report.first_bad == 4  # the older checkpoint still tells


def test_who_kept_a_checkpoint_finds_it_though_ours_are_gone(
    signed: Engine, settings: Settings, tmp_path: Path
) -> None:
    kept = tmp_path / "kept by somebody"
    kept.write_text(checkpoints.kept(settings)[-1].read_text())
    for path in checkpoints.folder(settings).iterdir():
        path.unlink()
    rehash(signed, CHANGED)
    blind = look(signed, settings)
    assert (blind.sound, blind.checkpoints, blind.covered) == (True, 0, 0)
    assert look(signed, settings, kept).first_bad == 1
    with pytest.raises(InvalidInput, match="cannot be read"):
        look(signed, settings, tmp_path / "nothing")


def test_an_act_on_a_verdict_wants_a_checkpoint_at_once_and_another_one_its_hour(
    signed: Engine, settings: Settings
) -> None:
    assert not wanted(signed, settings, since=True)
    act(signed, 12)
    assert (wanted(signed, settings, since=False), wanted(signed, settings, since=True)) == (False, True)
    with transaction(signed) as session:
        record(session, "verdict.suspended", ("verdict", 1), by=ROSA, now=NOW)
    assert wanted(signed, settings, since=False)


def test_a_quick_look_sees_whether_the_log_goes_on_from_its_newest_checkpoint(
    signed: Engine, settings: Settings
) -> None:
    newest = checkpoints.last(settings)
    assert newest is not None
    act(signed, 12)
    with snapshot(signed) as session:
        assert checkpoints.goes_on_from(session, newest)
    rehash(signed, CHANGED)
    with snapshot(signed) as session:
        assert not checkpoints.goes_on_from(session, newest)


def test_what_is_no_checkpoint_is_told(signed: Engine, settings: Settings) -> None:
    checkpoints.kept(settings)[0].write_text("something else")
    assert "is no checkpoint" in said(look(signed, settings))

"""What somebody who owns the database did beside the log's lines is found too: to its ends, and to verdicts' rows."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError, DBAPIError
from sqlmodel import select

from registry.domain.outcome import Outcome
from registry.services.lists.importing import import_rows
from registry.services.lists.spreadsheets import Sheet
from registry.services.log import checkpoints, signing
from registry.services.log.verifying import Report, verify
from registry.services.people import accounts
from registry.services.people.acting import REGISTRY
from registry.services.people.house import house
from registry.services.rubrics import rubric_files
from registry.services.verdicts.duties import meet_condition
from registry.settings import Settings
from registry.store.columns import id_of
from registry.store.engine import transaction
from registry.store.tables import User
from tests.builders import UTC_ZONE, a_condition, a_tool, a_verdict, the_cast, the_offices
from tests.conftest import NOW
from tests.services.log.conftest import ACTS, Tamper, act, reaching_in
from tests.services.log.test_verifying import rehash

SETTINGS = Settings(_env_file=None, contact="the tool desk")


def said(report: Report) -> str:
    return " ".join(each.sentence for each in report.faults)


@pytest.mark.both_databases
@pytest.mark.parametrize("number", [0, -7])
def test_an_event_behind_a_number_that_no_line_has_is_found(
    logged: Engine, tamper: Tamper, number: int
) -> None:
    tamper(
        "INSERT INTO event SELECT 77, at, actor_id, actor, action, subject_kind, subject_id, before, after"
        " FROM event WHERE id = 1",
        f"INSERT INTO log_entry SELECT {number}, 77, hashes FROM log_entry WHERE number = 1",
    )
    report = verify(logged)
    assert f"A line of the log has the number {number}" in said(report)
    assert "The event with the id 77 is in no line of the log" in said(report)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM log_head", "is gone"),
        ("UPDATE log_head SET size = 'x'", "cannot be read"),
        ("UPDATE log_head SET peaks = 'x'", "cannot be read"),
        ("UPDATE event SET after = x'00' WHERE id = 4", "does not fit its hash"),
    ],
)
def test_what_cannot_be_read_is_told_in_words(
    logged: Engine, tamper: Tamper, statement: str, told: str
) -> None:
    try:
        tamper(statement)
    except DBAPIError:
        assert logged.dialect.name == "postgresql"  # whose columns take no value of another kind
        return
    assert told in said(verify(logged))


def test_triggers_that_were_taken_away_are_told(logged: Engine) -> None:
    where = " ON event" if logged.dialect.name == "postgresql" else ""
    with logged.begin() as connection:
        connection.execute(text(f"DROP TRIGGER event_is_kept{where}"))
    assert "trigger event_is_kept is gone" in said(verify(logged))


@pytest.fixture
def decided(engine: Engine) -> Engine:
    """Verdict 2 supersedes 1, which has a condition that was met; 3 and 4 were imported, and 4 supersedes 3."""
    later = NOW + timedelta(days=2)
    with transaction(engine) as session:
        rubric_files.take_in(session, None, now=NOW)
        the_offices(session)
        cast = the_cast(session, NOW)
        tool = a_tool(session, "Quillmark", now=NOW)
        dated = replace(a_condition("Train everybody.", "R5"), standing=False, due_on=date(2026, 12, 1))
        first = a_verdict(
            session, tool, cast, now=NOW, outcome=Outcome.APPROVED_WITH_CONDITIONS, conditions=(dated,)
        ).number
        meet_condition(session, first, 1, on=later.date(), zone=UTC_ZONE, by=cast["amir"], now=later)
        a_verdict(session, tool, cast, now=later, supersedes=(first,))
        rows = (
            {"name": "Paperwasp", "outcome": "approved", "number": "3", "decided_by": "The board"},
            {"name": "Paperwasp", "outcome": "rejected", "number": "4", "supersedes": "3"},
        )
        import_rows(session, Sheet.of(rows), house(session, SETTINGS), by=REGISTRY, now=later)
    assert verify(engine).faults == []
    return engine


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE verdict SET tool_id = 1 WHERE number = 3", "Verdict 3 is on “quillmark”"),
        ("UPDATE verdict SET decided_by = 'Nobody' WHERE number = 3", "Verdict 3 is of another"),
        ("UPDATE verdict SET decided_by = 'Nobody' WHERE number = 1", "Verdict 1 names “Nobody”"),
        ("DELETE FROM supersession WHERE verdict_id = 2", "Verdict 2 supersedes other"),
        ("DELETE FROM supersession WHERE verdict_id = 4", "Verdict 4 supersedes other"),
        ("INSERT INTO supersession VALUES (3, 4)", "Verdict 3 supersedes other"),
        ("UPDATE verdict_condition SET met_on = '2026-11-04'", "Condition 1 of verdict 1 is met"),
        ("UPDATE verdict_condition SET waived_reason = 'Never mind.'", "Condition 1 of verdict 1 is met, waived"),
        ("UPDATE verdict SET outcome = 'maybe' WHERE number = 2", "id 2 cannot be read"),
        ("UPDATE verdict SET decided_for_id = 1 WHERE number = 2", "Verdict 2 is of another"),
    ],
)  # fmt: skip
def test_what_was_changed_of_a_verdicts_rows_is_found(decided: Engine, statement: str, told: str) -> None:
    with reaching_in(decided) as connection:
        connection.execute(text(statement))
    found = verify(decided)
    assert [told in each.sentence for each in found.faults] == [True]
    assert found.first_bad is not None


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE verdict SET rationale = CAST(rationale AS BLOB) WHERE number = 2", "Verdict 2 does not say"),
        ("UPDATE verdict SET internal_note = x'00' WHERE number = 2", "Verdict 2 is of another"),
        ("UPDATE verdict SET rationale = CAST(x'ff' AS TEXT) WHERE number = 2", "id 2 cannot be read"),
        ("UPDATE verdict_condition SET text = CAST(text AS BLOB)", "Verdict 1 does not say"),
        ("UPDATE log_entry SET hashes = 7 WHERE number = 2", "Number 2 does not fit its hash"),
        ("UPDATE log_entry SET hashes = CAST(x'ff' AS TEXT) WHERE number = 2", "Number 2 does not fit"),
        ("UPDATE event SET at = replace(at, ' ', 'T') WHERE id = 2", "Number 2 does not fit its hash"),
        ("UPDATE event SET at = CAST(at AS BLOB) WHERE id = 2", "Number 2 does not fit its hash"),
        ("UPDATE event SET after = CAST(x'ff' AS TEXT) WHERE id = 2", "Number 2 does not fit its hash"),
        ("UPDATE log_head SET peaks = CAST(x'ff' AS TEXT)", "where the log ends, cannot be read"),
    ],
)  # fmt: skip
def test_what_is_of_another_kind_than_its_column_is_told_and_ends_no_verifying(
    decided: Engine, statement: str, told: str
) -> None:
    if decided.dialect.name == "postgresql":
        return  # its columns take no value of another kind
    with reaching_in(decided) as connection:
        connection.execute(text(statement))
    assert told in said(verify(decided))


def test_who_decided_and_was_erased_since_is_no_fault(decided: Engine) -> None:
    with transaction(decided) as session:
        amir = session.exec(select(User).where(User.name == "Amir")).one()
        amir.disabled_at = NOW
        accounts.erase(session, id_of(amir), by=REGISTRY, now=NOW)
    assert verify(decided).sound
    with reaching_in(decided) as connection:
        connection.execute(text("UPDATE verdict SET decided_by = 'Nobody' WHERE number = 1"))
    assert "Verdict 1 is of another tool, assessment, note or person" in said(verify(decided))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def signed(logged: Engine, settings: Settings) -> Engine:
    assert checkpoints.write(logged, settings) is not None
    return logged


@pytest.mark.parametrize("junk", ["something else", "a/log\n999\n{root}\n\n— a/log AAAA\n"])
def test_a_stray_file_is_named_and_stops_no_signing(signed: Engine, settings: Settings, junk: str) -> None:
    stray = checkpoints.folder(settings) / "zzz.checkpoint"
    stray.write_text(junk.format(root="A" * 43 + "="))
    newest, strange = checkpoints.newest(settings)
    assert newest is not None
    assert (newest.size, strange) == (ACTS, [stray])
    act(signed, 30)
    made = checkpoints.write(signed, settings)
    assert made is not None
    assert made.size == ACTS + 1
    assert str(stray) in said(verify(signed, checkpoints.outside(settings)))


@pytest.mark.parametrize(
    "cut", ["DELETE FROM event WHERE id > 6", "UPDATE event SET subject_id = 77 WHERE id = 7"]
)
def test_hashes_outside_tell_what_checkpoints_cannot_any_more(
    signed: Engine, settings: Settings, cut: str
) -> None:
    for path in checkpoints.kept(settings):
        path.unlink()
    rehash(signed, cut)
    report = verify(signed, checkpoints.outside(settings))
    assert report.first_bad == 7
    assert "No checkpoint is there to prove" in said(report)


def test_checking_makes_no_key_and_says_that_it_is_missing(signed: Engine, settings: Settings) -> None:
    signing.key_file(settings).unlink()
    report = verify(signed, checkpoints.outside(settings))
    assert "The key that signs checkpoints is missing" in said(report)
    assert checkpoints.last(settings) is None
    assert not signing.key_file(settings).exists()


def test_the_database_itself_refuses_to_change_what_supersedes_what(decided: Engine) -> None:
    for statement in ("DELETE FROM supersession", "UPDATE supersession SET superseded_id = 3"):
        with pytest.raises(DatabaseError, match="never changed"), transaction(decided) as session:
            session.connection().execute(text(statement))

"""Whatever is done to the log past the registry is found, with the first number that is wrong."""

import csv
import json
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO, StringIO

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import select

from registry.domain.errors import RuleBroken
from registry.services.log import exporting
from registry.services.log.verifying import Report, verify
from registry.services.people import accounts
from registry.services.people.acting import REGISTRY, Actor, record
from registry.store import log
from registry.store.engine import snapshot, transaction
from registry.store.tables import Event, User
from tests.conftest import NOW
from tests.services.log.conftest import ACTS, ROSA, Tamper, act, reaching_in


def lines_of(engine: Engine) -> list[tuple[int, int]]:
    """Number and what the event is about, in the order of the log."""
    with snapshot(engine) as session:
        query = "SELECT number, subject_id FROM log_entry JOIN event ON event.id = event_id ORDER BY number"
        return [tuple(row) for row in session.connection().execute(text(query))]


def said(report: Report) -> str:
    return " ".join(each.sentence for each in report.faults)


@pytest.mark.both_databases
def test_numbers_follow_the_order_of_commits_without_a_gap(logged: Engine) -> None:
    assert lines_of(logged) == [(number, number) for number in range(1, ACTS + 1)]
    report = verify(logged)
    assert (report.sound, report.size, report.first_bad) == (True, ACTS, None)


def test_somebody_else_can_derive_the_log_from_its_lines(logged: Engine) -> None:
    """As docs/records.md tells it, with nothing of ours."""
    with snapshot(logged) as session:
        rows = session.connection().execute(
            text(
                "SELECT number, hashes, at, actor_id, actor, action, subject_kind, subject_id,"
                " CAST(before AS TEXT) AS before, CAST(after AS TEXT) AS after"
                " FROM log_entry JOIN event ON event.id = event_id ORDER BY number"
            )
        )
        previous = "0" * 64
        for row in rows.mappings().all():
            at = datetime.fromisoformat(str(row["at"]))
            at = at.astimezone(UTC) if at.tzinfo else at
            fields = {
                "number": row["number"],
                "previous": previous,
                "at": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",
                "actor_id": row["actor_id"],
                "actor": row["actor"] if row["actor_id"] is None else "",
                "action": row["action"],
                "subject_kind": row["subject_kind"],
                "subject_id": row["subject_id"],
            }
            told = json.dumps(fields, separators=(",", ":"))
            line = f'{told[:-1]},"before":{row["before"]},"after":{row["after"]}}}'
            previous = sha256(b"\x00" + line.encode()).hexdigest()
            assert row["hashes"][:32].hex() == previous


@pytest.mark.both_databases
def test_what_is_rolled_back_takes_no_number(logged: Engine) -> None:
    with transaction(logged) as session:
        record(session, "tool.named", ("tool", 50), by=ROSA, now=NOW)
        session.rollback()
    with transaction(logged) as session:
        record(session, "tool.named", ("tool", 51), by=ROSA, now=NOW)
        trial = session.begin_nested()
        record(session, "tool.named", ("tool", 52), by=ROSA, now=NOW)
        trial.rollback()
        with session.begin_nested():
            record(session, "tool.named", ("tool", 53), by=ROSA, now=NOW)
    with transaction(logged) as session:
        trial = session.begin_nested()
        record(session, "tool.named", ("tool", 54), by=ROSA, now=NOW)
        trial.rollback()
    assert lines_of(logged)[ACTS:] == [(ACTS + 1, 51), (ACTS + 2, 53)]
    assert verify(logged).sound


@pytest.mark.both_databases
def test_the_order_is_that_of_commits_and_not_of_clocks(logged: Engine) -> None:
    if logged.dialect.name == "sqlite":
        act(logged, 30, 20)
    else:
        with transaction(logged) as late:
            record(late, "tool.named", ("tool", 20), by=ROSA, now=NOW)
            act(logged, 30)
    assert [subject for _, subject in lines_of(logged)][ACTS:] == [30, 20]
    assert verify(logged).sound


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET action = 'verdict.undone' WHERE id = 3",
        "UPDATE event SET actor = 'Amir' WHERE actor_id IS NULL",
        "DELETE FROM event WHERE id = 9",
        "UPDATE log_entry SET event_id = 100 WHERE number = 9",
        "DELETE FROM log_entry WHERE number = 9",
        "DELETE FROM log_head",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(logged: Engine, statement: str) -> None:
    with pytest.raises(DatabaseError, match="never"), transaction(logged) as session:
        session.connection().execute(text(statement))
    assert verify(logged).sound


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "'2026-11-03 14:04:00.000001'"),
        ("actor_id", "NULL"),
        ("action", "'candidate.accepted'"),
        ("subject_kind", "'tool'"),
        ("subject_id", "7"),
        ("before", """'{"status": "watch"}'"""),
        ("after", "'{}'"),
    ],
)
def test_an_edit_of_any_column_is_found(logged: Engine, tamper: Tamper, column: str, value: str) -> None:
    tamper(f"UPDATE event SET {column} = {value} WHERE id = 4")
    report = verify(logged)
    assert (report.first_bad, report.size) == (4, 3)
    assert "changed after it was recorded" in said(report)


def test_an_edited_name_of_who_acted_is_found(logged: Engine, tamper: Tamper) -> None:
    tamper("UPDATE event SET actor = 'Amir' WHERE id = 4")
    report = verify(logged)
    assert report.first_bad == 4
    assert "“Amir”" in said(report)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("statements", "first", "told"),
    [
        (["DELETE FROM event WHERE id = 5"], 5, "was deleted"),
        (["DELETE FROM event WHERE id = 5", "DELETE FROM log_entry WHERE number = 5"], 5, "is gone"),
        (["DELETE FROM event WHERE id > 6", "DELETE FROM log_entry WHERE number > 6"], 7, "from number 7 on"),
        (
            [f"UPDATE log_entry SET event_id = {event} WHERE number = {number}"
             for event, number in ((0, 3), (3, 6), (6, 3))],
            3,
            "does not fit its hash",
        ),
        (["UPDATE log_head SET size = 6"], 7, "but goes on"),
        (["INSERT INTO event SELECT 77, at, actor_id, actor, action, subject_kind, subject_id, before, after"
          " FROM event WHERE id = 1"], None, "put in past it"),
    ],
    ids=["an event deleted", "a line deleted", "truncated", "swapped", "head set back", "put in"],
)  # fmt: skip
def test_deleting_swapping_cutting_and_putting_in_is_found(
    logged: Engine, tamper: Tamper, statements: list[str], first: int | None, told: str
) -> None:
    tamper(*statements)
    report = verify(logged)
    assert not report.sound
    assert report.first_bad == first
    assert told in said(report)


@pytest.mark.both_databases
def test_a_former_colleague_is_erased_and_the_log_stays_whole(logged: Engine) -> None:
    with transaction(logged) as session:
        with pytest.raises(RuleBroken, match="disable"):
            accounts.erase(session, 1, by=REGISTRY, now=NOW)
        session.get_one(User, 1).disabled_at = NOW
        accounts.erase(session, 1, by=REGISTRY, now=NOW)
    with snapshot(logged) as session:
        held = str([session.exec(select(table)).all() for table in (User, Event)])
    assert "osa" not in held
    assert accounts.ERASED in held
    assert verify(logged).sound


def test_an_export_is_the_very_lines_that_are_hashed(logged: Engine) -> None:
    """So that whoever has it can go on with the chain alone."""
    whole, part = BytesIO(), BytesIO()
    with snapshot(logged) as session:
        assert exporting.write_lines(session, whole, 1, None) == ACTS
        assert exporting.write_lines(session, part, 3, 5) == 3
    previous = "0" * 64
    for number, line in enumerate(whole.getvalue().splitlines(), start=1):
        told = json.loads(line)
        assert (told["number"], told["previous"]) == (number, previous)
        previous = sha256(b"\x00" + line).hexdigest()
    assert part.getvalue().splitlines() == whole.getvalue().splitlines()[2:5]


def test_a_sheet_of_the_log_has_names_and_runs_nothing(logged: Engine) -> None:
    with transaction(logged) as session:
        record(session, "tool.named", ("tool", 1), by=Actor(None, "=cmd"), now=NOW)
    out = BytesIO()
    with snapshot(logged) as session:
        assert exporting.write_sheet(session, out, 9, None) == 2
    rows = list(csv.DictReader(StringIO(out.getvalue().decode("utf-8-sig"))))
    assert [(each["number"], each["who"]) for each in rows] == [("9", "registry"), ("10", "'=cmd")]


def test_lines_that_were_put_in_another_order_are_found(logged: Engine) -> None:
    with reaching_in(logged) as connection:
        connection.execute(text("UPDATE log_entry SET number = -number WHERE number IN (4, 8)"))
        connection.execute(text("UPDATE log_entry SET number = 12 + number WHERE number < 0"))
    assert verify(logged).first_bad == 4


def test_a_changed_hash_within_the_tree_is_found(logged: Engine) -> None:
    with reaching_in(logged) as connection:
        hashes = connection.execute(text("SELECT hashes FROM log_entry WHERE number = 4")).scalar_one()
        changed = hashes[:32] + bytes(32) + hashes[64:]
        connection.execute(
            text("UPDATE log_entry SET hashes = :hashes WHERE number = 4"), {"hashes": changed}
        )
    assert verify(logged).first_bad == 4


def test_a_log_that_was_edited_and_hashed_again_is_whole_in_itself(logged: Engine) -> None:
    """Which is why checkpoints stand outside of the database."""
    rehash(logged, "UPDATE event SET subject_id = 77 WHERE id = 4")
    assert verify(logged).sound


def rehash(engine: Engine, *statements: str) -> None:
    """What the owner of a database can do who knows our way of hashing."""
    with reaching_in(engine) as connection:
        for each in statements:
            connection.execute(text(each))
        connection.execute(text("DELETE FROM log_entry"))
        connection.execute(
            text("UPDATE log_head SET size = 0, last = :none, peaks = :empty"),
            {"none": "0" * 64, "empty": b""},
        )
        log.chain(connection, log.unchained(connection, after=0, limit=1000))

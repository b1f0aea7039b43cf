"""Many rows at one go, and look-ups by many values, alike on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from registry.domain.triage import CandidateStatus
from registry.store.columns import among
from registry.store.engine import reserve_ids, transaction, update_all, write_all, write_one
from registry.store.tables import Candidate, Event

pytestmark = pytest.mark.both_databases
NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def write(session: Session, *names: str) -> list[int]:
    ids = list(reserve_ids(session, Candidate, len(names)))
    found = [{"field": "name", "value": "é"}]
    write_all(
        session,
        Candidate,
        [
            {"id": each, "name": name, "name_key": name, "findings": found, "sure": True, "seen_at": NOW}
            for each, name in zip(ids, names, strict=True)
        ],
    )
    return ids


def test_rows_written_at_one_go_are_those_that_the_session_reads(engine):
    with transaction(engine) as session:
        first = write(session, "a", "b'; --")
        second = write(session, "c")
    with transaction(engine) as session:
        rows = session.exec(select(Candidate).order_by(col(Candidate.id))).all()
        session.add(Candidate(name="d", name_key="d", seen_at=NOW))
    assert [row.id for row in rows] == [*first, *second]
    assert {(row.name, row.status, row.seen_at, row.identity, row.version) for row in rows} == {
        (name, "new", NOW, None, 1) for name in ("a", "b'; --", "c")
    }
    assert rows[0].findings == [{"field": "name", "value": "é"}]


def test_an_object_written_at_once_is_what_is_read_of_it_and_changes_with_its_session(engine):
    with transaction(engine) as session:
        into = Candidate(name="a", name_key="a", seen_at=NOW)
        session.add(into)
        session.flush()
        found = [{"field": "name", "value": "é"}]
        one = Candidate(
            name="b'; --",
            name_key="b",
            findings=found,
            status=CandidateStatus.MERGED,
            merged_into_id=into.id,
            seen_at=NOW,
        )
        write_one(session, one)
        told = one.model_dump()
        assert session.get(Candidate, one.id) is one
        one.tagline = "later"
    with transaction(engine) as session:
        assert session.get_one(Candidate, told["id"]).model_dump() == told | {"tagline": "later"}


def test_rows_updated_at_one_go_are_changed_each_in_its_own_columns_alone(engine):
    with transaction(engine) as session:
        first, second, third = write(session, "a", "b", "c")
        later = NOW + timedelta(days=1)
        update_all(
            session,
            Candidate,
            [
                {"tagline": "é'; --", "id": first, "findings": [], "seen_at": later, "sure": False},
                {"tagline": "", "id": third, "findings": [{"field": "x"}], "seen_at": NOW, "sure": True},
            ],
        )
        update_all(session, Candidate, [])
    with transaction(engine) as session:
        rows = session.exec(select(Candidate).order_by(col(Candidate.id))).all()
    assert [(row.id, row.name, row.tagline, row.findings, row.seen_at, row.sure) for row in rows] == [
        (first, "a", "é'; --", [], later, False),
        (second, "b", "", [{"field": "name", "value": "é"}], NOW, True),
        (third, "c", "", [{"field": "x"}], NOW, True),
    ]


def test_rows_without_an_id_are_numbered_by_the_database(engine):
    values = {"at": NOW, "actor": "registry", "action": "a.b", "subject_kind": "source", "subject_id": 1}
    with transaction(engine) as session:
        write_all(session, Event, [{**values, "after": {"n": n}} | {"before": {}} for n in range(3)])
    with transaction(engine) as session:
        rows = session.exec(select(Event).where(Event.action == "a.b").order_by(col(Event.id))).all()
    assert [row.after["n"] for row in rows] == [0, 1, 2]


def test_one_parameter_holds_any_number_of_values(engine):
    names = [f"n{number}" for number in range(3_000)]
    with transaction(engine) as session:
        ids = write(session, "n7", "n2999", "else")
        by_name = session.exec(select(Candidate.id).where(among(session, Candidate.name_key, names))).all()
        by_id = session.exec(select(Candidate.id).where(among(session, Candidate.id, ids[1:]))).all()
        nothing = session.exec(select(Candidate.id).where(among(session, Candidate.id, []))).all()
    assert (set(by_name), set(by_id), nothing) == ({*ids[:2]}, {*ids[1:]}, [])

"""Everything published goes out, and comes back the same, through each of the three formats."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import Engine
from sqlmodel import Session

from registry.cli.export import SCHEMA
from registry.domain.condition import Check, Condition, ConditionKind, Duty
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind, ValidityState, validity
from registry.domain.verdict import Scope
from registry.services.lists.exporting import export_rows
from registry.services.lists.import_rows import COLUMNS
from registry.services.lists.importing import import_rows
from registry.services.lists.spreadsheets import FORMATS, Sheet
from registry.services.people.acting import REGISTRY, Actor
from registry.services.people.house import house
from registry.services.verdicts import publishing, verdict_life
from registry.settings import Settings
from registry.store import verdicts
from registry.store.engine import make_engine, transaction
from registry.store.tables import AliasKind
from tests.builders import UTC_ZONE, a_condition, a_tool, a_verdict, the_cast, the_offices
from tests.conftest import Beginning

SETTINGS = Settings(_env_file=None)


def verdicts_of_every_kind(session: Session, now: datetime) -> Mapping[str, Actor]:
    """One of them is suspended, and texts are among them that files find hard."""
    cast = the_cast(session, now)
    the_offices(session)
    later = now + timedelta(days=3)
    quill = a_tool(
        session,
        now=now,
        vendor="Quill; and Sons",
        tagged=("c-plus-plus", "offline", "名前"),
        aliases={
            "chat.quillmark.example": AliasKind.DOMAIN,
            "Feather; Pen": AliasKind.NAME,
            "ASP.NET": AliasKind.NAME,
        },
    )
    quill.description = 'Says "hello",\nthen =SUM(A1) and Grüße'
    a_tool(session, "=Formula", now=now, aliases={"pkg:pypi/formula": AliasKind.PURL})
    first = a_verdict(session, quill, cast, now=now)
    dated = Condition(
        "Ask the office; then train.",
        duty=Duty.OFFICE,
        check=Check.EVIDENCE,
        mitigates=frozenset({"R5"}),
        due_on=date(2027, 5, 1),
    )
    a_verdict(
        session,
        quill,
        cast,
        now=later,
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        conditions=(dated, a_condition("Enter only public information.", "R5")),
        scope=Scope(
            edition="Pro",
            offices=frozenset({"hq"}),
            data_ceiling="internal",
            accounts=frozenset({"work"}),
        ),
        supersedes=(first.number,),
    )
    other = a_tool(session, "Paletta", now=now)
    a_verdict(session, other, cast, now=now, outcome=Outcome.REJECTED, alternatives=("quillmark",))
    _marked_and_odd(session, cast, now)
    lent = {"name": "Lent", "outcome": "approved", "decided_by": "Mina", "decided_for": "Amir"}
    import_rows(session, Sheet.of([lent]), house(session, SETTINGS), by=REGISTRY, now=now)
    third = a_tool(session, "Sketchline", now=now)
    approved = a_verdict(session, third, cast, now=now)
    verdict_life.mark(
        session,
        approved.number,
        MarkKind.SUSPENDED,
        reason="A leak.",
        zone=UTC_ZONE,
        by=cast["ana"],
        now=later,
    )
    return cast


@pytest.fixture
def beginning() -> Beginning:
    return verdicts_of_every_kind


@pytest.fixture
def full(engine: Engine) -> Engine:
    """A registry with verdicts of every kind."""
    return engine


ODD_NAMES = (
    *("+SUM(A1)", "-2+3", "@cmd", "＝1+1", "＠full", "'quoted", "''=twice"),
    *("Ünïcödé “x”", "שלום", "名前", "a;b", "[x]", '{"a": 1}'),
)


def _marked_and_odd(session: Session, cast: Mapping[str, Any], now: datetime) -> None:
    """A verdict in every state that somebody can bring about, and names that a spreadsheet would run or blur."""
    later, no = now + timedelta(days=3), Outcome.REJECTED
    for name in ODD_NAMES:
        a_tool(session, name, now=now, vendor=name, category=name).description = f"{name}\n{name}"
    heir = a_tool(session, "Heir", now=now)
    kinds = {
        MarkKind.REVOKED: {"reason": "=It was wrong.", "replacement": "heir"},
        MarkKind.SUNSET: {"reason": "", "replacement": "heir", "effective_on": date(2027, 1, 31)},
        MarkKind.GRADUATED: {"reason": "Ordinary now."},
    }
    for kind, said in kinds.items():
        tool = a_tool(session, f"Of {kind.value}", now=now)
        row = a_verdict(session, tool, cast, now=now, scope=Scope(offices=frozenset({"hq", "field"})))
        verdict_life.mark(session, row.number, kind, zone=UTC_ZONE, by=cast["ana"], now=later, **said)
    lifted = a_verdict(session, heir, cast, now=now)
    for kind, by in ((MarkKind.SUSPENDED, "ana"), (MarkKind.SUSPENSION_LIFTED, "amir")):
        verdict_life.mark(session, lifted.number, kind, reason="-", zone=UTC_ZONE, by=cast[by], now=later)
    a_verdict(
        session,
        a_tool(session, "Banned", now=now),
        cast,
        now=now,
        outcome=Outcome.PROHIBITED,
        citation="+1 §2",
    )
    a_verdict(
        session, a_tool(session, "Nope", now=now), cast, now=now, outcome=no, alternatives=("none known",)
    )


def _exported(session: Session, now: datetime) -> list[Mapping[str, Any]]:
    return export_rows(session, now=now + timedelta(days=10))


@pytest.fixture
def empty(migrated_file: Path, tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'second.sqlite3')}")
    yield engine
    engine.dispose()


def _into(engine: Engine, rows: Sequence[Mapping[str, Any]], now: datetime) -> list[Mapping[str, Any]]:
    later = now + timedelta(days=10)
    with transaction(engine) as session:
        cast = the_cast(session, now)
        report = import_rows(session, Sheet.of(rows), house(session, SETTINGS), by=cast["ada"], now=later)
        assert report.faulty == ()
        assert report.done
    with transaction(engine) as session:
        return _exported(session, now)


@pytest.mark.both_databases
@pytest.mark.parametrize("ending", FORMATS)
def test_an_export_imported_into_an_empty_registry_exports_the_same_again(
    ending: str, full: Engine, empty: Engine, now: datetime
) -> None:
    form = FORMATS[ending]
    with transaction(full) as session:
        first = _exported(session, now)
    assert len(first) > 20
    again = _into(empty, list(form.read(form.write(COLUMNS, first))), now)
    assert again == first
    assert form.write(COLUMNS, again) == form.write(COLUMNS, first)


def test_what_befell_a_verdict_travels_along_so_that_no_answer_gets_more_permissive(
    full: Engine, empty: Engine, now: datetime
) -> None:
    later = now + timedelta(days=10)
    with transaction(full) as session:
        rows = _exported(session, now)
    _into(empty, rows, now)

    def states(engine: Engine) -> dict[int, object]:
        with transaction(engine) as session:
            found = verdicts.published(session, now=later)
            rulings = verdicts.as_rulings(session, found)
            return {each.verdict.number: validity(each, at=later, zone=UTC_ZONE) for each in rulings}

    assert states(full) == states(empty)


def test_an_export_imported_where_it_came_from_changes_nothing(full: Engine, now: datetime) -> None:
    later = now + timedelta(days=10)
    with transaction(full) as session:
        rows = _exported(session, now)
        report = import_rows(session, Sheet.of(rows), house(session, SETTINGS), by=REGISTRY, now=later)
    assert (report.tools, report.verdicts, report.faulty) == (0, 0, ())


def test_a_verdict_in_its_undo_window_is_not_exported(
    session: Session, given: Mapping[str, Actor], now: datetime
) -> None:
    def exported(at: datetime) -> Mapping[str, Any]:
        return next(row for row in export_rows(session, now=at) if row["name"] == "Fresh")

    a_verdict(session, a_tool(session, "Fresh", now=now), given, now=now)
    assert "outcome" not in exported(now)
    assert exported(now + timedelta(hours=1))["outcome"] == "approved"


def test_a_pilot_keeps_owner_size_measure_and_exit_rule(full: Engine, empty: Engine, now: datetime) -> None:
    pilot = {"owner": "Rosa", "size": "12 people", "measure": "hours saved", "exit_rule": "ends in May"}
    again = _into(
        empty,
        [{"name": "Tryout", "outcome": "pilot", "pilot": pilot, "conditions": "Twelve people only."}],
        now,
    )
    assert again[0]["pilot"] == pilot


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "＝", "＋", "－", "＠", "'"])
def test_a_cell_that_a_spreadsheet_would_run_is_kept_text_in_csv_and_comes_back_as_it_was(sign: str) -> None:
    body = FORMATS["csv"].write(["name"], [{"name": f"{sign}1+1"}])
    assert f"\r\n'{sign}1+1\r\n" in body.decode("utf-8-sig")
    assert list(FORMATS["csv"].read(body)) == [{"name": f"{sign}1+1"}]


def test_a_return_at_the_start_of_a_cell_is_kept_text_too() -> None:
    body = FORMATS["csv"].write(["name"], [{"name": "\r=1+1"}])
    assert list(FORMATS["csv"].read(body)) == [{"name": "\r=1+1"}]
    assert b"'\r=1+1" in body


def test_excel_holds_texts_and_no_formula(tmp_path: Path) -> None:
    body = FORMATS["xlsx"].write(["name"], [{"name": each} for each in ("=1+1", "@x", "+1")])
    with ZipFile(BytesIO(body)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert [row["name"] for row in FORMATS["xlsx"].read(body)] == ["=1+1", "@x", "+1"]


def test_an_export_is_as_its_schema_says_and_the_schema_names_every_column(
    full: Engine, now: datetime
) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    with transaction(full) as session:
        rows = json.loads(FORMATS["json"].write(COLUMNS, _exported(session, now)))
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [error.message for error in validator.iter_errors(rows)] == []
    assert set(schema["items"]["properties"]) == set(COLUMNS)
    rows[0]["outcome"] = "perhaps"
    assert not validator.is_valid(rows)


def test_a_machine_readable_verdict_is_as_its_schema_says(full: Engine, now: datetime) -> None:
    schema = json.loads((SCHEMA.parent / "verdict.json").read_text("utf-8"))
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    later = now + timedelta(days=10)
    with transaction(full) as session:
        rows = verdicts.published(session, now=later)
        found = publishing.published(session, rows, house(session, SETTINGS), now=later)
        told = [publishing.as_json(each, base_url="https://registry.example") for each in found]
    assert len(told) > 8
    for each in told:
        assert [error.message for error in validator.iter_errors(json.loads(json.dumps(each)))] == []
        assert set(schema["properties"]) == set(each)


def test_the_schemas_know_every_code() -> None:
    export, verdict = (
        json.loads((SCHEMA.parent / f"{name}.json").read_text()) for name in ("export", "verdict")
    )
    told = export["items"]["else"]["properties"]
    assert told["outcome"]["enum"] == verdict["properties"]["outcome"]["enum"] == [*Outcome]
    assert export["$defs"]["mark"]["properties"]["kind"]["enum"] == [*MarkKind]
    assert verdict["properties"]["validity"]["enum"] == [*ValidityState]
    for schema in (export, verdict):
        asked = schema["$defs"]["condition"]["properties"]
        assert asked["kind"]["enum"] == [*ConditionKind]
        assert asked["who"]["enum"] == [*Duty, None]
        assert asked["check"]["enum"] == [*Check, None]

"""How another list becomes tools and imported verdicts: all of it or nothing, each liberty noted, once."""

import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput
from registry.domain.lookup import House, Question
from registry.domain.outcome import Outcome
from registry.services.answers import lookup
from registry.services.lists import importing_store, spool
from registry.services.lists.aliases import read_alias
from registry.services.lists.importing import Report, import_rows
from registry.services.lists.mapping import apply, read_map
from registry.services.lists.spreadsheets import FORMATS, Sheet
from registry.services.people.acting import REGISTRY
from registry.services.people.house import house
from registry.settings import Settings
from registry.store import tools, verdicts
from registry.store.tables import AliasKind, Event, Tool, Verdict
from tests.builders import a_tool, the_offices

SETTINGS = Settings(_env_file=None, contact="the tool desk")


@pytest.fixture
def here(session: Session) -> House:
    the_offices(session)
    return house(session, SETTINGS)


def taken(session: Session, here: House, now: datetime, *rows: Mapping[str, Any], **options: Any) -> Report:
    return import_rows(session, Sheet.of(rows), here, by=REGISTRY, now=now, **options)


def notes(report: Report) -> str:
    return " ".join(note for row in report.rows for note in row.notes)


def the_verdict(session: Session) -> Verdict:
    (row,) = session.exec(select(Verdict)).all()
    return row


@pytest.mark.both_databases
def test_a_row_becomes_a_tool_and_a_verdict_that_is_marked_imported_and_unscored(
    session: Session, here: House, now: datetime
) -> None:
    row = {
        "name": "Quillmark",
        "homepage": "quillmark.example",
        "aliases": "Quill; chat.quillmark.example; pkg:pypi/quillmark",
        "outcome": "Approved",
        "decided_at": "2026-03-01",
        "valid_until": "2027-03-01",
        "data_class": "internal",
        "offices": "hq",
        "accounts": "work; organisation",
    }
    report = taken(session, here, now, row)
    assert report.rows[0].stored == ("tool", "verdict 1")
    verdict = the_verdict(session)
    assert (verdict.outcome, verdict.imported, verdict.assessment, verdict.recommended) == (
        Outcome.APPROVED,
        True,
        {},
        None,
    )
    assert (verdict.data_ceiling, verdict.offices, verdict.accounts) == (
        "internal",
        ["hq"],
        ["organisation", "work"],
    )
    assert verdict.valid_until == date(2027, 3, 1)
    for query in ("quill", "https://chat.quillmark.example/x", "pkg:pypi/quillmark@3"):
        found = lookup.check(session, query, Question(at=now, office="hq"), here, now=now)
        assert found.tool is not None
        assert found.tool.slug == "quillmark"


def test_each_row_stored_writes_one_event_of_its_own(session: Session, here: House, now: datetime) -> None:
    taken(session, here, now, {"name": "Quillmark", "outcome": "approved"}, {"name": "Paletta"})
    events = session.exec(select(Event).order_by(Event.id)).all()  # type: ignore[arg-type]
    assert [each.action for each in events] == ["tool.imported", "tool.imported", "verdict.published"]
    assert events[-1].after["imported"] is True


def test_one_faulty_row_keeps_everything_out_and_every_fault_is_named(
    session: Session, here: House, now: datetime
) -> None:
    report = taken(
        session,
        here,
        now,
        {"name": "Fine"},
        {"name": " ", "outcome": "maybe"},
        {"name": "Other", "outcome": "approved", "data_class": "secret", "valid_until": "soon"},
        {"name": "Third", "outcome": "approved", "supersedes": "99"},
    )
    assert not report.done
    assert [set(row.faults) for row in report.rows] == [
        set(), {"name", "outcome"}, {"data_class", "valid_until"}, {"supersedes"}
    ]  # fmt: skip
    assert session.exec(select(Tool)).all() == []


def test_a_home_page_that_leads_elsewhere_than_it_looks_is_a_fault(
    session: Session, here: House, now: datetime
) -> None:
    report = taken(session, here, now, {"name": "Finder", "homepage": "https://google.com@evil.example/"})
    assert not report.done
    assert "leads to evil.example" in report.rows[0].faults["homepage"]


def test_a_second_import_changes_nothing(session: Session, here: House, now: datetime) -> None:
    rows = [
        {"name": "Quillmark", "outcome": "approved with conditions"},
        {"name": "Paletta", "outcome": "rejected"},
    ]
    taken(session, here, now, *rows)
    again = taken(session, here, now.replace(day=9), *rows)
    assert (again.tools, again.verdicts) == (0, 0)
    assert notes(again).count("All of it is here already.") == 2


def test_a_dry_run_reports_the_same_and_stores_nothing(session: Session, here: House, now: datetime) -> None:
    rows = [{"name": "Quillmark", "outcome": "pilot"}]
    dry = taken(session, here, now, *rows, dry_run=True)
    assert session.exec(select(Tool)).all() == []
    wet = taken(session, here, now, *rows)
    assert (dry.rows, dry.done, wet.done) == (wet.rows, False, True)


def test_a_conditional_yes_without_conditions_gets_the_standing_one(
    session: Session, here: House, now: datetime
) -> None:
    report = taken(session, here, now, {"name": "Quillmark", "outcome": "approved_with_conditions"})
    assert "standing one" in notes(report)
    answer = lookup.check(session, "quillmark", Question(at=now), here, now=now).answer
    assert answer.code == "yes_if"
    assert [each.text for each in answer.conditions] == ["Ask the tool desk for the terms of this approval."]


def test_the_end_date_of_a_no_is_ignored_and_noted(session: Session, here: House, now: datetime) -> None:
    report = taken(session, here, now, {"name": "Q", "outcome": "rejected", "valid_until": "2020-01-01"})
    assert "end date of a no" in notes(report)
    assert lookup.check(session, "q", Question(at=now), here, now=now).answer.code == "no"


def test_an_approval_with_conditions_is_never_taken_as_a_plain_one(
    session: Session, here: House, now: datetime
) -> None:
    taken(
        session, here, now, {"name": "Q", "outcome": "approved", "conditions": "Only at home.\nOnly by day."}
    )
    assert the_verdict(session).outcome is Outcome.APPROVED_WITH_CONDITIONS


def test_an_approval_whose_last_day_has_passed_is_lapsed(
    session: Session, here: House, now: datetime
) -> None:
    taken(
        session,
        here,
        now,
        {"name": "Q", "outcome": "approved", "decided_at": "2019-01-01", "valid_until": "2020-01-01"},
    )
    assert lookup.check(session, "q", Question(at=now), here, now=now).answer.code == "lapsed"


def test_unknown_scope_means_unlimited(session: Session, here: House, now: datetime) -> None:
    taken(session, here, now, {"name": "Q", "outcome": "approved"})
    asked = Question(at=now, data_class="regulated", account="private", office="field")
    assert lookup.check(session, "q", asked, here, now=now).answer.code == "yes"


def test_a_name_that_is_an_alias_here_is_that_tool(session: Session, here: House, now: datetime) -> None:
    a_tool(session, now=now, aliases={"Quill": AliasKind.NAME})
    report = taken(session, here, now, {"name": "QUILL", "outcome": "approved", "vendor": "Else"})
    assert (report.tools, report.verdicts) == (0, 1)
    assert "was not changed in: vendor" in notes(report)


def test_an_alias_of_another_tool_is_a_fault(session: Session, here: House, now: datetime) -> None:
    report = taken(
        session,
        here,
        now,
        {"name": "A", "aliases": "shared.example"},
        {"name": "B", "aliases": "shared.example"},
    )
    assert "belongs to “A” already" in report.rows[1].faults["aliases"]


def test_a_home_page_leads_to_a_tool_only_where_it_is_one_tools_alone(
    session: Session, here: House, now: datetime
) -> None:
    report = taken(
        session,
        here,
        now,
        {"name": "Lone", "homepage": "https://lone.example"},
        {"name": "Suite One", "homepage": "https://suite.example"},
        {"name": "Suite Two", "homepage": "https://suite.example"},
    )
    assert "leads to none of them" in notes(report)
    assert lookup.check(session, "lone.example", Question(at=now), here, now=now).tool is not None
    assert lookup.check(session, "suite.example", Question(at=now), here, now=now).tool is None


def test_a_number_that_is_taken_gives_way_and_what_names_it_follows(
    session: Session, here: House, now: datetime
) -> None:
    taken(session, here, now, {"name": "Here", "outcome": "approved", "number": "1"})
    report = taken(
        session,
        here,
        now,
        {"name": "There", "outcome": "approved", "number": 1},
        {"name": "There", "outcome": "rejected", "number": 2, "supersedes": "1"},
    )
    assert "Number 1 is taken here; it got 3." in notes(report)
    newest = verdicts.as_rulings(session, [verdicts.get(session, 2)])[0].verdict
    assert newest.supersedes == (3,)


def test_several_editions_in_one_row_give_a_verdict_each(
    session: Session, here: House, now: datetime
) -> None:
    report = taken(session, here, now, {"name": "Q", "outcome": "approved", "editions": "Free; Pro"})
    assert report.verdicts == 2
    assert {row.edition for row in session.exec(select(Verdict))} == {"Free", "Pro"}


def test_a_status_may_map_to_no_verdict_and_an_unmapped_one_is_a_fault(
    session: Session, here: House, now: datetime
) -> None:
    mapping = read_map(
        b"""
        date_format = "%m/%d/%Y"
        [columns]
        name = "Title"
        outcome = "State"
        valid_until = "Ends"
        [values.outcome]
        "in  Use" = "approved"
        "Asked for" = ""
        [defaults]
        decided_by = "An older board"
        """
    )
    theirs = [
        {"Title": "Quillmark", "State": "In use", "Ends": "12/31/2026"},
        {"Title": "Paletta", "State": "asked for", "Ends": "-"},
    ]
    report = taken(session, here, now, *apply(mapping, Sheet.of(theirs)), date_format=mapping.date_format)
    assert [row.stored for row in report.rows] == [("tool", "verdict 1"), ("tool",)]
    verdict = the_verdict(session)
    assert (verdict.valid_until, verdict.decided_by) == (date(2026, 12, 31), "An older board")
    unmapped = taken(
        session, here, now, *apply(mapping, Sheet.of([{"Title": "X", "State": "Lost", "Ends": ""}]))
    )
    assert "“Lost” is no outcome here" in unmapped.rows[0].faults["outcome"]


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        (b"[columns]\nname = 'Nome'", "has no column 'Nome'"),
        (b"[columns]\ntitle = 'Title'", "no column title here"),
        (b"[colums]\n", "no use for colums"),
        (b"not toml", "no TOML file"),
    ],
)
def test_a_map_that_cannot_be_used_says_why(toml: bytes, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        apply(read_map(toml), Sheet.of([{"Title": "Quillmark"}]))


@pytest.mark.parametrize(
    "body",
    [
        "name,vendor\nQuillmark,Äpfel\n".encode(),
        "\ufeffname;vendor\r\nQuillmark;Äpfel\r\n".encode(),
        "sep=;\r\nname;vendor\r\nQuillmark;Äpfel".encode("cp1252"),
        "name\tvendor\nQuillmark\tÄpfel\n\n".encode("utf-16"),
    ],
)
def test_a_csv_of_any_spreadsheet_is_read(body: bytes) -> None:
    assert list(FORMATS["csv"].read(body)) == [{"name": "Quillmark", "vendor": "Äpfel"}]


@pytest.mark.parametrize(
    ("ending", "body"), [("csv", b""), ("csv", b"a,a\n1,2"), ("json", b"{}"), ("xlsx", b"PK")]
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(ending: str, body: bytes) -> None:
    with pytest.raises(InvalidInput):
        FORMATS[ending].read(body)


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        ("Quill Mark", AliasKind.NAME, "quillmark"),
        ("node.js", AliasKind.NAME, "nodejs"),
        ("ASP.NET", AliasKind.NAME, "aspnet"),
        ("TCP/IP", AliasKind.NAME, "tcpip"),
        ("chat.quillmark.example.com", AliasKind.DOMAIN, "chat.quillmark.example.com"),
        ("https://www.quillmark.com/", AliasKind.DOMAIN, "quillmark.com"),
        ("github.com/quill/mark", AliasKind.PATH, "github.com/quill/mark"),
        ("pkg:pypi/numpy@2.0", AliasKind.PURL, "pkg:pypi/numpy"),
        ("name:quillmark.com", AliasKind.NAME, "quillmarkcom"),
    ],
)
def test_an_alias_is_taken_for_what_it_looks_like(text: str, kind: AliasKind, key: str) -> None:
    found, _, found_key = read_alias(text)
    assert (found, found_key) == (kind, key)


def test_a_host_that_many_share_is_no_alias() -> None:
    with pytest.raises(InvalidInput, match="many share"):
        read_alias("https://github.com/")


def test_an_office_that_is_not_known_is_made_and_noted(session: Session, here: House, now: datetime) -> None:
    report = taken(
        session, replace(here, offices=("hq",)), now, {"name": "Q", "outcome": "approved", "offices": "lab"}
    )
    assert "The office lab was not known and is made." in notes(report)
    assert house(session, SETTINGS).offices == ("field", "hq", "lab")


def test_a_list_without_names_is_refused(session: Session, here: House, now: datetime) -> None:
    with pytest.raises(InvalidInput, match="no column “name”"):
        taken(session, here, now, {"Title": "Quillmark"})
    assert tools.every(session) == []


def test_a_list_of_many_parts_is_stored_as_one_of_a_single_part(
    session: Session, here: House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "AT_ONCE", 2)
    monkeypatch.setattr(importing_store, "PART", 3)
    first = [
        {"name": f"Tool {n}", "aliases": f"Alias {n}; tool{n}.example", "outcome": "pilot", "number": str(n)}
        for n in range(1, 8)
    ]
    second = [
        {
            "name": f"Alias {n}",
            "outcome": "rejected",
            "supersedes": str(n),
            "alternatives": f"Tool {8 - n}",
            "marks": [{"kind": "revoked", "at": now.isoformat()}],
        }
        for n in range(1, 8)
    ]
    report = taken(session, here, now, *first, *second)
    assert (report.done, report.tools, report.verdicts) == (True, 7, 14)
    found = verdicts.as_rulings(session, verdicts.published(session, now=now)[::-1])
    assert [each.verdict.supersedes for each in found[7:]] == [(n,) for n in range(1, 8)]
    assert [each.verdict.alternatives for each in found[7:]] == [(f"tool-{8 - n}",) for n in range(1, 8)]
    assert [len(each.marks) for each in found] == [0] * 7 + [1] * 7
    assert [each.verdict.conditions != () for each in found] == [True] * 7 + [False] * 7
    actions = [each.action for each in session.exec(select(Event).order_by(Event.id))]  # type: ignore[arg-type]
    assert actions == ["tool.imported"] * 7 + ["verdict.published"] * 14 + ["verdict.revoked"] * 7
    again = taken(session, here, now, *first, *second)
    assert (again.tools, again.verdicts) == (0, 0)


def test_a_long_list_is_planned_in_little_memory(session: Session, here: House, now: datetime) -> None:
    def rows() -> Iterator[Mapping[str, Any]]:
        for n in range(3_000):
            yield {"name": f"Tool {n}", "outcome": "approved", "rationale": f"{n} was looked at. " * 40}

    sheet = Sheet(frozenset({"name", "outcome", "rationale"}), 3_000, rows)
    import_rows(session, Sheet.of([]), here, by=REGISTRY, now=now, dry_run=True)
    tracemalloc.start()
    report = import_rows(session, sheet, here, by=REGISTRY, now=now, dry_run=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert report.verdicts == 3_000
    assert peak / 3_000 < 2_500, "bytes for each row; its rationale alone has 750"


def test_two_rows_that_say_the_same_are_taken_once(session: Session, here: House, now: datetime) -> None:
    same: Sequence[Mapping[str, Any]] = [{"name": "Q", "outcome": "approved"}] * 2
    report = taken(session, here, now, *same)
    assert report.verdicts == 1
    assert "same as row 1" in notes(report)

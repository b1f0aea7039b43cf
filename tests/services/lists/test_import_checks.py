"""What a list may not bring in: verdicts that wipe out one another, two tools as one, days and shapes without sense."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput
from registry.domain.lookup import House
from registry.services.lists.aliases import read_alias, write_alias
from registry.services.lists.importing import Report, import_rows
from registry.services.lists.spreadsheets import Sheet
from registry.services.people.acting import REGISTRY
from registry.services.people.house import house
from registry.settings import Settings
from registry.store.tables import Alias, AliasKind, Verdict
from tests.builders import a_tool, the_offices

SETTINGS = Settings(_env_file=None)


@pytest.fixture
def here(session: Session) -> House:
    the_offices(session)
    return house(session, SETTINGS)


def taken(session: Session, here: House, now: datetime, *rows: Mapping[str, Any]) -> Report:
    return import_rows(session, Sheet.of(rows), here, by=REGISTRY, now=now)


def a_row(number: int, supersedes: str = "", **more: str) -> Mapping[str, Any]:
    return {"name": "Q", "outcome": "rejected", "number": number, "rationale": f"{number}", **more} | {
        "supersedes": supersedes
    }


@pytest.mark.parametrize("names", [("2", "1"), ("2", "3", "1")])
def test_verdicts_that_replace_one_another_in_a_circle_are_refused_by_their_rows(
    session: Session, here: House, now: datetime, names: tuple[str, ...]
) -> None:
    circle = [a_row(number, named) for number, named in enumerate(names, start=1)]
    report = taken(session, here, now, *circle, a_row(9, "1"))
    told = ", ".join(str(number) for number in range(1, len(names) + 1))
    assert not report.done
    assert [
        f"rows {told} replace one another" in row.faults.get("supersedes", "") for row in report.rows
    ] == [
        *([True] * len(names)),
        False,
    ]
    assert session.exec(select(Verdict)).all() == []


def test_a_circle_is_seen_through_numbers_that_are_given_anew(
    session: Session, here: House, now: datetime
) -> None:
    taken(session, here, now, {"name": "Other", "outcome": "approved", "number": 1})
    report = taken(session, here, now, a_row(1, "2"), a_row(2, "1"))
    assert all("circle" in row.faults["supersedes"] for row in report.rows)


def test_a_chain_of_replaced_verdicts_comes_in(session: Session, here: House, now: datetime) -> None:
    assert taken(session, here, now, a_row(3, "1; 2"), a_row(2, "1"), a_row(1)).done


def test_a_verdict_replaces_nothing_that_was_decided_after_it(
    session: Session, here: House, now: datetime
) -> None:
    taken(session, here, now, a_row(1, decided_at="2026-02-01"))
    old = a_row(2, "1", decided_at="2025-02-01")
    fault = taken(session, here, now, old).rows[0].faults["supersedes"]
    assert "Verdict 1 was decided on 2026-02-01, and this one before, on 2025-02-01" in fault
    assert taken(session, here, now, a_row(3, "1", decided_at="2026-02-01")).done


def test_a_verdict_that_waits_may_be_replaced_by_a_later_one_that_starts_sooner(
    session: Session, here: House, now: datetime
) -> None:
    waits = a_row(1, decided_at="2026-01-01", valid_from="2027-01-01")
    assert taken(session, here, now, waits, a_row(2, "1", decided_at="2026-02-01")).done


def test_one_name_at_two_sites_is_two_tools_until_the_list_says_otherwise(
    session: Session, here: House, now: datetime
) -> None:
    ours = {"name": "Same", "homepage": "https://s.example", "outcome": "rejected"}
    theirs = {"name": "Sámé", "homepage": "https://other.example", "outcome": "approved"}
    within = taken(session, here, now, ours, theirs)
    assert "“Same” is at s.example, and this row says other.example" in within.rows[1].faults["homepage"]
    assert taken(session, here, now, ours).done
    assert "homepage" in taken(session, here, now, theirs).rows[0].faults
    assert taken(session, here, now, {**theirs, "homepage": "https://www.s.example/new"}).done
    assert taken(session, here, now, {**theirs, "aliases": "domain:s.example", "rationale": "Both."}).done


def test_a_second_site_of_one_name_is_seen_though_the_first_row_had_none(
    session: Session, here: House, now: datetime
) -> None:
    homes = ("", "https://s.example", "https://other.example")
    report = taken(session, here, now, *({"name": "Same", "homepage": each} for each in homes))
    assert [set(row.faults) for row in report.rows] == [set(), set(), {"homepage"}]


def test_a_home_page_that_leads_to_the_tool_here_is_the_tools(
    session: Session, here: House, now: datetime
) -> None:
    tool = a_tool(session, now=now, aliases={"moved.example": AliasKind.DOMAIN})
    tool.homepage = "https://quillmark.example"
    row = {"name": tool.name, "homepage": "https://moved.example", "outcome": "approved"}
    assert taken(session, here, now, row).done


@pytest.mark.parametrize(
    "text",
    [
        "domain:com",
        "co.uk",
        "domain:co.uk",
        "domain:localhost",
        "https://localhost/",
        "github.io",
        "domain:github.io",
    ],
)
def test_what_nobody_has_for_himself_is_no_domain_of_a_tool(text: str) -> None:
    with pytest.raises(InvalidInput, match="nobody’s own domain"):
        read_alias(text, "GitHub")


@pytest.mark.parametrize(
    "text",
    [
        "name:Mur\u202egnp",
        "name:\uffffa",
        "name:x\x7f",
        "x\x9f",
        "path:a.b/\u2028b",
        "path:\ud800.b/c",
        "Ｑuill",
    ],
)
def test_a_way_to_say_a_tool_shows_what_it_holds(text: str) -> None:
    with pytest.raises(InvalidInput, match="signs that cannot be seen"):
        read_alias(text)


@pytest.mark.parametrize(
    "text", ["path: ", "path:=HYPERLINK(1)", "path:rival.com", "path:rival.com/ ", "path:https://a.b/c"]
)
def test_a_path_is_a_host_and_what_stands_on_it(text: str) -> None:
    with pytest.raises(InvalidInput, match="no page’s address"):
        read_alias(text)


def test_an_alias_that_certainly_means_a_tool_here_is_a_fault_and_a_list_may_part_its_own(
    session: Session, here: House, now: datetime
) -> None:
    rows = (
        {"name": "Rival", "aliases": "rival.com"},
        {"name": "Notepad.exe"},
        {"name": "Rival Studio", "aliases": "path:rival.com/studio"},
    )
    assert taken(session, here, now, *rows).done
    assert taken(session, here, now, *rows).done
    for text, owner in (
        ("app.rival.com", "Rival"),
        ("exe:notepad.exe", "Notepad.exe"),
        ("exe:rival", "Rival"),
    ):
        report = taken(session, here, now, {"name": "Mine", "aliases": text})
        assert f"means “{owner}” for certain already" in report.rows[0].faults["aliases"]


@pytest.mark.parametrize(
    ("first", "second", "column", "why"),
    [
        (
            {"name": "Monday.com"},
            {"name": "Work", "aliases": "domain:monday.com"},
            "aliases",
            "would lead away from “Monday.com”",
        ),
        (
            {"name": "Work", "aliases": "domain:monday.com"},
            {"name": "Monday.com"},
            "name",
            "means “Work” for certain already",
        ),
        (
            {"name": "Www.Monday.com"},
            {"name": "Work", "aliases": "monday.com"},
            "aliases",
            "whoever asks for “Www.Monday.com”",
        ),
        ({"name": "Notepad.exe"}, {"name": "Pad", "aliases": "notepad.exe"}, "aliases", "“Notepad.exe”"),
    ],
)
def test_a_list_sets_no_two_of_its_tools_against_each_other(
    session: Session,
    here: House,
    now: datetime,
    first: Mapping[str, str],
    second: Mapping[str, str],
    column: str,
    why: str,
) -> None:
    report = taken(session, here, now, first, second)
    assert (report.done, report.rows[0].faults) == (False, {})
    assert why in report.rows[1].faults[column]
    whole = [each | {"slug": each["name"].lower().replace(".", "-")} for each in (first, second)]
    again = taken(session, here, now, *whole)  # an export comes in as it was, and says so
    assert again.done
    assert why in again.rows[1].notes[0]


def test_a_new_row_takes_no_match_by_its_name_or_its_home_page(
    session: Session, here: House, now: datetime
) -> None:
    taken(session, here, now, {"name": "Rival", "aliases": "rival.com"}, {"name": "Monday.com"})
    report = taken(session, here, now, {"name": "Rival.com", "homepage": "https://elsewhere.com"})
    assert "means “Rival” for certain already" in report.rows[0].faults["name"]
    by_home = [
        {"name": "Quill", "homepage": "https://codehost.example/rival/quill"},
        {"name": "Studio", "homepage": "https://app.rival.com/"},
        {"name": "Work", "homepage": "https://monday.com/"},
        {"name": "Www.Pad.example", "homepage": "https://elsewhere.example"},
        {"name": "Pad", "homepage": "https://pad.example"},
    ]
    report = taken(session, here, now, *by_home)
    assert report.done
    assert [" ".join(row.notes).rpartition("people find ")[2] for row in report.rows] == [
        *("", "“Rival”.", "“Monday.com”.", "", "“Www.Pad.example”.")
    ]
    by_domain = session.exec(select(Alias.key).where(Alias.kind == AliasKind.DOMAIN).order_by(Alias.key))
    assert by_domain.all() == ["elsewhere.example", "rival.com"]


def test_a_domain_with_every_customers_site_under_it_is_noted(
    session: Session, here: House, now: datetime
) -> None:
    report = taken(session, here, now, {"name": "Q", "aliases": "sharepoint.com"})
    assert report.done
    assert "every customer under sharepoint.com" in report.rows[0].notes[0]


@pytest.mark.parametrize(
    ("kind", "text", "key"),
    [
        (AliasKind.PATH, "https://codehost.example/moothall/moothall", "codehost.example/moothall/moothall"),
        (AliasKind.PATH, "https://github.com/Quill/Mark", "github.com/quill/mark"),
        (AliasKind.DOMAIN, "www.quillmark.com", "quillmark.com"),
        (AliasKind.PURL, "https://" + ".".join(("pypi", "org")) + "/project/numpy/", "pkg:pypi/numpy"),
        (AliasKind.NAME, "ASP.NET", "aspnet"),
        (AliasKind.NAME, "quillmark.com", "quillmarkcom"),
        (AliasKind.EXE, "code", "code"),
    ],
)
def test_an_alias_that_is_written_is_read_back_and_written_the_same(
    kind: AliasKind, text: str, key: str
) -> None:
    written = write_alias(Alias(tool_id=1, kind=kind, text=text, key=key))
    again, kept, same = read_alias(written)
    assert (again, same) == (kind, key)
    assert write_alias(Alias(tool_id=1, kind=again, text=kept, key=same)) == written


def test_an_audience_that_the_settings_do_not_list_is_taken_and_noted(
    session: Session, here: House, now: datetime
) -> None:
    report = taken(
        session, here, now, {"name": "Q", "outcome": "approved", "audience": "communications desk; staff"}
    )
    assert session.exec(select(Verdict)).one().audience == ["communications desk", "staff"]
    assert "The audience communications desk is not among" in report.rows[0].notes[0]


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("valid_until", "2026-01-31", "before it starts on 2026-02-01"),
        ("valid_until", "0001-01-01", "is no date from 1970"),
        ("decided_at", "0001-01-01T00:00:00+14:00", "is no date from 1970"),
        ("valid_from", "9999-12-31T23:00:00-12:00", "is no date from 1970"),
        ("conditions", '{"a": 1}', "Write a JSON list of objects"),
        ("conditions", [5], "Number 1: Write a JSON list of objects"),
        ("conditions", [{"text": "Only at home."}, {"a": 1}], "Number 2: A condition has a “text”"),
        ("conditions", [{"text": {"a": 1}}], "A condition has a “text”"),
        ("conditions", [{"text": "X", "kind": "odd"}], "“kind” is one of: "),
        ("conditions", [{"text": "X", "who": [1]}], "“who” is one of: "),
        ("conditions", [{"text": "X", "mitigates": "R5"}], "“mitigates” is a list"),
        ("conditions", [{"text": "X", "standing": "no"}], "“standing” is true or false"),
        ("conditions", [{"text": "X", "due_on": 5}], "“due_on” is a day"),
        ("conditions", "[" * 20_000, "no valid JSON"),
        ("marks", ["revoked"], "Write a JSON list of objects"),
        ("marks", [{"kind": "revoked", "at": "soon"}], "not written as in an export"),
        ("marks", [{"kind": "lost", "at": "2026-01-01"}], "“kind” is one of: "),
        ("pilot", {"owner": ["x"]}, "JSON object of texts"),
        ("aliases", [{"a": 1}], "JSON list of texts"),
        ("vendor", ["x"], "plain text"),
    ],
)
def test_a_cell_without_sense_is_told_in_plain_words(
    session: Session, here: House, now: datetime, column: str, cell: object, told: str
) -> None:
    row = {"name": "Q", "outcome": "approved", "valid_from": "2026-02-01", column: cell}
    report = taken(session, here, now, row)
    assert not report.done
    assert told in report.rows[0].faults[column]
    assert "'" not in report.rows[0].faults[column]

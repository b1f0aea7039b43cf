"""What people change of a tool: in one spelling, on the version that was seen, one event an act."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput, StaleVersion
from registry.domain.tag import MAX_TAG, MOST_TAGS, parted, tags_of
from registry.services.answers.matching import match
from registry.services.people.acting import Actor
from registry.services.tools.editing import edit, other_names
from registry.store import tags, tools
from registry.store.columns import id_of
from registry.store.tables import AliasKind, Event, Tool
from tests.builders import a_tool, the_cast


@pytest.fixture
def cast(session: Session, now: datetime) -> Mapping[str, Actor]:
    return the_cast(session, now)


@pytest.fixture
def quill(session: Session, now: datetime) -> Tool:
    return a_tool(
        session, now=now, aliases={"pkg:pypi/quill": AliasKind.PURL, "Feather; Pen": AliasKind.NAME}
    )


def told(session: Session) -> list[Event]:
    return list(session.exec(select(Event).where(Event.action == "tool.edited")))


def names(session: Session, tool: Tool) -> list[str]:
    return other_names(tool, tools.aliases(session, id_of(tool)))


def test_a_tag_has_one_spelling_however_it_is_typed() -> None:
    typed = parted("Open Source, open_source; OPEN-source\nC++, C, Node.js, Café, 名前")
    assert tags_of(typed) == ("c", "c-plus-plus", "cafe", "node-js", "open-source", "名前")
    assert tags_of(tags_of(typed)) == tags_of(typed)


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (["!!!"], "“!!!” is no tag"),
        (["\u202e"], "is no tag"),
        (["x" * (MAX_TAG + 1)], f"at most {MAX_TAG} letters"),
        ([f"t{n}" for n in range(MOST_TAGS + 1)], f"at most {MOST_TAGS} tags"),
    ],
)
def test_what_is_no_tag_or_too_many_is_said_and_changes_nothing(
    session: Session, cast: Mapping[str, Actor], quill: Tool, now: datetime, texts: list[str], why: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        edit(session, "quillmark", with_tags=texts, with_aliases=["kept"], by=cast["rosa"], now=now)
    assert why in refused.value.faults["tags"]
    assert (tags.of_tool(session, id_of(quill)), quill.version, told(session)) == ((), 1, [])


@pytest.mark.both_databases
def test_one_act_is_one_event_and_what_is_so_already_is_none(
    session: Session, cast: Mapping[str, Actor], quill: Tool, now: datetime
) -> None:
    for _ in range(2):  # as by a double click
        edit(
            session,
            "quillmark",
            with_tags=["Offline", "Open Source"],
            with_aliases=["pkg:pypi/quill", "Feather Pen", "quillmark.org"],
            version=1,
            by=cast["rosa"],
            now=now,
        )
    assert tags.of_tool(session, id_of(quill)) == ("offline", "open-source")
    assert names(session, quill) == ["Feather Pen", "pkg:pypi/quill", "quillmark.org"]
    (event,) = told(session)
    assert (quill.version, event.actor) == (2, "Rosa")
    assert event.before == {"tags": [], "aliases": ["Feather; Pen", "pkg:pypi/quill"]}
    assert event.after == {"tags": ["offline", "open-source"], "aliases": names(session, quill)}


def test_a_page_that_is_stale_changes_nothing(
    session: Session, cast: Mapping[str, Actor], quill: Tool, now: datetime
) -> None:
    edit(session, "quillmark", with_tags=["offline"], version=1, by=cast["rosa"], now=now)
    with pytest.raises(StaleVersion):
        edit(session, "quillmark", with_tags=["handy"], version=1, by=cast["ravi"], now=now)
    assert tags.of_tool(session, id_of(quill)) == ("offline",)


def test_what_is_left_out_stays_and_a_tools_own_name_always_does(
    session: Session, cast: Mapping[str, Actor], quill: Tool, now: datetime
) -> None:
    edit(session, "quillmark", with_tags=["offline"], by=cast["rosa"], now=now)
    edit(session, "quillmark", with_aliases=[], by=cast["rosa"], now=now)
    assert tags.of_tool(session, id_of(quill)) == ("offline",)
    assert [each.text for each in tools.aliases(session, id_of(quill))] == ["Quillmark"]


def test_a_name_of_another_tool_and_what_is_no_name_are_refused_together(
    session: Session, cast: Mapping[str, Actor], quill: Tool, now: datetime
) -> None:
    a_tool(session, "Murmur Notes", now=now)
    with pytest.raises(InvalidInput) as refused:
        edit(session, "quillmark", with_aliases=["murmur notes", "github.io"], by=cast["rosa"], now=now)
    assert "“murmur notes” belongs to “Murmur Notes” already." in refused.value.faults["aliases"]
    assert "github.io" in refused.value.faults["aliases"]
    assert names(session, quill) == ["Feather; Pen", "pkg:pypi/quill"]


@pytest.mark.parametrize(
    "text",
    [
        "path:rival.com/app",
        "app.rival.com",
        "exe:rival",
        "domain:monday.com",
        "exe:notepad.exe",
        "path:github.com/other",
        "Rival™",
    ],
)
def test_what_certainly_means_another_tool_is_not_taken_from_it(
    session: Session, cast: Mapping[str, Actor], quill: Tool, now: datetime, text: str
) -> None:
    a_tool(session, "Rival", now=now, aliases={"rival.com": AliasKind.DOMAIN})
    a_tool(session, "GitHub", now=now, aliases={"github.com": AliasKind.DOMAIN})
    for name in ("Monday.com", "Notepad.exe"):
        a_tool(session, name, now=now)
    with pytest.raises(InvalidInput) as refused:
        edit(session, "quillmark", with_aliases=[text], by=cast["rosa"], now=now)
    assert "for certain already" in refused.value.faults["aliases"]
    assert names(session, quill) == ["Feather; Pen", "pkg:pypi/quill"]


def test_what_a_tool_had_before_another_one_came_above_it_stays(
    session: Session, cast: Mapping[str, Actor], quill: Tool, now: datetime
) -> None:
    edit(session, "quillmark", with_aliases=["rival.com/quill"], by=cast["rosa"], now=now)
    a_tool(session, "Rival", now=now, aliases={"rival.com": AliasKind.DOMAIN})
    edit(session, "quillmark", with_aliases=["rival.com/quill", "Quill"], by=cast["rosa"], now=now)
    assert names(session, quill) == ["Quill", "rival.com/quill"]


@pytest.mark.both_databases
def test_another_name_leaves_the_slug_and_makes_the_old_name_a_way_to_say_it(
    session: Session, cast: Mapping[str, Actor], quill: Tool, now: datetime
) -> None:
    for _ in range(2):
        edit(
            session,
            "quillmark",
            with_texts={"name": "  Quill  2 ", "vendor": "Pen & Co"},
            by=cast["rosa"],
            now=now,
        )
    assert (quill.slug, quill.name, quill.vendor, quill.version) == ("quillmark", "Quill 2", "Pen & Co", 2)
    assert names(session, quill) == ["Feather; Pen", "Quillmark", "pkg:pypi/quill"]
    for said in ("quill 2", "Quillmark"):
        found = match(session, said)
        assert found is not None
        assert found.tool.id == quill.id
    (event,) = told(session)
    assert event.before == {"name": "Quillmark", "vendor": "", "aliases": ["Feather; Pen", "pkg:pypi/quill"]}
    assert event.after == {"name": "Quill 2", "vendor": "Pen & Co", "aliases": names(session, quill)}


def test_a_name_spelled_anew_is_the_same_way_to_say_it(
    session: Session, cast: Mapping[str, Actor], quill: Tool, now: datetime
) -> None:
    edit(session, "quillmark", with_texts={"name": "Quill-Mark"}, by=cast["rosa"], now=now)
    assert names(session, quill) == ["Feather; Pen", "pkg:pypi/quill"]
    assert "Quill-Mark" in [each.text for each in tools.aliases(session, id_of(quill))]


def test_a_name_that_reads_as_a_host_finds_the_tool_also_when_it_is_spelled_anew(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    asp = a_tool(session, "ASP.NET", now=now)
    for name in ("AspNet", "Asp Net"):
        edit(session, asp.slug, with_texts={"name": name}, with_aliases=[], by=cast["rosa"], now=now)
        for said in ("asp.net", "ASP.NET", name):
            found = match(session, said)
            assert (said, found and found.tool.id) == (said, asp.id)
    quill = a_tool(session, "QuillIo", now=now)
    edit(session, quill.slug, with_aliases=["name:quill.io"], by=cast["rosa"], now=now)
    found = match(session, "quill.io")
    assert found is not None
    assert found.tool.id == quill.id


def test_a_name_spelled_as_another_tools_address_is_refused(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    a_tool(session, "Rival", now=now, aliases={"quill.io": AliasKind.DOMAIN})
    quill = a_tool(session, "QuillIo", now=now)
    with pytest.raises(InvalidInput) as refused:
        edit(session, quill.slug, with_texts={"name": "Quill.io"}, by=cast["rosa"], now=now)
    assert "“Quill.io” means “Rival” for certain already." in refused.value.faults["name"]


def test_what_may_not_be_kept_is_told_field_by_field_and_nothing_is(
    session: Session, cast: Mapping[str, Actor], quill: Tool, now: datetime
) -> None:
    a_tool(session, "Rival", now=now, aliases={"rival.com": AliasKind.DOMAIN})
    wrong = {"name": "Rival.com", "vendor": "x" * 121, "homepage": "ftp://nowhere", "category": "Notes"}
    with pytest.raises(InvalidInput) as refused:
        edit(session, "quillmark", with_texts=wrong, with_tags=["!"], by=cast["rosa"], now=now)
    faults = refused.value.faults
    assert set(faults) == {"name", "vendor", "homepage", "tags"}
    assert "“Rival.com” means “Rival” for certain already." in faults["name"]
    for empty in ("", " ", "\u202equill"):
        with pytest.raises(InvalidInput) as refused:
            edit(session, "quillmark", with_texts={"name": empty}, by=cast["rosa"], now=now)
        assert "name" in refused.value.faults
    assert (quill.name, quill.category, told(session)) == ("Quillmark", "Writing", [])


@pytest.mark.parametrize(
    ("homepage", "told"),
    [
        ("https://quill.example@evil.example", "leads to evil.example"),
        ("https://me:key@quill.example/", "leads to quill.example"),
        ("mailto:a@b.example", "leads to b.example"),
        ("javascript:alert(1)", "no web address"),
    ],
)
def test_a_home_page_hides_no_host_and_no_password(
    session: Session, cast: Mapping[str, Actor], quill: Tool, now: datetime, homepage: str, told: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        edit(session, "quillmark", with_texts={"homepage": homepage}, by=cast["rosa"], now=now)
    assert told in refused.value.faults["homepage"]


@pytest.mark.parametrize(
    ("homepage", "vendor", "new"),
    [
        ("quillmark.com", "", "quillmark.com"),
        ("https://rival.com/quill", "", ""),
        ("https://www.pad.com/", "", ""),
        ("https://penco.com", "Pen Co", ""),
    ],
)
def test_another_home_page_becomes_a_way_to_say_it_unless_it_is_anothers(
    session: Session,
    cast: Mapping[str, Actor],
    quill: Tool,
    now: datetime,
    homepage: str,
    vendor: str,
    new: str,
) -> None:
    a_tool(session, "Rival", now=now, aliases={"rival.com": AliasKind.DOMAIN})
    a_tool(session, "Www.Pad.com", now=now)
    was = names(session, quill)
    edit(session, "quillmark", with_texts={"homepage": homepage, "vendor": vendor}, by=cast["rosa"], now=now)
    assert quill.homepage.startswith("https://")
    assert sorted(set(names(session, quill)) - set(was)) == [each for each in (new,) if each]


def test_a_way_that_leads_another_tools_name_away_is_refused(
    session: Session, cast: Mapping[str, Actor], quill: Tool, now: datetime
) -> None:
    a_tool(session, "Www.Pad.com", now=now)
    with pytest.raises(InvalidInput) as refused:
        edit(session, "quillmark", with_aliases=["pad.com"], by=cast["rosa"], now=now)
    assert "“pad.com” would lead away from “Www.Pad.com”" in refused.value.faults["aliases"]

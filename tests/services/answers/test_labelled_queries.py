"""Queries written by hand, over real tools: certain matches all right and none wrong, mistyped names led back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from registry.domain.lookup import Question
from registry.domain.outcome import Outcome
from registry.services.answers import answer_object, lookup, matching, meant
from registry.services.answers.index import Index
from registry.services.lists.aliases import read_alias
from registry.services.people.house import house_of
from registry.settings import Settings
from registry.store import tools
from registry.store.engine import snapshot, transaction
from registry.store.plain import opened
from registry.store.tables import Alias
from tests.builders import a_tool, a_verdict, the_cast
from tests.conftest import Beginning, in_whole

FOLDER = Path(__file__).parent / "labelled_queries"
HALVES = ("work", *in_whole(["report"]))
ODD = (
    "Teams.exe",
    "pkg:pypi/nothing-of-that-name",
    "https://",
    "/usr/bin/code",
    r"C:\Users\rosa\AppData\Local\Programs\code.exe",
    "--help",
)
"""What people paste that is no name; no labelled query looks like it."""


@dataclass(frozen=True)
class Labelled:
    sign: str
    tool: str
    """Empty where none is certain."""
    query: str


def labelled(half: str) -> Iterator[Labelled]:
    for line in (FOLDER / f"{half}.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            sign, rest = line[0], line[1:].strip()
            quoted = sign == "-" and rest.startswith('"')
            tool, _, query = ("", "", json.loads(rest)) if quoted else rest.partition("|")
            yield Labelled(sign, tool.strip(), query if quoted else query[1:])


def the_tools(session: Session, now: datetime) -> None:
    for line in (FOLDER / "tools.txt").read_text("utf-8").splitlines():
        name, vendor, aliases = (part.strip() for part in line.split("|"))
        tool = a_tool(session, name, now=now, vendor=vendor)
        known = {(alias.kind, alias.key) for alias in tools.aliases(session, tool.id)}
        for text in aliases.split(";"):
            kind, kept, key = read_alias(text.strip(), name)
            if (kind, key) not in known:
                session.add(Alias(tool_id=tool.id, kind=kind, text=kept, key=key))
                known.add((kind, key))
    session.flush()


@pytest.fixture
def beginning() -> Beginning:
    return the_tools


@pytest.fixture
def index(session: Session) -> Index:
    return matching.read_index(session)


def certain(session: Session, index: Index | None, query: str) -> str:
    found = matching.match(session, query, index)
    return found.tool.name if found else ""


def first(session: Session, index: Index, query: str) -> str:
    return next((tool.name for tool in meant.suggest(session, query, index)), "")


@pytest.mark.parametrize("half", HALVES)
def test_every_certain_match_is_right_and_no_other_is_certain(
    session: Session, index: Index, half: str
) -> None:
    wrong = [
        (each.query, each.tool if each.sign == "=" else "", found)
        for each in labelled(half)
        if (found := certain(session, index, each.query)) != (each.tool if each.sign == "=" else "")
    ]
    assert wrong == [], "\n".join(map(repr, wrong))


@pytest.mark.parametrize("half", HALVES)
def test_the_store_and_the_index_find_the_same(session: Session, index: Index, half: str) -> None:
    queries = [each.query for each in labelled(half)]
    assert [certain(session, None, each) for each in queries] == [
        certain(session, index, each) for each in queries
    ]


@pytest.mark.parametrize("half", HALVES)
def test_a_mistyped_name_leads_to_its_tool(session: Session, index: Index, half: str) -> None:
    typed = [each for each in labelled(half) if each.sign == "~"]
    wrong = [
        (each.query, each.tool, found)
        for each in typed
        if (found := first(session, index, each.query)) != each.tool
    ]
    assert len(wrong) <= 0.03 * len(typed), wrong


@pytest.mark.parametrize("half", HALVES)
def test_a_vendor_a_part_or_a_sentence_leads_to_the_tool(session: Session, index: Index, half: str) -> None:
    asked = [each for each in labelled(half) if each.sign == "?"]
    assert [(each.query, first(session, index, each.query)) for each in asked] == [
        (each.query, each.tool) for each in asked
    ]


@pytest.mark.parametrize("half", HALVES)
def test_a_terminal_is_told_what_the_site_answers(engine: Engine, now: datetime, half: str) -> None:
    queries = [*(each.query for each in labelled(half)), *ODD]
    with transaction(engine) as session:
        cast = the_cast(session, now)
        for outcome, tool in zip(Outcome, tools.every(session)[::20], strict=False):
            a_verdict(session, tool, cast, outcome=outcome, now=now)
    now += timedelta(days=1)
    house, question = house_of((), Settings()), Question(at=now, data_class="internal")
    with snapshot(engine) as session:
        index = matching.read_index(session)
        known = lookup.check_all(session, queries, question, house, now=now, index=index)
    with opened(engine.url.render_as_string(hide_password=False)) as source:
        read = [lookup.check(source, each, question, house, now=now) for each in queries]
    for site, terminal in zip(known, read, strict=True):
        assert answer_object.told(terminal, base_url="") == answer_object.told(site, base_url="")


def test_the_set_is_large_enough_to_tell() -> None:
    queries = [each for half in ("work", "report") for each in labelled(half)]
    assert len(queries) >= 500
    assert len({each.query for each in queries}) == len(queries)
    assert len((FOLDER / "tools.txt").read_text("utf-8").splitlines()) >= 180

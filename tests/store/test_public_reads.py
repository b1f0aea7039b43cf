from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from registry.store import entries, tools, verdicts
from registry.store.columns import id_of
from registry.store.tables import AliasKind
from tests.builders import a_tool, a_verdict, the_cast

pytestmark = pytest.mark.both_databases


def test_a_beginning_finds_each_tool_once_the_shortest_name_first(session: Session, now: datetime) -> None:
    a_tool(session, "Murmur Notes", now=now, aliases={"Murmurer": AliasKind.NAME})
    a_tool(session, "Murm", now=now)
    assert [tool.name for tool in tools.by_beginning(session, "murm", limit=5)] == ["Murm", "Murmur Notes"]
    assert tools.by_beginning(session, "%", limit=5) == []


def test_tools_are_read_before_or_after_a_slug(session: Session, now: datetime) -> None:
    for name in ("A", "B", "C", "D"):
        a_tool(session, name, now=now)
    assert [tool.slug for tool in tools.page(session, after="a", limit=2)] == ["b", "c"]
    assert [tool.slug for tool in tools.page(session, before="d", limit=2)] == ["b", "c"]
    assert tools.category_counts(session) == [("Writing", 4)]


def test_a_successor_counts_once_it_is_published(session: Session, now: datetime) -> None:
    cast, tool = the_cast(session, now), a_tool(session, now=now)
    first = a_verdict(session, tool, cast, now=now)
    a_verdict(session, tool, cast, now=now, supersedes=(first.number,))
    assert verdicts.successors(session, id_of(first), now=now) == []
    assert verdicts.successors(session, id_of(first), now=now + timedelta(hours=1)) == [2]
    assert entries.mentions_of_tool(session, id_of(tool)) == []

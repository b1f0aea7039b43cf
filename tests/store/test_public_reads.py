from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from registry.store import dossier, tools, verdicts
from registry.store.columns import id_of
from tests.builders import a_tool, a_verdict, the_cast

pytestmark = pytest.mark.both_databases


def test_tools_are_read_before_or_after_a_slug(session: Session, now: datetime) -> None:
    for name in ("A", "B", "C", "D"):
        a_tool(session, name, now=now)
    assert [tool.slug for tool in tools.lines(session, after="a", limit=2)] == ["b", "c"]
    assert [tool.slug for tool in tools.lines(session, before="d", limit=2)] == ["b", "c"]
    assert tools.category_counts(session) == [("Writing", 4)]


def test_a_successor_counts_once_it_is_published(session: Session, now: datetime) -> None:
    cast, tool = the_cast(session, now), a_tool(session, now=now)
    first = a_verdict(session, tool, cast, now=now - timedelta(hours=1))
    a_verdict(session, tool, cast, now=now, supersedes=(first.number,))
    assert not verdicts.successors(session, [id_of(first)], now=now).get(id_of(first))
    later = verdicts.successors(session, [id_of(first)], now=now + timedelta(hours=1))
    assert list(later[id_of(first)]) == [2]
    assert not dossier.mentions(session, [id_of(tool)], most=5).get(id_of(tool))

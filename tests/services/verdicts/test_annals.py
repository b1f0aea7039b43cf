"""The notices in memory are those that each session sees, and only what is new is read."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session

from registry.domain.notice import NoticeKind
from registry.domain.validity import MarkKind
from registry.services.decisions.taking_back import undo
from registry.services.people.acting import Actor
from registry.services.verdicts import annals as services
from registry.services.verdicts.annals import Annals, NoticeFilter, Reading
from registry.services.verdicts.verdict_life import mark
from registry.store.engine import snapshot, transaction
from tests.builders import UTC_ZONE, a_tool, a_verdict, the_cast
from tests.conftest import Beginning

DAY = timedelta(days=1)
EVERY = NoticeFilter()


def two_verdicts(session: Session, now: datetime) -> dict[str, Actor]:
    people = the_cast(session, now - 9 * DAY)
    for name in ("One", "Two"):
        a_verdict(session, a_tool(session, name, now=now - 9 * DAY), people, now=now - 3 * DAY)
    return people


@pytest.fixture
def beginning() -> Beginning:
    return two_verdicts


@pytest.fixture
def cast(given: dict[str, Actor]) -> dict[str, Actor]:
    return given


def suspend(engine: Engine, cast: dict[str, Actor], now: datetime) -> None:
    with transaction(engine) as session:
        mark(session, 1, MarkKind.SUSPENDED, reason="A leak.", zone=UTC_ZONE, by=cast["amir"], now=now)


def told(session: Session, annals: Annals, now: datetime, wanted: NoticeFilter = EVERY) -> list[int]:
    return annals.reading(session, wanted, now=now).newest(limit=50)


def of(reading: Reading, now: datetime) -> tuple[list[int], int, list[int]]:
    month = now - 40 * DAY, now + DAY
    return reading.newest(limit=50), reading.count(*month), reading.filed(*month, skip=0, limit=50)


@pytest.mark.both_databases
def test_a_session_finds_what_it_sees_though_another_has_seen_more(
    engine: Engine, cast: dict[str, Actor], now: datetime
) -> None:
    annals = Annals()
    with snapshot(engine) as earlier:
        before = of(annals.reading(earlier, EVERY, now=now), now)
        suspend(engine, cast, now - DAY)
        with snapshot(engine) as later:
            assert len(told(later, annals, now)) == len(before[0]) + 1
        assert of(annals.reading(earlier, EVERY, now=now), now) == before


@pytest.mark.both_databases
@pytest.mark.parametrize("most", [0, 300])
def test_what_is_written_later_is_found_as_if_all_had_been_read_anew(
    engine: Engine, cast: dict[str, Actor], now: datetime, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_LET_IN", most)
    annals = Annals()
    for day, name in enumerate(("Three", "Four", "Five")):
        with transaction(engine) as session:
            tool = a_tool(session, name, now=now - 9 * DAY)
            a_verdict(session, tool, cast, now=now - (2 + day % 2) * DAY)
        with snapshot(engine) as session:
            assert of(annals.reading(session, EVERY, now=now), now) == of(
                Annals().reading(session, EVERY, now=now), now
            )
    suspend(engine, cast, now - DAY)
    with snapshot(engine) as session:
        suspended = NoticeFilter(kinds=frozenset({NoticeKind.SUSPENDED}))
        assert len(told(session, annals, now, suspended)) == 1
        assert told(session, annals, now - 2 * DAY, suspended) == []


@pytest.mark.both_databases
def test_what_was_taken_back_is_told_by_nothing(
    engine: Engine, cast: dict[str, Actor], now: datetime
) -> None:
    annals = Annals()
    with transaction(engine) as session:
        tool = a_tool(session, "Three", now=now - 9 * DAY)
        a_verdict(session, tool, cast, now=now - DAY)
    with snapshot(engine) as session:
        assert len(told(session, annals, now)) == 3
    with transaction(engine) as session:
        undo(session, 3, by=cast["amir"], now=now - DAY)
    with snapshot(engine) as session:
        reading = annals.reading(session, EVERY, now=now)
        assert [len(each) if isinstance(each, list) else each for each in of(reading, now)] == [2, 2, 2]


@pytest.mark.both_databases
def test_where_nothing_is_new_no_notice_is_read(
    engine: Engine, cast: dict[str, Actor], now: datetime
) -> None:
    annals = Annals()
    with snapshot(engine) as session:
        first = told(session, annals, now)
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with snapshot(engine) as session:
        assert told(session, annals, now) == first
    assert len([each for each in asked if "SELECT" in each]) == 2

"""The shelf that is kept in memory is the one that would be read anew, whoever wrote and however time passed."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from registry.domain.lookup import AnswerCode
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind, ValidityState
from registry.services.answers import radar
from registry.services.answers.roll import Entry
from registry.services.people.acting import Actor
from registry.services.people.house import house
from registry.services.verdicts.shelf import Shelf
from registry.services.verdicts.shelving import MOST_PASTS, Shelving
from registry.services.verdicts.verdict_life import mark
from registry.settings import Settings
from registry.store import shelf as store
from registry.store.changes import Trail
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import Tool
from tests.builders import UTC_ZONE, a_tool, a_verdict, an_evaluation, scored, the_cast
from tests.conftest import Beginning

DAY = timedelta(days=1)


@pytest.fixture
def shelving(engine: Engine) -> Iterator[Shelving]:
    made = Shelving(engine, Settings())
    yield made
    made.close()


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


def suspend(session: Session, by: Actor, now: datetime) -> None:
    mark(session, 1, MarkKind.SUSPENDED, reason="A leak.", zone=UTC_ZONE, by=by, now=now)


def anew(engine: Engine, now: datetime) -> list[store.Fact]:
    with snapshot(engine) as session:
        return store.facts(session, now=now, zone=UTC_ZONE)


def state(shelf: Shelf, number: int) -> ValidityState | None:
    fact = shelf.find_number(number)
    return fact and fact.state


@pytest.mark.both_databases
def test_what_is_decided_and_what_befalls_it_is_on_the_shelf_at_once(
    engine: Engine, shelving: Shelving, cast: dict[str, Actor], now: datetime
) -> None:
    assert [each.number for each in shelving.shelf(now).facts] == [1, 2]
    with transaction(engine) as session:
        suspend(session, cast["ana"], now)
    assert state(shelving.shelf(now), 1) is ValidityState.SUSPENDED
    with transaction(engine) as session:
        session.get_one(Tool, 2).category = "Elsewhere"
    assert [each.category for each in shelving.shelf(now).facts] == ["Writing", "Elsewhere"]
    with transaction(engine) as session:
        a_verdict(session, session.get_one(Tool, 2), cast, now=now, outcome=Outcome.REJECTED, supersedes=(2,))
    assert [each.number for each in shelving.shelf(now).facts] == [1, 2]  # still in its undo window
    later = now + timedelta(minutes=6)
    found = shelving.shelf(later)
    assert state(found, 2) is ValidityState.SUPERSEDED
    assert state(found, 3) is ValidityState.ACTIVE
    assert list(found.facts) == anew(engine, later)


def test_a_day_that_passes_changes_what_stands(
    engine: Engine, shelving: Shelving, cast: dict[str, Actor], now: datetime
) -> None:
    with transaction(engine) as session:
        a_verdict(
            session,
            a_tool(session, "Three", now=now),
            cast,
            now=now - 2 * DAY,
            valid_until=(now + DAY).date(),
        )
    states = [state(shelving.shelf(now + days * DAY), 3) for days in (0, 1, 2, 31, 32)]
    due, grace, lapsed = ValidityState.REVIEW_DUE, ValidityState.GRACE, ValidityState.LAPSED
    assert states == [due, due, grace, grace, lapsed]
    assert state(shelving.shelf(now), 3) is ValidityState.REVIEW_DUE


def test_what_did_not_change_is_not_read_again(
    engine: Engine, shelving: Shelving, cast: dict[str, Actor], now: datetime
) -> None:
    first = shelving.shelf(now)
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *told: said.append(str(told[2])))
    assert shelving.shelf(now + timedelta(seconds=1)) is first
    assert said == []
    with transaction(engine) as session:
        suspend(session, cast["ana"], now)
    said.clear()
    second = shelving.shelf(now)
    assert second.mark != first.mark
    assert not [statement for statement in said if "MATERIALIZED" in statement]  # one tool's verdicts alone


def test_what_nothing_was_heard_of_is_at_hand_until_time_or_a_failure_ends_it(
    engine: Engine, shelving: Shelving, cast: dict[str, Actor], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shelving.shelf_at_hand(now, 7) is None
    first = shelving.shelf(now, 7)
    assert shelving.shelf_at_hand(now, 7) is first
    assert shelving.roll_at_hand(now, 7) is None  # nobody has asked for it
    assert shelving.roll(now, 7) == shelving.roll_at_hand(now, 7)
    assert shelving.shelf_at_hand(now, 8) is None
    assert shelving.shelf_at_hand(now + 400 * DAY, 7) is None
    with transaction(engine) as session:
        suspend(session, cast["ana"], now)
    assert shelving.shelf(now, 8) == shelving.shelf_at_hand(now, 8) != first
    assert shelving.roll_at_hand(now, 8) is None  # it tells of what it was before

    def fails(*_told: object) -> None:
        raise OperationalError("", None, Exception())

    monkeypatch.setattr(Trail, "news", fails)  # as after the server was started again
    assert list(shelving.shelf(now, 9).facts) == list(shelving.shelf_at_hand(now, 9).facts)  # type: ignore[union-attr]
    assert shelving.shelf_at_hand(now, 8) is None
    monkeypatch.setattr(Trail, "__init__", fails)
    with pytest.raises(OperationalError):
        shelving.shelf(now, 10)
    assert shelving.shelf_at_hand(now, 9) is None


@pytest.mark.both_databases
def test_at_the_moment_at_which_a_verdict_goes_out_its_tool_alone_is_read_again(
    engine: Engine, shelving: Shelving, cast: dict[str, Actor], now: datetime
) -> None:
    with transaction(engine) as session:
        a_verdict(session, session.get_one(Tool, 2), cast, now=now, supersedes=(2,))
    before = shelving.roll(now), shelving.shelf(now).facts, shelving.lists(now)
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *told: said.append(str(told[2])))
    later = now + timedelta(minutes=6)
    found = shelving.shelf(later)
    assert not [statement for statement in said if "MATERIALIZED" in statement]  # all verdicts
    assert list(found.facts) == anew(engine, later) != list(before[1])
    assert shelving.lists(later) != before[2]
    assert shelving.lists(later + DAY / 24) == shelving.lists(later)


@pytest.mark.both_databases
def test_lists_are_said_to_read_otherwise_only_where_they_may(
    engine: Engine, shelving: Shelving, cast: dict[str, Actor], now: datetime
) -> None:
    with transaction(engine) as session:
        case = an_evaluation(
            session, session.get_one(Tool, 2), owner=cast["rosa"], reviewers=(cast["rosa"],), now=now
        )
    first = shelving.lists(now)
    with transaction(engine) as session:
        scored(session, session.merge(case), cast["rosa"], now=now)
    assert shelving.lists(now) == first
    with transaction(engine) as session:
        suspend(session, cast["ana"], now)
    second = shelving.lists(now)
    with transaction(engine) as session:
        an_evaluation(session, a_tool(session, "Three", now=now), owner=cast["rosa"], now=now)
    assert len({first, second, shelving.lists(now)}) == 3


@pytest.mark.both_databases
def test_of_a_past_day_that_was_asked_for_only_what_is_written_about_since_is_read_again(
    engine: Engine,
    shelving: Shelving,
    cast: dict[str, Actor],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    as_it_is = radar.stood
    read: list[frozenset[int] | None] = []

    def noted(*about: Any, tool_ids: frozenset[int] | None = None, **more: Any) -> dict[int, Entry]:
        read.append(tool_ids)
        return as_it_is(*about, tool_ids=tool_ids, **more)

    monkeypatch.setattr(radar, "stood", noted)
    day = (now - DAY).date()

    def stood(at: datetime) -> Mapping[int, Entry]:
        found = shelving.stood(day, None, at)
        with snapshot(engine) as session:
            known = house(session, Settings())
            assert found == as_it_is(session, known, at=radar.end_of(day, known, at), now=at)
        return found

    assert stood(now).keys() == {1, 2}
    with transaction(engine) as session:
        session.get_one(Tool, 2).name = "Too"
        a_verdict(session, a_tool(session, "Three", now=now), cast, now=now - 2 * DAY)
    assert [each.name for each in stood(now).values()] == ["One", "Too", "Three"]
    with transaction(engine) as session:
        suspend(session, cast["ana"], now - 2 * DAY)
    assert stood(now)[1].code is AnswerCode.SUSPENDED
    stood(now)
    assert read == [None, {2, 3}, {1}]
    for days in range(1, MOST_PASTS + 1):
        shelving.stood(day - days * DAY, None, now)
    read.clear()
    stood(now)
    assert read == [None], "the one asked for longest ago was let go"


def test_reading_ahead_a_store_that_cannot_be_read_harms_nothing(
    tmp_path: Path, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    empty = make_engine(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    ahead = Shelving(empty, Settings())
    ahead.warm(now)
    ahead.close()
    empty.dispose()
    assert "roll not read ahead" in caplog.text

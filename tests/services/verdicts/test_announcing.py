"""Notices are written with what they tell of, once, and never changed; nobody reads of a verdict in its undo window."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col, select

from registry.domain.errors import RuleBroken
from registry.domain.notice import NoticeKind
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind, ValidityState
from registry.services.decisions.taking_back import undo
from registry.services.lists.importing import import_rows
from registry.services.lists.spreadsheets import Sheet
from registry.services.people.acting import REGISTRY, Actor
from registry.services.people.house import house
from registry.services.verdicts.announcing import Sweep
from registry.services.verdicts.duties import meet_condition
from registry.services.verdicts.verdict_life import mark
from registry.settings import Settings
from registry.store import notices
from registry.store.engine import transaction
from registry.store.tables import Notice, NoticeBook
from tests.builders import UTC_ZONE, a_condition, a_tool, a_verdict, the_cast

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
K = NoticeKind


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now)


def told(session: Session, *, by: datetime) -> list[Notice]:
    """What is public by then, in publishing order."""
    return list(reversed(notices.public(session, now=by, limit=1000)))


def kinds(session: Session, *, by: datetime) -> list[NoticeKind]:
    return [each.kind for each in told(session, by=by)]


def swept(session: Session, now: datetime) -> None:
    Sweep(UTC_ZONE).write(session, now)


@pytest.mark.both_databases
def test_a_verdict_is_told_at_the_very_end_of_its_undo_window(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    verdict = a_verdict(session, a_tool(session, now=now), cast, now=now)
    assert kinds(session, by=verdict.published_at - timedelta(microseconds=1)) == []
    [notice] = told(session, by=verdict.published_at)
    assert (notice.published_at, notice.updated_at, notice.news) == (*[verdict.published_at] * 2, True)
    assert (notice.title, notice.state) == ("Quillmark: Approved", ValidityState.ACTIVE)
    assert notices.next_moment(session, now=now) == verdict.published_at


@pytest.mark.both_databases
def test_a_verdict_that_was_taken_back_is_never_told(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    verdict = a_verdict(session, a_tool(session, now=now), cast, now=now)
    undo(session, verdict.number, by=cast["amir"], now=now + MINUTE)
    assert kinds(session, by=now + 900 * DAY) == []
    assert notices.next_moment(session, now=now) is None
    swept(session, now + 900 * DAY)
    assert kinds(session, by=now + 900 * DAY) == []


def test_an_act_is_told_with_the_act_and_not_without_it(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    number = a_verdict(session, a_tool(session, now=now), cast, now=now).number
    later = now + DAY
    with pytest.raises(RuleBroken):
        mark(session, number, MarkKind.SUSPENDED, reason="", zone=UTC_ZONE, by=cast["ada"], now=later)
    assert kinds(session, by=later) == [K.PUBLISHED]
    mark(session, number, MarkKind.SUSPENDED, reason="A leak.", zone=UTC_ZONE, by=cast["ada"], now=later)
    notice = told(session, by=later)[-1]
    assert (notice.kind, notice.updated_at, notice.reason, notice.by) == (
        K.SUSPENDED,
        later,
        "A leak.",
        "Ada",
    )
    assert (notice.state_before, notice.state) == (ValidityState.ACTIVE, ValidityState.SUSPENDED)


@pytest.mark.both_databases
def test_what_is_put_right_keeps_its_id_and_the_day_of_its_publication(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    dated = replace(a_condition("Export monthly.", "R5"), standing=False, due_on=date(2027, 3, 1))
    tool = a_tool(session, now=now)
    number = a_verdict(
        session, tool, cast, now=now, outcome=Outcome.APPROVED_WITH_CONDITIONS, conditions=(dated,)
    ).number
    for after, evidence in ((DAY, "Wrong."), (2 * DAY, "Right.")):
        at = now + after
        meet_condition(
            session, number, 1, on=at.date(), evidence=evidence, zone=UTC_ZONE, by=cast["amir"], now=at
        )
    rows = session.exec(
        select(Notice).where(Notice.kind == K.CONDITION_MET).order_by(col(Notice.number))
    ).all()
    assert [each.revision for each in rows] == [1, 2]
    assert len({each.uid for each in rows}) == 1
    assert {each.published_at for each in rows} == {now + DAY}
    shown = [each for each in told(session, by=now + 3 * DAY) if each.kind is K.CONDITION_MET]
    assert [(each.updated_at, each.conditions[0]["evidence"]) for each in shown] == [
        (now + 2 * DAY, "Right.")
    ]
    [as_then] = [each for each in told(session, by=now + DAY) if each.kind is K.CONDITION_MET]
    assert as_then.conditions[0]["evidence"] == "Wrong."


@pytest.mark.both_databases
def test_what_was_announced_is_never_changed(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    a_verdict(session, a_tool(session, now=now), cast, now=now)
    for statement in ("UPDATE notice SET title = 'x'", "DELETE FROM notice"):
        with pytest.raises(DatabaseError, match="never changed"), session.begin_nested():
            session.connection().execute(text(statement))


def test_what_the_days_bring_is_told_by_the_first_who_looks_and_by_nobody_again(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    tool = a_tool(session, now=now)
    swept(session, now)
    old = a_verdict(session, tool, cast, now=now, valid_until=date(2026, 12, 1))
    ended = datetime(2026, 12, 2, 0, 1, tzinfo=now.tzinfo)
    process, other = Sweep(UTC_ZONE), Sweep(UTC_ZONE)
    assert process.write(session, now + DAY) == 0
    assert process.write(session, ended) == 1
    assert [process.write(session, ended), other.write(session, ended)] == [0, 0]
    notice = told(session, by=ended)[-1]
    assert (notice.kind, notice.updated_at, notice.news) == (K.ENDED, ended, True)
    assert notice.at == datetime(2026, 12, 2, tzinfo=now.tzinfo)
    new = a_verdict(session, tool, cast, now=ended + DAY, supersedes=(old.number,))
    assert process.write(session, new.published_at - MINUTE) == 0
    assert process.write(session, new.published_at) == 1
    assert told(session, by=new.published_at)[-1].title == "Quillmark: Approved – replaced by verdict 2"


def test_a_sweep_that_comes_late_tells_all_that_the_days_brought_and_dates_it_today(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    swept(session, now)
    a_verdict(session, a_tool(session, now=now), cast, now=now, valid_until=date(2026, 12, 1))
    late = now + 200 * DAY
    swept(session, late)
    ended, lapsed = told(session, by=late)[1:]
    assert [ended.kind, lapsed.kind] == [K.ENDED, K.LAPSED]
    assert {each.filed_at for each in (ended, lapsed)} == {late}


def test_nothing_is_looked_for_where_no_day_and_no_start_has_come(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    sweep = Sweep(UTC_ZONE)
    assert sweep.wanted(session, now)
    sweep.write(session, now)
    assert not sweep.wanted(session, now + MINUTE)
    verdict = a_verdict(session, a_tool(session, now=now), cast, now=now + MINUTE)
    assert not sweep.wanted(session, now + 2 * MINUTE)
    assert sweep.wanted(session, verdict.starts_at)


def test_another_time_zone_tells_nothing_twice_and_misses_nothing(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    swept(session, now)
    a_verdict(session, a_tool(session, now=now), cast, now=now, valid_until=date(2026, 12, 1))
    late_evening = datetime(2026, 12, 2, 3, 0, tzinfo=now.tzinfo)
    assert Sweep(ZoneInfo("America/Lima")).write(session, late_evening) == 0
    assert Sweep(UTC_ZONE).write(session, late_evening + MINUTE) == 1
    assert Sweep(ZoneInfo("America/Lima")).write(session, late_evening + 2 * DAY) == 0


def test_a_clock_that_is_set_back_tells_nothing_twice(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    swept(session, now)
    a_verdict(session, a_tool(session, now=now), cast, now=now, valid_until=date(2026, 12, 1))
    swept(session, now + 60 * DAY)
    count = len(session.exec(select(Notice)).all())
    for at in (now + DAY, now + 29 * DAY, now + 61 * DAY):
        swept(session, at)
    assert len(session.exec(select(Notice)).all()) == count
    assert kinds(session, by=now + DAY) == [K.PUBLISHED]


def test_a_list_that_is_imported_bears_its_own_days_and_is_no_news(session: Session, now: datetime) -> None:
    header = ("name", "outcome", "number", "decided_at", "valid_until", "supersedes")
    listed = (
        ("Inkwell", "approved", "3", "2019-05-01", "2020-05-01", ""),
        ("Inkwell", "rejected", "4", "2021-01-04", "", "3"),
    )
    rows = [dict(zip(header, each, strict=True)) for each in listed]
    swept(session, now - DAY)
    assert import_rows(session, Sheet.of(rows), house(session, Settings()), by=REGISTRY, now=now).done
    found = told(session, by=now)
    assert [(each.kind, each.updated_at.year, each.news) for each in found] == [
        (K.PUBLISHED, 2019, False),
        (K.ENDED, 2020, False),
        (K.LAPSED, 2020, False),
        (K.PUBLISHED, 2021, False),
        (K.SUPERSEDED, 2021, False),
    ]
    assert {each.filed_at for each in found} == {now}
    swept(session, now + DAY)
    assert len(told(session, by=now + DAY)) == 5


@pytest.mark.both_databases
def test_a_database_from_before_gets_the_same_notices_as_if_they_had_been_kept_all_along(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    dated = replace(a_condition("Export monthly.", "R5"), standing=False, due_on=date(2026, 11, 20))
    tool, amir = a_tool(session, now=now), cast["amir"]
    first = a_verdict(
        session, tool, cast, now=now, outcome=Outcome.APPROVED_WITH_CONDITIONS, conditions=(dated,)
    ).number
    meet_condition(
        session, first, 1, on=now.date(), evidence="Seen.", zone=UTC_ZONE, by=amir, now=now + 2 * DAY
    )
    mark(session, first, MarkKind.SUSPENDED, reason="A leak.", zone=UTC_ZONE, by=amir, now=now + 3 * DAY)
    second = a_verdict(session, tool, cast, now=now + 4 * DAY, supersedes=(first,)).number
    mark(session, second, MarkKind.GRADUATED, reason="", zone=UTC_ZONE, by=amir, now=now + 5 * DAY)
    end = now + 6 * DAY
    swept(session, end)
    kept = [(each.verdict_id, each.key, each.title, each.updated_at) for each in told(session, by=end)]
    _forget_all(session)
    swept(session, end)
    again = [(each.verdict_id, each.key, each.title, each.updated_at) for each in told(session, by=end)]
    assert again == kept
    assert [key.partition(":")[0] for _, key, _, _ in kept] == [
        *("published", "condition_met", "suspended", "published", "superseded", "graduated")
    ]
    assert not any(each.news for each in told(session, by=end))


def _forget_all(session: Session) -> None:
    session.flush()
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.execute(text("DROP TRIGGER notice_stays_delete"))
    else:
        connection.execute(text("DROP TRIGGER notice_stays ON notice"))
    connection.execute(text("DELETE FROM notice"))
    connection.execute(text("UPDATE notice_book SET swept_at = NULL"))
    session.expire_all()


@pytest.mark.both_databases
def test_several_processes_tell_each_thing_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as session:
        cast = the_cast(session, now)
        swept(session, now)
        for name in ("Quillmark", "Inkwell", "Blotter"):
            a_verdict(session, a_tool(session, name, now=now), cast, now=now, valid_until=date(2026, 12, 1))
    end = now + 60 * DAY

    def sweep() -> None:
        with transaction(engine) as session:
            swept(session, end)

    threads = [Thread(target=sweep) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with Session(engine) as session:
        assert session.get_one(NoticeBook, 1).swept_at == end
        rows = told(session, by=end)
        assert sorted(each.kind for each in rows) == sorted([K.PUBLISHED, K.ENDED, K.LAPSED] * 3)
        assert [each.number for each in rows] == sorted(each.number or 0 for each in rows)

"""What befalls a verdict after it went out: each mark by who may set it, seen at once; conditions met and waived."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput, NotAllowed, NotFound, RuleBroken
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind, Validity, ValidityState, validity
from registry.services.acting import Actor
from registry.services.duties import meet_condition, take_back, waive_condition
from registry.services.verdict_life import mark
from registry.store import verdicts
from registry.store.tables import Event
from tests.builders import UTC_ZONE, a_condition, a_tool, a_verdict, the_cast

REASON = "A leak was reported."


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now)


@pytest.fixture
def later(now: datetime) -> datetime:
    """When the verdict has gone out."""
    return now + timedelta(hours=1)


@pytest.fixture
def number(session: Session, cast: Mapping[str, Actor], now: datetime) -> int:
    """Approved with a standing condition and one that is due on 1 March 2027."""
    dated = replace(a_condition("Export monthly.", "R4"), standing=False, due_on=date(2027, 3, 1))
    conditions = (a_condition("Enter only public information.", "R5"), dated)
    return a_verdict(
        session,
        a_tool(session, now=now),
        cast,
        now=now,
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        conditions=conditions,
        valid_until=date(2027, 9, 1),
    ).number


def stands(session: Session, number: int, at: datetime) -> Validity:
    session.flush()
    ruling = verdicts.as_rulings(session, [verdicts.get(session, number)])[0]
    return validity(ruling, at=at, zone=UTC_ZONE)


@pytest.mark.both_databases
def test_a_suspension_is_seen_at_once_and_lifted_by_another_person(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime
) -> None:
    mark(session, number, MarkKind.SUSPENDED, reason=REASON, zone=UTC_ZONE, by=cast["ada"], now=later)
    assert stands(session, number, later).state is ValidityState.SUSPENDED
    with pytest.raises(RuleBroken, match="Another person"):
        mark(session, number, MarkKind.SUSPENSION_LIFTED, reason="", zone=UTC_ZONE, by=cast["ada"], now=later)
    mark(session, number, MarkKind.SUSPENSION_LIFTED, reason="", zone=UTC_ZONE, by=cast["amir"], now=later)
    assert stands(session, number, later).state is ValidityState.ACTIVE


def test_a_suspension_that_nobody_confirms_is_overdue_after_14_days(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime
) -> None:
    mark(session, number, MarkKind.SUSPENDED, reason=REASON, zone=UTC_ZONE, by=cast["amir"], now=later)
    assert not stands(session, number, later + timedelta(days=14)).overdue
    assert stands(session, number, later + timedelta(days=15)).overdue
    mark(session, number, MarkKind.SUSPENSION_CONFIRMED, reason="", zone=UTC_ZONE, by=cast["ana"], now=later)
    assert not stands(session, number, later + timedelta(days=15)).overdue


@pytest.mark.parametrize("kind", [MarkKind.REVOKED, MarkKind.SUNSET, MarkKind.GRADUATED])
def test_all_but_suspending_is_an_approvers(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime, kind: MarkKind
) -> None:
    for name in ("ada", "rosa", "emil", "uma"):
        with pytest.raises(NotAllowed):
            mark(session, number, kind, reason=REASON, zone=UTC_ZONE, by=cast[name], now=later)


def test_a_reviewer_does_not_suspend(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime
) -> None:
    with pytest.raises(NotAllowed):
        mark(session, number, MarkKind.SUSPENDED, reason=REASON, zone=UTC_ZONE, by=cast["rosa"], now=later)


@pytest.mark.both_databases
def test_revoking_needs_a_reason_and_is_for_good(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime
) -> None:
    amir = cast["amir"]
    with pytest.raises(RuleBroken, match="Write why"):
        mark(session, number, MarkKind.REVOKED, reason=" ", zone=UTC_ZONE, by=amir, now=later)
    mark(
        session,
        number,
        MarkKind.REVOKED,
        reason=REASON,
        replacement="penflow",
        zone=UTC_ZONE,
        by=amir,
        now=later,
    )
    found = stands(session, number, later)
    assert (found.state, found.replacement) == (ValidityState.REVOKED, "penflow")
    for kind in MarkKind:
        with pytest.raises(RuleBroken):
            mark(session, number, kind, reason=REASON, zone=UTC_ZONE, by=cast["ana"], now=later)


def test_a_sunset_ends_on_a_day_to_come(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime
) -> None:
    def retire(day: date | None) -> None:
        mark(
            session,
            number,
            MarkKind.SUNSET,
            reason="",
            effective_on=day,
            zone=UTC_ZONE,
            by=cast["amir"],
            now=later,
        )

    for day in (None, later.date()):
        with pytest.raises(RuleBroken):
            retire(day)
    retire(later.date() + timedelta(days=30))
    assert stands(session, number, later).state is ValidityState.SUNSET_ANNOUNCED
    assert stands(session, number, later + timedelta(days=30)).state is ValidityState.SUNSET_REACHED


def test_a_no_can_only_be_revoked(
    session: Session, cast: Mapping[str, Actor], now: datetime, later: datetime
) -> None:
    no = a_verdict(
        session, a_tool(session, "Scrawl", now=now), cast, now=now, outcome=Outcome.REJECTED
    ).number
    for kind in set(MarkKind) - {MarkKind.REVOKED}:
        with pytest.raises(RuleBroken):
            mark(session, no, kind, reason=REASON, zone=UTC_ZONE, by=cast["amir"], now=later)
    mark(session, no, MarkKind.REVOKED, reason=REASON, zone=UTC_ZONE, by=cast["amir"], now=later)


def test_every_mark_writes_the_event_that_it_is_read_from(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime
) -> None:
    mark(session, number, MarkKind.GRADUATED, reason="", zone=UTC_ZONE, by=cast["amir"], now=later)
    event = session.exec(select(Event).where(Event.action == "verdict.graduated")).one()
    assert (event.actor, event.after["number"]) == ("Amir", number)


@pytest.mark.both_databases
def test_a_verdict_ends_with_its_dated_condition_until_that_is_met(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime
) -> None:
    assert stands(session, number, later).ends_on == date(2027, 3, 1)
    meet_condition(session, number, 2, on=later.date(), zone=UTC_ZONE, by=cast["amir"], now=later)
    assert stands(session, number, later).ends_on == date(2027, 9, 1)


def test_waiving_is_an_approvers_and_needs_a_reason(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime
) -> None:
    with pytest.raises(NotAllowed):
        waive_condition(session, number, 2, reason=REASON, zone=UTC_ZONE, by=cast["ada"], now=later)
    with pytest.raises(InvalidInput):
        waive_condition(session, number, 2, reason="", zone=UTC_ZONE, by=cast["amir"], now=later)
    waived = waive_condition(
        session, number, 2, reason="It exports by itself.", zone=UTC_ZONE, by=cast["amir"], now=later
    )
    assert waived.waived_reason == "It exports by itself."


def test_a_standing_condition_has_no_state_and_a_missing_one_is_not_found(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime
) -> None:
    with pytest.raises(RuleBroken):
        meet_condition(session, number, 1, on=later.date(), zone=UTC_ZONE, by=cast["amir"], now=later)
    with pytest.raises(NotFound):
        meet_condition(session, number, 9, on=later.date(), zone=UTC_ZONE, by=cast["amir"], now=later)

"""What befalls a verdict after it went out: each mark by who may set it, seen at once; conditions met and waived."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.condition import Check
from registry.domain.errors import InvalidInput, NotAllowed, NotFound, RuleBroken, StaleVersion
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind, Validity, ValidityState, validity
from registry.services.people.acting import Actor
from registry.services.verdicts.duties import meet_condition, take_back, waive_condition
from registry.services.verdicts.verdict_life import mark, withdraw_together
from registry.store import verdicts
from registry.store.columns import id_of
from registry.store.tables import Event
from tests.builders import UTC_ZONE, a_condition, a_tool, a_verdict, the_cast
from tests.conftest import Beginning

REASON = "A leak was reported."


def an_approval(session: Session, now: datetime) -> tuple[dict[str, Actor], int]:
    """Approved with a standing condition and one that is due on 1 March 2027."""
    cast = the_cast(session, now)
    dated = replace(a_condition("Export monthly.", "R4"), standing=False, due_on=date(2027, 3, 1))
    conditions = (a_condition("Enter only public information.", "R5"), dated)
    verdict = a_verdict(
        session,
        a_tool(session, now=now),
        cast,
        now=now,
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        conditions=conditions,
        valid_until=date(2027, 9, 1),
    )
    return cast, verdict.number


@pytest.fixture
def beginning() -> Beginning:
    return an_approval


@pytest.fixture
def cast(given: tuple[dict[str, Actor], int]) -> dict[str, Actor]:
    return given[0]


@pytest.fixture
def number(given: tuple[dict[str, Actor], int]) -> int:
    return given[1]


@pytest.fixture
def later(now: datetime) -> datetime:
    """When the verdict has gone out."""
    return now + timedelta(hours=1)


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
    a_tool(session, "Pen Flow", now=later)
    with pytest.raises(RuleBroken, match="Write why"):
        mark(session, number, MarkKind.REVOKED, reason=" ", zone=UTC_ZONE, by=amir, now=later)
    mark(
        session,
        number,
        MarkKind.REVOKED,
        reason=REASON,
        replacement="pen-flow",
        zone=UTC_ZONE,
        by=amir,
        now=later,
    )
    found = stands(session, number, later)
    assert (found.state, found.replacement) == (ValidityState.REVOKED, "pen-flow")
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


def test_a_condition_that_asks_for_evidence_is_met_with_it(
    session: Session, cast: Mapping[str, Actor], now: datetime, later: datetime
) -> None:
    dated = replace(
        a_condition("Sign the terms.", "R5"), standing=False, due_on=date(2027, 3, 1), check=Check.EVIDENCE
    )
    tool = a_tool(session, "Scrawl", now=now)
    outcome = Outcome.APPROVED_WITH_CONDITIONS
    asked = a_verdict(session, tool, cast, now=now, outcome=outcome, conditions=(dated,)).number
    given = {"on": later.date(), "zone": UTC_ZONE, "by": cast["amir"], "now": later}
    with pytest.raises(InvalidInput) as refused:
        meet_condition(session, asked, 1, **given)  # type: ignore[arg-type]
    assert list(refused.value.faults) == ["evidence"]
    met = meet_condition(session, asked, 1, evidence="https://files.example/terms", **given)  # type: ignore[arg-type]
    assert met.evidence == "https://files.example/terms"


@pytest.mark.both_databases
def test_what_was_noted_as_met_or_waived_by_mistake_is_owed_again(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime
) -> None:
    amir = cast["amir"]
    with pytest.raises(RuleBroken, match="neither met nor waived"):
        take_back(session, number, 2, reason="Wrong.", zone=UTC_ZONE, by=amir, now=later)
    meet_condition(session, number, 2, on=later.date(), zone=UTC_ZONE, by=amir, now=later)
    with pytest.raises(InvalidInput):
        take_back(session, number, 2, reason=" ", zone=UTC_ZONE, by=amir, now=later)
    with pytest.raises(NotAllowed):
        take_back(session, number, 2, reason="Wrong.", zone=UTC_ZONE, by=cast["rosa"], now=later)
    take_back(session, number, 2, reason="It was another tool's.", zone=UTC_ZONE, by=amir, now=later)
    assert stands(session, number, later).ends_on == date(2027, 3, 1)
    waive_condition(session, number, 2, reason=REASON, zone=UTC_ZONE, by=amir, now=later)
    take_back(session, number, 2, reason="Too early.", zone=UTC_ZONE, by=amir, now=later)
    event = session.exec(select(Event).where(Event.action == "condition.reopened")).all()[-1]
    assert (event.before["waived_reason"], event.after["reason"]) == (REASON, "Too early.")


@pytest.mark.both_databases
@pytest.mark.parametrize("day", [date(2027, 3, 2), date(2027, 4, 5)])
def test_once_its_day_is_over_a_condition_is_neither_met_nor_waived_since_that_takes_a_new_decision(
    session: Session, cast: Mapping[str, Actor], number: int, day: date
) -> None:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC_ZONE)
    ended = stands(session, number, at).state
    assert ended in {ValidityState.GRACE, ValidityState.LAPSED}
    with pytest.raises(RuleBroken, match="Renew it by a new decision"):
        waive_condition(session, number, 2, reason=REASON, zone=UTC_ZONE, by=cast["amir"], now=at)
    for met_on in (date(2027, 3, 1), day):
        with pytest.raises(RuleBroken, match="Renew it by a new decision"):
            meet_condition(session, number, 2, on=met_on, zone=UTC_ZONE, by=cast["amir"], now=at)
    assert stands(session, number, at).state is ended


@pytest.mark.parametrize(
    ("hides", "ends"),
    [
        (MarkKind.SUSPENDED, MarkKind.SUSPENSION_LIFTED),
        (MarkKind.GRADUATED, MarkKind.GRADUATION_CANCELLED),
    ],
)
def test_what_lapsed_while_suspended_or_graduated_is_not_brought_back_by_its_condition(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime, hides: MarkKind, ends: MarkKind
) -> None:
    at = datetime(2027, 4, 5, 12, tzinfo=UTC_ZONE)
    mark(session, number, hides, reason=REASON, zone=UTC_ZONE, by=cast["ana"], now=later)
    with pytest.raises(RuleBroken, match="Renew it by a new decision"):
        waive_condition(session, number, 2, reason=REASON, zone=UTC_ZONE, by=cast["amir"], now=at)
    with pytest.raises(RuleBroken, match="Renew it by a new decision"):
        meet_condition(session, number, 2, on=at.date(), zone=UTC_ZONE, by=cast["amir"], now=at)
    mark(session, number, ends, reason="Over.", zone=UTC_ZONE, by=cast["amir"], now=at)
    assert stands(session, number, at).state is ValidityState.LAPSED


def test_a_condition_is_not_met_before_the_verdict_was_decided(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime
) -> None:
    with pytest.raises(InvalidInput) as refused:
        meet_condition(
            session, number, 2, on=later.date() - timedelta(days=1), zone=UTC_ZONE, by=cast["amir"], now=later
        )
    assert "met_on" in refused.value.faults


@pytest.mark.parametrize("kind", [MarkKind.SUNSET, MarkKind.SUNSET_CANCELLED])
def test_an_announced_end_that_came_during_a_suspension_is_neither_moved_nor_called_off(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime, kind: MarkKind
) -> None:
    def act(kind: MarkKind, by: str, at: datetime, day: date | None = None) -> None:
        mark(session, number, kind, reason=REASON, effective_on=day, zone=UTC_ZONE, by=cast[by], now=at)

    act(MarkKind.SUNSET, "ana", later, date(2027, 1, 1))
    act(MarkKind.SUSPENDED, "ana", later)
    at = datetime(2027, 1, 1, 12, tzinfo=UTC_ZONE)
    with pytest.raises(RuleBroken):
        act(kind, "amir", at, date(2027, 2, 1))
    act(MarkKind.SUSPENSION_LIFTED, "amir", at)
    assert stands(session, number, at).state is ValidityState.SUNSET_REACHED


@pytest.mark.both_databases
def test_a_graduation_and_an_announced_end_are_put_right_by_another_act_with_a_reason(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime
) -> None:
    def act(kind: MarkKind, reason: str = "A mistake.", day: date | None = None) -> ValidityState:
        mark(
            session, number, kind, reason=reason, effective_on=day, zone=UTC_ZONE, by=cast["amir"], now=later
        )
        return stands(session, number, later).state

    with pytest.raises(RuleBroken):
        act(MarkKind.GRADUATION_CANCELLED)
    assert act(MarkKind.GRADUATED) is ValidityState.GRADUATED
    with pytest.raises(RuleBroken, match="Write why"):
        act(MarkKind.GRADUATION_CANCELLED, reason="")
    assert act(MarkKind.GRADUATION_CANCELLED) is ValidityState.ACTIVE
    assert act(MarkKind.SUNSET, day=date(2027, 1, 1)) is ValidityState.SUNSET_ANNOUNCED
    assert act(MarkKind.SUNSET, day=date(2027, 2, 1)) is ValidityState.SUNSET_ANNOUNCED
    assert stands(session, number, later).ends_on == date(2027, 2, 1)
    assert act(MarkKind.SUNSET_CANCELLED) is ValidityState.ACTIVE
    assert act(MarkKind.SUNSET, day=date(2027, 1, 1)) is ValidityState.SUNSET_ANNOUNCED
    with pytest.raises(RuleBroken):
        mark(
            session,
            number,
            MarkKind.SUNSET_CANCELLED,
            reason="Too late.",
            zone=UTC_ZONE,
            by=cast["amir"],
            now=datetime(2027, 1, 1, 12, tzinfo=UTC_ZONE),
        )


def test_a_replacement_is_another_tool_that_is_listed(
    session: Session, cast: Mapping[str, Actor], number: int, now: datetime, later: datetime
) -> None:
    a_tool(session, "Pen Flow", now=now)

    def withdraw(replacement: str) -> None:
        mark(
            session,
            number,
            MarkKind.REVOKED,
            reason=REASON,
            replacement=replacement,
            zone=UTC_ZONE,
            by=cast["amir"],
            now=later,
        )

    with pytest.raises(InvalidInput, match="instead of itself"):
        withdraw(" quillmark ")
    with pytest.raises(
        InvalidInput, match=r"no tool called “Pen Floww”\. Did you mean Pen Flow\?"
    ) as refused:
        withdraw("Pen Floww")
    assert list(refused.value.faults) == ["replacement"]
    withdraw("pen  flow")
    assert stands(session, number, later).replacement == "pen-flow"


def test_an_act_on_a_page_that_is_no_longer_true_is_refused(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime
) -> None:
    row = verdicts.get(session, number)
    seen = verdicts.newest_events(session, [id_of(row)])[id_of(row)]

    def act(kind: MarkKind, who: str) -> None:
        mark(session, number, kind, reason=REASON, seen=seen, zone=UTC_ZONE, by=cast[who], now=later)

    act(MarkKind.SUSPENDED, "ada")
    with pytest.raises(StaleVersion, match=f"verdict {number}"):
        act(MarkKind.REVOKED, "amir")
    assert stands(session, number, later).state is ValidityState.SUSPENDED


@pytest.mark.both_databases
def test_several_are_withdrawn_in_one_act_with_one_event_each_that_name_each_other(
    session: Session, cast: Mapping[str, Actor], number: int, now: datetime, later: datetime
) -> None:
    other = a_verdict(session, a_tool(session, "Scrawl", now=now), cast, now=now)
    a_tool(session, "Pen Flow", now=now)
    seen = seen_now(session, number, other.number)
    withdraw_together(
        session, seen, reason=REASON, replacement="Pen Flow", zone=UTC_ZONE, by=cast["amir"], now=later
    )
    told = session.exec(select(Event).where(Event.action == "verdict.revoked")).all()
    assert {each.after["number"] for each in told} == {number, other.number}
    assert len({each.after["together"] for each in told}) == 1
    found = [stands(session, each, later) for each in (number, other.number)]
    assert {(each.state, each.replacement) for each in found} == {(ValidityState.REVOKED, "pen-flow")}


@pytest.mark.both_databases
def test_of_several_all_are_withdrawn_or_none_and_each_that_cannot_be_is_named(
    session: Session, cast: Mapping[str, Actor], number: int, now: datetime, later: datetime
) -> None:
    second = a_verdict(session, a_tool(session, "Scrawl", now=now), cast, now=now).number
    third = a_verdict(session, a_tool(session, "Pen Flow", now=now), cast, now=now).number
    seen = seen_now(session, number, second, third)

    def withdraw(told: dict[int, int], who: str = "amir", replacement: str = "") -> None:
        withdraw_together(
            session, told, reason=REASON, replacement=replacement, zone=UTC_ZONE, by=cast[who], now=later
        )

    mark(session, second, MarkKind.REVOKED, reason=REASON, zone=UTC_ZONE, by=cast["amir"], now=later)
    with pytest.raises(RuleBroken, match=rf"Verdict {second} cannot be .*number 99"):
        withdraw(seen | {99: 1})
    with pytest.raises(RuleBroken, match="Pen Flow cannot be used instead of itself"):
        withdraw({number: seen[number], third: seen[third]}, replacement="Pen Flow")
    mark(session, third, MarkKind.SUSPENDED, reason=REASON, zone=UTC_ZONE, by=cast["ana"], now=later)
    with pytest.raises(StaleVersion, match=f"verdict {third} "):
        withdraw({number: seen[number], third: seen[third]})
    with pytest.raises(NotAllowed):
        withdraw({number: seen[number]}, who="ada")
    with pytest.raises(InvalidInput):
        withdraw({})
    assert stands(session, number, later).state is ValidityState.ACTIVE


def seen_now(session: Session, *numbers: int) -> dict[int, int]:
    rows = verdicts.by_numbers(session, numbers)
    newest = verdicts.newest_events(session, [id_of(row) for row in rows])
    return {row.number: newest[id_of(row)] for row in rows}


@pytest.mark.both_databases
def test_a_clock_that_is_set_back_two_hours_neither_hides_what_befell_nor_changes_its_order(
    session: Session, cast: Mapping[str, Actor], number: int, later: datetime
) -> None:
    def state(at: datetime) -> ValidityState:
        session.flush()
        row = verdicts.get(session, number)
        return validity(verdicts.as_rulings(session, [row], now=at)[0], at=at, zone=UTC_ZONE).state

    noon = later + timedelta(hours=5)
    mark(session, number, MarkKind.SUSPENDED, reason=REASON, zone=UTC_ZONE, by=cast["ada"], now=noon)
    now_again = noon - timedelta(hours=2)
    assert state(now_again) is ValidityState.SUSPENDED
    mark(
        session, number, MarkKind.SUSPENSION_LIFTED, reason="", zone=UTC_ZONE, by=cast["amir"], now=now_again
    )
    assert [state(at) for at in (now_again, noon, noon + timedelta(days=1))] == [ValidityState.ACTIVE] * 3

"""The days of a verdict: how long it and its pilots may stand, and what a renewal may neither drop nor carry over."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.outcome import Outcome
from registry.domain.triggers import Cause
from registry.domain.validity import MarkKind, ValidityState, validity
from registry.domain.verdict import Pilot
from registry.services.decisions import renewal
from registry.services.decisions.decision import Decision, decide
from registry.services.evaluations import assigning, scoring
from registry.services.people.acting import Actor
from registry.services.verdicts import duties, reopening
from registry.services.verdicts.verdict_life import mark
from registry.store import evaluations, tables, verdicts
from registry.store.columns import id_of
from tests.builders import TERMS, UTC_ZONE, a_condition, a_tool, a_verdict, an_evaluation, scored, the_cast

CONDITIONAL = Outcome.APPROVED_WITH_CONDITIONS
PILOT = Decision(
    outcome=Outcome.PILOT,
    rationale="Let us see.",
    step_reason="We want to see it first.",
    conditions=(a_condition("Ten people.", "R5"),),
    pilot=Pilot("Rosa", "Ten people", "Letters an hour", "Ends when it loses one"),
)


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now)


def a_pilot(
    session: Session, tool: tables.Tool, cast: Mapping[str, Actor], now: datetime, decision: Decision = PILOT
) -> tables.Verdict:
    case = an_evaluation(session, tool, owner=cast["rosa"], reviewers=(cast["rosa"], cast["ravi"]), now=now)
    for name in ("rosa", "ravi"):
        scored(session, case, cast[name], now=now, R5="3")
    return decide(session, id_of(case), decision, TERMS, by=cast["amir"], now=now)


def scored_again(
    session: Session, tool: tables.Tool, cast: Mapping[str, Actor], at: datetime, **ratings: str
) -> int:
    """The case of verdict 1, opened by hand and scored by two."""
    reopening.reopen_by_hand(
        session, [1], Cause.NEW_EVIDENCE, text="A new report.", zone=UTC_ZONE, by=cast["rosa"], now=at
    )
    case = evaluations.find_running(session, id_of(tool), "")
    assert case is not None
    for name in ("rosa", "ravi"):
        assigning.assign(session, id_of(case), cast[name].person_id, by=cast["rosa"], now=at)
        scoring.declare(session, id_of(case), interested=False, statement="", by=cast[name], now=at)
        scored(session, case, cast[name], now=at, **ratings)
    return id_of(case)


def test_an_announced_end_is_not_lost_by_a_renewal(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    tool, at = a_tool(session, now=now), now + timedelta(days=10)
    a_verdict(session, tool, cast, now=now)
    day = at.date() + timedelta(days=60)
    mark(session, 1, MarkKind.SUNSET, effective_on=day, reason="", zone=UTC_ZONE, by=cast["amir"], now=at)
    case = scored_again(session, tool, cast, at)
    with pytest.raises(RuleBroken, match="is announced"):
        renewal.renew(session, case, TERMS, by=cast["amir"], now=at)


def test_a_condition_that_was_waived_covers_nothing_in_a_renewal(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    tool, at = a_tool(session, now=now), now + timedelta(days=10)
    dated = replace(a_condition("Sign.", "R5"), standing=False, due_on=now.date() + timedelta(days=30))
    a_verdict(session, tool, cast, now=now, outcome=CONDITIONAL, conditions=(dated,))
    duties.waive_condition(session, 1, 1, reason="Moot.", zone=UTC_ZONE, by=cast["amir"], now=at)
    case = scored_again(session, tool, cast, at, R5="3")
    with pytest.raises(RuleBroken, match="cannot be renewed as it was"):
        renewal.renew(session, case, TERMS, by=cast["amir"], now=at)


def test_a_verdict_whose_condition_was_met_in_time_stands_for_the_life_of_its_outcome(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    tool, due = a_tool(session, now=now), now.date() + timedelta(days=30)
    dated = replace(a_condition("Sign.", "R5"), standing=False, due_on=due)
    row = a_verdict(session, tool, cast, now=now, outcome=CONDITIONAL, conditions=(dated,))
    at = now + timedelta(days=10)
    before = validity(verdicts.as_rulings(session, [row])[0], at=at, zone=UTC_ZONE)
    assert before.ends_on == due
    duties.meet_condition(session, 1, 1, on=at.date(), zone=UTC_ZONE, by=cast["amir"], now=at)
    after = validity(verdicts.as_rulings(session, [row])[0], at=now + timedelta(days=100), zone=UTC_ZONE)
    assert (after.state, after.ends_on) == (ValidityState.ACTIVE, date(2027, 11, 3))


def test_a_pilot_lasts_180_days_at_most(session: Session, cast: Mapping[str, Actor], now: datetime) -> None:
    longer = replace(PILOT, valid_until=now.date() + timedelta(days=181))
    with pytest.raises(InvalidInput) as refused:
        a_pilot(session, a_tool(session, now=now), cast, now, longer)
    assert "180 days at most" in refused.value.faults["valid_until"]


def test_a_third_pilot_in_a_row_is_refused_where_none_names_the_one_before_too(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    tool = a_tool(session, now=now)
    for days in (0, 181):
        a_pilot(session, tool, cast, now + timedelta(days=days))
    with pytest.raises(InvalidInput) as refused:
        a_pilot(session, tool, cast, now + timedelta(days=362))
    assert "renewed only once" in refused.value.faults["outcome"]


def test_a_verdict_does_not_start_after_its_last_day(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    today = now.date()
    with pytest.raises(InvalidInput) as refused:
        a_verdict(
            session,
            a_tool(session, now=now),
            cast,
            now=now,
            starts_on=today + timedelta(days=3),
            valid_until=today + timedelta(days=2),
        )
    assert "starts_on" in refused.value.faults

"""Nothing changed, renew it: a new decision by the rules of every decision, after scorecards that were confirmed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session

from registry.domain.errors import NotAllowed, RuleBroken
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind, ValidityState, validity
from registry.domain.verdict import Pilot
from registry.services.decisions import renewal
from registry.services.decisions.decision import Decision, decide
from registry.services.evaluations import scoring
from registry.services.people.acting import Actor
from registry.services.verdicts import watching
from registry.services.verdicts.verdict_life import mark
from registry.store import evaluations, tables, verdicts
from registry.store.columns import id_of
from tests.builders import TERMS, UTC_ZONE, a_condition, a_tool, a_verdict, an_evaluation, scored, the_cast

PILOT = Pilot("Rosa", "Ten people", "Letters an hour", "Ends when it loses one")
RESULT = {"reached": "yes", "measure": "12 an hour", "exit_rule": "None was lost"}


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now)


def opened_again(session: Session, tool: tables.Tool, at: datetime) -> tables.Evaluation:
    session.flush()
    watching.watch(session, zone=UTC_ZONE, now=at)
    found = evaluations.find_running(session, id_of(tool), "")
    assert found is not None
    return found


def confirm(session: Session, case: tables.Evaluation, cast: Mapping[str, Actor], at: datetime) -> None:
    """Both reviewers take over what they rated, and hand it in."""
    for name in ("rosa", "ravi"):
        by = cast[name]
        scoring.declare(session, id_of(case), interested=False, statement="", by=by, now=at)
        begun = scoring.carry_over(session, id_of(case), by=by, now=at)
        kept = scoring.last_of(session, case, by=by)
        assert kept is not None
        said = replace(
            kept.lines,
            ratings={key: replace(line, carried=False) for key, line in kept.lines.ratings.items()},
            knock_outs={key: replace(line, carried=False) for key, line in kept.lines.knock_outs.items()},
        )
        scoring.save_draft(session, id_of(case), said, version=begun, by=by, now=at)
        scoring.submit(session, id_of(case), solo=False, by=by, now=at)


@pytest.mark.both_databases
def test_a_verdict_is_renewed_as_it_was_by_a_new_one_that_supersedes_it(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    tool = a_tool(session, now=now)
    outcome = Outcome.APPROVED_WITH_CONDITIONS
    old = a_verdict(session, tool, cast, now=now, outcome=outcome, valid_until=date(2027, 9, 1))
    at = datetime(2027, 8, 1, 12, tzinfo=UTC_ZONE)
    case = opened_again(session, tool, at)
    with pytest.raises(RuleBroken):
        renewal.renew(session, id_of(case), TERMS, by=cast["amir"], now=at)
    confirm(session, case, cast, at)
    with pytest.raises(NotAllowed):
        renewal.renew(session, id_of(case), TERMS, by=cast["rosa"], now=at)
    new = renewal.renew(session, id_of(case), TERMS, version=case.version, by=cast["amir"], now=at)
    session.flush()
    assert (new.number, new.outcome, new.valid_until) == (2, outcome, date(2028, 8, 1))
    assert new.rationale.endswith("Nothing changed since verdict 1: renewed as it was.")
    later = at + timedelta(hours=1)
    was, stands = verdicts.as_rulings(session, [old, new], now=later)
    assert validity(was, at=later, zone=UTC_ZONE).state is ValidityState.SUPERSEDED
    assert (stands.verdict.supersedes, stands.verdict.conditions) == ((1,), was.verdict.conditions)


def test_scored_otherwise_it_is_not_renewed_as_it_was(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    tool = a_tool(session, now=now)
    a_verdict(session, tool, cast, now=now, valid_until=date(2027, 9, 1))
    at = datetime(2027, 8, 1, 12, tzinfo=UTC_ZONE)
    case = opened_again(session, tool, at)
    for name in ("rosa", "ravi"):
        scoring.declare(session, id_of(case), interested=False, statement="", by=cast[name], now=at)
        scored(session, case, cast[name], now=at, R2="4")
    with pytest.raises(RuleBroken, match="scored otherwise"):
        renewal.renew(session, id_of(case), TERMS, by=cast["amir"], now=at)


def test_an_overdue_condition_and_a_suspension_keep_it_from_being_renewed(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    tool = a_tool(session, now=now)
    dated = replace(a_condition("Sign.", "R5"), standing=False, due_on=date(2027, 8, 1))
    outcome = Outcome.APPROVED_WITH_CONDITIONS
    a_verdict(session, tool, cast, now=now, outcome=outcome, conditions=(dated,))
    at = datetime(2027, 8, 3, 12, tzinfo=UTC_ZONE)
    case = opened_again(session, tool, at)
    confirm(session, case, cast, at)
    with pytest.raises(RuleBroken, match="A condition is overdue: Sign"):
        renewal.renew(session, id_of(case), TERMS, by=cast["amir"], now=at)
    mark(session, 1, MarkKind.SUSPENDED, reason="A leak.", zone=UTC_ZONE, by=cast["ada"], now=at)
    with pytest.raises(RuleBroken, match="suspended"):
        renewal.renew(session, id_of(case), TERMS, by=cast["amir"], now=at)


def test_a_case_that_looks_at_no_verdict_renews_none(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    case = an_evaluation(session, a_tool(session, now=now), owner=cast["rosa"], now=now)
    with pytest.raises(RuleBroken, match="no earlier verdict"):
        renewal.renew(session, id_of(case), TERMS, by=cast["amir"], now=now)


@pytest.mark.both_databases
def test_a_pilot_ends_by_itself_is_renewed_once_and_only_with_its_result_on_record(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    tool = a_tool(session, now=now)
    case = an_evaluation(session, tool, owner=cast["rosa"], reviewers=(cast["rosa"], cast["ravi"]), now=now)
    at, amir = now, cast["amir"]
    for name in ("rosa", "ravi"):
        scored(session, case, cast[name], now=at, R5="3")
    first = decide(
        session,
        id_of(case),
        Decision(
            outcome=Outcome.PILOT,
            rationale="Let us see.",
            conditions=(a_condition("Ten people.", "R5"),),
            pilot=PILOT,
            step_reason="We want to see it first.",
        ),
        TERMS,
        by=amir,
        now=at,
    )
    assert first.valid_until is not None
    for number in (1, 2):
        row = verdicts.get(session, number)
        assert row.valid_until is not None
        at = datetime(row.valid_until.year, row.valid_until.month, row.valid_until.day, 12, tzinfo=UTC_ZONE)
        at += timedelta(days=1)
        ruling = verdicts.as_rulings(session, [row], now=at)[0]
        assert validity(ruling, at=at, zone=UTC_ZONE).state is ValidityState.LAPSED
        again = opened_again(session, tool, at)
        confirm(session, again, cast, at)
        with pytest.raises(RuleBroken, match="what the pilot came to"):
            renewal.renew(session, id_of(again), TERMS, by=amir, now=at)
        mark(
            session,
            number,
            MarkKind.PILOT_RESULT,
            reason="It worked.",
            details=RESULT,
            zone=UTC_ZONE,
            by=amir,
            now=at,
        )
        if number == 1:
            renewed = renewal.renew(session, id_of(again), TERMS, by=amir, now=at)
            session.flush()
            assert (renewed.number, renewed.outcome) == (2, Outcome.PILOT)
        else:
            with pytest.raises(RuleBroken, match="renewed only once"):
                renewal.renew(session, id_of(again), TERMS, by=amir, now=at)

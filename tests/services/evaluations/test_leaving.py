"""Somebody leaves in the middle of an evaluation: nothing is orphaned, what they handed in stays."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.evaluation import EvaluationState
from registry.domain.scorecard import TypedScorecard
from registry.services.evaluations import scoring, work
from registry.services.evaluations.leaving import open_work
from registry.services.evaluations.scorecards import counting
from registry.services.evaluations.work import TaskKind
from registry.services.people import accounts
from registry.services.people.acting import Actor
from registry.store import evaluations, parties
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Request
from tests.builders import a_tool, an_evaluation, scored, the_cast


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now)


@pytest.fixture
def opened(session: Session, cast: Mapping[str, Actor], now: datetime) -> Evaluation:
    """For Rosa, who owns it, and Ravi to score."""
    reviewers = (cast["rosa"], cast["ravi"])
    return an_evaluation(session, a_tool(session, now=now), owner=cast["rosa"], reviewers=reviewers, now=now)


def asked(session: Session, evaluation: Evaluation) -> list[str]:
    return [each.name for each in parties.assigned(session, id_of(evaluation))]


def test_what_a_person_leaves_open_is_told_before(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    left = open_work(session, cast["rosa"].person_id)
    assert [[row[0].id for row in rows] for rows in (left.owned, left.owed)] == [[opened.id]] * 2
    scored(session, opened, cast["rosa"], now=now)
    assert open_work(session, cast["rosa"].person_id).owed == ()
    assert open_work(session, cast["mina"].person_id).nothing


@pytest.mark.both_databases
def test_a_successor_takes_over_what_was_owned_and_owed(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    scoring.save_draft(session, id_of(opened), TypedScorecard(), version=0, by=cast["rosa"], now=now)
    accounts.disable(session, cast["rosa"].person_id, successor_id=cast["mina"].id, by=cast["ada"], now=now)
    assert opened.owner_id == cast["mina"].id
    assert asked(session, opened) == ["Mina", "Ravi"]
    assert [card.reviewer.name for card in evaluations.scorecards(session, id_of(opened))] == ["Rosa"]
    assert open_work(session, cast["rosa"].person_id).nothing


def test_without_a_successor_scorecards_go_back_to_the_owner_who_is_told(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    accounts.disable(session, cast["ravi"].person_id, by=cast["ada"], now=now)
    assert asked(session, opened) == ["Rosa"]
    mine = work.my_work(session, cast["rosa"], today=now.date(), now=now, solo=False).pieces
    assert [(each.task.kind, each.task.count) for each in mine] == [(TaskKind.ASK, 1), (TaskKind.SCORE, 0)]


def test_an_owner_is_not_shut_out_before_somebody_is_named_to_take_over(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    for successor in (None, cast["rosa"].id, cast["emil"].id):
        with pytest.raises(InvalidInput) as refused:
            accounts.disable(session, cast["rosa"].person_id, successor_id=successor, by=cast["ada"], now=now)
        assert list(refused.value.faults) == ["successor"]


def test_a_successor_who_may_not_score_a_tool_is_not_asked_to(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    session.add(Request(tool_id=opened.tool_id, user_id=cast["mina"].id, purpose="x", digest="1", at=now))
    session.flush()
    accounts.disable(session, cast["rosa"].person_id, successor_id=cast["mina"].id, by=cast["ada"], now=now)
    assert (opened.owner_id, asked(session, opened)) == (cast["mina"].id, ["Ravi"])


def test_scorecards_handed_in_by_who_left_stay_and_count(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    scored(session, opened, cast["ravi"], now=now)
    accounts.disable(session, cast["ravi"].person_id, by=cast["ada"], now=now)
    scored(session, opened, cast["rosa"], now=now)
    assert len(counting(evaluations.scorecards(session, id_of(opened)))) == 2
    assert opened.state is EvaluationState.DECISION


def test_who_is_a_reviewer_no_more_is_waited_for_no_more(
    session: Session, cast: Mapping[str, Actor], opened: Evaluation, now: datetime
) -> None:
    with pytest.raises(RuleBroken, match="Hand them over first"):
        accounts.set_roles(session, cast["rosa"].person_id, roles=["employee"], by=cast["ada"], now=now)
    accounts.set_roles(session, cast["rosa"].person_id, roles=["approver"], by=cast["ada"], now=now)
    accounts.set_roles(session, cast["ravi"].person_id, roles=["employee"], by=cast["ada"], now=now)
    assert (opened.owner_id, asked(session, opened)) == (cast["rosa"].id, [])

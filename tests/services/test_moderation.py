"""Flagged disagreements are resolved by the owner, within what was given, with a reason; dissent stays on record."""

from collections.abc import Mapping
from datetime import date, datetime

import pytest
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken
from registry.domain.evaluation import EvaluationState
from registry.domain.rubric import Rating
from registry.services import evaluation as rounds
from registry.services.acting import Actor
from registry.services.assessing import weigh
from registry.services.progress import progress
from registry.store import evaluations
from registry.store.columns import id_of
from registry.store.tables import Evaluation
from tests.builders import a_condition, a_tool, an_evaluation, scored, the_cast


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now)


@pytest.fixture
def split(session: Session, cast: Mapping[str, Actor], now: datetime) -> Evaluation:
    """Rosa rates R1 with 1, Ravi with 4; so the risk bands differ too."""
    reviewers = (cast["rosa"], cast["ravi"])
    found = an_evaluation(session, a_tool(session, now=now), owner=cast["rosa"], reviewers=reviewers, now=now)
    scored(session, found, cast["rosa"], now=now)
    scored(session, found, cast["ravi"], now=now, R1="4")
    return found


def resolve(
    session: Session,
    evaluation: Evaluation,
    item: str,
    value: str,
    *,
    by: Actor,
    now: datetime,
    reason: str = "We read the policy together.",
) -> None:
    rounds.moderate(session, id_of(evaluation), item, value=value, reason=reason, solo=False, by=by, now=now)


def test_ratings_two_apart_hold_the_evaluation_at_moderation(session: Session, split: Evaluation) -> None:
    assert split.state is EvaluationState.MODERATION
    assert progress(session, split, solo=False).missing == (
        "The disagreement on R1 must be moderated.",
        "The disagreement on risk_band must be moderated.",
    )


@pytest.mark.both_databases
def test_when_every_flag_is_resolved_it_is_ready_to_decide(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    resolve(session, split, "R1", "2", by=cast["rosa"], now=now)
    assert split.state is EvaluationState.MODERATION
    resolve(session, split, "risk_band", "", by=cast["rosa"], now=now)
    assert split.state is EvaluationState.DECISION


def test_the_resolved_value_stands_for_the_median_and_what_was_given_stays(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    resolve(session, split, "R1", "2", by=cast["rosa"], now=now)
    weighed = weigh(session, split)
    assert weighed.assessment.rating("R1") is Rating.TWO
    assert sorted(weighed.disagreements[0].given.values()) == ["1", "4"]


@pytest.mark.parametrize("value", ["0", "7", "yes"])
def test_a_value_that_nobody_spanned_is_refused(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime, value: str
) -> None:
    with pytest.raises(InvalidInput):
        resolve(session, split, "R1", value, by=cast["rosa"], now=now)


def test_resolving_needs_a_reason(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    with pytest.raises(InvalidInput) as refused:
        resolve(session, split, "R1", "2", by=cast["rosa"], now=now, reason=" ")
    assert list(refused.value.faults) == ["reason"]


def test_a_band_has_no_value_of_its_own(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    with pytest.raises(InvalidInput, match="follows from the ratings"):
        resolve(session, split, "risk_band", "2", by=cast["rosa"], now=now)


def test_only_the_owner_resolves_a_flag(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    for name in ("ravi", "amir", "ada"):
        with pytest.raises(NotAllowed):
            resolve(session, split, "R1", "2", by=cast[name], now=now)


def test_resolving_anew_replaces_the_earlier_one(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    for value in ("2", "3"):
        resolve(session, split, "R1", value, by=cast["rosa"], now=now)
    assert [row.value for row in evaluations.moderations(session, id_of(split))] == ["3"]


def test_a_waiting_evaluation_goes_on_where_it_stood(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    today = now.date()
    with pytest.raises(InvalidInput) as refused:
        rounds.wait(session, id_of(split), until=today, for_whom="", today=today, by=cast["rosa"], now=now)
    assert set(refused.value.faults) == {"until", "for_whom"}
    rounds.wait(
        session,
        id_of(split),
        until=date(2027, 1, 1),
        for_whom="The vendor",
        today=today,
        by=cast["rosa"],
        now=now,
    )
    with pytest.raises(RuleBroken, match="Resume it first"):
        resolve(session, split, "R1", "2", by=cast["rosa"], now=now)
    rounds.resume(session, id_of(split), solo=False, by=cast["rosa"], now=now)
    assert split.state is EvaluationState.MODERATION


def test_a_proposed_condition_names_only_what_the_rubric_asks(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    with pytest.raises(InvalidInput, match="not kept"):
        rounds.propose_condition(
            session, id_of(split), a_condition("Enter little.", "R99"), by=cast["ravi"], now=now
        )
    kept = rounds.propose_condition(
        session, id_of(split), a_condition("Enter little.", "R1"), by=cast["ravi"], now=now
    )
    assert weigh(session, split).conditions == (a_condition("Enter little.", "R1"),)
    rounds.withdraw_condition(session, id_of(split), id_of(kept), by=cast["ravi"], now=now)
    assert weigh(session, split).conditions == ()


def test_a_withdrawn_evaluation_takes_nothing_more(
    session: Session, cast: Mapping[str, Actor], split: Evaluation, now: datetime
) -> None:
    rounds.withdraw(session, id_of(split), reason="The tool is gone.", by=cast["rosa"], now=now)
    with pytest.raises(RuleBroken):
        rounds.propose_condition(session, id_of(split), a_condition(), by=cast["ravi"], now=now)
    with pytest.raises(RuleBroken):
        resolve(session, split, "R1", "2", by=cast["rosa"], now=now)

"""One verdict comes out of an evaluation, by somebody who may decide, with all that its outcome needs."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken
from registry.domain.evaluation import EvaluationState
from registry.domain.outcome import Outcome
from registry.services.answers import requests
from registry.services.decisions.decision import Decision, decide
from registry.services.decisions.taking_back import undo
from registry.services.evaluations import assigning, scoring
from registry.services.people.acting import Actor
from registry.store import evaluations, tools
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Event, Verdict
from tests.builders import TERMS, a_condition, a_tool, a_verdict, an_evaluation, scored, the_cast
from tests.conftest import Beginning


def all_scored(session: Session, now: datetime) -> dict[str, Actor]:
    """By Rosa and Ravi, nothing flagged; it waits for an approver."""
    cast = the_cast(session, now)
    reviewers = (cast["rosa"], cast["ravi"])
    found = an_evaluation(session, a_tool(session, now=now), owner=cast["rosa"], reviewers=reviewers, now=now)
    for each in reviewers:
        scored(session, found, each, now=now)
    return cast


@pytest.fixture
def beginning() -> Beginning:
    return all_scored


@pytest.fixture
def cast(given: dict[str, Actor]) -> dict[str, Actor]:
    return given


@pytest.fixture
def ready(session: Session) -> Evaluation:
    return session.exec(select(Evaluation)).one()


YES = Decision(outcome=Outcome.APPROVED, rationale="It does what we need.")


@pytest.mark.both_databases
def test_a_decided_evaluation_has_a_numbered_verdict(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime
) -> None:
    assert ready.state is EvaluationState.DECISION
    verdict = decide(session, id_of(ready), YES, TERMS, by=cast["amir"], now=now)
    assert (verdict.number, verdict.outcome, verdict.decided_by) == (1, Outcome.APPROVED, "Amir")
    assert ready.state is EvaluationState.DECIDED
    assert verdict.starts_at == now + timedelta(seconds=300)
    assert verdict.valid_until is not None
    assert verdict.valid_until.year == now.year + 2
    assert verdict.assessment["risk"] == "low"


@pytest.mark.both_databases
def test_an_evaluation_is_decided_once(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime
) -> None:
    decide(session, id_of(ready), YES, TERMS, by=cast["amir"], now=now)
    with pytest.raises(RuleBroken):
        decide(session, id_of(ready), YES, TERMS, by=cast["ana"], now=now)


@pytest.mark.parametrize(("name", "sentence"), [("rosa", "Only an approver"), ("emil", "Only an approver")])
def test_who_is_no_approver_may_not_decide(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime, name: str, sentence: str
) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        decide(session, id_of(ready), YES, TERMS, by=cast[name], now=now)


def test_who_scored_may_not_decide(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime
) -> None:
    rosa = replace(cast["rosa"], roles=cast["rosa"].roles | cast["amir"].roles)
    with pytest.raises(NotAllowed, match="You scored this tool"):
        decide(session, id_of(ready), YES, TERMS, by=rosa, now=now)


def test_a_token_never_decides(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime
) -> None:
    token = replace(cast["amir"], scopes=frozenset({"score", "triage"}))
    with pytest.raises(NotAllowed, match="never a token"):
        decide(session, id_of(ready), YES, TERMS, by=token, now=now)


def test_one_person_may_score_and_decide_where_the_office_is_one_person_and_the_verdict_says_so(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime
) -> None:
    rosa = replace(cast["rosa"], roles=cast["rosa"].roles | cast["amir"].roles)
    verdict = decide(session, id_of(ready), YES, replace(TERMS, solo=True), by=rosa, now=now)
    assert verdict.notes == ["One person scored and decided: this is an office of one person."]


def test_a_step_away_from_the_recommendation_needs_a_reason(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime
) -> None:
    strict = replace(YES, outcome=Outcome.APPROVED_WITH_CONDITIONS, conditions=(a_condition(),))
    with pytest.raises(InvalidInput) as refused:
        decide(session, id_of(ready), strict, TERMS, by=cast["amir"], now=now)
    assert "step_reason" in refused.value.faults
    verdict = decide(
        session,
        id_of(ready),
        replace(strict, step_reason="The vendor is new."),
        TERMS,
        by=cast["amir"],
        now=now,
    )
    assert (verdict.recommended, verdict.step_reason) == (Outcome.APPROVED, "The vendor is new.")


def test_a_conditional_approval_without_a_condition_is_refused(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime
) -> None:
    bare = replace(YES, outcome=Outcome.APPROVED_WITH_CONDITIONS, step_reason="The vendor is new.")
    with pytest.raises(InvalidInput) as refused:
        decide(session, id_of(ready), bare, TERMS, by=cast["amir"], now=now)
    assert "conditions" in refused.value.faults
    assert evaluations.get(session, id_of(ready)).state is EvaluationState.DECISION


def test_publishing_writes_one_event_with_the_verdict(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime
) -> None:
    verdict = decide(session, id_of(ready), YES, TERMS, by=cast["amir"], now=now)
    [event] = session.exec(select(Event).where(Event.action == "verdict.published")).all()
    assert (event.actor, event.subject_kind, event.subject_id) == ("Amir", "verdict", verdict.id)
    assert event.after["outcome"] == "approved"


@pytest.mark.both_databases
def test_a_verdict_can_be_taken_back_before_it_goes_out_and_its_number_is_not_used_again(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime
) -> None:
    first = decide(session, id_of(ready), YES, TERMS, by=cast["amir"], now=now)
    undo(session, first.number, by=cast["amir"], now=now + timedelta(seconds=299))
    assert ready.state is EvaluationState.DECISION
    second = decide(session, id_of(ready), YES, TERMS, by=cast["amir"], now=now + timedelta(seconds=300))
    assert second.number == first.number + 1


def test_a_verdict_that_has_gone_out_cannot_be_taken_back(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime
) -> None:
    verdict = decide(session, id_of(ready), YES, TERMS, by=cast["amir"], now=now)
    with pytest.raises(RuleBroken, match="has gone out"):
        undo(session, verdict.number, by=cast["amir"], now=now + timedelta(seconds=300))


def test_a_successor_supersedes_what_is_published_on_its_tool_and_so_never_itself(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    tool, other = (a_tool(session, name, now=now) for name in ("Scrawl", "Inkwell"))
    first = a_verdict(session, tool, cast, now=now)
    stranger = a_verdict(session, other, cast, now=now)
    its_own = stranger.number + 1
    with pytest.raises(InvalidInput) as refused:
        a_verdict(session, tool, cast, now=now, supersedes=(its_own,))
    assert f"Verdict {its_own} is not" in refused.value.faults["supersedes"]
    assert session.exec(select(Verdict).where(Verdict.number == first.number)).one()


def test_a_verdict_on_another_tool_is_not_superseded(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    stranger = a_verdict(session, a_tool(session, "Inkwell", now=now), cast, now=now)
    with pytest.raises(InvalidInput) as refused:
        a_verdict(session, a_tool(session, "Scrawl", now=now), cast, now=now, supersedes=(stranger.number,))
    assert "supersedes" in refused.value.faults


def test_a_verdict_taken_back_leaves_the_evaluation_where_it_now_stands_and_not_ready_for_ever(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime
) -> None:
    verdict = decide(session, id_of(ready), YES, TERMS, by=cast["amir"], now=now)
    soon = now + timedelta(seconds=10)
    ravi = cast["ravi"].person_id
    assigning.add_contact(
        session, ready.tool_id, ravi, note="Sells it.", solo=False, by=cast["ana"], now=soon
    )
    undo(session, verdict.number, by=cast["amir"], now=soon)
    assert ready.state is EvaluationState.SCORING
    with pytest.raises(RuleBroken):
        decide(session, id_of(ready), YES, TERMS, by=cast["amir"], now=soon)


def test_a_verdict_is_not_taken_back_where_another_evaluation_of_the_tool_was_opened_meanwhile(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime
) -> None:
    verdict = decide(session, id_of(ready), YES, TERMS, by=cast["amir"], now=now)
    tool = tools.get_by_id(session, ready.tool_id)
    an_evaluation(session, tool, owner=cast["rosa"], reviewers=(cast["rosa"],), now=now)
    with pytest.raises(RuleBroken, match="opened meanwhile"):
        undo(session, verdict.number, by=cast["amir"], now=now + timedelta(seconds=10))


def test_who_scored_and_asks_for_the_tool_afterwards_counts_no_more(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime
) -> None:
    requests.request_tool(
        session, name="Quillmark", purpose="For my letters.", by=cast["ravi"], secret=b"s", now=now
    )
    assert ready.state is EvaluationState.SCORING
    ready.state = EvaluationState.DECISION  # whatever the state says, what counts is asked again
    session.flush()
    with pytest.raises(RuleBroken, match="1 more scorecard"):
        decide(session, id_of(ready), YES, TERMS, by=cast["amir"], now=now)


def test_a_declared_interest_bars_from_deciding_in_later_rounds_until_it_is_declared_otherwise(
    session: Session, cast: Mapping[str, Actor], ready: Evaluation, now: datetime
) -> None:
    tool, case = tools.get_by_id(session, ready.tool_id), id_of(ready)
    scoring.declare(session, case, interested=True, statement="Shares.", by=cast["amir"], now=now)
    decide(session, case, YES, TERMS, by=cast["ana"], now=now)
    later = now + timedelta(days=100)
    again = an_evaluation(
        session, tool, owner=cast["rosa"], reviewers=(cast["rosa"], cast["ravi"]), now=later
    )
    for name in ("rosa", "ravi"):
        scored(session, again, cast[name], now=later)
    with pytest.raises(NotAllowed, match="declared an interest"):
        decide(session, id_of(again), YES, TERMS, by=cast["amir"], now=later)
    scoring.declare(session, id_of(again), interested=False, statement="", by=cast["amir"], now=later)
    assert decide(session, id_of(again), YES, TERMS, by=cast["amir"], now=later).number == 2

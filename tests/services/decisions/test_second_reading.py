"""One in ten verdicts of the quick lane is read by another reviewer, and what comes of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput, NotAllowed
from registry.domain.evaluation import EvaluationState
from registry.domain.outcome import Outcome
from registry.domain.quick_lane import LIMITS, is_sampled
from registry.domain.verdict import Scope
from registry.services.decisions import sampling, second_reading
from registry.services.decisions.decider import permission
from registry.services.decisions.decision import Decision, decide
from registry.services.evaluations import evaluation as rounds
from registry.services.evaluations import scoring
from registry.services.evaluations.work import TaskKind, my_work
from registry.services.people import accounts, deputies
from registry.services.people.acting import Actor
from registry.store import evaluations, parties
from registry.store.columns import id_of
from registry.store.tables import Delegation, Evaluation, Event, Role, SecondReading, Verdict
from tests.builders import TERMS, UTC_ZONE, a_tool, an_evaluation, scored, the_cast, the_offices

SECRET = b"of the registry"
QUICK = Decision(
    outcome=Outcome.APPROVED,
    rationale="A bell.",
    scope=Scope(data_ceiling="public"),
    within=frozenset(LIMITS),
)


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now)


@pytest.fixture
def quick(
    session: Session, cast: Mapping[str, Actor], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> Verdict:
    """Decided by Rosa alone; its random id makes it one of those that are sampled."""
    sampled = next(str(number) for number in range(1000) if is_sampled(str(number), SECRET))
    tool = a_tool(session, now=now)
    case = an_evaluation(session, tool, owner=cast["rosa"], reviewers=(cast["rosa"],), tier=1, now=now)
    scored(session, case, cast["rosa"], now=now)
    with monkeypatch.context() as patched:
        patched.setattr("registry.services.decisions.decision.uuid4", lambda: sampled)
        return decide(session, id_of(case), QUICK, TERMS, by=cast["rosa"], now=now)


def sample(session: Session, at: datetime) -> list[SecondReading]:
    return sampling.open_due(session, secret=SECRET, zone=UTC_ZONE, now=at)


def read_again(session: Session, cast: Mapping[str, Actor], at: datetime, **ratings: str) -> Evaluation:
    [reading] = sample(session, at)
    evaluation = evaluations.get(session, reading.evaluation_id)
    [reader] = [
        each for each in cast.values() if parties.is_assigned(session, id_of(evaluation), each.person_id)
    ]
    scoring.declare(session, id_of(evaluation), interested=False, statement="", by=reader, now=at)
    scored(session, evaluation, reader, now=at, **ratings)
    return evaluation


@pytest.mark.both_databases
def test_nothing_is_asked_before_the_verdict_has_gone_out_and_then_once_of_somebody_else(
    session: Session, cast: Mapping[str, Actor], quick: Verdict, now: datetime
) -> None:
    assert sample(session, now) == []
    later = now + timedelta(hours=1)
    [reading] = sample(session, later)
    assert sample(session, later) == []
    asked = {each.name for each in parties.assigned(session, reading.evaluation_id)}
    assert len(asked) == 1
    assert asked <= {"Ravi", "Mina"}
    [event] = session.exec(select(Event).where(Event.action == "verdict.sampled")).all()
    assert event.after["number"] == quick.number


def test_nobody_is_asked_who_had_an_interest_in_an_earlier_round_until_they_say_otherwise(
    session: Session, cast: Mapping[str, Actor], quick: Verdict, now: datetime
) -> None:
    first, second = (
        rounds.open_evaluation(
            session,
            quick.tool_id,
            tier=1,
            owner_id=cast["rosa"].person_id,
            intended_use={"purpose": "Ringing."},
            edition=edition,
            zone=UTC_ZONE,
            by=cast["rosa"],
            now=now,
        )
        for edition in ("Team", "Home")
    )
    for name in ("ravi", "mina"):
        scoring.declare(session, id_of(first), interested=True, statement="Shares.", by=cast[name], now=now)
    later = now + timedelta(hours=1)
    assert sample(session, later) == []
    scoring.declare(session, id_of(second), interested=False, statement="", by=cast["mina"], now=later)
    [reading] = sample(session, later)
    [reader] = parties.assigned(session, reading.evaluation_id)
    assert reader.name == "Mina"


def test_one_that_is_not_sampled_is_never_read_again(session: Session, quick: Verdict, now: datetime) -> None:
    other = next(each for n in range(1000) if not is_sampled(quick.uid, each := SECRET * (n + 2)))
    assert sampling.open_due(session, secret=other, zone=UTC_ZONE, now=now + timedelta(days=1)) == []


def test_where_both_recommend_the_same_it_ends_by_itself(
    session: Session, cast: Mapping[str, Actor], quick: Verdict, now: datetime
) -> None:
    evaluation = read_again(session, cast, now + timedelta(hours=1))
    assert evaluation.state is EvaluationState.WITHDRAWN
    assert "recommends the same" in evaluation.withdrawn_reason
    assert session.get_one(SecondReading, quick.id).agrees is True


def test_where_they_differ_an_approver_has_it_on_the_desk_and_the_reader_cannot_decide(
    session: Session, cast: Mapping[str, Actor], quick: Verdict, now: datetime
) -> None:
    later = now + timedelta(hours=1)
    evaluation = read_again(session, cast, later, R2="4")
    assert evaluation.state is EvaluationState.DECISION
    assert "second reading of verdict 1" in second_reading.told(session, id_of(evaluation))
    for name, kinds in (("amir", [TaskKind.DECIDE]), ("ravi", []), ("mina", [])):
        work = my_work(session, cast[name], today=later.date(), now=later, solo=False)
        assert [each.task.kind for each in work.pieces] == kinds
    for name in ("ravi", "mina"):
        with pytest.raises(NotAllowed):
            decide(session, id_of(evaluation), QUICK, TERMS, by=cast[name], now=later)
    anew = Decision(
        outcome=Outcome.REJECTED,
        rationale="A flaw is open.",
        reason_code="not_acceptable",
        alternatives=("none known",),
        supersedes=(quick.number,),
    )
    assert decide(session, id_of(evaluation), anew, TERMS, by=cast["amir"], now=later).number == 2


def test_an_approver_lets_it_stand_with_a_reason(
    session: Session, cast: Mapping[str, Actor], quick: Verdict, now: datetime
) -> None:
    later = now + timedelta(hours=1)
    case = id_of(read_again(session, cast, later, R2="4"))
    with pytest.raises(InvalidInput):
        second_reading.let_stand(session, case, reason=" ", by=cast["amir"], now=later)
    with pytest.raises(NotAllowed):
        second_reading.let_stand(session, case, reason="So.", by=cast["rosa"], now=later)
    second_reading.let_stand(session, case, reason="The flaw was mended.", by=cast["amir"], now=later)
    assert evaluations.get(session, case).withdrawn_reason == "Verdict 1 stands: The flaw was mended."


def test_who_is_for_another_office_does_not_let_it_stand(
    session: Session, cast: Mapping[str, Actor], quick: Verdict, now: datetime
) -> None:
    the_offices(session)
    later = now + timedelta(hours=1)
    case = id_of(read_again(session, cast, later, R2="4"))
    accounts.set_roles(
        session, cast["amir"].person_id, roles=["approver"], offices=["hq"], by=cast["ada"], now=later
    )
    with pytest.raises(NotAllowed, match="for all offices"):
        second_reading.let_stand(session, case, reason="Mended.", by=cast["amir"], now=later)
    second_reading.let_stand(session, case, reason="Mended.", by=cast["ana"], now=later)


def test_the_staff_are_told_how_a_second_reading_stands_and_never_whether_one_will_come(
    session: Session, cast: Mapping[str, Actor], quick: Verdict, now: datetime
) -> None:
    def told() -> str:
        found = second_reading.standing(session, quick)
        assert found is not None
        return found.sentence

    assert told().startswith("It was not chosen for a second reading so far")
    later = now + timedelta(hours=1)
    evaluation = read_again(session, cast, later, R2="4")
    assert (
        told() == "The second reading recommends something else. An approver decides anew or lets it stand."
    )
    second_reading.let_stand(session, id_of(evaluation), reason="Mended.", by=cast["amir"], now=later)
    assert told() == "Verdict 1 stands: Mended."


def test_a_reading_under_way_is_told_with_its_evaluation(
    session: Session, quick: Verdict, now: datetime
) -> None:
    [reading] = sample(session, now + timedelta(hours=1))
    found = second_reading.standing(session, quick)
    assert found is not None
    assert found.sentence.startswith("It was chosen for a second reading")
    assert found.evaluation_id == reading.evaluation_id


def test_who_decided_the_first_time_decides_nothing_about_the_second_reading(
    session: Session, cast: Mapping[str, Actor], quick: Verdict, now: datetime
) -> None:
    later = now + timedelta(hours=1)
    evaluation = read_again(session, cast, later, R2="4")
    promoted = replace(cast["rosa"], roles=frozenset({Role.REVIEWER, Role.APPROVER}))
    with pytest.raises(NotAllowed, match="You decided it"):
        permission(session, evaluation, solo=False, by=promoted, now=now)
    with pytest.raises(NotAllowed, match="You decided it"):
        decide(session, id_of(evaluation), QUICK, TERMS, by=promoted, now=later)
    with pytest.raises(NotAllowed, match="You decided it"):
        second_reading.let_stand(session, id_of(evaluation), reason="So.", by=promoted, now=later)
    assert permission(session, evaluation, solo=False, by=cast["amir"], now=now).alone is None


@pytest.mark.both_databases
def test_who_may_not_decide_lets_no_verdict_stand_either_in_their_own_right_or_as_a_deputy(
    session: Session, cast: Mapping[str, Actor], quick: Verdict, now: datetime
) -> None:
    later = now + timedelta(hours=1)
    case = id_of(read_again(session, cast, later, R2="4"))
    [reader] = [each for each in cast.values() if parties.is_assigned(session, case, each.person_id)]
    other = cast["mina" if reader is cast["ravi"] else "ravi"]

    def refused(by: Actor, told: str) -> None:
        with pytest.raises(NotAllowed, match=told):
            second_reading.let_stand(session, case, reason="So.", by=by, now=later)

    def deputy(who: Actor) -> Actor:
        today, amir = later.date(), cast["amir"]
        row = deputies.delegate(
            session, who.id, first_day=today, last_day=today, zone=UTC_ZONE, by=amir, now=later
        )
        lending.append(row)
        return replace(who, roles=who.roles | {Role.APPROVER}, lent=frozenset({Role.APPROVER}))

    lending: list[Delegation] = []
    refused(replace(reader, roles=reader.roles | {Role.APPROVER}), "You scored")
    refused(deputy(reader), "You scored")
    deputies.end(session, id_of(lending[0]), by=cast["amir"], now=later)
    scoring.declare(session, case, interested=True, statement="Shares.", by=cast["amir"], now=later)
    refused(cast["amir"], "interest")
    refused(deputy(other), "decide for Amir, who may not")
    assert second_reading.let_stand(session, case, reason="Mended.", by=cast["ana"], now=later) is quick

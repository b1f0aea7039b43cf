"""Two people act at the same moment: one act counts, the other is told so, and nothing is done twice or by halves."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from registry.domain.errors import NotFound, RegistryError, RuleBroken, StaleVersion
from registry.domain.evaluation import EvaluationState
from registry.domain.lookup import House
from registry.domain.outcome import Outcome
from registry.domain.scorecard import TypedScorecard
from registry.domain.triage import CandidateStatus
from registry.domain.triggers import Cause
from registry.domain.validity import MarkKind
from registry.services.candidates import merging, triage
from registry.services.decisions.decision import Decision, decide
from registry.services.decisions.quick_no import QuickNo, give
from registry.services.evaluations import assigning, scoring
from registry.services.evaluations import evaluation as rounds
from registry.services.people import sign_in
from registry.services.people.acting import REGISTRY, Actor
from registry.services.verdicts.reopening import reopen_by_hand
from registry.services.verdicts.verdict_life import mark
from registry.store import tools
from registry.store.columns import id_of
from registry.store.engine import serialise, snapshot, transaction
from registry.store.tables import Candidate, Evaluation, Event, UserSession, Verdict
from tests.builders import TERMS, UTC_ZONE, a_tool, a_verdict, an_evaluation, scored, the_cast

pytestmark = pytest.mark.both_databases
Act = Callable[[Session], object]
HOUSE = House(data_classes=TERMS.data_classes, account_types=TERMS.account_types, zone=UTC_ZONE)
NO = QuickNo(ground="K9", evidence="Its terms.", alternatives=("none known",), independent=True)
YES = Decision(outcome=Outcome.APPROVED, rationale="It does what we need.")
SECRET = b"of the tests"


@pytest.fixture
def cast(engine: Engine, now: datetime) -> Mapping[str, Actor]:
    with transaction(engine) as session:
        return the_cast(session, now)


def at_once(engine: Engine, first: Act, second: Act, then: Act | None = None) -> Exception | None:
    """`second` begins while `first` has acted and not committed yet, which goes on with `then`; gives what the second
    one was told."""
    told: list[Exception] = []

    def go_second() -> None:
        try:
            with transaction(engine) as session:
                second(session)
        except Exception as error:
            told.append(error)

    thread = Thread(target=go_second)
    with transaction(engine) as session:
        first(session)
        session.flush()
        thread.start()
        thread.join(0.5)  # for as long as it takes to get to where it waits
        if then is not None:
            then(session)
    thread.join(20)
    assert not thread.is_alive()
    return told[0] if told else None


def a_case(engine: Engine, cast: Mapping[str, Actor], now: datetime, *, handed_in: bool) -> int:
    with transaction(engine) as session:
        reviewers = (cast["rosa"], cast["ravi"])
        tool = a_tool(session, now=now)
        evaluation = an_evaluation(session, tool, owner=cast["rosa"], reviewers=reviewers, now=now)
        for who in reviewers if handed_in else ():
            scored(session, evaluation, who, now=now)
        return id_of(evaluation)


def test_what_is_withdrawn_at_that_moment_is_not_decided(
    engine: Engine, cast: Mapping[str, Actor], now: datetime
) -> None:
    case = a_case(engine, cast, now, handed_in=True)
    told = at_once(
        engine,
        lambda session: rounds.withdraw(session, case, reason="Not needed.", by=cast["rosa"], now=now),
        lambda session: decide(session, case, YES, TERMS, by=cast["amir"], now=now),
    )
    assert isinstance(told, RuleBroken)
    with snapshot(engine) as session:
        assert session.get_one(Evaluation, case).state is EvaluationState.WITHDRAWN
        assert session.exec(select(Verdict)).all() == []


def test_who_opens_a_case_and_decides_and_who_opens_a_verdicts_case_again_do_not_wait_for_each_other(
    engine: Engine, cast: Mapping[str, Actor], now: datetime
) -> None:
    with transaction(engine) as session:
        number = a_verdict(session, a_tool(session, now=now), cast, now=now).number
    later = now + timedelta(hours=1)
    told = at_once(
        engine,
        lambda session: serialise(session, "opening"),  # as a quick no and an adoption do it
        lambda session: reopen_by_hand(
            session, [number], Cause.TERMS, text="New terms.", zone=UTC_ZONE, by=cast["rosa"], now=later
        ),
        lambda session: serialise(session, "verdict"),
    )
    assert told is None


def test_a_quick_no_is_given_once(engine: Engine, cast: Mapping[str, Actor], now: datetime) -> None:
    with transaction(engine) as session:
        an_evaluation(
            session, a_tool(session, "Other", now=now), owner=cast["rosa"], now=now
        )  # has the rubric
        tool_id = id_of(a_tool(session, now=now))

    def say_no(who: str) -> Act:
        return lambda session: give(
            session, tools.get_by_id(session, tool_id), NO, TERMS, HOUSE, by=cast[who], now=now
        )

    told = at_once(engine, say_no("amir"), say_no("ana"))
    assert isinstance(told, RuleBroken)
    assert "has decided on" in told.sentence
    with snapshot(engine) as session:
        assert len(session.exec(select(Verdict)).all()) == 1
        assert len(session.exec(select(Evaluation).where(Evaluation.tool_id == tool_id)).all()) == 1


def test_no_quick_no_is_given_on_what_is_decided_at_that_moment(
    engine: Engine, cast: Mapping[str, Actor], now: datetime
) -> None:
    case = a_case(engine, cast, now, handed_in=True)
    with snapshot(engine) as session:
        tool_id = session.get_one(Evaluation, case).tool_id
    told = at_once(
        engine,
        lambda session: decide(session, case, YES, TERMS, by=cast["amir"], now=now),
        lambda session: give(
            session, tools.get_by_id(session, tool_id), NO, TERMS, HOUSE, by=cast["ana"], now=now
        ),
    )
    assert isinstance(told, RuleBroken)
    with snapshot(engine) as session:
        assert [row.outcome for row in session.exec(select(Verdict))] == [Outcome.APPROVED]


def test_a_draft_saved_from_two_windows_loses_no_word(
    engine: Engine, cast: Mapping[str, Actor], now: datetime
) -> None:
    case, empty = a_case(engine, cast, now, handed_in=False), TypedScorecard()
    with transaction(engine) as session:
        scoring.declare(session, case, interested=False, statement="", by=cast["rosa"], now=now)
        scoring.save_draft(session, case, empty, version=0, by=cast["rosa"], now=now)

    def save(session: Session) -> object:
        return scoring.save_draft(session, case, empty, version=1, by=cast["rosa"], now=now)

    assert isinstance(at_once(engine, save, save), StaleVersion)


def test_one_evaluation_of_a_tool_is_opened(engine: Engine, cast: Mapping[str, Actor], now: datetime) -> None:
    with transaction(engine) as session:
        tool = a_tool(session, now=now)
        first = an_evaluation(session, tool, owner=cast["rosa"], now=now)
        rounds.withdraw(session, id_of(first), reason="Anew.", by=cast["rosa"], now=now)

    def open_one(session: Session) -> object:
        return an_evaluation(session, tool, owner=cast["rosa"], now=now)

    assert isinstance(at_once(engine, open_one, open_one), RuleBroken)


def test_two_candidates_are_not_merged_into_each_other(
    engine: Engine, cast: Mapping[str, Actor], now: datetime
) -> None:
    with transaction(engine) as session:
        one, other = (
            id_of(triage.propose_by_hand(session, name=name, by=cast["rosa"], now=now))
            for name in ("Quillmark", "Quill Mark")
        )
    told = at_once(
        engine,
        lambda session: merging.merge(session, one, into=other, by=cast["rosa"], now=now),
        lambda session: merging.merge(session, other, into=one, by=cast["ravi"], now=now),
    )
    assert isinstance(told, RegistryError)
    with snapshot(engine) as session:
        assert session.get_one(Candidate, one).merged_into_id == other
        assert session.get_one(Candidate, other).status is CandidateStatus.NEW


def test_a_verdict_is_suspended_once(engine: Engine, cast: Mapping[str, Actor], now: datetime) -> None:
    with transaction(engine) as session:
        number = a_verdict(session, a_tool(session, now=now), cast, now=now).number
    later = now + timedelta(hours=1)

    def suspend(session: Session) -> object:
        return mark(
            session, number, MarkKind.SUSPENDED, reason="A leak.", zone=UTC_ZONE, by=cast["ana"], now=later
        )

    assert isinstance(at_once(engine, suspend, suspend), RuleBroken)
    with snapshot(engine) as session:
        assert len(session.exec(select(Event).where(Event.action == "verdict.suspended")).all()) == 1


def test_a_sign_in_link_lets_one_in(engine: Engine, cast: Mapping[str, Actor], now: datetime) -> None:
    with transaction(engine) as session:
        hour = timedelta(hours=1)
        link = sign_in.make_link(
            session, cast["rosa"].person_id, secret=SECRET, valid_for=hour, by=REGISTRY, now=now
        )

    def use(session: Session) -> object:
        return sign_in.use_link(session, link, secret=SECRET, now=now)

    assert isinstance(at_once(engine, use, use), NotFound)
    with snapshot(engine) as session:
        assert len(session.exec(select(UserSession)).all()) == 1


def test_a_decided_evaluation_is_not_written_back_by_a_contact_who_is_recorded_at_that_moment(
    engine: Engine, cast: Mapping[str, Actor], now: datetime
) -> None:
    case = a_case(engine, cast, now, handed_in=True)
    with snapshot(engine) as session:
        tool_id = session.get_one(Evaluation, case).tool_id
    ravi = cast["ravi"].person_id
    told = at_once(
        engine,
        lambda session: decide(session, case, YES, TERMS, by=cast["amir"], now=now),
        lambda session: assigning.add_contact(
            session, tool_id, ravi, note="Sells it.", solo=False, by=cast["ana"], now=now
        ),
    )
    assert told is None
    with snapshot(engine) as session:
        assert session.get_one(Evaluation, case).state is EvaluationState.DECIDED

"""However many press at once, an evaluation has one verdict, and everybody else is told so."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from registry.domain.errors import RegistryError
from registry.domain.outcome import Outcome
from registry.services.decisions.decision import Decision, decide
from registry.services.decisions.taking_back import undo
from registry.services.people.acting import Actor
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from registry.store.tables import Event, Role, Verdict
from tests.builders import TERMS, a_person, a_tool, an_evaluation, scored, the_cast

pytestmark = pytest.mark.both_databases
MANY = 50
YES = Decision(outcome=Outcome.APPROVED, rationale="It does what we need.")


def ready(session: Session, cast: Mapping[str, Actor], name: str, now: datetime) -> int:
    reviewers = (cast["rosa"], cast["ravi"])
    found = an_evaluation(
        session, a_tool(session, name, now=now), owner=cast["rosa"], reviewers=reviewers, now=now
    )
    for each in reviewers:
        scored(session, found, each, now=now)
    return id_of(found)


def test_of_fifty_who_press_at_once_one_decides(engine: Engine, now: datetime) -> None:
    with transaction(engine) as session:
        case = ready(session, the_cast(session, now), "Quillmark", now)
        approvers = [a_person(session, f"Amir{number}", Role.APPROVER, now=now) for number in range(MANY)]
    start = Barrier(MANY)

    def press(by: Actor) -> str:
        start.wait(timeout=60)
        try:
            with transaction(engine) as session:
                return f"verdict {decide(session, case, YES, TERMS, by=by, now=now).number}"
        except RegistryError as refused:
            return refused.sentence

    with ThreadPoolExecutor(MANY) as pool:
        told = Counter(pool.map(press, approvers))
    assert told == {"verdict 1": 1, "This evaluation is decided. Open a new one instead.": MANY - 1}
    with snapshot(engine) as session:
        assert len(session.exec(select(Verdict)).all()) == 1
        assert len(session.exec(select(Event).where(Event.action == "verdict.published")).all()) == 1


def test_numbers_run_on_without_a_gap_while_many_decide_and_take_back(engine: Engine, now: datetime) -> None:
    """Deciding holds the evaluation, then the number; taking back does the same, so nobody waits in a circle."""
    with transaction(engine) as session:
        cast = the_cast(session, now)
        cases = [ready(session, cast, f"Tool {number}", now) for number in range(4)]

    def decide_and_take_back(case: int) -> None:
        for _ in range(3):
            with transaction(engine) as session:
                number = decide(session, case, YES, TERMS, by=cast["amir"], now=now).number
            with transaction(engine) as session:
                undo(session, number, by=cast["amir"], now=now)

    with ThreadPoolExecutor(len(cases)) as pool:
        list(pool.map(decide_and_take_back, cases))
    with snapshot(engine) as session:
        assert sorted(session.exec(select(Verdict.number)).all()) == list(range(1, 13))

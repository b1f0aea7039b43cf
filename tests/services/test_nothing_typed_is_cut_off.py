"""What is longer than fits is refused by field, with how much fits; nothing is cut off without a word."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.outcome import Outcome
from registry.domain.triage import DismissReason
from registry.domain.validity import MarkKind
from registry.services.candidates import editing, triage
from registry.services.evaluations import evaluation as rounds
from registry.services.evaluations import scoring
from registry.services.evaluations.evaluation import open_evaluation
from registry.services.people.acting import Actor
from registry.services.verdicts import duties, verdict_life
from registry.store import tables
from registry.store.columns import id_of
from tests.builders import UTC_ZONE, a_condition, a_tool, a_verdict, an_evaluation, scored, the_cast

LONG = "Because of this. " * 100


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now)


@pytest.fixture
def case(session: Session, cast: Mapping[str, Actor], now: datetime) -> int:
    tool = a_tool(session, now=now)
    opened = an_evaluation(session, tool, owner=cast["rosa"], reviewers=(cast["rosa"], cast["ravi"]), now=now)
    scored(session, opened, cast["rosa"], now=now)
    return id_of(opened)


@pytest.fixture
def candidate(session: Session, cast: Mapping[str, Actor], now: datetime) -> tables.Candidate:
    return triage.propose_by_hand(session, name="Wendle", by=cast["rosa"], now=now)


@pytest.fixture
def verdict(session: Session, cast: Mapping[str, Actor], now: datetime) -> int:
    dated = replace(a_condition("Export monthly.", "R4"), standing=False, due_on=date(2027, 3, 1))
    tool = a_tool(session, "Murmur", now=now)
    return a_verdict(
        session,
        tool,
        cast,
        now=now,
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        conditions=(a_condition("Ask.", "R5"), dated),
    ).number


def refused(field: str, act: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput) as told:
        act()
    assert list(told.value.faults) == [field]
    assert told.value.faults[field].startswith("At most")


def test_of_an_evaluation(session: Session, cast: Mapping[str, Actor], case: int, now: datetime) -> None:
    rosa = cast["rosa"]
    until = date(2027, 1, 1)
    refused(
        "statement",
        lambda: scoring.declare(session, case, interested=True, statement=LONG, by=rosa, now=now),
    )
    refused("reason", lambda: scoring.amend(session, case, reason=LONG, by=rosa, now=now))
    refused("reason", lambda: rounds.withdraw(session, case, reason=LONG, by=rosa, now=now))
    refused(
        "for_whom",
        lambda: rounds.wait(session, case, until=until, for_whom=LONG, today=now.date(), by=rosa, now=now),
    )


@pytest.mark.parametrize("field", ["purpose", "versions"])
def test_of_the_use_that_is_intended(
    session: Session, cast: Mapping[str, Actor], now: datetime, field: str
) -> None:
    rosa, tool_id = cast["rosa"], id_of(a_tool(session, "Sundial", now=now))
    use = {"purpose": "Drafts.", "versions": "", field: LONG}
    refused(
        field,
        lambda: open_evaluation(
            session,
            tool_id,
            tier=2,
            owner_id=rosa.person_id,
            intended_use=use,
            zone=UTC_ZONE,
            by=rosa,
            now=now,
        ),
    )


def test_of_a_candidate(
    session: Session, cast: Mapping[str, Actor], candidate: tables.Candidate, now: datetime
) -> None:
    number, rosa, why = id_of(candidate), cast["rosa"], DismissReason.NOT_A_TOOL
    refused("note", lambda: triage.dismiss(session, number, reason=why, note=LONG, by=rosa, now=now))
    refused("name", lambda: editing.edit(session, number, name=LONG, by=rosa, now=now))
    refused("tagline", lambda: editing.edit(session, number, tagline=LONG, by=rosa, now=now))
    refused("category", lambda: editing.edit(session, number, category=LONG, by=rosa, now=now))


def test_of_a_verdict(session: Session, cast: Mapping[str, Actor], verdict: int, now: datetime) -> None:
    amir, kind, now = cast["amir"], MarkKind.SUSPENDED, now + timedelta(hours=1)
    refused(
        "reason",
        lambda: verdict_life.mark(session, verdict, kind, reason=LONG, zone=UTC_ZONE, by=amir, now=now),
    )
    refused(
        "reason",
        lambda: duties.waive_condition(session, verdict, 2, reason=LONG, zone=UTC_ZONE, by=amir, now=now),
    )

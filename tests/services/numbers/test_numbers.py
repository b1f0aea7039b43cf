"""The numbers of the office: each is what its list holds, counted alike on both databases."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session

from registry.domain.condition import Condition
from registry.domain.identity import name_key
from registry.domain.lookup import House
from registry.domain.outcome import Outcome
from registry.domain.spans import Stage
from registry.domain.triage import CandidateStatus
from registry.domain.validity import MarkKind, ValidityState
from registry.services.answers.unanswered import count_unanswered
from registry.services.numbers import numbers
from registry.services.numbers.numbers import By, Numbers, Wanted
from registry.services.people.acting import Actor
from registry.services.verdicts import publishing
from registry.services.verdicts.duties import meet_condition
from registry.services.verdicts.verdict_life import mark
from registry.store import verdicts
from registry.store.columns import id_of
from registry.store.tables import Candidate, Tool
from tests.builders import UTC_ZONE, a_condition, a_tool, a_verdict, an_evaluation, scored, the_cast

DAY = timedelta(days=1)


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now - 3000 * DAY)


def count(session: Session, now: datetime, **wanted: object) -> Numbers:
    return numbers.numbers(session, Wanted(**wanted), zone=UTC_ZONE, now=now)  # type: ignore[arg-type]


def a_candidate(session: Session, tool: Tool, *, seen: datetime, accepted: datetime) -> None:
    session.add(
        Candidate(
            name=tool.name,
            name_key=name_key(tool.name),
            status=CandidateStatus.ACCEPTED,
            tool_id=tool.id,
            seen_at=seen,
            closed_at=accepted,
        )
    )


def decided_after(
    session: Session, cast: Mapping[str, Actor], name: str, *, days: int, now: datetime, tier: int = 2
) -> None:
    """Opened so many days ago, scored a day before now, decided now."""
    from registry.services.decisions.decision import Decision, decide
    from tests.builders import TERMS

    tool = a_tool(session, name, now=now)
    opened = an_evaluation(
        session,
        tool,
        owner=cast["rosa"],
        reviewers=(cast["rosa"], cast["ravi"]),
        tier=tier,
        now=now - days * DAY,
    )
    for who in ("rosa", "ravi"):
        scored(session, opened, cast[who], now=now - DAY)
    decision = Decision(outcome=Outcome.APPROVED, rationale="It does what we need.")
    decide(session, id_of(opened), decision, TERMS, by=cast["amir"], now=now)


def test_an_empty_registry_is_told_to_be_empty(session: Session, now: datetime) -> None:
    found = count(session, now)
    assert found.empty
    assert found.stages[Stage.WHOLE].median is None


@pytest.mark.both_databases
def test_times_are_what_half_and_85_of_100_cases_took(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    for number, days in enumerate((2, 4, 6, 8, 100)):
        decided_after(session, cast, f"Tool {number}", days=days, now=now - DAY)
    stages = count(session, now).stages
    assert (stages[Stage.REVIEW].count, stages[Stage.REVIEW].median, stages[Stage.REVIEW].slow) == (5, 6, 100)
    assert stages[Stage.SCORING].median == 5
    assert stages[Stage.DECIDING].median == 1
    assert stages[Stage.TRIAGE].count == 0


@pytest.mark.both_databases
def test_the_way_from_the_first_request_to_the_verdict_is_the_first_verdicts_alone(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    from registry.store.tables import Request

    tool = a_tool(session, now=now)
    a_candidate(session, tool, seen=now - 50 * DAY, accepted=now - 45 * DAY)
    session.flush()
    session.add(Request(tool_id=tool.id, purpose="Letters", digest="1", at=now - 50 * DAY))
    first = a_verdict(session, tool, cast, now=now - 40 * DAY)
    a_verdict(session, tool, cast, now=now - 2 * DAY, supersedes=(first.number,))
    stages = count(session, now).stages
    assert [
        (stages[each].count, stages[each].median) for each in (Stage.TRIAGE, Stage.OPENING, Stage.WHOLE)
    ] == [
        (1, 5),
        (1, 5),
        (1, 10),
    ]
    assert stages[Stage.REVIEW].count == 2


def test_times_are_grouped_and_narrowed_and_each_group_is_what_its_list_holds(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    for number, ago in enumerate((5, 40, 100, 400)):
        decided_after(session, cast, f"Tool {number}", days=3, now=now - ago * DAY)
    found = count(session, now)
    assert [(group.key, group.verdicts) for group in found.groups] == [("2026-Q3", 2), ("2026-Q4", 1)]
    for group in found.groups:
        listed = numbers.chosen(session, Wanted(), zone=UTC_ZONE, now=now, group=group.key)
        assert len(listed) == group.verdicts
    assert count(session, now, tier=1).verdicts == 0
    assert count(session, now, since=date(2025, 1, 1), by=By.TIER).groups[0].key == "2"
    assert count(session, now, since=date(2025, 1, 1)).verdicts == 4


@pytest.mark.both_databases
def test_where_each_verdict_stands_is_what_the_list_of_verdicts_says(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    """Counted in the database, and by the rule itself: alive, due, in grace, lapsed, replaced, marked, dated."""

    def dated(due: date) -> Condition:
        return replace(a_condition("Sign the terms.", "R5"), standing=False, due_on=due)

    kinds = {"outcome": Outcome.APPROVED_WITH_CONDITIONS}
    today = now.date()
    for number, (ago, until) in enumerate(
        [
            (100, 200),
            (100, 61),
            (100, 60),
            (100, 59),
            (100, 0),
            (100, -1),
            (100, -30),
            (100, -31),
            (100, 90),
            (100, 89),
        ]
    ):
        tool = a_tool(session, f"Until {number}", now=now)
        # Decided while its last day was ahead.
        a_verdict(session, tool, cast, now=now - ago * DAY, valid_until=today + until * DAY)
    for number, due in enumerate((10, -10, -40)):
        tool = a_tool(session, f"Dated {number}", now=now)
        row = a_verdict(
            session, tool, cast, now=now - 90 * DAY, conditions=(dated(today + due * DAY),), **kinds
        )
        if number == 1:
            meet_condition(
                session,
                row.number,
                1,
                on=today - 12 * DAY,
                evidence="Signed.",
                zone=UTC_ZONE,
                by=cast["amir"],
                now=now - 12 * DAY,
            )
    old = a_verdict(session, a_tool(session, "Old", now=now), cast, now=now - 80 * DAY)
    a_verdict(session, session.get_one(Tool, old.tool_id), cast, now=now - 3 * DAY, supersedes=(old.number,))
    a_verdict(session, a_tool(session, "No", now=now), cast, now=now - 80 * DAY, outcome=Outcome.REJECTED)
    later = a_tool(session, "Later", now=now)
    a_verdict(session, later, cast, now=now - DAY, starts_on=today + 5 * DAY)
    a_verdict(session, a_tool(session, "In its undo window", now=now), cast, now=now)
    for name, kind in (("Gone", MarkKind.REVOKED), ("Paused", MarkKind.SUSPENDED)):
        row = a_verdict(session, a_tool(session, name, now=now), cast, now=now - 50 * DAY)
        mark(session, row.number, kind, reason="So.", zone=UTC_ZONE, by=cast["ana"], now=now - DAY)
    house = House(zone=UTC_ZONE, data_classes=(), account_types=(), audiences=(), offices=())
    told = {
        each.row.number: (each.row.outcome, each.validity.state, each.validity.ends_on)
        for each in publishing.published(session, verdicts.published(session, now=now), house, now=now)
    }
    ours = numbers.standing_of_each(session, zone=UTC_ZONE, now=now)
    counted = {each.number: (each.outcome, each.state) for each in ours}
    assert counted == {number: said[:2] for number, said in told.items()}
    soon = [each.number for each in ours if numbers.is_due_soon(each.state, each.ends_on, today)]
    found = count(session, now)
    assert found.due_soon == len(soon) == 6
    states = Counter(state for _, state, _ in told.values())
    assert found.lapsed == states[ValidityState.LAPSED] == 2
    hidden = (
        states[ValidityState.SUPERSEDED] + states[ValidityState.REVOKED] + states[ValidityState.SCHEDULED]
    )
    assert sum(found.mix.values()) == len(told) - hidden


def test_a_step_away_from_the_recommendation_is_counted(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    a_verdict(session, a_tool(session, now=now), cast, now=now - 9 * DAY)
    a_verdict(
        session,
        a_tool(session, "Stricter", now=now),
        cast,
        now=now - 9 * DAY,
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        step_reason="We want to see it first.",
    )
    found = count(session, now)
    listed = [case for case in numbers.chosen(session, Wanted(), zone=UTC_ZONE, now=now) if case.overridden]
    assert found.overrides == len(listed)
    assert found.milder == 0


@pytest.mark.both_databases
def test_what_waits_is_counted_by_age_and_what_is_late(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    for number, ago in enumerate((0, 6, 7, 29, 30, 200)):
        session.add(
            Candidate(
                name=f"C{number}", name_key=f"c{number}", seen_at=now - ago * DAY, status=CandidateStatus.NEW
            )
        )
    an_evaluation(session, a_tool(session, now=now), owner=cast["rosa"], now=now - 31 * DAY)
    session.flush()
    found = count(session, now)
    assert found.candidates == [2, 2, 1, 1]
    assert found.evaluations == [0, 0, 1, 0]
    assert found.overdue == 1


def test_look_ups_that_nobody_could_answer_stand_with_the_most_asked_first(
    session: Session, now: datetime
) -> None:
    for query in ("notion", "obsidian", "notion"):
        count_unanswered(session, query, now=now)
    assert [(query, times) for query, times, _ in count(session, now).unanswered] == [
        ("notion", 2),
        ("obsidian", 1),
    ]


def test_the_queries_are_as_many_for_many_verdicts_as_for_few(
    session: Session,
    cast: Mapping[str, Actor],
    now: datetime,
    count_queries: Callable[[Session], AbstractContextManager[list[str]]],
) -> None:
    asked = []
    for number in (1, 6):
        for each in range(number):
            a_verdict(session, a_tool(session, f"Tool {number} {each}", now=now), cast, now=now - 9 * DAY)
        with count_queries(session) as sent:
            count(session, now)
        asked.append(len(sent))
    assert asked[0] == asked[1]

"""An office decides by outcomes of its own over the same ratings; the strictest of several offices binds."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken, StaleVersion
from registry.domain.outcome import Outcome
from registry.domain.verdict import Scope
from registry.services.decisions.decision import Decision, decide
from registry.services.evaluations.assessing import weigh
from registry.services.people import offices
from registry.services.people.acting import Actor
from registry.services.rubrics import rubric_files, rubrics
from registry.services.rubrics.comparing import compare, compare_outcomes
from registry.services.rubrics.rubric_files import SUPPLIED
from registry.store import events
from registry.store import offices as store
from registry.store import rubrics as files
from registry.store.columns import id_of
from registry.store.tables import Evaluation
from tests.builders import TERMS, a_condition, a_tool, a_verdict, an_evaluation, scored, the_cast, the_offices

CAREFUL = {9: Outcome.REJECTED}
"""Low risk and weak fit: a no, where the table says yes with conditions."""


@pytest.fixture
def cast(session: Session, now: datetime) -> Mapping[str, Actor]:
    rubric_files.take_in(session, None, now=now)
    the_offices(session)
    return the_cast(session, now)


def set_outcomes(
    session: Session,
    code: str,
    outcomes: Mapping[int, Outcome],
    by: Actor,
    now: datetime,
    table: int | None = None,
) -> None:
    office = store.get(session, code)
    offices.change(
        session,
        code,
        name=office.name,
        default_rule=office.default_rule,
        table_number=table,
        outcomes=outcomes,
        version=office.version,
        by=by,
        now=now,
    )


def a_weak_case(session: Session, cast: Mapping[str, Actor], now: datetime, **use: object) -> Evaluation:
    evaluation = an_evaluation(
        session, a_tool(session, now=now), owner=cast["rosa"], reviewers=(cast["rosa"], cast["ravi"]), now=now
    )
    evaluation.intended_use = {**evaluation.intended_use, **use}
    for name in ("rosa", "ravi"):
        scored(session, evaluation, cast[name], now=now, fit="1")
    return evaluation


def test_an_office_is_added_with_its_name_and_rule_and_an_event(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    office = offices.add(
        session, code="North-2", name=" The  north ", default_rule="Ask first.", by=cast["ada"], now=now
    )
    assert (office.code, office.name, office.version) == ("north-2", "The north", 1)
    assert events.of_subject(session, "office", id_of(office))[0].action == "office.added"


@pytest.mark.parametrize(
    ("code", "name", "rule", "field"),
    [
        ("hq", "Again", "", "code"),
        ("a b", "Spaced", "", "code"),
        ("", "Without", "", "code"),
        ("north", "", "", "name"),
        ("north", "N" * 121, "", "name"),
        ("north", "North", "R" * 501, "default_rule"),
    ],
)
def test_what_no_office_can_be_is_refused_by_field(
    session: Session, cast: Mapping[str, Actor], now: datetime, code: str, name: str, rule: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        offices.add(session, code=code, name=name, default_rule=rule, by=cast["ada"], now=now)
    assert list(refused.value.faults) == [field]


def test_each_change_is_a_version_and_its_event_says_before_and_after(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    set_outcomes(session, "field", CAREFUL, cast["ada"], now)
    office = store.get(session, "field")
    assert office.version == 2
    event = events.of_subject(session, "office", id_of(office))[0]
    assert (event.before["outcomes"], event.after["outcomes"]) == ({}, {"9": "rejected"})
    set_outcomes(session, "field", CAREFUL, cast["ada"], now)
    assert office.version == 2, "nothing differed"
    with pytest.raises(StaleVersion):
        offices.change(session, "field", name="F", default_rule="", version=1, by=cast["ada"], now=now)


def test_a_row_that_says_what_the_table_says_is_no_outcome_of_its_own(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    set_outcomes(session, "field", {**CAREFUL, 8: Outcome.APPROVED}, cast["ada"], now)
    (column,) = store.columns(session, id_of(store.get(session, "field")))
    assert store.outcomes_of(column) == CAREFUL


def test_outcomes_that_make_worse_more_permissive_are_refused_naming_the_two_cells(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    with pytest.raises(InvalidInput) as refused:
        set_outcomes(session, "field", {4: Outcome.APPROVED}, cast["ada"], now)
    told = refused.value.faults["outcomes"]
    assert "is worse than" in told
    assert told.count("(risk ") == 2
    assert store.holding(session, rubrics.current(session)[1].content_hash) == {}


@pytest.mark.parametrize(
    ("wanted", "expected", "told"),
    [
        (["field"], Outcome.REJECTED, {"field": "rejected"}),
        (["hq"], Outcome.APPROVED_WITH_CONDITIONS, {}),
        (["hq", "field"], Outcome.REJECTED, {"": "approved_with_conditions", "field": "rejected"}),
        ([], Outcome.REJECTED, {"": "approved_with_conditions", "field": "rejected"}),
    ],
)
def test_the_strictest_outcome_of_the_intended_offices_binds_and_each_is_told(
    session: Session,
    cast: Mapping[str, Actor],
    now: datetime,
    wanted: list[str],
    expected: Outcome,
    told: dict[str, str],
) -> None:
    set_outcomes(session, "field", CAREFUL, cast["ada"], now)
    weighed = weigh(session, a_weak_case(session, cast, now, offices=wanted))
    assert weighed.recommendation.outcome is expected
    assert weighed.recommendation.row.number == 9
    assert {each.office: each.recommendation.outcome.value for each in weighed.by_office} == told


def test_whoever_narrows_the_scope_is_bound_by_the_offices_that_are_left(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    set_outcomes(session, "field", CAREFUL, cast["ada"], now)
    evaluation = a_weak_case(session, cast, now)
    yes_if = Decision(
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        rationale="Harmless.",
        conditions=(a_condition(),),
        scope=Scope(offices=frozenset({"hq"})),
    )
    row = decide(session, id_of(evaluation), yes_if, TERMS, by=cast["amir"], now=now)
    assert (row.recommended, row.step_reason) == (Outcome.APPROVED_WITH_CONDITIONS, "")
    assert row.assessment["offices"] == {}


def test_for_both_offices_the_milder_outcome_is_two_steps_and_refused(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    set_outcomes(session, "field", CAREFUL, cast["ada"], now)
    evaluation = a_weak_case(session, cast, now)
    wanted = Decision(
        outcome=Outcome.APPROVED_WITH_CONDITIONS, rationale="Harmless.", conditions=(a_condition(),)
    )
    with pytest.raises(InvalidInput, match="not published"):
        decide(session, id_of(evaluation), wanted, TERMS, by=cast["amir"], now=now)


def test_an_evaluation_keeps_the_outcomes_that_held_when_it_was_opened(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    evaluation = a_weak_case(session, cast, now)
    set_outcomes(session, "field", CAREFUL, cast["ada"], now)
    assert weigh(session, evaluation).recommendation.outcome is Outcome.APPROVED_WITH_CONDITIONS


def test_what_an_offices_outcomes_would_change_is_seen_before_they_hold(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    evaluation = a_weak_case(session, cast, now)
    decision = Decision(
        outcome=Outcome.APPROVED_WITH_CONDITIONS, rationale="Harmless.", conditions=(a_condition(),)
    )
    row = decide(session, id_of(evaluation), decision, TERMS, by=cast["amir"], now=now)
    later = now + timedelta(hours=1)
    table = rubrics.current(session)[1]
    (case,) = compare_outcomes(session, "field", table, CAREFUL, now=later).changed
    assert (case.judged.number, case.effect.after.outcome) == (row.number, Outcome.REJECTED)
    assert compare_outcomes(session, "field", table, {}, now=later).changed == []


def a_second_table(session: Session, actor: Actor, now: datetime) -> int:
    text = (SUPPLIED / "decision-1.toml").read_text()
    top = text.index("[[rows]]")
    first = '[[rows]]\nrisk = "forbidden"\nfit = "any"\nmitigation = "any"\noutcome = "prohibited"\n\n'
    new = (text[:top] + first + text[top:]).replace("version = 1", "version = 2")
    return rubrics.store_file(session, rubrics.parse(new.encode()), origin="test", by=actor, now=now).number


def test_a_table_is_not_switched_on_while_an_office_with_outcomes_has_none_for_it(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    set_outcomes(session, "field", CAREFUL, cast["ada"], now)
    number = a_second_table(session, cast["ada"], now)
    with pytest.raises(RuleBroken, match="Field office decides by outcomes of its own"):
        rubrics.switch_on(session, number, version=1, by=cast["ada"], now=now)
    new = rubrics.as_table(files.get_numbered(session, number))
    carried = offices.carried_over(rubrics.current(session)[1], new, CAREFUL)
    assert carried == {10: Outcome.REJECTED}
    set_outcomes(session, "field", carried, cast["ada"], now, table=number)
    rubrics.switch_on(session, number, version=1, by=cast["ada"], now=now)
    assert rubrics.current(session)[1].version == 2


def test_an_office_may_say_for_a_new_table_that_it_takes_its_own_outcomes(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    set_outcomes(session, "field", CAREFUL, cast["ada"], now)
    number = a_second_table(session, cast["ada"], now)
    set_outcomes(session, "field", {}, cast["ada"], now, table=number)
    rubrics.switch_on(session, number, version=1, by=cast["ada"], now=now)
    weighed = weigh(session, a_weak_case(session, cast, now))
    assert weighed.by_office == ()


def test_a_comparison_takes_as_many_queries_for_one_verdict_as_for_several(
    session: Session,
    cast: Mapping[str, Actor],
    now: datetime,
    count_queries: Callable[[Session], AbstractContextManager[list[str]]],
) -> None:
    file = files.get_numbered(session, a_second_table(session, cast["ada"], now))
    old = files.in_force(session, "decision_table")
    counts = []
    for name in ("Quillmark", "Harrow", "Murmur"):
        a_verdict(session, a_tool(session, name, now=now), cast, now=now)
        with count_queries(session) as sent:
            found = compare(session, old, file, now=now + timedelta(hours=1))
        counts.append((len(found.reweighing.cases), len(sent)))
    assert [cases for cases, _ in counts] == [1, 2, 3]
    assert len({queries for _, queries in counts}) == 1


def test_a_verdict_that_has_not_gone_out_yet_is_not_compared(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    a_verdict(session, a_tool(session, now=now), cast, now=now)
    old = files.in_force(session, "decision_table")
    new = files.get_numbered(session, a_second_table(session, cast["ada"], now))
    assert compare(session, old, new, now=now).reweighing.cases == []

"""An approver who is away names who decides for them: for a time, on the record, and never more than they may."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput, NotAllowed, NotFound, RuleBroken
from registry.domain.lookup import House
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind
from registry.domain.verdict import Scope
from registry.services.decisions import quick_no
from registry.services.decisions.decision import BY_DEPUTY, Decision, decide
from registry.services.evaluations import assigning, scoring
from registry.services.log.verifying import verify
from registry.services.people import accounts, deputies
from registry.services.people.acting import Actor
from registry.services.rubrics import rubric_files
from registry.services.verdicts import verdict_life
from registry.store import delegations, users
from registry.store.columns import id_of
from registry.store.tables import Delegation, Evaluation, Event, Role, Tool, Verdict
from tests.builders import TERMS, a_condition, a_tool, an_evaluation, scored, the_cast, the_offices

HOUSE = House(data_classes=TERMS.data_classes, account_types=TERMS.account_types, zone=TERMS.zone)
AWAY = 9
"""Days for which Amir is away."""


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    rubric_files.take_in(session, None, now=now)
    the_offices(session)
    return the_cast(session, now)


def named(
    session: Session, cast: Mapping[str, Actor], now: datetime, who: str = "mina", **more: object
) -> Delegation:
    today = now.astimezone(TERMS.zone).date()
    told = {"first_day": today, "last_day": today + timedelta(days=AWAY - 1), "by": cast["amir"]} | more
    return deputies.delegate(session, cast[who].id, zone=TERMS.zone, now=now, **told)  # type: ignore[arg-type]


def here(session: Session, who: Actor, now: datetime) -> Actor:
    """As a session has them: with the role that is lent to them at this moment."""
    roles = users.roles(session, who.person_id)
    lent = (
        frozenset({Role.APPROVER} if delegations.approvers_of(session, who.person_id, now=now) else ())
        - roles
    )
    return replace(who, roles=roles | lent, lent=lent)


def ready(session: Session, cast: Mapping[str, Actor], now: datetime, tool: Tool | None = None) -> Evaluation:
    """Scored by Rosa and Ravi, so that Mina and Amir had no part in it."""
    reviewers = (cast["rosa"], cast["ravi"])
    found = an_evaluation(
        session, tool or a_tool(session, now=now), owner=cast["rosa"], reviewers=reviewers, now=now
    )
    for each in reviewers:
        scored(session, found, each, now=now, fit="3")
    return found


def decided(session: Session, evaluation: Evaluation, by: Actor, now: datetime, *offices: str) -> Verdict:
    wanted = Decision(
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        rationale="Harmless.",
        conditions=(a_condition(),),
        scope=Scope(offices=frozenset(offices)),
        step_reason="To be sure.",
    )
    return decide(session, id_of(evaluation), wanted, TERMS, by=here(session, by, now), now=now)


def told(session: Session, action: str) -> list[Event]:
    return list(session.exec(select(Event).where(Event.action == action)))


@pytest.mark.both_databases
def test_a_deputy_decides_in_the_approvers_right_and_the_record_names_both(
    engine: Engine, session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    evaluation = ready(session, cast, now)
    with pytest.raises(NotAllowed, match="Only an approver"):
        decided(session, evaluation, cast["mina"], now)
    named(session, cast, now)
    row = decided(session, evaluation, cast["mina"], now)
    assert (row.decided_by, row.decided_for, row.decided_for_id) == ("Mina", "Amir", cast["amir"].id)
    assert BY_DEPUTY in row.notes
    [event] = told(session, "verdict.published")
    assert (event.actor_id, event.after["for"]) == (cast["mina"].id, cast["amir"].id)
    later = now + timedelta(hours=1)
    verdict_life.mark(
        session,
        row.number,
        MarkKind.SUSPENDED,
        reason="An incident.",
        zone=TERMS.zone,
        by=here(session, cast["mina"], later),
        now=later,
    )
    assert told(session, "verdict.suspended")[0].after["for"] == cast["amir"].id
    session.commit()
    assert verify(engine).sound


def test_it_holds_from_the_first_day_to_the_last_one_and_not_a_moment_longer(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    zone = ZoneInfo("Pacific/Auckland")
    today = now.astimezone(zone).date()
    deputies.delegate(
        session,
        cast["mina"].id,
        first_day=today + timedelta(days=1),
        last_day=today + timedelta(days=1),
        zone=zone,
        by=cast["amir"],
        now=now,
    )
    begins = datetime.combine(today + timedelta(days=1), datetime.min.time(), zone)
    a_moment, a_day = timedelta(microseconds=1), timedelta(days=1)
    for moment, holds in (
        (begins - a_moment, 0),
        (begins, 1),
        (begins + a_day - a_moment, 1),
        (begins + a_day, 0),
    ):
        assert (Role.APPROVER in here(session, cast["mina"], moment).roles) == bool(holds), moment


@pytest.mark.parametrize("who", ["amir", "uma", "ada", "emil"])
def test_a_deputy_is_a_reviewer_or_an_approver_and_never_oneself(
    session: Session, cast: Mapping[str, Actor], now: datetime, who: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        named(session, cast, now, who)
    assert set(refused.value.faults) == {"deputy"}


@pytest.mark.parametrize("by", ["rosa", "ada", "uma"])
def test_only_an_approver_names_one(
    session: Session, cast: Mapping[str, Actor], now: datetime, by: str
) -> None:
    with pytest.raises(NotAllowed):
        named(session, cast, now, by=cast[by])


def test_nobody_lends_a_right_that_is_lent_to_them_and_no_token_names_anybody(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    named(session, cast, now)
    for by in (here(session, cast["mina"], now), replace(cast["amir"], scopes=frozenset({"triage"}))):
        with pytest.raises(NotAllowed):
            named(session, cast, now, "ravi", by=by)


def test_days_are_to_come_in_order_not_too_many_and_of_one_deputy_at_a_time(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    today = now.astimezone(TERMS.zone).date()
    for wrong, field in (
        ({"first_day": today - timedelta(days=1)}, "first_day"),
        ({"first_day": None}, "first_day"),
        ({"first_day": today + timedelta(days=366), "last_day": today + timedelta(days=366)}, "first_day"),
        ({"first_day": date.max, "last_day": date.max}, "first_day"),
        ({"last_day": date.max}, "last_day"),
        ({"last_day": today - timedelta(days=1)}, "last_day"),
        ({"last_day": today + timedelta(days=180)}, "last_day"),
    ):
        with pytest.raises(InvalidInput) as refused:
            named(session, cast, now, **wrong)
        assert field in refused.value.faults
    row = named(session, cast, now)
    with pytest.raises(InvalidInput) as refused:
        named(
            session,
            cast,
            now,
            "ravi",
            first_day=today + timedelta(days=AWAY - 1),
            last_day=today + timedelta(days=20),
        )
    assert "Mina" in refused.value.faults["first_day"]
    named(
        session,
        cast,
        now,
        "ravi",
        first_day=today + timedelta(days=AWAY),
        last_day=today + timedelta(days=20),
    )
    deputies.end(session, id_of(row), by=cast["amir"], now=now)
    named(session, cast, now, "rosa")


@pytest.mark.parametrize("who", ["amir", "mina", "ada"])
def test_the_approver_the_deputy_and_an_admin_end_it_at_once(
    session: Session, cast: Mapping[str, Actor], now: datetime, who: str
) -> None:
    row = named(session, cast, now)
    for stranger in ("ravi", "uma"):
        with pytest.raises(NotFound):
            deputies.end(session, id_of(row), by=cast[stranger], now=now)
    for _ in range(2):
        deputies.end(session, id_of(row), by=cast[who], now=now)
    assert here(session, cast["mina"], now).lent == frozenset()
    [event] = told(session, "delegation.ended")
    assert (event.actor, event.after["why"]) == (cast[who].name, "asked")


@pytest.mark.parametrize("whose", ["amir", "mina"])
@pytest.mark.parametrize("how", ["roles", "disabled"])
def test_it_ends_for_good_when_either_loses_what_it_rests_on(
    session: Session, cast: Mapping[str, Actor], now: datetime, whose: str, how: str
) -> None:
    row, person = named(session, cast, now), cast[whose].person_id
    if how == "disabled":
        accounts.disable(session, person, by=cast["ada"], now=now)
    else:
        accounts.set_roles(session, person, roles=["employee"], by=cast["ada"], now=now)
        accounts.set_roles(session, person, roles=["reviewer", "approver"], by=cast["ada"], now=now)
    session.refresh(row)
    assert row.ended_at == now
    assert delegations.approvers_of(session, cast["mina"].person_id, now=now) == []
    assert told(session, "delegation.ended")[0].after["why"] == "roles"


def test_what_the_approver_may_not_decide_nobody_decides_for_them(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    evaluation = ready(session, cast, now)
    named(session, cast, now)
    scoring.declare(
        session, id_of(evaluation), interested=True, statement="Shares.", by=cast["amir"], now=now
    )
    with pytest.raises(NotAllowed, match="decide for Amir, who may not"):
        decided(session, evaluation, cast["mina"], now)


def test_who_scored_or_has_an_interest_does_not_decide_as_a_deputy_either(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    evaluation = ready(session, cast, now)
    named(session, cast, now, "rosa")
    with pytest.raises(NotAllowed, match="You scored"):
        decided(session, evaluation, cast["rosa"], now)


def test_a_deputy_reaches_as_far_as_the_approver_and_in_their_own_right_as_far_as_they(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    for who, office in (("amir", "hq"), ("ana", "field")):
        accounts.set_roles(
            session, cast[who].person_id, roles=["approver"], offices=[office], by=cast["ada"], now=now
        )
    named(session, cast, now, "ana")
    with pytest.raises(InvalidInput) as refused:
        decided(session, ready(session, cast, now), cast["ana"], now, "hq", "field")
    assert "offices" in refused.value.faults
    tools = [a_tool(session, name, now=now) for name in ("Harrow", "Oak")]
    own = decided(session, ready(session, cast, now, tools[0]), cast["ana"], now, "field")
    lent = decided(session, ready(session, cast, now, tools[1]), cast["ana"], now, "hq")
    assert (own.decided_for_id, lent.decided_for_id) == (None, cast["amir"].id)


def test_another_person_lifts_a_suspension_and_a_deputy_is_no_other_one(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    row, later = decided(session, ready(session, cast, now), cast["ana"], now), now + timedelta(hours=1)
    named(session, cast, now)

    def mark(kind: MarkKind, who: str) -> None:
        by = here(session, cast[who], later)
        verdict_life.mark(session, row.number, kind, reason="So.", zone=TERMS.zone, by=by, now=later)

    for suspends, lifts in (("amir", "mina"), ("mina", "amir")):
        mark(MarkKind.SUSPENDED, suspends)
        with pytest.raises(RuleBroken, match="Another person"):
            mark(MarkKind.SUSPENSION_LIFTED, lifts)
        mark(MarkKind.SUSPENSION_LIFTED, "ana")


def test_who_could_read_as_a_deputy_what_others_handed_in_is_asked_to_score_no_more(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    evaluation = an_evaluation(
        session, a_tool(session, now=now), owner=cast["rosa"], reviewers=(cast["rosa"],), now=now
    )
    scored(session, evaluation, cast["rosa"], now=now)
    row = named(session, cast, now)
    deputies.end(session, id_of(row), by=cast["amir"], now=now + timedelta(hours=1))
    with pytest.raises(RuleBroken, match="may have read"):
        assigning.assign(
            session, id_of(evaluation), cast["mina"].person_id, by=cast["rosa"], now=now + timedelta(days=1)
        )


def test_a_deputy_gives_a_quick_no_in_their_own_right_only_where_they_are_trained(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    named(session, cast, now)
    ground = next(each for each in quick_no.grounds(session) if not each.forbids)
    asked = quick_no.QuickNo(
        ground=ground.id, evidence="Its page.", alternatives=("none known",), independent=True
    )
    for needed, whose in ((0, None), (1, cast["amir"].id)):
        tool, terms = a_tool(session, f"Tool {needed}", now=now), replace(TERMS, cases_needed=needed)
        row = quick_no.give(session, tool, asked, terms, HOUSE, by=here(session, cast["mina"], now), now=now)
        assert row.decided_for_id == whose

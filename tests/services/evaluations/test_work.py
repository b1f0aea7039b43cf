"""The task list of an evaluation says what is missing and whose it is; my work is what is mine of all of them."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from registry.domain.errors import NotAllowed
from registry.domain.evaluation import Tier
from registry.services.decisions.decider import independent_rights
from registry.services.evaluations import evaluation as rounds
from registry.services.evaluations import scoring, work
from registry.services.people import deputies
from registry.services.people.acting import Actor
from registry.services.people.reach import DECIDERS
from registry.services.rubrics import rubric_files
from registry.store import evaluation_lists
from registry.store.columns import id_of
from registry.store.tables import Candidate, Evaluation, Request, Tool, VendorContact
from tests.builders import UTC_ZONE, a_tool, an_evaluation, scored, the_cast

Count = Callable[[Session], AbstractContextManager[list[str]]]


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now)


def opened(
    session: Session,
    cast: Mapping[str, Actor],
    *reviewers: str,
    tool: str = "Inkpost",
    tier: int = 2,
    now: datetime,
) -> Evaluation:
    rubric_files.take_in(session, None, now=now)
    return rounds.open_evaluation(
        session,
        id_of(a_tool(session, tool, now=now)),
        tier=tier,
        owner_id=cast["rosa"].person_id,
        intended_use={"purpose": "Letters"},
        reviewers=[cast[each].person_id for each in reviewers],
        zone=UTC_ZONE,
        by=cast["rosa"],
        now=now,
    )


def told(session: Session, evaluation: Evaluation, *, blind: bool = False) -> list[tuple[str, str, str]]:
    return [
        (each.kind.value, each.name, each.area or each.item or str(each.count or ""))
        for each in work.tasks(session, evaluation, blind=blind, solo=False)
    ]


def mine(session: Session, who: Actor, now: datetime) -> list[str]:
    return [
        each.task.kind.value
        for each in work.my_work(session, who, today=now.date(), now=now, solo=False).pieces
    ]


def left(session: Session, who: Actor, now: datetime) -> list[str]:
    return [each.reason for each in work.my_work(session, who, today=now.date(), now=now, solo=False).left]


def test_what_is_missing_is_told_with_whose_task_it_is(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    case = opened(session, cast, "ravi", tier=3, now=now)
    assert told(session, case) == [
        ("ask", "Rosa", "privacy"),
        ("ask", "Rosa", "accessibility"),
        ("declare", "Ravi", ""),
    ]
    scoring.declare(session, id_of(case), interested=False, statement="", by=cast["ravi"], now=now)
    assert told(session, case)[-1] == ("score", "Ravi", "")
    assert mine(session, cast["ravi"], now) == ["score"]
    assert mine(session, cast["rosa"], now) == ["ask", "ask"]


def test_an_interest_makes_it_the_owners_task_to_ask_somebody_else(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    case = opened(session, cast, "ravi", "mina", now=now)
    scoring.declare(session, id_of(case), interested=True, statement="Shares.", by=cast["ravi"], now=now)
    assert told(session, case) == [("ask", "Rosa", "1"), ("declare", "Mina", "")]
    assert mine(session, cast["ravi"], now) == []


def test_a_disagreement_is_the_owners_task_and_no_blind_reader_hears_of_it(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    case = an_evaluation(
        session,
        a_tool(session, now=now),
        owner=cast["rosa"],
        reviewers=(cast["ravi"], cast["mina"], cast["rosa"]),
        now=now,
    )
    scored(session, case, cast["ravi"], now=now, R1="1")
    scored(session, case, cast["mina"], now=now, R1="4")
    assert ("moderate", "Rosa", "R1") in told(session, case)
    assert [each for each in told(session, case, blind=True) if each[0] == "moderate"] == []


def test_deciding_is_on_the_list_of_every_approver_who_may(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    case = an_evaluation(
        session, a_tool(session, now=now), owner=cast["rosa"], reviewers=(cast["rosa"], cast["ravi"]), now=now
    )
    for name in ("rosa", "ravi"):
        scored(session, case, cast[name], now=now)
    assert told(session, case) == [("decide", "", "")]
    assert mine(session, cast["amir"], now) == ["decide"]
    session.add(Request(tool_id=case.tool_id, user_id=cast["amir"].id, purpose="x", digest="1", at=now))
    session.flush()
    assert mine(session, cast["amir"], now) == []
    assert left(session, cast["amir"], now) == [
        "You asked for this tool, so you cannot decide it. Ask a colleague who has no part in it."
    ]
    assert mine(session, cast["ana"], now) == ["decide"]
    assert left(session, cast["ana"], now) == []
    assert mine(session, cast["rosa"], now) == left(session, cast["rosa"], now) == []


def test_an_interest_of_an_earlier_round_keeps_a_decision_from_them_and_their_deputy_until_they_say_otherwise(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    def ready(tool: Tool, at: datetime) -> Evaluation:
        case = an_evaluation(
            session, tool, owner=cast["rosa"], reviewers=(cast["rosa"], cast["ravi"]), now=at
        )
        for name in ("rosa", "ravi"):
            scored(session, case, cast[name], now=at)
        return case

    def reasons(who: Actor) -> list[str]:
        """Why they may not decide what waits, which the decision itself says in the same words."""
        told = left(session, who, later)
        for each in told:
            with pytest.raises(NotAllowed) as refused:
                independent_rights(session, again, solo=False, own=DECIDERS, by=who, now=later)
            assert refused.value.sentence == each
        return told

    tool, later = a_tool(session, now=now), now + timedelta(days=100)
    first = ready(tool, now)
    scoring.declare(session, id_of(first), interested=True, statement="Shares.", by=cast["amir"], now=now)
    rounds.withdraw(session, id_of(first), reason="Asked anew.", by=cast["rosa"], now=now)
    again = ready(tool, later)
    deputies.delegate(
        session,
        cast["mina"].id,
        first_day=later.date(),
        last_day=later.date(),
        zone=UTC_ZONE,
        by=cast["amir"],
        now=later,
    )
    mina = replace(cast["mina"], roles=cast["mina"].roles | DECIDERS, lent=DECIDERS)
    for who in (cast["amir"], mina):
        assert mine(session, who, later) == []
        assert len(reasons(who)) == 1
    assert mine(session, cast["ana"], later) == ["decide"]
    scoring.declare(session, id_of(again), interested=False, statement="", by=cast["amir"], now=later)
    for who in (cast["amir"], mina):
        assert mine(session, who, later) == ["decide"]
        assert reasons(who) == []


def test_who_had_an_interest_in_an_earlier_round_is_asked_anew_before_scoring(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    case = opened(session, cast, "ravi", "mina", now=now)
    scoring.declare(session, id_of(case), interested=True, statement="Shares.", by=cast["ravi"], now=now)
    rounds.withdraw(session, id_of(case), reason="Asked anew.", by=cast["rosa"], now=now)
    again = rounds.open_evaluation(
        session,
        case.tool_id,
        tier=2,
        owner_id=cast["rosa"].person_id,
        intended_use={"purpose": "Letters"},
        reviewers=[cast[each].person_id for each in ("ravi", "mina")],
        zone=UTC_ZONE,
        by=cast["rosa"],
        now=now,
    )
    assert sorted(told(session, again)) == [("declare", "Mina", ""), ("declare", "Ravi", "")]
    assert mine(session, cast["ravi"], now) == ["declare"]


def test_who_decides_alone_has_it_on_the_list_once_trained(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    rosa = cast["rosa"]
    case = an_evaluation(session, a_tool(session, now=now), owner=rosa, reviewers=(rosa,), tier=1, now=now)
    scored(session, case, rosa, now=now)
    assert mine(session, rosa, now) == ["decide"]
    untrained = work.my_work(session, rosa, today=now.date(), now=now, solo=False, cases_needed=2)
    assert untrained.pieces == []
    [told] = untrained.left
    assert told.reason.startswith("Who decides alone has passed 2 reference cases; you have not yet.")


def test_what_waits_is_nobodys_work_until_it_goes_on(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    case = opened(session, cast, "ravi", now=now)
    rounds.wait(
        session,
        id_of(case),
        until=now.date() + timedelta(days=3),
        for_whom="The vendor",
        today=now.date(),
        by=cast["rosa"],
        now=now,
    )
    assert told(session, case) == [("resume", "Rosa", "")]
    assert mine(session, cast["ravi"], now) == []


def test_my_work_says_what_is_late(session: Session, cast: Mapping[str, Actor], now: datetime) -> None:
    case = opened(session, cast, "ravi", now=now)
    later = case.due_on + timedelta(days=1)
    for today, late in ((later, True), (case.due_on, False)):
        [piece] = work.my_work(session, cast["ravi"], today=today, now=now, solo=False).pieces
        assert piece.late is late


def test_my_work_asks_as_many_queries_for_ten_evaluations_as_for_one(
    session: Session, cast: Mapping[str, Actor], now: datetime, count_queries: Count
) -> None:
    opened(session, cast, "ravi", now=now)
    work.my_work(
        session, cast["rosa"], today=now.date(), now=now, solo=False
    )  # what people know well is remembered
    with count_queries(session) as few:
        work.my_work(session, cast["rosa"], today=now.date(), now=now, solo=False)
    for number in range(9):
        opened(session, cast, "ravi", tool=f"Tool {number}", now=now)
    session.expire_all()
    with count_queries(session) as many:
        assert len(work.my_work(session, cast["rosa"], today=now.date(), now=now, solo=False).pieces) == 10
    assert len(many) == len(few)


def test_what_somebody_scored_or_leaves_to_others_to_decide_is_not_even_looked_at(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    reviewers = (cast["rosa"], cast["ravi"])
    case = an_evaluation(session, a_tool(session, now=now), owner=cast["mina"], reviewers=reviewers, now=now)

    def looked_at(who: str, *, decides: bool = False) -> list[int]:
        return [
            each.id for each in evaluation_lists.concerning(session, cast[who].person_id, decides=decides)
        ]

    scored(session, case, cast["ravi"], now=now)
    assert (looked_at("rosa"), looked_at("ravi"), looked_at("mina")) == ([case.id], [], [])
    scored(session, case, cast["rosa"], now=now)
    assert (looked_at("rosa"), looked_at("mina"), looked_at("amir", decides=True)) == ([], [], [case.id])


def _an_interest(session: Session, case: Evaluation, who: Actor, now: datetime) -> None:
    scoring.declare(session, id_of(case), interested=True, statement="Shares.", by=who, now=now)


def _a_contact(session: Session, case: Evaluation, who: Actor, now: datetime) -> None:
    session.add(VendorContact(tool_id=case.tool_id, user_id=who.person_id, at=now))


def _a_request(session: Session, case: Evaluation, who: Actor, now: datetime) -> None:
    session.add(Request(tool_id=case.tool_id, user_id=who.id, purpose="x", digest="1", at=now))


def _a_request_before_it_was_a_tool(session: Session, case: Evaluation, who: Actor, now: datetime) -> None:
    came_from = Candidate(name="It", name_key="it", seen_at=now, status="accepted", tool_id=case.tool_id)
    session.add(came_from)
    session.flush()
    session.add(Request(candidate_id=came_from.id, user_id=who.id, purpose="x", digest="1", at=now))


@pytest.mark.parametrize("bar", [_an_interest, _a_contact, _a_request, _a_request_before_it_was_a_tool])
def test_an_owner_looks_at_no_case_that_lacks_nobody_and_asks_as_soon_as_one_is_barred(
    session: Session, cast: Mapping[str, Actor], now: datetime, bar: Callable[..., None]
) -> None:
    case = opened(session, cast, "ravi", "mina", now=now)
    rosa = cast["rosa"]
    assert evaluation_lists.concerning(session, rosa.person_id, decides=False) == []
    bar(session, case, cast["ravi"], now)
    session.flush()
    assert mine(session, rosa, now) == ["ask"]


def test_a_tier_wants_as_many_scorecards_as_its_number_and_the_third_alone_wants_areas() -> None:
    # evaluation_lists counts by the number of the tier.
    assert {tier.value: (tier.scorecards, bool(tier.areas)) for tier in Tier} == {
        1: (1, False),
        2: (2, False),
        3: (3, True),
    }

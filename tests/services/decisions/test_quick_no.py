"""A no on the same day, in one form: numbered, under separation of duties, with its one answer on the record."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken
from registry.domain.evaluation import EvaluationState
from registry.domain.lookup import House
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind
from registry.services.decisions.quick_no import QuickNo, give
from registry.services.decisions.taking_back import undo
from registry.services.people.acting import Actor
from registry.services.verdicts.verdict_life import mark
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Request, Tool, VendorContact, Verdict
from tests.builders import TERMS, UTC_ZONE, a_tool, a_verdict, an_evaluation, scored, the_cast

HOUSE = House(data_classes=TERMS.data_classes, account_types=TERMS.account_types, zone=UTC_ZONE)
PRIVATE = QuickNo(
    ground="K9", evidence="https://terms.example/accounts", alternatives=("none known",), independent=True
)
BANNED = QuickNo(ground="K1", evidence="Section 889.", citation="Act 889, part B", independent=True)


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    cast = the_cast(session, now)
    an_evaluation(
        session, a_tool(session, "Other", now=now), owner=cast["rosa"], now=now
    )  # stores the rubric
    return cast


@pytest.fixture
def tool(session: Session, cast: Mapping[str, Actor], now: datetime) -> Tool:
    return a_tool(session, now=now)


@pytest.mark.both_databases
def test_it_is_a_numbered_verdict_with_the_answer_who_gave_it_and_the_evidence(
    session: Session, cast: Mapping[str, Actor], tool: Tool, now: datetime
) -> None:
    said = replace(PRIVATE, said_by="The legal office")
    row = give(session, tool, said, TERMS, HOUSE, by=cast["amir"], now=now)
    assert (row.number, row.outcome, row.reason_code) == (1, Outcome.REJECTED, "K9")
    assert row.rationale == "Staff would need private accounts to use it for work."
    assert row.assessment["quick_no"] == {
        "ground": "K9",
        "said_by": "The legal office",
        "evidence": "https://terms.example/accounts",
    }
    assert row.published_at == now + timedelta(seconds=TERMS.undo_s)
    assert session.get_one(Evaluation, row.evaluation_id).state is EvaluationState.DECIDED


def test_what_the_law_bans_is_prohibited_with_the_citation_and_by_an_approver_alone(
    session: Session, cast: Mapping[str, Actor], tool: Tool, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match="Only an approver"):
        give(session, tool, BANNED, TERMS, HOUSE, by=cast["rosa"], now=now)
    with pytest.raises(InvalidInput) as refused:
        give(session, tool, replace(BANNED, citation=""), TERMS, HOUSE, by=cast["amir"], now=now)
    assert "citation" in refused.value.faults
    row = give(session, tool, BANNED, TERMS, HOUSE, by=cast["amir"], now=now)
    assert (row.outcome, row.assessment["risk"]) == (Outcome.PROHIBITED, "forbidden")


def test_a_reviewer_may_say_that_it_needs_private_accounts(
    session: Session, cast: Mapping[str, Actor], tool: Tool, now: datetime
) -> None:
    assert give(session, tool, PRIVATE, TERMS, HOUSE, by=cast["rosa"], now=now).decided_by == "Rosa"


def test_a_duplicate_names_a_tool_that_is_a_yes(
    session: Session, cast: Mapping[str, Actor], tool: Tool, now: datetime
) -> None:
    a_verdict(session, a_tool(session, "Penflow", now=now), cast, now=now)
    a_tool(session, "Untried", now=now)
    later = now + timedelta(hours=1)
    for named in ((), ("none known",), ("untried",), (tool.slug,)):
        same = replace(PRIVATE, ground="duplicate", alternatives=named)
        with pytest.raises(InvalidInput) as refused:
            give(session, tool, same, TERMS, HOUSE, by=cast["amir"], now=later)
        assert "alternatives" in refused.value.faults
    same = replace(PRIVATE, ground="duplicate", alternatives=("penflow",))
    row = give(session, tool, same, TERMS, HOUSE, by=cast["amir"], now=later)
    assert (row.reason_code, row.alternatives) == ("duplicate", ["penflow"])


@pytest.mark.parametrize(
    ("lacking", "field"),
    [({"evidence": ""}, "evidence"), ({"independent": False}, "independent"), ({"ground": "K2"}, "ground")],
)
def test_what_is_missing_is_named(
    session: Session,
    cast: Mapping[str, Actor],
    tool: Tool,
    now: datetime,
    lacking: dict[str, object],
    field: str,
) -> None:
    with pytest.raises(InvalidInput) as refused:
        give(session, tool, replace(PRIVATE, **lacking), TERMS, HOUSE, by=cast["amir"], now=now)  # type: ignore[arg-type]
    assert list(refused.value.faults) == [field]


def test_who_asked_for_it_or_is_a_contact_of_the_vendor_does_not_say_no_either(
    session: Session, cast: Mapping[str, Actor], tool: Tool, now: datetime
) -> None:
    session.add(Request(tool_id=id_of(tool), user_id=cast["amir"].id, purpose="So", digest="d", at=now))
    session.add(VendorContact(tool_id=id_of(tool), user_id=cast["ana"].person_id, at=now))
    session.flush()
    for name in ("amir", "ana"):
        with pytest.raises(NotAllowed):
            give(session, tool, PRIVATE, TERMS, HOUSE, by=cast[name], now=now)


def test_what_is_under_way_ends_with_it_and_comes_back_when_it_is_taken_back(
    session: Session, cast: Mapping[str, Actor], tool: Tool, now: datetime
) -> None:
    under_way = an_evaluation(
        session, tool, owner=cast["rosa"], reviewers=(cast["rosa"], cast["ravi"]), now=now
    )
    scored(session, under_way, cast["rosa"], now=now)
    with pytest.raises(NotAllowed, match="You scored"):
        give(session, tool, PRIVATE, TERMS, HOUSE, by=cast["rosa"], now=now)
    row = give(session, tool, PRIVATE, TERMS, HOUSE, by=cast["amir"], now=now)
    assert (row.evaluation_id, under_way.state) == (under_way.id, EvaluationState.DECIDED)
    undo(session, row.number, by=cast["amir"], now=now)
    assert under_way.state is EvaluationState.SCORING


def test_what_was_opened_for_it_ends_when_it_is_taken_back(
    session: Session, cast: Mapping[str, Actor], tool: Tool, now: datetime
) -> None:
    row = give(session, tool, PRIVATE, TERMS, HOUSE, by=cast["amir"], now=now)
    undo(session, row.number, by=cast["amir"], now=now)
    assert session.get_one(Evaluation, row.evaluation_id).state is EvaluationState.WITHDRAWN


def test_the_same_no_is_not_given_twice(
    session: Session, cast: Mapping[str, Actor], tool: Tool, now: datetime
) -> None:
    give(session, tool, PRIVATE, TERMS, HOUSE, by=cast["amir"], now=now)
    with pytest.raises(RuleBroken, match="Verdict 1"):
        give(session, tool, PRIVATE, TERMS, HOUSE, by=cast["ana"], now=now + timedelta(minutes=5))
    assert len(session.exec(select(Verdict)).all()) == 1


def test_a_no_that_was_withdrawn_or_replaced_keeps_nobody_from_saying_it_again(
    session: Session, cast: Mapping[str, Actor], tool: Tool, now: datetime
) -> None:
    at_once = replace(TERMS, undo_s=0)
    for number, given in enumerate((PRIVATE, PRIVATE, replace(PRIVATE, supersedes=(2,))), start=1):
        row = give(session, tool, given, at_once, HOUSE, by=cast["amir"], now=now)
        assert row.number == number
        if number != 2:
            mark(session, number, MarkKind.REVOKED, reason="So.", zone=UTC_ZONE, by=cast["ana"], now=now)
    assert give(session, tool, PRIVATE, at_once, HOUSE, by=cast["amir"], now=now).number == 4


@pytest.mark.parametrize("ground", ["K9", "K1", "duplicate"])
def test_a_colleagues_no_that_has_not_gone_out_is_not_told_whatever_is_tried(
    session: Session, cast: Mapping[str, Actor], tool: Tool, now: datetime, ground: str
) -> None:
    row = give(session, tool, PRIVATE, TERMS, HOUSE, by=cast["amir"], now=now)
    tried = QuickNo(ground=ground, evidence="", supersedes=(row.number,))
    with pytest.raises(RuleBroken) as refused:
        give(session, tool, tried, TERMS, HOUSE, by=cast["ana"], now=now + timedelta(minutes=4))
    assert refused.value.sentence == (
        f"Amir has decided on {tool.name}. What was decided is told when it goes out; look at it then."
    )
    again = replace(PRIVATE, supersedes=(row.number,))
    later = now + timedelta(minutes=5)
    assert give(session, tool, again, TERMS, HOUSE, by=cast["ana"], now=later).number == row.number + 1


def test_who_gave_a_no_takes_it_back_instead_of_giving_another(
    session: Session, cast: Mapping[str, Actor], tool: Tool, now: datetime
) -> None:
    row = give(session, tool, PRIVATE, TERMS, HOUSE, by=cast["amir"], now=now)
    with pytest.raises(RuleBroken, match=f"Verdict {row.number} says no for this reason already"):
        give(session, tool, PRIVATE, TERMS, HOUSE, by=cast["amir"], now=now)

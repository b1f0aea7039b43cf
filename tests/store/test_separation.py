"""Who may not decide is refused by the database too, whatever program writes into it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, insert, inspect, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from registry.domain.evaluation import Alone
from registry.services.evaluations import scoring
from registry.services.people.acting import REGISTRY, Actor, record
from registry.store.columns import id_of
from registry.store.tables import (
    Delegation,
    Evaluation,
    Interest,
    Office,
    Request,
    Scorecard,
    SecondReading,
    User,
    UserOffice,
    UserRole,
    VendorContact,
    Verdict,
)
from tests.builders import a_tool, a_verdict, an_evaluation, scored, the_cast, the_offices

DECIDED: tuple[dict[str, Any], ...] = tuple(
    {column.name: None} for column in inspect(Verdict).columns if column.name not in ("id", "undone_at")
)
pytestmark = pytest.mark.both_databases


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now)


@pytest.fixture
def evaluation(session: Session, cast: Mapping[str, Actor], now: datetime) -> Evaluation:
    """Of tier 1, scored by Rosa."""
    tool = a_tool(session, now=now)
    found = an_evaluation(session, tool, owner=cast["rosa"], reviewers=(cast["rosa"],), tier=1, now=now)
    scored(session, found, cast["rosa"], now=now)
    return found


def write(session: Session, evaluation: Evaluation, by: Actor | None, now: datetime, **more: Any) -> None:
    values: dict[str, Any] = {
        "number": 1,
        "uid": str(uuid4()),
        "tool_id": evaluation.tool_id,
        "evaluation_id": evaluation.id,
        "outcome": "approved",
        "accounts": [],
        "offices": [],
        "audience": [],
        "alternatives": [],
        "pilot": {},
        "notes": [],
        "assessment": {},
        "decided_by_id": by.id if by else None,
        "decided_by": by.name if by else "somebody",
        "decided_at": now,
        "published_at": now,
        "starts_at": now,
    }
    with session.begin_nested():
        session.execute(insert(Verdict).values(values | more))


def refused(session: Session, evaluation: Evaluation, by: Actor | None, now: datetime, **more: Any) -> str:
    with pytest.raises(IntegrityError) as error:
        write(session, evaluation, by, now, **more)
    return str(error.value.orig)


def test_who_had_no_part_in_it_decides(
    session: Session, cast: Mapping[str, Actor], evaluation: Evaluation, now: datetime
) -> None:
    write(session, evaluation, cast["amir"], now)


def test_who_asked_for_the_tool_is_refused(
    session: Session, cast: Mapping[str, Actor], evaluation: Evaluation, now: datetime
) -> None:
    row = Request(tool_id=evaluation.tool_id, user_id=cast["amir"].id, purpose="Letters", digest="d", at=now)
    session.add(row)
    session.flush()
    assert "asked for this tool" in refused(session, evaluation, cast["amir"], now)
    assert "asked for this tool" in refused(session, evaluation, cast["amir"], now, alone=Alone.SOLO)


def test_who_declared_an_interest_is_refused(
    session: Session, cast: Mapping[str, Actor], evaluation: Evaluation, now: datetime
) -> None:
    scoring.declare(
        session, id_of(evaluation), interested=True, statement="Shares.", by=cast["amir"], now=now
    )
    assert "declared an interest" in refused(session, evaluation, cast["amir"], now)


def test_an_interest_declared_in_an_earlier_round_counts_until_its_holder_says_otherwise(
    session: Session, cast: Mapping[str, Actor], evaluation: Evaluation, now: datetime
) -> None:
    amir, earlier = cast["amir"], now - timedelta(days=200)
    before = Evaluation(
        **evaluation.model_dump(exclude={"id", "opened_at", "edition"}),
        opened_at=earlier,
        edition="Earlier",
    )
    session.add(before)
    session.flush()
    for moment, holds in ((earlier, False), (earlier + timedelta(days=1), True)):
        session.merge(
            Interest(evaluation_id=id_of(before), user_id=amir.person_id, interested=holds, at=moment)
        )
        session.flush()
    assert "declared an interest" in refused(session, evaluation, amir, now)
    scoring.declare(session, id_of(evaluation), interested=False, statement="", by=amir, now=now)
    write(session, evaluation, amir, now)


def test_a_contact_of_the_vendor_is_refused(
    session: Session, cast: Mapping[str, Actor], evaluation: Evaluation, now: datetime
) -> None:
    session.add(VendorContact(tool_id=evaluation.tool_id, user_id=cast["amir"].person_id, at=now))
    session.flush()
    assert "contact of its vendor" in refused(session, evaluation, cast["amir"], now)


def test_who_scored_is_refused_unless_the_row_names_the_exception(
    session: Session, cast: Mapping[str, Actor], evaluation: Evaluation, now: datetime
) -> None:
    assert "scored it" in refused(session, evaluation, cast["rosa"], now)
    write(session, evaluation, cast["rosa"], now, alone=Alone.QUICK_LANE)


def test_the_quick_lane_is_for_tier_1_alone(
    session: Session, cast: Mapping[str, Actor], evaluation: Evaluation, now: datetime
) -> None:
    evaluation.tier = 2
    session.flush()
    assert "outside of tier 1" in refused(session, evaluation, cast["rosa"], now, alone=Alone.QUICK_LANE)
    write(session, evaluation, cast["rosa"], now, alone=Alone.SOLO)


def test_a_verdict_of_an_evaluation_names_who_decided_even_where_it_is_called_imported(
    session: Session, cast: Mapping[str, Actor], evaluation: Evaluation, now: datetime
) -> None:
    assert "is not named" in refused(session, evaluation, None, now)
    assert "scored it" in refused(session, evaluation, cast["rosa"], now, imported=True)


def test_a_verdict_that_was_not_imported_is_of_an_evaluation_and_of_its_tool(
    session: Session, cast: Mapping[str, Actor], evaluation: Evaluation, now: datetime
) -> None:
    other = id_of(a_tool(session, "Inkpost", now=now))
    assert "no evaluation" in refused(session, evaluation, cast["rosa"], now, evaluation_id=None)
    assert "no evaluation" in refused(session, evaluation, None, now, evaluation_id=None)
    assert "of another tool" in refused(session, evaluation, cast["amir"], now, tool_id=other)
    write(session, evaluation, None, now, evaluation_id=None, imported=True)


def limited(session: Session, person: Actor, *codes: str) -> None:
    """Their roles are for these offices alone."""
    for code in codes:
        office = session.exec(select(Office).where(Office.code == code)).one()
        session.add(UserOffice(user_id=person.person_id, office_id=id_of(office)))
    session.flush()


def test_nobody_decides_beyond_their_offices(
    session: Session, cast: Mapping[str, Actor], evaluation: Evaluation, now: datetime
) -> None:
    the_offices(session)
    limited(session, cast["amir"], "hq")
    for offices in ([], ["field"], ["hq", "field"]):
        assert "beyond those" in refused(session, evaluation, cast["amir"], now, offices=offices)
    write(session, evaluation, cast["amir"], now, offices=["hq"])


@pytest.mark.parametrize("action", ["verdict.revoked", "condition.met", "verdict.suspended"])
def test_nobody_acts_on_a_verdict_beyond_their_offices(
    session: Session, cast: Mapping[str, Actor], now: datetime, action: str
) -> None:
    the_offices(session)
    verdict = a_verdict(session, a_tool(session, now=now), cast, now=now)
    limited(session, cast["ada"], "hq")

    def act(**after: Any) -> None:
        with session.begin_nested():
            record(session, action, ("verdict", verdict.id), by=cast["ada"], now=now, after=after)

    with pytest.raises(IntegrityError, match="beyond those of who acts"):
        act()
    with pytest.raises(IntegrityError, match="not the deputy"):
        act(**{"for": cast["amir"].id})
    with session.begin_nested():
        record(session, "tool.edited", ("tool", 1), by=cast["ada"], now=now)
    session.execute(delete(UserOffice))
    act()


def test_who_may_not_decide_lets_no_verdict_stand(
    session: Session, cast: Mapping[str, Actor], evaluation: Evaluation, now: datetime
) -> None:
    """Rosa decided alone; Mina scores the second reading."""
    write(session, evaluation, cast["rosa"], now, alone=Alone.QUICK_LANE)
    verdict = session.exec(select(Verdict)).one()
    again = Evaluation(**evaluation.model_dump(exclude={"id", "edition"}), edition="Again")
    session.add(again)
    session.flush()
    session.add(SecondReading(verdict_id=id_of(verdict), evaluation_id=id_of(again), opened_at=now))
    session.add(Scorecard(evaluation_id=id_of(again), user_id=cast["mina"].person_id, saved_at=now))

    def lets_stand(by: Actor, **after: Any) -> None:
        with session.begin_nested():
            record(session, "verdict.upheld", ("verdict", verdict.id), by=by, now=now, after=after)

    def fails(told: str, by: Actor) -> None:
        with pytest.raises(IntegrityError, match=told):
            lets_stand(by)

    session.add(
        Delegation(
            approver_id=cast["amir"].person_id,
            deputy_id=cast["ravi"].person_id,
            made_at=now,
            starts_at=now,
            ends_at=now + timedelta(days=1),
        )
    )
    fails("is not named", REGISTRY)
    fails("decided it", cast["rosa"])
    fails("scored it", cast["mina"])
    for row, told in (
        (
            Request(tool_id=evaluation.tool_id, user_id=cast["amir"].id, purpose="x", digest="d", at=now),
            "asked for",
        ),
        (VendorContact(tool_id=evaluation.tool_id, user_id=cast["amir"].person_id, at=now), "contact of"),
        (
            Interest(
                evaluation_id=id_of(evaluation), user_id=cast["amir"].person_id, interested=True, at=now
            ),
            "an interest",
        ),
    ):
        with session.begin_nested() as attempt:
            session.add(row)
            session.flush()
            fails(told, cast["amir"])
            with pytest.raises(IntegrityError, match=told):
                lets_stand(cast["ravi"], **{"for": cast["amir"].id})
            attempt.rollback()
    lets_stand(cast["amir"])
    lets_stand(cast["ravi"], **{"for": cast["amir"].id})


@pytest.fixture
def delegation(session: Session, cast: Mapping[str, Actor], now: datetime) -> Delegation:
    """Mina decides for Amir for nine days."""
    row = Delegation(
        approver_id=cast["amir"].person_id,
        deputy_id=cast["mina"].person_id,
        made_at=now,
        starts_at=now,
        ends_at=now + timedelta(days=9),
    )
    session.add(row)
    session.flush()
    return row


def for_amir(cast: Mapping[str, Actor]) -> dict[str, Any]:
    return {"decided_for_id": cast["amir"].id, "decided_for": "Amir"}


@pytest.mark.usefixtures("delegation")
def test_one_decides_for_an_approver_while_a_delegation_holds_and_for_the_approvers_offices(
    session: Session, cast: Mapping[str, Actor], evaluation: Evaluation, now: datetime
) -> None:
    the_offices(session)
    limited(session, cast["amir"], "hq")
    told, mina, ours = for_amir(cast), cast["mina"], {"offices": ["hq"]}
    assert "not the deputy" in refused(session, evaluation, cast["ravi"], now, **told, **ours)
    for moment in (now - timedelta(seconds=1), now + timedelta(days=9)):
        assert "not the deputy" in refused(session, evaluation, mina, now, **told, **ours, decided_at=moment)
    assert "beyond those" in refused(session, evaluation, mina, now, **told)
    assert "not the deputy" in refused(session, evaluation, mina, now, **told, **ours, alone=Alone.QUICK_LANE)
    write(session, evaluation, mina, now, **told, **ours)


@pytest.mark.usefixtures("delegation")
@pytest.mark.parametrize("whose", ["amir", "mina"])
def test_nobody_decides_for_an_approver_once_either_is_shut_out_or_lost_the_role_or_it_was_ended(
    session: Session, cast: Mapping[str, Actor], evaluation: Evaluation, now: datetime, whose: str
) -> None:
    person = cast[whose].person_id
    for act in (
        update(User).where(col(User.id) == person).values(disabled_at=now),
        delete(UserRole).where(col(UserRole.user_id) == person),
        update(Delegation).values(ended_at=now),
    ):
        with session.begin_nested() as attempt:
            session.execute(act)
            assert "not the deputy" in refused(session, evaluation, cast["mina"], now, **for_amir(cast))
            attempt.rollback()
    write(session, evaluation, cast["mina"], now, **for_amir(cast))


@pytest.mark.usefixtures("delegation")
def test_nobody_decides_for_an_approver_what_either_may_not_decide(
    session: Session, cast: Mapping[str, Actor], evaluation: Evaluation, now: datetime
) -> None:
    of, ours = {"tool_id": evaluation.tool_id}, {"evaluation_id": id_of(evaluation)}
    for whose, begins in (("amir", "approver for whom"), ("mina", "who decided")):
        who = {"user_id": cast[whose].person_id}
        for row, reason in (
            (Request(**of, **who, purpose="Letters", digest="d", at=now), "asked for this"),
            (VendorContact(**of, **who, at=now), "contact of its vendor"),
            (Interest(**ours, **who, interested=True, at=now), "an interest"),
            (Scorecard(**ours, **who, saved_at=now), "scored it"),
        ):
            with session.begin_nested() as attempt:
                session.add(row)
                session.flush()
                told = refused(session, evaluation, cast["mina"], now, **for_amir(cast))
                assert (begins in told, reason in told) == (True, True), told
                attempt.rollback()


def test_a_delegation_is_an_approvers_to_a_reviewer_or_an_approver_and_is_ended_and_never_changed(
    session: Session, cast: Mapping[str, Actor], delegation: Delegation, now: datetime
) -> None:
    values = delegation.model_dump(exclude={"id"})

    def fails(statement: Any) -> None:
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(statement)

    for wrong in (
        {"approver_id": cast["rosa"].id},
        {"deputy_id": cast["uma"].id},
        {"deputy_id": cast["amir"].id},
        {"ends_at": now},
        {"ended_at": now},
    ):
        fails(insert(Delegation).values(values | wrong))
    fails(update(Delegation).values(deputy_id=cast["rosa"].id))
    fails(update(Delegation).values(ends_at=now + timedelta(days=90)))
    fails(delete(Delegation))
    session.execute(update(Delegation).values(ended_at=now))
    fails(update(Delegation).values(ended_at=None))


def test_what_was_decided_is_never_changed(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    verdict = a_verdict(session, a_tool(session, now=now), cast, now=now)
    for values in DECIDED:
        with pytest.raises(IntegrityError, match="never changed"), session.begin_nested():
            session.execute(update(Verdict).where(Verdict.id == verdict.id).values(values))  # type: ignore[arg-type]
    assert session.scalar(text("SELECT count(*) FROM verdict WHERE undone_at IS NULL")) == 1

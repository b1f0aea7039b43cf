"""Who may not decide is refused by the database too, whatever program writes into it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, inspect, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from registry.domain.evaluation import Alone
from registry.services.evaluations import scoring
from registry.services.people.acting import Actor
from registry.store.columns import id_of
from registry.store.tables import Evaluation, Interest, Request, VendorContact, Verdict
from tests.builders import a_tool, a_verdict, an_evaluation, scored, the_cast

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


def test_what_was_decided_is_never_changed(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    verdict = a_verdict(session, a_tool(session, now=now), cast, now=now)
    for values in DECIDED:
        with pytest.raises(IntegrityError, match="never changed"), session.begin_nested():
            session.execute(update(Verdict).where(Verdict.id == verdict.id).values(values))  # type: ignore[arg-type]
    assert session.scalar(text("SELECT count(*) FROM verdict WHERE undone_at IS NULL")) == 1

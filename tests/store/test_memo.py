"""A read that is remembered is asked once, and anew after whatever its session writes."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import insert
from sqlmodel import Session, delete, select

from registry.store.columns import id_of
from registry.store.engine import write_all
from registry.store.memo import remembered
from registry.store.tables import Office
from tests.builders import a_tool, an_evaluation, scored, the_cast


@remembered(Office)
def names(session: Session, prefix: str) -> list[str]:
    return [each for each in session.exec(select(Office.name)) if each.startswith(prefix)]


def test_it_is_asked_once_while_nothing_is_written(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    session.add(Office(code="hq", name="Head"))
    assert names(session, "H") == ["Head"]
    monkeypatch.setattr(session, "exec", None)
    assert names(session, "H") == ["Head"]


@pytest.mark.parametrize(
    "write",
    [
        lambda session: session.add(Office(code="b", name="Hall")),
        lambda session: session.execute(insert(Office).values(code="b", name="Hall", default_rule="", version=1)),
        lambda session: session.exec(delete(Office)),
        lambda session: write_all(session, Office, [{"code": "b", "name": "Hall"}]),
    ],
    ids=["an object", "rows", "a removal", "rows past the session"],
)  # fmt: skip
def test_it_is_asked_anew_after_a_write_of_any_kind(
    session: Session, write: Callable[[Session], object]
) -> None:
    session.add(Office(code="hq", name="Head"))
    before = names(session, "H")
    write(session)
    assert names(session, "H") != before


def test_what_a_savepoint_takes_back_is_not_remembered(session: Session) -> None:
    session.add(Office(code="hq", name="Head"))
    session.flush()
    attempt = session.begin_nested()
    session.add(Office(code="b", name="Hall"))
    assert names(session, "H") == ["Head", "Hall"]
    attempt.rollback()
    assert names(session, "H") == ["Head"]


def test_a_write_to_another_table_is_no_reason_to_forget(
    session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.add(Office(code="hq", name="Head"))
    assert names(session, "H") == ["Head"]
    a_tool(session, now=now)
    monkeypatch.setattr(session, "exec", None)
    assert names(session, "H") == ["Head"]


def test_a_scorecard_that_is_handed_in_is_seen_by_the_next_who_asks(session: Session, now: datetime) -> None:
    from registry.store import evaluations

    cast = the_cast(session, now)
    both = (cast["rosa"], cast["ravi"])
    evaluation = an_evaluation(session, a_tool(session, now=now), owner=both[0], reviewers=both, now=now)
    seen = []
    for each in both:
        seen.append(len(evaluations.scorecards(session, id_of(evaluation))))
        scored(session, evaluation, each, now=now)
    seen.append(len(evaluations.scorecards(session, id_of(evaluation))))
    assert seen == [0, 1, 2]

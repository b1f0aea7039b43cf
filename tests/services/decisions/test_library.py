"""The library of conditions: what it offers, and that no verdict ever changes with it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from registry.domain.condition import Check, Duty
from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken, StaleVersion
from registry.domain.library import Wording, as_condition
from registry.domain.outcome import Outcome
from registry.services.decisions import library as keeping
from registry.services.people.acting import Actor
from registry.store import library, verdicts
from registry.store.columns import id_of
from tests.builders import a_tool, a_verdict, an_evaluation, the_cast

PUBLIC = Wording(
    text="Enter only public information.",
    duty=Duty.USER,
    check=Check.SELF_ATTESTED,
    mitigates=frozenset({"R5"}),
)


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    cast = the_cast(session, now)
    an_evaluation(
        session, a_tool(session, "Other", now=now), owner=cast["rosa"], now=now
    )  # stores the rubric
    return cast


@pytest.mark.both_databases
def test_a_new_wording_and_retiring_change_no_verdict(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    row = keeping.add(session, PUBLIC, by=cast["amir"], now=now)
    taken = as_condition(
        PUBLIC, wording_id=library.one(session, id_of(row), now=now).wording.id, on=now.date()
    )
    changed = replace(taken, text="Enter only public information, and no names.")
    for name, condition in (("Quillmark", taken), ("Inkwell", changed)):
        a_verdict(
            session,
            a_tool(session, name, now=now),
            cast,
            now=now,
            outcome=Outcome.APPROVED_WITH_CONDITIONS,
            conditions=(condition,),
        )
    keeping.reword(session, id_of(row), replace(PUBLIC, text="Public only."), by=cast["ada"], now=now)
    keeping.retire(session, id_of(row), reason="Said by the login page now.", by=cast["amir"], now=now)
    [first] = verdicts.conditions(session, [id_of(verdicts.get(session, 1))]).values()
    assert [each.text for each in first] == ["Enter only public information."]
    out = now + timedelta(minutes=6)
    assert [
        (each.verdict.number, each.wording_number, each.changed)
        for each in library.uses(session, id_of(row), now=out)
    ] == [
        (2, 1, True),
        (1, 1, False),
    ]
    assert library.conditions(session, now=now) == []
    [kept] = library.conditions(session, now=out, retired=True)
    assert (kept.used, kept.wording.text, kept.wording.number) == (2, "Public only.", 2)


def test_it_tells_nothing_of_a_verdict_that_has_not_gone_out(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    row = keeping.add(session, PUBLIC, by=cast["amir"], now=now)
    taken = as_condition(
        PUBLIC, wording_id=library.one(session, id_of(row), now=now).wording.id, on=now.date()
    )
    a_verdict(
        session,
        a_tool(session, now=now),
        cast,
        now=now,
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        conditions=(taken,),
    )
    for at, used in ((now + timedelta(minutes=4), 0), (now + timedelta(minutes=5), 1)):
        assert library.one(session, id_of(row), now=at).used == used
        assert [each.used for each in library.conditions(session, now=at)] == [used]
        assert len(library.uses(session, id_of(row), now=at)) == used


def test_a_dated_one_is_due_so_many_days_after_the_decision(now: datetime) -> None:
    dated = replace(PUBLIC, standing=False, due_days=30)
    assert as_condition(dated, wording_id=1, on=now.date()).due_on == now.date() + timedelta(days=30)


def test_approvers_and_admins_keep_it(session: Session, cast: Mapping[str, Actor], now: datetime) -> None:
    with pytest.raises(NotAllowed):
        keeping.add(session, PUBLIC, by=cast["rosa"], now=now)


@pytest.mark.parametrize(
    ("wording", "field"),
    [
        (replace(PUBLIC, text=" "), "text"),
        (replace(PUBLIC, duty=None), "duty"),
        (replace(PUBLIC, check=None), "check"),
        (replace(PUBLIC, mitigates=frozenset({"R99"})), "mitigates"),
        (replace(PUBLIC, due_days=3), "due_days"),
        (replace(PUBLIC, standing=False), "due_days"),
    ],
)
def test_what_would_not_cover_anything_stays_out(
    session: Session, cast: Mapping[str, Actor], now: datetime, wording: Wording, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        keeping.add(session, wording, by=cast["amir"], now=now)
    assert field in refused.value.faults


def test_the_same_words_stand_there_once_and_a_stale_version_is_refused(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    row = keeping.add(session, PUBLIC, by=cast["amir"], now=now)
    with pytest.raises(InvalidInput):
        keeping.add(session, replace(PUBLIC, text="enter ONLY public information."), by=cast["amir"], now=now)
    keeping.reword(session, id_of(row), replace(PUBLIC, text="Other."), version=1, by=cast["amir"], now=now)
    with pytest.raises(StaleVersion):
        keeping.retire(session, id_of(row), reason="So.", version=1, by=cast["ana"], now=now)


def test_an_empty_library_may_begin_with_the_usual_ones_once(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    assert len(keeping.add_starter(session, by=cast["amir"], now=now)) == len(keeping.starter())
    with pytest.raises(RuleBroken):
        keeping.add_starter(session, by=cast["amir"], now=now)

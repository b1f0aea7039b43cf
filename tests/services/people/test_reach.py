"""Offices limit what a person decides: their verdict, what it supersedes, and all that befalls a verdict later."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken
from registry.domain.outcome import Outcome
from registry.domain.reach import beyond_reach
from registry.domain.validity import MarkKind
from registry.domain.verdict import Scope
from registry.services.decisions.decision import Decision, decide
from registry.services.people import accounts
from registry.services.people.acting import Actor
from registry.services.rubrics import rubric_files
from registry.services.verdicts import duties, verdict_life
from registry.store import tables
from registry.store.columns import id_of
from tests.builders import TERMS, a_condition, a_tool, an_evaluation, scored, the_cast, the_offices

Limit = Callable[[str, str], None]


@pytest.fixture
def cast(session: Session, now: datetime) -> Mapping[str, Actor]:
    rubric_files.take_in(session, None, now=now)
    the_offices(session)
    return the_cast(session, now)


@pytest.fixture
def limit(session: Session, cast: Mapping[str, Actor], now: datetime) -> Limit:
    """Give somebody's roles for one office alone."""

    def set_offices(who: str, office: str) -> None:
        person = accounts.users.person(session, cast[who].person_id)
        accounts.set_roles(
            session, cast[who].person_id, roles=person.roles, offices=[office], by=cast["ada"], now=now
        )

    return set_offices


def decided(
    session: Session,
    cast: Mapping[str, Actor],
    now: datetime,
    *offices: str,
    tool: tables.Tool | None = None,
    **more: object,
) -> tables.Verdict:
    reviewers = (cast["rosa"], cast["ravi"])
    tool = tool or a_tool(session, now=now)
    evaluation = an_evaluation(session, tool, owner=cast["rosa"], reviewers=reviewers, now=now)
    for each in reviewers:
        scored(session, evaluation, each, now=now, fit="3")
    wanted = Decision(
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        rationale="Harmless.",
        conditions=(a_condition(),),
        scope=Scope(offices=frozenset(offices)),
        step_reason="To be sure.",
        **more,  # type: ignore[arg-type]
    )
    return decide(session, id_of(evaluation), wanted, TERMS, by=cast["amir"], now=now)


@pytest.mark.parametrize(
    ("held", "offices", "may"),
    [
        ((), (), True),
        ((), ("hq",), True),
        (("hq",), ("hq",), True),
        (("hq", "field"), ("hq",), True),
        (("hq",), ("hq", "field"), False),
        (("hq",), ("field",), False),
        (("hq",), (), False),
    ],
)
def test_roles_for_some_offices_reach_no_further(held: tuple[str], offices: tuple[str], may: bool) -> None:
    assert (beyond_reach(held, offices) == "") is may


def test_an_approver_decides_for_their_own_office_and_not_for_another_nor_for_all(
    session: Session, cast: Mapping[str, Actor], limit: Limit, now: datetime
) -> None:
    limit("amir", "hq")
    for name, offices in (("Ash", ("field",)), ("Elm", ("field", "hq")), ("Oak", ())):
        with pytest.raises(InvalidInput) as refused:
            decided(session, cast, now, *offices, tool=a_tool(session, name, now=now))
        assert set(refused.value.faults) == {"offices"}
    assert session.exec(select(tables.Verdict)).all() == []
    assert decided(session, cast, now, "hq").number == 1


@pytest.mark.parametrize("kind", [MarkKind.SUSPENDED, MarkKind.REVOKED, MarkKind.SUNSET])
def test_what_befalls_a_verdict_comes_from_whose_role_is_for_its_offices(
    session: Session, cast: Mapping[str, Actor], limit: Limit, now: datetime, kind: MarkKind
) -> None:
    ours = decided(session, cast, now, "hq")
    theirs = decided(session, cast, now, "field", tool=a_tool(session, "Harrow", now=now))
    limit("amir", "hq")
    later = now + timedelta(hours=1)
    told = {
        "reason": "An incident.",
        "effective_on": later.date() + timedelta(days=9) if kind is MarkKind.SUNSET else None,
        "zone": TERMS.zone,
        "by": cast["amir"],
        "now": later,
    }
    with pytest.raises(NotAllowed, match="not for field"):
        verdict_life.mark(session, theirs.number, kind, **told)  # type: ignore[arg-type]
    verdict_life.mark(session, ours.number, kind, **told)  # type: ignore[arg-type]


def test_several_are_withdrawn_only_where_the_role_is_for_each_of_them(
    session: Session, cast: Mapping[str, Actor], limit: Limit, now: datetime
) -> None:
    rows = [
        decided(session, cast, now, office, tool=a_tool(session, name, now=now))
        for name, office in (("Quill", "hq"), ("Harrow", "field"))
    ]
    limit("amir", "hq")
    later = now + timedelta(hours=1)
    numbers = [row.number for row in rows]
    shown = verdict_life.withdrawable(session, numbers, zone=TERMS.zone, by=cast["amir"], now=later)
    assert [bool(each.refused) for each in shown] == [False, True]
    with pytest.raises(RuleBroken, match="not for field"):
        verdict_life.withdraw_together(
            session, dict.fromkeys(numbers, 0), reason="Both.", zone=TERMS.zone, by=cast["amir"], now=later
        )


def test_no_verdict_of_another_office_is_superseded(
    session: Session, cast: Mapping[str, Actor], limit: Limit, now: datetime
) -> None:
    tool = a_tool(session, now=now)
    theirs = decided(session, cast, now, "field", tool=tool)
    limit("amir", "hq")
    with pytest.raises(InvalidInput) as refused:
        decided(session, cast, now + timedelta(hours=1), "hq", tool=tool, supersedes=(theirs.number,))
    assert refused.value.faults.keys() == {"supersedes"}
    assert "not for field" in refused.value.faults["supersedes"]


@pytest.mark.parametrize("act", [duties.meet_condition, duties.waive_condition, duties.take_back])
def test_what_becomes_of_a_condition_comes_from_whose_role_is_for_its_verdicts_offices(
    session: Session, cast: Mapping[str, Actor], limit: Limit, now: datetime, act: Callable[..., object]
) -> None:
    theirs = decided(session, cast, now, "field")
    limit("amir", "hq")
    later = now + timedelta(hours=1)
    told = {"on": later.date()} if act is duties.meet_condition else {"reason": "So."}
    with pytest.raises(NotAllowed, match="not for field"):
        act(session, theirs.number, 1, **told, zone=TERMS.zone, by=cast["amir"], now=later)
    with pytest.raises(RuleBroken, match="standing condition"):
        act(session, theirs.number, 1, **told, zone=TERMS.zone, by=cast["ana"], now=later)

"""What opens a decided case again: each cause once, one case per tool and edition, and the answer stays as it was."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.condition import Duty
from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken
from registry.domain.lookup import House, Question
from registry.domain.outcome import Outcome
from registry.domain.triggers import Cause
from registry.domain.validity import MarkKind
from registry.services.answers import lookup
from registry.services.evaluations import evaluation as rounds
from registry.services.people.acting import REGISTRY, Actor, record
from registry.services.verdicts import watching
from registry.services.verdicts.reopening import reopen_by_hand
from registry.services.verdicts.verdict_life import mark
from registry.store import evaluations, parties, reopenings, tables
from registry.store.columns import id_of
from registry.store.tables import Event, Reopening
from tests.builders import UTC_ZONE, a_condition, a_tool, a_verdict, the_cast
from tests.conftest import Beginning

DAY = timedelta(days=1)
HOUSE = House(
    data_classes=("public", "internal", "sensitive", "regulated"),
    account_types=("organisation", "work", "private"),
    zone=UTC_ZONE,
)


def an_approval(session: Session, now: datetime) -> dict[str, Actor]:
    """Of Quillmark; it stands until 1 September 2027."""
    cast = the_cast(session, now)
    a_verdict(session, a_tool(session, now=now), cast, now=now, valid_until=date(2027, 9, 1))
    return cast


@pytest.fixture
def beginning() -> Beginning:
    return an_approval


@pytest.fixture
def cast(given: dict[str, Actor]) -> dict[str, Actor]:
    return given


@pytest.fixture
def tool(session: Session) -> tables.Tool:
    return session.exec(select(tables.Tool)).one()


@pytest.fixture
def approved(session: Session) -> tables.Verdict:
    return session.exec(select(tables.Verdict)).one()


def watch(session: Session, at: datetime) -> list[tuple[Cause, str]]:
    session.flush()
    return [(each.cause, each.text) for each in watching.watch(session, zone=UTC_ZONE, now=at)]


def told(
    session: Session,
    tool: tables.Tool,
    at: datetime,
    signal: str,
    *,
    title: str = "News",
    major: bool = False,
) -> None:
    after = {"signal": signal, "title": title, "link": "https://news.example/1", "major": major}
    record(session, "tool.mentioned", ("tool", tool.id), by=REGISTRY, now=at, after=after)
    session.flush()


def answer(session: Session, tool: tables.Tool, at: datetime) -> str:
    found = lookup.answers(session, [tool], Question(at=at), HOUSE, now=at)
    return found[id_of(tool)].code.value


def case(session: Session, tool: tables.Tool) -> tables.Evaluation:
    found = evaluations.find_running(session, id_of(tool), "")
    assert found is not None
    return found


@pytest.mark.both_databases
def test_the_date_opens_a_review_59_days_before_the_last_one(
    session: Session, cast: Mapping[str, Actor], tool: tables.Tool, approved: tables.Verdict
) -> None:
    def on(month: int, day: int) -> datetime:
        return datetime(2027, month, day, 12, tzinfo=UTC_ZONE)

    assert watch(session, on(7, 3)) == []
    before = answer(session, tool, on(7, 4))
    assert watch(session, on(7, 4)) == [(Cause.REVIEW_DUE, "The approval ends on 1 September 2027.")]
    assert watch(session, on(7, 4)) == []
    opened = case(session, tool)
    assert opened.due_on == date(2027, 7, 24)
    assert opened.owner_id == cast["rosa"].id
    assert opened.intended_use["purpose"] == "Drafting letters"
    assert {each.name for each in parties.assigned(session, id_of(opened))} == {"Rosa", "Ravi"}
    assert answer(session, tool, on(7, 4)) == before == "yes"
    assert answer(session, tool, on(10, 2)) == "lapsed"


def test_an_imported_list_of_verdicts_that_lapsed_long_ago_opens_nothing(
    session: Session, approved: tables.Verdict
) -> None:
    assert watch(session, datetime(2028, 9, 1, tzinfo=UTC_ZONE)) == []


@pytest.mark.parametrize(
    ("signal", "major", "cause"),
    [
        ("release", True, Cause.MAJOR_VERSION),
        ("vulnerable", False, Cause.ADVISORY),
        ("exploited", False, Cause.EXPLOITED),
        ("end_of_life", False, Cause.END_OF_LIFE),
        ("terms", False, Cause.TERMS),
        ("owner", False, Cause.OWNER),
    ],
)
def test_a_mention_by_a_watched_feed_opens_the_case_and_names_the_cause(
    session: Session,
    tool: tables.Tool,
    approved: tables.Verdict,
    now: datetime,
    signal: str,
    major: bool,
    cause: Cause,
) -> None:
    later = now + DAY
    told(session, tool, later, signal, title="What it said", major=major)
    assert watch(session, later) == [(cause, "What it said")]
    assert watch(session, later + DAY) == []
    event = session.exec(select(Event).where(Event.action == "evaluation.reopened")).one()
    assert (event.actor, event.after["cause"], event.after["verdict"]) == ("registry", cause.value, 1)
    assert event.after["due_on"] == str(case(session, tool).due_on)


@pytest.mark.parametrize(("signal", "major"), [("release", False), ("", False)])
def test_ordinary_news_opens_nothing(
    session: Session, tool: tables.Tool, approved: tables.Verdict, now: datetime, signal: str, major: bool
) -> None:
    told(session, tool, now + DAY, signal, major=major)
    assert watch(session, now + DAY) == []


def test_what_was_known_before_the_verdict_and_what_concerns_a_tool_without_one_opens_nothing(
    session: Session, tool: tables.Tool, now: datetime, cast: Mapping[str, Actor]
) -> None:
    told(session, tool, now - DAY, "exploited")
    told(session, a_tool(session, "Untried", now=now), now + DAY, "exploited")
    a_verdict(session, tool, cast, now=now)
    assert watch(session, now + DAY) == []


def test_a_flaw_in_what_is_forbidden_anyway_opens_nothing_but_a_new_version_may_mend_it(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    tool = a_tool(session, "Scrawl", now=now)
    a_verdict(session, tool, cast, now=now, outcome=Outcome.REJECTED)
    told(session, tool, now + DAY, "exploited")
    assert watch(session, now + DAY) == []
    told(session, tool, now + DAY, "release", major=True, title="Scrawl 3")
    assert watch(session, now + DAY) == [(Cause.MAJOR_VERSION, "Scrawl 3")]


@pytest.mark.both_databases
def test_several_causes_are_listed_in_one_case_and_the_most_pressing_sets_its_day(
    session: Session, tool: tables.Tool, approved: tables.Verdict, now: datetime
) -> None:
    later = now + DAY
    told(session, tool, later, "terms", title="New terms")
    told(session, tool, later, "exploited", title="A flaw")
    assert len(watch(session, later)) == 2
    opened = case(session, tool)
    found = reopenings.of_evaluations(session, [id_of(opened)])[id_of(opened)]
    assert [each.cause for each in found] == [Cause.EXPLOITED, Cause.TERMS]
    assert opened.due_on == later.date() + 3 * DAY


def test_a_case_that_is_under_way_gets_the_cause_and_a_new_version_number(
    session: Session, tool: tables.Tool, approved: tables.Verdict, cast: Mapping[str, Actor], now: datetime
) -> None:
    running = rounds.open_evaluation(
        session,
        id_of(tool),
        tier=2,
        owner_id=cast["ana"].person_id,
        intended_use={"purpose": "Letters"},
        zone=UTC_ZONE,
        by=cast["ana"],
        now=now + DAY,
    )
    version = running.version
    told(session, tool, now + DAY, "exploited")
    assert len(watch(session, now + DAY)) == 1
    assert case(session, tool).id == running.id
    assert running.version == version + 1


def test_a_case_that_a_person_withdrew_stays_closed(
    session: Session, tool: tables.Tool, approved: tables.Verdict, cast: Mapping[str, Actor], now: datetime
) -> None:
    told(session, tool, now + DAY, "exploited")
    watch(session, now + DAY)
    rounds.withdraw(
        session, id_of(case(session, tool)), reason="Not our version.", by=cast["rosa"], now=now + DAY
    )
    assert watch(session, now + 2 * DAY) == []


@pytest.mark.both_databases
def test_an_overdue_condition_opens_the_case_on_the_day_after_it_was_due(
    session: Session, tool: tables.Tool, cast: Mapping[str, Actor], now: datetime
) -> None:
    due = date(2027, 3, 1)
    dated = replace(a_condition("Sign the terms.", "R5"), standing=False, due_on=due, duty=Duty.OFFICE)
    a_verdict(session, tool, cast, now=now, outcome=Outcome.APPROVED_WITH_CONDITIONS, conditions=(dated,))
    on_the_day = datetime(2027, 3, 1, 12, tzinfo=UTC_ZONE)
    found = [cause for cause, _ in watch(session, on_the_day)]
    assert Cause.CONDITION_OVERDUE not in found
    told_then = watch(session, on_the_day + DAY)
    assert told_then == [(Cause.CONDITION_OVERDUE, "Due on 1 March 2027: Sign the terms.")]


def test_a_tool_turned_down_for_want_of_an_owner_is_looked_at_again_after_180_days(
    session: Session, tool: tables.Tool, cast: Mapping[str, Actor], now: datetime
) -> None:
    a_verdict(session, tool, cast, now=now, outcome=Outcome.REJECTED, reason_code="K10")
    assert watch(session, now + 179 * DAY) == []
    assert [cause for cause, _ in watch(session, now + 180 * DAY)] == [Cause.NO_OWNER]
    assert answer(session, tool, now + 180 * DAY) == "no"


def test_a_case_is_owned_by_somebody_who_is_still_there(
    session: Session, tool: tables.Tool, approved: tables.Verdict, cast: Mapping[str, Actor], now: datetime
) -> None:
    session.get_one(tables.User, cast["rosa"].person_id).disabled_at = now
    told(session, tool, now + DAY, "exploited")
    watch(session, now + DAY)
    opened = case(session, tool)
    assert opened.owner_id == cast["amir"].id
    assert {each.name for each in parties.assigned(session, id_of(opened))} == {"Ravi"}


def test_with_nobody_to_own_it_the_case_waits_for_somebody(
    session: Session, tool: tables.Tool, approved: tables.Verdict, cast: Mapping[str, Actor], now: datetime
) -> None:
    staff = [
        session.get_one(tables.User, cast[name].person_id) for name in ("rosa", "ravi", "mina", "amir", "ana")
    ]
    for each in staff:
        each.disabled_at = now
    told(session, tool, now + DAY, "exploited")
    assert watch(session, now + DAY) == []
    staff[-1].disabled_at = None
    assert len(watch(session, now + 2 * DAY)) == 1


def test_people_open_several_cases_at_once_or_none(
    session: Session, tool: tables.Tool, approved: tables.Verdict, cast: Mapping[str, Actor], now: datetime
) -> None:
    other = a_verdict(session, a_tool(session, "Scrawl", now=now), cast, now=now)
    later = now + DAY

    def by_hand(who: str, *numbers: int, cause: Cause = Cause.RUBRIC, text: str = "Version 2 is out.") -> int:
        return len(reopen_by_hand(session, numbers, cause, text=text, zone=UTC_ZONE, by=cast[who], now=later))

    with pytest.raises(NotAllowed):
        by_hand("emil", 1)
    with pytest.raises(InvalidInput):
        by_hand("rosa", 1, text=" ")
    with pytest.raises(InvalidInput):
        by_hand("rosa", 1, cause=Cause.EXPLOITED)
    mark(session, other.number, MarkKind.REVOKED, reason="Gone.", zone=UTC_ZONE, by=cast["amir"], now=later)
    with pytest.raises(RuleBroken, match="verdict 2"):
        by_hand("rosa", 1, other.number)
    assert session.exec(select(Reopening)).all() == []
    assert by_hand("rosa", 1) == 1
    assert case(session, tool).owner_id == cast["rosa"].id


@pytest.mark.both_databases
def test_a_suspension_that_nobody_confirmed_is_reported_once_when_it_is_overdue(
    session: Session, approved: tables.Verdict, cast: Mapping[str, Actor], now: datetime
) -> None:
    mark(session, 1, MarkKind.SUSPENDED, reason="A leak.", zone=UTC_ZONE, by=cast["amir"], now=now + DAY)

    def overdue() -> int:
        return len(session.exec(select(Event).where(Event.action == "verdict.suspension_overdue")).all())

    watch(session, now + 15 * DAY)
    assert overdue() == 0
    watch(session, now + 16 * DAY)
    watch(session, now + 17 * DAY)
    assert overdue() == 1

"""Challenges and incidents: kept, counted by people and not by posts, and what they open."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput
from registry.domain.outcome import Outcome
from registry.domain.triggers import Cause, ReportKind
from registry.services.people.acting import Actor
from registry.services.verdicts.reports import Told, report
from registry.store import evaluations, tables
from registry.store.columns import id_of
from registry.store.tables import Report
from tests.builders import UTC_ZONE, a_tool, a_verdict, the_cast
from tests.conftest import Beginning

SOMEBODY = Actor(None, "somebody without an account")


def an_approval(session: Session, now: datetime) -> dict[str, Actor]:
    """Of Quillmark."""
    cast = the_cast(session, now)
    a_verdict(session, a_tool(session, now=now), cast, now=now)
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


def tell(session: Session, kind: ReportKind, at: datetime, by: Actor = SOMEBODY, **said: object) -> Told:
    values: dict[str, object] = {
        "name": "Quillmark",
        "text": "It sends letters to strangers.",
        "place": "192.0.2.1",
    }
    return report(
        session,
        kind,
        enough=3,
        zone=UTC_ZONE,
        secret=b"a secret of sixteen",
        by=by,
        now=at,
        **(values | said),  # type: ignore[arg-type]
    )


@pytest.mark.both_databases
def test_an_incident_opens_the_case_at_once_and_wants_a_decision_within_three_days(
    session: Session, tool: tables.Tool, now: datetime
) -> None:
    later = now + timedelta(days=1)
    told = tell(session, ReportKind.INCIDENT, later, happened_on=date(2026, 11, 2))
    assert [each.cause for each in told.opened] == [Cause.INCIDENT]
    running = evaluations.find_running(session, id_of(tool), "")
    assert running is not None
    assert running.due_on == later.date() + timedelta(days=3)
    again = tell(session, ReportKind.INCIDENT, later, place="192.0.2.2")
    assert again.opened[0].evaluation_id == running.id


@pytest.mark.both_databases
def test_three_people_who_challenge_open_the_case_and_one_who_does_so_thrice_does_not(
    session: Session, tool: tables.Tool, cast: Mapping[str, Actor], now: datetime
) -> None:
    later = now + timedelta(days=1)
    for _ in range(4):
        assert tell(session, ReportKind.CHALLENGE, later, cast["emil"]).opened == []
        assert tell(session, ReportKind.CHALLENGE, later).voices <= 2
    third = tell(session, ReportKind.CHALLENGE, later, cast["uma"])
    assert (third.voices, [each.cause for each in third.opened]) == (3, [Cause.CHALLENGES])
    fourth = tell(session, ReportKind.CHALLENGE, later, cast["ada"])
    assert list(fourth.opened) == []


def test_challenges_of_an_older_verdict_do_not_count_against_the_new_one(
    session: Session, tool: tables.Tool, cast: Mapping[str, Actor], now: datetime
) -> None:
    later = now + timedelta(days=1)
    tell(session, ReportKind.CHALLENGE, later, cast["emil"])
    tell(session, ReportKind.CHALLENGE, later, cast["uma"])
    a_verdict(session, tool, cast, now=later + timedelta(days=1), supersedes=(1,))
    assert tell(session, ReportKind.CHALLENGE, later + timedelta(days=2), cast["ada"]).voices == 1


def test_an_incident_with_a_tool_that_nobody_listed_is_kept_and_opens_nothing(
    session: Session, now: datetime
) -> None:
    told = tell(session, ReportKind.INCIDENT, now, name="Wendle", unlisted=True)
    assert (told.report.tool_id, told.report.name, list(told.opened)) == (None, "Wendle", [])


@pytest.mark.parametrize(
    ("kind", "said", "field"),
    [
        (ReportKind.CHALLENGE, {"name": "Wendle"}, "tool"),
        (ReportKind.CHALLENGE, {"name": "Untried"}, "tool"),
        (ReportKind.CHALLENGE, {"text": " "}, "text"),
        (ReportKind.INCIDENT, {"name": ""}, "tool"),
        (ReportKind.INCIDENT, {"happened_on": date(2030, 1, 1)}, "happened_on"),
        (ReportKind.INCIDENT, {"happened_on": date(1989, 12, 31)}, "happened_on"),
        (ReportKind.INCIDENT, {"text": "x" * 2001}, "text"),
        (ReportKind.INCIDENT, {"contact": "x" * 201}, "contact"),
    ],
)
def test_what_cannot_be_taken_is_told_by_field_and_nothing_is_kept(
    session: Session, tool: tables.Tool, now: datetime, kind: ReportKind, said: dict[str, object], field: str
) -> None:
    a_tool(session, "Untried", now=now)
    with pytest.raises(InvalidInput) as refused:
        tell(session, kind, now + timedelta(days=1), **said)
    assert list(refused.value.faults) == [field]
    assert session.exec(select(Report)).all() == []


def test_a_no_is_challenged_too(session: Session, cast: Mapping[str, Actor], now: datetime) -> None:
    a_verdict(session, a_tool(session, "Scrawl", now=now), cast, now=now, outcome=Outcome.REJECTED)
    later = now + timedelta(days=1)
    for name in ("emil", "uma", "ada"):
        told = tell(session, ReportKind.CHALLENGE, later, cast[name], name="scrawl")
    assert [each.cause for each in told.opened] == [Cause.CHALLENGES]

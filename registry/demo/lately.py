"""What happened lately in the demo's office: a quick no, what colleagues told of tools in use, what a pilot came to,
who is away."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.demo.ground import Ground
from registry.domain.triggers import ReportKind
from registry.domain.validity import MarkKind
from registry.services.decisions import quick_no
from registry.services.decisions.decision import Terms
from registry.services.people import deputies
from registry.services.people.acting import Actor
from registry.services.people.house import house
from registry.services.verdicts import reports, verdict_life
from registry.settings import Settings
from registry.store import tools, verdicts
from registry.store.columns import id_of
from registry.store.tables import Tool

DOUBLE, INSTEAD = "subtitlery", "captionary"
PILOT = "glossarine"


def prepare(session: Session, ground: Ground, settings: Settings, terms: Terms, *, now: datetime) -> None:
    people = ground.people
    _say_no_at_once(
        session, ground.tools[DOUBLE], settings, terms, by=people["ana"], now=now - timedelta(days=1)
    )
    _report_the_pilot(session, terms, by=people["amir"], now=now - timedelta(hours=30))
    _tell(session, settings, people, now=now)
    _go_away(session, settings, people, now=now)


def _go_away(session: Session, settings: Settings, people: Mapping[str, Actor], *, now: datetime) -> None:
    """Ana is away for ten days, and Mina decides for her."""
    today = now.astimezone(settings.zone).date()
    deputies.delegate(
        session,
        people["mina"].id,
        first_day=today,
        last_day=today + timedelta(days=9),
        zone=settings.zone,
        by=people["ana"],
        now=now,
    )


def _say_no_at_once(
    session: Session, tool: Tool, settings: Settings, terms: Terms, *, by: Actor, now: datetime
) -> None:
    told = quick_no.QuickNo(
        ground=quick_no.DUPLICATE,
        evidence="It writes the same captions from the same recordings, and asks for an account of its own besides.",
        rationale="We have live captions already, under a contract of our own and with terms that we have read.",
        alternatives=(INSTEAD,),
        independent=True,
    )
    quick_no.give(session, tool, told, terms, house(session, settings), by=by, now=now)


def _report_the_pilot(session: Session, terms: Terms, *, by: Actor, now: datetime) -> None:
    """Of the first of the two pilots, which the second one followed."""
    pilots = verdicts.of_tool(session, id_of(tools.get(session, PILOT)))
    verdict_life.mark(
        session,
        pilots[-1].number,
        MarkKind.PILOT_RESULT,
        reason="Half a year with four translators.",
        details={
            "reached": "partly",
            "measure": "Nine letters in ten needed no correction of a term; whole sentences were corrected in a third.",
            "exit_rule": "It asked for eight in ten unchanged, so a second pilot followed, for letters too.",
        },
        zone=terms.zone,
        by=by,
        now=now,
    )


def _tell(session: Session, settings: Settings, people: Mapping[str, Actor], *, now: datetime) -> None:
    reports.report(
        session,
        ReportKind.INCIDENT,
        name="Fieldpost",
        text="A post meant for the test page stood on the public one for an hour, from a tablet of the open day.",
        happened_on=(now - timedelta(days=2)).astimezone(settings.zone).date(),
        enough=settings.challenges,
        zone=settings.zone,
        secret=settings.secret,
        by=people["emil"],
        now=now - timedelta(hours=20),
    )
    reports.report(
        session,
        ReportKind.CHALLENGE,
        name="Sumline",
        text="Their new terms of last month no longer claim what we type in. Could you look again?",
        enough=settings.challenges,
        zone=settings.zone,
        secret=settings.secret,
        by=people["rosa"],
        now=now - timedelta(hours=9),
    )

"""Who asked for a tool is told of each step, once, with the link by which it is followed."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from registry.domain.outcome import Outcome
from registry.domain.triage import DismissReason
from registry.services.answers import requests
from registry.services.candidates import merging, triage
from registry.services.decisions.decision import Decision, decide
from registry.services.notices import mails, steps
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from registry.store.tables import Delivery, Request
from tests.builders import TERMS, a_tool, a_verdict, an_evaluation, scored, the_cast, the_offices
from tests.conftest import NOW

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
UNDO = timedelta(minutes=10)
SOMEBODY = Actor(None, "somebody without an account")


class Desk:
    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine, self.settings = engine, settings
        with transaction(engine) as session:
            self.cast: Mapping[str, Actor] = the_cast(session, NOW)
            the_offices(session)

    def asks(
        self, name: str = "Quillmark", contact: str = "zoe@office.example", by: Actor = SOMEBODY
    ) -> Request:
        with transaction(self.engine) as session:
            made = requests.request_tool(
                session,
                name=name,
                purpose="Notes.",
                contact=contact,
                by=by,
                secret=self.settings.secret,
                now=NOW,
            )
            return made.request

    def look(self, now: datetime) -> None:
        with transaction(self.engine) as session:
            news = steps.news(session, self.settings, now)
            assert news or not steps.look(session, self.settings, now)
            steps.look(session, self.settings, now)

    def told(self, now: datetime) -> list[tuple[str, str, str]]:
        """To, subject and text of each mail so far; one that there is nothing to say in any more is not there."""
        with snapshot(self.engine) as session:
            rows = session.exec(select(Delivery).order_by(col(Delivery.id))).all()
            found = [mails.mail_of(session, row, self.settings, now) for row in rows]
        written = []
        for each in found:
            if not isinstance(each, str):
                body: Any = each.message.get_body(("plain",))
                written.append((each.to, str(each.message["Subject"]), body.get_content()))
        return written


@pytest.fixture
def desk(engine: Engine, settings: Settings) -> Desk:
    return Desk(engine, settings)


@pytest.mark.both_databases
def test_it_is_told_that_a_request_was_received_once(desk: Desk) -> None:
    desk.asks()
    for minutes in (1, 2, 3):
        desk.look(NOW + minutes * MINUTE)
    [(to, subject, text)] = desk.told(NOW)
    assert to == "zoe@office.example"
    assert subject == "Quillmark: we have your request"
    assert "We have your request for Quillmark. It waits for somebody to look at it." in text
    assert "https://registry.example/request/1-" in text


def test_a_mail_is_in_the_registrys_language(desk: Desk, settings: Settings) -> None:
    desk.settings = settings.model_copy(update={"language": "es"})
    desk.asks()
    desk.look(NOW + MINUTE)
    [(_to, subject, text)] = desk.told(NOW)
    assert subject == "Quillmark: tenemos su solicitud"
    assert "Tenemos su solicitud de Quillmark. Está a la espera de que alguien la mire." in " ".join(
        text.split()
    )


def test_the_link_in_the_mail_opens_the_request_and_no_other(
    desk: Desk, engine: Engine, settings: Settings
) -> None:
    first, second = desk.asks(), desk.asks("Inkwell")
    with snapshot(engine) as session:
        for row in (first, second):
            token = steps.token_of(row, secret=settings.secret)
            assert requests.follow(session, token, secret=settings.secret).request.id == row.id
        mixed = f"1-{steps.token_of(second, secret=settings.secret).partition('-')[2]}"
        assert steps.by_link(session, mixed, secret=settings.secret) is None


def test_a_no_is_told_when_it_can_no_longer_be_undone(desk: Desk, engine: Engine) -> None:
    desk.asks()
    desk.look(NOW)
    with transaction(engine) as session:
        triage.dismiss(
            session,
            1,
            reason=DismissReason.OUT_OF_SCOPE,
            note="",
            by=desk.cast["rosa"],
            now=NOW + MINUTE,
        )
    desk.look(NOW + 2 * MINUTE)
    assert len(desk.told(NOW)) == 0, "what was received is not so any more, and the no may be taken back"
    desk.look(NOW + MINUTE + UNDO)
    [(_, subject, text)] = desk.told(NOW + MINUTE + UNDO)
    assert subject == "Quillmark: we will not review it"
    assert "We decided not to review it. Reason: " in text


def test_each_step_of_a_review_is_told(desk: Desk, engine: Engine) -> None:
    desk.asks()
    desk.look(NOW)
    rosa, ravi, now = desk.cast["rosa"], desk.cast["ravi"], NOW + UNDO
    with transaction(engine) as session:
        tool = triage.accept(session, 1, by=rosa, now=NOW)
    desk.look(now)
    assert desk.told(now)[-1][1] == "Quillmark: your request was accepted"
    with transaction(engine) as session:
        evaluation = an_evaluation(session, tool, owner=rosa, reviewers=(rosa, ravi), now=now)
    desk.look(now)
    assert desk.told(now)[-1][1] == "Quillmark: the review has begun"
    with transaction(engine) as session:
        for each in (rosa, ravi):
            scored(session, evaluation, each, now=now, risk="1")
        made = Decision(outcome=Outcome.APPROVED, rationale="It does what we need.")
        decide(session, id_of(evaluation), made, TERMS, by=desk.cast["amir"], now=now)
    desk.look(now + MINUTE)
    assert desk.told(now + MINUTE)[-1][1] == "Quillmark: the review has begun", "not before it went out"
    out = now + timedelta(seconds=TERMS.undo_s)
    desk.look(out)
    assert desk.told(out)[-1][1] == "Quillmark: it was decided"


def test_a_request_that_was_joined_with_another_is_told_so(desk: Desk, engine: Engine) -> None:
    desk.asks()
    desk.asks("Quill Mark Pro", contact="")
    desk.look(NOW)
    with transaction(engine) as session:
        merging.merge(session, 1, into=2, by=desk.cast["rosa"], now=NOW)
    desk.look(NOW + UNDO)
    [(_, subject, text)] = desk.told(NOW + UNDO)
    assert subject == "Quill Mark Pro: your request was joined with another"
    assert "treated together with Quill Mark Pro" in text


def test_who_asks_for_what_is_decided_is_told_at_once(desk: Desk, engine: Engine) -> None:
    with transaction(engine) as session:
        a_verdict(session, a_tool(session, now=NOW - DAY), desk.cast, now=NOW - DAY)
    desk.asks(by=desk.cast["emil"], contact="")
    desk.look(NOW)
    [(to, subject, _)] = desk.told(NOW)
    assert (to, subject) == ("emil@office.example", "Quillmark: it was decided")


@pytest.mark.parametrize(
    "contact", ["", "extension 4711", "zoe@office.example, or 4711", "zoe@nowhere\nBcc: x@y.example"]
)
def test_nobody_is_told_who_left_no_address(desk: Desk, contact: str) -> None:
    desk.asks(contact=contact)
    desk.look(NOW)
    assert desk.told(NOW) == []


def test_who_asked_before_mail_was_set_up_hears_of_what_happens_next(desk: Desk, engine: Engine) -> None:
    desk.asks()
    later = NOW + 3 * DAY
    desk.look(later)
    assert desk.told(later) == []
    with transaction(engine) as session:
        triage.watch(session, 1, until=date(2027, 3, 1), by=desk.cast["rosa"], now=later)
    desk.look(later + UNDO)
    [(_, subject, _)] = desk.told(later + UNDO)
    assert subject == "Quillmark: we will look again later"


def test_who_wants_no_mail_gets_none_and_the_address_is_forgotten(desk: Desk, engine: Engine) -> None:
    made = desk.asks()
    with transaction(engine) as session:
        steps.leave(session, session.get_one(Request, made.id))
    desk.look(NOW)
    assert desk.told(NOW) == []
    with snapshot(engine) as session:
        assert session.get_one(Request, made.id).contact == ""

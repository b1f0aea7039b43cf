"""Who works here is told by mail of what waits for them: once, as they chose, and nothing of a draft's content."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from registry.domain.errors import InvalidInput
from registry.domain.triggers import ReportKind
from registry.domain.validity import MarkKind
from registry.services.answers import requests
from registry.services.candidates import triage
from registry.services.evaluations import assigning, scoring
from registry.services.evaluations.work import my_work
from registry.services.notices import mails, work_mails
from registry.services.notices.work_mails import Watch, next_morning
from registry.services.people import accounts, deputies
from registry.services.people.acting import Actor
from registry.services.people.reach import in_person
from registry.services.verdicts import reports, verdict_life
from registry.settings import Settings
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from registry.store.tables import Delivery, DeliveryState, Evaluation, User, WorkMails
from tests.builders import UTC_ZONE, a_tool, a_verdict, an_evaluation, scored, the_cast
from tests.conftest import NOW

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MORNING = next_morning(NOW, UTC_ZONE)
SOMEBODY = Actor(None, "somebody without an account")


class Staff:
    """The cast, of whom Rosa and Amir want to be told at once."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine, self.settings = engine, settings
        with transaction(engine) as session:
            self.cast: Mapping[str, Actor] = the_cast(session, NOW)
        for each in ("rosa", "amir"):
            self.chooses(each, WorkMails.AT_ONCE)

    def chooses(self, who: str, when: str, now: datetime = NOW) -> None:
        with transaction(self.engine) as session:
            work_mails.choose(session, self.cast[who].person_id, when, by=self.cast[who], now=now)

    def evaluates(self, *reviewers: str, of: str = "Quillmark") -> int:
        with transaction(self.engine) as session:
            tool = a_tool(session, of, now=NOW)
            people = [self.cast[each] for each in reviewers]
            return id_of(an_evaluation(session, tool, owner=self.cast["mina"], reviewers=people, now=NOW))

    def look(self, now: datetime) -> None:
        """As the postman does, who has just begun."""
        with transaction(self.engine) as session:
            news = Watch().news(session, self.settings, now)
            assert (news is None) or work_mails.look(session, self.settings, now) >= 0
            assert Watch().news(session, self.settings, now) is None, "what was told is no news"

    def posts(self) -> None:
        """All that waits has left."""
        with transaction(self.engine) as session:
            for each in session.exec(select(Delivery).where(Delivery.state == DeliveryState.WAITING)):
                each.state, each.attempts = DeliveryState.SENT, 1

    def deliveries(self) -> list[Delivery]:
        with snapshot(self.engine) as session:
            return list(session.exec(select(Delivery).order_by(col(Delivery.id))))

    def deliveries_to(self, who: str) -> list[Delivery]:
        return [each for each in self.deliveries() if each.user_id == self.cast[who].id]

    def told(self, now: datetime = NOW) -> list[tuple[str, str, str]]:
        """To, subject and text of each mail; one that there is nothing to say in any more is not there."""
        written = []
        for row in self.deliveries():
            with snapshot(self.engine) as session:
                mail = mails.mail_of(session, row, self.settings, now)
            if not isinstance(mail, str):
                body: Any = mail.message.get_body(("plain",))
                written.append((mail.to, str(mail.message["Subject"]), body.get_content()))
        return written

    def told_to(self, who: str, now: datetime = NOW) -> list[str]:
        """Texts."""
        return [text for to, _, text in self.told(now) if to.startswith(f"{who}@")]


@pytest.fixture
def staff(engine: Engine, settings: Settings) -> Staff:
    return Staff(engine, settings)


@pytest.mark.both_databases
def test_who_is_asked_to_score_is_told_once_with_a_link_and_nothing_of_what_is_written_there(
    staff: Staff,
) -> None:
    number = staff.evaluates("rosa", "ravi")
    for minutes in (0, 2, 4):
        staff.look(NOW + minutes * MINUTE)
    [text] = staff.told_to("rosa")
    assert "Quillmark" in text
    assert "You are asked to score it." in text
    assert f"https://registry.example/evaluations/{number}" in text
    assert "https://registry.example/account" in text
    with snapshot(staff.engine) as session:
        purpose = session.get_one(Evaluation, number).intended_use["purpose"]
    assert purpose not in text


def test_by_default_a_days_things_come_together_at_seven(staff: Staff) -> None:
    staff.evaluates("ravi", "rosa")
    staff.look(NOW)
    [mine] = staff.deliveries_to("ravi")
    assert mine.due_at == MORNING
    with transaction(staff.engine) as session:
        inkpost, people = a_tool(session, "Inkpost", now=NOW), [staff.cast["ravi"], staff.cast["rosa"]]
        an_evaluation(session, inkpost, owner=staff.cast["mina"], reviewers=people, now=NOW)
    staff.look(NOW + 5 * MINUTE)
    [text] = staff.told_to("ravi")
    assert text.startswith("2 things wait for you.")
    assert "Inkpost" in text


def test_the_next_seven_oclock_is_one_of_the_organisations_day() -> None:
    zone = ZoneInfo("Europe/Berlin")
    assert (
        next_morning(datetime(2026, 11, 3, 5, 30, tzinfo=UTC_ZONE), zone).isoformat()
        == "2026-11-03T06:00:00+00:00"
    )
    assert (
        next_morning(datetime(2026, 11, 3, 6, 0, tzinfo=UTC_ZONE), zone).isoformat()
        == "2026-11-04T06:00:00+00:00"
    )


def test_what_was_done_before_the_mail_leaves_is_not_in_it(staff: Staff) -> None:
    number = staff.evaluates("ravi", "rosa")
    staff.look(NOW)
    with transaction(staff.engine) as session:
        scored(session, session.get_one(Evaluation, number), staff.cast["ravi"], now=NOW)
    assert staff.told_to("ravi") == []


def test_while_an_approver_is_away_their_deputy_is_told_of_what_waits_to_be_decided(staff: Staff) -> None:
    number, amir, today = staff.evaluates("rosa", "mina"), staff.cast["amir"], NOW.date()
    staff.chooses("ravi", WorkMails.AT_ONCE)
    with transaction(staff.engine) as session:
        for each in ("rosa", "mina"):
            scored(session, session.get_one(Evaluation, number), staff.cast[each], now=NOW)
    staff.look(NOW)
    assert staff.told_to("ravi") == []
    with transaction(staff.engine) as session:
        ravi = staff.cast["ravi"].id
        deputies.delegate(session, ravi, first_day=today, last_day=today, zone=UTC_ZONE, by=amir, now=NOW)
    staff.look(NOW + MINUTE)
    assert "It is ready to be decided" in staff.told_to("ravi", NOW + MINUTE)[0]
    assert staff.told_to("ravi", NOW + DAY) == [], "by then nobody lends it to them any more"


def test_a_deputy_is_not_told_of_what_neither_of_the_two_may_decide(staff: Staff) -> None:
    free, amirs, today = (
        staff.evaluates("rosa", "mina"),
        staff.evaluates("rosa", "mina", of="Inkpost"),
        NOW.date(),
    )
    staff.chooses("ravi", WorkMails.AT_ONCE)
    ravi, amir = staff.cast["ravi"], staff.cast["amir"]
    with transaction(staff.engine) as session:
        for number in (free, amirs):
            for each in ("rosa", "mina"):
                scored(session, session.get_one(Evaluation, number), staff.cast[each], now=NOW)
        scoring.declare(session, amirs, interested=True, statement="Shares.", by=amir, now=NOW)
        deputies.delegate(session, ravi.id, first_day=today, last_day=today, zone=UTC_ZONE, by=amir, now=NOW)
    staff.look(NOW + MINUTE)
    [text] = staff.told_to("ravi", NOW + MINUTE)
    assert ("Quillmark" in text, "Inkpost" in text) == (True, False)
    with snapshot(staff.engine) as session:
        user = session.get_one(User, ravi.id)
        work = my_work(
            session, in_person(user, ravi.roles, deputy=True), today=today, now=NOW + MINUTE, solo=False
        )
    [left] = work.left
    assert (left.case.tool, "decide for Amir, who may not" in left.reason) == ("Inkpost", True)


def test_a_few_mails_come_at_once_and_the_rest_of_the_hour_in_one(staff: Staff) -> None:
    told = []
    for minutes in (0, 10, 20, 30, 40, 61):
        staff.evaluates("rosa", "ravi", of=f"Tool {minutes}")
        staff.look(NOW + minutes * MINUTE)
        rosas = staff.deliveries_to("rosa")
        told.append((len(rosas), (rosas[-1].due_at - NOW) // MINUTE))
        if rosas[-1].due_at <= NOW + minutes * MINUTE:
            staff.posts()
    assert told == [(1, 0), (2, 10), (3, 20), (4, 60), (4, 60), (4, 60)]
    staff.posts()
    assert len(staff.told_to("rosa", NOW + DAY)) == 4
    assert staff.told_to("rosa", NOW + DAY)[-1].startswith("3 things wait for you.")
    staff.evaluates("rosa", "ravi", of="Later")
    staff.look(NOW + 70 * MINUTE)
    assert staff.deliveries_to("rosa")[-1].due_at == NOW + 70 * MINUTE


def test_what_waits_again_is_told_again(staff: Staff) -> None:
    number, rosa = staff.evaluates("rosa", "ravi"), staff.cast["rosa"].person_id
    staff.look(NOW)
    staff.posts()
    for asked in (False, True):
        with transaction(staff.engine) as session:
            if asked:
                assigning.assign(session, number, rosa, by=staff.cast["amir"], now=NOW + DAY)
            else:
                assigning.unassign(session, number, rosa, solo=False, by=staff.cast["amir"], now=NOW + DAY)
        staff.look(NOW + DAY)
    assert len(staff.deliveries_to("rosa")) == 2


def test_an_approver_is_told_that_an_evaluation_is_ready_to_be_decided(staff: Staff) -> None:
    number = staff.evaluates("rosa", "ravi")
    with transaction(staff.engine) as session:
        for each in ("rosa", "ravi"):
            scored(session, session.get_one(Evaluation, number), staff.cast[each], now=NOW)
    staff.look(NOW)
    [text] = staff.told_to("amir")
    assert "It is ready to be decided" in text
    assert staff.told_to("emil") == []


def test_who_decided_is_told_before_it_ends_and_when_it_has_and_of_what_colleagues_report(
    staff: Staff,
) -> None:
    with transaction(staff.engine) as session:
        tool = a_tool(session, now=NOW)
        verdict = a_verdict(session, tool, staff.cast, now=NOW, valid_until=date(2027, 1, 31))
    near, over = datetime(2027, 1, 10, tzinfo=UTC_ZONE), datetime(2027, 2, 2, tzinfo=UTC_ZONE)
    for now in (NOW + DAY, near, over):
        staff.look(now)
        staff.posts()
    first, second = staff.deliveries_to("amir")
    assert (first.created_at, second.created_at) == (near, over)
    with transaction(staff.engine) as session:
        reports.report(
            session,
            ReportKind.CHALLENGE,
            name=tool.name,
            text="A secret of mine: it changed hands.",
            enough=3,
            zone=UTC_ZONE,
            secret=b"x" * 32,
            by=staff.cast["emil"],
            now=near,
        )
    staff.look(near)
    text = " ".join(staff.told_to("amir", near)[-1].split())
    assert f"Somebody asked for another look at verdict {verdict.number}." in text
    assert "A secret of mine" not in text


def test_many_challenges_of_one_verdict_are_told_once_a_day(staff: Staff) -> None:
    with transaction(staff.engine) as session:
        tool = a_tool(session, now=NOW)
        a_verdict(session, tool, staff.cast, now=NOW, valid_until=date(2028, 1, 31))
    mails = []
    for now in (NOW + DAY, NOW + DAY + MINUTE, NOW + 2 * DAY):
        with transaction(staff.engine) as session:
            reports.report(
                session,
                ReportKind.CHALLENGE,
                name=tool.name,
                text="It changed hands.",
                enough=9,
                zone=UTC_ZONE,
                secret=b"x" * 32,
                by=SOMEBODY,
                now=now,
            )
        staff.look(now)
        staff.posts()
        mails.append(len(staff.deliveries_to("amir")))
    assert mails == [1, 1, 2]


def test_every_approver_is_told_of_a_suspension_that_waits_for_another(staff: Staff) -> None:
    with transaction(staff.engine) as session:
        number = a_verdict(session, a_tool(session, now=NOW), staff.cast, now=NOW).number
        verdict_life.mark(
            session,
            number,
            MarkKind.SUSPENDED,
            reason="A leak.",
            zone=UTC_ZONE,
            by=staff.cast["ada"],
            now=NOW + DAY,
        )
    staff.look(NOW + DAY)
    [text] = staff.told_to("amir", NOW + DAY)
    assert f"Verdict {number} is suspended." in text


def test_a_request_that_waits_longer_than_a_quick_decision_may_take_is_told_to_who_triages(
    staff: Staff,
) -> None:
    with transaction(staff.engine) as session:
        made = requests.request_tool(
            session, name="Inkpost", purpose="Notes.", contact="", by=SOMEBODY, secret=b"x" * 32, now=NOW
        )
        candidate_id = made.request.candidate_id or 0
    staff.look(NOW + 4 * DAY)
    assert staff.deliveries() == []
    staff.look(NOW + 9 * DAY)
    [text] = staff.told_to("rosa", NOW + 9 * DAY)
    assert "nobody has looked at it yet" in " ".join(text.split())
    with transaction(staff.engine) as session:
        triage.accept(session, candidate_id, by=staff.cast["rosa"], now=NOW + 9 * DAY)
    assert staff.told_to("rosa", NOW + 9 * DAY) == []


def test_who_wants_no_such_mails_or_left_gets_none_and_what_was_gathered_is_dropped(staff: Staff) -> None:
    staff.evaluates("ravi", "rosa")
    staff.look(NOW)
    staff.chooses("ravi", WorkMails.NONE)
    with transaction(staff.engine) as session:
        accounts.disable(
            session,
            staff.cast["rosa"].person_id,
            successor_id=staff.cast["mina"].id,
            by=staff.cast["ada"],
            now=NOW,
        )
    assert staff.told() == []
    staff.look(NOW + DAY)
    states = {each.state for each in staff.deliveries_to("ravi")}
    assert states == {DeliveryState.DROPPED}


def test_who_changes_to_at_once_gets_at_once_what_was_gathered(staff: Staff) -> None:
    staff.evaluates("ravi", "rosa")
    staff.look(NOW)
    staff.chooses("ravi", WorkMails.AT_ONCE, NOW + MINUTE)
    [mine] = staff.deliveries_to("ravi")
    assert mine.due_at == NOW + MINUTE


def test_who_changes_to_and_fro_gets_no_more_mails_at_once_than_others(staff: Staff) -> None:
    for minutes in (0, 10, 20):
        staff.evaluates("rosa", "ravi", of=f"Tool {minutes}")
        staff.look(NOW + minutes * MINUTE)
        staff.posts()
    staff.chooses("rosa", WorkMails.DAILY, NOW + 25 * MINUTE)
    staff.evaluates("rosa", "ravi", of="Later")
    staff.look(NOW + 30 * MINUTE)
    for minutes in (35, 40):
        staff.chooses("rosa", WorkMails.AT_ONCE, NOW + minutes * MINUTE)
        assert staff.deliveries_to("rosa")[-1].due_at == NOW + 60 * MINUTE
        staff.chooses("rosa", WorkMails.DAILY, NOW + minutes * MINUTE)


def test_a_way_that_there_is_not_is_refused(staff: Staff) -> None:
    with pytest.raises(InvalidInput):
        staff.chooses("ravi", "hourly")


def test_it_is_said_in_the_registrys_language(staff: Staff) -> None:
    staff.settings = staff.settings.model_copy(update={"language": "es"})
    staff.evaluates("rosa", "ravi")
    staff.look(NOW)
    [(_, subject, text)] = [each for each in staff.told() if each[0].startswith("rosa@")]
    assert subject == "Quillmark: Le espera 1 cosa."
    assert "Se le pide que la puntúe." in text


def test_nobody_looks_again_before_something_happened_or_a_day_began(staff: Staff) -> None:
    staff.evaluates("rosa", "ravi")
    watch = Watch()
    with transaction(staff.engine) as session:
        watch.seen = watch.news(session, staff.settings, NOW)
        assert watch.seen is not None
        work_mails.look(session, staff.settings, NOW)
        number = watch.seen[0]
        assert watch.news(session, staff.settings, NOW + 2 * MINUTE) is None
        assert watch.seen == (number, NOW.date())
        assert watch.news(session, staff.settings, NOW + DAY) is None
        assert watch.seen == (number, (NOW + DAY).date())

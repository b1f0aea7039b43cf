"""From a notice that became public to one delivery for everybody who follows it, and for nobody else."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy import text as text_
from sqlmodel import col, select

from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind
from registry.services.decisions import taking_back
from registry.services.notices import following, hooks, mails, spreading
from registry.services.notices.wanted import as_filter, ordered
from registry.services.people.acting import REGISTRY, Actor
from registry.services.verdicts import verdict_life
from registry.settings import Settings
from registry.store import tables
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from registry.store.tables import Channel, Delivery, DeliveryKind, Follower, Tool
from registry.web.filters import FACETS
from tests.builders import TERMS, a_tool, a_verdict, the_cast, the_offices
from tests.conftest import NOW

UNDONE = timedelta(seconds=TERMS.undo_s)
PUBLIC = NOW + UNDONE
DAY = timedelta(days=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        base_url="https://registry.example",
        smtp_host="mail.example",
        smtp_sender="registry@office.example",
    )


class Office:
    """The cast, and one tool to decide on."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with transaction(engine) as session:
            self.cast: Mapping[str, Actor] = the_cast(session, NOW)
            the_offices(session)
            self.tool: Tool = a_tool(session, now=NOW, tagged=("offline", "open-source"))

    def decides(self, outcome: Outcome = Outcome.APPROVED) -> tables.Verdict:
        with transaction(self.engine) as session:
            return a_verdict(session, self.tool, self.cast, now=NOW, outcome=outcome)

    def withdraws(self, settings: Settings, now: datetime) -> None:
        with transaction(self.engine) as session:
            verdict_life.mark(
                session,
                1,
                MarkKind.REVOKED,
                reason="It was sold.",
                zone=settings.zone,
                by=self.cast["amir"],
                now=now,
            )


@pytest.fixture
def office(engine: Engine) -> Office:
    return Office(engine)


def follows(engine: Engine, wanted: str = "", *, weekly: bool = False, at: datetime = NOW) -> None:
    with transaction(engine) as session:
        following.ask(session, address="emil@office.example", wanted=ordered(wanted), weekly=weekly, now=at)
        following.confirm(session.exec(select(Follower)).one(), now=at)
        session.delete(session.exec(select(Delivery)).one())


def spread(engine: Engine, settings: Settings, now: datetime = PUBLIC) -> list[Delivery]:
    """All that is written once nothing new is left."""
    with transaction(engine) as session:
        for _ in range(9):
            if not spreading.spread(session, settings, now):
                break
    with snapshot(engine) as session:
        return list(session.exec(select(Delivery).order_by(col(Delivery.id))))


def letter(engine: Engine, row: Delivery, settings: Settings, now: datetime = PUBLIC) -> tuple[str, str]:
    """Subject and plain text."""
    with snapshot(engine) as session:
        mail = mails.mail_of(session, row, settings, now)
    assert not isinstance(mail, str), mail
    body: Any = mail.message.get_body(("plain",))
    return mail.message["Subject"], body.get_content()


def told(engine: Engine, row: Delivery, settings: Settings, now: datetime = PUBLIC) -> Any:
    with snapshot(engine) as session:
        message = hooks.message_of(session, row, settings, now)
    assert not isinstance(message, str), message
    return json.loads(message.body)


@pytest.mark.both_databases
def test_a_follower_is_told_once_and_only_when_it_is_public(
    engine: Engine, office: Office, settings: Settings
) -> None:
    follows(engine)
    office.decides()
    assert spread(engine, settings, PUBLIC - timedelta(seconds=1)) == []
    [row] = spread(engine, settings)
    assert spread(engine, settings, PUBLIC + DAY) == [row]
    subject, text = letter(engine, row, settings)
    assert subject == "Quillmark: Approved"
    assert "Verdict 1 on Quillmark: approved." in text
    assert "It does what we need." in text
    assert "https://registry.example/verdicts/1" in text
    assert "Leave: https://registry.example/follow/" in text


def test_of_what_was_taken_back_nobody_hears(engine: Engine, office: Office, settings: Settings) -> None:
    follows(engine)
    office.decides()
    with transaction(engine) as session:
        taking_back.undo(session, 1, by=office.cast["amir"], now=NOW + UNDONE / 2)
    assert spread(engine, settings) == []


def test_who_follows_later_is_not_told_of_what_was_before(
    engine: Engine, office: Office, settings: Settings
) -> None:
    office.decides()
    follows(engine, at=PUBLIC + timedelta(seconds=1))
    assert spread(engine, settings, PUBLIC + DAY) == []


def test_nobody_is_told_who_has_not_said_yes(engine: Engine, office: Office, settings: Settings) -> None:
    with transaction(engine) as session:
        following.ask(session, address="emil@office.example", wanted="", weekly=False, now=NOW)
    office.decides()
    assert [each.kind for each in spread(engine, settings)] == [DeliveryKind.CONFIRM]


@pytest.mark.parametrize(
    ("wanted", "hears"),
    [
        ("", True),
        ("tool=quillmark", True),
        ("tool=another", False),
        ("outcome=rejected", False),
        ("category=Writing&outcome=approved&outcome=rejected", True),
        ("tag=handy&tag=offline", True),
        ("category=Writing&tag=handy", False),
        ("q=nothing", False),
        ("event=published&event=revoked", True),
        ("event=revoked", False),
    ],
)
def test_a_follower_hears_of_what_the_filter_lists(
    engine: Engine, office: Office, settings: Settings, wanted: str, hears: bool
) -> None:
    follows(engine, wanted)
    office.decides()
    assert len(spread(engine, settings)) == hears


def test_every_facet_of_the_list_can_be_followed() -> None:
    for facet in FACETS:
        value = {"outcome": "approved", "validity": "lapsed"}.get(facet, "x")
        assert ordered(f"{facet}={value}") == f"{facet}={value}"
        assert as_filter(f"{facet}={value}") != as_filter("")


def test_who_follows_hears_also_of_what_is_withdrawn(
    engine: Engine, office: Office, settings: Settings
) -> None:
    follows(engine, "outcome=approved")
    office.decides()
    spread(engine, settings)
    office.withdraws(settings, PUBLIC + DAY)
    [_, row] = spread(engine, settings, PUBLIC + DAY)
    subject, text = letter(engine, row, settings, PUBLIC + DAY)
    assert subject == "Quillmark: Approved – withdrawn"
    assert "It was sold." in text


@pytest.mark.both_databases
def test_a_week_comes_in_one_mail_on_monday(engine: Engine, office: Office, settings: Settings) -> None:
    follows(engine, weekly=True)
    office.decides()
    spread(engine, settings)
    office.withdraws(settings, PUBLIC + DAY)
    [row] = spread(engine, settings, PUBLIC + DAY)
    assert (row.due_at.strftime("%A %H:%M"), row.due_at > PUBLIC) == ("Monday 07:00", True)
    subject, text = letter(engine, row, settings, row.due_at)
    assert subject == "Technology registry: 2 changes this week"
    assert text.index("Quillmark: Approved\n") < text.index("withdrawn")


def test_a_webhook_is_told_with_the_verdict_for_machines(
    engine: Engine, office: Office, settings: Settings
) -> None:
    with transaction(engine) as session:
        hook, _ = hooks.add(session, url="https://chat.example/7", settings=settings, by=REGISTRY, now=NOW)
        off, _ = hooks.add(session, url="https://chat.example/8", settings=settings, by=REGISTRY, now=NOW)
        hooks.switch(session, id_of(off), on=False, by=REGISTRY, now=NOW)
    office.decides(Outcome.APPROVED_WITH_CONDITIONS)
    [row] = spread(engine, settings)
    assert (row.channel, row.webhook_id) == (Channel.WEBHOOK, hook.id)
    message = told(engine, row, settings)
    assert message["type"] == "verdict.published.v1"
    assert message["timestamp"] == PUBLIC.isoformat()
    assert message["data"]["title"] == "Quillmark: Approved with conditions"
    assert message["data"]["id"].startswith("tag:")  # the entry's id in the feeds
    assert message["data"]["id"] == message["data"]["verdict"]["event"]["id"]
    verdict = message["data"]["verdict"]
    assert (verdict["event"]["before"], verdict["event"]["after"]) == (None, "active")
    assert (verdict["outcome"], verdict["tool"]["slug"]) == ("approved_with_conditions", "quillmark")
    assert [each["text"] for each in verdict["conditions"]] == ["Enter only public information."]


def test_what_a_message_says_does_not_change_while_it_is_tried_again(
    engine: Engine, office: Office, settings: Settings
) -> None:
    with transaction(engine) as session:
        hooks.add(session, url="https://chat.example/7", settings=settings, by=REGISTRY, now=NOW)
    office.decides()
    [row] = spread(engine, settings)
    before = told(engine, row, settings)
    office.withdraws(settings, PUBLIC + DAY)
    assert told(engine, row, settings, PUBLIC + 2 * DAY) == before


def test_the_hub_is_told_of_each_feed_that_changed_once(
    engine: Engine, office: Office, settings: Settings
) -> None:
    own = settings.model_copy(update={"websub_hub": "https://hub.example/"})
    office.decides()
    first = spread(engine, own)
    topics = {each.about for each in first}
    assert len(topics) == len(first)
    assert {
        "https://registry.example/feeds/verdicts.atom",
        "https://registry.example/tools/quillmark/verdicts.json",
        "https://registry.example/feeds/verdicts.rss?outcome=approved",
        "https://registry.example/feeds/verdicts.rss?category=Writing",
        "https://registry.example/feeds/verdicts.json?tag=open-source",
    } <= topics
    office.withdraws(settings, PUBLIC + DAY)
    assert len(spread(engine, own, PUBLIC + DAY)) == len(first), "those that wait say it already"


def test_a_thousand_followers_cost_no_more_questions_than_one(
    engine: Engine, office: Office, settings: Settings, count_queries: Callable[..., Any]
) -> None:
    follows(engine)
    office.decides()
    with transaction(engine) as session:
        with count_queries(session) as few:
            spreading.spread(session, settings, PUBLIC)
        session.rollback()
    with transaction(engine) as session:
        session.add_all(
            Follower(address=f"p{nth}@office.example", nonce="x", asked_at=NOW, confirmed_at=NOW)
            for nth in range(1000)
        )
    with transaction(engine) as session, count_queries(session) as many:
        spreading.spread(session, settings, PUBLIC)
    assert len(many) == len(few)
    with snapshot(engine) as session:
        assert len(session.exec(select(Delivery)).all()) == 1001


def test_mails_and_webhooks_tell_a_notice_in_the_registrys_language(
    office: Office, engine: Engine, settings: Settings
) -> None:
    follows(engine)
    with transaction(engine) as session:
        hooks.add(session, url="https://chat.example/7", settings=settings, by=REGISTRY, now=NOW)
    office.decides()
    spanish = settings.model_copy(update={"language": "es"})
    mail, hook = sorted(spread(engine, spanish), key=lambda each: each.channel is Channel.WEBHOOK)
    subject, text = letter(engine, mail, spanish)
    assert subject == "Quillmark: Aprobada"
    assert "Decisión 1 sobre Quillmark: aprobada." in text
    message = told(engine, hook, spanish)["data"]
    assert (message["language"], message["title"]) == ("es", subject)
    assert message["verdict"]["event"]["sentence"] == "Decisión 1 sobre Quillmark: aprobada."
    assert message["verdict"]["outcome"] == "approved"


def test_a_notice_from_before_its_facts_were_kept_reads_as_it_was_written_and_is_marked_so(
    office: Office, engine: Engine, settings: Settings
) -> None:
    follows(engine)
    office.decides()
    with transaction(engine) as session:
        guard = "notice_stays_update" if engine.dialect.name == "sqlite" else "notice_stays ON notice"
        session.execute(text_(f"DROP TRIGGER {guard}"))
        session.execute(text_("UPDATE notice SET facts = '{}'"))
    spanish = settings.model_copy(update={"language": "es"})
    [mail] = spread(engine, spanish)
    with snapshot(engine) as session:
        written = mails.mail_of(session, mail, spanish, PUBLIC)
    assert not isinstance(written, str)
    assert written.message["Subject"] == "Quillmark: Approved"
    body: Any = written.message.get_body(("html",))
    assert '<html lang="es">' in body.get_content()
    assert '<div lang="en"><h2>' in body.get_content()
    assert "Decided by Amir." in body.get_content()

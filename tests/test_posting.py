"""What is in the outbox leaves: by real mail and over real HTTP, and what comes back decides what becomes of it."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select
from standardwebhooks import Webhook as SecondOpinion

from registry import jobs
from registry.domain.retrying import MOST_ATTEMPTS
from registry.posting import Postman, Ways
from registry.services.notices import following, hooks, outbox
from registry.services.people.acting import REGISTRY
from registry.settings import Settings
from registry.smtp import make_mailer
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from registry.store.tables import Channel, Delivery, DeliveryKind, DeliveryState, Follower, Webhook
from tests.conftest import NOW
from tests.receiving import MailServer, Receiver, a_free_port, mail_server, receiver

MINUTE = timedelta(minutes=1)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture
def settings(tmp_path: Path, mails: MailServer) -> Settings:
    return Settings(
        data_dir=tmp_path,
        base_url="https://registry.example",
        smtp_host="127.0.0.1",
        smtp_port=mails.port,
        smtp_security="none",
        smtp_sender="registry@office.example",
        allow_private_cidrs=("127.0.0.0/8",),
    )


def a_postman(engine: Engine, settings: Settings, clock: Clock, owner: str = "one") -> Postman:
    ways = Ways(make_mailer(settings), jobs.make_poster(settings), jobs.make_hub_poster(settings))
    return Postman(engine, settings, ways, clock, owner=owner)


def asked(engine: Engine, address: str = "emil@office.example", wanted: str = "") -> int:
    """Somebody asked to follow, so that a mail waits."""
    with transaction(engine) as session:
        following.ask(session, address=address, wanted=wanted, weekly=False, now=NOW)
        return session.exec(select(Delivery.id).order_by(Delivery.id.desc())).first() or 0  # type: ignore[union-attr]


def a_test_waits(engine: Engine, settings: Settings, url: str) -> tuple[int, str]:
    """A webhook to which a test waits, and its secret."""
    with transaction(engine) as session:
        row, secret = hooks.add(session, url=url, settings=settings, by=REGISTRY, now=NOW)
        hooks.send_test(session, id_of(row), by=REGISTRY, now=NOW)
        return id_of(row), secret


def only(engine: Engine) -> Delivery:
    with snapshot(engine) as session:
        return session.exec(select(Delivery)).one()


@pytest.mark.both_databases
def test_a_mail_is_sent_once_with_all_that_it_needs(
    engine: Engine, settings: Settings, clock: Clock, mails: MailServer
) -> None:
    asked(engine)
    postman = a_postman(engine, settings, clock)
    postman.tick()
    postman.tick()
    [(to, message)] = mails.taken
    assert to == "emil@office.example"
    assert message["From"] == "Technology registry <registry@office.example>"
    assert message["Message-ID"] == f"<{only(engine).uid}@office.example>"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == '"Technology registry" <verdicts.registry.example>'
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    leave = message["List-Unsubscribe"].strip("<>")
    assert f"\nList-Unsubscribe: <{leave}>\r\n".encode() in mails.raw[0], "as it stands, not encoded"
    assert leave.startswith("https://registry.example/follow/1-")
    assert leave.endswith("/leave")
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    plain, html = (part.get_content() for part in message.iter_parts())
    assert leave.removesuffix("/leave") in plain
    assert f'href="{leave.removesuffix("/leave")}"' in html
    assert "<img" not in html
    assert "http" not in html.replace("https://registry.example/follow/", "")
    assert only(engine).state is DeliveryState.SENT


def test_nothing_is_mailed_where_no_server_is_named_and_it_waits(
    engine: Engine, settings: Settings, clock: Clock
) -> None:
    asked(engine)
    a_postman(engine, settings.model_copy(update={"smtp_host": ""}), clock).tick()
    assert only(engine).state is DeliveryState.WAITING
    assert only(engine).attempts == 0


def test_mails_are_put_into_a_folder_where_things_are_tried_out(
    engine: Engine, settings: Settings, clock: Clock, tmp_path: Path
) -> None:
    asked(engine)
    a_postman(engine, settings.model_copy(update={"mail_dir": tmp_path / "mails"}), clock).tick()
    [letter] = (tmp_path / "mails").glob("*.eml")
    assert b"To: emil@office.example" in letter.read_bytes()


@pytest.mark.both_databases
def test_a_message_is_signed_as_standard_webhooks_has_it(
    engine: Engine, settings: Settings, clock: Clock, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = a_test_waits(engine, settings, hook.url)
    a_postman(engine, settings, clock).tick()
    [posted] = hook.posted
    import standardwebhooks.webhooks as second

    monkeypatch.setattr(second, "datetime", _At)
    told = SecondOpinion(secret).verify(posted.body, posted.headers)
    assert told["type"] == "registry.test.v1"
    assert posted.headers["webhook-id"] == f"msg_{only(engine).uid}"
    assert posted.headers["content-type"] == "application/json"
    assert (only(engine).state, only(engine).status, only(engine).reply) == (
        DeliveryState.SENT,
        200,
        "so be it",
    )


class _At(datetime):
    @classmethod
    def now(cls, tz=None):  # type: ignore[no-untyped-def]
        return NOW


def test_after_a_rotation_both_secrets_are_valid_for_a_day(
    engine: Engine, settings: Settings, clock: Clock, hook: Receiver
) -> None:
    webhook_id, old = a_test_waits(engine, settings, hook.url)
    with transaction(engine) as session:
        _, new = hooks.rotate(session, webhook_id, settings=settings, by=REGISTRY, now=NOW)
    postman = a_postman(engine, settings, clock)
    postman.tick()
    clock.now += timedelta(days=1)
    with transaction(engine) as session:
        hooks.send_test(session, webhook_id, by=REGISTRY, now=clock.now)
    postman.tick()
    first, second = hook.posted
    assert _signers(first, old, new) == {"old", "new"}
    assert _signers(second, old, new) == {"new"}


def _signers(posted, old: str, new: str) -> set[str]:  # type: ignore[no-untyped-def]
    stamp = datetime.fromtimestamp(int(posted.headers["webhook-timestamp"]), NOW.tzinfo)
    signatures = posted.headers["webhook-signature"].split()
    sign = {
        name: SecondOpinion(secret).sign(posted.headers["webhook-id"], stamp, posted.body.decode())
        for name, secret in (("old", old), ("new", new))
    }
    return {name for name, signature in sign.items() if signature in signatures}


def test_no_secret_is_stored(engine: Engine, settings: Settings, clock: Clock, hook: Receiver) -> None:
    _, secret = a_test_waits(engine, settings, hook.url)
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    assert len(raw) == 32
    with snapshot(engine) as session:
        told = json.dumps([each.model_dump(mode="json") for each in session.exec(select(Webhook))])
    assert secret.removeprefix("whsec_") not in told


def test_what_fails_is_tried_again_later_under_the_same_id_and_given_up_in_the_end(
    engine: Engine, settings: Settings, clock: Clock, hook: Receiver
) -> None:
    hook.answer = lambda _: (503, {})
    a_test_waits(engine, settings, hook.url)
    postman = a_postman(engine, settings, clock)
    waits = []
    for _ in range(MOST_ATTEMPTS):
        postman.tick()
        postman.tick()  # nothing is due: nothing goes out
        waits.append((only(engine).due_at - clock.now).total_seconds())
        clock.now = only(engine).due_at
    assert len(hook.posted) == MOST_ATTEMPTS
    assert len({each.headers["webhook-id"] for each in hook.posted}) == 1
    assert len({each.body for each in hook.posted}) == 1
    assert 30 <= waits[0] <= 36
    assert waits[:-1] == sorted(waits[:-1])
    assert only(engine).state is DeliveryState.FAILED
    with transaction(engine) as session:
        outbox.replay_all(session, by=REGISTRY, now=clock.now)
    hook.answer = lambda _: (204, {})
    postman.tick()
    assert only(engine).state is DeliveryState.SENT


def test_a_receiver_that_asks_for_time_is_given_it(
    engine: Engine, settings: Settings, clock: Clock, hook: Receiver
) -> None:
    hook.answer = lambda _: (429, {"Retry_After": "3600"})
    a_test_waits(engine, settings, hook.url)
    a_postman(engine, settings, clock).tick()
    assert only(engine).due_at == NOW + timedelta(hours=1)


def test_gone_switches_a_webhook_off_and_what_waits_can_be_replayed(
    engine: Engine, settings: Settings, clock: Clock, hook: Receiver
) -> None:
    hook.answer = lambda _: (410, {})
    webhook_id, _ = a_test_waits(engine, settings, hook.url)
    with transaction(engine) as session:
        hooks.send_test(session, webhook_id, by=REGISTRY, now=NOW)
    a_postman(engine, settings, clock).tick()
    assert len(hook.posted) == 1
    with transaction(engine) as session:
        assert session.get_one(Webhook, webhook_id).disabled_at == NOW
        assert {each.state for each in session.exec(select(Delivery))} == {DeliveryState.FAILED}
        hooks.switch(session, webhook_id, on=True, by=REGISTRY, now=NOW)
        assert outbox.replay_all(session, webhook_id=webhook_id, by=REGISTRY, now=NOW) == 2
    hook.answer = lambda _: (200, {})
    a_postman(engine, settings, clock).tick()
    assert len(hook.posted) == 3


def test_an_inside_address_is_not_asked_even_where_its_name_led_there_later(
    engine: Engine, settings: Settings, clock: Clock, hook: Receiver
) -> None:
    closed = settings.model_copy(update={"allow_private_cidrs": ()})
    port = hook.url.rpartition(":")[2]
    a_test_waits(engine, closed, f"http://localhost:{port}")
    a_postman(engine, closed, clock).tick()
    assert hook.posted == []
    assert "not a public address" in only(engine).reply
    assert only(engine).state is DeliveryState.WAITING


def test_no_redirect_is_followed(engine: Engine, settings: Settings, clock: Clock, hook: Receiver) -> None:
    with receiver() as other:
        hook.answer = lambda _: (307, {"Location": other.url})
        a_test_waits(engine, settings, hook.url)
        a_postman(engine, settings, clock).tick()
        assert other.posted == []
    assert only(engine).status == 307


def test_the_hub_is_asked_wherever_it_stands_and_told_of_each_feed(
    engine: Engine, settings: Settings, clock: Clock, hook: Receiver
) -> None:
    own = settings.model_copy(update={"allow_private_cidrs": (), "websub_hub": hook.url})
    with transaction(engine) as session:
        outbox.write(
            session, Channel.HUB, DeliveryKind.PING, about="https://registry.example/f.atom", now=NOW
        )
    a_postman(engine, own, clock).tick()
    [posted] = hook.posted
    assert posted.body.startswith(b"hub.mode=publish&hub.url=https%3A%2F%2Fregistry.example%2Ff.atom")


def test_an_address_that_bounces_is_forgotten_after_some(
    engine: Engine, settings: Settings, clock: Clock, mails: MailServer
) -> None:
    mails.answers["emil@office.example"] = "550 <Emil@office.example> no such person"
    postman = a_postman(engine, settings, clock)
    for bounces in (1, 2):
        asked(engine)
        postman.tick()
        with snapshot(engine) as session:
            assert session.exec(select(Follower.bounces)).one() == bounces
            assert session.exec(select(Delivery.state)).all() == [DeliveryState.FAILED] * bounces
            assert set(session.exec(select(Delivery.reply))) == {"<…> no such person"}
    asked(engine)
    postman.tick()
    with snapshot(engine) as session:
        assert session.exec(select(Follower)).all() == []
        assert session.exec(select(Delivery)).all() == []


def test_a_mail_that_is_refused_for_now_is_tried_again(
    engine: Engine, settings: Settings, clock: Clock, mails: MailServer
) -> None:
    mails.answers["emil@office.example"] = "451 later"
    asked(engine)
    postman = a_postman(engine, settings, clock)
    postman.tick()
    assert (only(engine).status, only(engine).state) == (451, DeliveryState.WAITING)
    mails.answers.clear()
    clock.now += MINUTE
    postman.tick()
    assert len(mails.taken) == 1


def test_where_the_mail_server_is_down_one_mail_is_tried_and_the_others_lose_nothing(
    engine: Engine, settings: Settings, clock: Clock, mails: MailServer
) -> None:
    for name in ("emil", "rosa", "amir"):
        asked(engine, f"{name}@office.example")
    down = settings.model_copy(update={"smtp_port": a_free_port()})
    a_postman(engine, down, clock).tick()
    with snapshot(engine) as session:
        assert sorted(session.exec(select(Delivery.attempts))) == [0, 0, 1]
    clock.now += MINUTE
    a_postman(engine, settings, clock).tick()
    assert len(mails.taken) == 3
    assert mails.connections == 1


def test_a_slow_webhook_keeps_no_other_waiting(
    engine: Engine, settings: Settings, clock: Clock, hook: Receiver
) -> None:
    """Of one webhook one message at a time is under way, in a lane of its own."""
    with receiver() as other:
        for _ in range(2):
            a_test_waits(engine, settings, hook.url)
        webhook_id, _ = a_test_waits(engine, settings, other.url)
        with transaction(engine) as session:
            for _ in range(5):
                hooks.send_test(session, webhook_id, by=REGISTRY, now=NOW)
            first = outbox.claim(session, Channel.WEBHOOK, owner="one", now=NOW, limit=10)
            again = outbox.claim(session, Channel.WEBHOOK, owner="two", now=NOW, limit=10)
    assert (len(first), again) == (3, [])


@pytest.mark.both_databases
def test_a_lease_that_ran_out_is_anybodys_and_who_had_it_writes_nothing(engine: Engine) -> None:
    asked(engine)
    with transaction(engine) as session:
        [mine] = outbox.claim(session, Channel.MAIL, owner="one", now=NOW, limit=5)
        assert outbox.claim(session, Channel.MAIL, owner="two", now=NOW + MINUTE, limit=5) == []
    later = NOW + outbox.LEASE
    with transaction(engine) as session:
        [theirs] = outbox.claim(session, Channel.MAIL, owner="two", now=later, limit=5)
        assert outbox.settle(session, mine, outbox.Reply(True), later) is None
        assert outbox.settle(session, theirs, outbox.Reply(True), later) is DeliveryState.SENT


def test_no_transaction_is_open_while_the_network_is(
    engine: Engine, settings: Settings, clock: Clock, hook: Receiver
) -> None:
    """While the receiver takes its time anybody can write."""

    def write_meanwhile(_posted: object) -> tuple[int, dict[str, str]]:
        with transaction(engine) as session:
            _touch(session)
        return 200, {}

    hook.answer = write_meanwhile
    a_test_waits(engine, settings, hook.url)
    a_postman(engine, settings, clock).tick()
    assert only(engine).state is DeliveryState.SENT


def _touch(session: Session) -> None:
    outbox.write(session, Channel.HUB, DeliveryKind.PING, about="x", now=NOW + timedelta(days=9))
    session.flush()
    session.rollback()

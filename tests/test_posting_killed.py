"""The postman is killed at any point; others take over, nothing is lost, and twice comes only what was on its way."""

import json
import os
import random
import signal
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from registry import posting
from registry.services.notices import following, hooks, outbox
from registry.services.people.acting import REGISTRY
from registry.settings import Settings
from registry.store.columns import id_of
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import Delivery, DeliveryState
from tests.conftest import NOW, in_whole
from tests.reading import started
from tests.receiving import MailServer, Receiver, mail_server, receiver

POINTS = ("claimed", "prepared", "sent", "settled")
MAILS, MESSAGES = 12, 4
SEEDS = int(os.environ.get("KILL_SEEDS", "3"))
"""More of them by hand."""


def post_and_die(url: str, told: str, later_s: float, point: str, ahead: int) -> None:
    """A postman that kills itself when it comes to a point for the given time; points are counted over all lanes."""
    left = [ahead]

    def at(name: str) -> None:
        if name == point:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    claim, settle, tried = outbox.claim, outbox.settle, posting._tried

    def claiming(*args, **named):  # type: ignore[no-untyped-def]
        found = claim(*args, **named)
        if found:
            at("claimed")
        return found

    def trying(send, claimed):  # type: ignore[no-untyped-def]
        at("prepared")
        reply = tried(send, claimed)
        at("sent")
        return reply

    def settling(*args, **named):  # type: ignore[no-untyped-def]
        state = settle(*args, **named)
        at("settled")
        return state

    outbox.claim, outbox.settle, posting._tried = claiming, settling, trying  # type: ignore[assignment]
    settings = Settings(**json.loads(told))
    engine = make_engine(url)
    with posting.a_postman(engine, settings, lambda: NOW + timedelta(seconds=later_s)) as postman:
        postman.tick()


@pytest.mark.parametrize("seed", in_whole(range(1, 1 + SEEDS)))
def test_killed_at_any_point_nothing_is_lost_and_at_most_what_was_on_its_way_comes_twice(
    engine: Engine, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    with mail_server() as mails, receiver() as one, receiver() as two:
        told = {
            "data_dir": str(tmp_path),
            "base_url": "https://registry.example",
            "smtp_host": "127.0.0.1",
            "smtp_port": mails.port,
            "smtp_security": "none",
            "smtp_sender": "registry@office.example",
            "allow_private_cidrs": "127.0.0.0/8",
        }
        settings = Settings(**told)  # type: ignore[arg-type]
        with transaction(engine) as session:
            _fill(session, settings, one.url, two.url)
        url = engine.url.render_as_string(hide_password=False)
        on_the_way = later_s = 0.0
        for point in rng.sample(POINTS, len(POINTS)):
            process = started(post_and_die, url, json.dumps(told), later_s, point, rng.randint(1, 3))
            process.join(60)
            assert process.exitcode == -signal.SIGKILL, "it died where it was told to"
            on_the_way += sum(posting.LANES.values())
            later_s += outbox.LEASE.total_seconds() + 1
        with posting.a_postman(engine, settings, lambda: NOW + timedelta(seconds=later_s)) as postman:
            postman.tick()
        with snapshot(engine) as session:
            rows = session.exec(select(Delivery)).all()
        assert {row.state for row in rows} == {DeliveryState.SENT}
        came = _came(mails, one, two)
        assert set(came) == {row.uid for row in rows}
        assert came.total() - len(came) <= on_the_way
        assert max(came.values()) <= 1 + len(POINTS)


def _fill(session: Session, settings: Settings, *urls: str) -> None:
    for nth in range(MAILS):
        following.ask(session, address=f"p{nth}@office.example", wanted="", weekly=False, now=NOW)
    for url in urls:
        row, _ = hooks.add(session, url=url, settings=settings, by=REGISTRY, now=NOW)
        for _ in range(MESSAGES):
            hooks.send_test(session, id_of(row), by=REGISTRY, now=NOW)


def _came(mails: MailServer, *receivers: Receiver) -> Counter[str]:
    """Id -> how often it came."""
    ids = [str(message["Message-ID"]).strip("<>").partition("@")[0] for _, message in mails.taken]
    ids += [posted.headers["webhook-id"].removeprefix("msg_") for each in receivers for posted in each.posted]
    return Counter(ids)

"""The outbox's postman: claims what is due, sends it, and notes what came of it. When it goes is scheduler.py's.

No transaction is open while the network is: one claims, one reads what to say, one notes what the receiver said.
Each channel has a lane of its own, webhooks several, so that who is slow keeps nobody else waiting.
"""

import logging
import os
import platform
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

from sqlalchemy import Engine
from sqlmodel import Session

from registry import jobs
from registry.domain.values import dataclass
from registry.jobs import Clock
from registry.services.notices import following, hooks, mails, outbox, spreading, steps, work_mails
from registry.services.notices.outbox import Claim, Reply
from registry.settings import Settings
from registry.smtp import Mailer, make_mailer
from registry.store import outbox as store
from registry.store.engine import snapshot, transaction
from registry.store.tables import Channel, Delivery
from scrapers.errors import FetchError
from scrapers.fetch import Posted

log = logging.getLogger(__name__)

LANES = {Channel.MAIL: 1, Channel.HUB: 1, Channel.WEBHOOK: 4}
AT_ONCE = {Channel.MAIL: 20, Channel.HUB: 5, Channel.WEBHOOK: 1}
"""Claimed together by one lane; what was claimed and not sent in time is left to others."""
IN_TIME = timedelta(minutes=1)
"""So much of a lease must be left when something is sent."""
CLEAR_EVERY = timedelta(hours=1)
_TAKEN = range(200, 300)
Sending = Callable[[], Reply | None]
"""Sends it; None where all had to end before anybody said what became of it."""


class Posts(Protocol):
    def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> Posted: ...
    def end_within(self, seconds: float) -> None: ...


@dataclass(frozen=True)
class Ways:
    """How things leave."""

    mailer: Mailer | None
    """None: what is to be mailed waits."""
    poster: Posts
    hub_poster: Posts


@contextmanager
def a_postman(
    engine: Engine, settings: Settings, clock: Clock, *, stop: threading.Event | None = None
) -> Iterator["Postman"]:
    """One with the ways out that the settings name."""
    owner = f"{platform.node()}:{os.getpid()}"
    with jobs.make_poster(settings) as poster, jobs.make_hub_poster(settings) as hub_poster:
        ways = Ways(make_mailer(settings), poster, hub_poster)
        yield Postman(engine, settings, ways, clock, owner=owner, stop=stop)


class Postman:
    """Any number of them may work on one database."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        ways: Ways,
        clock: Clock,
        *,
        owner: str,
        stop: threading.Event | None = None,
    ) -> None:
        self._engine, self._settings, self._ways, self._clock = engine, settings, ways, clock
        self._owner, self._stop = owner, stop or threading.Event()
        self._cleared_at: datetime | None = None
        self._staff = work_mails.Watch()

    def end_within(self, seconds: float) -> None:
        """What is being sent to webhooks and the hub then counts as a try that failed; a mail is let go of."""
        if self._ways.mailer is not None:
            self._ways.mailer.end_within(seconds)
        self._ways.poster.end_within(seconds)
        self._ways.hub_poster.end_within(seconds)

    def tick(self) -> int:
        """Write what has become due to be told, send it, and now and then clear up; gives how many were tried."""
        now = self._clock()
        self._spread(now)
        done = self.round()
        if self._cleared_at is None or not timedelta(0) <= now - self._cleared_at < CLEAR_EVERY:
            with transaction(self._engine) as session:
                gone = following.forget_unconfirmed(session, now)
                cleared = store.clear(session, now - outbox.KEPT)
            if gone or cleared:
                log.info("outbox cleared deliveries=%d unconfirmed=%d", cleared, gone)
            self._cleared_at = now
        return done

    def _spread(self, now: datetime) -> None:
        """A look first: where nothing is new, no writer is kept waiting."""
        settings = self._settings
        with snapshot(self._engine) as session:
            notices = spreading.anything(session, now)
            asked = settings.mails and steps.news(session, settings, now)
            work = self._staff.news(session, settings, now) if settings.mails else None
        while notices and not self._stop.is_set():
            with transaction(self._engine) as session:
                notices = spreading.spread(session, settings, now) > 0
        if asked:
            with transaction(self._engine) as session:
                steps.look(session, settings, now)
        if work is not None:
            with transaction(self._engine) as session:
                work_mails.look(session, settings, now)
            self._staff.seen = work

    def round(self) -> int:
        """Send all that is due, until nothing is; gives how many were sent or given up."""
        with snapshot(self._engine) as session:  # where nothing is due, no writer is kept waiting
            due = [each for each in Channel if store.due(session, each, self._clock(), 1)]
        lanes = [channel for channel in due for _ in range(LANES[channel])]
        if not lanes:
            return 0
        with ThreadPoolExecutor(len(lanes), thread_name_prefix="post") as pool:
            return sum(pool.map(self.lane, lanes))

    def lane(self, channel: Channel) -> int:
        """One lane of a channel, until nothing more is due in it."""
        done = 0
        if channel is Channel.MAIL and self._ways.mailer is None:
            return done
        while not self._stop.is_set():
            with transaction(self._engine) as session:
                claims = outbox.claim(
                    session, channel, owner=self._owner, now=self._clock(), limit=AT_ONCE[channel]
                )
            if not claims:
                break
            sent = self._mail(claims) if channel is Channel.MAIL else self._each(channel, claims)
            if not sent:
                break
            done += sent
        return done

    def _mail(self, claims: list[Claim]) -> int:
        """All over one connection; where that cannot be had, the rest would only fail alike."""
        assert self._ways.mailer is not None
        with self._ways.mailer as mailer:

            def send(session: Session, row: Delivery, now: datetime) -> Sending | str:
                mail = mails.mail_of(session, row, self._settings, now)
                return mail if isinstance(mail, str) else lambda: mailer.send(mail.message, mail.to)

            done = 0
            for claim in claims:
                if mailer.down:
                    self._let_go(claim)
                else:
                    done += self._one(claim, send)
            return 0 if mailer.down else done

    def _each(self, channel: Channel, claims: list[Claim]) -> int:
        send = self._to_webhook if channel is Channel.WEBHOOK else self._to_hub
        return sum(self._one(claim, send) for claim in claims)

    def _one(self, claim: Claim, send: Callable[[Session, Delivery, datetime], Sending | str]) -> int:
        """One delivery may break in ways nobody thought of; the others go on."""
        now = self._clock()
        if self._stop.is_set() or now > claim.until - IN_TIME:
            self._let_go(claim)
            return 0
        with snapshot(self._engine) as session:
            row = session.get(Delivery, claim.delivery_id)
            if row is None:  # its receiver left meanwhile
                return 1
            try:
                ready = send(session, row, now)
            except Exception:  # the postman's loop: a mail that cannot be written stops no other
                log.exception("delivery broke id=%d", claim.delivery_id)
                ready = _broken
        if isinstance(ready, str):
            with transaction(self._engine) as session:
                outbox.drop(session, claim, ready, self._clock())
            return 1
        reply = _tried(ready, claim)
        if reply is None:
            self._let_go(claim)
            return 0
        with transaction(self._engine) as session:
            state = outbox.settle(session, claim, reply, self._clock())
        status = "" if reply.status is None else reply.status
        log.info("delivery tried id=%d state=%s status=%s", claim.delivery_id, state, status)
        return 1

    def _let_go(self, claim: Claim) -> None:
        with transaction(self._engine) as session:
            outbox.hand_back(session, claim)

    def _to_webhook(self, session: Session, row: Delivery, now: datetime) -> Sending | str:
        sent = hooks.message_of(session, row, self._settings, now)
        if isinstance(sent, str):
            return sent
        return lambda: _posted(self._ways.poster, sent.url, sent.body, sent.headers)

    def _to_hub(self, session: Session, row: Delivery, now: datetime) -> Sending | str:  # noqa: ARG002
        hub = self._settings.websub_hub
        if not hub:
            return "No hub is named any more."
        body = urlencode({"hub.mode": "publish", "hub.url": row.about, "hub.topic": row.about}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return lambda: _posted(self._ways.hub_poster, hub, body, headers)


def _tried(send: Sending, claim: Claim) -> Reply | None:
    try:
        return send()
    except Exception:
        log.exception("delivery broke id=%d", claim.delivery_id)
        return _broken()


def _broken() -> Reply:
    return Reply(False, None, "Sending this failed inside the registry. The log tells more.")


def _posted(poster: Posts, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    try:
        posted = poster.post(url, body, headers=headers)
    except FetchError as error:
        return Reply(False, error.status, error.sentence)
    text = posted.body[:2_000].decode("utf-8", "replace")
    return Reply(
        posted.status in _TAKEN,
        posted.status,
        text,
        for_good=posted.status == outbox.GONE,
        retry_after_s=posted.retry_after_s,
    )

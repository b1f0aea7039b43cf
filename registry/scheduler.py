"""When: one APScheduler tick that reads what is due and wakes what was watched. What to do stands in rounds.py.

Any number of processes may tick on one database; leases keep them apart.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine

from registry import jobs, rounds
from registry.domain.errors import RegistryError
from registry.posting import a_postman
from registry.services.candidates import waking
from registry.services.candidates.relevance import Refresher
from registry.services.decisions import sampling
from registry.services.evaluations import evaluation
from registry.services.log import checkpoints
from registry.services.outside import placing
from registry.services.rubrics import rubric_files
from registry.services.sources import source_health
from registry.services.verdicts import announcing, watching
from registry.settings import Settings
from registry.store import traits
from registry.store.engine import snapshot, transaction

log = logging.getLogger(__name__)

THREADS = 4
PARSERS = 2
TICK = "tick"
POST = "post"
NOTICE_EVERY = timedelta(minutes=5)
CHECKPOINT_EVERY = timedelta(hours=1)
FETCHES_END_WITHIN_S = 3.0
PARSERS_END_WITHIN_S = 3.5


class Scheduler:
    """Ticks until it is stopped; owns its fetcher and its parsing child processes."""

    def __init__(
        self, engine: Engine, settings: Settings, *, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._clock = clock or _clock
        self._stop = threading.Event()
        self._fetcher = jobs.make_fetcher(settings)
        self._workers = jobs.make_workers(PARSERS)
        self._relevance = Refresher()
        self._opened = ExitStack()
        self._postman = self._opened.enter_context(a_postman(engine, settings, self._clock, stop=self._stop))
        self._sweep = announcing.Sweep(settings.zone)
        self._apscheduler = BackgroundScheduler(timezone=UTC)
        self._watch = threading.Thread(target=self._keep_going, name="clock watch", daemon=True)
        self._noticed_at: datetime | None = None
        self._signed_at: datetime | None = None
        self._rubrics_seen: rubric_files.Print = ()
        self.ticked_at: datetime | None = None
        """When the last tick ended well; None before the first one."""

    def start(self) -> None:
        """Tick at once and every `tick_s`; a tick that is late or still running is not made up for."""
        self._apscheduler.add_job(
            self.tick,
            "interval",
            seconds=self._settings.tick_s,
            id=TICK,
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=self._settings.tick_s,
        )
        self._apscheduler.add_job(
            self.post,
            "interval",
            seconds=self._settings.tick_s,
            id=POST,
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=self._settings.tick_s,
        )
        self._apscheduler.start()
        self._watch.start()

    def stop(self) -> None:
        """Begin nothing new, give what runs some seconds to come to its end, and close what was opened."""
        self._stop.set()
        self._fetcher.end_within(FETCHES_END_WITHIN_S)
        self._postman.end_within(FETCHES_END_WITHIN_S)
        too_late = threading.Timer(PARSERS_END_WITHIN_S, self._workers.give_up)
        too_late.start()
        if self._apscheduler.running:
            self._watch.join()
            self._apscheduler.shutdown(wait=True)
        too_late.cancel()
        self._fetcher.close()
        self._workers.close()
        self._opened.close()

    def post(self) -> None:
        """Tell those who follow; beside the reading of sources, which may take long."""
        try:
            self._postman.tick()
        except Exception:  # the next time may find the database well again
            log.exception("posting failed")

    def tick(self) -> None:
        """Tell what the days brought, wake what waits until today, sample quick verdicts, read what is due, note which
        fell sick or silent, open cases again, number what came in."""
        now = self._clock()
        try:
            self._announce(now)
            with transaction(self._engine) as session:
                today = now.astimezone(self._settings.zone).date()
                waking.wake_due_watches(session, today, now)
                evaluation.resume_due(session, today, now, solo=self._settings.solo)
                sampling.open_due(session, secret=self._settings.secret, zone=self._settings.zone, now=now)
            for _ in rounds.refresh_due(
                self._engine,
                self._fetcher,
                self._workers,
                self._clock,
                threads=THREADS,
                stop=self._stop,
                rests_for_s=self._settings.tick_s,
            ):
                pass
            self._notice(self._clock())
            self._take_in_rubrics(now)
            self._place_waiting()
            self._open_again(self._clock())
            with snapshot(self._engine) as session:
                numbers = self._relevance.outdated(session, now)
            if numbers:
                with transaction(self._engine) as session:
                    traits.write_numbers(session, numbers)
            self._sign(self._clock())
        except Exception:  # the next tick may find the database well again
            log.exception("tick failed")
            return
        self.ticked_at = self._clock()

    def _keep_going(self) -> None:
        """APScheduler sleeps until a time of day: after the clock has stepped back, for as long as it stepped."""
        every = timedelta(seconds=self._settings.tick_s)
        while not self._stop.wait(every.total_seconds()):
            now = datetime.now(UTC)
            for job in (self._apscheduler.get_job(TICK), self._apscheduler.get_job(POST)):
                if job is not None and job.next_run_time > now + 2 * every:
                    log.warning("clock stepped back next_tick=%s", job.next_run_time)
                    job.modify(next_run_time=now)

    def _announce(self, now: datetime) -> None:
        with snapshot(self._engine) as session:
            wanted = self._sweep.wanted(session, now)
        if wanted:
            with transaction(self._engine) as session:
                count = self._sweep.write(session, now)
            if count:
                log.info("notices written count=%d", count)

    def _open_again(self, now: datetime) -> None:
        """Cases that a day, an overdue condition or something that a source told opens again."""
        with snapshot(self._engine) as session:
            found = watching.look(session, zone=self._settings.zone, now=now)
        if found.anything:
            with transaction(self._engine) as session:
                opened = watching.act(session, found, zone=self._settings.zone, now=now)
            log.info(
                "cases opened again count=%d overdue_suspensions=%d", len(opened), len(found.suspensions)
            )

    def _place_waiting(self) -> None:
        """What other registries decided on tools that have come here since."""
        with snapshot(self._engine) as session:
            up_to = placing.news(session)
        if up_to is not None:
            with transaction(self._engine) as session:
                placed = placing.place_waiting(session, up_to)
            if placed:
                log.info("verdicts of other registries placed count=%d", placed)

    def _notice(self, now: datetime) -> None:
        if self._noticed_at is not None and timedelta(0) <= now - self._noticed_at < NOTICE_EVERY:
            return
        with transaction(self._engine) as session:
            source_health.notice(session, now)
        self._noticed_at = now

    def _sign(self, now: datetime) -> None:
        """A checkpoint of the log: soon after an act on a verdict, of what else happened every hour."""
        hourly = self._signed_at is None or not timedelta(0) <= now - self._signed_at < CHECKPOINT_EVERY
        wanted = False
        try:
            with snapshot(self._engine) as session:
                wanted = checkpoints.wanted(session, self._settings, since=hourly)
            if wanted:
                checkpoints.write(self._engine, self._settings)
        except RegistryError as refused:
            log.error("no checkpoint is signed fault=%s", refused.sentence)
        if wanted or hourly:
            self._signed_at = now

    def _take_in_rubrics(self, now: datetime) -> None:
        """Files of the rubrics folder that are new or changed since the last look; a broken one harms nothing."""
        folder = self._settings.rubrics_dir
        seen = rubric_files.fingerprint(folder)
        if seen == self._rubrics_seen:
            return
        try:
            with transaction(self._engine) as session:
                taken = rubric_files.take_in(session, folder, now=now)
        except RegistryError as refused:
            log.warning("rubric files cannot be used fault=%s", refused.sentence)
        else:
            for each in taken.stored:
                log.info("rubric file stored kind=%s name=%s version=%d", each.kind, each.name, each.version)
            for fault in taken.faults:
                log.warning("rubric file cannot be used fault=%s", fault)
        self._rubrics_seen = seen


def _clock() -> datetime:
    return datetime.now(UTC)

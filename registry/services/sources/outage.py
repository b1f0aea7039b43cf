"""Our own outage: when nobody at all can be reached it is the registry's fault, and counts against no source."""

from datetime import datetime
from itertools import takewhile

from sqlmodel import Session

from registry.domain.visit import visits
from registry.services.people.acting import REGISTRY, record
from registry.services.sources import polling
from registry.store import events, sources
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Event, Source
from scrapers.links import host_of

SILENCE = frozenset({"name_not_found", "connect_failed", "timeout", "cut_off", "tls_failed"})
"""What a network that is broken on our side can bring about; all else is somebody's answer."""
HOSTS = 3
"""As many hosts that answered last time and do not now, with nobody answering in between, are no accident."""
NOTICED, OVER = "outage.noticed", "outage.over"
SUBJECT = ("registry", 0)


def queue(session: Session) -> None:
    """One visit at a time judges whether it is our outage; to be called before a source's row is locked."""
    serialise(session, "outage")


def ours_since(session: Session, source: Source, now: datetime) -> datetime | None:
    """Since when nobody answers, where `source`, silent just now, is only one of all; else None.

    Noticing writes one event and takes back what the same silence had counted against others.
    """
    answered_at = sources.answered_at(session, SILENCE)
    noticed = _open(session)
    if noticed is not None:
        if answered_at is None or answered_at <= noticed.at:
            return noticed.at
        _end(session, noticed, now)
    silent = [(each, silences(each, answered_at)) for each in sources.silent(session, SILENCE, answered_at)]
    hosts = {host_of(each.url) for each, count in silent if not _silent_before(each, count)}
    if len(hosts) < HOSTS:
        return None
    counted = [(each, count) for each, count in silent if each.id != source.id and each.failures]
    for each, count in counted:
        _take_back(each, count, now)
    after = {"hosts": len(hosts), "taken_back": len(counted)}
    record(session, NOTICED, SUBJECT, by=REGISTRY, now=now, after=after)
    return now


def end(session: Session, now: datetime) -> None:
    """A source that was silent has answered: if there was an outage it is over, and the others are read at once."""
    queue(session)
    noticed = _open(session)
    if noticed is not None:
        _end(session, noticed, now)


def _open(session: Session) -> Event | None:
    last = events.last(session, *SUBJECT, actions=(NOTICED, OVER))
    return last if last is not None and last.action == NOTICED else None


def _end(session: Session, noticed: Event, now: datetime) -> None:
    minutes = round((now - noticed.at).total_seconds() / 60)
    record(session, OVER, SUBJECT, by=REGISTRY, now=now, after={"minutes": minutes})
    for each in sources.silent(session, SILENCE, None):
        if not each.failures and each.due_at is not None:
            each.due_at = min(each.due_at, now)


def silences(source: Source, answered_at: datetime | None = None) -> int:
    """How many of its last visits brought no answer; with `answered_at` only those since then."""
    since = answered_at.replace(microsecond=0) if answered_at else None
    newest_first = reversed(visits(source.strip))
    return sum(
        1
        for _ in takewhile(
            lambda each: each.error_code in SILENCE and (since is None or each.at >= since), newest_first
        )
    )


def _silent_before(source: Source, count: int) -> bool:
    before = visits(source.strip)[: -count or None]
    return bool(before) and before[-1].error_code in SILENCE


def _take_back(source: Source, count: int, now: datetime) -> None:
    """As if these visits had not been; a source that was well before is asked again soon."""
    before = visits(source.strip)[: -count or None]
    source.failures = max(source.failures - count, 0)
    code = before[-1].error_code if before and source.failures else ""
    if code != source.error_code:
        source.error_code, source.error = code, ""
    if not source.failures and source.due_at is not None:
        source.due_at = min(source.due_at, polling.after_outage(id_of(source), since=now, now=now))

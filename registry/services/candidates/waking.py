"""Candidates on watch that become new again by themselves: their day has come, or enough was heard of them."""

from collections.abc import Collection
from datetime import date, datetime

from sqlmodel import Session

from registry.domain.triage import is_due, move
from registry.services.people.acting import REGISTRY, record
from registry.store import candidates
from registry.store.columns import id_of
from registry.store.tables import Candidate


def wake_due_watches(session: Session, today: date, now: datetime) -> list[Candidate]:
    """Make the candidates new whose day has come; `today` is in the organisation's time zone."""
    found = list(candidates.watched_until(session, today))
    for candidate in found:
        _wake(session, candidate, cause="the day it was watched until", now=now)
    return found


def wake_much_spoken_of(session: Session, candidate_ids: Collection[int], now: datetime) -> None:
    """Make those of the candidates new of which enough fresh mentions and requests came in."""
    interest = candidates.fresh_interest(session, candidate_ids)
    for candidate in candidates.by_id(session, candidate_ids).values():
        mentions, requests = interest[id_of(candidate)]
        if is_due(candidate.status, candidate.watch_until, now.date(), mentions, requests):
            _wake(session, candidate, cause=f"{mentions} fresh mentions and {requests} requests", now=now)


def _wake(session: Session, candidate: Candidate, *, cause: str, now: datetime) -> None:
    """Make a candidate on watch new again by itself; the event names what woke it."""
    before = {"status": candidate.status.value, "watch_until": str(candidate.watch_until)}
    candidate.status = move(candidate.status, "reopen")
    candidate.watch_until, candidate.closed_at, candidate.closed_by_id = None, None, None
    candidate.version += 1
    session.add(candidate)
    record(
        session,
        "candidate.woke",
        ("candidate", candidate.id),
        by=REGISTRY,
        now=now,
        before=before,
        after={"status": candidate.status.value, "cause": cause},
    )

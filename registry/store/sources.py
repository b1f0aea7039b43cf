"""Reads of sources and of what their last visits brought."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, case, func
from sqlmodel import Session, col, or_, select

from registry.domain.errors import NotFound
from registry.domain.triage import CandidateStatus
from registry.store.tables import Candidate, Entry, Mention, Source


@dataclass(frozen=True)
class SourceYield:
    """What came out of a source's entries: how many candidates they speak of, how many of them triage let in."""

    candidates: int = 0
    accepted: int = 0


def get(session: Session, source_id: int) -> Source:
    """Raises NotFound where there is none, or where it was removed."""
    source = session.get(Source, source_id)
    if source is None or source.removed_at is not None:
        raise NotFound(f"There is no source {source_id}. Look it up in the list of sources.")
    return source


def find_by_url(session: Session, url: str) -> Source | None:
    """The source with this address, removed ones too, since an address is kept once for ever."""
    return session.exec(select(Source).where(Source.url == url)).first()


def named(session: Session, text: str) -> Source:
    """The source that a person means by number, address or name. Raises NotFound, also where two have the name."""
    if text.isdecimal() and len(text) < 18:
        return get(session, int(text))
    found = session.exec(
        select(Source).where(
            col(Source.removed_at).is_(None), or_(Source.url == text, func.lower(Source.name) == text.lower())
        )
    ).all()
    if not found:
        raise NotFound(f"There is no source {text!r}. `registry sources list` shows those there are.")
    if len(found) > 1:
        numbers = ", ".join(str(each.id) for each in found)
        raise NotFound(f"{len(found)} sources are called {text!r}. Name one by its number: {numbers}.")
    return found[0]


def sources(session: Session, *, group: str = "") -> Sequence[Source]:
    """All that were not removed, paused ones too, by name."""
    query = select(Source).where(col(Source.removed_at).is_(None))
    if group:
        query = query.where(Source.group == group)
    return session.exec(query.order_by(func.lower(Source.name), col(Source.id))).all()


def polled(session: Session) -> Sequence[Source]:
    """Those that are neither removed, paused nor gone."""
    query = select(Source).where(
        col(Source.removed_at).is_(None), col(Source.paused_at).is_(None), col(Source.gone_at).is_(None)
    )
    return session.exec(query.order_by(col(Source.due_at), col(Source.id))).all()


def due(session: Session, now: datetime, limit: int) -> Sequence[Source]:
    """Those whose time has come and whom nobody holds, the longest waiting first."""
    query = select(Source).where(
        col(Source.removed_at).is_(None),
        col(Source.paused_at).is_(None),
        col(Source.gone_at).is_(None),
        col(Source.due_at) <= now,
        _free(now),
    )
    return session.exec(query.order_by(col(Source.due_at), col(Source.id)).limit(limit)).all()


def free(session: Session, source_ids: Collection[int], now: datetime) -> Sequence[Source]:
    """Those of the given ones that nobody holds, due or not."""
    query = select(Source).where(
        col(Source.id).in_(source_ids),
        col(Source.removed_at).is_(None),
        col(Source.paused_at).is_(None),
        _free(now),
    )
    return session.exec(query.order_by(col(Source.id))).all()


def busy_urls(session: Session, now: datetime, visited_since: datetime) -> Sequence[str]:
    """Addresses that somebody reads at this moment, or that were read since then."""
    query = select(Source.url).where(
        or_(col(Source.lease_until) > now, col(Source.fetched_at) > visited_since)
    )
    return session.exec(query).all()


def last_codes(session: Session, since: datetime) -> Sequence[str]:
    """The error code ("" for a success) of the last visit to each source that was visited since then."""
    return session.exec(select(Source.last_code).where(col(Source.fetched_at) >= since)).all()


def yields(session: Session, since: datetime) -> Mapping[int, SourceYield]:
    """By source id, of candidates whose first mention is no older than `since`; one query for all sources."""
    accepted = case((col(Candidate.status) == CandidateStatus.ACCEPTED, col(Candidate.id)))
    query = (
        select(
            Entry.source_id,
            func.count(func.distinct(col(Candidate.id))),
            func.count(func.distinct(accepted)),
        )
        .join(Mention, col(Mention.entry_id) == col(Entry.id))
        .join(Candidate, col(Candidate.id) == col(Mention.candidate_id))
        .where(Entry.seen_at >= since)
        .group_by(col(Entry.source_id))
    )
    return {source_id: SourceYield(new, let_in) for source_id, new, let_in in session.exec(query).all()}


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(col(Source.lease_until).is_(None), col(Source.lease_until) <= now)


def on_host(session: Session, url: str) -> Sequence[Source]:
    """The polled sources whose address has the same host as `url`."""
    host = urlsplit(url).hostname or ""
    alike = select(Source).where(
        col(Source.removed_at).is_(None), col(Source.url).icontains(host, autoescape=True)
    )
    return [each for each in session.exec(alike).all() if (urlsplit(each.url).hostname or "") == host]

"""Reads of sources and of what their last visits brought."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BindParameter, ColumnElement, case, func
from sqlalchemy import select as sql_select
from sqlalchemy.orm import defer
from sqlalchemy.sql.base import ExecutableOption
from sqlmodel import Session, and_, col, or_, select

from registry.domain.errors import NotFound
from registry.domain.proposal import Announcer
from registry.domain.triage import CandidateStatus
from registry.domain.values import dataclass
from registry.domain.visit import Packed
from registry.store.columns import among, id_of
from registry.store.tables import Candidate, Entry, Mention, Source


@dataclass(frozen=True)
class SourceYield:
    """What came out of a source's entries: how many candidates they speak of, how many of them triage let in."""

    candidates: int = 0
    accepted: int = 0


Moment = datetime | BindParameter[datetime]


class Known(NamedTuple):
    """What is known of a source before it is asked."""

    id: int
    name: str
    url: str
    kind: str
    announcer: Announcer
    etag: str
    last_modified: str
    answered_url: str
    body_hash: str
    parser_version: str
    whole_at: datetime | None
    distrusted_at: datetime | None


class Polled(NamedTuple):
    """What it takes to note a visit that found nothing new."""

    id: int
    fence: int
    removed_at: datetime | None
    interval_s: int
    whole_at: datetime | None
    distrusted_at: datetime | None
    strip: list[Packed]
    calm: bool
    """It answered last time too, from its own address: there is nothing to recover from, to adopt or to tell."""


class Address(NamedTuple):
    source_id: int | None
    name: str
    url: str
    removed_at: datetime | None


class Standing(NamedTuple):
    """What a list needs to know of a source to tell how it fares, to sort and to filter."""

    id: int
    name: str
    url: str
    kind: str
    announcer: Announcer
    group: str
    created_at: datetime
    paused_at: datetime | None
    gone_at: datetime | None
    succeeded_at: datetime | None
    changed_at: datetime | None
    usual_gap_s: int
    failures: int
    last_code: str
    error: str


def get(session: Session, source_id: int) -> Source:
    """Raises NotFound where there is none, or where it was removed."""
    source = session.get(Source, source_id)
    if source is None or source.removed_at is not None:
        raise missing(source_id)
    return source


def missing(source_id: int) -> NotFound:
    return NotFound(f"There is no source {source_id}. Look it up in the list of sources.")


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


def standings(session: Session) -> Sequence[Standing]:
    """All that were not removed, in no order: thousands cost little, since no row is made an object of."""
    query = sql_select(*(getattr(Source, name) for name in Standing._fields))
    rows = session.connection().execute(query.where(col(Source.removed_at).is_(None)))
    return [Standing._make(row) for row in rows]


def some(session: Session, source_ids: Collection[int]) -> Sequence[Source]:
    """Those of the given ones that were not removed, by number."""
    return [each for each in _any(session, source_ids) if each.removed_at is None]


def removed(session: Session, source_ids: Collection[int]) -> Sequence[Source]:
    """Those of the given ones that were removed, by number."""
    return [each for each in _any(session, source_ids) if each.removed_at is not None]


def addresses(session: Session) -> Sequence[Address]:
    """Every address that was ever polled, those of removed sources too, by number."""
    query = select(Source.id, Source.name, Source.url, Source.removed_at).order_by(col(Source.id))
    return [Address(*row) for row in session.exec(query).all()]


def to_notice(session: Session, silent_since: datetime) -> Sequence[Source]:
    """Those polled or gone whose health may call for a note: in trouble, noted before, or silent since then."""
    query = select(Source).where(
        col(Source.removed_at).is_(None),
        or_(
            col(Source.failures) > 0,
            col(Source.gone_at).is_not(None),
            col(Source.quiet_at).is_not(None),
            col(Source.broken_at).is_not(None),
            func.coalesce(Source.changed_at, Source.created_at) <= silent_since,
        ),
    )
    return session.exec(query.order_by(col(Source.id)).options(_without_strip())).all()


def polled(session: Session) -> Sequence[Source]:
    """Those that are neither removed, paused nor gone."""
    query = select(Source).where(
        col(Source.removed_at).is_(None), col(Source.paused_at).is_(None), col(Source.gone_at).is_(None)
    )
    return session.exec(query.order_by(col(Source.due_at), col(Source.id))).all()


def due(session: Session, now: datetime, limit: int) -> Sequence[Source]:
    """Those whose time has come and who are free, the longest waiting first."""
    query = select(Source).where(*is_due(now), *is_free(now))
    return session.exec(query.order_by(col(Source.due_at), col(Source.id)).limit(limit)).all()


def known(session: Session, source_ids: Collection[int]) -> dict[int, Known]:
    """Those that were not removed, by id."""
    query = sql_select(*(getattr(Source, name) for name in Known._fields)).where(
        among(session, Source.id, source_ids), col(Source.removed_at).is_(None)
    )
    return {row.id: Known._make(row) for row in session.connection().execute(query)}


def locked_rows(session: Session, source_ids: Collection[int]) -> dict[int, Polled]:
    """Those there are, by id, locked like `locked`, without an object for each."""
    calm = and_(
        col(Source.last_code) == "",
        col(Source.error_code) == "",
        col(Source.failures) == 0,
        col(Source.moved_to) == "",
        col(Source.gone_since).is_(None),
        col(Source.gone_at).is_(None),
    )
    columns = [getattr(Source, name) for name in Polled._fields[:-1]]
    query = sql_select(*columns, calm).where(among(session, Source.id, source_ids)).order_by(col(Source.id))
    rows = session.connection().execute(query.with_for_update())
    return {row.id: Polled._make(row) for row in rows}


def locked(session: Session, source_ids: Collection[int]) -> dict[int, Source]:
    """Those there are, by id, as they stand now, and nobody else's to write until this transaction ends."""
    query = select(Source).where(among(session, Source.id, source_ids)).order_by(col(Source.id))
    rows = session.exec(query.with_for_update().execution_options(populate_existing=True))
    return {id_of(source): source for source in rows}


def answered_at(session: Session, silence: Collection[str]) -> datetime | None:
    """When any source was last visited with another end than one of these error codes."""
    query = select(Source.fetched_at).where(
        col(Source.fetched_at).is_not(None), col(Source.last_code).not_in(silence)
    )
    return session.exec(query.order_by(col(Source.fetched_at).desc()).limit(1)).first()


def silent(session: Session, silence: Collection[str], since: datetime | None) -> Sequence[Source]:
    """Those whose last visit ended with one of these codes, after `since`; locked, less those that others hold."""
    query = select(Source).where(
        col(Source.removed_at).is_(None), col(Source.paused_at).is_(None), col(Source.last_code).in_(silence)
    )
    if since is not None:
        query = query.where(col(Source.fetched_at) > since)
    return session.exec(query.order_by(col(Source.id)).with_for_update(skip_locked=True)).all()


def yields(
    session: Session, since: datetime, *, only: Collection[int] | None = None
) -> Mapping[int, SourceYield]:
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
    if only is not None:
        query = query.where(col(Entry.source_id).in_(only))
    return {source_id: SourceYield(new, let_in) for source_id, new, let_in in session.exec(query).all()}


def is_due(now: Moment) -> tuple[ColumnElement[bool], ...]:
    """Its time has come, and it is polled at all."""
    return (
        col(Source.removed_at).is_(None),
        col(Source.paused_at).is_(None),
        col(Source.gone_at).is_(None),
        col(Source.due_at) <= now,
    )


def is_free(now: Moment) -> tuple[ColumnElement[bool], ...]:
    """Nobody holds it, and the publisher did not ask us to stay away."""
    return (
        or_(col(Source.lease_until).is_(None), col(Source.lease_until) <= now),
        or_(col(Source.wait_until).is_(None), col(Source.wait_until) <= now),
    )


def _any(session: Session, source_ids: Collection[int]) -> list[Source]:
    query = select(Source).where(among(session, Source.id, source_ids)).order_by(col(Source.id))
    return list(session.exec(query))


def _without_strip() -> ExecutableOption:
    return defer(Source.strip, raiseload=True)  # type: ignore[arg-type]


def next_due(session: Session) -> datetime | None:
    """When the next of those that are polled is due; None where none is polled."""
    query = select(func.min(Source.due_at)).where(
        col(Source.removed_at).is_(None), col(Source.paused_at).is_(None), col(Source.gone_at).is_(None)
    )
    return session.exec(query).one()


def names(session: Session, ids: Collection[int]) -> Sequence[tuple[int, str]]:
    """Id and name of some of them, also of removed ones."""
    query = select(Source.id, Source.name).where(col(Source.id).in_(ids))
    return [(source_id or 0, name) for source_id, name in session.exec(query)]

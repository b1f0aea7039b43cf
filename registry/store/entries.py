"""Reads of entries: which are known, and what a list of them shows."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import func
from sqlmodel import Session, and_, col, or_, select

from registry.domain.errors import NotFound
from registry.store.columns import id_of
from registry.store.paging import Page, bounded, decode_cursor, encode_cursor
from registry.store.tables import Candidate, Entry, EntryRevision, Mention, Source

CHUNK = 500
Item = TypeVar("Item")


def get(session: Session, entry_id: int) -> Entry:
    entry = session.get(Entry, entry_id)
    if entry is None:
        raise NotFound(f"There is no entry {entry_id}.")
    return entry


def count(session: Session, source_id: int) -> int:
    return session.exec(select(func.count()).select_from(Entry).where(Entry.source_id == source_id)).one()


def by_key(session: Session, source_id: int, keys: Collection[str]) -> Mapping[str, Entry]:
    """The entries of one source with these very keys; one query per 500."""
    found: dict[str, Entry] = {}
    for chunk in chunks(sorted(keys)):
        query = select(Entry).where(Entry.source_id == source_id, col(Entry.key).in_(chunk))
        found.update((entry.key, entry) for entry in session.exec(query).all())
    return found


def near(
    session: Session,
    source_id: int,
    *,
    keys: Collection[str],
    second_keys: Collection[str],
    links: Collection[str],
    hashes: Collection[str],
) -> Sequence[Entry]:
    """The entries of one source that share a key, a second key or a canonical link; of those without a link, a hash."""
    found: dict[int | None, Entry] = {}
    linkless = and_(Entry.canonical_link == "", Entry.source_id == source_id)
    for column, values, own in (
        (col(Entry.key), keys, Entry.source_id == source_id),
        (col(Entry.second_key), second_keys, Entry.source_id == source_id),
        (col(Entry.canonical_link), links, Entry.source_id == source_id),
        (col(Entry.content_hash), hashes, linkless),
    ):
        for chunk in chunks(sorted(set(values) - {""})):
            query = select(Entry).where(own, column.in_(chunk)).order_by(col(Entry.id))
            found.update((entry.id, entry) for entry in session.exec(query).all())
    return list(found.values())


def candidates_by_link(session: Session, links: Collection[str]) -> Mapping[str, int]:
    """Canonical link -> id of the candidate that the first entry with this link speaks of."""
    found: dict[str, int] = {}
    for chunk in chunks(sorted(set(links) - {""})):
        query = (
            select(Entry.canonical_link, Mention.candidate_id)
            .join(Mention, col(Mention.entry_id) == col(Entry.id))
            .where(col(Entry.canonical_link).in_(chunk))
            .order_by(col(Mention.id).desc())
        )
        found.update((link, candidate_id) for link, candidate_id in session.exec(query).all())
    return found


def revisions(session: Session, entry_id: int) -> Sequence[EntryRevision]:
    """What the entry said before, oldest first."""
    query = (
        select(EntryRevision).where(EntryRevision.entry_id == entry_id).order_by(col(EntryRevision.number))
    )
    return session.exec(query).all()


def page(session: Session, *, source_id: int | None = None, after: str = "", limit: int = 50) -> Page[Entry]:
    """Newest seen first."""
    limit = bounded(limit)
    query = select(Entry)
    if source_id is not None:
        query = query.where(Entry.source_id == source_id)
    if after:
        at, row_id = decode_cursor(after)
        query = query.where(or_(Entry.seen_at < at, and_(Entry.seen_at == at, col(Entry.id) < row_id)))
    query = query.order_by(col(Entry.seen_at).desc(), col(Entry.id).desc()).limit(limit + 1)
    rows = list(session.exec(query).all())
    more, rows = len(rows) > limit, rows[:limit]
    return Page(rows, encode_cursor(rows[-1].seen_at, id_of(rows[-1])) if more else "")


def mentions(session: Session, candidate_id: int) -> Sequence[tuple[Entry, Source]]:
    """The entries that speak of a candidate, each with its source, newest first."""
    query = (
        select(Entry, Source)
        .join(Mention, col(Mention.entry_id) == col(Entry.id))
        .join(Source, col(Source.id) == col(Entry.source_id))
        .where(Mention.candidate_id == candidate_id)
        .order_by(col(Entry.seen_at).desc(), col(Entry.id).desc())
    )
    return [(entry, source) for entry, source in session.exec(query).all()]


def mentions_of_tool(session: Session, tool_id: int, *, limit: int = 50) -> Sequence[Entry]:
    """The entries that speak of a tool through any of its candidates, newest first."""
    query = (
        select(Entry)
        .join(Mention, col(Mention.entry_id) == col(Entry.id))
        .join(Candidate, col(Candidate.id) == col(Mention.candidate_id))
        .where(Candidate.tool_id == tool_id)
        .order_by(col(Entry.seen_at).desc(), col(Entry.id).desc())
    )
    return session.exec(query.limit(limit)).all()


def chunks(values: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]

"""Reads of entries: which are known, and what a list of them shows."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, text
from sqlmodel import Session, and_, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.domain.errors import NotFound
from registry.domain.proposal import Announcer, EntryKind
from registry.domain.values import dataclass
from registry.store.columns import among, id_of
from registry.store.paging import Page, bounded, decode_cursor, encode_cursor
from registry.store.tables import Entry, EntryRevision, Mention, Source

CHUNK = 500
Item = TypeVar("Item")


def get(session: Session, entry_id: int) -> Entry:
    entry = session.get(Entry, entry_id)
    if entry is None:
        raise NotFound(f"There is no entry {entry_id}.")
    return entry


def sources_with_any(session: Session, source_ids: Collection[int]) -> frozenset[int]:
    """Those of the sources of which an entry is stored."""
    stored = select(Entry.id).where(Entry.source_id == Source.id).exists()
    query = select(Source.id).where(among(session, Source.id, source_ids), stored)
    return frozenset(source_id for source_id in session.exec(query) if source_id is not None)


@dataclass
class NewEntry:
    """An entry's row on its way into the store."""

    source_id: int
    key: str
    second_key: str
    title: str
    link: str
    canonical_link: str
    summary: str
    author: str
    tags: Sequence[str]
    related: str
    published_at: datetime | None
    seen_at: datetime
    content_hash: str
    kind: EntryKind
    signal: str
    extractor_version: str
    held: bool = False
    only_seen: bool = False
    blocked_by_id: int | None = None
    id: int | None = None


def count(session: Session, source_id: int) -> int:
    return session.exec(select(func.count()).select_from(Entry).where(Entry.source_id == source_id)).one()


def by_key(session: Session, source_id: int, keys: Collection[str]) -> Mapping[str, Entry]:
    """The entries of one source with these very keys."""
    query = select(Entry).where(Entry.source_id == source_id, among(session, Entry.key, keys))
    return {entry.key: entry for entry in session.exec(query)} if keys else {}


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
        if wanted := set(values) - {""}:
            query = select(Entry).where(own, among(session, column, wanted)).order_by(col(Entry.id))
            found.update((entry.id, entry) for entry in session.exec(query))
    return list(found.values())


def candidates_by_link(session: Session, links: Collection[str]) -> Mapping[str, int]:
    """Canonical link -> id of the candidate that the first entry with this link speaks of."""
    query = (
        select(Entry.canonical_link, Mention.candidate_id)
        .join(Mention, col(Mention.entry_id) == col(Entry.id))
        .where(among(session, Entry.canonical_link, set(links) - {""}))
        .order_by(col(Mention.id).desc())
    )
    return dict(session.exec(query).all())


def candidates_by_repository(session: Session, numbers: Collection[str]) -> Mapping[str, int]:
    """`github.com/repositories/12345` -> id of the candidate of which a release of this repository was told first."""
    found: dict[str, int] = {}
    released = select(Source.id).where(Source.announcer == Announcer.RELEASES)
    for number in sorted(set(numbers) - {""}):
        host, _, digits = number.partition("/repositories/")
        query = (
            select(Mention.first_candidate_id)
            .join(Entry, col(Entry.id) == col(Mention.entry_id))
            .where(
                col(Entry.source_id).in_(released),
                col(Entry.key).startswith(f"tag:{host},2008:Repository/{digits}/", autoescape=True),
            )
            .order_by(col(Mention.id))
            .limit(1)
        )
        first = session.exec(query).first()
        if first is not None:
            found[number] = first
    return found


def revisions(session: Session, entry_id: int) -> Sequence[EntryRevision]:
    """What the entry said before, oldest first."""
    query = (
        select(EntryRevision).where(EntryRevision.entry_id == entry_id).order_by(col(EntryRevision.number))
    )
    return session.exec(query).all()


def page(
    session: Session,
    *,
    source_id: int | None = None,
    held: bool = False,
    after: str = "",
    limit: int = 50,
) -> Page[Entry]:
    """Newest seen first; with `held`, those alone that are held back."""
    limit = bounded(limit)
    query = select(Entry)
    if source_id is not None:
        query = query.where(Entry.source_id == source_id)
    if held:
        query = query.where(col(Entry.held))
    if after:
        at, row_id = decode_cursor(after)
        query = query.where(or_(Entry.seen_at < at, and_(Entry.seen_at == at, col(Entry.id) < row_id)))
    query = query.order_by(col(Entry.seen_at).desc(), col(Entry.id).desc()).limit(limit + 1)
    rows = list(session.exec(query).all())
    more, rows = len(rows) > limit, rows[:limit]
    return Page(rows, encode_cursor(rows[-1].seen_at, id_of(rows[-1])) if more else "")


def held(session: Session, source_id: int) -> Sequence[Entry]:
    """Those held back because so many came at once, in the order in which they came."""
    query = select(Entry).where(Entry.source_id == source_id, col(Entry.held)).order_by(col(Entry.id))
    return session.exec(query).all()


def held_by_source(session: Session, *, only: int | None = None) -> Mapping[int, int]:
    """Source id -> how many of its entries are held back; sources with none are left out."""
    # As the partial index has it: SQLite takes `held = 1` for another condition, and reads every entry.
    query = select(Entry.source_id, func.count()).where(text("entry.held")).group_by(col(Entry.source_id))
    if only is not None:
        query = query.where(Entry.source_id == only)
    return dict(session.exec(query).all())


def outdated(
    session: Session, version: str, *, source_ids: Collection[int] | None, after: int, limit: int
) -> Sequence[Entry]:
    """Those that another version of the extractor has read, by ascending id beyond `after`."""
    query = _outdated(version, source_ids).where(col(Entry.id) > after)
    return session.exec(query.order_by(col(Entry.id)).limit(limit)).all()


def count_outdated(session: Session, version: str, *, source_ids: Collection[int] | None) -> int:
    return session.exec(select(func.count()).select_from(_outdated(version, source_ids).subquery())).one()


def spoken_of(session: Session, entry_ids: Collection[int]) -> Mapping[int, int]:
    """Entry id -> id of the candidate that it speaks of; entries that speak of none are left out."""
    query = select(Mention.entry_id, Mention.candidate_id).where(among(session, Mention.entry_id, entry_ids))
    return dict(session.exec(query).all())


def speaking_of(
    session: Session, candidate_ids: Collection[int]
) -> Mapping[int, Sequence[tuple[Entry, Source]]]:
    """Candidate id -> every entry that speaks of it with its source, by ascending id."""
    found: dict[int, list[tuple[Entry, Source]]] = {}
    query = (
        select(Mention.candidate_id, Entry, Source)
        .join(Entry, col(Entry.id) == col(Mention.entry_id))
        .join(Source, col(Source.id) == col(Entry.source_id))
        .where(among(session, Mention.candidate_id, candidate_ids))
        .order_by(col(Entry.id))
    )
    for candidate_id, entry, source in session.exec(query):
        found.setdefault(candidate_id, []).append((entry, source))
    return found


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


def _outdated(version: str, source_ids: Collection[int] | None) -> SelectOfScalar[Entry]:
    query = select(Entry).where(Entry.extractor_version != version)
    return query if source_ids is None else query.where(col(Entry.source_id).in_(source_ids))


def chunks(values: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]

"""Reads of candidates, and the rows of the inbox with what a person wants to see of each at one glance."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, and_, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.domain.errors import NotFound
from registry.domain.relevance import NEUTRAL
from registry.domain.triage import CandidateStatus
from registry.store.columns import among, id_of
from registry.store.paging import Page, bounded, decode_cursor, decode_rank, encode_cursor, encode_rank
from registry.store.tables import Alias, Candidate, CandidateLabel, Entry, Mention, Request, Source
from registry.store.tables.tool import AliasKind


@dataclass(frozen=True)
class InboxRow:
    candidate: Candidate
    mentions: int
    requests: int
    sources: tuple[str, ...]
    """Names of the sources that speak of it, in alphabetical order."""
    title: str
    """Of the newest entry, with its link and its moment; empty where only people asked."""
    link: str
    mentioned_at: datetime | None
    labels: tuple[str, ...]
    """In alphabetical order."""


def get(session: Session, candidate_id: int) -> Candidate:
    candidate = session.get(Candidate, candidate_id)
    if candidate is None:
        raise NotFound(f"There is no candidate {candidate_id}. The inbox lists those there are.")
    return candidate


def find_by_identity(session: Session, identity: str) -> Candidate | None:
    """The candidate with this strong key, wherever it stands in triage; None for an empty key."""
    if not identity:
        return None
    return session.exec(select(Candidate).where(Candidate.identity == identity)).first()


def by_identity(session: Session, identities: Collection[str]) -> Mapping[str, Candidate]:
    query = select(Candidate).where(among(session, Candidate.identity, set(identities) - {""}))
    return {candidate.identity or "": candidate for candidate in session.exec(query)}


def by_name_in_source(
    session: Session, names: Collection[tuple[int, str]]
) -> dict[tuple[int, str], Candidate]:
    """Source id and name key -> the first candidate without a strong key that an entry of this source speaks of."""
    if not names:
        return {}
    query = (
        select(Entry.source_id, Candidate)
        .join(Mention, col(Mention.candidate_id) == col(Candidate.id))
        .join(Entry, col(Entry.id) == col(Mention.entry_id))
        .where(
            among(session, Entry.source_id, {source_id for source_id, _ in names}),
            among(session, Candidate.name_key, {name for _, name in names}),
            col(Candidate.identity).is_(None),
        )
        .order_by(col(Candidate.id))
    )
    found: dict[tuple[int, str], Candidate] = {}
    for source_id, candidate in session.exec(query):
        found.setdefault((source_id, candidate.name_key), candidate)
    return found


def by_id(session: Session, ids: Collection[int]) -> Mapping[int, Candidate]:
    query = select(Candidate).where(among(session, Candidate.id, ids))
    return {id_of(candidate): candidate for candidate in session.exec(query)} if ids else {}


def of_entries(session: Session, entry_ids: Collection[int]) -> Mapping[int, int]:
    """Entry id -> id of the candidate that it speaks of; entries that speak of none are left out."""
    query = select(Mention.entry_id, Mention.candidate_id).where(among(session, Mention.entry_id, entry_ids))
    return dict(session.exec(query).all())


def labels(session: Session, candidate_ids: Collection[int]) -> Mapping[int, tuple[str, ...]]:
    """By candidate id, in alphabetical order; those without a label are left out."""
    found: dict[int, list[str]] = {}
    query = select(CandidateLabel).where(among(session, CandidateLabel.candidate_id, candidate_ids))
    for row in session.exec(query.order_by(func.lower(CandidateLabel.label))):
        found.setdefault(row.candidate_id, []).append(row.label)
    return {candidate_id: tuple(each) for candidate_id, each in found.items()}


def label_counts(session: Session) -> Sequence[tuple[str, int]]:
    """Every label in use with how many candidates bear it, in alphabetical order."""
    query = select(CandidateLabel.label, func.count()).group_by(col(CandidateLabel.label))
    return [(label, count) for label, count in session.exec(query.order_by(func.lower(CandidateLabel.label)))]


def open_named(session: Session, name_key: str) -> Sequence[Candidate]:
    """Candidates of this name that are new or on watch, oldest first."""
    query = select(Candidate).where(
        Candidate.name_key == name_key,
        col(Candidate.status).in_([CandidateStatus.NEW, CandidateStatus.WATCH]),
    )
    return session.exec(query.order_by(col(Candidate.id))).all()


def merged_into(session: Session, candidate_id: int) -> Sequence[Candidate]:
    return session.exec(select(Candidate).where(Candidate.merged_into_id == candidate_id)).all()


def watched_until(session: Session, today: date) -> Sequence[Candidate]:
    """Candidates on watch whose date has come."""
    query = select(Candidate).where(
        Candidate.status == CandidateStatus.WATCH, col(Candidate.watch_until) <= today
    )
    return session.exec(query.order_by(col(Candidate.id))).all()


def fresh_interest(session: Session, candidate_ids: Collection[int]) -> Mapping[int, tuple[int, int]]:
    """By candidate id: mentions and requests that came since it was put on watch."""
    if not candidate_ids:
        return {}
    mentioned = dict(
        session.exec(
            select(Mention.candidate_id, func.count())
            .join(Candidate, col(Candidate.id) == col(Mention.candidate_id))
            .where(
                among(session, Mention.candidate_id, candidate_ids),
                col(Mention.at) > col(Candidate.closed_at),
            )
            .group_by(col(Mention.candidate_id))
        ).all()
    )
    requested = dict(
        session.exec(
            select(Request.candidate_id, func.count())
            .join(Candidate, col(Candidate.id) == col(Request.candidate_id))
            .where(
                among(session, Request.candidate_id, candidate_ids),
                col(Request.at) > col(Candidate.closed_at),
            )
            .group_by(col(Request.candidate_id))
        ).all()
    )
    return {each: (mentioned.get(each, 0), requested.get(each, 0)) for each in candidate_ids}


def aliases_by_key(
    session: Session, kinds: Collection[AliasKind], keys: Collection[str]
) -> Mapping[str, Alias]:
    """Of the given kinds, by key; a key that several kinds share gives any one of them."""
    query = select(Alias).where(col(Alias.kind).in_(kinds), among(session, Alias.key, set(keys) - {""}))
    return {alias.key: alias for alias in session.exec(query)}


def counts_by_status(session: Session) -> Mapping[CandidateStatus, int]:
    query = select(Candidate.status, func.count()).group_by(col(Candidate.status))
    found = dict(session.exec(query).all())
    return {status: found.get(status, 0) for status in CandidateStatus}


def page(
    session: Session,
    *,
    status: CandidateStatus | None = CandidateStatus.NEW,
    source_id: int | None = None,
    words: str = "",
    label: str = "",
    by_relevance: bool = False,
    after: str = "",
    limit: int = 50,
) -> Page[InboxRow]:
    """Newest first, or the most relevant; six queries however many rows.

    `words` is looked for in name, home page and tagline.
    """
    limit = bounded(limit)
    query = select(Candidate).where(*_wanted(status, source_id, words, label))
    if by_relevance:
        return _by_relevance(session, query, after, limit)
    if after:
        at, row_id = decode_cursor(after)
        query = query.where(
            or_(Candidate.seen_at < at, and_(Candidate.seen_at == at, col(Candidate.id) < row_id))
        )
    query = query.order_by(col(Candidate.seen_at).desc(), col(Candidate.id).desc()).limit(limit + 1)
    found = list(session.exec(query).all())
    more, found = len(found) > limit, found[:limit]
    return Page(rows(session, found), encode_cursor(found[-1].seen_at, id_of(found[-1])) if more else "")


def _by_relevance(
    session: Session, query: SelectOfScalar[Candidate], after: str, limit: int
) -> Page[InboxRow]:
    """The highest number first, the newest of one number first; one without a number counts as neutral."""
    rank = func.coalesce(col(Candidate.relevance), NEUTRAL)
    if after:
        number, row_id = decode_rank(after)
        query = query.where(or_(rank < number, and_(rank == number, col(Candidate.id) < row_id)))
    found = list(session.exec(query.order_by(rank.desc(), col(Candidate.id).desc()).limit(limit + 1)).all())
    more, found = len(found) > limit, found[:limit]
    last = found[-1] if more else None
    number = NEUTRAL if last is None or last.relevance is None else last.relevance
    return Page(rows(session, found), encode_rank(number, id_of(last)) if last else "")


def count(
    session: Session,
    *,
    status: CandidateStatus | None = CandidateStatus.NEW,
    source_id: int | None = None,
    words: str = "",
    label: str = "",
) -> int:
    """How many candidates `page` has in all for the same filters."""
    query = select(func.count()).select_from(Candidate).where(*_wanted(status, source_id, words, label))
    return session.exec(query).one()


def undecided(session: Session, *, limit: int) -> Sequence[tuple[int, str, str]]:
    """Id, name and name key of the newest candidates that are new or on watch, at most `limit`; one query."""
    query = (
        select(Candidate.id, Candidate.name, Candidate.name_key)
        .where(col(Candidate.status).in_([CandidateStatus.NEW, CandidateStatus.WATCH]))
        .order_by(col(Candidate.seen_at).desc(), col(Candidate.id).desc())
        .limit(limit)
    )
    return [(candidate_id or 0, name, key) for candidate_id, name, key in session.exec(query).all()]


def _wanted(
    status: CandidateStatus | None, source_id: int | None, words: str, label: str
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if status is not None:
        conditions.append(col(Candidate.status) == status)
    if source_id is not None:
        spoken_of = (
            select(Mention.candidate_id)
            .join(Entry, col(Entry.id) == col(Mention.entry_id))
            .where(Entry.source_id == source_id)
        )
        conditions.append(col(Candidate.id).in_(spoken_of))
    if label:
        borne = select(CandidateLabel.candidate_id).where(CandidateLabel.label == label)
        conditions.append(col(Candidate.id).in_(borne))
    if words:
        fields = (Candidate.name, Candidate.homepage, Candidate.tagline)
        conditions.append(or_(*(col(field).icontains(words, autoescape=True) for field in fields)))
    return conditions


def rows(session: Session, found: Sequence[Candidate]) -> list[InboxRow]:
    """What the inbox shows of each candidate, in the order given; five queries."""
    ids = [id_of(candidate) for candidate in found]
    mentioned: dict[int, tuple[int, int]] = {
        candidate_id: (number, newest)
        for candidate_id, number, newest in session.exec(
            select(Mention.candidate_id, func.count(), func.max(col(Mention.entry_id)))
            .where(col(Mention.candidate_id).in_(ids))
            .group_by(col(Mention.candidate_id))
        ).all()
    }
    newest_ids = [newest for _, newest in mentioned.values()]
    newest = {
        entry.id: entry for entry in session.exec(select(Entry).where(col(Entry.id).in_(newest_ids))).all()
    }
    names: dict[int, list[str]] = {}
    for candidate_id, name in session.exec(
        select(Mention.candidate_id, Source.name)
        .join(Entry, col(Entry.id) == col(Mention.entry_id))
        .join(Source, col(Source.id) == col(Entry.source_id))
        .where(col(Mention.candidate_id).in_(ids))
        .distinct()
    ).all():
        names.setdefault(candidate_id, []).append(name)
    requested = dict(
        session.exec(
            select(Request.candidate_id, func.count())
            .where(col(Request.candidate_id).in_(ids))
            .group_by(col(Request.candidate_id))
        ).all()
    )
    borne = labels(session, ids)
    return [
        _row(
            candidate,
            mentioned,
            newest,
            names.get(id_of(candidate), []),
            requested.get(candidate.id, 0),
            borne.get(id_of(candidate), ()),
        )
        for candidate in found
    ]


def _row(
    candidate: Candidate,
    mentioned: Mapping[int, tuple[int, int]],
    newest: Mapping[int | None, Entry],
    names: list[str],
    requests: int,
    labels: tuple[str, ...],
) -> InboxRow:
    number, entry_id = mentioned.get(id_of(candidate), (0, 0))
    entry = newest.get(entry_id)
    return InboxRow(
        candidate=candidate,
        mentions=number,
        requests=requests,
        sources=tuple(sorted(names, key=str.lower)),
        title=entry.title if entry else "",
        link=entry.link if entry else "",
        mentioned_at=entry.seen_at if entry else None,
        labels=labels,
    )

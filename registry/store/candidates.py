"""Reads of candidates; the lists of them are store/inbox.py's."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import func
from sqlmodel import Session, col, or_, select, update

from registry.domain.errors import NotFound
from registry.domain.tool import AliasKind
from registry.domain.triage import CandidateStatus
from registry.store import plain
from registry.store.columns import among, id_of
from registry.store.entries import chunks
from registry.store.tables import Alias, Candidate, CandidateLabel, Entry, Event, Mention, Request


def get(session: Session, candidate_id: int) -> Candidate:
    candidate = session.get(Candidate, candidate_id)
    if candidate is None:
        raise NotFound(f"There is no candidate {candidate_id}. The inbox lists those there are.")
    return candidate


def locked(session: Session, ids: Collection[int]) -> Mapping[int, Candidate]:
    """By id, as they are now and as they stay until this transaction ends; those there are not are left out."""
    found: dict[int, Candidate] = {}
    for chunk in chunks(sorted(set(ids))):
        query = select(Candidate).where(col(Candidate.id).in_(chunk)).order_by(col(Candidate.id))
        rows = session.exec(query.with_for_update().execution_options(populate_existing=True)).all()
        found.update((id_of(each), each) for each in rows)
    return found


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
    for candidate_id, label in plain.rows(session, _LABELS, candidate_ids):
        found.setdefault(candidate_id, []).append(label)
    return {candidate_id: tuple(each) for candidate_id, each in found.items()}


def label_counts(session: Session) -> Sequence[tuple[str, int]]:
    """Every label in use with how many candidates bear it, in alphabetical order."""
    query = select(CandidateLabel.label, func.count()).group_by(col(CandidateLabel.label))
    return [(label, count) for label, count in session.exec(query.order_by(func.lower(CandidateLabel.label)))]


def find_open_named(session: Session, name_key: str) -> Candidate | None:
    """The oldest candidate of this name that is new or on watch and has no home page."""
    found = plain.rows(session, _OPEN_NAMED, name_key)
    return get(session, found[0][0]) if found else None


def holding(session: Session, words: str, key: str, *, limit: int) -> Sequence[Candidate]:
    """Candidates whose name or home page holds the words, the shortest names first; those merged away are left out."""
    query = select(Candidate).where(
        col(Candidate.status) != CandidateStatus.MERGED,
        or_(
            col(Candidate.name_key).contains(key, autoescape=True),
            col(Candidate.homepage).icontains(words, autoescape=True),
        ),
    )
    return session.exec(query.order_by(func.length(Candidate.name), col(Candidate.id)).limit(limit)).all()


def merged_into(session: Session, candidate_id: int) -> Sequence[Candidate]:
    return session.exec(select(Candidate).where(Candidate.merged_into_id == candidate_id)).all()


def hand_over(session: Session, candidate_id: int, to: int) -> None:
    """Mentions and requests of a candidate become another's."""
    for table in (Mention, Request):
        session.exec(update(table).where(col(table.candidate_id) == candidate_id).values(candidate_id=to))


def hand_back(session: Session, first_id: int, to: int) -> None:
    """Those that were a candidate's at first become another's, whoever has them now."""
    for table in (Mention, Request):
        session.exec(update(table).where(col(table.first_candidate_id) == first_id).values(candidate_id=to))


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


def changed_since(session: Session, event_id: int) -> tuple[int, set[int]]:
    """The newest event's number, and the candidates that events after the given one are about; none for 0."""
    newest = session.exec(select(func.max(Event.id))).one() or 0
    if not event_id or newest <= event_id:
        return newest, set()
    query = select(Event.subject_id).where(
        col(Event.id) > event_id, col(Event.id) <= newest, Event.subject_kind == "candidate"
    )
    return newest, set(session.exec(query.distinct()))


def undecided(session: Session, *, among: Collection[int] | None = None) -> Sequence[tuple[int, str, str]]:
    """Id, name and name key of the candidates that are new or on watch, all or of some; one query for up to 500."""
    query = (
        select(Candidate.id, Candidate.name, Candidate.name_key)
        .where(col(Candidate.status).in_([CandidateStatus.NEW, CandidateStatus.WATCH]))
        .order_by(col(Candidate.id))
    )
    found: list[tuple[int, str, str]] = []
    for chunk in [None] if among is None else chunks(sorted(among)):
        some = query if chunk is None else query.where(col(Candidate.id).in_(chunk))
        found += [(candidate_id or 0, name, key) for candidate_id, name, key in session.exec(some)]
    return found


_OPEN_NAMED = """
SELECT id FROM candidate WHERE name_key = ? AND homepage = '' AND status IN ('new', 'watch') ORDER BY id LIMIT 1
"""
_LABELS = """
SELECT candidate_id, label FROM candidate_label WHERE candidate_id IN (??) ORDER BY lower(label)
"""
